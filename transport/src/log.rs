//! Logs with Rust types.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use brocomm::data::{FromValue, Name};
use brocomm::logs::{LogEntry, LogField, LogRecord, StreamError};
use brocomm::lowlevel::driver::Subscription;
use brocomm::lowlevel::logs::Mismatch;
use brocomm::node::{EventPeer, Notification, Raised, WriteLogError};
use futures_core::Stream;

use crate::{Awaiting, Handle, Notifications, Progress, ReceiveError, Received, ReceivedRecord};

/// A log that this node writes, with entries of a Rust type.
pub struct Log<R> {
    handle: Handle,
    stream: i32,
    record: PhantomData<fn(R)>,
}

impl<R: LogRecord> Log<R> {
    /// Looks up a log by its path.
    pub(crate) fn new(handle: Handle, path: &str) -> Result<Log<R>, StreamError> {
        let found = handle.with(|node, _| {
            let mut streams = node.log_streams().streams();
            streams.find(|stream| stream.path == path).map(|s| (s.number, s.fields.clone()))
        });
        let path = Name::from(path);
        let no_log = || StreamError::NoLog { path: path.clone() };
        let (stream, columns) = found.ok_or_else(no_log)?;
        check(path, &columns, &R::log_fields()?)?;
        Ok(Log { handle, stream, record: PhantomData })
    }

    /// Waits until a connected peer has requested logs, and returns the peer. An entry that is
    /// written before goes to nobody. Returns `None` if the node stops.
    pub async fn requested(&self) -> Option<Arc<EventPeer>> {
        let mut progress = self.requesting();
        poll_fn(|cx| progress.poll(cx.waker())).await
    }

    /// Returns the wait of [`requested`](Self::requested).
    pub fn requesting(&self) -> Progress<Arc<EventPeer>> {
        self.handle.logs_requested()
    }

    /// Writes an entry: sends it to every peer that requested logs, as soon as the send queues have
    /// room. Entries are sent in batches, at least once a second.
    ///
    /// Cancel safe: the entry is written to all peers or to none.
    ///
    /// # Errors
    /// The entry has a value that a log cannot contain.
    pub async fn write(&self, record: &R) -> Result<Raised, StreamError> {
        let mut writing = self.writing(record);
        self.handle.let_others().await;
        poll_fn(|cx| writing(cx.waker())).await
    }

    /// Writes an entry without waiting.
    ///
    /// # Errors
    /// [`WriteLogError::Stream`], [`WriteLogError::Full`]. In both cases the entry is not written.
    pub fn try_write(&self, record: &R) -> Result<Raised, WriteLogError> {
        let values = record.log_values();
        self.handle.with(|node, now| node.write_log(self.stream, &values, now))
    }

    /// Returns a function that writes the entry if there is room, and otherwise registers the
    /// waker.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn writing(
        &self,
        record: &R,
    ) -> impl FnMut(&Waker) -> Poll<Result<Raised, StreamError>> + '_ {
        let (values, mut awaiting) = (record.log_values(), Awaiting::new(&self.handle));
        move |waker| awaiting.poll_write_log(self.stream, &values, waker)
    }
}

/// Checks that a record's fields are the columns of a log, in this order.
fn check(path: Name, columns: &[LogField], fields: &[LogField]) -> Result<(), StreamError> {
    let is_in = |list: &[LogField], name: &Name| list.iter().any(|field| field.name == *name);
    if let Some(field) = fields.iter().find(|field| !is_in(columns, &field.name)) {
        return Err(StreamError::NoColumn { path, field: field.name.clone() });
    }
    if let Some(column) = columns.iter().find(|column| !is_in(fields, &column.name)) {
        return Err(StreamError::NoField { path, column: column.name.clone() });
    }
    let mut pairs = columns.iter().zip(fields).enumerate();
    let other = pairs.find(|(_, (column, field))| {
        (&column.name, column.ty, column.subtype) != (&field.name, field.ty, field.subtype)
    });
    let Some((at, (column, field))) = other else { return Ok(()) };
    let mismatch = if column.ty == field.ty {
        Mismatch::Element { column: at, expected: column.subtype, found: field.subtype }
    } else {
        Mismatch::Type { column: at, expected: column.ty, found: field.ty }
    };
    Err(StreamError::Mismatch { path, column: Some(column.name.clone()), mismatch })
}

impl<R> Clone for Log<R> {
    fn clone(&self) -> Log<R> {
        Log { handle: self.handle.clone(), stream: self.stream, record: PhantomData }
    }
}

impl<R> fmt::Debug for Log<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.stream).finish()
    }
}

/// A subscriber that returns the log entries of peers in order. See [`Handle::log_entries`].
pub struct LogEntries {
    notifications: Notifications,
}

impl LogEntries {
    pub(crate) fn new(handle: Handle) -> LogEntries {
        let subscription = Subscription::new("log entries").logs();
        LogEntries { notifications: Notifications::new(handle, subscription) }
    }

    /// Waits for the next entry, and returns it with the peer that wrote it. Returns `None` when
    /// the node has stopped. Cancel safe.
    pub async fn next(&mut self) -> Option<(Arc<EventPeer>, LogEntry)> {
        poll_fn(|cx| self.poll_entry(cx.waker())).await
    }

    /// Returns the next entry, or registers the waker.
    pub fn poll_entry(&mut self, waker: &Waker) -> Poll<Option<(Arc<EventPeer>, LogEntry)>> {
        loop {
            match self.notifications.poll_notification(waker) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Notification::LogEntry { peer, writer, values })) => {
                    return Poll::Ready(Some((peer, LogEntry { writer, values })));
                }
                // This subscriber gets nothing else.
                Poll::Ready(Some(_)) => {}
            }
        }
    }
}

impl Stream for LogEntries {
    type Item = (Arc<EventPeer>, LogEntry);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_entry(cx.waker())
    }
}

impl fmt::Debug for LogEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogEntries").finish_non_exhaustive()
    }
}

/// A subscriber that returns the entries of one log as records of a Rust type, in order. See
/// [`Handle::logs`].
///
/// An error means that a column is missing or does not fit its field. Later entries are not
/// affected.
pub struct LogRecords<R> {
    entries: LogEntries,
    path: Name,
    record: PhantomData<fn() -> R>,
}

impl<R: FromValue> LogRecords<R> {
    pub(crate) const fn new(entries: LogEntries, path: Name) -> LogRecords<R> {
        LogRecords { entries, path, record: PhantomData }
    }

    /// Waits for the next entry, and returns it with the peer that wrote it. Returns `None` when
    /// the node has stopped. Cancel safe.
    pub async fn next(&mut self) -> Option<ReceivedRecord<R>> {
        poll_fn(|cx| self.poll_record(cx.waker())).await
    }

    /// Waits for the next entry like [`next`](Self::next), but with the error outside of the
    /// `Option`, for use with `?`.
    ///
    /// # Errors
    /// A column is missing or does not fit its field.
    pub async fn try_next(&mut self) -> Result<Option<(Arc<EventPeer>, R)>, ReceiveError> {
        self.next().await.transpose()
    }

    /// Returns the next entry, or registers the waker.
    pub fn poll_record(&mut self, waker: &Waker) -> Poll<Option<ReceivedRecord<R>>> {
        loop {
            match self.entries.poll_entry(waker) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some((peer, entry))) if entry.writer.path == self.path => {
                    return Poll::Ready(Some(match entry.to() {
                        Ok(record) => Ok((peer, record)),
                        Err(error) => {
                            let received = Received::LogEntry(self.path.clone());
                            Err(ReceiveError { peer, received, error })
                        }
                    }));
                }
                // An entry of another log.
                Poll::Ready(Some(_)) => {}
            }
        }
    }
}

impl<R: FromValue> Stream for LogRecords<R> {
    type Item = ReceivedRecord<R>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_record(cx.waker())
    }
}

impl<R> fmt::Debug for LogRecords<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogRecords").field(&self.path).finish()
    }
}
