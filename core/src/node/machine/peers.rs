//! The peers of a node, their names and accessors (part 4 §3).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::NodeMachine;
use super::batches::Batches;
use super::clock::Timer;
use super::state::Exchange;
use super::transport::Socket;
use crate::Time;
use crate::connection::{Connection, Role};
use crate::data::{Declarations, Name};
use crate::node::counters::KeptCounters;
use crate::node::peer::{Key, Slab};
use crate::node::queue::{IncomingQueue, OutgoingQueue};
use crate::node::{
    ConnectionId, EventPeer, Options, PeerConfig, PeerCounters, PeerId, PeerState, PingStatistics,
};
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
    pub(super) socket: Option<ConnectionId>,
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
    pub(super) outgoing: OutgoingQueue,
    pub(super) incoming: IncomingQueue,
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
    pub(super) counters: KeptCounters,
}

impl Peer {
    pub(super) fn new(who: EventPeer, role: Role, node: Option<usize>, now: Time) -> Peer {
        Peer {
            who: Arc::new(who),
            role,
            node,
            socket: None,
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
            outgoing: OutgoingQueue::default(),
            incoming: IncomingQueue::default(),
            exchange: Exchange::default(),
            has_turn: false,
            must_wait: false,
            point: None,
            batches: Batches::default(),
            pings: None,
            counters: KeptCounters::default(),
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
        self.gone.add(&peer.counters.counters());
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
    fn iter_from(&self, from: PeerId) -> impl Iterator<Item = (PeerKey, &Peer)> {
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

impl NodeMachine {
    /// Returns the options.
    pub fn options(&self) -> &Options {
        &self.settings.options
    }

    /// Returns the node's declarations.
    pub fn declarations(&self) -> &Arc<Declarations> {
        &self.settings.declarations
    }

    /// Returns the last fed time.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Returns the wall-clock time at the last fed time, if it was [fed](Self::feed_wall_clock);
    /// otherwise the last fed time.
    pub fn wall_clock(&self) -> Time {
        self.clock.wall()
    }

    /// Iterates over the entries with their names, in order (part 4 §2).
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &PeerConfig)> {
        self.settings.entries().iter().map(|entry| (&*entry.name, &entry.node))
    }

    /// Returns the peer of an entry, once known: a node's `peer` (part 4 §2). If the entry applies
    /// to several peers, returns the latest.
    pub fn node_peer(&self, name: &str) -> Option<&Arc<EventPeer>> {
        let entry = self.settings.entries().get(self.settings.position(name)?)?;
        Some(&self.peers.get(entry.peer?)?.who)
    }

    /// Returns whether the peer of an entry is connected and its entry was applied: a node's
    /// `connected`.
    pub fn is_node_connected(&self, name: &str) -> bool {
        self.connected_peers().any(|(_, node)| node == name)
    }

    /// Iterates over the peers to which the node is connecting or waiting to connect, with their
    /// entries: `pending_peers` (part 4 §3).
    pub fn pending_peers(&self) -> impl Iterator<Item = (PeerId, &str)> {
        self.with_entries(|key, peer| {
            peer.role == Role::Initiator
                && !peer.established
                && (peer.socket.is_some() || self.waits_to_connect(key))
        })
    }

    /// Iterates over the connected peers whose entries were applied, with these entries:
    /// `connected_peers` (part 4 §3).
    pub fn connected_peers(&self) -> impl Iterator<Item = (PeerId, &str)> {
        self.with_entries(|_, peer| peer.established && !peer.awaiting_setup)
    }

    /// Iterates over the peers in phase Running (§3.5).
    pub fn running_peers(&self) -> impl Iterator<Item = &Arc<EventPeer>> {
        self.peers.iter().map(|(_, peer)| peer).filter(|peer| peer.running).map(|peer| &peer.who)
    }

    fn with_entries(
        &self,
        is_wanted: impl Fn(PeerKey, &Peer) -> bool,
    ) -> impl Iterator<Item = (PeerId, &str)> {
        let peers = self.peers.iter().filter(move |(key, peer)| is_wanted(*key, peer));
        peers.filter_map(|(key, peer)| Some((key.id(), &*self.settings.entry_of(peer)?.name)))
    }

    /// Iterates over all peers, including those without an entry, whose input is not accepted.
    pub fn peers(&self) -> impl Iterator<Item = &Arc<EventPeer>> {
        self.peers.iter().map(|(_, peer)| &peer.who)
    }

    /// Returns a peer.
    pub fn peer(&self, id: PeerId) -> Option<&Arc<EventPeer>> {
        Some(&self.find(id)?.who)
    }

    /// Finds a peer by its number.
    pub(super) fn find(&self, id: PeerId) -> Option<&Peer> {
        self.peers.get(self.peers.key(id)?)
    }

    /// Returns the name of the entry that applies to a peer, if one does (§4).
    pub fn node_of(&self, id: PeerId) -> Option<&str> {
        self.entry(self.peers.key(id)?).map(|entry| &*entry.name)
    }

    /// Returns the state of a peer.
    pub fn peer_state(&self, id: PeerId) -> Option<PeerState> {
        let key = self.peers.key(id)?;
        let peer = self.peers.get(key)?;
        Some(match (self.connection(key).map(Connection::phase), peer.socket) {
            (Some(phase), _) => PeerState::Connected(phase),
            (None, Some(_)) => PeerState::Connecting,
            (None, None) => match self.clock.due(Timer::Retry(key)) {
                Some(until) => PeerState::Waiting { until },
                None => PeerState::Gone,
            },
        })
    }

    /// Returns the counters of a peer, over all its connections.
    pub fn counters(&self, id: PeerId) -> Option<PeerCounters> {
        self.counters_of(self.peers.key(id)?)
    }

    fn counters_of(&self, key: PeerKey) -> Option<PeerCounters> {
        let peer = self.peers.get(key)?;
        let mut counters = peer.counters.counters();
        if let Some(connection) = self.connection(key) {
            counters.connection += connection.counters();
        }
        counters.outgoing = peer.outgoing.depth;
        counters.incoming = peer.incoming.depth;
        Some(counters)
    }

    /// Returns the sum of the counters of all peers, including removed ones. The maximum queue
    /// depths are sums too.
    pub fn total_counters(&self) -> PeerCounters {
        let mut sum = self.peers.gone();
        for key in self.peers.keys() {
            sum.add(&self.counters_of(key).unwrap_or_default());
        }
        sum
    }

    /// Returns the first peer, from this number on, with unsent items, including events kept for a
    /// disconnected peer.
    pub fn next_undelivered(&self, from: PeerId) -> Option<PeerId> {
        let mut peers = self.peers.iter_from(from);
        let found =
            peers.find(|(key, peer)| peer.batches.due().is_some() || self.is_unsent(*key, peer));
        found.map(|(key, _)| key.id())
    }

    /// Returns the first peer, from this number on, with unsent items that are not batched.
    pub(crate) fn next_unsent(&self, from: PeerId) -> Option<PeerId> {
        let mut peers = self.peers.iter_from(from);
        peers.find(|(key, peer)| self.is_unsent(*key, peer)).map(|(key, _)| key.id())
    }

    fn is_unsent(&self, key: PeerKey, peer: &Peer) -> bool {
        let waits = |socket: &Socket| socket.begun().is_some_and(Connection::has_output);
        let current = peer.socket.and_then(|socket| self.transport.get(socket));
        // Closed connections may still have bytes to send.
        let has_others = peer.sockets > usize::from(peer.socket.is_some());
        !peer.outgoing.is_empty()
            || current.is_some_and(waits)
            || has_others && self.transport.iter().any(|socket| socket.peer == key && waits(socket))
    }

    /// Returns all peers with unsent items.
    pub fn undelivered(&self) -> Vec<PeerId> {
        let next = |id: &PeerId| self.next_undelivered(PeerId(id.0.checked_add(1)?));
        std::iter::successors(self.next_undelivered(PeerId::LOCAL), next).collect()
    }

    /// Returns the last error of a peer.
    pub fn last_error(&self, id: PeerId) -> Option<&str> {
        self.find(id)?.last_error.as_deref()
    }

    /// Returns whether the last notification that was [polled](Self::poll_notification) is an event
    /// raised by a peer: `is_remote_event`.
    pub fn is_remote_event(&self) -> bool {
        self.delivery.event_peer().is_some()
    }

    /// Returns the peer that raised the last notification if it is an event, otherwise the node
    /// itself: `get_event_peer`.
    pub fn get_event_peer(&self) -> &Arc<EventPeer> {
        self.delivery.event_peer().unwrap_or(&self.settings.local)
    }

    /// Returns the description of this node: `get_local_event_peer`.
    pub fn get_local_event_peer(&self) -> &Arc<EventPeer> {
        &self.settings.local
    }

    /// Returns the connection to a peer.
    pub fn connection_to(&self, id: PeerId) -> Option<&Connection> {
        self.connection(self.peers.key(id)?)
    }

    pub(super) fn waits_to_connect(&self, id: PeerKey) -> bool {
        self.clock.due(Timer::Retry(id)).is_some()
    }

    /// Returns whether there is neither a connection to a peer nor an attempt to connect.
    pub(super) fn is_over(&self, id: PeerKey) -> bool {
        self.peers.get(id).is_none_or(|peer| peer.socket.is_none())
    }

    /// Returns the statistics of a peer's answers to our PINGs, over all its connections (§2.8).
    pub fn ping_statistics(&self, id: PeerId) -> Option<PingStatistics> {
        Some(self.find(id)?.pings.as_deref().copied().unwrap_or_default())
    }
}
