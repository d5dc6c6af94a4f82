//! What one peer sent and the application has not taken.

use std::collections::VecDeque;

use super::{Bound, Depth, Notification, weight};

/// Holds notifications about one peer, in order.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    queue: VecDeque<(Notification, usize)>,
    /// What may be dropped among it.
    pub(super) depth: Depth,
    /// What else the peer sent.
    kept: Depth,
    /// The size of what does not count, lines of the log mostly, in bytes.
    lines: usize,
}

impl Inbox {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    /// Tells whether what is never dropped is too much by itself, or what does not count takes as
    /// many bytes.
    pub(super) fn is_full_for_good(&self, bound: Bound) -> bool {
        self.kept.reaches(bound) || self.lines >= bound.bytes
    }

    /// Adds something; `held` is what it keeps alive at least, in bytes, and taken if it counts.
    /// Returns its size, 0 if it can't be dropped.
    pub(super) fn push(&mut self, notification: Notification, held: &mut usize) -> usize {
        let mut weight = weight::of_notification(&notification);
        let droppable = may_be_dropped(&notification);
        if weight == 0 {
            self.lines = self.lines.saturating_add(weight::of_line(&notification));
        } else {
            weight = weight.max(std::mem::take(held));
            let of = if droppable { &mut self.depth } else { &mut self.kept };
            of.add(weight);
        }
        self.queue.push_back((notification, weight));
        if droppable { weight } else { 0 }
    }

    /// Gives memory back in which nothing waits.
    pub(super) fn release(&mut self) {
        self.queue.shrink_to_fit();
    }

    pub(super) fn front(&self) -> Option<&Notification> {
        self.queue.front().map(|(notification, _)| notification)
    }

    /// Returns the oldest notification with its size, 0 if it can't be dropped.
    pub(super) fn pop(&mut self) -> Option<(Notification, usize)> {
        let (notification, weight) = self.queue.pop_front()?;
        let droppable = may_be_dropped(&notification);
        if weight == 0 {
            self.lines = self.lines.saturating_sub(weight::of_line(&notification));
        } else {
            let of = if droppable { &mut self.depth } else { &mut self.kept };
            of.remove(weight);
        }
        Some((notification, if droppable { weight } else { 0 }))
    }

    /// Drops what has waited longest of what may be dropped; returns it with its size.
    pub(super) fn drop_oldest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().position(|(told, _)| may_be_dropped(told))?;
        let (notification, weight) = self.queue.remove(at)?;
        self.depth.remove(weight);
        Some((notification, weight))
    }
}

/// Tells whether the application can do without it: nothing that comes later builds on it.
fn may_be_dropped(notification: &Notification) -> bool {
    matches!(
        notification,
        Notification::Event { .. }
            | Notification::LogEntry { .. }
            | Notification::RemotePrint { .. }
            | Notification::Packet { .. }
            | Notification::Id { .. }
    )
}
