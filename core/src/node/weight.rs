//! Estimated memory of items in queues, for their bounds.

use super::{CommLogEntry, CommLogLine, Notification};
use crate::connection::CommLogMessage;
use crate::data::{Event, StateAccess, Value};
use crate::logs::{LogValue, LogValues};

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
