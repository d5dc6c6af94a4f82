//! Queues of notifications and of items to send, and the memory that items take.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::{Bound, CommLogEntry, CommLogLine, Depth, Notification};
use crate::connection::CommLogMessage;
use crate::data::{Event, StateAccess, Value};
use crate::logs::{ActiveWriter, LogValue, LogValues};
use crate::wire::PrintItems;

/// A queue of notifications with their sizes.
#[derive(Debug, Default)]
pub(crate) struct IncomingQueue {
    queue: VecDeque<(Notification, usize)>,
    /// The depth of the droppable notifications.
    pub(crate) depth: Depth,
    /// The depth of the other notifications from peers.
    kept: Depth,
    /// The size of uncounted notifications, mostly log lines, in bytes.
    lines: usize,
}

impl IncomingQueue {
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

    /// Returns whether the notifications that are never dropped, or the uncounted ones, reach the
    /// bound on their own.
    pub(crate) fn is_full_for_good(&self, bound: Bound) -> bool {
        self.kept.reaches(bound) || self.lines >= bound.bytes
    }

    /// Adds a notification of this size, 0 if uncounted; see [`weigh`].
    pub(crate) fn push(&mut self, notification: Notification, weight: usize) {
        if weight == 0 {
            self.lines = self.lines.saturating_add(of_line(&notification));
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
        let next = self.queue.pop_front()?;
        Some(self.taken(next))
    }

    /// Drops the oldest droppable notification. Returns it with its size.
    pub(crate) fn drop_oldest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().position(|(waiting, _)| may_be_dropped(waiting))?;
        let next = self.queue.remove(at)?;
        Some(self.taken(next))
    }

    /// Drops the newest droppable notification. Returns it with its size.
    pub(crate) fn drop_newest(&mut self) -> Option<(Notification, usize)> {
        let at = self.queue.iter().rposition(|(waiting, _)| may_be_dropped(waiting))?;
        let next = self.queue.remove(at)?;
        Some(self.taken(next))
    }

    /// Records that a notification has left the queue.
    #[inline]
    fn taken(&mut self, (notification, weight): (Notification, usize)) -> (Notification, usize) {
        if weight == 0 {
            self.lines = self.lines.saturating_sub(of_line(&notification));
        } else {
            self.part_of(&notification).remove(weight);
        }
        (notification, weight)
    }

    fn part_of(&mut self, notification: &Notification) -> &mut Depth {
        if may_be_dropped(notification) { &mut self.depth } else { &mut self.kept }
    }
}

/// Returns the memory of a queued notification. `held` is the minimum number of bytes that it keeps
/// alive; it is reset if it is counted here. Notifications that do not come from a message are
/// uncounted: 0.
pub(super) fn weigh(notification: &Notification, held: &mut usize) -> usize {
    match of_notification(notification) {
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

/// The send queue of one peer. Items are not serialized yet, so they can be dropped and are shared
/// among peers.
#[derive(Debug, Default)]
pub(super) struct OutgoingQueue {
    queue: VecDeque<Outgoing>,
    /// The depth of the droppable items. The others do not count.
    pub(super) depth: Depth,
    /// The number of operations on state in it.
    accesses: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Outgoing {
    Event {
        event: Arc<Event>,
        weight: usize,
    },
    /// Never dropped: later operations depend on it.
    Access(Arc<StateAccess>),
    /// Never dropped: the peer needs it for the entries. There is at most one per log.
    LogWriter(Bytes),
    LogEntries {
        argument: Bytes,
        number: usize,
    },
    Prints {
        items: PrintItems,
        number: usize,
        weight: usize,
    },
}

impl Outgoing {
    pub(super) fn event(event: Arc<Event>) -> Outgoing {
        Outgoing::Event { weight: of_event(&event), event }
    }

    /// Creates the announcement of a log writer.
    pub(super) fn writer(writer: &ActiveWriter) -> Outgoing {
        Outgoing::LogWriter(writer.announcement().clone())
    }

    fn is_access(&self) -> bool {
        matches!(self, Outgoing::Access(_))
    }

    /// Returns the size of a droppable item.
    pub(super) fn weight(&self) -> Option<usize> {
        match self {
            Outgoing::Event { weight, .. } | Outgoing::Prints { weight, .. } => Some(*weight),
            Outgoing::LogEntries { argument, .. } => Some(argument.len()),
            Outgoing::Access(_) | Outgoing::LogWriter(_) => None,
        }
    }
}

impl OutgoingQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn is_full(&self, bound: Bound) -> bool {
        self.depth.reaches(bound)
    }

    pub(super) fn push(&mut self, outgoing: Outgoing) {
        if let Some(weight) = outgoing.weight() {
            self.depth.add(weight);
        }
        self.accesses += usize::from(outgoing.is_access());
        self.queue.push_back(outgoing);
    }

    /// Returns the number of queued operations on state.
    pub(super) fn accesses(&self) -> usize {
        self.accesses
    }

    /// Drops the operations on state: the full state is sent instead.
    pub(super) fn drop_accesses(&mut self) {
        if self.accesses > 0 {
            self.keep(|outgoing| !outgoing.is_access());
        }
    }

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        self.queue.shrink_to_fit();
    }

    pub(super) fn front(&self) -> Option<&Outgoing> {
        self.queue.front()
    }

    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.pop_front()?;
        if let Some(weight) = outgoing.weight() {
            self.depth.remove(weight);
        }
        self.accesses -= usize::from(outgoing.is_access());
        Some(outgoing)
    }

    /// Drops the oldest droppable item and returns it.
    pub(super) fn drop_oldest(&mut self) -> Option<Outgoing> {
        let at = self.queue.iter().position(|outgoing| outgoing.weight().is_some())?;
        let outgoing = self.queue.remove(at)?;
        self.depth.remove(outgoing.weight().unwrap_or(0));
        Some(outgoing)
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.accesses = 0;
        self.depth = Depth { most_events: self.depth.most_events, ..Depth::default() };
    }

    /// Drops everything except the events: the next connection begins with the full state, and logs
    /// and prints belong to the closed connection.
    pub(super) fn keep_events(&mut self) {
        self.keep(|outgoing| matches!(outgoing, Outgoing::Event { .. }));
    }

    /// Drops the events that the peer has not requested.
    pub(super) fn retain(&mut self, wanted: impl Fn(&[u8]) -> bool) {
        self.keep(|outgoing| match outgoing {
            Outgoing::Event { event, .. } => wanted(&event.name),
            _ => true,
        });
    }

    fn keep(&mut self, is_kept: impl Fn(&Outgoing) -> bool) {
        let depth = &mut self.depth;
        self.queue.retain(|outgoing| {
            let kept = is_kept(outgoing);
            if let Some(weight) = outgoing.weight().filter(|_| !kept) {
                depth.remove(weight);
            }
            kept
        });
        self.accesses = self.queue.iter().filter(|outgoing| outgoing.is_access()).count();
    }
}

/// Returns the estimated memory of a notification from a peer in bytes; 0 if it does not come from
/// a message, or from one that is limited elsewhere.
pub(crate) fn of_notification(notified: &Notification) -> usize {
    let inside = match notified {
        Notification::Event { event, .. } => return of_event(event),
        Notification::LogEntry { values, .. } => return of_log_entry(values),
        Notification::RemotePrint { items, .. } => {
            items.iter().map(|item| item.file.len().saturating_add(item.text.len())).sum()
        }
        Notification::Packet { packet, .. } => packet.data.len(),
        Notification::Id { id, .. } => id.name.len().saturating_add(sum(id.value.iter())),
        Notification::StateAccess { access, .. }
        | Notification::StateAccessPerformed { access, .. } => of_access(access),
        Notification::EventRejected { error, .. } => error.to_string().len(),
        Notification::StateAccessRejected { target, .. } => target.len(),
        Notification::CaptureFilter { filter, .. } => filter.len(),
        Notification::ConnectionError { reason, .. } => reason.len(),
        Notification::Pong { .. } | Notification::SyncPoint { .. } => 0,
        _ => return 0,
    };
    inside.saturating_add(size_of::<Notification>())
}

/// Returns the estimated memory of an uncounted notification in bytes.
pub(crate) fn of_line(notified: &Notification) -> usize {
    let name = match notified {
        Notification::EventRegistered { name, .. } => name.len(),
        Notification::Log(entry) => {
            let inside = match &entry.line {
                CommLogLine::Connection(
                    CommLogMessage::RegisteredForEvent(name)
                    | CommLogMessage::UnknownEvent(name)
                    | CommLogMessage::CallRejected { name, .. },
                )
                | CommLogLine::EventDropped { name, .. }
                | CommLogLine::IdDropped { name } => name.len(),
                _ => 0,
            };
            return inside.saturating_add(size_of::<CommLogEntry>());
        }
        _ => 0,
    };
    name.saturating_add(size_of::<Notification>())
}

fn of_access(access: &StateAccess) -> usize {
    let StateAccess { target, op1, op2, op3, .. } = access;
    let operands = [Some(op1), op2.as_ref(), op3.as_ref()];
    sum(operands.into_iter().flatten()).saturating_add(target.len())
}

/// Returns the estimated memory of a queued event in bytes.
pub(crate) fn of_event(event: &Event) -> usize {
    event
        .args
        .iter()
        .map(of_value)
        .fold(size_of::<Event>() + event.name.len(), usize::saturating_add)
}

/// Returns the estimated memory of a queued log entry in bytes.
pub(crate) fn of_log_entry(values: &LogValues) -> usize {
    values.memory().saturating_add(size_of::<Vec<LogValue>>())
}

fn of_value(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Pattern(pattern) => pattern.anywhere.len() + pattern.exact.len(),
        Value::List(list) => sum(list.items.iter()),
        Value::Record(record) => slots(&record.fields),
        Value::Vector(vector) => slots(&vector.items),
        Value::Table(table) => {
            sum(table.entries.iter().flat_map(|entry| entry.index.items.iter().chain(&entry.value)))
        }
        _ => 0,
    };
    inside.saturating_add(size_of::<Value>())
}

fn slots(slots: &[Option<Value>]) -> usize {
    sum(slots.iter().flatten()).saturating_add(slots.len())
}

fn sum<'a>(values: impl Iterator<Item = &'a Value>) -> usize {
    values.map(of_value).fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_items_have_more_weight() {
        let event = |args| of_event(&Event::new("e", args));
        let text = |len| Value::string("x".repeat(len));
        assert!(event(vec![text(1000)]) >= event(vec![text(10)]) + 990);
        assert!(event(vec![text(1), text(1)]) > event(vec![text(1)]));
        let entry = |len| LogValue::Set(vec![LogValue::string("x".repeat(len))]);
        let of_log_entry = |values: Vec<LogValue>| of_log_entry(&values.into());
        assert!(of_log_entry(vec![entry(1000)]) >= of_log_entry(vec![entry(10)]) + 990);
        assert!(of_log_entry(vec![]) > 0);
    }
}
