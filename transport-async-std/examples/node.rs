//! A whole node: two of them here, so that it runs by itself.
//!
//! The manager listens; the sensor connects, again and again if it has to. The sensor raises
//! `scan_seen`, and asks the manager what it knows of an address.
//!
//! ```text
//! cargo run -p brocomm-async-std --example node
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::{Declarations, Event, Value};
use brocomm::node::{Configuration, Node, Notification, Options};
use brocomm_async_std::{NodeHandle, Notifications};

/// What both know; a file, in a real program.
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
    let declarations = Arc::new(declarations);
    let here = Ipv4Addr::LOCALHOST.into();

    // Whoever connects from this host, and what is requested of it. Port 0 is any free one.
    let sensor = Node { events: Some("scan_seen|reputation_wanted".parse()?), ..Node::new(here) };
    let options =
        Options { listen: true, listen_interface: here, listen_port: 0, ..Options::default() };
    let (manager, mut told) = NodeHandle::start(Configuration {
        options,
        nodes: vec![("sensor".into(), sensor)],
        declarations: Arc::clone(&declarations),
    })?;
    let port = loop {
        match told.next().await {
            Some(Notification::Listening(endpoint)) => break endpoint.port,
            Some(_) => {}
            None => return Err("the manager ended".into()),
        }
    };
    let managing = smol::spawn(manage(manager, told));

    let manager = Node {
        connect: true,
        p: Some(port),
        retry: Duration::from_secs(1),
        events: Some("reputation".parse()?),
        ..Node::new(here)
    };
    let (sensor, mut told) = NodeHandle::start(Configuration {
        nodes: vec![("manager".into(), manager)],
        declarations,
        ..Configuration::default()
    })?;
    while let Some(notification) = told.next().await {
        if let Notification::ConnectionHandshakeDone(peer) = notification {
            println!("the sensor is connected to peer {}", peer.id);
            break;
        }
    }

    let host = Value::Addr([10, 0, 0, 1].into());
    sensor.raise(Event::new("scan_seen", vec![host.clone(), Value::Count(443)])).await;
    let question = Event::new("reputation_wanted", vec![host.clone()]);
    let about_it = move |event: &Event| event.args.first() == Some(&host);
    let limit = Duration::from_secs(10);
    let (_, answer) = sensor.request(question, "reputation", about_it, limit).await?;
    println!("the manager says: {} is {}", answer.args[0], answer.args[1]);

    let undelivered = sensor.terminate().await;
    println!("the sensor has ended, {} peers did not get all", undelivered.len());
    managing.await;
    Ok(())
}

/// Answers until the sensor has gone.
async fn manage(node: NodeHandle, mut told: Notifications) {
    while let Some(notification) = told.next().await {
        match notification {
            Notification::Event { event, .. } if event.name == "reputation_wanted" => {
                let args = vec![event.args[0].clone(), Value::string("unknown")];
                node.raise(Event::new("reputation", args)).await;
            }
            Notification::Event { event, .. } => {
                println!("the manager got {}({}, {})", event.name, event.args[0], event.args[1]);
            }
            Notification::ConnectionClosed { .. } => break,
            // A real program writes these to its log.
            Notification::Log(_) => {}
            _ => {}
        }
    }
    node.terminate().await;
}
