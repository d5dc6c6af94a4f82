//! Receives failed logins from a Bro and answers with events that block the host.
//!
//! ```text
//! cargo run -p brocomm-docs --example failed_logins -- 127.0.0.1:47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::IpAddr;

use brocomm_tokio::{Event, Node};

#[derive(Event)]
struct FailedLogin {
    user: String,
    host: IpAddr,
}

#[derive(Event)]
struct Block {
    host: IpAddr,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("usage: failed_logins ADDRESS")?;
    let bro = Node::builder().receive::<FailedLogin>().send::<Block>().connect(&address).start()?;
    let mut logins = bro.events::<FailedLogin>()?;
    while let Some(login) = logins.next().await {
        let (_, FailedLogin { user, host }) = login?;
        println!("{user} failed to log in from {host}");
        bro.raise(Block { host }).await?;
    }
    Ok(())
}
