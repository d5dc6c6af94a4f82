//! Notifications of a node (part 4 §4).

use std::sync::Arc;

use bytes::Bytes;

use super::{CommLogEntry, Endpoint, EventPeer, PeerId};
use crate::connection::{CloseCause, SyncRole};
use crate::data::{Event, Id, Name, Packet, StateAccess};
use crate::logs::{LogValues, LogWriter};
use crate::state::{Expired, Inconsistency, StateError};
use crate::wire::{PrintItems, SyncPoint};

/// A notification of a node. Notifications about one peer are in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    /// A peer's VERSION was received (§3.2): `remote_connection_established`.
    ConnectionEstablished {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The name of the entry that applies (§4), if any.
        node: Option<Arc<str>>,
    },
    /// A peer reached phase Running (§3.5): `remote_connection_handshake_done`.
    ConnectionHandshakeDone(Arc<EventPeer>),
    /// A connection was closed: `remote_connection_closed`, which Bro does not raise for a
    /// connection that was never established.
    ConnectionClosed {
        /// The peer.
        peer: Arc<EventPeer>,
        /// Whether [`ConnectionEstablished`](Self::ConnectionEstablished) came before.
        established: bool,
        /// The reason.
        cause: CloseCause,
    },
    /// An attempt to connect failed. The node may retry (§3.6).
    ConnectFailed {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The transport's message.
        reason: Box<str>,
        /// Whether the node will retry.
        retries: bool,
    },
    /// Input from a peer was invalid (§5): `remote_connection_error`. The connection may stay open.
    ConnectionError {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The error, with Bro's message if it has one.
        reason: Box<str>,
    },
    /// A peer requested an event for the first time: `remote_event_registered`.
    EventRegistered {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The event's name.
        name: Name,
    },
    /// A peer requests a capture filter: `remote_capture_filter`. The application must apply it.
    CaptureFilter {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The filter in pcap's syntax.
        filter: Bytes,
    },
    /// Sync begins (§3.4). As the sender, and with [`StateSource::Application`], the application
    /// sends its state now and calls
    /// [`state_done`](super::NodeMachine::state_done).
    ///
    /// [`StateSource::Application`]: crate::connection::StateSource::Application
    SyncStarted {
        /// The peer.
        peer: Arc<EventPeer>,
        /// Our role.
        role: SyncRole,
    },
    /// A peer raised a declared event, and its input is accepted.
    Event {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The event.
        event: Event,
    },
    /// A peer's operation on synchronized state was applied: `remote_state_access_performed`.
    /// [`Store::get`](crate::state::Store::get) returns the new value of the operation's target.
    StateAccessPerformed {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The operation.
        access: Box<StateAccess>,
    },
    /// A peer's operation on synchronized state could not be applied and changed nothing. This is
    /// normal while operations cross.
    StateAccessRejected {
        /// The peer.
        peer: Arc<EventPeer>,
        /// Its target: a variable, or the unique ID of a container.
        target: Name,
        /// The reason.
        error: Box<StateError>,
    },
    /// The old value in a peer's change differed from the local value:
    /// `remote_state_inconsistency`. The change was still applied.
    StateInconsistency {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The difference.
        inconsistency: Box<Inconsistency>,
    },
    /// A table entry expired. The application should call its `&expire_func`, if any.
    Expired(Box<Expired>),
    /// A peer changed synchronized state, and we have requested sync. Only if the node itself has
    /// no [variables](super::NodeMachine::set_store).
    StateAccess {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The operation.
        access: Box<StateAccess>,
    },
    /// A peer answered a PING: `remote_pong`. The times are in seconds; see
    /// [`ConnectionNotification::Pong`](crate::connection::ConnectionNotification::Pong).
    Pong {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The sequence number of our PING.
        seq: u32,
        /// The time since our PING was issued.
        d1: f64,
        /// The time since our PING was written.
        d2: f64,
        /// The part of `d2` that the peer claims to have spent.
        d3: f64,
    },
    /// A peer sent an ID with its value (2§8).
    Id {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The ID.
        id: Arc<Id>,
    },
    /// A peer sent a packet (2§2).
    Packet {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The packet.
        packet: Packet,
    },
    /// A peer printed to files: `print_hook` for each item.
    RemotePrint {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The printed texts and their files.
        items: PrintItems,
    },
    /// A peer announced a log writer (§2.13, 3§1): the beginning of a log. Repeated announcements
    /// on the same connection are ignored.
    LogWriterAnnounced {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The stream, the path and the columns.
        writer: Arc<LogWriter>,
    },
    /// A peer sent an entry of an announced log (§2.14, 3§2), regardless of
    /// [`accept_input`](super::PeerConfig::accept_input).
    LogEntry {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The writer to which it belongs.
        writer: Arc<LogWriter>,
        /// The values of the writer's columns. They share the message's buffer.
        values: LogValues,
    },
    /// A peer reached a point of its trace (§2.11).
    SyncPoint {
        /// The peer.
        peer: Arc<EventPeer>,
        /// The point.
        point: SyncPoint,
    },
    /// The node listens at this endpoint.
    Listening(Endpoint),
    /// A line for the communication log: `remote_log` and `remote_log_peer`.
    Log(Box<CommLogEntry>),
    /// [`terminate_communication`](super::NodeMachine::terminate_communication) is done: all
    /// connections are closed. This is the last notification.
    Terminated {
        /// The peers that did not receive their whole queue in time.
        undelivered: Vec<PeerId>,
    },
}
