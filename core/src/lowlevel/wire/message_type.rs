//! The types of messages (§2).

use crate::numbered::numbered;

numbered! {
    /// The type of a message between peers, as sent in its header chunk (§2).
    MessageType {
        /// VERSION (§2.1).
        Version = 0x01, "VERSION";
        /// SERIAL (§2.2).
        Serial = 0x02, "SERIAL";
        /// REQUEST_EVENTS (§2.3).
        RequestEvents = 0x08, "REQUEST_EVENTS";
        /// CAPTURE_FILTER (§2.4).
        CaptureFilter = 0x0c, "CAPTURE_FILTER";
        /// REQUEST_SYNC (§2.5).
        RequestSync = 0x0d, "REQUEST_SYNC";
        /// PHASE_DONE (§2.6).
        PhaseDone = 0x0e, "PHASE_DONE";
        /// PING (§2.7).
        Ping = 0x0f, "PING";
        /// PONG (§2.8).
        Pong = 0x10, "PONG";
        /// CAPS (§2.9).
        Caps = 0x11, "CAPS";
        /// COMPRESS (§2.10).
        Compress = 0x12, "COMPRESS";
        /// SYNC_POINT (§2.11).
        SyncPoint = 0x14, "SYNC_POINT";
        /// REMOTE_PRINT (§2.12).
        RemotePrint = 0x17, "REMOTE_PRINT";
        /// LOG_CREATE_WRITER (§2.13).
        LogCreateWriter = 0x18, "LOG_CREATE_WRITER";
        /// LOG_WRITE (§2.14).
        LogWrite = 0x19, "LOG_WRITE";
        /// REQUEST_LOGS (§2.15).
        RequestLogs = 0x20, "REQUEST_LOGS";
    }
}

impl MessageType {
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
