//! What waits to be sent to one peer.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Bound, Depth, weight};
use crate::data::{Event, StateAccess};

/// Holds what waits to be sent to one peer, in order, not yet serialized: so that it can still be
/// dropped, and is shared among the peers that wait for it.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Outgoing>,
    /// The events among it; operations on state are never dropped, and don't count.
    pub(super) depth: Depth,
}

#[derive(Debug, Clone)]
pub(super) enum Outgoing {
    Event { event: Arc<Event>, weight: usize },
    Access(Arc<StateAccess>),
}

impl Outgoing {
    pub(super) fn event(event: Arc<Event>) -> Outgoing {
        Outgoing::Event { weight: weight::of_event(&event), event }
    }
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    pub(super) fn push(&mut self, outgoing: Outgoing) {
        if let Outgoing::Event { weight, .. } = &outgoing {
            self.depth.add(*weight);
        }
        self.queue.push_back(outgoing);
    }

    /// Gives memory back in which nothing waits.
    pub(super) fn release(&mut self) {
        self.queue.shrink_to_fit();
    }

    pub(super) fn front(&self) -> Option<&Outgoing> {
        self.queue.front()
    }

    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.pop_front()?;
        if let Outgoing::Event { weight, .. } = &outgoing {
            self.depth.remove(*weight);
        }
        Some(outgoing)
    }

    /// Drops the event that has waited longest; returns it with its size.
    pub(super) fn drop_oldest(&mut self) -> Option<(Arc<Event>, usize)> {
        let at = self.queue.iter().position(|o| matches!(o, Outgoing::Event { .. }))?;
        match self.queue.remove(at)? {
            Outgoing::Event { event, weight } => {
                self.depth.remove(weight);
                Some((event, weight))
            }
            Outgoing::Access(_) => None,
        }
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.depth = Depth { most_events: self.depth.most_events, ..Depth::default() };
    }

    /// Drops the operations on state: the next connection begins with the whole state.
    pub(super) fn drop_accesses(&mut self) {
        self.queue.retain(|outgoing| matches!(outgoing, Outgoing::Event { .. }));
    }

    /// Drops the events whose names the peer does not want.
    pub(super) fn retain(&mut self, wanted: impl Fn(&[u8]) -> bool) {
        let depth = &mut self.depth;
        self.queue.retain(|outgoing| match outgoing {
            Outgoing::Event { event, weight } if !wanted(&event.name) => {
                depth.remove(*weight);
                false
            }
            _ => true,
        });
    }
}
