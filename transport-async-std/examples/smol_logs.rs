//! One node writes a log, another one receives it. Both run in this program.
//!
//! ```text
//! cargo run -p brocomm-async-std --example smol_logs
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_async_std::{Node, Record};

#[derive(Record)]
#[bro(log, fields(host, ports))]
struct Scan(IpAddr, u64);

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(async {
        let sensor = Node::builder().log::<Scan>("scans").listen("127.0.0.1:0").start()?;
        let address = sensor.listening().await.ok_or("the sensor stopped")?.to_string();
        let collector = Node::builder().receive_logs().connect(&address).start()?;
        let mut entries = collector.log_entries()?;

        let scans = sensor.log("scans")?;
        scans.requested().await.ok_or("the sensor stopped")?;
        scans.write(&Scan([10, 0, 0, 1].into(), 443)).await?;
        if let Some((peer, entry)) = entries.next().await {
            println!("{} of {}", entry.writer.path, peer.endpoint.host);
            for (column, value) in entry.writer.fields.iter().zip(&entry.values) {
                println!("{}: {value}", column.name);
            }
        }
        Ok(())
    })
}
