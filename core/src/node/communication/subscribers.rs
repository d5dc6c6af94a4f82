//! Subscribers of events (§6).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::PeerKey;
use crate::data::Name;

/// The peers that receive an event, now or later.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    /// Subscribers by the event's name; shared while it is sent.
    by_event: BTreeMap<Name, Arc<BTreeSet<PeerKey>>>,
    /// The peers whose events are kept while they are away.
    keepers: BTreeSet<PeerKey>,
}

impl Subscribers {
    /// Records that a peer has requested an event.
    pub(super) fn add(&mut self, name: &Name, peer: PeerKey) {
        Arc::make_mut(self.by_event.entry(name.clone()).or_default()).insert(peer);
    }

    /// Records that a peer no longer receives these events.
    pub(super) fn remove<'a>(&mut self, names: impl Iterator<Item = &'a Name>, peer: PeerKey) {
        for name in names {
            let Some(peers) = self.by_event.get_mut(name) else { continue };
            Arc::make_mut(peers).remove(&peer);
            if peers.is_empty() {
                self.by_event.remove(name);
            }
        }
    }

    /// Returns the subscribers of an event, if any.
    pub(super) fn of(&self, name: &[u8]) -> Option<&Arc<BTreeSet<PeerKey>>> {
        self.by_event.get(name)
    }

    /// Records that the events of a peer are kept while it is away.
    pub(super) fn add_keeper(&mut self, peer: PeerKey) {
        self.keepers.insert(peer);
    }

    pub(super) fn is_keeper(&self, peer: PeerKey) -> bool {
        // Most nodes have none.
        !self.keepers.is_empty() && self.keepers.contains(&peer)
    }

    pub(super) fn keepers(&self) -> impl Iterator<Item = PeerKey> {
        self.keepers.iter().copied()
    }
}
