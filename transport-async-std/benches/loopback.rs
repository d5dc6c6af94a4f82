//! Events over loopback on async-io, compared with the same bytes over plain sockets: `cargo bench
//! -p brocomm-async-std --bench loopback`

#![allow(clippy::print_stdout, reason = "this is a program")]

#[path = "../../transport/benches/loopback/mod.rs"]
mod loopback;

#[path = "../../transport/benches/loopback/futures.rs"]
mod runtime;

mod of {
    use brocomm_async_std::AsyncIo;
    use brocomm_async_std::brocomm::node::{NodeConfig, NodeMachine};
    pub(crate) use brocomm_async_std::{Node, Notifications};
    pub(crate) use smol::io::{AsyncReadExt, AsyncWriteExt};
    pub(crate) use smol::net::{TcpListener, TcpStream};
    pub(crate) use smol::spawn;

    pub(crate) fn start(configuration: NodeConfig) -> Node {
        let machine = NodeMachine::new(configuration).unwrap();
        Node::run_on(AsyncIo::on(|task| smol::spawn(task).detach()), machine).unwrap()
    }
}

fn main() {
    smol::block_on(loopback::run("async-io"));
}
