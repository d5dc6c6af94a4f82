//! Counts the hits on each host in a table that is shared with all peers.
//!
//! ```text
//! cargo run -p brocomm-docs --example hit_counts -- 127.0.0.1:47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_tokio::{Event, Node};

#[derive(Event)]
struct Hit(IpAddr);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: hit_counts ADDRESS")?;
    let node = Node::builder()
        .receive::<Hit>()
        .table::<IpAddr, u64>("hits")
        .listen(&address)
        .accept("127.0.0.1")
        .start()?;
    println!("listening on {}", node.listening().await.ok_or("the node stopped")?);
    let hits = node.table::<IpAddr, u64>("hits")?;
    let mut events = node.events::<Hit>()?;
    while let Some((_, Hit(host))) = events.try_next().await? {
        let count = hits.get(&host)?.unwrap_or(0) + 1;
        hits.insert(&host, count)?;
    }
    Ok(())
}
