//! The behavior of this transport on both runtimes, multi-thread and current-thread.

use brocomm_tokio as transport;

// Shared by all transports.
#[path = "../../transport/tests/suite/mod.rs"]
mod suite;

// Shared by all async transports.
#[path = "../../transport/tests/suite/peers/mod.rs"]
mod peers;

mod conn_log;
mod logs;

use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;

suite::offers_all!(brocomm_tokio);

/// Far longer than a passing test takes.
const LIMIT: Duration = Duration::from_secs(120);

/// Spawns a body, so its futures must be `Send`, and waits for it.
fn run(runtime: &mut Builder, body: impl Future<Output = ()> + Send + 'static) {
    // Boxed, so that the runtime is compiled once, not for each test.
    let body: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(body);
    let limited = async { timeout(LIMIT, tokio::spawn(body)).await };
    runtime.enable_all().build().unwrap().block_on(limited).unwrap().unwrap();
}

mod current_thread {
    fn run(body: impl Future<Output = ()> + Send + 'static) {
        super::run(&mut super::Builder::new_current_thread(), body);
    }
    crate::suite::all!(crate::current_thread::run);
    mod peers {
        crate::peers::all!(crate::current_thread::run);
    }
}

mod multi_thread {
    fn run(body: impl Future<Output = ()> + Send + 'static) {
        super::run(super::Builder::new_multi_thread().worker_threads(2), body);
    }
    crate::suite::all!(crate::multi_thread::run);
    mod peers {
        crate::peers::all!(crate::multi_thread::run);
    }
}

mod typed;

// Shared by all transports.
#[path = "../../transport/tests/suite/examples.rs"]
mod examples;

#[test]
fn example_client_and_server() {
    examples::client_and_server("tokio_client", "tokio_server");
}

#[test]
fn example_table() {
    examples::table("tokio_table");
}

#[test]
fn example_logs() {
    examples::logs("tokio_logs");
}

#[test]
fn example_request() {
    examples::request("tokio_request");
}
