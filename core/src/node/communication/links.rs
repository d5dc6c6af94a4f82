//! The transport connections of a node.

use std::collections::VecDeque;

use super::super::ConnectionId;
use super::super::slab::Slab;
use super::peers::PeerKey;
use crate::connection::{Connection, Phase};

/// All connections that the transport has not reported as closed.
#[derive(Debug, Default)]
pub(super) struct Links {
    slab: Slab<Link>,
    /// The number of connections so far.
    begun: u64,
    /// The connections for which the transport may have work.
    touched: VecDeque<ConnectionId>,
}

/// A transport connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerKey,
    /// `None` until the transport is connected; begins after the TLS handshake.
    pub(super) connection: Option<Box<Connection>>,
    /// Whether the transport has closed it; it stays until all its input is processed.
    pub(super) gone: bool,
    /// Whether it is in `touched`.
    touched: bool,
}

impl Link {
    /// Returns the connection, once it has begun.
    pub(super) fn begun(&self) -> Option<&Connection> {
        self.connection.as_deref().filter(|connection| connection.has_begun())
    }

    /// Returns whether the connection is still connecting or in the TLS handshake.
    pub(super) fn is_pending(&self) -> bool {
        let over = |connection: &Connection| connection.phase() == Phase::Closed;
        self.begun().is_none() && !self.connection.as_deref().is_some_and(over)
    }
}

impl Links {
    /// Adds a connection that is not established yet.
    pub(super) fn insert(&mut self, peer: PeerKey) -> ConnectionId {
        self.begun += 1;
        let link = Link { peer, connection: None, gone: false, touched: false };
        ConnectionId(self.slab.insert(self.begun, link))
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Link> {
        self.slab.remove(id.0)
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Link> {
        self.slab.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Link> {
        self.slab.get_mut(id.0)
    }

    /// Returns a connection, once the transport is connected.
    pub(super) fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.get(id)?.connection.as_deref()
    }

    /// Returns a connection, once the transport is connected.
    pub(super) fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.get_mut(id)?.connection.as_deref_mut()
    }

    /// Iterates over all, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Link> {
        self.slab.iter().map(|(_, link)| link)
    }

    /// Returns the wanted ones, in order of creation.
    pub(super) fn in_order(&self, is_wanted: impl Fn(&Link) -> bool) -> Vec<ConnectionId> {
        let wanted = self.slab.iter().filter(|(_, link)| is_wanted(link));
        let mut wanted: Vec<_> = wanted.map(|(key, _)| ConnectionId(key)).collect();
        wanted.sort_unstable();
        wanted
    }

    /// Records that the transport may have work for a connection.
    pub(super) fn touch(&mut self, id: ConnectionId) {
        if let Some(link) = self.slab.get_mut(id.0).filter(|link| !link.touched) {
            link.touched = true;
            self.touched.push_back(id);
        }
    }

    /// Returns the next connection for which the transport may have work.
    pub(super) fn poll_touched(&mut self) -> Option<ConnectionId> {
        let id = self.touched.pop_front()?;
        if let Some(link) = self.get_mut(id) {
            link.touched = false;
        }
        Some(id)
    }
}
