//! Commands of the application about one peer, and orderly termination (part 4 §4).

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use super::NodeMachine;
use super::clock::Timer;
use super::delivery::logged;
use super::peers::PeerKey;
use super::transport::Socket;
use crate::Time;
use crate::connection::{Connection, Phase, Sent, SyncRequest, UsageError};
use crate::data::{Id, Packet, StateAccess};
use crate::node::log::CommLogLine;
use crate::node::{Action, EventPattern, EventPeer, Notification, PeerId};
use crate::wire::{Compression, PrintItems};

/// The reason why a node rejects a command. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// There is no entry with that name.
    #[error("no entry with that name is configured")]
    UnknownNode,
    /// There is no such peer.
    #[error("no such peer: {0}")]
    UnknownPeer(PeerId),
    /// There is no connection to the peer.
    #[error("peer {0} is not connected")]
    NotConnected(PeerId),
    /// There is already a connection or an attempt to connect to that node.
    #[error("peer {0} is already connected or connecting")]
    AlreadyConnected(PeerId),
    /// The node is terminating.
    #[error("communication is being terminated")]
    Terminating,
    /// The connection rejects the command.
    #[error("{0}")]
    Connection(#[from] UsageError),
}

crate::errors::debug_as_display!(NodeError);

/// Requests to a peer, allowed only during the handshake (part 4 §4).
///
/// # Errors
/// [`NodeError::UnknownPeer`], [`NodeError::NotConnected`], [`NodeError::Connection`].
impl NodeMachine {
    /// Requests the declared events that match a pattern (§2.3).
    pub fn request_remote_events(
        &mut self,
        id: PeerId,
        pattern: &EventPattern,
    ) -> Result<(), NodeError> {
        let names = self.settings.events_matching(pattern);
        self.command(id, |connection| connection.request_events(&names))
    }

    /// Requests the peer's synchronized state (§2.5).
    pub fn request_remote_sync(&mut self, id: PeerId, auth: bool) -> Result<(), NodeError> {
        let request = SyncRequest { authoritative: auth };
        self.command(id, |connection| connection.request_sync(request))
    }

    /// Requests the peer's logs (§2.15).
    pub fn request_remote_logs(&mut self, id: PeerId) -> Result<(), NodeError> {
        self.command(id, Connection::request_logs)
    }

    /// Sets whether the peer's events and state are accepted (§4). Allowed at any time.
    pub fn set_accept_state(&mut self, id: PeerId, accept: bool) -> Result<(), NodeError> {
        self.command(id, |connection| connection.set_accept_input(accept))
    }

    /// Sets the compression level of sent messages, 0 to 9; higher values count as 9 (§1.5).
    pub fn set_compression_level(&mut self, id: PeerId, level: u8) -> Result<(), NodeError> {
        let level = Compression::new(level.min(9));
        self.command(id, |connection| connection.set_compression(level))
    }

    /// Sends a capture filter, or the default filter if it is empty (§2.4).
    pub fn send_capture_filter(&mut self, id: PeerId, filter: &Bytes) -> Result<(), NodeError> {
        let filter = self.settings.capture_filter(filter);
        self.command(id, |connection| connection.send_capture_filter(&filter))
    }

    /// Makes the requests of the peer's entry like [`Handshake::Automatic`], without completing the
    /// handshake. For applications that only add requests.
    ///
    /// [`Handshake::Automatic`]: super::super::Handshake::Automatic
    pub fn apply_node(&mut self, id: PeerId) -> Result<(), NodeError> {
        self.command(id, |_| Ok(()))?;
        if let Some(key) = self.peers.key(id) {
            self.set_up(key);
            self.touch_peer(key);
        }
        Ok(())
    }

    /// Completes the handshake, after all requests (§3.2).
    pub fn complete_handshake(&mut self, id: PeerId) -> Result<(), NodeError> {
        self.command(id, Connection::complete_handshake)?;
        let Some(key) = self.peers.key(id) else { return Ok(()) };
        if let Some(peer) = self.peers.get_mut(key).filter(|peer| peer.awaiting_setup) {
            peer.awaiting_setup = false;
            self.drain(key);
        }
        Ok(())
    }
}

/// Commands after the handshake (part 4 §4).
///
/// # Errors
/// [`NodeError::UnknownPeer`], [`NodeError::NotConnected`], [`NodeError::Connection`].
impl NodeMachine {
    /// Closes the connection to a peer, or cancels the attempt to connect; the node does not
    /// reconnect (§3.6).
    ///
    /// # Errors
    /// [`NodeError::UnknownPeer`]; [`NodeError::NotConnected`].
    pub fn disconnect(&mut self, id: PeerId, now: Time) -> Result<(), NodeError> {
        self.feed_time(now);
        let key = self.peers.key(id).ok_or(NodeError::UnknownPeer(id))?;
        let waited = self.waits_to_connect(key);
        self.clock.cancel(Timer::Retry(key));
        let Some(socket) = self.peers.get(key).and_then(|peer| peer.socket) else {
            return if waited { Ok(()) } else { Err(NodeError::NotConnected(id)) };
        };
        let now = self.clock.now();
        match self.connection(key) {
            Some(_) => {
                self.flush_batch(key);
                self.connection_mut(key).into_iter().for_each(|c| c.close(now));
                self.drain(key);
                self.transport.touch(socket);
            }
            None => {
                self.transport.cancel_connect(socket);
                self.transport.remove(socket);
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.socket = None;
                    peer.sockets = peer.sockets.saturating_sub(1);
                }
                self.forget_if_gone(key);
            }
        }
        Ok(())
    }

    /// Sends a PING (§2.7). **Only for peers that are not Bro.**
    pub fn send_ping(&mut self, id: PeerId, seq: u32, now: Time) -> Result<(), NodeError> {
        self.feed_time(now);
        self.ping(id, seq)
    }

    /// Sends a PING at the current time.
    pub(super) fn ping(&mut self, id: PeerId, seq: u32) -> Result<(), NodeError> {
        let now = self.clock.now();
        self.command(id, |connection| connection.ping(seq, now))?;
        if let Some(peer) = self.peers.key(id).and_then(|key| self.peers.get_mut(key)) {
            peer.pings.get_or_insert_default().add_ping();
        }
        Ok(())
    }

    /// Sends an ID with its value (2§8); allowed only in phase Running.
    pub fn send_id(&mut self, id: PeerId, what: &Arc<Id>) -> Result<(), NodeError> {
        self.command(id, |connection| connection.send_id(what))
    }

    /// Sends a packet (2§2): `send_current_packet`.
    pub fn send_current_packet(&mut self, id: PeerId, packet: &Packet) -> Result<(), NodeError> {
        self.command(id, |connection| connection.send_packet(packet))
    }

    /// Sends an operation on state to one peer. In Sync, the sender sends its state with such
    /// operations (§3.4).
    pub fn send_state_access(
        &mut self,
        id: PeerId,
        access: &StateAccess,
    ) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_state_access(access))
    }

    /// Ends the transfer of our state (§3.4).
    pub fn state_done(&mut self, id: PeerId) -> Result<(), NodeError> {
        self.command(id, Connection::state_done)?;
        if let Some(key) = self.peers.key(id) {
            self.drain(key);
        }
        Ok(())
    }

    /// Announces a log writer to a peer that has requested logs (§2.13).
    pub fn send_log_create_writer(&mut self, id: PeerId, writer: Bytes) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_log_create_writer(writer))
    }

    /// Sends log entries to a peer that has requested logs (§2.14).
    pub fn send_log_write(&mut self, id: PeerId, entries: Bytes) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_log_write(entries))
    }

    /// Sends prints to a peer that has requested `print_hook` (§2.12).
    pub fn send_print(&mut self, id: PeerId, items: &PrintItems) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_print(items))
    }

    fn command<T>(
        &mut self,
        id: PeerId,
        command: impl FnOnce(&mut Connection) -> Result<T, UsageError>,
    ) -> Result<T, NodeError> {
        let key = self.peers.key(id).ok_or(NodeError::UnknownPeer(id))?;
        let connection = self.connection_mut(key).ok_or(NodeError::NotConnected(id))?;
        let done = command(connection)?;
        self.touch_peer(key);
        Ok(done)
    }
}

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
    /// is [`terminate_timeout`](crate::node::Options::terminate_timeout).
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
        self.close_listeners();
        self.ending = Ending::UnderWay { undelivered: Vec::new() };
        self.clock.cancel(Timer::Statistics);
        self.clock.set_in(self.settings.options.terminate_timeout, Timer::Terminate);
        self.transport.retract(|action| matches!(action, Action::Connect { .. }));
        for id in self.transport.in_order(Socket::is_pending) {
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
        if !running || peer.outgoing.is_empty() {
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
            if let Some(socket) = self.transport.get(id) {
                self.end_with_node(socket.peer);
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
        if self.transport.iter().any(|socket| socket.begun().is_some() || socket.is_pending()) {
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
