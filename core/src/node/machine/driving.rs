//! The inputs and outputs for a driver.

use std::sync::Arc;

use super::super::log::CommLogLine;
use super::super::{Action, ConnectionId, Notification};
use super::NodeMachine;
use super::delivery::{Disconnect, Unblocked, logged};
use super::peers::PeerKey;
use crate::Time;
use crate::connection::{
    CommLogMessage, Connection, ConnectionNotification, Phase, PollClose, Role,
};
use crate::data::Event;
use crate::logs::LogEntry;

/// Feeding.
impl NodeMachine {
    /// Feeds bytes received over a connection, in any pieces.
    pub fn feed_bytes(&mut self, id: ConnectionId, bytes: &[u8], now: Time) {
        self.feed(id, now, |connection, now| connection.feed_bytes(bytes, now));
        let Some(peer) = self.transport.get(id).map(|socket| socket.peer) else { return };
        let Some(heard_of) = self.peers.get_mut(peer) else { return };
        heard_of.heard = now.max(heard_of.heard);
        heard_of.counters.reads += 1;
        if std::mem::take(&mut heard_of.pinged) {
            self.watch(peer);
        }
    }

    /// Records that the peer closed a connection, or its sending direction.
    pub fn feed_eof(&mut self, id: ConnectionId, now: Time) {
        self.feed(id, now, Connection::feed_eof);
    }

    /// Records that reading from a connection failed, with a human-readable reason.
    pub fn feed_read_failure(&mut self, id: ConnectionId, reason: &str, now: Time) {
        let line = CommLogLine::Connection(CommLogMessage::ReadError(reason.into()));
        self.feed_failure(id, line, reason, now);
    }

    /// Records that writing to a connection failed, with a human-readable reason.
    pub fn feed_write_failure(&mut self, id: ConnectionId, reason: &str, now: Time) {
        self.feed_failure(id, CommLogLine::WriteError { reason: reason.into() }, reason, now);
    }

    fn feed_failure(&mut self, id: ConnectionId, line: CommLogLine, reason: &str, now: Time) {
        self.feed_time(now);
        self.log_failure(id, line);
        self.feed(id, now, |connection, now| connection.feed_failure(reason, now));
    }

    /// Logs a failure of a connection, unless it was closed before.
    fn log_failure(&mut self, id: ConnectionId, line: CommLogLine) {
        let Some(socket) = self.transport.get(id) else { return };
        if socket.begun().is_some_and(|connection| connection.phase() != Phase::Closed) {
            self.log_peer(socket.peer, line);
        }
    }

    /// Records that the transport has closed a connection, because of
    /// [`poll_close`](Self::poll_close) or because it was lost. The connection is removed when all
    /// its input is processed.
    pub fn feed_closed(&mut self, id: ConnectionId, now: Time) {
        let peer = self.transport.get(id).and_then(|socket| self.peers.get_mut(socket.peer));
        if let Some(peer) = peer.filter(|peer| peer.socket == Some(id)) {
            // The application can no longer make requests.
            peer.awaiting_setup = false;
        }
        if self.transport.get(id).is_some_and(|socket| socket.begun().is_some()) {
            self.feed(id, now, |connection, now| {
                connection.feed_failure("closed by the transport", now);
            });
        }
        let Some(socket) = self.transport.get_mut(id) else { return };
        if socket.begun().is_some_and(|c| c.phase() != Phase::Closed) {
            socket.gone = true;
        } else {
            self.forget_socket(id);
        }
    }

    /// Removes a connection that the transport has closed.
    pub(super) fn forget_socket(&mut self, id: ConnectionId) {
        if let Some(socket) = self.transport.remove(id) {
            let counts = socket.begun().is_some() || socket.is_pending();
            if let Some(peer) = self.peers.get_mut(socket.peer).filter(|_| counts) {
                peer.sockets = peer.sockets.saturating_sub(1);
                if peer.socket == Some(id) {
                    peer.socket = None;
                }
            }
            if socket.begun().is_some() {
                self.log_peer(socket.peer, CommLogLine::ConnectionClosed);
            }
        }
        self.end_if_done();
    }

    /// Feeds a connection, and processes the result.
    pub(super) fn feed(
        &mut self,
        id: ConnectionId,
        now: Time,
        feed: impl FnOnce(&mut Connection, Time),
    ) {
        self.feed_time(now);
        let now = self.clock.now();
        let Some(socket) = self.transport.get_mut(id) else { return };
        let Some(connection) = &mut socket.connection else { return };
        #[cfg(feature = "__tls")]
        if !connection.has_begun() {
            connection.feed_wall_clock(self.clock.wall(), now);
        }
        feed(connection, now);
        if connection.has_notifications() {
            let peer = socket.peer;
            self.drain(peer);
        }
        self.transport.touch(id);
    }

    /// Processes the notifications of a peer's connection, as far as there is room.
    pub(super) fn drain(&mut self, id: PeerKey) {
        while let Some(next) = self.drain_data(id) {
            match next {
                Ok((notification, held)) => {
                    self.delivery.hold(held);
                    self.take(id, notification);
                    self.delivery.hold(0);
                }
                Err(Disconnect) => self.give_up_reading(id),
            }
        }
    }

    /// Delivers the events and log entries of a peer's connection, nearly all of its notifications,
    /// as far as there is room. Returns the first other notification, with the number of message
    /// bytes that it keeps in memory.
    fn drain_data(
        &mut self,
        id: PeerKey,
    ) -> Option<Result<(ConnectionNotification, usize), Disconnect>> {
        let peer = self.peers.get_mut(id)?;
        let connection = self.transport.connection_mut(peer.socket?)?;
        // Input from before the close is still processed.
        while !(peer.awaiting_setup || self.delivery.must_wait(peer))
            || connection.phase() == Phase::Closed
        {
            let (notification, held) = connection.poll_held()?;
            let notification = match notification {
                ConnectionNotification::Event(event) => {
                    Notification::Event { peer: Arc::clone(&peer.who), event }
                }
                ConnectionNotification::LogEntry(LogEntry { writer, values }) => {
                    Notification::LogEntry { peer: Arc::clone(&peer.who), writer, values }
                }
                ConnectionNotification::LazyEvent(event) => {
                    let event = event.to_event();
                    Notification::Event { peer: Arc::clone(&peer.who), event }
                }
                other => return Some(Ok((other, held))),
            };
            self.delivery.hold(held);
            let told = self.delivery.tell_bounded(id, peer, notification, self.clock.wall());
            self.delivery.hold(0);
            if let Err(error) = told {
                return Some(Err(error));
            }
        }
        None
    }

    /// Adds a notification about a peer, in order.
    pub(super) fn tell(&mut self, id: PeerKey, notification: Notification) {
        match self.peers.get_mut(id) {
            Some(peer) => self.delivery.tell(id, peer, notification),
            None => self.delivery.push(notification),
        }
    }

    /// Adds a droppable notification about a peer according to the policy.
    pub(super) fn tell_bounded(&mut self, id: PeerKey, notified: Notification) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        if let Err(Disconnect) = self.delivery.tell_bounded(id, peer, notified, self.clock.wall()) {
            self.give_up_reading(id);
        }
    }

    /// Closes the connection to a peer that sends more than its receive queue holds.
    fn give_up_reading(&mut self, id: PeerKey) {
        self.give_up(id, CommLogLine::IncomingFull, "receive queue full");
    }

    /// Closes the connection to a peer as if it were lost, so that the node reconnects.
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

    /// Removes a peer that connected to this node, once all its notifications are delivered.
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
    /// Returns the next action for the transport, apart from work on established connections.
    #[must_use = "the node waits for this action to be done"]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.transport.poll_action()
    }

    /// Returns a connection for which the transport may have work: bytes to send, a connection to
    /// close, or reading to resume.
    ///
    /// Each connection is returned once for all changes since the last time.
    #[must_use = "the peer may wait for this connection"]
    pub fn poll_connection(&mut self) -> Option<ConnectionId> {
        self.transport.poll_touched()
    }

    /// Returns the bytes to send over a connection, like [`Connection::poll_transmit`].
    pub fn poll_transmit(&mut self, id: ConnectionId) -> &[u8] {
        self.transport.connection_mut(id).map(Connection::poll_transmit).unwrap_or_default()
    }

    /// Returns a connection, for the driver of its socket.
    pub(crate) fn transport_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.transport.connection_mut(id)
    }

    /// Records that the first `written` of these bytes have been written.
    pub fn advance(&mut self, id: ConnectionId, written: usize, now: Time) {
        self.feed_time(now);
        let now = self.clock.now();
        let Some(socket) = self.transport.get_mut(id) else { return };
        let key = socket.peer;
        let has_notifications = socket.connection.as_deref_mut().is_some_and(|connection| {
            connection.advance(written, now);
            connection.has_notifications()
        });
        if let Some(peer) = self.peers.get_mut(key) {
            peer.counters.writes += 1;
        }
        if has_notifications {
            self.drain(key);
        }
        self.pump_state(key);
        match self.peers.get(key) {
            Some(peer) if peer.outgoing.is_empty() => self.close_when_sent(key),
            _ => self.pump(key),
        }
        self.transport.touch(id);
    }

    /// Returns whether, and when, to close a transport connection. An unknown connection must be
    /// closed at once. Then call [`feed_closed`](Self::feed_closed).
    #[must_use = "the peer waits for the connection to be closed"]
    pub fn poll_close(&self, id: ConnectionId) -> Option<PollClose> {
        match self.transport.get(id) {
            None => Some(PollClose::Now),
            Some(socket) => socket.connection.as_deref().and_then(Connection::poll_close),
        }
    }

    /// Returns whether to read from a connection.
    pub fn wants_input(&self, id: ConnectionId) -> bool {
        let Some(socket) = self.transport.get(id) else { return false };
        let Some(connection) = socket.connection.as_deref() else { return false };
        let may_wait = || {
            let peer = self.peers.get(socket.peer);
            peer.is_none_or(|peer| peer.awaiting_setup || self.delivery.must_wait(peer))
        };
        connection.wants_input() && !(connection.has_begun() && may_wait())
    }

    /// Returns whether the node knows a connection. It does until the attempt to connect is
    /// canceled or fails, or the connection is reported as closed.
    pub fn is_known(&self, id: ConnectionId) -> bool {
        self.transport.get(id).is_some()
    }

    pub(crate) fn transport(&self, id: ConnectionId) -> Option<&Connection> {
        self.transport.connection(id)
    }

    /// Returns when to call [`feed_time`](Self::feed_time) next.
    pub fn next_timeout(&self) -> Option<Time> {
        let expiry = || self.state.next_expiry().filter(|_| self.terminated().is_none());
        self.clock.next().into_iter().chain(expiry()).min()
    }

    /// Returns the next notification.
    ///
    /// The notifications of one peer are in order. Peers take turns after
    /// [`max_remote_events_processed`](super::super::Options::max_remote_events_processed) events
    /// (§6). An event to forward waits until it can be forwarded.
    #[must_use = "peers wait when too many notifications are queued"]
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.poll_notification_if(|_| true).map(|(notification, _)| notification)
    }

    /// Returns the next notification for which there is room, with its size. If there is no room,
    /// that peer's later notifications wait until [`unblock`](Self::unblock).
    pub(crate) fn poll_notification_if(
        &mut self,
        mut has_room: impl FnMut(&Notification) -> bool,
    ) -> Option<(Notification, usize)> {
        if let Some(notification) = self.delivery.pop_if(&mut has_room) {
            self.delivery.set_event_peer(None);
            return Some((notification, 0));
        }
        while let Some(id) = self.delivery.turn() {
            if self.is_blocked(id, &mut has_room) {
                self.delivery.block(id);
                self.end_turn();
                self.fill_up(id);
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
                    self.send(event.clone(), Some(id));
                }
            } else {
                self.delivery.set_event_peer(None);
            }
            return Some((notification, weight));
        }
        self.delivery.set_event_peer(None);
        self.delivery.pop_last_if(has_room).map(|notification| (notification, 0))
    }

    /// Ends the turn of the first peer, which has no more notifications or is blocked.
    fn end_turn(&mut self) {
        let Some(id) = self.delivery.end_turn() else { return };
        if let Some(peer) = self.peers.get_mut(id) {
            peer.has_turn = !peer.incoming.is_empty();
        }
        self.forget_if_gone(id);
    }

    /// Processes input that waited for room, and ends a peer's turn if its receive queue is empty.
    fn refill(&mut self, id: PeerKey, unblocked: Unblocked) {
        if unblocked == Unblocked::Sender {
            self.let_in(id);
        }
        if self.peers.get(id).is_some_and(|peer| peer.incoming.is_empty()) {
            self.end_turn();
        }
        if unblocked == Unblocked::All {
            let all: Vec<_> = self.peers.keys().collect();
            for id in all {
                self.let_in(id);
            }
        }
    }

    /// Resumes the input of a blocked peer until its receive queue is full. Otherwise nothing would
    /// resume it, because no notification is taken from it.
    fn fill_up(&mut self, id: PeerKey) {
        let has_room = |peer| self.delivery.stop_waiting(peer);
        if self.peers.get_mut(id).is_some_and(has_room) {
            self.let_in(id);
        }
    }

    /// Resumes a peer's waiting input. The peer was not silent; it was not read.
    fn let_in(&mut self, id: PeerKey) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.set_heard(self.clock.now());
        }
        self.drain(id);
        // The transport need not be woken for input that it cannot read yet.
        if self
            .peers
            .get(id)
            .and_then(|peer| peer.socket)
            .is_some_and(|socket| !self.is_idle(socket))
        {
            self.touch_peer(id);
        }
    }

    /// Returns whether the transport has no work for a connection.
    fn is_idle(&self, id: ConnectionId) -> bool {
        let connection = self.transport.connection(id);
        let has_work = |c: &Connection| c.has_output() || c.poll_close().is_some();
        !connection.is_some_and(has_work) && !self.wants_input(id)
    }

    /// Returns whether a peer's next notification cannot be taken, or forwarded, yet.
    fn is_blocked(&self, id: PeerKey, has_room: impl FnOnce(&Notification) -> bool) -> bool {
        let Some(next) = self.peers.get(id).and_then(|peer| peer.incoming.front()) else {
            return false;
        };
        let is_forwarded = |event: &Event| {
            self.settings.options.forward_remote_events
                && self.hindrance(&event.name, Some(id)).is_some()
        };
        !has_room(next) || matches!(next, Notification::Event { event, .. } if is_forwarded(event))
    }

    /// Resumes the turns of peers whose events could not be taken or forwarded.
    pub(crate) fn unblock(&mut self) {
        self.delivery.unblock();
    }
}
