//! Prints connections from the `conn` log of a Bro.
//!
//! ```text
//! cargo run -p brocomm-docs --example connections -- 127.0.0.1:47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_tokio::{Node, Record};

#[derive(Record)]
struct Conn {
    #[bro(name = "id.orig_h")]
    from: IpAddr,
    #[bro(name = "id.resp_h")]
    to: IpAddr,
    service: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: connections ADDRESS")?;
    let bro = Node::builder().receive_logs().connect(&address).start()?;
    let mut connections = bro.logs::<Conn>("conn")?;
    while let Some((_, Conn { from, to, service })) = connections.try_next().await? {
        println!("{from} -> {to}: {}", service.as_deref().unwrap_or("-"));
    }
    Ok(())
}
