//! An event for many peers: each of them receives the same bytes as if it were the only one.

use std::net::IpAddr;

use brocomm::data::{Event, Name, Value};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, Requests};
use brocomm::lowlevel::wire::{Caps, DataFormat};
use brocomm::node::{
    ConnectionId, Endpoint, NodeConfig, NodeMachine, Options, PeerConfig, Phase, Role, Undeclared,
};
use brocomm_conformance::strategies::{self, on_few};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::common::NOW;

const NAMES: [&str; 3] = ["first", "second", "third"];

/// The properties of a peer that determine which events it receives and how they are encoded.
#[derive(Debug, Clone)]
struct PeerKind {
    capabilities: Caps,
    data_format: DataFormat,
    compression: Option<u8>,
    requests: Vec<&'static str>,
}

fn peer() -> impl Strategy<Value = PeerKind> {
    let bro = Caps::BRO;
    let without = |caps: Caps| Caps::from_bits(bro.bits() & !caps.bits());
    let capabilities = [
        bro,
        bro,
        without(Caps::NEW_CACHE_STRATEGY),
        without(Caps::PID_64BIT),
        bro.union(Caps::NO_CACHING),
        Caps::BROCCOLI_PEER,
        Caps::BROCCOLI_PEER.union(Caps::NO_CACHING),
    ];
    let compression = prop_oneof![4 => Just(None), 1 => Just(Some(1))];
    let formats = prop_oneof![Just(DataFormat::V26), select(&DataFormat::ALL[..])];
    (select(capabilities.to_vec()), formats, compression, subsequence(&NAMES[..], 1..=3)).prop_map(
        |(capabilities, data_format, compression, requests)| PeerKind {
            capabilities,
            data_format,
            compression,
            requests,
        },
    )
}

/// The containers of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Containers {
    /// Those of the event's other calls.
    Same,
    /// New ones, which something else refers to as well.
    Shared,
    /// New ones, which nothing else refers to, so that they cannot be sent again.
    Owned,
}

/// Generates the calls of an event: each has a name and containers.
fn times() -> impl Strategy<Value = Vec<(&'static str, Containers)>> {
    let containers = vec![Containers::Same, Containers::Shared, Containers::Owned];
    prop::collection::vec((select(&NAMES[..]), select(containers)), 1..6)
}

/// Returns the event with copies of all its containers.
fn anew(event: &Event) -> Event {
    Event { args: event.args.iter().map(Value::compact).collect(), ..event.clone() }
}

/// A node with peers that only receive events.
struct World {
    node: NodeMachine,
    peers: Vec<(ConnectionId, Connection)>,
    /// All bytes that were sent to each peer.
    sent: Vec<Vec<u8>>,
}

impl World {
    fn new(peers: &[PeerKind], cache_size: u32) -> World {
        let host = |at: usize| IpAddr::from([192, 0, 2, at as u8 + 1]);
        let entry = |at, kind: &PeerKind| {
            (
                format!("p{at}"),
                PeerConfig { compression: kind.compression, ..PeerConfig::new(host(at)) },
            )
        };
        let undeclared = Undeclared::Deliver;
        let options = Options { cache_size, undeclared, ..Options::default() };
        let nodes = peers.iter().enumerate().map(|(at, kind)| entry(at, kind)).collect();
        let mut node =
            NodeMachine::new(NodeConfig { options, nodes, ..NodeConfig::default() }).unwrap();
        node.start(NOW);
        let mut connect = |(at, kind): (usize, &PeerKind)| {
            let id = node.feed_accepted(Endpoint::new(host(at), 50_000), NOW).unwrap();
            let events = kind.requests.iter().map(|name| Name::from(*name)).collect();
            let config = ConnectionConfig {
                capabilities: kind.capabilities,
                data_format: Some(kind.data_format),
                requests: Requests { events, ..Requests::default() },
                undeclared,
                ..ConnectionConfig::default()
            };
            (id, Connection::new(config, Role::Initiator, NOW))
        };
        let peers: Vec<_> = peers.iter().enumerate().map(&mut connect).collect();
        let mut world = World { node, sent: vec![Vec::new(); peers.len()], peers };
        while world.carry() {}
        assert!(world.peers.iter().all(|(_, peer)| peer.phase() == Phase::Running));
        world
    }

    /// Transfers bytes in both directions; returns whether there were any.
    fn carry(&mut self) -> bool {
        let mut some = false;
        for ((id, peer), sent) in self.peers.iter_mut().zip(&mut self.sent) {
            let said = peer.poll_transmit().to_vec();
            peer.advance(said.len(), NOW);
            self.node.feed_bytes(*id, &said, NOW);
            let bytes = self.node.poll_transmit(*id).to_vec();
            self.node.advance(*id, bytes.len(), NOW);
            peer.feed_bytes(&bytes, NOW);
            while peer.poll_notification().is_some() {}
            some |= !said.is_empty() || !bytes.is_empty();
            sent.extend(bytes);
        }
        while self.node.poll_notification().is_some() {}
        some
    }
}

proptest! {
    #![proptest_config(on_few(48))]

    #[test]
    fn each_peer_receives_the_same_bytes_as_if_it_were_alone(
        kinds in prop::collection::vec(peer(), 2..6),
        cache_size in prop_oneof![1u32..8, 8u32..60, Just(3000)],
        events in strategies::events(12),
        times in prop::collection::vec(times(), 12),
    ) {
        let mut together = World::new(&kinds, cache_size);
        let mut alone: Vec<_> =
            kinds.iter().map(|kind| World::new(std::slice::from_ref(kind), cache_size)).collect();
        for (event, times) in events.iter().zip(times) {
            for (name, containers) in times {
                let event = if containers == Containers::Same { event.clone() } else { anew(event) };
                let event = Event { name: Name::from(name), ..event };
                let copy = || match containers {
                    Containers::Owned => anew(&event),
                    Containers::Same | Containers::Shared => event.clone(),
                };
                let together = together.node.raise(copy(), NOW).unwrap();
                let sent = |world: &mut World| world.node.raise(copy(), NOW).unwrap().peers;
                prop_assert_eq!(together.peers, alone.iter_mut().map(sent).sum::<usize>());
            }
            together.carry();
            alone.iter_mut().for_each(|world| {
                world.carry();
            });
        }
        for (at, world) in alone.iter().enumerate() {
            prop_assert!(together.sent[at] == world.sent[0], "{:?}", kinds[at]);
            // Every reference was valid.
            prop_assert!(together.peers[at].1.phase() == Phase::Running);
        }
    }
}
