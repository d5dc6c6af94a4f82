//! The application of brocomm's own node, as required by `IMPLEMENTING.md`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::{Declarations, Event, Name, TypeTag, Value};
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::node::{NodeConfig, NodeMachine, Notification, Options, Overflow, PeerConfig, Queue};
use brocomm::state::{Path, Store, StoreLimits};
use brocomm::tls::TlsConfig;
use thiserror::Error;

use crate::suite::{Entry, Role};

/// The declarations of the node.
const DECLARATIONS: &str = "
    global conformance_echo: event(x: any);
    global conformance_echoed: event(x: any);
    global conformance_change: event(key: string);
    global conformance_report: event();
    global conformance_reported: event(n: count, t: table[string] of count);
    global conformance_log: event(text: string);
    global conformance_print: event(text: string);
    global conformance_n = 0 &synchronized;
    global conformance_t: table[string] of count &synchronized;
";

/// The number of the log stream.
const LOG: i32 = 1000;

/// An error creating brocomm's own node.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("cannot make a node: {0}")]
pub(super) struct NotMade(String);

/// Where brocomm's own node listens or connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The node listens here. With port 0 the system chooses a port.
    Listen(SocketAddr),
    /// The node connects to this address with this peer entry.
    Connect(SocketAddr, Entry),
}

/// The maximum number of simultaneous connections per class of a node that connects.
const AT_ONCE: usize = 4;

/// Returns the names of the peer entries of a class.
pub(super) fn names(entry: Entry) -> impl Iterator<Item = String> {
    (1..=AT_ONCE).map(move |number| format!("{entry:?} {number}"))
}

/// Creates a node that listens on an address or can connect to it.
pub(super) fn communication(
    role: Role,
    address: SocketAddr,
    tls: Option<TlsConfig>,
) -> Result<NodeMachine, NotMade> {
    let wrong = |error: &dyn std::fmt::Display| NotMade(error.to_string());
    let mut declarations = Declarations::new();
    declarations.read(DECLARATIONS).map_err(|error| wrong(&error))?;
    let (host, ssl) = (address.ip(), tls.is_some());
    let options = Options {
        listen: role == Role::Listens,
        listen_interface: host,
        listen_port: address.port(),
        listen_ssl: ssl,
        peer_description: Name::from_static("own"),
        // A peer that does not read must not block the echoes to others.
        outgoing: Queue { overflow: Overflow::Disconnect, ..Options::default().outgoing },
        terminate_timeout: Duration::from_millis(100),
        tls,
        ..Options::default()
    };
    let mut nodes = Vec::new();
    for entry in Entry::ALL.iter().copied().filter(|entry| *entry != Entry::Stranger) {
        let node = PeerConfig { ssl, ..node(entry, host)? };
        nodes.extend(names(entry).map(|name| (name, node.clone())));
    }
    let mut store = Store::new("#own#1#", StoreLimits::default());
    store.declare_synchronized(&declarations).map_err(|error| wrong(&error))?;
    let configuration = NodeConfig { options, nodes, declarations: Arc::new(declarations) };
    let mut communication =
        NodeMachine::new(configuration).map_err(|errors| NotMade(format!("{errors:?}")))?;
    communication.set_store(store);
    let fields = vec![LogField::new("text", TypeTag::String)];
    let stream = LogStream::new(LOG, "conformance", fields);
    communication.declare_log(stream).map_err(|error| wrong(&error))?;
    Ok(communication)
}

fn node(entry: Entry, host: IpAddr) -> Result<PeerConfig, NotMade> {
    let class = Some(entry.class()).filter(|class| !class.is_empty());
    let events = "conformance_.*".parse();
    Ok(PeerConfig {
        class: class.map(Into::into),
        events: Some(events.map_err(|error| NotMade(format!("{error}")))?),
        accept_input: entry != Entry::Deaf,
        compression: (entry == Entry::Compress).then_some(6),
        capture_filter: (entry == Entry::Filter).then(|| "tcp port 47757".into()),
        request_logs: entry == Entry::Logs,
        sync: matches!(entry, Entry::Sync | Entry::Auth),
        auth: entry == Entry::Auth,
        ..PeerConfig::new(host)
    })
}

/// Handles the suite's events.
pub(super) fn answer(communication: &mut NodeMachine, notification: Notification, now: Time) {
    let Notification::Event { event, .. } = notification else { return };
    if let Some(answer) = act(communication, event, now) {
        // If the queue is full, the answer is missing and the case fails.
        let _ = communication.raise(answer, now);
    }
}

fn act(communication: &mut NodeMachine, event: Event, now: Time) -> Option<Event> {
    let text = match event.args.first() {
        Some(Value::String(text)) => text.clone(),
        _ => Default::default(),
    };
    match event.name.as_str() {
        Some("conformance_echo") => {
            // With more arguments the answer would be refused, and hide that they were accepted.
            let args = event.args.into_iter().take(1).collect();
            return Some(Event::new("conformance_echoed", args));
        }
        Some("conformance_change") => {
            let key = Value::String(text);
            // If the change fails, the suite sees it.
            let _ = communication.change_state(now, |store| store.increment("conformance_n", 1));
            let n = communication.store().and_then(|store| store.get("conformance_n").ok());
            if let Some(n) = n {
                let place = Path::to("conformance_t").index([key]);
                let _ = communication.change_state(now, |store| store.assign(place, n));
            }
        }
        Some("conformance_report") => {
            let store = communication.store()?;
            let n = store.get("conformance_n").ok()?;
            let t = store.get("conformance_t").ok()?;
            return Some(Event::new("conformance_reported", vec![n, t]));
        }
        Some("conformance_log") => {
            let values = [LogValue::String(text)];
            let _ = communication.write_log(LOG, &values, now);
        }
        Some("conformance_print") => {
            let _ = communication.print(b"/dev/stdout", &text, now);
            communication.flush_batches(now);
        }
        _ => {}
    }
    None
}
