//! The peers of a node, and what is left of those that are gone.

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

/// How many departed peers are remembered by name.
const DEPARTED: usize = 1000;

/// Finds a peer without a search. Ordered as the numbers are.
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
    /// Which entry applies: from the start if we connect, else when the peer's VERSION came.
    pub(super) node: Option<usize>,
    /// The connection that is being made, or not over.
    pub(super) link: Option<ConnectionId>,
    /// How many connections the transport has, those that are over included.
    pub(super) sockets: usize,
    /// Whether its connection is established.
    pub(super) established: bool,
    /// Whether it is Running, as far as what its connection tells was looked at.
    pub(super) running: bool,
    /// Nothing is processed until the application has made its requests.
    pub(super) awaiting_setup: bool,
    /// Whether its connection is closed because the node ends, of which Bro logs one line alone.
    pub(super) ends_with_node: bool,
    /// How many attempts to connect failed in a row.
    pub(super) failures: u32,
    /// What it had requested when its last connection ended.
    pub(super) last_requests: Option<BTreeSet<Name>>,
    /// When it was heard of last.
    pub(super) heard: Time,
    /// Whether it was pinged since.
    pub(super) pinged: bool,
    /// Whether it was not read, as it had to wait, until after its silence was last looked at.
    pub(super) was_unread: bool,
    pub(super) last_error: Option<Box<str>>,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    /// How far it and we have come in having state in common.
    pub(super) exchange: Exchange,
    /// Whether it is among those who take turns, or blocked.
    pub(super) has_turn: bool,
    /// Its inbox was full, and is still more than half full.
    pub(super) must_wait: bool,
    /// The point of its trace that it reached (§2.11).
    pub(super) point: Option<SyncPoint>,
    /// What is batched for it.
    pub(super) batches: Batches,
    /// What its answers to our PINGs sum up to.
    pub(super) pings: Option<Box<PingStatistics>>,
    /// What its earlier connections carried, and what is counted here.
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
            was_unread: false,
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

    /// Records that it was heard of.
    pub(super) fn set_heard(&mut self, now: Time) {
        (self.heard, self.pinged) = (now, false);
    }
}

/// The peers of a node.
#[derive(Debug)]
pub(super) struct Peers {
    /// Each by itself, or the room that is kept free would be many peers'.
    slab: Slab<Box<Peer>>,
    /// For those who know a peer's number alone, and for the order.
    keys: BTreeMap<PeerId, PeerKey>,
    next_initiated: u64,
    next_accepted: u64,
    /// What the counters of those that are gone sum up to.
    gone: PeerCounters,
    /// The last of those that are gone, for the lines that Bro logs when it ends.
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
        // Beyond 9999 they would be those of the others.
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

    /// Forgets a peer but for its counters and name; returns the name of one that is too long ago to
    /// be remembered now.
    pub(super) fn remove(&mut self, key: PeerKey) -> Option<Arc<EventPeer>> {
        let peer = self.slab.remove(key.0)?;
        self.keys.remove(&key.id());
        self.gone.add(&peer.counters);
        self.departed.push_back(peer.who);
        if self.departed.len() > DEPARTED { self.departed.pop_front() } else { None }
    }

    /// Searches for a peer by its number.
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

    /// Returns all in the order of their numbers.
    pub(super) fn keys(&self) -> impl Iterator<Item = PeerKey> {
        self.keys.values().copied()
    }

    /// Returns all in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PeerKey, &Peer)> {
        self.iter_from(PeerId::LOCAL)
    }

    /// Returns those from this number on, in order.
    pub(super) fn iter_from(&self, from: PeerId) -> impl Iterator<Item = (PeerKey, &Peer)> {
        self.keys.range(from..).filter_map(|(_, key)| Some((*key, self.get(*key)?)))
    }

    /// Returns all in no order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (PeerKey, &mut Peer)> {
        self.slab.iter_mut().map(|(key, peer)| (PeerKey(key), &mut **peer))
    }

    /// Returns what the counters of those that are gone sum up to.
    pub(super) fn gone(&self) -> PeerCounters {
        self.gone
    }

    /// Returns every peer that the node ever knew, as far as it remembers, and forgets those that are
    /// gone.
    pub(super) fn take_known(&mut self) -> Vec<Arc<EventPeer>> {
        let mut known: Vec<_> = std::mem::take(&mut self.departed).into();
        known.extend(self.iter().map(|(_, peer)| Arc::clone(&peer.who)));
        known.sort_by_key(|who| who.id);
        known
    }
}
