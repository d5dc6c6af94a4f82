//! A sensor on `brocomm-std`: reports a scan to a manager and waits for a `block` event.
//!
//! ```text
//! cargo run -p brocomm-docs --example sensor_std -- 127.0.0.1:47760
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a program")]

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::Declarations;
use brocomm::event;
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm_std::Node;

const DECLARATIONS: &str = "
    event scan_seen(host: addr, ports: count);
    event block(host: addr, why: string);
";

fn main() -> Result<(), Box<dyn Error>> {
    let manager: SocketAddr =
        std::env::args().nth(1).ok_or("usage: sensor_std ADDRESS:PORT")?.parse()?;

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
        options: Options { peer_description: "sensor-std".into(), ..Options::default() },
        nodes: vec![("manager".into(), entry)],
        declarations: Arc::new(declarations),
    })?;
    let mut notifications = node.subscribe();

    while let Some(notification) = notifications.next(None) {
        match notification {
            Notification::ConnectionHandshakeDone(_) => {
                let host = IpAddr::from([10, 0, 0, 1]);
                node.try_raise(event!("scan_seen", host, 443u64))?;
            }
            Notification::Event { event, .. } if event.name == "block" => {
                let (host, why): (IpAddr, String) = (event.arg(0)?, event.arg(1)?);
                println!("block {host}: {why}");
                break;
            }
            // The communication log. A real program writes it to a file.
            Notification::Log(entry) => eprintln!("{entry}"),
            _ => {}
        }
    }

    // Flushes the send queues, then closes.
    let undelivered = node.terminate();
    if undelivered.is_empty() { Ok(()) } else { Err("the manager did not take all".into()) }
}
