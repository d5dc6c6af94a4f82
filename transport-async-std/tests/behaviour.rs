//! The behavior of this transport, on each executor whose feature is enabled.
#![cfg(any(feature = "async-std", feature = "smol"))]

use brocomm_async_std as transport;

// Shared by all transports.
#[path = "../../transport/tests/suite/mod.rs"]
mod suite;

// Shared by all async transports.
#[path = "../../transport/tests/suite/peers/mod.rs"]
mod peers;

use std::time::Duration;

suite::offers_all!(brocomm_async_std);

/// Far longer than a passing test takes.
const LIMIT: Duration = Duration::from_secs(120);

/// Fails when a test body takes too long.
async fn limited(body: impl Future<Output = ()>) {
    let too_long = async {
        ::smol::Timer::after(LIMIT).await;
        panic!("not done after {LIMIT:?}");
    };
    futures_lite::future::or(body, too_long).await;
}

/// The future of a test. Boxed, so that the executors are compiled once, not for each test.
type Body = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Spawns each body, so its futures must be `Send`.
#[cfg(feature = "async-std")]
mod async_std {
    fn run(body: impl Future<Output = ()> + Send + 'static) {
        let body: super::Body = Box::pin(body);
        ::async_std::task::block_on(super::limited(::async_std::task::spawn(body)));
    }
    crate::suite::all!(crate::async_std::run);
    mod peers {
        crate::peers::all!(crate::async_std::run);
    }
}

#[cfg(feature = "smol")]
mod smol {
    fn run(body: impl Future<Output = ()> + Send + 'static) {
        let body: super::Body = Box::pin(body);
        ::smol::block_on(super::limited(::smol::spawn(body)));
    }
    crate::suite::all!(crate::smol::run);
    mod peers {
        crate::peers::all!(crate::smol::run);
    }
}

// Shared by all transports.
#[path = "../../transport/tests/suite/examples.rs"]
mod examples;

#[test]
fn example_client_and_server() {
    examples::client_and_server("smol_client", "smol_server");
}

#[test]
fn example_table() {
    examples::table("smol_table");
}

#[test]
fn example_logs() {
    examples::logs("smol_logs");
}

#[test]
fn example_request() {
    examples::request("smol_request");
}

/// A node on the program's own executor.
mod own_executor {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use brocomm_async_std::brocomm::event;
    use brocomm_async_std::brocomm::node::{Notification, Options};
    use brocomm_async_std::{AsyncIo, Builder, Node, Task};

    const BRO: &str = "event hello(n: count);";

    /// Runs nodes with `spawn`, and counts the tasks that have not ended.
    fn counting(spawn: fn(Task)) -> (AsyncIo, Arc<AtomicUsize>) {
        let running = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&running);
        let runtime = AsyncIo::on(move |task| {
            counter.fetch_add(1, Ordering::SeqCst);
            let counter = Arc::clone(&counter);
            spawn(Box::pin(async move {
                task.await;
                counter.fetch_sub(1, Ordering::SeqCst);
            }));
        });
        (runtime, running)
    }

    async fn a_node_runs_on_the_executor_and_leaves_no_tasks(spawn: fn(Task)) {
        let (runtime, running) = counting(spawn);
        let start = |builder: Builder| {
            let builder = builder.declare(BRO).options(|options: &mut Options| {
                options.undeclared = brocomm_async_std::brocomm::node::Undeclared::Deliver;
            });
            Node::run_on(runtime.clone(), builder.build().unwrap()).unwrap()
        };
        let server =
            start(Node::builder().listen("127.0.0.1:0").accept_with("127.0.0.1", |peer| {
                peer.events = Some("hello".parse().unwrap());
            }));
        let mut notified = server.subscribe();
        let port = server.listening().await.unwrap().port;
        let client = start(Node::builder().connect(format!("127.0.0.1:{port}")));
        client.connected().await.unwrap();
        assert!(running.load(Ordering::SeqCst) > 0, "all tasks are on the given executor");
        while client.raise(event!("hello", 7_u64)).await.unwrap().peers == 0 {
            futures_lite::future::yield_now().await;
        }
        while !matches!(notified.next().await.unwrap(), Notification::Event { .. }) {}
        assert_eq!(client.terminate().await, []);
        drop((client, notified, server));
        while running.load(Ordering::SeqCst) > 0 {
            futures_lite::future::yield_now().await;
        }
    }

    #[test]
    fn of_smol() {
        let spawn: fn(Task) = |task| ::smol::spawn(task).detach();
        ::smol::block_on(super::limited(a_node_runs_on_the_executor_and_leaves_no_tasks(spawn)));
    }

    #[test]
    fn of_async_std() {
        let spawn: fn(Task) = |task| drop(::async_std::task::spawn(task));
        ::async_std::task::block_on(super::limited(
            a_node_runs_on_the_executor_and_leaves_no_tasks(spawn),
        ));
    }
}
