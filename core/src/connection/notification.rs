//! The notifications of a connection, and the lines of the communication log, as data (part 4 §5).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::config::PRINT_HOOK;
use super::{ProtocolError, ProtocolErrorKind, SyncRole};
use crate::data::{CallMismatch, Event, Id, Name, Packet, StateAccess};
use crate::logs::{DroppedEntry, LogEntry, LogWriter};
use crate::serial::LazyEvent;
use crate::wire::{Compression, DataFormat, PrintItems, SyncPoint, Version, WireError};

/// A notification of a connection.
///
/// Values from a peer are views of the received message. To keep a part of it for long, make a
/// compact copy.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConnectionNotification {
    // The phases of the connection (§3).
    /// The TLS handshake is complete, and the connection begins (part 4 §6). This is the first
    /// notification, only with [`ConnectionConfig::tls`](super::ConnectionConfig::tls).
    /// [`Connection::tls`](super::Connection::tls) returns the peer's certificate.
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    Secured,
    /// The peer's VERSION arrived: Handshake begins, and our CAPS are queued (§3.2).
    ///
    /// Bro's `remote_connection_established`. With
    /// [`ConnectionConfig::requests`](super::ConnectionConfig::requests) the requests are already
    /// queued. Without it, the application makes them now and calls
    /// [`complete_handshake`](super::Connection::complete_handshake).
    Established(Version),
    /// Sync begins, with this role for our side (§3.4).
    ///
    /// The sender sends its state now and then calls
    /// [`state_done`](super::Connection::state_done), unless
    /// [`ConnectionConfig::state`](super::ConnectionConfig::state) says that it has none.
    SyncStarted(SyncRole),
    /// Running begins, after Sync if there was one (§3.5). Once per connection.
    ///
    /// Corresponds to Bro's `remote_connection_handshake_done`.
    HandshakeDone,
    /// The connection is closed (§3.6). Exactly once, as the last notification.
    ///
    /// Bro's `remote_connection_closed`, which Bro does not raise if the connection was not
    /// [`Established`](Self::Established). After a [`ProtocolErrorKind::Serial`], Bro raises
    /// `remote_connection_error` before it.
    Closed(CloseCause),

    // The peer's description and requests (§3.2).
    /// The peer's description, if we accept its input.
    PeerDescription(Name),
    /// The peer requests an event for the first time (§2.3): `remote_event_registered`.
    EventRequested(Name),
    /// The peer sent a capture filter. It is only reported (§2.4).
    CaptureFilter(Bytes),
    /// The peer requests sync (§2.5).
    SyncRequested {
        /// Whether the peer considers its own state authoritative.
        authoritative: bool,
    },
    /// The peer requests logs (§2.15).
    LogsRequested,

    // The contents of a SERIAL (2§2), only if we accept the peer's input, except `CallRejected`.
    /// An event. It is declared, and the number and types of its arguments match the declaration;
    /// records of other types have been coerced by field names, as in Bro. With
    /// [`Undeclared::Deliver`](super::Undeclared::Deliver), undeclared events are delivered
    /// unchecked.
    Event(Event),
    /// An event, with [`ConnectionConfig::events_lazily`](super::ConnectionConfig::events_lazily).
    /// The arguments are decoded on demand, as the peer sent them. Only the number of arguments and
    /// their type tags are checked. Keeps the received message in memory.
    LazyEvent(LazyEvent),
    /// A call was dropped (§5), Bro's `remote_connection_error`. The connection stays.
    CallRejected {
        /// The name of the called event.
        name: Name,
        /// The reason.
        mismatch: CallMismatch,
    },
    /// An ID arrived in Running (2§8). Before Running, only `peer_description` has an effect.
    Id(Arc<Id>),
    /// An operation on synchronized state arrived, and we have requested sync (2§9).
    StateAccess(Box<StateAccess>),
    /// A packet arrived (2§2).
    Packet(Packet),

    // Other messages (§3.5), even from a peer whose input is not accepted (§4).
    /// A PONG arrived (§2.8), Bro's `remote_pong`. The times are in seconds; some are claimed by
    /// the peer.
    Pong {
        /// The number of our PING.
        seq: u32,
        /// The time since our PING was issued.
        d1: f64,
        /// The time since our PING was sent to the network.
        d2: f64,
        /// The part of `d2` that the peer claims to have spent.
        d3: f64,
    },
    /// Text was printed to files (§2.12). Bro raises `print_hook` for each item.
    RemotePrint(PrintItems),
    /// The peer announced a log writer (§2.13, 3§1). Not repeated if the peer repeats the
    /// announcement.
    LogWriterAnnounced(Arc<LogWriter>),
    /// The peer sent an entry of a log that it announced (§2.14, 3§2). The entries of a message are
    /// decoded one by one, before anything after the message.
    LogEntry(LogEntry),
    /// An entry matches no announced writer (3§2). The connection and later entries are not
    /// affected.
    LogEntryDropped {
        /// The entry and the reason.
        entry: Box<DroppedEntry>,
        /// Whether it is the first dropped entry in its message. Bro logs only that one and drops
        /// all after it.
        first: bool,
    },
    /// The peer has reached a point of its trace (§2.11).
    SyncPoint(SyncPoint),

    /// A line for the communication log (part 4 §5), in addition to those
    /// [derived](CommLogMessage::of) from other notifications.
    Log(CommLogMessage),
}

/// The reason why a connection was closed (§3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseCause {
    /// The peer closed it, between two messages.
    PeerClosed,
    /// The peer closed it within a message. Bro treats this like any other close.
    PeerClosedMidMessage(Box<WireError>),
    /// The transport failed.
    TransportFailed {
        /// The error of the transport.
        reason: Box<str>,
    },
    /// TLS failed: the handshake failed, or the received data was not authentic.
    #[cfg(feature = "__tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    Tls(Box<crate::tls::TlsError>),
    /// We closed it.
    ClosedByUs,
    /// The peer violated the protocol, and we closed it.
    Protocol(ProtocolError),
}

impl CommLogMessage {
    /// Returns the log lines for a notification, usually none. Log them before acting on it.
    pub fn of(notified: &ConnectionNotification) -> Vec<CommLogMessage> {
        match notified {
            ConnectionNotification::Log(message) => vec![message.clone()],
            ConnectionNotification::Established(Version { class: Some(class), .. })
                if !class.is_empty() =>
            {
                vec![CommLogMessage::PeerSentClass(class.clone())]
            }
            ConnectionNotification::PeerDescription(name) => {
                vec![CommLogMessage::PeerDescription(name.clone())]
            }
            ConnectionNotification::EventRequested(name) => {
                let mut lines = vec![CommLogMessage::RegisteredForEvent(name.clone())];
                lines.extend(
                    (**name == *PRINT_HOOK).then_some(CommLogMessage::InitializedPrintBuffer),
                );
                lines
            }
            ConnectionNotification::SyncRequested { authoritative: true } => {
                vec![CommLogMessage::PeerAuthoritative]
            }
            ConnectionNotification::LogsRequested => vec![CommLogMessage::PeerRequestedLogs],
            ConnectionNotification::SyncStarted(role) => vec![CommLogMessage::PhaseSync(*role)],
            ConnectionNotification::HandshakeDone => vec![CommLogMessage::PhaseRunning],
            ConnectionNotification::SyncPoint(point) => {
                vec![CommLogMessage::ReachedSyncPoint(*point)]
            }
            ConnectionNotification::CallRejected { name, mismatch } => {
                let (name, mismatch) = (name.clone(), mismatch.clone());
                vec![CommLogMessage::CallRejected { name, mismatch }]
            }
            ConnectionNotification::Closed(cause) => CommLogMessage::of_close(cause),
            _ => Vec::new(),
        }
    }

    fn of_close(cause: &CloseCause) -> Vec<CommLogMessage> {
        let mut lines = Vec::new();
        if let CloseCause::Protocol(error) = cause {
            lines.push(CommLogMessage::Violation(error.clone()));
            if matches!(error.kind, ProtocolErrorKind::Serial(_)) {
                lines.push(CommLogMessage::UnserializationError);
            }
        }
        #[cfg(feature = "__tls")]
        if let CloseCause::Tls(error) = cause {
            lines.push(CommLogMessage::ReadError(error.to_string().into()));
        }
        if matches!(cause, CloseCause::ClosedByUs | CloseCause::Protocol(_)) {
            lines.push(CommLogMessage::ClosingConnection);
        }
        lines.push(CommLogMessage::PeerDisconnected);
        lines
    }
}

/// The level of a line of the communication log. More severe levels are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Normal operation.
    Info,
    /// An error.
    Error,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            LogLevel::Info => "info",
            LogLevel::Error => "error",
        })
    }
}

/// The source of a line of the communication log: its `src_name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// The transport.
    Child,
    /// The protocol core.
    Parent,
    /// The policy layer.
    Script,
}

impl fmt::Display for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            LogSource::Child => "child",
            LogSource::Parent => "parent",
            LogSource::Script => "script",
        })
    }
}

/// A line of the communication log. Displayed as its message, in Bro's wording.
///
/// Unusual bytes in names from a peer are displayed as `\xHH`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CommLogMessage {
    /// We send a class that is not empty.
    SendingClass(Bytes),
    /// The transport is up.
    PeerConnected,
    /// Our VERSION is sent; Setup begins.
    PhaseVersion,
    /// The peer's VERSION has a class that is not empty.
    PeerSentClass(Bytes),
    /// Handshake begins.
    PhaseHandshake,
    /// The peer is a Bro with a data format other than 2.5's; we use the peer's. Bro has no such
    /// line.
    PeerRelease(DataFormat),
    /// Log values were sent as unset because the peer's release has no IPv6 addresses; Bro has no
    /// such line. Logged once per connection.
    LogValuesUnset {
        /// The number of values in the first such message.
        values: usize,
        /// The data format of the peer.
        data_format: DataFormat,
    },
    /// The peer sends its description.
    PeerDescription(Name),
    /// The peer's `peer_description` is not a string.
    PeerDescriptionNotAString,
    /// The peer requests an event.
    RegisteredForEvent(Name),
    /// The peer requests an unknown event.
    UnknownEvent(Name),
    /// The peer requests `print_hook` for the first time.
    InitializedPrintBuffer,
    /// There is no event to request from the peer.
    NoEventsToRequest,
    /// The peer requests sync, and its state is authoritative.
    PeerAuthoritative,
    /// The peer requests logs.
    PeerRequestedLogs,
    /// The handshake is complete with a peer without PID_64BIT.
    CompatibilityMode,
    /// The handshake is complete with a peer with NEW_CACHE_STRATEGY.
    KeepInCache,
    /// The handshake is complete with a Broccoli.
    PeerIsBroccoli,
    /// Our COMPRESS is sent.
    EnablingCompression(Compression),
    /// The peer's COMPRESS arrived.
    EnablingDecompression,
    /// Sync begins.
    PhaseSync(SyncRole),
    /// We begin to send our state.
    StartingFullState,
    /// We have sent our state.
    DoneFullState,
    /// Running begins.
    PhaseRunning,
    /// The peer announces a point of its trace.
    ReachedSyncPoint(SyncPoint),
    /// A call is dropped; the connection stays.
    CallRejected {
        /// The name of the called event.
        name: Name,
        /// The reason.
        mismatch: CallMismatch,
    },
    /// The peer violates the protocol.
    Violation(ProtocolError),
    /// The connection is closed because a SERIAL could not be decoded.
    UnserializationError,
    /// Reading from the peer failed, with the reason as text.
    ReadError(Box<str>),
    /// We close the connection.
    ClosingConnection,
    /// The connection is closed.
    PeerDisconnected,
}

impl CommLogMessage {
    /// Returns the line's `level`.
    pub const fn level(&self) -> LogLevel {
        match self {
            CommLogMessage::PeerDescriptionNotAString
            | CommLogMessage::LogValuesUnset { .. }
            | CommLogMessage::CallRejected { .. }
            | CommLogMessage::Violation(_)
            | CommLogMessage::ReadError(_)
            | CommLogMessage::UnserializationError => LogLevel::Error,
            _ => LogLevel::Info,
        }
    }

    /// Returns the line's `src_name`.
    pub const fn source(&self) -> LogSource {
        match self {
            CommLogMessage::EnablingCompression(_)
            | CommLogMessage::EnablingDecompression
            | CommLogMessage::ReadError(_) => LogSource::Child,
            _ => LogSource::Parent,
        }
    }

    /// Returns whether the line begins with the peer's `[#id/host:port] `.
    pub const fn has_prefix(&self) -> bool {
        !matches!(self, CommLogMessage::NoEventsToRequest | CommLogMessage::ReadError(_))
    }
}

impl fmt::Display for CommLogMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommLogMessage::SendingClass(class) => {
                write!(f, "sending class \"{}\"", class.escape_ascii())
            }
            CommLogMessage::PeerConnected => f.write_str("peer connected"),
            CommLogMessage::PhaseVersion => f.write_str("phase: version"),
            CommLogMessage::PeerSentClass(class) => {
                write!(f, "peer sent class \"{}\"", class.escape_ascii())
            }
            CommLogMessage::PhaseHandshake => f.write_str("phase: handshake"),
            CommLogMessage::PeerRelease(format) => {
                write!(f, "peer is a Bro {}, data format {format}", format.releases())
            }
            CommLogMessage::LogValuesUnset { values, data_format } => write!(
                f,
                "{values} IPv6 addresses in log entries sent as unset, and so are later ones: Bro {} \
                 has none",
                data_format.releases()
            ),
            CommLogMessage::PeerDescription(name) if name.is_empty() => {
                f.write_str("peer_description is not set")
            }
            CommLogMessage::PeerDescription(name) => write!(f, "peer_description is {name}"),
            CommLogMessage::PeerDescriptionNotAString => {
                f.write_str("unserializing ID peer_description: peer_description not a string")
            }
            CommLogMessage::RegisteredForEvent(name) => write!(f, "registered for event {name}"),
            CommLogMessage::UnknownEvent(name) => write!(f, "request for unknown event {name}"),
            CommLogMessage::InitializedPrintBuffer => f.write_str("initialized print buffer"),
            CommLogMessage::NoEventsToRequest => f.write_str("warning: no events to request"),
            CommLogMessage::PeerAuthoritative => {
                f.write_str("peer considers its state authoritative")
            }
            CommLogMessage::PeerRequestedLogs => f.write_str("peer requested logs"),
            CommLogMessage::CompatibilityMode => {
                f.write_str("peer does not support 64bit PIDs; using compatibility mode")
            }
            CommLogMessage::KeepInCache => f.write_str("peer supports keep-in-cache; using that"),
            CommLogMessage::PeerIsBroccoli => f.write_str("peer is a Broccoli"),
            CommLogMessage::EnablingCompression(level) => {
                write!(f, "enabling compression (level {})", level.level())
            }
            CommLogMessage::EnablingDecompression => f.write_str("enabling decompression"),
            CommLogMessage::PhaseSync(role) => write!(f, "phase: sync ({role})"),
            CommLogMessage::StartingFullState => f.write_str("starting to send full state"),
            CommLogMessage::DoneFullState => f.write_str("done sending full state"),
            CommLogMessage::PhaseRunning => f.write_str("phase: running"),
            CommLogMessage::ReachedSyncPoint(SyncPoint::Point(point)) => {
                write!(f, "reached sync-point {point}")
            }
            CommLogMessage::ReachedSyncPoint(SyncPoint::Final) => {
                f.write_str("reached final sync-point")
            }
            CommLogMessage::CallRejected { name, mismatch } => {
                write!(f, "unserializing event/function {name}: ")?;
                match mismatch.is_dropped_by_bro() {
                    true => f.write_str(mismatch.in_bros_words()),
                    // Bro has no such line.
                    false => f.write_str(&mismatch.in_full()),
                }
            }
            CommLogMessage::Violation(error) if error.kind.is_worded_by_bro() => error.kind.fmt(f),
            CommLogMessage::Violation(error) => error.fmt(f),
            CommLogMessage::UnserializationError => f.write_str("unserialization error"),
            CommLogMessage::ReadError(reason) => write!(f, "can't read data chunk: {reason}"),
            CommLogMessage::ClosingConnection => f.write_str("closing connection"),
            CommLogMessage::PeerDisconnected => f.write_str("peer disconnected"),
        }
    }
}
