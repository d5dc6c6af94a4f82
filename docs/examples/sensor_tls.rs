//! A sensor that uses TLS: reports a scan to a manager and waits for a `block` event.
//!
//! ```text
//! cargo run -p brocomm-docs --example sensor_tls -- 127.0.0.1:47760 ca.pem sensor.pem
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a program")]

use std::error::Error;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::Declarations;
use brocomm::event;
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm::tls::TlsConfig;
use brocomm_std::Node;

const DECLARATIONS: &str = "
    event scan_seen(host: addr, ports: count);
    event block(host: addr, why: string);
";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [manager, authority, own] = &arguments[..] else {
        return Err("usage: sensor_tls ADDRESS:PORT CA.PEM NODE.PEM".into());
    };
    let manager: SocketAddr = manager.parse()?;
    let mut declarations = Declarations::new();
    declarations.read(DECLARATIONS)?;

    let tls = TlsConfig::from_pem(&fs::read(authority)?, &fs::read(own)?, None)?;
    let options = Options { tls: Some(tls), ..Options::default() };
    let entry = PeerConfig {
        ssl: true,
        connect: true,
        p: Some(manager.port()),
        class: Some("sensor".into()),
        retry: Duration::from_secs(1),
        events: Some("block".parse()?),
        ..PeerConfig::new(manager.ip())
    };
    let node = Node::start(NodeConfig {
        options,
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
