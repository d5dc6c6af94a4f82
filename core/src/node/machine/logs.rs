//! Sending of logs and prints to peers (part 3, §2.12, §6).

use std::sync::Arc;

use thiserror::Error;

use super::super::log::CommLogLine;
use super::super::{PeerId, RaiseError, Raised};
use super::NodeMachine;
use super::batches::print_item;
use super::peers::PeerKey;
use crate::Time;
use crate::connection::{PRINT_HOOK, Phase};
use crate::data::Name;
use crate::logs::{
    ActiveWriter, EncodedEntry, LogRecord, LogStream, LogStreams, LogValue, StreamError,
};

/// The log streams, and their receivers.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) streams: LogStreams,
    /// The peers that have requested logs, in order; shared while entries are sent to them.
    receivers: Arc<Vec<PeerKey>>,
}

impl Logs {
    /// Records that a peer receives logs.
    fn add_receiver(&mut self, id: PeerKey) {
        if let Err(at) = self.receivers.binary_search(&id) {
            Arc::make_mut(&mut self.receivers).insert(at, id);
        }
    }

    pub(super) fn forget(&mut self, id: PeerKey) {
        if let Ok(at) = self.receivers.binary_search(&id) {
            Arc::make_mut(&mut self.receivers).remove(at);
        }
    }
}

/// The reason why a log entry was not written. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteLogError {
    /// There is no such stream, or the entry does not match its columns.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The send queue of a peer that has requested logs, or the total of all queues, is full. Retry
    /// when [`NodeMachine::can_write_log`] returns true.
    #[error("send queue full for peer {0}")]
    Full(PeerId),
}

crate::errors::debug_as_display!(WriteLogError);

/// Sending logs.
impl NodeMachine {
    /// Declares a log stream. Its writer is created and announced to peers with the first entry.
    ///
    /// # Errors
    /// As [`LogStreams::declare`].
    pub fn declare_log(&mut self, stream: LogStream) -> Result<(), StreamError> {
        self.logs.streams.declare(stream)
    }

    /// Returns the declared log streams and the active writers.
    pub fn log_streams(&self) -> &LogStreams {
        &self.logs.streams
    }

    /// Writes an entry to the log of a stream: sends it to every peer in phase Running that has
    /// requested logs, in batches of up to [`LOG_BATCH`](super::super::LOG_BATCH) bytes or
    /// [`BATCH_DELAY`](super::super::BATCH_DELAY) (§6). It is not written to a local file.
    ///
    /// A batch is lost with the connection, unless this node closes it, which sends the batch
    /// first.
    ///
    /// # Errors
    /// [`WriteLogError::Stream`]; [`WriteLogError::Full`], only with
    /// [`Overflow::Block`](super::super::Overflow::Block).
    pub fn write_log(
        &mut self,
        stream: i32,
        values: &[LogValue],
        now: Time,
    ) -> Result<Raised, WriteLogError> {
        self.write_log_as(now, |streams, now| streams.write(stream, values, now))
    }

    /// Writes a record as an entry. Its fields are matched to columns by name.
    ///
    /// # Errors
    /// As [`write_log`](Self::write_log).
    pub fn write_log_record(
        &mut self,
        stream: i32,
        record: &impl LogRecord,
        now: Time,
    ) -> Result<Raised, WriteLogError> {
        self.write_log_as(now, |streams, now| streams.write_record(stream, record, now))
    }

    /// Writes an entry to a log with another path than the stream's, as with Bro's path functions.
    ///
    /// # Errors
    /// As [`write_log`](Self::write_log).
    pub fn write_log_to(
        &mut self,
        stream: i32,
        path: &Name,
        values: &[LogValue],
        now: Time,
    ) -> Result<Raised, WriteLogError> {
        self.write_log_as(now, |streams, now| streams.write_at(stream, Some(path), values, now))
    }

    /// Returns whether a log entry can be written now.
    pub fn can_write_log(&self) -> bool {
        self.log_hindrance().is_none()
    }

    /// Returns a peer whose full queue prevents sending log entries, if any.
    fn log_hindrance(&self) -> Option<PeerKey> {
        if !self.sending.may_block() {
            return None;
        }
        let is_full = |id| self.peers.get(id).is_some_and(|peer| self.sending.is_full(peer));
        let waits = |id: &PeerKey| self.is_running(*id) && is_full(*id);
        self.sending.find_full(&self.logs.receivers, waits)
    }

    fn write_log_as(
        &mut self,
        now: Time,
        write: impl for<'a> FnOnce(&'a mut LogStreams, Time) -> Result<EncodedEntry<'a>, StreamError>,
    ) -> Result<Raised, WriteLogError> {
        self.feed_time(now);
        if let Some(peer) = self.log_hindrance() {
            return Err(WriteLogError::Full(peer.id()));
        }
        let (known, wall) = (self.logs.streams.writers().len(), self.wall_clock());
        let writer = Arc::clone(write(&mut self.logs.streams, wall)?.active_writer());
        // Taken out while it is sent.
        let bytes = std::mem::take(&mut self.logs.streams.entry);
        let raised = self.send_entry(&EncodedEntry { writer: &writer, bytes: &bytes }, known);
        self.logs.streams.entry = bytes;
        Ok(raised)
    }

    /// Sends an entry to all receivers. `known` is the number of writers that were active before.
    fn send_entry(&mut self, entry: &EncodedEntry<'_>, known: usize) -> Raised {
        if entry.active_writer().place >= known {
            let all: Vec<_> = self.peers.keys().collect();
            all.into_iter().for_each(|id| self.give_writer(id, entry.active_writer()));
        }
        let mut raised = Raised::default();
        let receivers = Arc::clone(&self.logs.receivers);
        for id in receivers.iter().copied() {
            if !self.is_running(id) {
                continue;
            }
            let dropped = || CommLogLine::LogEntriesDropped { incoming: false, number: 1 };
            if self.sending.may_be_full() && !self.admit(id, dropped) {
                raised.dropped += 1;
                continue;
            }
            self.batch_entry(id, entry);
            raised.peers += 1;
        }
        raised
    }

    pub(super) fn is_running(&self, id: PeerKey) -> bool {
        self.connection(id).is_some_and(|connection| connection.phase() == Phase::Running)
    }
}

/// Announcing writers.
impl NodeMachine {
    /// Passes all active writers to a new connection, which announces them when the handshake is
    /// complete, if the peer has requested logs by then (§3.3).
    pub(super) fn give_writers(&mut self, id: PeerKey) {
        let writers: Vec<Arc<ActiveWriter>> = self.logs.streams.writers().map(Arc::clone).collect();
        writers.iter().for_each(|writer| self.give_writer(id, writer));
    }

    fn give_writer(&mut self, id: PeerKey, writer: &ActiveWriter) {
        if let Some(peer) = self.peers.get_mut(id)
            && let Some(connection) =
                peer.socket.and_then(|socket| self.transport.begun_mut(socket))
        {
            peer.batches.give_writer(connection, writer);
        }
    }

    /// Records that a peer requested logs.
    pub(super) fn logs_requested(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.batches.request_logs(&self.logs.streams, peer.running);
        self.logs.add_receiver(id);
    }
}

/// Printing.
impl NodeMachine {
    /// Sends a print to a file, without the newline, to every peer in phase Running that has
    /// requested `print_hook`, in batches of up to [`PRINT_BATCH`](super::super::PRINT_BATCH) bytes
    /// or [`BATCH_DELAY`](super::super::BATCH_DELAY) (§6). Standard output is `/dev/stdout`.
    /// Nothing is printed locally.
    ///
    /// A batch is lost with the connection, unless this node closes it, which sends the batch
    /// first.
    ///
    /// # Errors
    /// [`RaiseError::Full`], only with [`Overflow::Block`](super::super::Overflow::Block).
    pub fn print(&mut self, file: &[u8], text: &[u8], now: Time) -> Result<Raised, RaiseError> {
        self.feed_time(now);
        if let Some(peer) = self.hindrance(PRINT_HOOK, None) {
            return Err(RaiseError::Full(peer.id()));
        }
        let (mut raised, mut item) = (Raised::default(), None);
        let peers = self.sending.subscribers(PRINT_HOOK).map(Arc::clone);
        for id in peers.iter().flat_map(|peers| peers.iter().copied()) {
            if !self.is_running(id) {
                continue;
            }
            if !self.admit(id, || CommLogLine::PrintsDropped { incoming: false, number: 1 }) {
                raised.dropped += 1;
                continue;
            }
            let item = item.get_or_insert_with(|| print_item(file, text));
            self.batch_print(id, item);
            raised.peers += 1;
        }
        Ok(raised)
    }
}
