//! A sensor on `brocomm-tokio`: reports a scan to a manager and waits for a `block` event.
//!
//! ```text
//! cargo run -p brocomm-docs --example sensor_tokio -- 127.0.0.1:47760
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a program")]

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::Declarations;
use brocomm::event;
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm_tokio::Node;

const DECLARATIONS: &str = "
    event scan_seen(host: addr, ports: count);
    event block(host: addr, why: string);
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: sensor_tokio ADDRESS:PORT";
    let manager: SocketAddr = std::env::args().nth(1).ok_or(usage)?.parse()?;

    let mut declarations = Declarations::new();
    declarations.read(DECLARATIONS)?;
    let entry = PeerConfig {
        connect: true,
        p: Some(manager.port()),
        class: Some("sensor".into()),
        retry: Duration::from_secs(1),
        events: Some("block".parse()?),
        ..PeerConfig::new(manager.ip())
    };
    let node = Node::start(NodeConfig {
        options: Options { peer_description: "sensor-tokio".into(), ..Options::default() },
        nodes: vec![("manager".into(), entry)],
        declarations: Arc::new(declarations),
    })?;
    let mut notifications = node.subscribe();

    while let Some(notification) = notifications.next().await {
        match notification {
            Notification::ConnectionHandshakeDone(_) => {
                let host = IpAddr::from([10, 0, 0, 1]);
                // A separate task waits for room, while this one keeps reading notifications.
                let node = node.clone();
                let scan = event!("scan_seen", host, 443u64);
                tokio::spawn(async move {
                    if let Err(error) = node.raise(scan).await {
                        eprintln!("{error}");
                    }
                });
            }
            Notification::Event { event, .. } if event.name == "block" => {
                let (host, why): (IpAddr, String) = (event.arg(0)?, event.arg(1)?);
                println!("block {host}: {why}");
                break;
            }
            Notification::Log(entry) => eprintln!("{entry}"),
            _ => {}
        }
    }

    let undelivered = node.terminate().await;
    if undelivered.is_empty() { Ok(()) } else { Err("the manager did not take all".into()) }
}
