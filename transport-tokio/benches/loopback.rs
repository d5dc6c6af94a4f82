//! Events over loopback on tokio, compared with the same bytes over plain sockets: `cargo bench -p
//! brocomm-tokio --bench loopback`

#![allow(clippy::print_stdout, reason = "this is a program")]

#[path = "../../transport/benches/loopback/mod.rs"]
mod loopback;

#[path = "../../transport/benches/loopback/futures.rs"]
mod runtime;

mod of {
    pub(crate) use brocomm_tokio::{Node, Notifications};
    pub(crate) use tokio::io::{AsyncReadExt, AsyncWriteExt};
    pub(crate) use tokio::net::{TcpListener, TcpStream};

    pub(crate) fn start(configuration: brocomm_tokio::brocomm::node::NodeConfig) -> Node {
        Node::start(configuration).unwrap()
    }

    pub(crate) fn spawn<T: Send + 'static>(
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = tokio::spawn(task);
        async { task.await.unwrap() }
    }
}

fn main() {
    use tokio::runtime::Builder;
    let one_thread = Builder::new_current_thread().enable_all().build().unwrap();
    one_thread.block_on(loopback::run("tokio, one thread"));
    let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    threads.block_on(loopback::run("tokio, two threads"));
}
