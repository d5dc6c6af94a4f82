//! What a peer, and what our own user, can do wrong.

use std::fmt;

use thiserror::Error;

use super::Phase;
use crate::data::{CallError, VariableError};
use crate::logs::LogError;
use crate::serial::{SerialError, WriteError};
use crate::wire::{MessageType, Version, WireError};

/// Says what a peer did that ends its connection, and where (§3.7, §5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProtocolError {
    /// What is wrong.
    pub kind: ProtocolErrorKind,
    /// The message, if its header had been read.
    pub message: Option<MessageType>,
    /// The phase of the connection at that time.
    pub phase: Phase,
    /// Where the message begins in the stream that the peer sent, in bytes.
    pub offset: u64,
}

impl ProtocolError {
    /// Returns the section of the specification that was violated, as in `§3.7`.
    pub fn section(&self) -> &'static str {
        match &self.kind {
            ProtocolErrorKind::Wire(error) => error.kind.section(),
            ProtocolErrorKind::Serial(error) => error.kind.section(),
            ProtocolErrorKind::Log(error) => error.section(),
            ProtocolErrorKind::NoVersion
            | ProtocolErrorKind::ProtocolVersion { .. }
            | ProtocolErrorKind::DataVersion { .. } => "§3.1",
            ProtocolErrorKind::AuthoritativeOnBothSides => "§3.3",
            ProtocolErrorKind::UnexpectedPhaseDoneInSync => "§3.4",
            ProtocolErrorKind::UnexpectedPhaseDone => "§3.5",
            ProtocolErrorKind::UnexpectedMessage => "§3.7",
            ProtocolErrorKind::TooManyEvents { .. } => "§2.3",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.kind)?;
        if let Some(message) = self.message {
            write!(f, "{message} ")?;
        }
        write!(f, "in {}, at byte {} of the stream, {})", self.phase, self.offset, self.section())
    }
}

impl std::error::Error for ProtocolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ProtocolErrorKind::Wire(error) => Some(&**error),
            ProtocolErrorKind::Serial(error) => Some(&**error),
            ProtocolErrorKind::Log(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Says what a peer did that ends its connection; the texts are Bro's own where Bro has one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolErrorKind {
    /// The bytes are not a sequence of messages, or pass a limit (§1, §2).
    #[error("{}", .0.kind)]
    Wire(Box<WireError>),
    /// A SERIAL cannot be read, so the caches are out of step (§5).
    #[error("{}: {}", .0.place, .0.kind)]
    Serial(Box<SerialError>),
    /// A LOG_CREATE_WRITER or LOG_WRITE cannot be read, or passes a limit (3§1, 3§2).
    #[error("{} at byte {} of the argument", .0.kind, .0.offset)]
    Log(Box<LogError>),
    /// The first message is no VERSION (§3.1).
    #[error("peer did not send version")]
    NoVersion,
    /// VERSION names another protocol (§3.1).
    #[error("remote protocol version mismatch: got {got}, but expected {}", Version::PROTOCOL)]
    ProtocolVersion {
        /// The version in it.
        got: u32,
    },
    /// VERSION names another data format (§3.1).
    #[error("remote data version mismatch: got {got}, but expected {}", Version::DATA_FORMAT)]
    DataVersion {
        /// The version in it.
        got: u32,
    },
    /// Both sides call their state authoritative (§3.3).
    #[error("misconfiguration: authoritative state on both sides")]
    AuthoritativeOnBothSides,
    /// A PHASE_DONE comes while we are sending our state (§3.4).
    #[error("unexpected phase_done in sync phase from peer")]
    UnexpectedPhaseDoneInSync,
    /// A PHASE_DONE comes in Running (§3.5).
    #[error("unexpected phase_done")]
    UnexpectedPhaseDone,
    /// A message comes in a phase that has no place for it (§3.7).
    #[error("message is not legal in this phase")]
    UnexpectedMessage,
    /// The names of events that a peer requests take more than
    /// [`ConnectionConfig::requests_limit`](super::ConnectionConfig::requests_limit) (§2.3).
    #[error("names of requested events take {bytes} bytes, limit is {limit}")]
    TooManyEvents {
        /// What they would take.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
}

impl ProtocolErrorKind {
    /// Returns whether the text is one that Bro logs, complete as it is.
    pub(super) const fn is_worded_by_bro(&self) -> bool {
        !matches!(
            self,
            ProtocolErrorKind::Wire(_)
                | ProtocolErrorKind::Log(_)
                | ProtocolErrorKind::UnexpectedMessage
                | ProtocolErrorKind::TooManyEvents { .. }
        )
    }
}

/// Names what an application can ask of a connection, for [`UsageError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is named after its method")]
pub enum Command {
    RequestEvents,
    SendCaptureFilter,
    RequestSync,
    RequestLogs,
    SetAcceptInput,
    SetCompression,
    CompleteHandshake,
    SendId,
    SendSerial,
    StateDone,
    Ping,
    SendPacket,
    SendSyncPoint,
    SendLogCreateWriter,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Command::RequestEvents => "request_events",
            Command::SendCaptureFilter => "send_capture_filter",
            Command::RequestSync => "request_sync",
            Command::RequestLogs => "request_logs",
            Command::SetAcceptInput => "set_accept_input",
            Command::SetCompression => "set_compression",
            Command::CompleteHandshake => "complete_handshake",
            Command::SendId => "send_id",
            Command::SendSerial => "send_serial",
            Command::StateDone => "state_done",
            Command::Ping => "ping",
            Command::SendPacket => "send_packet",
            Command::SendSyncPoint => "send_sync_point",
            Command::SendLogCreateWriter => "send_log_create_writer",
        })
    }
}

/// Says why a connection refuses what its own user asks; nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UsageError {
    /// The phase has no place for it (§3.2, §3.5).
    #[error("{command} makes no sense in {phase}")]
    WrongPhase {
        /// What was asked.
        command: Command,
        /// The phase.
        phase: Phase,
    },
    /// Our PHASE_DONE of the handshake is sent, and requests come before it (§3.2).
    #[error("{command} makes no sense after complete_handshake")]
    HandshakeCompleted {
        /// What was asked.
        command: Command,
    },
    /// As much output waits as the configuration allows; try again when some of it is written.
    #[error("{queued} bytes of output wait, limit is {limit}")]
    QueueFull {
        /// The bytes that wait.
        queued: usize,
        /// [`ConnectionConfig::output_limit`](super::ConnectionConfig::output_limit).
        limit: usize,
    },
    /// An event does not fit its declaration (§5).
    #[error("{0}")]
    Event(#[from] Box<CallError>),
    /// A value does not fit the declaration of the variable that it is for.
    #[error("{0}")]
    Variable(#[from] Box<VariableError>),
    /// The value cannot be serialized.
    #[error("{0}")]
    Unwritable(#[from] WriteError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small() {
        assert!(size_of::<ProtocolError>() <= 64);
        assert!(size_of::<UsageError>() <= 32);
    }

    #[test]
    fn errors_say_message_phase_place_and_section() {
        let error = ProtocolError {
            kind: ProtocolErrorKind::UnexpectedMessage,
            message: Some(MessageType::Version),
            phase: Phase::Running,
            offset: 77,
        };
        assert_eq!(
            error.to_string(),
            "message is not legal in this phase (VERSION in Running, at byte 77 of the stream, §3.7)"
        );
    }
}
