//! Batching of log entries and prints per peer, before they are queued (§6).

use super::super::batch::{Batch, Batched};
use super::super::inbox::Outgoing;
use super::NodeMachine;
use super::clock::Timer;
use super::peers::PeerKey;
use crate::Time;
use crate::connection::{Connection, Phase};
use crate::logs::{ActiveWriter, EncodedEntry, LogStreams};

/// The batches for the connection to one peer. They use little memory while idle.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// Log entries, for a peer that has requested them.
    logs: Option<Box<LogBatch>>,
    /// The number of writers passed to the connection before phase Running. The connection
    /// announces them when the handshake is complete (§3.3).
    given: usize,
    /// Prints, for a peer that has requested `print_hook`.
    prints: Option<Box<Batch>>,
    /// Whether a timer is set for the batches.
    timed: bool,
}

#[derive(Debug)]
struct LogBatch {
    /// Whether the peer knows the writer at each position.
    announced: Vec<bool>,
    entries: Batch,
}

impl Default for LogBatch {
    fn default() -> LogBatch {
        LogBatch { announced: Vec::new(), entries: Batch::new(Batched::Logs) }
    }
}

impl LogBatch {
    /// Records that the peer knows a writer. Returns whether it did not before.
    fn announce(&mut self, writer: usize) -> bool {
        if self.announced.len() <= writer {
            self.announced.resize(writer + 1, false);
        }
        self.announced.get_mut(writer).is_some_and(|known| !std::mem::replace(known, true))
    }

    fn knows(&self, writer: usize) -> bool {
        self.announced.get(writer) == Some(&true)
    }
}

impl Batches {
    /// Returns when a batch is due; `None` if all are empty.
    pub(super) fn due(&self) -> Option<Time> {
        let logs = self.logs.as_ref().and_then(|logs| logs.entries.next_timeout());
        let prints = self.prints.as_ref().and_then(|prints| prints.next_timeout());
        logs.into_iter().chain(prints).min()
    }

    fn of(&mut self, batched: Batched) -> Option<&mut Batch> {
        match batched {
            Batched::Logs => self.logs.as_mut().map(|logs| &mut logs.entries),
            Batched::Prints => self.prints.as_deref_mut(),
        }
    }

    /// Passes a new writer to a connection before phase Running.
    pub(super) fn give_writer(&mut self, connection: &mut Connection, writer: &ActiveWriter) {
        if matches!(connection.phase(), Phase::Running | Phase::Closed)
            || connection.send_log_create_writer(writer.announcement().clone()).is_err()
        {
            return;
        }
        self.given += 1;
        if let Some(logs) = &mut self.logs {
            logs.announce(writer.place);
        }
    }

    /// Records that the peer requested logs. If it does so in phase Running, each writer is
    /// announced with its next entry (§2.15).
    pub(super) fn request_logs(&mut self, streams: &LogStreams, is_running: bool) {
        let logs = self.logs.get_or_insert_default();
        if !is_running {
            streams.writers().take(self.given).for_each(|writer| _ = logs.announce(writer.place));
        }
    }

    /// Adds a log entry of a writer that the peer knows to an open batch, if it has room. Returns
    /// whether it did.
    #[inline]
    fn add_to_open(&mut self, entry: &EncodedEntry<'_>, now: Time) -> bool {
        let logs = self.logs.as_mut().filter(|logs| logs.knows(entry.active_writer().place));
        logs.is_some_and(|logs| logs.entries.add_to_open(entry.as_bytes(), now))
    }

    /// Adds a log entry, if the peer has requested logs. Returns its writer if the peer does not
    /// know it, and the full batch before the entry, if any.
    fn add_entry(&mut self, entry: &EncodedEntry<'_>, now: Time) -> [Option<Outgoing>; 2] {
        let Some(logs) = &mut self.logs else { return [None, None] };
        let writer = entry.active_writer();
        let new = logs.announce(writer.place).then(|| Outgoing::writer(writer));
        [new, logs.entries.add(entry.as_bytes(), now)]
    }

    /// Returns the active writers that the peer does not know, if it has requested logs.
    fn new_writers(&mut self, streams: &LogStreams) -> Vec<Outgoing> {
        let Some(logs) = &mut self.logs else { return Vec::new() };
        let new = streams.writers().filter(|writer| logs.announce(writer.place));
        new.map(|writer| Outgoing::writer(writer)).collect()
    }

    /// Adds a print. Returns the full batch before it, if any.
    fn add_print(&mut self, item: &[u8], now: Time) -> Option<Outgoing> {
        let new = || Box::new(Batch::new(Batched::Prints));
        self.prints.get_or_insert_with(new).add(item, now)
    }
}

impl NodeMachine {
    /// Adds a log entry to the batch of a peer that has requested logs, after its writer if the
    /// peer does not know it.
    pub(super) fn batch_entry(&mut self, id: PeerKey, entry: &EncodedEntry<'_>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        if !self.ending.is_under_way() && peer.batches.add_to_open(entry, self.clock.now()) {
            return;
        }
        let outgoing = peer.batches.add_entry(entry, self.clock.now());
        self.send_batched(id, outgoing.into_iter().flatten());
    }

    /// Announces the active writers that a peer does not know, if it has requested logs.
    pub(super) fn announce_writers(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let writers = peer.batches.new_writers(&self.logs.streams);
        self.send_batched(id, writers);
    }

    /// Adds a print to the batch of a peer.
    pub(super) fn batch_print(&mut self, id: PeerKey, item: &[u8]) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let before = peer.batches.add_print(item, self.clock.now());
        self.send_batched(id, before);
    }

    /// Sends all batches now, without waiting for more items or for the delay.
    pub fn flush_batches(&mut self, now: Time) {
        self.feed_time(now);
        let all: Vec<_> = self.peers.keys().collect();
        all.into_iter().for_each(|id| self.flush_batch(id));
    }

    /// Sends the batches of a peer now.
    pub(super) fn flush_batch(&mut self, id: PeerKey) {
        let some = self.take_batches(id, Batch::flush);
        self.send_batches(id, some);
    }

    /// Sends these items, and the batches that are due.
    fn send_batched(&mut self, id: PeerKey, outgoing: impl IntoIterator<Item = Outgoing>) {
        let mut some = false;
        for outgoing in outgoing {
            self.push_outgoing(id, outgoing);
            some = true;
        }
        self.send_batches(id, some);
    }

    /// Sends a peer's full or due batches, as far as its connection accepts them, and earlier items
    /// of its send queue. Sets a timer for the other batches.
    fn send_batches(&mut self, id: PeerKey, some: bool) {
        let now = self.clock.now();
        let is_last = self.ending.is_under_way();
        let ready = move |batch: &mut Batch| if is_last { batch.flush() } else { batch.poll(now) };
        if self.take_batches(id, ready) | some {
            self.pump(id);
        }
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Some(due) = peer.batches.due().filter(|_| !peer.batches.timed) {
            peer.batches.timed = true;
            self.clock.set(due, Timer::Batch(id));
        }
    }

    /// Moves a peer's batches to its send queue. Returns whether there were any.
    fn take_batches(&mut self, id: PeerKey, take: impl Fn(&mut Batch) -> Option<Outgoing>) -> bool {
        let mut some = false;
        let Some(peer) = self.peers.get_mut(id) else { return some };
        for batched in [Batched::Logs, Batched::Prints] {
            if let Some(outgoing) = peer.batches.of(batched).and_then(&take) {
                self.sending.push(id, peer, outgoing);
                some = true;
            }
        }
        some
    }

    /// Handles the batch timer of a peer.
    pub(super) fn batch_due(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches.timed = false;
            self.send_batches(id, false);
        }
    }

    /// Drops the batches of a connection that is closed or new (§3.6).
    pub(super) fn lose_batches(&mut self, id: PeerKey) {
        self.clock.cancel(Timer::Batch(id));
        self.logs.forget(id);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches = Batches::default();
        }
    }
}
