//! Two nodes share a variable and a log. Both run in this program.
//!
//! ```text
//! cargo run -p brocomm-docs --example state_and_logs
//! ```

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brocomm::data::{Declarations, Value};
use brocomm::logs::{AsciiFormat, LogStream};
use brocomm::node::{NodeConfig, NodeMachine, Notification, Options, PeerConfig};
use brocomm::state::{Path, StateError, Store, StoreLimits};
use brocomm::{Record, Time};
use brocomm_std::Node;

/// An entry of the log `scans`. Its fields are the columns.
#[derive(Record)]
#[bro(name = "Scan::Info", log)]
struct Info {
    ts: Time,
    host: IpAddr,
    ports: u64,
}

/// The stream's number. A Bro interprets it as the number of one of its own streams.
const SCANS: i32 = 100;

/// Creates the variables. The prefix of container names must differ between nodes, and between runs
/// of one node.
fn store(name: &str, declarations: &Declarations) -> Result<Store, StateError> {
    let start = Time::from(SystemTime::now()).as_nanos();
    let mut store = Store::new(format!("#{name}#{start}#"), StoreLimits::default());
    store.declare_synchronized(declarations)?;
    Ok(store)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut declarations = Declarations::new();
    declarations.read("global blocked: table[addr] of string &synchronized;")?;
    let declarations = Arc::new(declarations);
    let here = Ipv4Addr::LOCALHOST.into();

    // The manager's state is authoritative.
    let viewer = PeerConfig { sync: true, auth: true, ..PeerConfig::new(here) };
    let options =
        Options { listen: true, listen_interface: here, listen_port: 0, ..Options::default() };
    let mut manager = NodeMachine::new(NodeConfig {
        options,
        nodes: vec![("viewer".into(), viewer)],
        declarations: Arc::clone(&declarations),
    })?;
    manager.set_store(store("manager", &declarations)?);
    manager.declare_log(LogStream::of::<Info>(SCANS, "scans")?)?;
    let manager = Node::run(manager)?;
    let mut notifications = manager.subscribe();
    let port = loop {
        match notifications.next(None) {
            Some(Notification::Listening(endpoint)) => break endpoint.port,
            Some(_) => {}
            None => return Err("the manager ended".into()),
        }
    };
    // Other notifications of the manager are not needed.
    drop(notifications);

    let entry = PeerConfig {
        connect: true,
        p: Some(port),
        retry: Duration::from_secs(1),
        sync: true,
        request_logs: true,
        ..PeerConfig::new(here)
    };
    let mut viewer = NodeMachine::new(NodeConfig {
        nodes: vec![("manager".into(), entry)],
        declarations: Arc::clone(&declarations),
        ..NodeConfig::default()
    })?;
    viewer.set_store(store("viewer", &declarations)?);
    let viewer = Node::run(viewer)?;
    let mut notifications = viewer.subscribe();

    let (mut changed, mut logged) = (false, false);
    while !(changed && logged) {
        match notifications.next(None).ok_or("the viewer ended")? {
            Notification::ConnectionHandshakeDone(_) => share(&manager)?,
            Notification::StateAccessPerformed { .. } => {
                let blocked = viewer.with(|node, _| node.store().map(|store| store.get("blocked")));
                let blocked = blocked.ok_or("the viewer has variables")??;
                println!("blocked is {}", blocked.to_line());
                changed = blocked.to_line().contains("10.0.0.1");
            }
            Notification::LogEntry { writer, values, .. } => {
                let mut line = Vec::new();
                AsciiFormat::default().entry(&values, &mut line);
                print!("{}: {}", writer.path, String::from_utf8_lossy(&line));
                logged = true;
            }
            _ => {}
        }
    }
    viewer.terminate();
    manager.terminate();
    Ok(())
}

/// Changes a variable and writes a log entry.
fn share(manager: &Node) -> Result<(), Box<dyn Error>> {
    let host = IpAddr::from([10, 0, 0, 1]);
    let entry = Path::to("blocked").index([Value::Addr(host)]);
    manager.with(|node, now| node.change_state(now, |store| store.assign(entry, "it scans")))?;
    manager.with(|node, now| {
        let info = Info { ts: now, host, ports: 443 };
        node.write_log_record(SCANS, &info, now)
    })?;
    // Send the entry now. Otherwise it would wait up to a second for others.
    manager.with(|node, now| node.flush_batches(now));
    Ok(())
}
