//! Notifications that wait: what one peer sent, or what a subscriber has not read.

use std::collections::VecDeque;

use super::{Bound, Depth, Notification, weight};

/// Holds notifications in order, with their sizes.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    queue: VecDeque<(Notification, usize)>,
    /// What may be dropped among it.
    pub(crate) depth: Depth,
    /// What else peers sent.
    kept: Depth,
    /// The size of what does not count, lines of the log mostly, in bytes.
    lines: usize,
}

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Returns what waits, with its sizes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Notification, usize)> {
        self.queue.iter()
    }

    pub(crate) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    /// Returns whether what is never dropped is too much by itself, or what does not count takes as
    /// many bytes.
    pub(crate) fn is_full_for_good(&self, bound: Bound) -> bool {
        self.kept.reaches(bound) || self.lines >= bound.bytes
    }

    /// Adds something that takes so much memory, 0 for what does not count; see [`weigh`].
    pub(crate) fn push(&mut self, notification: Notification, weight: usize) {
        if weight == 0 {
            self.lines = self.lines.saturating_add(weight::of_line(&notification));
        } else {
            self.part_of(&notification).add(weight);
        }
        self.queue.push_back((notification, weight));
    }

    /// Gives memory back in which nothing waits.
    pub(super) fn release(&mut self) {
        self.queue.shrink_to_fit();
    }

    pub(super) fn front(&self) -> Option<&Notification> {
        self.queue.front().map(|(notification, _)| notification)
    }

    /// Returns the oldest notification with its size.
    pub(crate) fn pop(&mut self) -> Option<(Notification, usize)> {
        self.take(0)
    }

    /// Drops what has waited longest of what may be dropped; returns it with its size.
    pub(crate) fn drop_oldest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().position(|(waiting, _)| may_be_dropped(waiting))?;
        self.take(at)
    }

    /// Drops what came last of what may be dropped; returns it with its size.
    pub(crate) fn drop_newest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().rposition(|(waiting, _)| may_be_dropped(waiting))?;
        self.take(at)
    }

    fn take(&mut self, at: usize) -> Option<(Notification, usize)> {
        let (notification, weight) = self.queue.remove(at)?;
        if weight == 0 {
            self.lines = self.lines.saturating_sub(weight::of_line(&notification));
        } else {
            self.part_of(&notification).remove(weight);
        }
        Some((notification, weight))
    }

    fn part_of(&mut self, notification: &Notification) -> &mut Depth {
        if may_be_dropped(notification) { &mut self.depth } else { &mut self.kept }
    }
}

/// Returns the memory that a notification takes in a queue; `held` is what it keeps alive at least,
/// in bytes, and taken if it counts. What comes of no message does not count: 0.
pub(super) fn weigh(notification: &Notification, held: &mut usize) -> usize {
    match weight::of_notification(notification) {
        0 => 0,
        weight => weight.max(std::mem::take(held)),
    }
}

/// Returns whether the application can do without it: nothing that comes later builds on it.
pub(crate) fn may_be_dropped(notification: &Notification) -> bool {
    matches!(
        notification,
        Notification::Event { .. }
            | Notification::LogEntry { .. }
            | Notification::RemotePrint { .. }
            | Notification::Packet { .. }
            | Notification::Id { .. }
    )
}
