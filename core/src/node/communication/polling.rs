//! What the world is to do: actions, bytes, notifications, times.

use std::sync::Arc;

use super::super::{Action, ConnectionId, Notification};
use super::delivery::Room;
use super::{NodeMachine, PeerKey};
use crate::Time;
use crate::connection::{Connection, PollClose};
use crate::data::Event;

impl NodeMachine {
    /// Returns the next thing that the transport is to do, beside what concerns connections that are
    /// up.
    #[must_use = "the node goes on only if it is done"]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Returns a connection for which there may be something to do: bytes to send, the transport to
    /// close, or to read again.
    ///
    /// Each is returned once for all that has happened since it was returned before.
    #[must_use = "the peer may wait for something"]
    pub fn poll_connection(&mut self) -> Option<ConnectionId> {
        self.links.poll_touched()
    }

    /// Returns what waits to be sent over a connection, as
    /// [`Connection::poll_transmit`] does.
    pub fn poll_transmit(&mut self, id: ConnectionId) -> &[u8] {
        self.links.connection_mut(id).map(Connection::poll_transmit).unwrap_or_default()
    }

    /// Records that the first `written` bytes of it have been written.
    pub fn advance(&mut self, id: ConnectionId, written: usize, now: Time) {
        self.feed_time(now);
        let now = self.clock.now();
        let Some(link) = self.links.get_mut(id) else { return };
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
        self.links.touch(id);
    }

    /// Returns whether, and when, the transport of a connection is to be closed; a connection that
    /// nobody knows is to be closed at once. Then comes [`feed_closed`](Self::feed_closed).
    #[must_use = "the peer waits for the connection to be closed"]
    pub fn poll_close(&self, id: ConnectionId) -> Option<PollClose> {
        match self.links.get(id) {
            None => Some(PollClose::Now),
            Some(link) => link.connection.as_deref().and_then(Connection::poll_close),
        }
    }

    /// Returns whether more should be read from a connection.
    pub fn wants_input(&self, id: ConnectionId) -> bool {
        let Some(link) = self.links.get(id) else { return false };
        let Some(connection) = link.connection.as_deref() else { return false };
        let may_wait = || {
            self.must_wait(link.peer)
                || self.peers.get(link.peer).is_none_or(|peer| peer.awaiting_setup)
        };
        connection.wants_input() && !(connection.has_begun() && may_wait())
    }

    /// Returns whether the transport has something to do for a connection: until the attempt to
    /// connect is given up or has failed, or the connection was said to be closed.
    pub fn is_known(&self, id: ConnectionId) -> bool {
        self.links.get(id).is_some()
    }

    pub(crate) fn transport(&self, id: ConnectionId) -> Option<&Connection> {
        self.links.connection(id)
    }

    /// Returns when to call again, at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        [self.timers.next(), self.next_expiry()].into_iter().flatten().min()
    }

    /// Returns whether there may be a notification; if not, there is none.
    pub fn has_notifications(&self) -> bool {
        !self.delivery.is_empty()
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
        self.event_peer = Arc::clone(&self.local);
        if let Some(notification) = self.delivery.pop_if(&mut has_room) {
            return Some((notification, 0));
        }
        let events = self.options.max_remote_events_processed.max(1);
        while let Some(id) = self.delivery.turn(events) {
            if self.is_blocked(id, &mut has_room) {
                self.delivery.block(id);
                self.end_turn();
                continue;
            }
            let taken =
                self.peers.get_mut(id).and_then(|peer| self.delivery.take(peer, &self.options));
            let Some((notification, weight, room)) = taken else {
                self.end_turn();
                continue;
            };
            self.refill(id, room);
            if let Notification::Event { peer, event } = &notification {
                self.event_peer = Arc::clone(peer);
                if self.options.forward_remote_events {
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
            (peer.heard, peer.pinged, peer.was_unread) = (self.clock.now(), false, true);
        }
        self.drain(id);
        // The transport need not be woken for what it can't read yet.
        if self.peers.get(id).and_then(|peer| peer.link).is_some_and(|link| !self.is_idle(link)) {
            self.touch_peer(id);
        }
    }

    /// Returns whether the transport has nothing to do for a connection.
    fn is_idle(&self, id: ConnectionId) -> bool {
        let connection = self.links.connection(id);
        let has_work = |c: &Connection| c.has_output() || c.poll_close().is_some();
        !connection.is_some_and(has_work) && !self.wants_input(id)
    }

    /// Returns whether the next notification about a peer cannot be taken, or sent on, yet.
    fn is_blocked(&self, id: PeerKey, has_room: impl FnOnce(&Notification) -> bool) -> bool {
        let Some(next) = self.peers.get(id).and_then(|peer| peer.inbox.front()) else {
            return false;
        };
        let is_forwarded = |event: &Event| {
            self.options.forward_remote_events && self.hindrance(&event.name, Some(id)).is_some()
        };
        !has_room(next) || matches!(next, Notification::Event { event, .. } if is_forwarded(event))
    }

    /// Gives peers their turn again that waited until what they sent could be taken, or sent on.
    pub(crate) fn unblock(&mut self) {
        self.delivery.unblock();
    }
}
