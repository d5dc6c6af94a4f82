//! A client that receives typed events and answers them.
//!
//! ```text
//! cargo run -p brocomm-async-std --example smol_client -- 127.0.0.1:47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_async_std::{Event, Node};

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
    smol::block_on(async {
        let address = std::env::args().nth(1).unwrap_or("127.0.0.1:47757".to_owned());
        let bro =
            Node::builder().receive::<ScanSeen>().send::<Block>().connect(&address).start()?;
        let mut scans = bro.events::<ScanSeen>()?;
        while let Some(scan) = scans.next().await {
            let (peer, ScanSeen { host, ports }) = scan?;
            println!("{} saw {host} scan {ports} ports", peer.descr);
            bro.raise(Block { host }).await?;
        }
        Ok(())
    })
}
