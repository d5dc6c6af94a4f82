//! The transport connections of a node.

use std::collections::VecDeque;

use super::super::ConnectionId;
use super::super::slab::Slab;
use super::peers::PeerKey;
use crate::connection::{Connection, Phase};

/// All transport connections that the transport has not said to be closed.
#[derive(Debug, Default)]
pub(super) struct Links {
    slab: Slab<Link>,
    /// How many there were.
    begun: u64,
    /// Those whose transport may have something to do.
    touched: VecDeque<ConnectionId>,
}

/// A transport connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerKey,
    /// None until the transport is connected; it begins when TLS is up.
    pub(super) connection: Option<Box<Connection>>,
    /// The transport has closed it; it is here until all that came over it is looked at.
    pub(super) gone: bool,
    /// Whether it is among the touched ones.
    touched: bool,
}

impl Link {
    /// Returns the connection, once it has begun.
    pub(super) fn begun(&self) -> Option<&Connection> {
        self.connection.as_deref().filter(|connection| connection.has_begun())
    }

    /// Returns whether there is no connection yet, because it is being made or secured.
    pub(super) fn is_pending(&self) -> bool {
        let over = |connection: &Connection| connection.phase() == Phase::Closed;
        self.begun().is_none() && !self.connection.as_deref().is_some_and(over)
    }
}

impl Links {
    /// Adds one over which there is nothing yet.
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

    /// Returns the connection over one, once the transport is connected.
    pub(super) fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.get(id)?.connection.as_deref()
    }

    /// Returns the connection over one, once the transport is connected.
    pub(super) fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.get_mut(id)?.connection.as_deref_mut()
    }

    /// Returns all in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Link> {
        self.slab.iter().map(|(_, link)| link)
    }

    /// Returns those that are wanted, in the order in which they were begun.
    pub(super) fn in_order(&self, is_wanted: impl Fn(&Link) -> bool) -> Vec<ConnectionId> {
        let wanted = self.slab.iter().filter(|(_, link)| is_wanted(link));
        let mut wanted: Vec<_> = wanted.map(|(key, _)| ConnectionId(key)).collect();
        wanted.sort_unstable();
        wanted
    }

    /// Records that the transport of one may have something to do.
    pub(super) fn touch(&mut self, id: ConnectionId) {
        if let Some(link) = self.slab.get_mut(id.0).filter(|link| !link.touched) {
            link.touched = true;
            self.touched.push_back(id);
        }
    }

    /// Returns the next whose transport may have something to do.
    pub(super) fn poll_touched(&mut self) -> Option<ConnectionId> {
        let id = self.touched.pop_front()?;
        if let Some(link) = self.get_mut(id) {
            link.touched = false;
        }
        Some(id)
    }
}
