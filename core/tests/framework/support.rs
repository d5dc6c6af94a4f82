//! Shared fixtures: configurations, events, messages, log lines.

use std::sync::Arc;
use std::time::Duration;

use brocomm::Time;
use brocomm::data::{Declarations, Event, TypeTag, Value};
use brocomm::logs::{LogField, LogStream, LogStreams, LogValue};
use brocomm::lowlevel::connection::{ConnectionConfig, Requests};
use brocomm::lowlevel::wire::{Caps, Message, Version};
use brocomm::node::{CommLogEntry, NodeConfig, Notification, Options, PeerConfig, PeerId};
use brocomm::node::{SyncRequest, Undeclared};
use bytes::Bytes;

pub(crate) use super::bench::Bench;

/// The ID of the first peer that connects to a node.
pub(crate) const FIRST: PeerId = PeerId(10_000);

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The declarations of every node in these tests.
pub(crate) fn declarations() -> Arc<Declarations> {
    let text = "event ping(n: count); event pong(n: count); event text(s: string);
                global number: count;";
    let mut declarations = Declarations::new();
    declarations.read(text).expect("the declarations are valid");
    Arc::new(declarations)
}

pub(crate) fn configuration(options: Options, nodes: Vec<(&str, PeerConfig)>) -> NodeConfig {
    let nodes = nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect();
    NodeConfig { options, nodes, declarations: declarations() }
}

pub(crate) fn listening() -> Options {
    Options { listen: true, ..Options::default() }
}

/// Options with TLS.
#[cfg(feature = "tls")]
pub(crate) fn with_tls() -> Options {
    let ca = include_bytes!("../../src/tls/tests/pem/authority.pem");
    let own = [
        &include_bytes!("../../src/tls/tests/pem/version3.pem")[..],
        include_bytes!("../../src/tls/tests/pem/key.pem"),
    ];
    let tls = brocomm::tls::TlsConfig::from_pem(ca, &own.concat(), None);
    Options { tls: Some(tls.expect("the certificates are valid")), ..listening() }
}

pub(crate) fn wants(events: &str, node: PeerConfig) -> PeerConfig {
    PeerConfig { events: Some(events.parse().expect("the pattern is valid")), ..node }
}

pub(crate) fn connects(node: PeerConfig) -> PeerConfig {
    PeerConfig { connect: true, ..node }
}

pub(crate) fn retries(secs: u64, node: PeerConfig) -> PeerConfig {
    PeerConfig { connect: true, retry: Duration::from_secs(secs), ..node }
}

/// The address of the peers in these tests.
pub(crate) fn host() -> std::net::IpAddr {
    [10, 9, 9, 9].into()
}

/// An entry for such a peer.
pub(crate) fn peer() -> PeerConfig {
    PeerConfig::new(host())
}

pub(crate) fn ping(n: u64) -> Event {
    Event::new("ping", vec![Value::Count(n)])
}

pub(crate) fn text(len: usize) -> Event {
    Event::new("text", vec![Value::string("x".repeat(len))])
}

/// The configuration of a peer that requests these events and accepts input.
pub(crate) fn requesting(events: &[&str]) -> ConnectionConfig {
    let events = events.iter().map(|name| (*name).into()).collect();
    set_up(Requests { events, ..Requests::default() })
}

pub(crate) fn set_up(requests: Requests) -> ConnectionConfig {
    // It declares nothing, so that it can send events that do not match a declaration.
    ConnectionConfig { requests, undeclared: Undeclared::Deliver, ..ConnectionConfig::default() }
}

pub(crate) fn syncing(authoritative: bool) -> ConnectionConfig {
    let sync = Some(SyncRequest { authoritative });
    set_up(Requests { sync, ..Requests::default() })
}

pub(crate) fn number(event: &Event) -> Option<u64> {
    match (event.name.as_str(), event.args.first()) {
        (Some("ping"), Some(Value::Count(n))) => Some(*n),
        _ => None,
    }
}

pub(crate) fn numbers(notified: &[Notification]) -> Vec<u64> {
    let number = |notified: &Notification| match notified {
        Notification::Event { event, .. } => number(event),
        _ => None,
    };
    notified.iter().filter_map(number).collect()
}

/// Returns a LOG_CREATE_WRITER, and a LOG_WRITE for it with one entry.
pub(crate) fn log_messages() -> [Message; 2] {
    let mut streams = LogStreams::new();
    let fields = vec![LogField::new("n", TypeTag::Count)];
    streams.declare(LogStream::new(1, "mini", fields)).expect("it is the first");
    let entry = streams.write(1, &[LogValue::Count(7)], Time::EPOCH).expect("it fits");
    let writer = entry.active_writer().announcement().clone();
    let entries = Bytes::copy_from_slice(entry.as_bytes());
    [Message::LogCreateWriter(writer), Message::LogWrite(entries)]
}

/// Formats a line of the communication log: level, source and message, `-` for a missing one.
pub(crate) fn line(entry: &CommLogEntry) -> String {
    let level = entry.level().map_or("-".to_owned(), |level| level.to_string());
    let source = entry.source().map_or("-".to_owned(), |source| source.to_string());
    format!("{level} {source} {entry}")
}

pub(crate) fn lines(notified: &[Notification]) -> Vec<String> {
    let line = |notified: &Notification| match notified {
        Notification::Log(entry) => Some(line(entry)),
        _ => None,
    };
    notified.iter().filter_map(line).collect()
}

/// Asserts that a line occurs exactly once.
#[track_caller]
pub(crate) fn once(log: &[String], line: &str) {
    let found = log.iter().filter(|logged| *logged == line).count();
    assert_eq!(found, 1, "{line}\nin {log:#?}");
}

/// Asserts that no line contains this.
#[track_caller]
pub(crate) fn never(log: &[String], part: &str) {
    assert!(!log.iter().any(|logged| logged.contains(part)), "{part}\nin {log:#?}");
}

/// The VERSION of a peer.
pub(crate) fn version(class: &'static str) -> Message {
    Message::Version(Version {
        protocol: 7,
        cache_size: 3000,
        data_format: 26,
        runtime: 0,
        class: Some(Bytes::from_static(class.as_bytes())),
    })
}

/// The messages of a peer that requests nothing, up to Running.
pub(crate) fn handshake() -> [Message; 3] {
    [version(""), Message::Caps(Caps::BRO), Message::PhaseDone]
}
