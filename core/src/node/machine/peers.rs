//! The peers of a node, and the names of removed ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::super::inbox::Inbox;
use super::super::inbox::Outbox;
use super::super::slab::{Key, Slab};
use super::super::{ConnectionId, EventPeer, PeerCounters, PeerId, PingStatistics};
use super::batches::Batches;
use super::state::Exchange;
use crate::Time;
use crate::connection::Role;
use crate::data::Name;
use crate::wire::SyncPoint;

/// The number of the first peer that connects to us (part 4 §2).
const FIRST_ACCEPTED: u64 = 10_000;

/// The number of removed peers whose names are kept.
const DEPARTED: usize = 1000;

/// A key of a peer for direct lookup, ordered by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct PeerKey(Key);

impl PeerKey {
    pub(super) fn id(self) -> PeerId {
        PeerId(self.0.number)
    }
}

/// A peer, connected or not.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) who: Arc<EventPeer>,
    pub(super) role: Role,
    /// The entry that applies. It is known from the start for peers that we connect to, otherwise
    /// since the peer's VERSION.
    pub(super) node: Option<usize>,
    /// The connection that is open or being established.
    pub(super) link: Option<ConnectionId>,
    /// The number of transport connections, including closed ones.
    pub(super) sockets: usize,
    /// Whether its connection is established.
    pub(super) established: bool,
    /// Whether it is in phase Running, according to the processed notifications.
    pub(super) running: bool,
    /// Whether input waits for the application to make its requests.
    pub(super) awaiting_setup: bool,
    /// Whether its connection is closed because the node terminates. Bro then logs only one line.
    pub(super) ends_with_node: bool,
    /// The number of consecutive failed attempts to connect.
    pub(super) failures: u32,
    /// Its requests at the end of its last connection.
    pub(super) last_requests: Option<BTreeSet<Name>>,
    /// The time of its last input.
    pub(super) heard: Time,
    /// Whether it was pinged since its last input.
    pub(super) pinged: bool,
    pub(super) last_error: Option<Box<str>>,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    /// The progress of state synchronization with it.
    pub(super) exchange: Exchange,
    /// Whether it is in the queue of turns or blocked.
    pub(super) has_turn: bool,
    /// Whether its receive queue was full and is still more than half full.
    pub(super) must_wait: bool,
    /// The point of its trace that it reached (§2.11).
    pub(super) point: Option<SyncPoint>,
    /// Its batches.
    pub(super) batches: Batches,
    /// The statistics of its answers to our PINGs.
    pub(super) pings: Option<Box<PingStatistics>>,
    /// The counters of its earlier connections, and those that connections do not keep.
    pub(super) counters: PeerCounters,
}

impl Peer {
    pub(super) fn new(who: EventPeer, role: Role, node: Option<usize>, now: Time) -> Peer {
        Peer {
            who: Arc::new(who),
            role,
            node,
            link: None,
            sockets: 0,
            established: false,
            running: false,
            awaiting_setup: false,
            ends_with_node: false,
            failures: 0,
            last_requests: None,
            heard: now,
            pinged: false,
            last_error: None,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            exchange: Exchange::default(),
            has_turn: false,
            must_wait: false,
            point: None,
            batches: Batches::default(),
            pings: None,
            counters: PeerCounters::default(),
        }
    }

    /// Records input from the peer.
    pub(super) fn set_heard(&mut self, now: Time) {
        (self.heard, self.pinged) = (now, false);
    }
}

/// The peers of a node.
#[derive(Debug)]
pub(super) struct Peers {
    /// Boxed, so that unused capacity of the slab takes little memory.
    slab: Slab<Box<Peer>>,
    /// The peers by number, in order.
    keys: BTreeMap<PeerId, PeerKey>,
    next_initiated: u64,
    next_accepted: u64,
    /// The sum of the counters of removed peers.
    gone: PeerCounters,
    /// The last removed peers, for the lines that Bro logs on termination.
    departed: VecDeque<Arc<EventPeer>>,
}

impl Default for Peers {
    fn default() -> Peers {
        Peers {
            slab: Slab::default(),
            keys: BTreeMap::new(),
            next_initiated: 1,
            next_accepted: FIRST_ACCEPTED,
            gone: PeerCounters::default(),
            departed: VecDeque::new(),
        }
    }
}

impl Peers {
    /// Returns the number of the next peer that we connect to.
    pub(super) fn next_initiated(&mut self) -> PeerId {
        // Numbers above 9999 are for accepted peers.
        if self.next_initiated >= FIRST_ACCEPTED {
            return self.next_accepted();
        }
        self.next_initiated += 1;
        PeerId(self.next_initiated - 1)
    }

    /// Returns the number of the next peer that connects to us.
    pub(super) fn next_accepted(&mut self) -> PeerId {
        self.next_accepted += 1;
        PeerId(self.next_accepted - 1)
    }

    pub(super) fn insert(&mut self, peer: Peer) -> PeerKey {
        let id = peer.who.id;
        let key = PeerKey(self.slab.insert(id.0, Box::new(peer)));
        self.keys.insert(id, key);
        key
    }

    /// Removes a peer but keeps its counters and name. Returns the oldest kept name if it is
    /// dropped.
    pub(super) fn remove(&mut self, key: PeerKey) -> Option<Arc<EventPeer>> {
        let peer = self.slab.remove(key.0)?;
        self.keys.remove(&key.id());
        self.gone.add(&peer.counters);
        self.departed.push_back(peer.who);
        if self.departed.len() > DEPARTED { self.departed.pop_front() } else { None }
    }

    /// Finds a peer by its number.
    pub(super) fn key(&self, id: PeerId) -> Option<PeerKey> {
        self.keys.get(&id).copied()
    }

    pub(super) fn get(&self, key: PeerKey) -> Option<&Peer> {
        self.slab.get(key.0).map(|peer| &**peer)
    }

    pub(super) fn get_mut(&mut self, key: PeerKey) -> Option<&mut Peer> {
        self.slab.get_mut(key.0).map(|peer| &mut **peer)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Iterates over the keys of all peers, in order of their numbers.
    pub(super) fn keys(&self) -> impl Iterator<Item = PeerKey> {
        self.keys.values().copied()
    }

    /// Iterates over all peers, in order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerKey, &Peer)> {
        self.iter_from(PeerId::LOCAL)
    }

    /// Iterates over the peers from this number on, in order.
    pub(super) fn iter_from(&self, from: PeerId) -> impl Iterator<Item = (PeerKey, &Peer)> {
        self.keys.range(from..).filter_map(|(_, key)| Some((*key, self.get(*key)?)))
    }

    /// Iterates over all peers, in no particular order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (PeerKey, &mut Peer)> {
        self.slab.iter_mut().map(|(key, peer)| (PeerKey(key), &mut **peer))
    }

    /// Returns the sum of the counters of removed peers.
    pub(super) fn gone(&self) -> PeerCounters {
        self.gone
    }

    /// Returns all current and removed peers, and forgets the removed ones.
    pub(super) fn take_known(&mut self) -> Vec<Arc<EventPeer>> {
        let mut known: Vec<_> = std::mem::take(&mut self.departed).into();
        known.extend(self.iter().map(|(_, peer)| Arc::clone(&peer.who)));
        known.sort_by_key(|who| who.id);
        known
    }
}
