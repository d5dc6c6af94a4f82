//! Sending logs to one peer (1§6).

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use super::{ActiveWriter, EncodedEntry, LogStreams};
use crate::Time;
use crate::wire::Message;

/// How many bytes of entries go into one LOG_WRITE, unless a single one has more (1§6).
pub const LOG_BATCH: usize = 50 << 10;

/// How long an entry waits for others (1§6).
pub const LOG_DELAY: Duration = Duration::from_secs(1);

/// Batches the entries that one peer is sent, and announces their writers.
///
/// It knows nothing of phases: whoever has it gives it entries while the peer has requested logs,
/// and sends its messages as soon as the connection takes them. A batch is sent when the next
/// entry doesn't fit, when its first entry is a second old, and on [`flush`](LogSender::flush):
/// before a close of our own. Each connection has a new one.
#[derive(Debug, Default)]
pub struct LogSender {
    /// The places of the writers that the peer knows.
    announced: BTreeSet<usize>,
    /// With how many entries each has.
    ready: VecDeque<(Message, usize)>,
    ready_bytes: usize,
    batch: Vec<u8>,
    /// How many entries the batch has.
    entries: usize,
    /// When the first entry of the batch was written.
    since: Option<Time>,
}

impl LogSender {
    /// Makes a sender for a new connection.
    pub fn new() -> LogSender {
        LogSender::default()
    }

    /// Announces every writer that is up and that the peer was not told of: when the handshake is
    /// complete (1§3.3), and whenever one came up.
    pub fn announce(&mut self, streams: &LogStreams) {
        streams.writers().for_each(|writer| self.announce_one(writer));
    }

    /// Takes note that the peer was told of a writer otherwise, such as by a
    /// [`Connection`](crate::connection::Connection::send_log_create_writer) before it was Running.
    pub fn was_told(&mut self, writer: &ActiveWriter) {
        self.announced.insert(writer.place);
    }

    /// Adds an entry; its writer is announced first if the peer was not told of it.
    pub fn write(&mut self, entry: &EncodedEntry<'_>, now: Time) {
        self.announce_one(entry.writer);
        let full = self.batch.len().saturating_add(entry.bytes.len()) > LOG_BATCH;
        if full || self.is_due(now) {
            self.flush();
        }
        self.since.get_or_insert(now);
        self.batch.extend_from_slice(entry.bytes);
        self.entries = self.entries.saturating_add(1);
        if self.batch.len() > LOG_BATCH {
            self.flush();
        }
    }

    /// Closes the batch, so that its entries are sent now.
    pub fn flush(&mut self) {
        self.since = None;
        if !self.batch.is_empty() {
            let batch = Bytes::copy_from_slice(&self.batch);
            self.batch.clear();
            self.batch.shrink_to(LOG_BATCH);
            self.ready_bytes = self.ready_bytes.saturating_add(batch.len());
            let entries = std::mem::take(&mut self.entries);
            self.ready.push_back((Message::LogWrite(batch), entries));
        }
    }

    /// Returns the next message to send: a LOG_CREATE_WRITER or LOG_WRITE.
    #[must_use = "the peer waits for it"]
    pub fn poll_message(&mut self, now: Time) -> Option<Message> {
        self.poll_counted(now).map(|(message, _)| message)
    }

    /// Returns the next message to send, with how many entries it has.
    pub(crate) fn poll_counted(&mut self, now: Time) -> Option<(Message, usize)> {
        if self.is_due(now) {
            self.flush();
        }
        let (message, entries) = self.ready.pop_front()?;
        if let Message::LogCreateWriter(bytes) | Message::LogWrite(bytes) = &message {
            self.ready_bytes = self.ready_bytes.saturating_sub(bytes.len());
        }
        Some((message, entries))
    }

    /// Returns when to poll at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        self.since.map(|since| since + LOG_DELAY)
    }

    /// Returns how many bytes of messages wait to be polled. What has not been polled takes
    /// memory, so no more is to be written while the peer takes nothing.
    pub fn queued(&self) -> usize {
        self.ready_bytes
    }

    fn is_due(&self, now: Time) -> bool {
        self.next_timeout().is_some_and(|due| now >= due)
    }

    fn announce_one(&mut self, writer: &ActiveWriter) {
        if self.announced.insert(writer.place) {
            let announcement = writer.announcement.clone();
            self.ready_bytes = self.ready_bytes.saturating_add(announcement.len());
            self.ready.push_back((Message::LogCreateWriter(announcement), 0));
        }
    }
}
