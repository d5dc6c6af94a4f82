//! A snapshot of a node's peers, as a control socket reports them.

use brocomm::Time;
use brocomm::node::{NodeMachine, PeerCounters, PeerId, PeerState, Phase, Role};
use serde::{Deserialize, Serialize};

use crate::decode::printed;

/// A node with its peers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// Seconds since the Unix epoch.
    pub(crate) time: f64,
    /// The node's description.
    pub(crate) node: String,
    /// Whether it listens. Unknown for a Bro.
    pub(crate) listening: Option<bool>,
    /// The packet counters of a Bro.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) packets: Option<Packets>,
    pub(crate) peers: Vec<Peer>,
}

/// The numbers of packets at a Bro.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Packets {
    pub(crate) received: u64,
    pub(crate) dropped: u64,
    pub(crate) link: u64,
}

/// A peer. All texts are printable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Peer {
    /// Its number, unique for the lifetime of the node.
    pub(crate) id: u64,
    /// Its description, empty until received.
    pub(crate) description: String,
    pub(crate) address: String,
    /// The name of the entry that applies to it.
    pub(crate) entry: Option<String>,
    /// The class, which either side may have sent.
    pub(crate) class: Option<String>,
    pub(crate) state: State,
    /// Seconds until the next attempt to connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_in: Option<u64>,
    pub(crate) direction: Option<Direction>,
    /// The counters. Unknown for the peers of a Bro.
    pub(crate) counters: Option<Counters>,
    pub(crate) last_error: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Running,
    Sync,
    Handshake,
    Connecting,
    /// It waits for the next attempt.
    Waiting,
    #[default]
    NotConnected,
}

/// Which side opened the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// The peer did.
    In,
    /// The node did.
    Out,
}

/// The counters of a peer. Bytes are those of whole messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counters {
    pub(crate) events_in: u64,
    pub(crate) events_out: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) queued_in: u64,
    pub(crate) queued_out: u64,
    pub(crate) dropped_in: u64,
    pub(crate) dropped_out: u64,
}

impl Snapshot {
    pub(crate) fn of(node: &NodeMachine, now: Time) -> Snapshot {
        Snapshot {
            time: now.as_secs_f64(),
            node: printed::bytes(&node.get_local_event_peer().descr),
            listening: Some(node.is_listening()),
            packets: None,
            peers: node.peers().map(|peer| Peer::of(node, peer.id, now)).collect(),
        }
    }
}

impl Peer {
    fn of(node: &NodeMachine, id: PeerId, now: Time) -> Peer {
        let state = node.peer_state(id);
        let connection = node.connection_to(id);
        let who = node.peer(id);
        // The node retries only peers that it connects to.
        let role = connection.map(|connection| connection.role()).or(match state {
            Some(PeerState::Connecting | PeerState::Waiting { .. }) => Some(Role::Initiator),
            _ => None,
        });
        let class = who.and_then(|who| who.class.clone());
        let ours = || connection.and_then(|connection| connection.config().class.clone());
        let class = class.filter(|class| !class.is_empty()).or_else(ours);
        Peer {
            id: id.0,
            description: who.map(|who| printed::bytes(&who.descr)).unwrap_or_default(),
            address: who.map(|who| who.endpoint.to_string()).unwrap_or_default(),
            entry: node.node_of(id).map(|name| printed::bytes(name.as_bytes())),
            class: class.filter(|class| !class.is_empty()).map(|class| printed::bytes(&class)),
            state: state.as_ref().map_or(State::NotConnected, State::of),
            retry_in: match state {
                Some(PeerState::Waiting { until }) => Some(until.saturating_since(now).as_secs()),
                _ => None,
            },
            direction: role.map(|role| match role {
                Role::Initiator => Direction::Out,
                Role::Acceptor => Direction::In,
            }),
            counters: node.counters(id).as_ref().map(Counters::of),
            last_error: node.last_error(id).map(|error| printed::bytes(error.as_bytes())),
        }
    }

    /// Returns its name: its description, or the name of its entry.
    pub(crate) fn name(&self) -> &str {
        match (self.description.as_str(), self.entry.as_deref()) {
            ("", Some(entry)) => entry,
            ("", None) => "?",
            (description, _) => description,
        }
    }
}

impl State {
    fn of(state: &PeerState) -> State {
        match state {
            PeerState::Connected(Phase::Running) => State::Running,
            PeerState::Connected(Phase::Sync(_)) => State::Sync,
            PeerState::Connected(Phase::Closed) | PeerState::Gone => State::NotConnected,
            PeerState::Connected(_) => State::Handshake,
            PeerState::Connecting => State::Connecting,
            PeerState::Waiting { .. } => State::Waiting,
        }
    }
}

impl Counters {
    pub(crate) fn of(counters: &PeerCounters) -> Counters {
        let PeerCounters { connection, outgoing, incoming, .. } = counters;
        Counters {
            events_in: connection.events_received,
            events_out: connection.events_sent,
            bytes_in: connection.input.bytes,
            bytes_out: connection.output.bytes,
            queued_in: incoming.events as u64,
            queued_out: outgoing.events as u64,
            dropped_in: counters.dropped_incoming,
            dropped_out: counters.dropped_outgoing,
        }
    }
}
