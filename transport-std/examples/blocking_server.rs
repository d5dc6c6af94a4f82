//! A node that listens, prints what peers on this host tell, and answers what they ask.
//!
//! ```text
//! cargo run -p brocomm-std --example blocking_server -- 47757
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{NodeConfig, Notification, Options, PeerConfig};
use brocomm_std::Node;

/// What both sides know; a file, in a real program.
const DECLARATIONS: &str = "
    global scan_seen: event(host: addr, ports: count);
    global reputation_wanted: event(host: addr);
    global reputation: event(host: addr, text: string);
";

fn main() -> Result<(), Box<dyn Error>> {
    let mut declarations = Declarations::new();
    declarations.read(DECLARATIONS)?;
    let here = Ipv4Addr::LOCALHOST.into();
    let listen_port = std::env::args().nth(1).map_or(Ok(47757), |port| port.parse())?;

    let node = Node::start(NodeConfig {
        options: Options {
            listen: true,
            listen_interface: here,
            listen_port,
            ..Options::default()
        },
        // Whoever connects from this host, and what is requested of it.
        nodes: vec![(
            "client".into(),
            PeerConfig {
                events: Some("scan_seen|reputation_wanted".parse()?),
                ..PeerConfig::new(here)
            },
        )],
        declarations: Arc::new(declarations),
    })?;
    let mut notifications = node.subscribe();
    while let Some(notification) = notifications.next(None) {
        match notification {
            Notification::Listening(endpoint) => println!("listening on port {}", endpoint.port),
            Notification::Event { event, .. } if event.name == "reputation_wanted" => {
                let args = vec![event.args[0].clone(), Value::string("unknown")];
                node.raise(Event::new("reputation", args), None)?;
            }
            Notification::Event { peer, event } => {
                println!("peer {} saw {} scan {} ports", peer.id, event.args[0], event.args[1]);
            }
            // A real program writes these to its log.
            Notification::Log(_) => {}
            _ => {}
        }
    }
    Ok(())
}
