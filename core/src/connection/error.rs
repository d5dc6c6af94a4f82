//! Protocol errors by the peer and usage errors by the application.

use std::fmt;

use thiserror::Error;

use super::Phase;
use crate::data::{CallError, VariableError};
use crate::logs::LogError;
use crate::serial::{SerialError, WriteError};
use crate::wire::{self, MessageType, Version, WireError};

/// A violation that ends the peer's connection, and where it occurred (§3.7, §5). `{:#}` adds the
/// section that was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProtocolError {
    /// The problem.
    pub kind: ProtocolErrorKind,
    /// The message, if its header had been read.
    pub message: Option<MessageType>,
    /// The phase of the connection at that time.
    pub phase: Phase,
    /// The offset of the message in the peer's stream, in bytes.
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
        write!(f, "in {}, at byte {} of the stream", self.phase, self.offset)?;
        wire::section(f, self.section())?;
        f.write_str(")")
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

/// The kind of a protocol violation. The texts are Bro's if Bro has one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolErrorKind {
    /// The bytes are not a sequence of messages, or exceed a limit (§1, §2).
    #[error("{}", .0.kind)]
    Wire(Box<WireError>),
    /// A SERIAL cannot be decoded, so the caches differ (§5).
    #[error("{}: {}", .0.context, .0.kind)]
    Serial(Box<SerialError>),
    /// A LOG_CREATE_WRITER or LOG_WRITE cannot be decoded, or exceeds a limit (3§1, 3§2).
    #[error("{} at byte {} of the argument", .0.kind, .0.offset)]
    Log(Box<LogError>),
    /// The first message is not VERSION (§3.1).
    #[error("peer did not send version")]
    NoVersion,
    /// VERSION names another protocol (§3.1).
    #[error("remote protocol version mismatch: got {got}, but expected {}", Version::PROTOCOL)]
    ProtocolVersion {
        /// The version in it.
        got: u32,
    },
    /// VERSION names another data format (§3.1).
    #[error("remote data version mismatch: got {got}, but expected {expected}")]
    DataVersion {
        /// The version in it.
        got: u32,
        /// Ours, or 26 if we accept any.
        expected: u32,
    },
    /// Both sides consider their state authoritative (§3.3).
    #[error("misconfiguration: authoritative state on both sides")]
    AuthoritativeOnBothSides,
    /// PHASE_DONE arrived while we are sending our state (§3.4).
    #[error("unexpected phase_done in sync phase from peer")]
    UnexpectedPhaseDoneInSync,
    /// PHASE_DONE arrived in Running (§3.5).
    #[error("unexpected phase_done")]
    UnexpectedPhaseDone,
    /// A message is not legal in the phase (§3.7).
    #[error("message is not legal in this phase")]
    UnexpectedMessage,
    /// The names of requested events exceed
    /// [`ConnectionConfig::requests_limit`](super::ConnectionConfig::requests_limit) (§2.3).
    #[error("names of requested events take {bytes} bytes, limit is {limit}")]
    TooManyEvents {
        /// Their size.
        bytes: usize,
        /// The configured limit.
        limit: usize,
    },
}

impl ProtocolErrorKind {
    /// Returns whether the text is exactly what Bro logs.
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

/// The commands of a connection, for [`UsageError`].
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

/// The reason why a connection rejects a command. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UsageError {
    /// The command is not possible in the phase (§3.2, §3.5).
    #[error("cannot {command} in phase {phase}")]
    WrongPhase {
        /// The command.
        command: Command,
        /// The phase.
        phase: Phase,
    },
    /// Our PHASE_DONE of the handshake is sent, and requests must precede it (§3.2).
    #[error("cannot {command} after complete_handshake")]
    HandshakeCompleted {
        /// The command.
        command: Command,
    },
    /// The send queue is full. Try again after some of it is written.
    #[error("send queue full: {queued} bytes, the limit is {limit}")]
    QueueFull {
        /// The queued bytes.
        queued: usize,
        /// [`ConnectionConfig::output_limit`](super::ConnectionConfig::output_limit).
        limit: usize,
    },
    /// An event does not match its declaration (§5).
    #[error("{0}")]
    Event(#[from] Box<CallError>),
    /// A value does not match the variable's declaration.
    #[error("{0}")]
    Variable(#[from] Box<VariableError>),
    /// A log message is not valid in data format 26, so it cannot be converted to the peer's
    /// format.
    #[error("{0}")]
    Log(#[from] Box<LogError>),
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
    fn errors_contain_message_phase_offset_and_section() {
        let error = ProtocolError {
            kind: ProtocolErrorKind::UnexpectedMessage,
            message: Some(MessageType::Version),
            phase: Phase::Running,
            offset: 77,
        };
        assert_eq!(
            error.to_string(),
            "message is not legal in this phase (VERSION in Running, at byte 77 of the stream)"
        );
        assert_eq!(
            format!("{error:#}"),
            "message is not legal in this phase (VERSION in Running, at byte 77 of the stream, §3.7)"
        );
    }
}
