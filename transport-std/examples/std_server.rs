//! A node that listens, sends an event to its first peer, and prints the events that it receives.
//!
//! ```text
//! cargo run -p brocomm-std --example std_server -- 127.0.0.1:47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_std::{Event, Node};

#[derive(Event)]
struct ScanSeen {
    host: IpAddr,
    ports: u64,
}

#[derive(Event)]
struct Block {
    host: IpAddr,
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:47757".to_owned());
    // Accepts peers on this host. Add a line for each other host.
    let sensor = Node::builder()
        .name("sensor")
        .send::<ScanSeen>()
        .receive::<Block>()
        .listen(&address)
        .accept("127.0.0.1")
        .start()?;
    let mut blocks = sensor.events::<Block>()?;
    println!("listening on {}", sensor.listening(None).ok_or("the node stopped")?);

    sensor.connected(None).ok_or("the node stopped")?;
    sensor.raise(ScanSeen { host: [10, 0, 0, 1].into(), ports: 443 }, None)?;
    while let Some(block) = blocks.next(None) {
        let (peer, Block { host }) = block?;
        println!("{} blocks {host}", peer.endpoint.host);
    }
    Ok(())
}
