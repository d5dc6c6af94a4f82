//! What a node tells its user (part 4 §4).

use std::sync::Arc;

use bytes::Bytes;

use super::{CommLogEntry, Endpoint, EventPeer, PeerId};
use crate::connection::{CloseCause, SyncRole};
use crate::data::{Event, Id, Name, Packet, StateAccess};
use crate::logs::{LogValue, LogWriter};
use crate::state::{Expired, Inconsistency, StateError};
use crate::wire::{PrintItems, SyncPoint};

/// Returns what happened on a node; what concerns one peer comes in the order in which it happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    /// A peer's VERSION came (§3.2): `remote_connection_established`.
    ConnectionEstablished {
        /// Who.
        peer: Arc<EventPeer>,
        /// The name of the entry that applies (§4), if one does.
        node: Option<Arc<str>>,
    },
    /// A peer is Running (§3.5): `remote_connection_handshake_done`.
    ConnectionHandshakeDone(Arc<EventPeer>),
    /// A connection is over: `remote_connection_closed`, which Bro does not raise for a connection
    /// that was never established.
    ConnectionClosed {
        /// Who.
        peer: Arc<EventPeer>,
        /// Whether [`ConnectionEstablished`](Self::ConnectionEstablished) came before.
        established: bool,
        /// Why.
        cause: CloseCause,
    },
    /// An attempt to connect failed; if the entry says so there will be another (§3.6).
    ConnectFailed {
        /// Who.
        peer: Arc<EventPeer>,
        /// Why, in the transport's words.
        reason: Box<str>,
        /// Whether there will be another attempt.
        retries: bool,
    },
    /// Something that a peer sent could not be used (§5): `remote_connection_error`. The connection
    /// is closed for it or not.
    ConnectionError {
        /// Who.
        peer: Arc<EventPeer>,
        /// What, in Bro's words where it has any.
        reason: Box<str>,
    },
    /// A peer requested an event for the first time: `remote_event_registered`.
    EventRegistered {
        /// Who.
        peer: Arc<EventPeer>,
        /// The event's name.
        name: Name,
    },
    /// A peer asks for a capture filter: `remote_capture_filter`. Nothing is applied by itself.
    CaptureFilter {
        /// Who.
        peer: Arc<EventPeer>,
        /// In pcap's syntax.
        filter: Bytes,
    },
    /// Sync begins (§3.4). As the sender, and with [`StateSource::Application`], the application
    /// sends its state now and calls
    /// [`state_done`](super::NodeMachine::state_done).
    ///
    /// [`StateSource::Application`]: crate::connection::StateSource::Application
    SyncStarted {
        /// With whom.
        peer: Arc<EventPeer>,
        /// Our role.
        role: SyncRole,
    },
    /// A peer raised an event that we know, and we accept its input.
    Event {
        /// Who.
        peer: Arc<EventPeer>,
        /// The event.
        event: Event,
    },
    /// A peer's operation on synchronized state was carried out:
    /// `remote_state_access_performed`. The value is now what
    /// [`Store::get`](crate::state::Store::get) gives for the operation's target.
    StateAccessPerformed {
        /// Who.
        peer: Arc<EventPeer>,
        /// The operation.
        access: Box<StateAccess>,
    },
    /// A peer's operation on synchronized state could not be carried out; nothing has changed.
    /// Normal while operations cross.
    StateAccessRejected {
        /// Who.
        peer: Arc<EventPeer>,
        /// What it is on: a variable, or the unique id of a container.
        target: Name,
        /// Why.
        error: StateError,
    },
    /// A peer changed what was not here as it took it to be: `remote_state_inconsistency`. It is
    /// changed all the same.
    StateInconsistency {
        /// Who.
        peer: Arc<EventPeer>,
        /// What.
        inconsistency: Box<Inconsistency>,
    },
    /// An entry of a table expired: its `&expire_func`, if it has one, is to be called.
    Expired(Box<Expired>),
    /// A peer changed synchronized state, and we have requested sync; only if the node has no
    /// [variables](super::NodeMachine::set_store) itself.
    StateAccess {
        /// Who.
        peer: Arc<EventPeer>,
        /// The operation.
        access: Box<StateAccess>,
    },
    /// A peer answered a PING: `remote_pong`. The times are seconds, as
    /// [there](crate::connection::Notification::Pong).
    Pong {
        /// Who.
        peer: Arc<EventPeer>,
        /// The number that our PING had.
        seq: u32,
        /// From our PING's issue to now.
        d1: f64,
        /// From our PING's departure to now.
        d2: f64,
        /// What the peer says that it spent of that.
        d3: f64,
    },
    /// A peer sent an ID with its value (2§8).
    Id {
        /// Who.
        peer: Arc<EventPeer>,
        /// What.
        id: Arc<Id>,
    },
    /// A peer sent a packet (2§2).
    Packet {
        /// Who.
        peer: Arc<EventPeer>,
        /// What.
        packet: Packet,
    },
    /// A peer printed to files: `print_hook` for each.
    RemotePrint {
        /// Who.
        peer: Arc<EventPeer>,
        /// What, and to which files.
        items: PrintItems,
    },
    /// A peer announced a log writer (§2.13, 3§1): a log of it begins. Not told again when the peer
    /// repeats itself on the same connection.
    LogWriterAnnounced {
        /// Who.
        peer: Arc<EventPeer>,
        /// The stream, the path and the columns.
        writer: Arc<LogWriter>,
    },
    /// A peer sent an entry of a log that it announced (§2.14, 3§2). Whatever
    /// [`accept_input`](super::PeerConfig::accept_input) says.
    LogEntry {
        /// Who.
        peer: Arc<EventPeer>,
        /// The writer that it belongs to.
        writer: Arc<LogWriter>,
        /// What each of the writer's columns holds. Strings share the message's buffer.
        values: Vec<LogValue>,
    },
    /// A peer reached a point of its trace (§2.11).
    SyncPoint {
        /// Who.
        peer: Arc<EventPeer>,
        /// Which point.
        point: SyncPoint,
    },
    /// We listen here.
    Listening(Endpoint),
    /// A line for the communication log: `remote_log` and `remote_log_peer`.
    Log(CommLogEntry),
    /// [`terminate_communication`](super::NodeMachine::terminate_communication) is done: all
    /// connections are closed. Nothing comes after it.
    Terminated {
        /// The peers that did not take all that was queued for them in time.
        undelivered: Vec<PeerId>,
    },
}
