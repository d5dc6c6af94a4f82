//! Lines of the communication log, with source and peer (part 4 §5).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::{CommunicationLine, Endpoint, EventPattern, EventPeer, PeerCounters};
use crate::Time;
use crate::connection::{CommLogMessage, LogLevel, LogSource};
use crate::wire::SyncPoint;

/// One line of the communication log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CommLogEntry {
    /// The time of the line.
    pub time: Time,
    /// The peer, if the line is about one. Not every such line has the peer's prefix.
    pub peer: Option<Arc<EventPeer>>,
    /// The message.
    pub line: CommLogLine,
}

impl CommLogEntry {
    /// Returns the line's `level`. Bro leaves it unset in two of its lines.
    pub const fn level(&self) -> Option<LogLevel> {
        self.line.level()
    }

    /// Returns the line's `src_name`, unset if the level is.
    pub const fn source(&self) -> Option<LogSource> {
        self.line.source()
    }
}

impl From<&CommLogEntry> for CommunicationLine {
    /// Converts to a line of the log file.
    fn from(entry: &CommLogEntry) -> CommunicationLine {
        CommunicationLine {
            time: entry.time,
            source: entry.source(),
            level: entry.level(),
            message: entry.to_string(),
        }
    }
}

impl fmt::Display for CommLogEntry {
    /// Writes the line's `message`, with its prefix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(peer) = self.peer.as_ref().filter(|_| self.line.has_prefix()) {
            match self.source() {
                Some(LogSource::Child) => write!(f, "[#{}/{}] ", peer.id, peer.endpoint)?,
                _ => write!(f, "[#{}/{}] ", peer.id, peer.endpoint.without_zone())?,
            }
        }
        self.line.fmt(f)
    }
}

/// The message of a line in the communication log. Displayed as in Bro if Bro has the line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the displayed text describes the variants")]
pub enum CommLogLine {
    /// A message of a connection.
    Connection(CommLogMessage),

    // The transport.
    Listening {
        endpoint: Endpoint,
        ssl: bool,
    },
    StoppedListening,
    CannotListen {
        endpoint: Endpoint,
        reason: Box<str>,
        /// Whether the node will retry.
        retries: bool,
    },
    Accepted {
        ssl: bool,
    },
    AcceptFailed {
        reason: Box<str>,
    },
    Connected,
    ConnectFailed {
        reason: Box<str>,
    },
    /// TLS could not be set up.
    CannotInitIo {
        reason: Box<str>,
    },
    WriteError {
        reason: Box<str>,
    },
    ConnectionClosed,
    /// The receive queue was full, and the policy was to close the connection.
    IncomingFull,
    Terminated,

    // The protocol core.
    AddedPeer,
    RemovedPeer,
    CouldNotConnect,
    Statistics(Box<PeerCounters>),
    Terminating,
    ClosingConnection,
    ReachedSyncPoint(SyncPoint),
    WaitingForPeers,
    StoppingAtPacket {
        packet: Time,
        next: Time,
    },
    AllPeersReached(SyncPoint),
    EndOfTrace,
    /// An event was dropped because of a full queue; Bro has no such line.
    EventDropped {
        incoming: bool,
        name: crate::data::Name,
    },
    /// Log entries were dropped because of a full queue; Bro has no such line.
    LogEntriesDropped {
        incoming: bool,
        number: usize,
    },
    /// Prints were dropped because of a full queue; Bro has no such line.
    PrintsDropped {
        incoming: bool,
        number: usize,
    },
    /// The connection was closed before these events and batches of log entries and prints were
    /// sent; Bro has no such line.
    Unsent {
        number: usize,
    },
    /// A packet from a peer was dropped because of a full queue; Bro has no such line.
    PacketDropped,
    /// An ID from a peer was dropped because of a full queue; Bro has no such line.
    IdDropped {
        name: crate::data::Name,
    },
    /// A peer's log entry matches no announced writer and was dropped (3§2). Once per message.
    LogEntryUnknown,
    /// An event could not be serialized because it is too large or too deep, or because the peer's
    /// release of Bro lacks a feature; Bro has no line for the latter.
    Unwritable {
        name: crate::data::Name,
        /// The missing feature.
        lacks: Option<Box<str>>,
    },
    /// A change of state was not sent to a peer, for this reason; Bro has no such line.
    StateNotSent(Box<str>),
    /// A subscriber has read nothing for a second, and peers wait for it; Bro has no such line.
    SubscriberStalled {
        /// Its name.
        name: Box<str>,
        /// The number of notifications in its queue.
        waiting: usize,
    },
    /// The queue of a subscriber is full, and notifications are dropped; Bro has no such line.
    /// Logged once until the queue is empty.
    SubscriberDrops {
        /// Its name.
        name: Box<str>,
    },
    /// The queue of a subscriber was full, and it receives nothing more; Bro has no such line.
    SubscriberDisconnected {
        /// Its name.
        name: Box<str>,
    },
    /// A peer was silent for too long; Bro has no such line.
    Silent,
    /// The send queue was full, and the policy was to close the connection; Bro has no such line.
    OutgoingFull,

    // The policy layer.
    ConnectionEstablished,
    RequestingEvents(EventPattern),
    SendingCaptureFilter(Bytes),
    AcceptingState,
    RequestingState,
    RequestingLogs,
    RemoteConnectionClosed,
    CannotTriggerConnect,
    /// The old value in a peer's operation differed from the local value.
    StateInconsistency(Box<str>),
}

impl CommLogLine {
    const fn level(&self) -> Option<LogLevel> {
        match self {
            CommLogLine::Connection(message) => Some(message.level()),
            CommLogLine::CannotListen { .. }
            | CommLogLine::AcceptFailed { .. }
            | CommLogLine::ConnectFailed { .. }
            | CommLogLine::CannotInitIo { .. }
            | CommLogLine::WriteError { .. }
            | CommLogLine::CouldNotConnect
            | CommLogLine::EventDropped { .. }
            | CommLogLine::LogEntriesDropped { .. }
            | CommLogLine::PrintsDropped { .. }
            | CommLogLine::Unsent { .. }
            | CommLogLine::PacketDropped
            | CommLogLine::IdDropped { .. }
            | CommLogLine::LogEntryUnknown
            | CommLogLine::Unwritable { .. }
            | CommLogLine::StateNotSent(_)
            | CommLogLine::SubscriberStalled { .. }
            | CommLogLine::SubscriberDrops { .. }
            | CommLogLine::SubscriberDisconnected { .. }
            | CommLogLine::Silent
            | CommLogLine::IncomingFull
            | CommLogLine::OutgoingFull => Some(LogLevel::Error),
            CommLogLine::CannotTriggerConnect | CommLogLine::StateInconsistency(_) => None,
            _ => Some(LogLevel::Info),
        }
    }

    const fn source(&self) -> Option<LogSource> {
        match self {
            CommLogLine::Connection(message) => Some(message.source()),
            CommLogLine::Listening { .. }
            | CommLogLine::StoppedListening
            | CommLogLine::CannotListen { .. }
            | CommLogLine::Accepted { .. }
            | CommLogLine::AcceptFailed { .. }
            | CommLogLine::Connected
            | CommLogLine::ConnectFailed { .. }
            | CommLogLine::CannotInitIo { .. }
            | CommLogLine::WriteError { .. }
            | CommLogLine::ConnectionClosed
            | CommLogLine::IncomingFull
            | CommLogLine::Terminated => Some(LogSource::Child),
            CommLogLine::ConnectionEstablished
            | CommLogLine::RequestingEvents(_)
            | CommLogLine::SendingCaptureFilter(_)
            | CommLogLine::AcceptingState
            | CommLogLine::RequestingState
            | CommLogLine::RequestingLogs
            | CommLogLine::RemoteConnectionClosed => Some(LogSource::Script),
            CommLogLine::CannotTriggerConnect | CommLogLine::StateInconsistency(_) => None,
            _ => Some(LogSource::Parent),
        }
    }

    /// Returns whether Bro writes the line when a connection is closed, but not on termination.
    pub(super) const fn is_of_close(&self) -> bool {
        matches!(
            self,
            CommLogLine::Connection(
                CommLogMessage::ClosingConnection | CommLogMessage::PeerDisconnected
            ) | CommLogLine::RemoteConnectionClosed
                | CommLogLine::ConnectionClosed
        )
    }

    /// Returns whether the line begins with the peer's `[#id/host:port] `. Lines of the policy
    /// layer never do.
    const fn has_prefix(&self) -> bool {
        match self {
            CommLogLine::Connection(message) => message.has_prefix(),
            CommLogLine::CannotInitIo { .. } | CommLogLine::IncomingFull => false,
            line => !matches!(line.source(), Some(LogSource::Script) | None),
        }
    }
}

impl fmt::Display for CommLogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |ssl: &bool| if *ssl { "SSL" } else { "clear" };
        match self {
            CommLogLine::Connection(message) => message.fmt(f),
            CommLogLine::Listening { endpoint, ssl } => {
                write!(f, "listening on {endpoint} ({})", if *ssl { "ssl" } else { "clear" })
            }
            CommLogLine::StoppedListening => f.write_str("stopped listening"),
            CommLogLine::CannotListen { endpoint, reason, .. } => {
                write!(f, "can't bind to {endpoint}, {reason}")
            }
            CommLogLine::Accepted { ssl } => write!(f, "accepted {} connection", kind(ssl)),
            CommLogLine::AcceptFailed { reason } => write!(f, "accept failed, {reason}"),
            CommLogLine::Connected => f.write_str("connected"),
            CommLogLine::ConnectFailed { reason } => write!(f, "connect failed: {reason}"),
            CommLogLine::CannotInitIo { reason } => write!(f, "can't init peer io: {reason}"),
            CommLogLine::WriteError { reason } => write!(f, "child: write error {reason}"),
            CommLogLine::ConnectionClosed | CommLogLine::RemoteConnectionClosed => {
                f.write_str("connection closed")
            }
            CommLogLine::Terminated => f.write_str("terminating"),
            CommLogLine::AddedPeer => f.write_str("added peer"),
            CommLogLine::RemovedPeer => f.write_str("removed peer"),
            CommLogLine::CouldNotConnect => f.write_str("could not connect"),
            CommLogLine::Statistics(counters) => counters.fmt_statistics(f),
            CommLogLine::Terminating => f.write_str("terminating..."),
            CommLogLine::ClosingConnection => f.write_str("closing connection"),
            CommLogLine::ReachedSyncPoint(SyncPoint::Point(point)) => {
                write!(f, "reached sync-point {point}")
            }
            CommLogLine::EndOfTrace | CommLogLine::ReachedSyncPoint(SyncPoint::Final) => {
                f.write_str("reached end of trace, sending final sync point")
            }
            CommLogLine::WaitingForPeers => f.write_str("waiting for peers"),
            CommLogLine::StoppingAtPacket { packet, next } => {
                let (packet, next) = (packet.as_secs_f64(), next.as_secs_f64());
                write!(f, "stopping at packet {packet:.6}, next sync-point at {next:.6}")
            }
            CommLogLine::AllPeersReached(SyncPoint::Point(point)) => {
                write!(f, "all peers reached sync-point {point}")
            }
            CommLogLine::AllPeersReached(SyncPoint::Final) => {
                f.write_str("all peers reached final sync-point, going to finish")
            }
            CommLogLine::EventDropped { incoming: true, name } => {
                write!(f, "dropped event {name} from peer, receive queue full")
            }
            CommLogLine::EventDropped { incoming: false, name } => {
                write!(f, "dropped event {name} for peer, send queue full")
            }
            CommLogLine::LogEntriesDropped { incoming: true, number } => {
                write!(f, "dropped {number} log entries from peer, receive queue full")
            }
            CommLogLine::LogEntriesDropped { incoming: false, number } => {
                write!(f, "dropped {number} log entries for peer, send queue full")
            }
            CommLogLine::PrintsDropped { incoming: true, number } => {
                write!(f, "dropped {number} prints from peer, receive queue full")
            }
            CommLogLine::PrintsDropped { incoming: false, number } => {
                write!(f, "dropped {number} prints for peer, send queue full")
            }
            CommLogLine::Unsent { number } => {
                write!(f, "dropped {number} queued messages for peer, connection closed")
            }
            CommLogLine::PacketDropped => {
                f.write_str("dropped packet from peer, receive queue full")
            }
            CommLogLine::IdDropped { name } => {
                write!(f, "dropped ID {name} from peer, receive queue full")
            }
            CommLogLine::LogEntryUnknown => f.write_str("write error for log entry"),
            CommLogLine::Unwritable { name, lacks: Some(lacks) } => {
                write!(f, "serializing call: event {name} not sent: {lacks}")
            }
            CommLogLine::Unwritable { name, lacks: None } => {
                write!(f, "serializing call: event {name} is too large or too deep, not sent")
            }
            CommLogLine::StateNotSent(why) => write!(f, "state not sent: {why}"),
            CommLogLine::SubscriberStalled { name, waiting } => write!(
                f,
                "subscriber {name} has read nothing for 1 s: its queue of {waiting} notifications \
                 is full, and peers wait"
            ),
            CommLogLine::SubscriberDrops { name } => {
                write!(f, "subscriber {name} reads too slowly: its queue is full, dropping")
            }
            CommLogLine::SubscriberDisconnected { name } => {
                write!(f, "subscriber {name} reads too slowly: its queue was full, disconnected")
            }
            CommLogLine::Silent => f.write_str("no sign of life from peer, closing connection"),
            CommLogLine::OutgoingFull => f.write_str("send queue full, closing connection"),
            CommLogLine::IncomingFull => {
                f.write_str("queue to parent filling up; shutting down heaviest connection")
            }
            CommLogLine::ConnectionEstablished => f.write_str("connection established"),
            CommLogLine::RequestingEvents(events) => {
                write!(f, "requesting events matching {events}")
            }
            CommLogLine::SendingCaptureFilter(filter) => {
                write!(f, "sending capture_filter: {}", filter.escape_ascii())
            }
            CommLogLine::AcceptingState => f.write_str("accepting state"),
            CommLogLine::RequestingState => f.write_str("requesting synchronized state"),
            CommLogLine::RequestingLogs => f.write_str("requesting logs"),
            CommLogLine::CannotTriggerConnect => f.write_str("can't trigger connect"),
            CommLogLine::StateInconsistency(what) => write!(f, "state inconsistency: {what}"),
        }
    }
}
