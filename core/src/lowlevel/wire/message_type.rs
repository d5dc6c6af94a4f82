//! The types of messages (§2).

use std::fmt;

/// The type of a message between peers, as sent in its header chunk (§2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum MessageType {
    /// VERSION (§2.1).
    Version = 0x01,
    /// SERIAL (§2.2).
    Serial = 0x02,
    /// REQUEST_EVENTS (§2.3).
    RequestEvents = 0x08,
    /// CAPTURE_FILTER (§2.4).
    CaptureFilter = 0x0c,
    /// REQUEST_SYNC (§2.5).
    RequestSync = 0x0d,
    /// PHASE_DONE (§2.6).
    PhaseDone = 0x0e,
    /// PING (§2.7).
    Ping = 0x0f,
    /// PONG (§2.8).
    Pong = 0x10,
    /// CAPS (§2.9).
    Caps = 0x11,
    /// COMPRESS (§2.10).
    Compress = 0x12,
    /// SYNC_POINT (§2.11).
    SyncPoint = 0x14,
    /// REMOTE_PRINT (§2.12).
    RemotePrint = 0x17,
    /// LOG_CREATE_WRITER (§2.13).
    LogCreateWriter = 0x18,
    /// LOG_WRITE (§2.14).
    LogWrite = 0x19,
    /// REQUEST_LOGS (§2.15).
    RequestLogs = 0x20,
}

impl MessageType {
    /// All types, in the order of §2.
    pub const ALL: [MessageType; 15] = [
        MessageType::Version,
        MessageType::Serial,
        MessageType::RequestEvents,
        MessageType::CaptureFilter,
        MessageType::RequestSync,
        MessageType::PhaseDone,
        MessageType::Ping,
        MessageType::Pong,
        MessageType::Caps,
        MessageType::Compress,
        MessageType::SyncPoint,
        MessageType::RemotePrint,
        MessageType::LogCreateWriter,
        MessageType::LogWrite,
        MessageType::RequestLogs,
    ];

    /// Returns the type with this number, or `None` for types that peers do not exchange.
    #[inline]
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0x01 => MessageType::Version,
            0x02 => MessageType::Serial,
            0x08 => MessageType::RequestEvents,
            0x0c => MessageType::CaptureFilter,
            0x0d => MessageType::RequestSync,
            0x0e => MessageType::PhaseDone,
            0x0f => MessageType::Ping,
            0x10 => MessageType::Pong,
            0x11 => MessageType::Caps,
            0x12 => MessageType::Compress,
            0x14 => MessageType::SyncPoint,
            0x17 => MessageType::RemotePrint,
            0x18 => MessageType::LogCreateWriter,
            0x19 => MessageType::LogWrite,
            0x20 => MessageType::RequestLogs,
            _ => return None,
        })
    }

    /// Returns the name used in the specification, such as `REQUEST_EVENTS`.
    pub const fn name(self) -> &'static str {
        match self {
            MessageType::Version => "VERSION",
            MessageType::Serial => "SERIAL",
            MessageType::RequestEvents => "REQUEST_EVENTS",
            MessageType::CaptureFilter => "CAPTURE_FILTER",
            MessageType::RequestSync => "REQUEST_SYNC",
            MessageType::PhaseDone => "PHASE_DONE",
            MessageType::Ping => "PING",
            MessageType::Pong => "PONG",
            MessageType::Caps => "CAPS",
            MessageType::Compress => "COMPRESS",
            MessageType::SyncPoint => "SYNC_POINT",
            MessageType::RemotePrint => "REMOTE_PRINT",
            MessageType::LogCreateWriter => "LOG_CREATE_WRITER",
            MessageType::LogWrite => "LOG_WRITE",
            MessageType::RequestLogs => "REQUEST_LOGS",
        }
    }

    /// Returns the section of the specification that describes the message.
    pub const fn section(self) -> &'static str {
        match self {
            MessageType::Version => "§2.1",
            MessageType::Serial => "§2.2",
            MessageType::RequestEvents => "§2.3",
            MessageType::CaptureFilter => "§2.4",
            MessageType::RequestSync => "§2.5",
            MessageType::PhaseDone => "§2.6",
            MessageType::Ping => "§2.7",
            MessageType::Pong => "§2.8",
            MessageType::Caps => "§2.9",
            MessageType::Compress => "§2.10",
            MessageType::SyncPoint => "§2.11",
            MessageType::RemotePrint => "§2.12",
            MessageType::LogCreateWriter => "§2.13",
            MessageType::LogWrite => "§2.14",
            MessageType::RequestLogs => "§2.15",
        }
    }

    /// Returns whether an argument chunk follows the header chunk.
    #[inline]
    pub const fn has_argument(self) -> bool {
        !matches!(self, MessageType::PhaseDone | MessageType::Compress | MessageType::RequestLogs)
    }

    /// Returns the required length of the argument, for error texts.
    pub(super) const fn argument_length(self) -> &'static str {
        match self {
            MessageType::Version => "at least 16",
            MessageType::RequestSync | MessageType::SyncPoint => "4",
            MessageType::Ping | MessageType::Pong => "32 or 28",
            MessageType::Caps => "12",
            _ => "at least 1",
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Returns the name of any message type, including those used only between the two processes of a
/// Bro (§2).
pub(super) fn type_name(number: u8) -> Option<&'static str> {
    Some(match number {
        0x03 => "CLOSE",
        0x04 => "CLOSE_ALL",
        0x05 => "ERROR",
        0x06 => "CONNECT_TO",
        0x07 => "CONNECTED",
        0x09 => "LISTEN",
        0x0a => "LISTEN_STOP",
        0x0b => "STATS",
        0x13 => "LOG",
        0x15 => "TERMINATE",
        0x16 => "DEBUG_DUMP",
        _ => return MessageType::from_u8(number).map(MessageType::name),
    })
}
