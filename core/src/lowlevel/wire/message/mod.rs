//! The messages between peers (§2).

mod args;
mod caps;
mod decode;
mod encode;
mod lists;
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub use args::{PingArgs, PingLayout, SyncPoint, Version};
pub use caps::Caps;
pub use lists::{EventNames, PrintItem, PrintItems};

use super::MessageType;

/// A message between peers (§2).
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Opens the connection: versions, cache size, class (§2.1).
    Version(Version),
    /// Carries one serialization, which is not decoded here (§2.2).
    Serial(Bytes),
    /// Requests events by name (§2.3).
    RequestEvents(EventNames),
    /// Carries a filter in pcap's syntax, without its terminating NUL (§2.4).
    CaptureFilter(Bytes),
    /// Requests synchronized state (§2.5).
    RequestSync {
        /// Whether the sender considers its own state authoritative.
        authoritative: bool,
    },
    /// Ends a phase (§2.6).
    PhaseDone,
    /// Measures the round trip to the peer (§2.7).
    Ping(PingArgs),
    /// Answers a PING (§2.8).
    Pong(PingArgs),
    /// Announces the sender's capabilities (§2.9).
    Caps(Caps),
    /// Announces that every later chunk is transformed (§2.10).
    Compress,
    /// Announces a point in the replay of a trace (§2.11).
    SyncPoint(SyncPoint),
    /// Carries prints to files (§2.12).
    RemotePrint(PrintItems),
    /// Announces a log writer, which is not decoded here (§2.13).
    LogCreateWriter(Bytes),
    /// Carries log entries, which are not decoded here (§2.14).
    LogWrite(Bytes),
    /// Requests logs (§2.15).
    RequestLogs,
}

impl Message {
    /// Returns the type of the message.
    pub fn message_type(&self) -> MessageType {
        match self {
            Message::Version(_) => MessageType::Version,
            Message::Serial(_) => MessageType::Serial,
            Message::RequestEvents(_) => MessageType::RequestEvents,
            Message::CaptureFilter(_) => MessageType::CaptureFilter,
            Message::RequestSync { .. } => MessageType::RequestSync,
            Message::PhaseDone => MessageType::PhaseDone,
            Message::Ping(_) => MessageType::Ping,
            Message::Pong(_) => MessageType::Pong,
            Message::Caps(_) => MessageType::Caps,
            Message::Compress => MessageType::Compress,
            Message::SyncPoint(_) => MessageType::SyncPoint,
            Message::RemotePrint(_) => MessageType::RemotePrint,
            Message::LogCreateWriter(_) => MessageType::LogCreateWriter,
            Message::LogWrite(_) => MessageType::LogWrite,
            Message::RequestLogs => MessageType::RequestLogs,
        }
    }

    /// Returns the estimated memory in bytes that a received message keeps alive.
    #[inline]
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Message::Serial(bytes) | Message::CaptureFilter(bytes) => bytes.len(),
            Message::RequestEvents(names) => names.as_argument().len(),
            Message::RemotePrint(items) => items.as_argument().len(),
            // Nothing of a LOG_CREATE_WRITER is kept. A LOG_WRITE consists mostly of its values,
            // which are counted separately.
            _ => 0,
        }
    }
}
