//! Notifications that were taken from a node and wait for somebody.

use std::collections::VecDeque;

use crate::node::{Bound, Notification, weight};

/// Keeps notifications in order, with the size of events.
#[derive(Debug)]
pub(super) struct Backlog {
    queue: VecDeque<(Notification, usize)>,
    bytes: usize,
    bound: Bound,
}

impl Backlog {
    /// Is empty; [full](Self::is_full) when so much is in it.
    pub(super) const fn new(bound: Bound) -> Backlog {
        Backlog { queue: VecDeque::new(), bytes: 0, bound }
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= self.bound.events || self.bytes >= self.bound.bytes
    }

    pub(super) fn push(&mut self, notification: Notification) {
        let weight = match &notification {
            Notification::Event { event, .. } => weight::of_event(event),
            _ => 0,
        };
        self.bytes = self.bytes.saturating_add(weight);
        self.queue.push_back((notification, weight));
    }

    pub(super) fn pop(&mut self) -> Option<Notification> {
        let (notification, weight) = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(weight);
        Some(notification)
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }
}
