//! Receives failed logins from a Bro and answers with events that block the host.
//!
//! ```text
//! cargo run -p brocomm-docs --example failed_logins -- 127.0.0.1:47757
//! ```

use std::error::Error;
use std::net::IpAddr;

use brocomm_tokio::{Event, Node};

#[derive(Event)]
struct FailedLogin(String, IpAddr);

#[derive(Event)]
struct Block(IpAddr);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: failed_logins ADDRESS")?;
    let bro = Node::builder().receive::<FailedLogin>().send::<Block>().connect(&address).start()?;
    let mut logins = bro.events::<FailedLogin>()?;
    while let Some((_, FailedLogin(_, host))) = logins.try_next().await? {
        bro.raise(Block(host)).await?;
    }
    Ok(())
}
