//! Ending in order (part 4 §4).

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

/// How far the end has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// It has not begun.
    No,
    /// Peers are to take what is queued for them; these did not.
    UnderWay { undelivered: Vec<PeerId> },
    /// All is over.
    Over { undelivered: Vec<PeerId> },
}

impl Ending {
    pub(super) fn is_under_way(&self) -> bool {
        *self != Ending::No
    }
}

impl NodeMachine {
    /// Ends in order: stops listening and connecting, sends each peer what is queued for it, closes,
    /// and then tells [`Notification::Terminated`]. Peers have
    /// [`terminate_timeout`](super::super::Options::terminate_timeout) for it.
    pub fn terminate_communication(&mut self, now: Time) {
        self.feed_time(now);
        self.terminate(None);
    }

    /// Ends in order, after what is told of this peer.
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
    /// Returns the peers that did not take all that was queued for them in time.
    pub fn terminated(&self) -> Option<&[PeerId]> {
        match &self.ending {
            Ending::Over { undelivered } => Some(undelivered),
            _ => None,
        }
    }

    /// If we are ending: closes a connection for which nothing more waits.
    pub(super) fn close_when_sent(&mut self, id: PeerKey) {
        if !self.ending.is_under_way() {
            return;
        }
        let now = self.clock.now();
        let Some(peer) = self.peers.get(id) else { return };
        let running = self.connection(id).is_some_and(|c| c.phase() == Phase::Running);
        // A peer that is not Running will never get what waits for it.
        if !running || peer.outbox.is_empty() {
            self.end_with_node(id);
            if let Some(connection) = self.connection_mut(id) {
                connection.close(now);
                self.drain(id);
                self.touch_peer(id);
            }
        }
    }

    /// Waits no longer for peers to take what is queued.
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

    /// If we are ending and all connections are closed: says so.
    pub(super) fn end_if_done(&mut self) {
        let Ending::UnderWay { undelivered } = &mut self.ending else { return };
        // Peers whose TLS failed may still be told why.
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

    /// Notes that a peer's connection is closed because the node ends, if it is not over.
    fn end_with_node(&mut self, id: PeerKey) {
        let is_open = self.connection(id).is_some_and(|c| c.phase() != Phase::Closed);
        if let Some(peer) = self.peers.get_mut(id) {
            peer.ends_with_node |= is_open;
        }
    }

    /// Logs a line after all else.
    fn log_at_end(&mut self, peer: Option<Arc<EventPeer>>, line: CommLogLine) {
        self.delivery.push_last(logged(peer, line, self.clock.wall()));
    }
}
