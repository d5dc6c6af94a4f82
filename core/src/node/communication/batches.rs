//! Batching of log entries and prints per peer, before they are queued (§6).

use std::collections::BTreeSet;

use super::super::batch::{Batch, Batched};
use super::super::outbox::Outgoing;
use super::timers::Timer;
use super::{NodeMachine, PeerKey};
use crate::Time;
use crate::logs::EncodedEntry;

/// Holds what is batched for the connection to one peer; an idle one costs little.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// Log entries, for a peer that has requested them.
    pub(super) logs: Option<Box<LogBatch>>,
    /// The number of writers given to the connection before phase Running, which it announces
    /// itself when the handshake is complete (§3.3).
    pub(super) given: usize,
    /// Prints, for a peer that has requested `print_hook`.
    prints: Option<Box<Batch>>,
    /// Whether a timer is set for the batches.
    timed: bool,
}

#[derive(Debug)]
pub(super) struct LogBatch {
    /// The positions of the writers that the peer knows.
    pub(super) announced: BTreeSet<usize>,
    entries: Batch,
}

impl Default for LogBatch {
    fn default() -> LogBatch {
        LogBatch { announced: BTreeSet::new(), entries: Batch::new(Batched::Logs) }
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
}

impl NodeMachine {
    /// Adds a log entry to the batch of a peer that has requested logs, after its writer if the
    /// peer does not know it.
    pub(super) fn batch_entry(&mut self, id: PeerKey, entry: &EncodedEntry<'_>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Some(logs) = &mut peer.batches.logs else { return };
        let writer = entry.active_writer();
        let new = logs.announced.insert(writer.place).then(|| Outgoing::writer(writer));
        let before = logs.entries.add(entry.as_bytes(), self.clock.now());
        let some = self.push_some(id, new) | self.push_some(id, before);
        self.send_batches(id, some);
    }

    /// Announces the active writers that a peer does not know, if it has requested logs.
    pub(super) fn announce_writers(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Some(logs) = &mut peer.batches.logs else { return };
        let writers = self.logs.streams.writers();
        let new = writers.filter(|writer| logs.announced.insert(writer.place));
        let new: Vec<_> = new.map(|writer| Outgoing::writer(writer)).collect();
        let some = !new.is_empty();
        new.into_iter().for_each(|new| self.push_outgoing(id, new));
        self.send_batches(id, some);
    }

    /// Adds a print to the batch of a peer.
    pub(super) fn batch_print(&mut self, id: PeerKey, item: &[u8]) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let new = || Box::new(Batch::new(Batched::Prints));
        let before = peer.batches.prints.get_or_insert_with(new).add(item, self.clock.now());
        let some = self.push_some(id, before);
        self.send_batches(id, some);
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

    /// Sends a peer's full or due batches, as far as its connection accepts them, and earlier items
    /// of its outbox, if any; sets a timer for the others.
    pub(super) fn send_batches(&mut self, id: PeerKey, some: bool) {
        let now = self.clock.now();
        let is_last = self.ending.is_under_way();
        let ready = move |batch: &mut Batch| if is_last { batch.flush() } else { batch.poll(now) };
        if self.take_batches(id, ready) | some {
            self.pump(id);
        }
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Some(due) = peer.batches.due().filter(|_| !peer.batches.timed) {
            peer.batches.timed = true;
            self.timers.set(due, Timer::Batch(id));
        }
    }

    /// Moves a peer's batches to its outbox; returns whether there were any.
    fn take_batches(&mut self, id: PeerKey, take: impl Fn(&mut Batch) -> Option<Outgoing>) -> bool {
        let mut some = false;
        for batched in [Batched::Logs, Batched::Prints] {
            let peer = self.peers.get_mut(id);
            let taken = peer.and_then(|peer| peer.batches.of(batched)).and_then(&take);
            some |= self.push_some(id, taken);
        }
        some
    }

    fn push_some(&mut self, id: PeerKey, outgoing: Option<Outgoing>) -> bool {
        outgoing.map(|outgoing| self.push_outgoing(id, outgoing)).is_some()
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
        self.timers.cancel(Timer::Batch(id));
        self.logs.forget(id);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches = Batches::default();
        }
    }
}
