//! Accessors of a node and its peers (part 4 §3).

use std::sync::Arc;

use super::super::{
    EventPeer, Options, PeerConfig, PeerCounters, PeerId, PeerState, PingStatistics,
};
use super::NodeMachine;
use super::clock::Timer;
use super::peers::{Peer, PeerKey};
use super::transport::Link;
use crate::Time;
use crate::connection::{Connection, Role};
use crate::data::Declarations;

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
                && (peer.link.is_some() || self.waits_to_connect(key))
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
        Some(match (self.connection(key).map(Connection::phase), peer.link) {
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
        let mut counters = peer.counters;
        if let Some(connection) = self.connection(key) {
            counters.connection += connection.counters();
        }
        counters.outgoing = peer.outbox.depth;
        counters.incoming = peer.inbox.depth;
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
        let waits = |link: &Link| link.begun().is_some_and(Connection::has_output);
        let current = peer.link.and_then(|link| self.transport.get(link));
        // Closed connections may still have bytes to send.
        let has_others = peer.sockets > usize::from(peer.link.is_some());
        !peer.outbox.is_empty()
            || current.is_some_and(waits)
            || has_others && self.transport.iter().any(|link| link.peer == key && waits(link))
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
        self.peers.get(id).is_none_or(|peer| peer.link.is_none())
    }

    /// Returns the statistics of a peer's answers to our PINGs, over all its connections (§2.8).
    pub fn ping_statistics(&self, id: PeerId) -> Option<PingStatistics> {
        Some(self.find(id)?.pings.as_deref().copied().unwrap_or_default())
    }
}
