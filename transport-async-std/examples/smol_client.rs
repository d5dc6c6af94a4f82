//! A node that connects, tells something, asks something, and ends.
//!
//! ```text
//! cargo run -p brocomm-async-std --example smol_client -- 127.0.0.1 47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{NodeConfig, Notification, PeerConfig};
use brocomm_async_std::Node;

/// What both sides know; a file, in a real program.
const DECLARATIONS: &str = "
    global scan_seen: event(host: addr, ports: count);
    global reputation_wanted: event(host: addr);
    global reputation: event(host: addr, text: string);
";

fn main() -> Result<(), Box<dyn Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut declarations = Declarations::new();
    declarations.read(DECLARATIONS)?;
    let mut args = std::env::args().skip(1);
    let host = args.next().map_or(Ok(Ipv4Addr::LOCALHOST.into()), |host| host.parse::<IpAddr>())?;
    let port = args.next().map_or(Ok(47757), |port| port.parse())?;

    let node = Node::start(NodeConfig {
        // Whom to connect to, how often, and what is requested of it.
        nodes: vec![(
            "server".into(),
            PeerConfig {
                connect: true,
                p: Some(port),
                retry: Duration::from_secs(1),
                events: Some("reputation".parse()?),
                ..PeerConfig::new(host)
            },
        )],
        declarations: Arc::new(declarations),
        ..NodeConfig::default()
    })?;
    let mut notifications = node.subscribe();
    while let Some(notification) = notifications.next().await {
        match notification {
            Notification::ConnectionHandshakeDone(_) => break,
            Notification::ConnectFailed { reason, .. } => println!("no server yet: {reason}"),
            _ => {}
        }
    }

    let scanner = Value::Addr([10, 0, 0, 1].into());
    node.raise(Event::new("scan_seen", vec![scanner.clone(), Value::Count(443)])).await?;
    let question = Event::new("reputation_wanted", vec![scanner.clone()]);
    let about_it = move |event: &Event| event.args.first() == Some(&scanner);
    let limit = Duration::from_secs(10);
    let (_, answer) = node.request(question, "reputation", about_it, limit).await?;
    println!("the reputation of {} is {}", answer.args[0], answer.args[1]);

    let undelivered = node.terminate().await;
    println!("{} peers did not get all", undelivered.len());
    Ok(())
}
