//! Two nodes share a table. Both run in this program.
//!
//! ```text
//! cargo run -p brocomm-tokio --example tokio_table
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_tokio::{Change, Node};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let manager = Node::builder()
        .table::<IpAddr, String>("blocked")
        .listen("127.0.0.1:0")
        .accept("127.0.0.1")
        .start()?;
    let address = manager.listening().await.ok_or("the manager stopped")?.to_string();
    let worker = Node::builder().table::<IpAddr, String>("blocked").connect(&address).start()?;
    let at_worker = worker.table::<IpAddr, String>("blocked")?;
    let mut changes = at_worker.changes();

    manager.connected().await.ok_or("the manager stopped")?;
    let at_manager = manager.table::<IpAddr, String>("blocked")?;
    at_manager.insert(&[10, 0, 0, 1].into(), "it scans")?;
    while let Some(change) = changes.next().await {
        match change? {
            Change::Set(host, why) => {
                println!("{host} is blocked: {why}");
                at_manager.remove(&host)?;
            }
            Change::Removed(host) => {
                println!("{host} is no longer blocked");
                break;
            }
            // The worker received the manager's whole table when it connected.
            _ => {}
        }
    }
    Ok(())
}
