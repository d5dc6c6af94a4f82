//! What a connection tells its user.

use std::sync::Arc;

use bytes::Bytes;

use super::{CommLogMessage, ProtocolError, SyncRole};
use crate::data::{CallMismatch, Event, Id, Name, Packet, StateAccess};
use crate::logs::{DroppedEntry, LogEntry, LogWriter};
use crate::serial::LazyEvent;
use crate::wire::{PrintItems, SyncPoint, Version, WireError};

/// Returns what happened on a connection, in the order in which it happened.
///
/// What a peer sends comes as views of the message that brought it; whoever keeps a part of it for
/// long makes a compact copy.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    // The connection's life (§3).
    /// TLS is up, and the connection begins (part 4 §6); comes first, once, and only with
    /// [`ConnectionConfig::tls`](super::ConnectionConfig::tls). [`Connection::tls`](super::Connection::tls) tells who
    /// the peer is.
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    Secured,
    /// The peer's VERSION came: Handshake begins, and our CAPS are on their way (§3.2).
    ///
    /// This is `remote_connection_established`. With [`ConnectionConfig::requests`](super::ConnectionConfig::requests) the
    /// requests are made already; without, the application makes them now and calls
    /// [`complete_handshake`](super::Connection::complete_handshake).
    Established(Version),
    /// Sync begins, with us in this role (§3.4).
    ///
    /// The sender sends its state now and then calls
    /// [`state_done`](super::Connection::state_done), unless
    /// [`ConnectionConfig::state`](super::ConnectionConfig::state) says that it has none.
    SyncStarted(SyncRole),
    /// Running begins, after Sync if there was one (§3.5); comes once.
    ///
    /// This is `remote_connection_handshake_done`.
    HandshakeDone,
    /// The connection is over (§3.6). Comes exactly once, and nothing comes after it.
    ///
    /// This is `remote_connection_closed`, which Bro does not raise if nothing was
    /// [`Established`](Self::Established); and after a
    /// [`ProtocolErrorKind::Serial`](super::ProtocolErrorKind::Serial) `remote_connection_error`
    /// before it.
    Closed(CloseCause),

    // What the peer is and wants (§3.2).
    /// The peer says its name, in Handshake, and we accept its input.
    PeerDescription(Name),
    /// The peer requests an event for the first time (§2.3): `remote_event_registered`.
    EventRequested(Name),
    /// The peer asks for a capture filter; nothing is installed by itself (§2.4).
    CaptureFilter(Bytes),
    /// The peer requests sync (§2.5).
    SyncRequested {
        /// Whether it calls its own state authoritative.
        authoritative: bool,
    },
    /// The peer requests logs (§2.15).
    LogsRequested,

    // What a SERIAL carries (2§2); only if we accept the peer's input, but for `CallRejected`.
    /// A call of an event. It is one that we know, with as many arguments as it has parameters and
    /// of the same types: records of other types have been coerced by the names of their fields, as
    /// a Bro does. Or it is delivered unchecked under
    /// [`Undeclared::Deliver`](super::Undeclared::Deliver).
    Event(Event),
    /// The same with [`ConnectionConfig::events_lazily`](super::ConnectionConfig::events_lazily): the arguments are
    /// decoded when they are asked for, and are as the peer sent them. Only the number of arguments
    /// and their type tags are checked. It keeps the message that brought it.
    LazyEvent(LazyEvent),
    /// A call was dropped (§5): `remote_connection_error`, but the connection stays.
    CallRejected {
        /// What it calls.
        name: Name,
        /// Why it was dropped.
        mismatch: CallMismatch,
    },
    /// An ID came in Running (2§8). Another than `peer_description` changes nothing before.
    Id(Arc<Id>),
    /// An operation on synchronized state came, and we have requested sync (2§9).
    StateAccess(Box<StateAccess>),
    /// A packet came (2§2).
    Packet(Packet),

    // The rest (§3.5); also from a peer whose input is not accepted (§4).
    /// A PONG came (§2.8): `remote_pong`. The times are seconds, and the peer's claim in part.
    Pong {
        /// The number that our PING had.
        seq: u32,
        /// From our PING's issue to now.
        d1: f64,
        /// From our PING's departure for the network to now.
        d2: f64,
        /// What the peer says that it spent of that.
        d3: f64,
    },
    /// Something was printed to files (§2.12); the receiver raises `print_hook` for each.
    RemotePrint(PrintItems),
    /// The peer announced a log writer (§2.13, 3§1): a log of it begins. Not notified again when the
    /// peer repeats itself.
    LogWriterAnnounced(Arc<LogWriter>),
    /// The peer sent an entry of a log that it announced (§2.14, 3§2). Those of a message are read
    /// one by one, and nothing after it is looked at before they were.
    LogEntry(LogEntry),
    /// An entry fits no writer that the peer announced (3§2); the connection and the entries after it
    /// stay.
    LogEntryDropped {
        /// What it is, and why it was dropped.
        entry: Box<DroppedEntry>,
        /// Whether it is the first of its message. A Bro logs that one, and drops all after it.
        first: bool,
    },
    /// The peer has reached a point of its trace (§2.11).
    SyncPoint(SyncPoint),

    /// A line for the communication log (part 4 §5), beside those that other notifications
    /// [stand for](CommLogMessage::of).
    Log(CommLogMessage),
}

/// Says why a connection is over (§3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseCause {
    /// The peer closed it, between two messages.
    PeerClosed,
    /// The peer closed it in the middle of a message. To Bro this is like any other close.
    PeerClosedMidMessage(Box<WireError>),
    /// The transport failed.
    TransportFailed {
        /// What the transport says about it.
        reason: Box<str>,
    },
    /// TLS failed: it was not established, or something came over it that the peer did not send.
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    Tls(Box<crate::tls::TlsError>),
    /// We closed it.
    ClosedByUs,
    /// The peer broke the protocol, and we closed it.
    Protocol(ProtocolError),
}
