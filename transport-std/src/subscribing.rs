//! Streams of a node's notifications and events.

use std::sync::Arc;
use std::time::Instant;

use brocomm::data::{EventType, FromIndex, FromValue};
use brocomm::logs::LogEntry;
use brocomm::node::{EventPeer, Notification};
use brocomm::state::StateError;
use brocomm_transport::{Change, ReceivedEvent, ReceivedRecord};

use crate::sleeping::Waiting;

/// A subscriber that returns a node's notifications in order, also as an iterator. See
/// [`Node::subscribe`](crate::Node::subscribe).
///
/// Each subscriber has its own queue. Drop it to unsubscribe.
#[derive(Debug)]
pub struct Notifications(pub(crate) Waiting<brocomm_transport::Notifications>);

impl Notifications {
    /// Waits for the next notification. Returns `None` if the deadline passes, after
    /// [`Notification::Terminated`], which is the last, or if the subscriber was
    /// [disconnected](Self::is_disconnected).
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Notification> {
        self.0.wait(deadline, |it, waker| it.poll_notification(waker)).flatten()
    }

    /// Returns whether the last notification has been returned.
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Returns how many notifications were dropped because the queue was full, with
    /// [`Overflow::DropNewest`](brocomm::node::Overflow::DropNewest) or
    /// [`Overflow::DropOldest`](brocomm::node::Overflow::DropOldest).
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Returns whether the subscriber was disconnected because its queue was full, with
    /// [`Overflow::Disconnect`](brocomm::node::Overflow::Disconnect).
    pub fn is_disconnected(&self) -> bool {
        self.0.is_disconnected()
    }
}

impl Iterator for Notifications {
    type Item = Notification;

    fn next(&mut self) -> Option<Notification> {
        Notifications::next(self, None)
    }
}

/// A subscriber that returns the events of one type in order, also as an iterator. See
/// [`Node::events`](crate::Node::events).
///
/// An error means that a peer raised the event with other arguments than are declared here, or that
/// an argument does not fit the Rust type, for example a number out of range. Later events are not
/// affected.
#[derive(Debug)]
pub struct Events<E>(pub(crate) Waiting<brocomm_transport::Events<E>>);

impl<E: EventType> Events<E> {
    /// Waits for the next event. Returns `None` if the deadline passes, when the node has stopped,
    /// or if the subscriber was [disconnected](Self::is_disconnected).
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<ReceivedEvent<E>> {
        self.0.wait(deadline, |it, waker| it.poll_event(waker)).flatten()
    }

    /// Returns whether the last event has been returned.
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Returns how many events were dropped because the queue was full. See
    /// [`Notifications::dropped`].
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// Returns whether the subscriber was disconnected. See [`Notifications::is_disconnected`].
    pub fn is_disconnected(&self) -> bool {
        self.0.is_disconnected()
    }
}

impl<E: EventType> Iterator for Events<E> {
    type Item = ReceivedEvent<E>;

    fn next(&mut self) -> Option<ReceivedEvent<E>> {
        Events::next(self, None)
    }
}

/// A subscriber that returns the log entries of peers in order, also as an iterator. See
/// [`Node::log_entries`](crate::Node::log_entries).
#[derive(Debug)]
pub struct LogEntries(pub(crate) Waiting<brocomm_transport::LogEntries>);

impl LogEntries {
    /// Waits for the next entry, and returns it with the peer that wrote it. Returns `None` if the
    /// deadline passes or the node has stopped.
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<(Arc<EventPeer>, LogEntry)> {
        self.0.wait(deadline, |it, waker| it.poll_entry(waker)).flatten()
    }
}

impl Iterator for LogEntries {
    type Item = (Arc<EventPeer>, LogEntry);

    fn next(&mut self) -> Option<(Arc<EventPeer>, LogEntry)> {
        LogEntries::next(self, None)
    }
}

/// A subscriber that returns the entries of one log as records of a Rust type, in order, also as an
/// iterator. See [`Node::logs`](crate::Node::logs).
///
/// An error means that a column is missing or does not fit its field. Later entries are not
/// affected.
#[derive(Debug)]
pub struct LogRecords<R>(pub(crate) Waiting<brocomm_transport::LogRecords<R>>);

impl<R: FromValue> LogRecords<R> {
    /// Waits for the next entry, and returns it with the peer that wrote it. Returns `None` if the
    /// deadline passes or the node has stopped.
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<ReceivedRecord<R>> {
        self.0.wait(deadline, |it, waker| it.poll_record(waker)).flatten()
    }
}

impl<R: FromValue> Iterator for LogRecords<R> {
    type Item = ReceivedRecord<R>;

    fn next(&mut self) -> Option<ReceivedRecord<R>> {
        LogRecords::next(self, None)
    }
}

/// A subscriber that returns the changes of a table in order, also as an iterator. See
/// [`Table::changes`](crate::Table::changes).
#[derive(Debug)]
pub struct Changes<K, V>(pub(crate) Waiting<brocomm_transport::Changes<K, V>>);

impl<K: FromIndex, V: FromValue> Changes<K, V> {
    /// Waits for the next change. Returns `None` if the deadline passes or the node has stopped.
    ///
    /// An error means that a peer's value is out of the range of the Rust type, or that the peer
    /// declares the table with other types, so that its change was not applied. Later changes are
    /// not affected.
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Result<Change<K, V>, StateError>> {
        self.0.wait(deadline, |it, waker| it.poll_change(waker)).flatten()
    }
}

impl<K: FromIndex, V: FromValue> Iterator for Changes<K, V> {
    type Item = Result<Change<K, V>, StateError>;

    fn next(&mut self) -> Option<Self::Item> {
        Changes::next(self, None)
    }
}
