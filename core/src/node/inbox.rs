//! What one peer sent and the application has not taken.

use std::collections::VecDeque;

use super::{Bound, Depth, Notification, weight};

/// Holds notifications about one peer, in order.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    queue: VecDeque<(Notification, Weight)>,
    /// The events and log entries among it; nothing else is ever dropped.
    pub(super) depth: Depth,
    /// The size of all else.
    pub(super) others: usize,
}

/// Says how much memory a notification takes while it waits, estimated, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// An event or a log entry, which may be dropped.
    Counted(usize),
    /// All else.
    Other(usize),
}

impl Inbox {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Tells whether enough events and log entries wait.
    pub(super) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    /// Adds a notification, which keeps so many bytes alive of the message that it came with;
    /// returns its weight.
    pub(super) fn push(&mut self, notification: Notification, held: usize) -> Weight {
        let weight = match &notification {
            Notification::Event { event, .. } => Weight::Counted(weight::of_event(event).max(held)),
            Notification::LogEntry { values, .. } => {
                Weight::Counted(weight::of_log_entry(values).max(held))
            }
            Notification::ConnectionError { reason, .. } => {
                Weight::Other(other(held, reason.len()))
            }
            _ => Weight::Other(other(held, 0)),
        };
        match weight {
            Weight::Counted(bytes) => self.depth.add(bytes),
            Weight::Other(bytes) => self.others = self.others.saturating_add(bytes),
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

    /// Returns the oldest notification and its weight.
    pub(super) fn pop(&mut self) -> Option<(Notification, Weight)> {
        let (notification, weight) = self.queue.pop_front()?;
        match weight {
            Weight::Counted(bytes) => self.depth.remove(bytes),
            Weight::Other(bytes) => self.others = self.others.saturating_sub(bytes),
        }
        Some((notification, weight))
    }

    /// Drops the event or log entry that has waited longest; returns it with its size.
    pub(super) fn drop_oldest(&mut self) -> Option<(Notification, usize)> {
        let counted = self.queue.iter().enumerate().find_map(|(at, (_, weight))| match weight {
            Weight::Counted(bytes) => Some((at, *bytes)),
            Weight::Other(_) => None,
        });
        let (at, bytes) = counted?;
        let (notification, _) = self.queue.remove(at)?;
        self.depth.remove(bytes);
        Some((notification, bytes))
    }
}

/// Returns the size of what is neither event nor log entry.
fn other(held: usize, more: usize) -> usize {
    size_of::<Notification>().saturating_add(held).saturating_add(more)
}
