//! Orderly termination (part 4 §4).

use std::sync::Arc;

use super::super::log::CommLogLine;
use super::super::{Action, EventPeer, Notification, PeerId};
use super::NodeMachine;
use super::clock::Timer;
use super::delivery::logged;
use super::peers::PeerKey;
use super::transport::Link;
use crate::Time;
use crate::connection::Phase;

/// The progress of termination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// It has not begun.
    No,
    /// Queues are being sent. These peers did not receive theirs.
    UnderWay { undelivered: Vec<PeerId> },
    /// All connections are closed.
    Over { undelivered: Vec<PeerId> },
}

impl Ending {
    pub(super) fn is_under_way(&self) -> bool {
        *self != Ending::No
    }
}

impl NodeMachine {
    /// Terminates in an orderly way: stops listening and connecting, sends the queue of each peer,
    /// closes the connections, and then notifies with [`Notification::Terminated`]. The time limit
    /// is [`terminate_timeout`](super::super::Options::terminate_timeout).
    pub fn terminate_communication(&mut self, now: Time) {
        self.feed_time(now);
        self.terminate(None);
    }

    /// Terminates in an orderly way, after the notifications of this peer.
    pub(super) fn terminate(&mut self, after: Option<PeerKey>) {
        if self.ending.is_under_way() {
            return;
        }
        match after {
            Some(peer) => self.log_after(peer, CommLogLine::Terminating),
            None => self.log(CommLogLine::Terminating),
        }
        self.close_sockets();
        self.ending = Ending::UnderWay { undelivered: Vec::new() };
        self.clock.cancel(Timer::Statistics);
        self.clock.set_in(self.settings.options.terminate_timeout, Timer::Terminate);
        self.transport.retract(|action| matches!(action, Action::Connect { .. }));
        for id in self.transport.in_order(Link::is_pending) {
            self.transport.cancel_connect(id);
            self.feed_connect_failed(id, "terminating", self.clock.now());
        }
        let peers: Vec<_> = self.peers.keys().collect();
        for id in peers {
            self.clock.cancel(Timer::Retry(id));
            self.flush_batch(id);
            self.pump(id);
        }
        self.end_if_done();
    }

    /// Returns whether [`terminate_communication`](Self::terminate_communication) is done: all
    /// connections are closed, whether or not the application has taken the last notifications.
    /// Returns the peers that did not receive their whole queue in time.
    pub fn terminated(&self) -> Option<&[PeerId]> {
        match &self.ending {
            Ending::Over { undelivered } => Some(undelivered),
            _ => None,
        }
    }

    /// During termination, closes a connection whose queue is empty.
    pub(super) fn close_when_sent(&mut self, id: PeerKey) {
        if !self.ending.is_under_way() {
            return;
        }
        let now = self.clock.now();
        let Some(peer) = self.peers.get(id) else { return };
        let running = self.connection(id).is_some_and(|c| c.phase() == Phase::Running);
        // A peer that is not in phase Running will never receive its queue.
        if !running || peer.outbox.is_empty() {
            self.end_with_node(id);
            if let Some(connection) = self.connection_mut(id) {
                connection.close(now);
                self.drain(id);
                self.touch_peer(id);
            }
        }
    }

    /// Stops waiting for peers to receive their queues.
    pub(super) fn terminate_now(&mut self) {
        let late = self.undelivered();
        if let Ending::UnderWay { undelivered } = &mut self.ending {
            *undelivered = late;
        }
        let now = self.clock.now();
        for id in self.transport.in_order(|_| true) {
            if let Some(link) = self.transport.get(id) {
                self.end_with_node(link.peer);
            }
            self.transport.touch(id);
            self.feed(id, now, |connection, now| connection.abort("terminating", now));
            self.feed_closed(id, now);
        }
        self.end_if_done();
    }

    /// During termination, notifies the application when all connections are closed.
    pub(super) fn end_if_done(&mut self) {
        let Ending::UnderWay { undelivered } = &mut self.ending else { return };
        // A TLS alert may still have to be sent to peers whose TLS failed.
        if self.transport.iter().any(|link| link.begun().is_some() || link.is_pending()) {
            return;
        }
        let undelivered = std::mem::take(undelivered);
        self.ending = Ending::Over { undelivered: undelivered.clone() };
        self.clock.cancel(Timer::Terminate);
        self.log_at_end(None, CommLogLine::Terminated);
        for who in self.peers.take_known() {
            self.log_at_end(Some(who), CommLogLine::ClosingConnection);
        }
        let statistics = CommLogLine::Statistics(Box::new(self.total_counters()));
        self.log_at_end(None, statistics);
        self.delivery.push_last(Notification::Terminated { undelivered });
    }

    /// Records that a peer's open connection is being closed because the node terminates.
    fn end_with_node(&mut self, id: PeerKey) {
        let is_open = self.connection(id).is_some_and(|c| c.phase() != Phase::Closed);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.ends_with_node |= is_open;
        }
    }

    /// Logs a line after all others.
    fn log_at_end(&mut self, peer: Option<Arc<EventPeer>>, line: CommLogLine) {
        self.delivery.push_last(logged(peer, line, self.clock.wall()));
    }
}
