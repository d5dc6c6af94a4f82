//! Prints connections from the `conn` log of a Bro.
//!
//! ```text
//! cargo run -p brocomm-docs --example connections -- 127.0.0.1:47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;

use brocomm_tokio::Node;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: connections ADDRESS")?;
    let bro = Node::builder().receive_logs().connect(&address).start()?;
    let mut entries = bro.log_entries();
    while let Some((_, entry)) = entries.next().await {
        if entry.writer.path == "conn" {
            let columns = ["id.orig_h", "id.resp_h", "service"].map(|name| entry.get(name));
            if let [Some(from), Some(to), Some(service)] = columns {
                println!("{from} -> {to}: {service}");
            }
        }
    }
    Ok(())
}
