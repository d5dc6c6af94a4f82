//! Events over loopback in threads, compared with the same bytes over plain sockets: `cargo bench
//! -p brocomm-std --bench loopback`

#![allow(clippy::print_stdout, reason = "this is a program")]

// Shared by all transports and written with futures. Here the futures block, each in its own
// thread.
#[path = "../../transport/benches/loopback/mod.rs"]
mod loopback;

mod runtime {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    pub(crate) use std::net::TcpStream as Stream;
    use std::thread;
    use std::time::Duration;

    use brocomm::data::Event;
    use brocomm::node::{NodeConfig, Notification};
    pub(crate) use brocomm_std::{Node, Notifications};
    use futures_lite::future::block_on;

    pub(crate) fn start(configuration: NodeConfig) -> Node {
        Node::start(configuration).unwrap()
    }

    pub(crate) async fn next(notifications: &mut Notifications) -> Notification {
        notifications.next(None).unwrap()
    }

    pub(crate) async fn raise(node: &Node, event: Event) {
        assert!(node.raise(event, None).unwrap().peers > 0);
    }

    pub(crate) async fn flush(node: &Node) {
        assert_eq!(node.flush(Duration::from_secs(60)), []);
    }

    pub(crate) fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = thread::spawn(|| block_on(task));
        async { task.join().unwrap() }
    }

    pub(crate) async fn pair() -> (Stream, Stream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let one = Stream::connect(listener.local_addr().unwrap()).unwrap();
        let (other, _) = listener.accept().unwrap();
        one.set_nodelay(true).unwrap();
        other.set_nodelay(true).unwrap();
        (one, other)
    }

    pub(crate) async fn read(stream: &mut Stream, buffer: &mut [u8]) -> usize {
        stream.read(buffer).unwrap()
    }

    pub(crate) async fn write_all(stream: &mut Stream, bytes: &[u8]) {
        stream.write_all(bytes).unwrap();
    }
}

fn main() {
    futures_lite::future::block_on(loopback::run("threads"));
}
