//! What the transport tells of a connection, and what becomes of it.

use std::sync::Arc;

use super::super::log::CommLogLine;
use super::super::{ConnectionId, Notification, Overflow};
use super::{NodeMachine, PeerKey};
use crate::Time;
use crate::connection::{CommLogMessage, Connection, Phase, Role};

impl NodeMachine {
    /// Takes bytes that came over a connection, split in any way.
    pub fn feed_bytes(&mut self, id: ConnectionId, bytes: &[u8], now: Time) {
        self.feed(id, now, |connection, now| connection.feed_bytes(bytes, now));
        let Some(peer) = self.links.get(id).map(|link| link.peer) else { return };
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
        let Some(link) = self.links.get(id) else { return };
        if link.begun().is_some_and(|connection| connection.phase() != Phase::Closed) {
            self.log_peer(link.peer, line);
        }
    }

    /// Records that the transport has closed a connection, after
    /// [`poll_close`](Self::poll_close) said so or because it was lost. The connection is
    /// forgotten, once all that came over it is processed.
    pub fn feed_closed(&mut self, id: ConnectionId, now: Time) {
        let peer = self.links.get(id).and_then(|link| self.peers.get_mut(link.peer));
        if let Some(peer) = peer.filter(|peer| peer.link == Some(id)) {
            // Requests of the application come too late.
            peer.awaiting_setup = false;
        }
        if self.links.get(id).is_some_and(|link| link.begun().is_some()) {
            self.feed(id, now, |connection, now| {
                connection.feed_failure("closed by the transport", now);
            });
        }
        let Some(link) = self.links.get_mut(id) else { return };
        if link.begun().is_some_and(|c| c.phase() != Phase::Closed) {
            link.gone = true;
        } else {
            self.forget_link(id);
        }
    }

    /// Forgets a connection that the transport has closed.
    pub(super) fn forget_link(&mut self, id: ConnectionId) {
        if let Some(link) = self.links.remove(id) {
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
        let Some(link) = self.links.get_mut(id) else { return };
        let Some(connection) = &mut link.connection else { return };
        #[cfg(feature = "__tls")]
        if !connection.has_begun() {
            connection.feed_wall_clock(self.clock.wall(), now);
        }
        feed(connection, now);
        let peer = link.peer;
        self.drain(peer);
        self.links.touch(id);
    }

    /// Looks at what a peer's connection tells, as far as there is room for it.
    pub(super) fn drain(&mut self, id: PeerKey) {
        loop {
            let Some(peer) = self.peers.get(id) else { return };
            if peer.awaiting_setup || self.delivery.must_wait(peer) {
                // What came before its connection was closed still comes.
                let connection = peer.link.and_then(|link| self.links.connection(link));
                if connection.is_none_or(|c| c.phase() != Phase::Closed) {
                    return;
                }
            }
            let Some((notification, held)) = peer
                .link
                .and_then(|link| self.links.connection_mut(link))
                .and_then(Connection::poll_held)
            else {
                return;
            };
            self.delivery.hold(held);
            self.take(id, notification);
            self.delivery.hold(0);
        }
    }

    /// Returns whether what a peer sends has to wait for the application.
    pub(super) fn must_wait(&self, id: PeerKey) -> bool {
        self.peers.get(id).is_some_and(|peer| self.delivery.must_wait(peer))
    }

    /// Adds something to what the application is told of a peer, in order.
    pub(super) fn tell(&mut self, id: PeerKey, notification: Notification) {
        let Some(peer) = self.peers.get_mut(id) else {
            return self.delivery.push(notification);
        };
        self.delivery.tell(id, peer, notification, &self.options);
    }

    /// Adds an event to what the application is told of a peer, as the policy has it.
    pub(super) fn tell_event(&mut self, id: PeerKey, event: crate::data::Event) {
        let Some(peer) = self.peers.get(id).map(|peer| Arc::clone(&peer.who)) else { return };
        self.tell_bounded(id, Notification::Event { peer, event });
    }

    /// Adds what may be dropped to what the application is told of a peer, as the policy has it.
    pub(super) fn tell_bounded(&mut self, id: PeerKey, told: Notification) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let peer_full = peer.inbox.is_full(self.options.incoming.bound);
        let full = peer_full || self.delivery.reaches(self.options.incoming_total);
        match self.options.incoming.overflow {
            Overflow::DropNewest if full => return self.count_dropped_from(id, told),
            Overflow::DropOldest if full => {
                // What others have waiting is theirs; without any of its own it is the newest.
                if !self.drop_oldest_from(id) {
                    return self.count_dropped_from(id, told);
                }
                let bound = self.options.incoming.bound;
                while self.peers.get(id).is_some_and(|p| p.inbox.is_full(bound)) {
                    if !self.drop_oldest_from(id) {
                        break;
                    }
                }
            }
            Overflow::Disconnect if full => {
                peer.counters.dropped_incoming += 1;
                return self.give_up(id, CommLogLine::IncomingFull, "receive queue full");
            }
            // A peer that blocks is not read from, but what was read before still comes.
            _ => {}
        }
        self.tell(id, told);
    }

    /// Drops what has waited longest of what a peer sent and may be dropped; returns whether there
    /// was anything.
    fn drop_oldest_from(&mut self, id: PeerKey) -> bool {
        let oldest = self.peers.get_mut(id).and_then(|peer| self.delivery.drop_oldest(peer));
        let Some(dropped) = oldest else { return false };
        self.count_dropped_from(id, dropped);
        true
    }

    fn count_dropped_from(&mut self, id: PeerKey, dropped: Notification) {
        let (number, line) = match dropped {
            Notification::Event { event, .. } => {
                (1, CommLogLine::EventDropped { incoming: true, name: event.name.compact() })
            }
            Notification::RemotePrint { items, .. } => {
                let number = items.iter().count();
                (number, CommLogLine::PrintsDropped { incoming: true, number })
            }
            Notification::Packet { .. } => (1, CommLogLine::PacketDropped),
            Notification::Id { id, .. } => (1, CommLogLine::IdDropped { name: id.name.compact() }),
            _ => (1, CommLogLine::LogEntriesDropped { incoming: true, number: 1 }),
        };
        if let Some(peer) = self.peers.get_mut(id) {
            peer.counters.dropped_incoming += number as u64;
        }
        self.log_peer(id, line);
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
            let line = self.log_entry(Some(forgotten), CommLogLine::RemovedPeer);
            self.delivery.push(line);
        }
    }
}
