//! Writing the communication log (part 4 §5).

use std::sync::Arc;

use super::super::log::{CommLogEntry, CommLogLine};
use super::super::{EventPeer, Notification};
use super::timers::Timer;
use super::{NodeMachine, PeerKey, STATISTICS};

impl NodeMachine {
    /// Creates a line of the log with the current time.
    pub(crate) fn log_entry(
        &self,
        peer: Option<Arc<EventPeer>>,
        line: CommLogLine,
    ) -> Notification {
        Notification::Log(CommLogEntry { time: self.wall_clock(), peer, line })
    }

    /// Logs a line that concerns no peer.
    pub(super) fn log(&mut self, line: CommLogLine) {
        let entry = self.log_entry(None, line);
        self.delivery.push(entry);
    }

    /// Logs a line about a peer, in order with its other notifications.
    pub(super) fn log_peer(&mut self, peer: PeerKey, line: CommLogLine) {
        let Some(about) = self.peers.get(peer) else { return self.log(line) };
        if about.ends_with_node && line.is_of_close() {
            return;
        }
        let who = Arc::clone(&about.who);
        let entry = self.log_entry(Some(who), line);
        self.tell(peer, entry);
    }

    /// Logs a line that concerns no single peer, after the notifications of the peer that caused
    /// it.
    pub(super) fn log_after(&mut self, peer: PeerKey, line: CommLogLine) {
        let entry = self.log_entry(None, line);
        self.tell(peer, entry);
    }

    /// Releases the buffers of peers that were idle since the last call.
    fn release(&mut self) {
        for (_, peer) in self.peers.iter_mut() {
            if self.clock.now().saturating_since(peer.heard) < STATISTICS {
                continue;
            }
            peer.inbox.release();
            peer.outbox.release();
            if let Some(connection) = peer.link.and_then(|link| self.links.connection_mut(link)) {
                connection.release();
            }
        }
    }

    pub(super) fn log_statistics_again(&mut self) {
        if !self.peers.is_empty() {
            self.log(CommLogLine::Statistics(Box::new(self.total_counters())));
        }
        self.release();
        self.timers.set(self.clock.now() + STATISTICS, Timer::Statistics);
    }
}
