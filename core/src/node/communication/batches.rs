//! What is batched for each peer before it waits to be sent: log entries and prints (§6).

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
    /// How many writers the connection was given before it was Running: it announces those itself
    /// when the handshake is complete (§3.3).
    pub(super) given: usize,
    /// What is printed, for a peer that has requested `print_hook`.
    prints: Option<Box<Batch>>,
    /// Whether a timer is set for what is in here.
    timed: bool,
}

#[derive(Debug)]
pub(super) struct LogBatch {
    /// The places of the writers that the peer knows.
    pub(super) announced: BTreeSet<usize>,
    entries: Batch,
}

impl Default for LogBatch {
    fn default() -> LogBatch {
        LogBatch { announced: BTreeSet::new(), entries: Batch::new(Batched::Logs) }
    }
}

impl Batches {
    /// Returns when something in here has waited long enough; none if there is nothing.
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
    /// Adds a log entry to what is batched for a peer that has requested them, after its writer if
    /// the peer doesn't know that.
    pub(super) fn batch_entry(&mut self, id: PeerKey, entry: &EncodedEntry<'_>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Some(logs) = &mut peer.batches.logs else { return };
        let writer = entry.active_writer();
        let new = logs.announced.insert(writer.place).then(|| Outgoing::writer(writer));
        let before = logs.entries.add(entry.as_bytes(), self.clock.now());
        let some = self.push_some(id, new) | self.push_some(id, before);
        self.send_batches(id, some);
    }

    /// Announces the writers that are up and that a peer doesn't know, if it has requested logs.
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

    /// Adds what was printed to what is batched for a peer.
    pub(super) fn batch_print(&mut self, id: PeerKey, item: &[u8]) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let new = || Box::new(Batch::new(Batched::Prints));
        let before = peer.batches.prints.get_or_insert_with(new).add(item, self.clock.now());
        let some = self.push_some(id, before);
        self.send_batches(id, some);
    }

    /// Sends what is batched for peers now, rather than with what comes or when it is a second old.
    pub fn flush_batches(&mut self, now: Time) {
        self.feed_time(now);
        let all: Vec<_> = self.peers.keys().collect();
        all.into_iter().for_each(|id| self.flush_batch(id));
    }

    /// Sends what is batched for a peer now.
    pub(super) fn flush_batch(&mut self, id: PeerKey) {
        let some = self.take_batches(id, Batch::flush);
        self.send_batches(id, some);
    }

    /// Sends the batches for a peer that are too long to wait or have waited long enough, as far as
    /// its connection takes them, and what was added to its outbox before, if some was; arranges to
    /// look again at the others.
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

    /// Moves batches for a peer to its outbox; returns whether there were any.
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

    /// What is batched for a peer may have waited long enough.
    pub(super) fn batch_due(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches.timed = false;
            self.send_batches(id, false);
        }
    }

    /// Drops what is batched for a connection that is over, or anew (§3.6).
    pub(super) fn lose_batches(&mut self, id: PeerKey) {
        self.timers.cancel(Timer::Batch(id));
        self.logs.forget(id);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.batches = Batches::default();
        }
    }
}
