//! Lines of the communication log, as data (part 4 §5).

use std::fmt;

use bytes::Bytes;

use super::{ProtocolError, SyncRole};
use crate::data::{CallMismatch, Name};
use crate::wire::{Compression, DataFormat, SyncPoint};

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
