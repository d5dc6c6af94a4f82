//! Commands of the application about one peer (part 4 §4).

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use super::super::{EventPattern, PeerId};
use super::NodeMachine;
use super::clock::Timer;
use crate::Time;
use crate::connection::{Connection, Sent, SyncRequest, UsageError};
use crate::data::{Id, Packet, StateAccess};
use crate::wire::{Compression, PrintItems};

/// The reason why a node rejects a command. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
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

/// Requests to a peer, allowed only during the handshake (part 4 §4).
impl NodeMachine {
    /// Requests the declared events that match a pattern (§2.3).
    ///
    /// # Errors
    /// [`NodeError::UnknownPeer`], [`NodeError::NotConnected`], [`NodeError::Connection`].
    pub fn request_remote_events(
        &mut self,
        id: PeerId,
        pattern: &EventPattern,
    ) -> Result<(), NodeError> {
        let names = self.settings.events_matching(pattern);
        self.command(id, |connection| connection.request_events(&names))
    }

    /// Requests the peer's synchronized state (§2.5).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn request_remote_sync(&mut self, id: PeerId, auth: bool) -> Result<(), NodeError> {
        let request = SyncRequest { authoritative: auth };
        self.command(id, |connection| connection.request_sync(request))
    }

    /// Requests the peer's logs (§2.15).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn request_remote_logs(&mut self, id: PeerId) -> Result<(), NodeError> {
        self.command(id, Connection::request_logs)
    }

    /// Sets whether the peer's events and state are accepted (§4). Allowed at any time.
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn set_accept_state(&mut self, id: PeerId, accept: bool) -> Result<(), NodeError> {
        self.command(id, |connection| connection.set_accept_input(accept))
    }

    /// Sets the compression level of sent messages, 0 to 9; higher values count as 9 (§1.5).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn set_compression_level(&mut self, id: PeerId, level: u8) -> Result<(), NodeError> {
        let level = Compression::new(level.min(9));
        self.command(id, |connection| connection.set_compression(level))
    }

    /// Sends a capture filter, or the default filter if it is empty (§2.4).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn send_capture_filter(&mut self, id: PeerId, filter: &Bytes) -> Result<(), NodeError> {
        let filter = self.settings.capture_filter(filter);
        self.command(id, |connection| connection.send_capture_filter(&filter))
    }

    /// Makes the requests of the peer's entry like [`Handshake::Automatic`], without completing the
    /// handshake. For applications that only add requests.
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
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
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
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
        let Some(link) = self.peers.get(key).and_then(|peer| peer.link) else {
            return if waited { Ok(()) } else { Err(NodeError::NotConnected(id)) };
        };
        let now = self.clock.now();
        match self.connection(key) {
            Some(_) => {
                self.flush_batch(key);
                self.connection_mut(key).into_iter().for_each(|c| c.close(now));
                self.drain(key);
                self.transport.touch(link);
            }
            None => {
                self.transport.cancel_connect(link);
                self.transport.remove(link);
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.link = None;
                    peer.sockets = peer.sockets.saturating_sub(1);
                }
                self.forget_if_gone(key);
            }
        }
        Ok(())
    }

    /// Sends a PING (§2.7). **Only for peers that are not Bro.**
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
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
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn send_id(&mut self, id: PeerId, what: &Arc<Id>) -> Result<(), NodeError> {
        self.command(id, |connection| connection.send_id(what))
    }

    /// Sends a packet (2§2): `send_current_packet`.
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn send_current_packet(&mut self, id: PeerId, packet: &Packet) -> Result<(), NodeError> {
        self.command(id, |connection| connection.send_packet(packet))
    }

    /// Sends an operation on state to one peer. In Sync, the sender sends its state with such
    /// operations (§3.4).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn send_state_access(
        &mut self,
        id: PeerId,
        access: &StateAccess,
    ) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_state_access(access))
    }

    /// Ends the transfer of our state (§3.4).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn state_done(&mut self, id: PeerId) -> Result<(), NodeError> {
        self.command(id, Connection::state_done)?;
        if let Some(key) = self.peers.key(id) {
            self.drain(key);
        }
        Ok(())
    }

    /// Announces a log writer to a peer that has requested logs (§2.13).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn send_log_create_writer(&mut self, id: PeerId, writer: Bytes) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_log_create_writer(writer))
    }

    /// Sends log entries to a peer that has requested logs (§2.14).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
    pub fn send_log_write(&mut self, id: PeerId, entries: Bytes) -> Result<Sent, NodeError> {
        self.command(id, |connection| connection.send_log_write(entries))
    }

    /// Sends prints to a peer that has requested `print_hook` (§2.12).
    ///
    /// # Errors
    /// As [`request_remote_events`](Self::request_remote_events).
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
