//! The queue of notifications.

use std::collections::VecDeque;

use crate::connection::ConnectionNotification;
use crate::data::{Event, StateAccess};
use crate::serial::LazyEvent;

/// A queue of notifications, each with the number of message bytes that it keeps in memory.
#[derive(Debug, Default)]
pub(in crate::connection) struct NotificationQueue(VecDeque<Queued>);

/// A notification in the queue. Nearly all are small, and the others are boxed, so that little has
/// to be copied.
#[derive(Debug)]
enum Queued {
    Event(Event, usize),
    LazyEvent(LazyEvent, usize),
    StateAccess(Box<StateAccess>, usize),
    Other(Box<ConnectionNotification>, usize),
}

impl NotificationQueue {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(super) fn push_event(&mut self, event: Event, held: usize) {
        self.0.push_back(Queued::Event(event, held));
    }

    pub(super) fn push(&mut self, notification: ConnectionNotification, held: usize) {
        self.0.push_back(match notification {
            ConnectionNotification::Event(event) => Queued::Event(event, held),
            ConnectionNotification::LazyEvent(event) => Queued::LazyEvent(event, held),
            ConnectionNotification::StateAccess(access) => Queued::StateAccess(access, held),
            other => Queued::Other(Box::new(other), held),
        });
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<(ConnectionNotification, usize)> {
        match self.0.pop_front()? {
            Queued::Event(event, held) => Some((ConnectionNotification::Event(event), held)),
            other => Some(other.unpack()),
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl Queued {
    #[inline(never)]
    fn unpack(self) -> (ConnectionNotification, usize) {
        match self {
            Queued::Event(event, held) => (ConnectionNotification::Event(event), held),
            Queued::LazyEvent(event, held) => (ConnectionNotification::LazyEvent(event), held),
            Queued::StateAccess(access, held) => {
                (ConnectionNotification::StateAccess(access), held)
            }
            Queued::Other(other, held) => (*other, held),
        }
    }
}
