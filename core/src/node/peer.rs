//! The identities of peers and connections (part 4 §2).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;

use super::slab::Key;
use crate::data::Name;

/// The number of a peer: from 1 for peers that the node connects to, from 10000 for peers that
/// connect to it (part 4 §2). A peer that the node connects to keeps its number on reconnection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

impl PeerId {
    /// The node itself.
    pub const LOCAL: PeerId = PeerId(0);
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a transport connection of a node, in order of creation.
///
/// A peer has at most one at a time. A reconnection gets another number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(super) Key);

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionId").field(&self.0.number).finish()
    }
}

/// At most one value per connection, found without a search.
#[derive(Debug)]
pub(crate) struct ByConnection<T>(Vec<Option<(ConnectionId, T)>>);

impl<T> Default for ByConnection<T> {
    fn default() -> ByConnection<T> {
        ByConnection(Vec::new())
    }
}

impl<T> ByConnection<T> {
    /// Sets the value of a connection; returns that of an earlier one in its place.
    pub(crate) fn insert(&mut self, id: ConnectionId, value: T) -> Option<T> {
        let slot = id.0.slot();
        if self.0.len() <= slot {
            self.0.resize_with(slot + 1, || None);
        }
        let (earlier, value) = self.0.get_mut(slot)?.replace((id, value))?;
        (earlier != id).then_some(value)
    }

    /// Takes the value of a connection.
    pub(crate) fn remove(&mut self, id: &ConnectionId) -> Option<T> {
        self.0.get_mut(id.0.slot())?.take_if(|(of, _)| of == id).map(|(_, value)| value)
    }

    /// Takes all values.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = T> {
        std::mem::take(&mut self.0).into_iter().flatten().map(|(_, value)| value)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

/// A TCP endpoint, with the zone that a non-global IPv6 address requires (RFC 4007).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The address.
    pub host: IpAddr,
    /// The zone, if any.
    pub zone: Option<Box<str>>,
    /// The TCP port.
    pub port: u16,
}

impl Endpoint {
    /// Creates an endpoint without a zone.
    pub const fn new(host: IpAddr, port: u16) -> Endpoint {
        Endpoint { host, zone: None, port }
    }

    /// Displays the endpoint as the protocol core logs it, without the zone.
    pub(super) const fn without_zone(&self) -> impl fmt::Display {
        SocketAddr::new(self.host, self.port)
    }
}

impl fmt::Display for Endpoint {
    /// Writes `host:port`, with an IPv6 host in brackets and with `%zone` (part 4 §5).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.host, &self.zone) {
            (IpAddr::V6(host), Some(zone)) => write!(f, "[{host}%{zone}]:{}", self.port),
            _ => self.without_zone().fmt(f),
        }
    }
}

/// The description of a peer: Bro's `event_peer` (part 4 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventPeer {
    /// Its number.
    pub id: PeerId,
    /// The endpoint that we connected to, or that it connected from.
    pub endpoint: Endpoint,
    /// Whether this is the node itself.
    pub is_local: bool,
    /// Its `peer_description`. Empty until received, or if its input is not accepted.
    pub descr: Name,
    /// Its class, possibly empty, if it sent one.
    pub class: Option<Bytes>,
}

impl EventPeer {
    pub(super) fn new(id: PeerId, endpoint: Endpoint) -> EventPeer {
        EventPeer { id, endpoint, is_local: false, descr: Name::new(), class: None }
    }

    /// Creates the description of the node itself.
    pub(super) fn local(descr: Name) -> EventPeer {
        let endpoint = Endpoint::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        EventPeer { is_local: true, descr, ..EventPeer::new(PeerId::LOCAL, endpoint) }
    }
}
