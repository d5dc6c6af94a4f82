//! Events over loopback on tokio, next to the same bytes:
//! `cargo bench -p brocomm-tokio --bench loopback`

#![allow(clippy::print_stdout, reason = "this is a program")]

#[path = "loopback/mod.rs"]
mod loopback;

mod runtime {
    use std::time::Duration;

    use brocomm::data::Event;
    use brocomm::node::Notification;
    pub(crate) use brocomm_tokio::{NodeHandle, Notifications};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    pub(crate) use tokio::net::TcpStream as Stream;

    pub(crate) async fn next(told: &mut Notifications) -> Notification {
        told.next().await.unwrap()
    }

    pub(crate) async fn raise(node: &NodeHandle, event: Event) {
        assert!(node.raise(event).await.peers > 0);
    }

    pub(crate) async fn flush(node: &NodeHandle) {
        assert_eq!(node.flush(Duration::from_secs(60)).await, []);
    }

    pub(crate) fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = tokio::spawn(task);
        async { task.await.unwrap() }
    }

    pub(crate) async fn pair() -> (Stream, Stream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let one = Stream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (other, _) = listener.accept().await.unwrap();
        one.set_nodelay(true).unwrap();
        other.set_nodelay(true).unwrap();
        (one, other)
    }

    pub(crate) async fn read(stream: &mut Stream, buffer: &mut [u8]) -> usize {
        stream.read(buffer).await.unwrap()
    }

    pub(crate) async fn write_all(stream: &mut Stream, bytes: &[u8]) {
        stream.write_all(bytes).await.unwrap();
    }
}

fn main() {
    use tokio::runtime::Builder;
    let one_thread = Builder::new_current_thread().enable_all().build().unwrap();
    one_thread.block_on(loopback::run("tokio, one thread"));
    let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    threads.block_on(loopback::run("tokio, two threads"));
}
