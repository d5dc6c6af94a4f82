//! What is batched for each peer before it waits to be sent: log entries and prints (§6).

use super::super::PeerId;
use super::super::outbox::Outgoing;
use super::super::timers::Timer;
use super::Communication;
use crate::Time;
use crate::logs::LogSender;
use crate::services::PrintBuffer;
use crate::wire::Message;

/// Holds what is batched for the connection to one peer; an idle one costs little.
#[derive(Debug, Default)]
pub(super) struct Batches {
    /// Log entries, for a peer that has requested them.
    pub(super) logs: Option<Box<LogSender>>,
    /// How many writers the connection was given before it was Running: it announces those itself
    /// when the handshake is complete (§3.3).
    pub(super) given: usize,
    /// What is printed, for a peer that has requested `print_hook`.
    pub(super) prints: Option<Box<PrintBuffer>>,
    /// Whether a timer is set for what is in here.
    timed: bool,
}

impl Batches {
    /// Returns when something in here has waited long enough; none if there is nothing.
    pub(super) fn due(&self) -> Option<Time> {
        let logs = self.logs.as_ref().and_then(|logs| logs.next_timeout());
        let prints = self.prints.as_ref().and_then(|prints| prints.next_timeout());
        logs.into_iter().chain(prints).min()
    }

    fn flush(&mut self) {
        self.logs.iter_mut().for_each(|logs| logs.flush());
        self.prints.iter_mut().for_each(|prints| prints.flush());
    }

    fn poll(&mut self, now: Time) -> Option<Outgoing> {
        if let Some((message, number)) = self.logs.as_mut().and_then(|l| l.poll_counted(now)) {
            return match message {
                Message::LogCreateWriter(argument) => Some(Outgoing::LogWriter(argument)),
                Message::LogWrite(argument) => Some(Outgoing::LogEntries { argument, number }),
                _ => None,
            };
        }
        let items = self.prints.as_mut()?.poll_items(now)?;
        let sizes = items.iter().map(|item| item.file.len() + item.text.len());
        let (number, weight) = sizes.fold((0, 0), |(n, sum), size| (n + 1, sum + size + 2));
        Some(Outgoing::Prints { items, number, weight })
    }
}

impl Communication {
    /// Sends what is batched for peers now, rather than with what comes or when it is a second old.
    pub fn flush_batches(&mut self, now: Time) {
        self.feed_time(now);
        let all: Vec<PeerId> = self.peers.keys().copied().collect();
        all.into_iter().for_each(|id| self.flush_batch(id));
    }

    /// Sends what is batched for a peer now.
    pub(super) fn flush_batch(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.batches.flush();
        }
        self.send_batches(id);
    }

    /// Sends the batches for a peer that are complete or have waited long enough, as far as its
    /// connection takes them; arranges to look again at the others.
    pub(super) fn send_batches(&mut self, id: PeerId) {
        let mut some = false;
        loop {
            let Some(peer) = self.peers.get_mut(&id) else { return };
            if self.ending.is_under_way() {
                peer.batches.flush();
            }
            let Some(outgoing) = peer.batches.poll(self.now) else { break };
            self.push_outgoing(id, outgoing);
            some = true;
        }
        if some {
            self.pump(id);
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        if let Some(due) = peer.batches.due().filter(|_| !peer.batches.timed) {
            peer.batches.timed = true;
            self.timers.set(due, Timer::Batch(id));
        }
    }

    /// What is batched for a peer may have waited long enough.
    pub(super) fn batch_due(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.batches.timed = false;
            self.send_batches(id);
        }
    }

    /// Drops what is batched for a connection that is over, or anew (§3.6).
    pub(super) fn lose_batches(&mut self, id: PeerId) {
        self.timers.cancel(Timer::Batch(id));
        self.logs.forget(id);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.batches = Batches::default();
        }
    }
}
