//! The behavior of this transport.

// Blocking calls as futures.
mod transport;

// Shared by all transports and written with futures. Here the futures call blocking methods with
// short deadlines.
#[path = "../../transport/tests/suite/mod.rs"]
mod suite;

mod peers;
mod typed;

use std::pin::Pin;

use futures_lite::future::block_on;

suite::offers_all!(brocomm_std);

/// Boxed, so that the loop is compiled once, not for each test.
fn run(body: impl Future<Output = ()> + 'static) {
    let body: Pin<Box<dyn Future<Output = ()>>> = Box::pin(body);
    block_on(body);
}

suite::all!(crate::run);

#[test]
fn calls_can_block_in_several_threads() {
    use std::net::Ipv4Addr;
    use std::sync::Arc;
    use std::thread;
    use std::time::{Duration, Instant};

    use brocomm::data::{Declarations, Event, Value};
    use brocomm::node::{Bound, NodeConfig, Notification, Options, PeerConfig};
    use brocomm_std::Node;

    const COUNT: u64 = 20_000;
    let here = Ipv4Addr::LOCALHOST.into();
    let mut declarations = Declarations::new();
    declarations.read("global ping: event(n: count);").unwrap();
    let declarations = Arc::new(declarations);
    let options =
        Options { listen: true, listen_interface: here, listen_port: 0, ..Options::default() };
    let wants = PeerConfig { events: Some("ping".parse().unwrap()), ..PeerConfig::new(here) };
    let nodes = vec![("peer".to_owned(), wants)];
    let manager =
        Node::start(NodeConfig { options, nodes, declarations: Arc::clone(&declarations) })
            .unwrap();
    let mut notifications = manager.subscribe();
    let port = loop {
        if let Some(Notification::Listening(endpoint)) = notifications.next(None) {
            break endpoint.port;
        }
    };
    let raising = thread::spawn(move || {
        let mut options = Options::default();
        options.outgoing.bound = Bound::new(10, 1 << 20);
        let node = PeerConfig { connect: true, p: Some(port), ..PeerConfig::new(here) };
        let nodes = vec![("manager".to_owned(), node)];
        let sensor = Node::start(NodeConfig { options, nodes, declarations }).unwrap();
        let mut notifications = sensor.subscribe();
        while !matches!(notifications.next(None), Some(Notification::ConnectionHandshakeDone(_))) {}
        for n in 0..COUNT {
            let raised = sensor.raise(Event::new("ping", vec![Value::Count(n)]), None);
            assert_eq!(raised.map(|raised| raised.peers), Ok(1));
        }
        assert_eq!(sensor.flush(Duration::from_secs(60)), []);
        assert_eq!(sensor.terminate(), []);
        while notifications.next(None).is_some() {}
        assert!(notifications.is_over());
    });
    let mut got = 0;
    while got < COUNT {
        if let Some(Notification::Event { event, .. }) = notifications.next(None) {
            assert_eq!(event.args, [Value::Count(got)]);
            got += 1;
        }
    }
    raising.join().unwrap();
    while notifications.next(Some(Instant::now())).is_some() {}
    assert!(!notifications.is_over());
    assert_eq!(manager.terminate(), []);
}

// Shared by all transports.
#[path = "../../transport/tests/suite/examples.rs"]
mod examples;

#[test]
fn example_client_and_server() {
    examples::client_and_server("std_client", "std_server");
}

#[test]
fn example_table() {
    examples::table("std_table");
}

#[test]
fn example_logs() {
    examples::logs("std_logs");
}

#[test]
fn example_request() {
    examples::request("std_request");
}
