//! What one peer sent and the application has not taken.

use std::collections::VecDeque;

use super::{Bound, Depth, Notification, weight};

/// Holds notifications about one peer, in order.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    queue: VecDeque<(Notification, usize)>,
    /// The events and log entries among it; nothing else is ever dropped, or counts.
    pub(super) depth: Depth,
}

impl Inbox {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    /// Returns the size of an event or log entry that was added, 0 for all else.
    pub(super) fn push(&mut self, notification: Notification) -> usize {
        let weight = match &notification {
            Notification::Event { event, .. } => weight::of_event(event),
            Notification::LogEntry { values, .. } => weight::of_log_entry(values),
            _ => 0,
        };
        if weight > 0 {
            self.depth.add(weight);
        }
        self.queue.push_back((notification, weight));
        weight
    }

    /// Gives memory back in which nothing waits.
    pub(super) fn release(&mut self) {
        self.queue.shrink_to_fit();
    }

    pub(super) fn front(&self) -> Option<&Notification> {
        self.queue.front().map(|(notification, _)| notification)
    }

    /// Returns the oldest notification, and the size of an event or log entry, 0 for all else.
    pub(super) fn pop(&mut self) -> Option<(Notification, usize)> {
        let (notification, weight) = self.queue.pop_front()?;
        if weight > 0 {
            self.depth.remove(weight);
        }
        Some((notification, weight))
    }

    /// Drops the event or log entry that has waited longest; returns it with its size.
    pub(super) fn drop_oldest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().position(|(_, weight)| *weight > 0)?;
        let (notification, weight) = self.queue.remove(at)?;
        self.depth.remove(weight);
        Some((notification, weight))
    }
}
