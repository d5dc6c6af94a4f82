//! Queues of notifications: from one peer, or for a subscriber.

use std::collections::VecDeque;

use super::{Bound, Depth, Notification, weight};

/// A queue of notifications with their sizes.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    queue: VecDeque<(Notification, usize)>,
    /// The depth of the droppable notifications.
    pub(crate) depth: Depth,
    /// The depth of the other notifications from peers.
    kept: Depth,
    /// The size of uncounted notifications, mostly log lines, in bytes.
    lines: usize,
}

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Iterates over the notifications with their sizes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Notification, usize)> {
        self.queue.iter()
    }

    pub(crate) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    /// Returns whether the notifications that are never dropped, or the uncounted ones, exceed the
    /// bound by themselves.
    pub(crate) fn is_full_for_good(&self, bound: Bound) -> bool {
        self.kept.reaches(bound) || self.lines >= bound.bytes
    }

    /// Adds a notification of this size, 0 if uncounted; see [`weigh`].
    pub(crate) fn push(&mut self, notification: Notification, weight: usize) {
        if weight == 0 {
            self.lines = self.lines.saturating_add(weight::of_line(&notification));
        } else {
            self.part_of(&notification).add(weight);
        }
        self.queue.push_back((notification, weight));
    }

    /// Releases unused memory.
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

    /// Drops the oldest droppable notification; returns it with its size.
    pub(crate) fn drop_oldest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().position(|(waiting, _)| may_be_dropped(waiting))?;
        self.take(at)
    }

    /// Drops the newest droppable notification; returns it with its size.
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

/// Returns the memory of a queued notification; `held` is the minimum number of bytes that it keeps
/// alive, and is taken if it counts. Notifications that do not come from a message are uncounted:
/// 0.
pub(super) fn weigh(notification: &Notification, held: &mut usize) -> usize {
    match weight::of_notification(notification) {
        0 => 0,
        weight => weight.max(std::mem::take(held)),
    }
}

/// Returns whether a notification may be dropped, because no later one depends on it.
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
