//! The identities of peers and connections (part 4 §2), and the slab that they are keys of.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;

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

impl fmt::Display for EventPeer {
    /// Writes the endpoint, and the description in parentheses if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)?;
        if self.descr.is_empty() { Ok(()) } else { write!(f, " ({})", self.descr) }
    }
}

/// A key of an item in a [`Slab`], ordered by number.
///
/// A slot may be reused, but the number distinguishes items, so an old key finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) number: u64,
    slot: u32,
}

impl Key {
    /// Returns the slot, which no other item has at the same time.
    fn slot(self) -> usize {
        self.slot as usize
    }
}

/// A collection with reusable slots.
pub(super) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    number: u64,
    value: Option<T>,
}

impl<T: fmt::Debug> fmt::Debug for Slab<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, value)| (key.number, value))).finish()
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Adds an item under an unused number.
    pub(super) fn insert(&mut self, number: u64, value: T) -> Key {
        let slot = Slot { number, value: Some(value) };
        // Memory is exhausted before the indices are.
        let at = self.free.pop().unwrap_or(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        match self.slots.get_mut(at as usize) {
            Some(place) => *place = slot,
            None => self.slots.push(slot),
        }
        Key { number, slot: at }
    }

    pub(super) fn get(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.slot as usize)?;
        slot.value.as_ref().filter(|_| slot.number == key.number)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        match self.slots.get_mut(key.slot as usize) {
            Some(Slot { number, value: Some(value) }) if *number == key.number => Some(value),
            _ => None,
        }
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.slot as usize).filter(|s| s.number == key.number)?;
        let value = slot.value.take()?;
        self.free.push(key.slot);
        Some(value)
    }

    /// Iterates over all items, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        (0..).zip(&self.slots).filter_map(|(slot, Slot { number, value })| {
            Some((Key { number: *number, slot }, value.as_ref()?))
        })
    }

    /// Iterates over all items, in no particular order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Key, &mut T)> {
        (0..).zip(&mut self.slots).filter_map(|(slot, Slot { number, value })| {
            Some((Key { number: *number, slot }, value.as_mut()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused_but_old_keys_find_nothing() {
        let mut slab = Slab::default();
        let (first, second) = (slab.insert(1, "first"), slab.insert(2, "second"));
        assert_eq!(slab.remove(first), Some("first"));
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.remove(first), None);
        let third = slab.insert(3, "third");
        assert_eq!(third.slot, first.slot);
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(third), Some(&"third"));
        assert_eq!(slab.iter().collect::<Vec<_>>(), [(third, &"third"), (second, &"second")]);
        assert_eq!(slab.slots.len(), 2);
        assert!(first < second && second < third);
    }
}
