//! A node with several peers: no bytes of one make it panic, lose what another sent, or hold more
//! than its limits; and every connection ends once.
#![no_main]

use std::collections::BTreeMap;
use std::time::Duration;

use brocomm::Time;
use brocomm::node::Undeclared;
use brocomm::data::{Event, Value};
use brocomm::node::{
    Bound, NodeMachine, NodeConfig, ConnectionId, Endpoint, PeerConfig, Notification, Options,
    Overflow, PeerId, Queue,
};
use brocomm::lowlevel::{serial, wire};
use brocomm_fuzz::within;
use libfuzzer_sys::fuzz_target;

/// VERSION, CAPS and PHASE_DONE as a Bro sends them, and a request for the event `e` between.
const OPENING: &[u8] =
    b"\0\0\0\x08\x01\0\0\0\0\0\0\0\0\0\0\x11\0\0\0\x07\0\0\x0b\xb8\0\0\0\x1a\0\0\0\0\0\
    \0\0\0\x08\x11\0\0\0\0\0\0\0\0\0\0\x0c\0\0\0\x0d\0\0\0\0\0\0\0\0\
    \0\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\x02e\0\
    \0\0\0\x08\x0e\0\0\0\0\0\0\0";

/// What a node may hold for four peers at the limits below, beyond so many times what it was sent.
const MEMORY: usize = 32 << 20;

fn node(kind: u8) -> NodeMachine {
    let queue = |overflow| Queue { bound: Bound::new(4, 1 << 16), overflow };
    let overflow = |bits| match bits & 3 {
        0 => Overflow::Block,
        1 => Overflow::DropNewest,
        2 => Overflow::DropOldest,
        _ => Overflow::Disconnect,
    };
    let options = Options {
        undeclared: if kind & 1 == 0 { Undeclared::Ignore } else { Undeclared::Deliver },
        forward_remote_events: kind & 2 != 0,
        outgoing: queue(overflow(kind >> 2)),
        incoming: queue(overflow(kind >> 4)),
        wire_limits: wire::FramingLimits { chunk: 1 << 16, message: 1 << 17, inflated: 1 << 17 },
        serial_limits: serial::ReaderLimits { depth: 32, objects: 10_000, ..Default::default() },
        ..Options::default()
    };
    let entry = PeerConfig {
        sync: kind & 64 != 0,
        compression: (kind & 128 != 0).then_some(6),
        ..PeerConfig::new([10, 0, 0, 1].into())
    };
    let nodes = vec![("peer".to_owned(), entry)];
    let configuration = NodeConfig { options, nodes, ..NodeConfig::default() };
    let mut node = NodeMachine::new(configuration).expect("the configuration is right");
    node.start(Time::EPOCH);
    node
}

/// What happens, byte by byte: an operation and its connection, then its argument.
fn run(kind: u8, mut script: &[u8]) {
    let mut node = node(kind);
    let mut now = Time::EPOCH;
    let mut links = [None; 4];
    let mut open = BTreeMap::<PeerId, i32>::new();
    while let [operation, rest @ ..] = script {
        script = rest;
        let slot = usize::from(operation & 3);
        let link: Option<ConnectionId> = links[slot];
        match (operation >> 2 & 7, link) {
            (0, None) => {
                let from = Endpoint::new([10, 0, 0, 1].into(), 50_000);
                links[slot] = node.feed_accepted(from, now);
            }
            (0 | 1, Some(link)) => {
                let length = script.first().map_or(0, |length| usize::from(*length) * 4);
                let rest = script.get(1..).unwrap_or_default();
                let (bytes, rest) = rest.split_at(length.min(rest.len()));
                script = rest;
                node.feed_bytes(link, bytes, now);
            }
            (2, Some(link)) => node.feed_bytes(link, OPENING, now),
            (3, Some(link)) => {
                let waits = node.poll_transmit(link).len();
                node.advance(link, waits.min(100), now);
            }
            (4, Some(link)) => {
                node.feed_closed(link, now);
                links[slot] = None;
            }
            (5, _) => {
                let event = Event::new("e", vec![Value::Count(u64::from(*operation))]);
                let _ = node.raise(event, now);
            }
            (6, _) => now += Duration::from_secs(1),
            _ => {
                for _ in 0..4 {
                    note(node.poll_notification(), &mut open);
                }
            }
        }
        while node.poll_action().is_some() || node.poll_connection().is_some() {}
    }
    for link in links.into_iter().flatten() {
        node.feed_eof(link, now);
        node.feed_closed(link, now);
    }
    node.terminate_communication(now);
    while let Some(notification) = node.poll_notification() {
        note(Some(notification), &mut open);
    }
    assert!(open.values().all(|open| *open == 0), "{open:?}");
}

/// Counts connections that are established and not closed.
fn note(notification: Option<Notification>, open: &mut BTreeMap<PeerId, i32>) {
    match notification {
        Some(Notification::ConnectionEstablished { peer, .. }) => {
            *open.entry(peer.id).or_default() += 1;
        }
        Some(Notification::ConnectionClosed { peer, established: true, .. }) => {
            *open.entry(peer.id).or_default() -= 1;
        }
        _ => {}
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, script)) = input.split_first() else { return };
    within(MEMORY + 64 * input.len(), || run(*kind, script));
});
