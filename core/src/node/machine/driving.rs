//! What a driver does: feeds what the world did, and polls for what it is to do.

use std::sync::Arc;

use super::super::log::CommLogLine;
use super::super::{Action, ConnectionId, Notification};
use super::NodeMachine;
use super::delivery::{Disconnect, Room, logged};
use super::peers::PeerKey;
use crate::Time;
use crate::connection::{CommLogMessage, Connection, Phase, PollClose, Role};
use crate::data::Event;

/// Feeding.
impl NodeMachine {
    /// Takes bytes that came over a connection, split in any way.
    pub fn feed_bytes(&mut self, id: ConnectionId, bytes: &[u8], now: Time) {
        self.feed(id, now, |connection, now| connection.feed_bytes(bytes, now));
        let Some(peer) = self.transport.get(id).map(|link| link.peer) else { return };
        let Some(heard_of) = self.peers.get_mut(peer) else { return };
        heard_of.heard = now.max(heard_of.heard);
        heard_of.counters.reads += 1;
        if std::mem::take(&mut heard_of.pinged) {
            self.watch(peer);
        }
    }

    /// Records that the peer closed a connection, or its half of it.
    pub fn feed_eof(&mut self, id: ConnectionId, now: Time) {
        self.feed(id, now, Connection::feed_eof);
    }

    /// Records that reading from a connection failed, for a reason that is meant for people.
    pub fn feed_read_failure(&mut self, id: ConnectionId, reason: &str, now: Time) {
        let line = CommLogLine::Connection(CommLogMessage::ReadError(reason.into()));
        self.feed_failure(id, line, reason, now);
    }

    /// Records that writing to a connection failed, for a reason that is meant for people.
    pub fn feed_write_failure(&mut self, id: ConnectionId, reason: &str, now: Time) {
        self.feed_failure(id, CommLogLine::WriteError { reason: reason.into() }, reason, now);
    }

    fn feed_failure(&mut self, id: ConnectionId, line: CommLogLine, reason: &str, now: Time) {
        self.feed_time(now);
        self.log_failure(id, line);
        self.feed(id, now, |connection, now| connection.feed_failure(reason, now));
    }

    /// Logs what happened to a connection, unless it was over before.
    fn log_failure(&mut self, id: ConnectionId, line: CommLogLine) {
        let Some(link) = self.transport.get(id) else { return };
        if link.begun().is_some_and(|connection| connection.phase() != Phase::Closed) {
            self.log_peer(link.peer, line);
        }
    }

    /// Records that the transport has closed a connection, after
    /// [`poll_close`](Self::poll_close) said so or because it was lost. The connection is
    /// forgotten, once all that came over it is processed.
    pub fn feed_closed(&mut self, id: ConnectionId, now: Time) {
        let peer = self.transport.get(id).and_then(|link| self.peers.get_mut(link.peer));
        if let Some(peer) = peer.filter(|peer| peer.link == Some(id)) {
            // Requests of the application come too late.
            peer.awaiting_setup = false;
        }
        if self.transport.get(id).is_some_and(|link| link.begun().is_some()) {
            self.feed(id, now, |connection, now| {
                connection.feed_failure("closed by the transport", now);
            });
        }
        let Some(link) = self.transport.get_mut(id) else { return };
        if link.begun().is_some_and(|c| c.phase() != Phase::Closed) {
            link.gone = true;
        } else {
            self.forget_link(id);
        }
    }

    /// Forgets a connection that the transport has closed.
    pub(super) fn forget_link(&mut self, id: ConnectionId) {
        if let Some(link) = self.transport.remove(id) {
            let counts = link.begun().is_some() || link.is_pending();
            if let Some(peer) = self.peers.get_mut(link.peer).filter(|_| counts) {
                peer.sockets = peer.sockets.saturating_sub(1);
                if peer.link == Some(id) {
                    peer.link = None;
                }
            }
            if link.begun().is_some() {
                self.log_peer(link.peer, CommLogLine::ConnectionClosed);
            }
        }
        self.end_if_done();
    }

    /// Feeds a connection, and looks at what came of it.
    pub(super) fn feed(
        &mut self,
        id: ConnectionId,
        now: Time,
        feed: impl FnOnce(&mut Connection, Time),
    ) {
        self.feed_time(now);
        let now = self.clock.now();
        let Some(link) = self.transport.get_mut(id) else { return };
        let Some(connection) = &mut link.connection else { return };
        #[cfg(feature = "__tls")]
        if !connection.has_begun() {
            connection.feed_wall_clock(self.clock.wall(), now);
        }
        feed(connection, now);
        let peer = link.peer;
        self.drain(peer);
        self.transport.touch(id);
    }

    /// Looks at what a peer's connection tells, as far as there is room for it.
    pub(super) fn drain(&mut self, id: PeerKey) {
        loop {
            let Some(peer) = self.peers.get(id) else { return };
            let connection = peer.link.and_then(|link| self.transport.connection_mut(link));
            let Some(connection) = connection else { return };
            let must_wait = peer.awaiting_setup || self.delivery.must_wait(peer);
            // What came before its connection was closed still comes.
            if must_wait && connection.phase() != Phase::Closed {
                return;
            }
            let Some((notification, held)) = connection.poll_held() else { return };
            self.delivery.hold(held);
            self.take(id, notification);
            self.delivery.hold(0);
        }
    }

    /// Adds something to what the application is told of a peer, in order.
    pub(super) fn tell(&mut self, id: PeerKey, notification: Notification) {
        match self.peers.get_mut(id) {
            Some(peer) => self.delivery.tell(id, peer, notification),
            None => self.delivery.push(notification),
        }
    }

    /// Adds an event to what the application is told of a peer, as the policy has it.
    pub(super) fn tell_event(&mut self, id: PeerKey, event: Event) {
        let Some(peer) = self.peers.get(id).map(|peer| Arc::clone(&peer.who)) else { return };
        self.tell_bounded(id, Notification::Event { peer, event });
    }

    /// Adds what may be dropped to what the application is told of a peer, as the policy has it.
    pub(super) fn tell_bounded(&mut self, id: PeerKey, told: Notification) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Err(Disconnect) = self.delivery.tell_bounded(id, peer, told, self.clock.wall()) {
            self.give_up(id, CommLogLine::IncomingFull, "receive queue full");
        }
    }

    /// Closes the connection to a peer as if it had been lost, so that it is retried.
    pub(super) fn give_up(&mut self, id: PeerKey, line: CommLogLine, reason: &str) {
        let now = self.clock.now();
        if self.connection(id).is_some_and(|c| c.phase() != Phase::Closed) {
            self.log_peer(id, line);
            if let Some(connection) = self.connection_mut(id) {
                connection.abort(reason, now);
            }
            self.touch_peer(id);
        }
    }

    /// Forgets a peer that connected to us, once all about it is told.
    pub(super) fn forget_if_gone(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get(id) else { return };
        if peer.role == Role::Initiator || peer.sockets > 0 || peer.has_turn {
            return;
        }
        if let Some(forgotten) = self.peers.remove(id) {
            let line = CommLogLine::RemovedPeer;
            self.delivery.push(logged(Some(forgotten), line, self.clock.wall()));
        }
    }
}

/// Polling.
impl NodeMachine {
    /// Returns the next thing that the transport is to do, beside what concerns connections that are
    /// up.
    #[must_use = "the node goes on only if it is done"]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.transport.poll_action()
    }

    /// Returns a connection for which there may be something to do: bytes to send, the transport to
    /// close, or to read again.
    ///
    /// Each is returned once for all that has happened since it was returned before.
    #[must_use = "the peer may wait for something"]
    pub fn poll_connection(&mut self) -> Option<ConnectionId> {
        self.transport.poll_touched()
    }

    /// Returns what waits to be sent over a connection, as
    /// [`Connection::poll_transmit`] does.
    pub fn poll_transmit(&mut self, id: ConnectionId) -> &[u8] {
        self.transport.connection_mut(id).map(Connection::poll_transmit).unwrap_or_default()
    }

    /// Records that the first `written` bytes of it have been written.
    pub fn advance(&mut self, id: ConnectionId, written: usize, now: Time) {
        self.feed_time(now);
        let now = self.clock.now();
        let Some(link) = self.transport.get_mut(id) else { return };
        let peer = link.peer;
        if let Some(connection) = &mut link.connection {
            connection.advance(written, now);
        }
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.counters.writes += 1;
        }
        self.drain(peer);
        self.pump_state(peer);
        self.pump(peer);
        self.transport.touch(id);
    }

    /// Returns whether, and when, the transport of a connection is to be closed; a connection that
    /// nobody knows is to be closed at once. Then comes [`feed_closed`](Self::feed_closed).
    #[must_use = "the peer waits for the connection to be closed"]
    pub fn poll_close(&self, id: ConnectionId) -> Option<PollClose> {
        match self.transport.get(id) {
            None => Some(PollClose::Now),
            Some(link) => link.connection.as_deref().and_then(Connection::poll_close),
        }
    }

    /// Returns whether more should be read from a connection.
    pub fn wants_input(&self, id: ConnectionId) -> bool {
        let Some(link) = self.transport.get(id) else { return false };
        let Some(connection) = link.connection.as_deref() else { return false };
        let may_wait = || {
            let peer = self.peers.get(link.peer);
            peer.is_none_or(|peer| peer.awaiting_setup || self.delivery.must_wait(peer))
        };
        connection.wants_input() && !(connection.has_begun() && may_wait())
    }

    /// Returns whether the transport has something to do for a connection: until the attempt to
    /// connect is given up or has failed, or the connection was said to be closed.
    pub fn is_known(&self, id: ConnectionId) -> bool {
        self.transport.get(id).is_some()
    }

    pub(crate) fn transport(&self, id: ConnectionId) -> Option<&Connection> {
        self.transport.connection(id)
    }

    /// Returns when to call again, at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        let expiry = || self.state.next_expiry().filter(|_| self.terminated().is_none());
        self.clock.next().into_iter().chain(expiry()).min()
    }

    /// Returns the next notification.
    ///
    /// What concerns one peer comes in order. Peers take turns: after
    /// [`max_remote_events_processed`](super::super::Options::max_remote_events_processed) events of
    /// one come those of the next (§6). An event that is to be sent on waits until that is possible.
    #[must_use = "peers wait when too many notifications do"]
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.poll_notification_if(|_| true).map(|(notification, _)| notification)
    }

    /// Returns the next notification for which there is room, with its size. What concerns a peer
    /// waits behind one for which there is none, until [`unblock`](Self::unblock).
    pub(crate) fn poll_notification_if(
        &mut self,
        mut has_room: impl FnMut(&Notification) -> bool,
    ) -> Option<(Notification, usize)> {
        self.delivery.set_event_peer(None);
        if let Some(notification) = self.delivery.pop_if(&mut has_room) {
            return Some((notification, 0));
        }
        while let Some(id) = self.delivery.turn() {
            if self.is_blocked(id, &mut has_room) {
                self.delivery.block(id);
                self.end_turn();
                continue;
            }
            let taken = self.peers.get_mut(id).and_then(|peer| self.delivery.take(peer));
            let Some((notification, weight, room)) = taken else {
                self.end_turn();
                continue;
            };
            self.refill(id, room);
            if let Notification::Event { peer, event } = &notification {
                self.delivery.set_event_peer(Some(peer));
                if self.settings.options.forward_remote_events {
                    let _ = self.send(event.clone(), Some(id));
                }
            }
            return Some((notification, weight));
        }
        self.delivery.pop_last_if(has_room).map(|notification| (notification, 0))
    }

    /// Ends the turn of the first peer, which has nothing more to tell or is blocked.
    fn end_turn(&mut self) {
        let Some(id) = self.delivery.end_turn() else { return };
        if let Some(peer) = self.peers.get_mut(id) {
            peer.has_turn = !peer.inbox.is_empty();
        }
        self.forget_if_gone(id);
    }

    /// Lets in what waited for room, and ends a peer's turn if there is nothing more.
    fn refill(&mut self, id: PeerKey, room: Room) {
        if room == Room::Sender {
            self.let_in(id);
        }
        if self.peers.get(id).is_some_and(|peer| peer.inbox.is_empty()) {
            self.end_turn();
        }
        if room == Room::All {
            let all: Vec<_> = self.peers.keys().collect();
            for id in all {
                self.let_in(id);
            }
        }
    }

    /// Goes on with what a peer sends, which waited: it was not silent, but not read.
    fn let_in(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.set_heard(self.clock.now());
            peer.was_unread = true;
        }
        self.drain(id);
        // The transport need not be woken for what it can't read yet.
        if self.peers.get(id).and_then(|peer| peer.link).is_some_and(|link| !self.is_idle(link)) {
            self.touch_peer(id);
        }
    }

    /// Returns whether the transport has nothing to do for a connection.
    fn is_idle(&self, id: ConnectionId) -> bool {
        let connection = self.transport.connection(id);
        let has_work = |c: &Connection| c.has_output() || c.poll_close().is_some();
        !connection.is_some_and(has_work) && !self.wants_input(id)
    }

    /// Returns whether the next notification about a peer cannot be taken, or sent on, yet.
    fn is_blocked(&self, id: PeerKey, has_room: impl FnOnce(&Notification) -> bool) -> bool {
        let Some(next) = self.peers.get(id).and_then(|peer| peer.inbox.front()) else {
            return false;
        };
        let is_forwarded = |event: &Event| {
            self.settings.options.forward_remote_events
                && self.hindrance(&event.name, Some(id)).is_some()
        };
        !has_room(next) || matches!(next, Notification::Event { event, .. } if is_forwarded(event))
    }

    /// Gives peers their turn again that waited until what they sent could be taken, or sent on.
    pub(crate) fn unblock(&mut self) {
        self.delivery.unblock();
    }
}
