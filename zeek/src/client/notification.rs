//! The notifications of a client.

use std::time::Duration;

use brocomm::data::Name;

use crate::message::{ErrorMessage, ZeekEvent};
use crate::websocket::{CloseFrame, HandshakeError, Violation};
use crate::{DecodeError, EncodeError};

/// A notification of a client to its application.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    /// The subscriptions are active. From now on events can be sent and received.
    Ready {
        /// The name under which Zeek knows the client.
        endpoint: Name,
        /// Zeek's version.
        version: Name,
    },
    /// An event arrived.
    Event {
        /// The topic under which it was published.
        topic: Name,
        /// The event.
        event: ZeekEvent,
    },
    /// Zeek did not process a message that was sent. It doesn't say which one.
    Refused(ErrorMessage),
    /// A message that cannot be decoded arrived and was dropped.
    Undecodable(DecodeError),
    /// A message that is not an event arrived and was dropped.
    NotAnEvent {
        /// The topic under which it was published.
        topic: Name,
    },
    /// The connection is closed. This is the last notification.
    Closed(CloseCause),
}

/// The cause of the end of a connection.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseCause {
    /// The application closed it.
    #[error("closed")]
    Requested,
    /// The server closed it.
    #[error("closed by the server with code {}{}", .0.code, reason(.0))]
    Peer(CloseFrame),
    /// The server did not accept the upgrade.
    #[error("handshake: {0}")]
    Handshake(HandshakeError),
    /// The server rejected the path, the application's name or the subscriptions, and ignores
    /// everything after that.
    #[error("refused by the server: {}: {}", .0.code, .0.context)]
    Refused(ErrorMessage),
    /// The server sent a frame that violates RFC 6455.
    #[error("WebSocket protocol: {0}")]
    Violation(Violation),
    /// The server took too long.
    #[error("no {what} within {} s", .after.as_secs_f64())]
    TimedOut {
        /// The missing answer.
        what: &'static str,
        /// The time limit.
        after: Duration,
    },
    /// The connection ended without a close frame.
    #[error("the connection ended without a close frame")]
    Ended,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Failed(String),
    /// The server sends pings but does not read the answers.
    #[error("the server does not read")]
    NotReading,
    /// The subscriptions cannot be encoded.
    #[error("subscriptions: {0}")]
    Subscriptions(EncodeError),
}

fn reason(frame: &CloseFrame) -> String {
    if frame.reason.is_empty() { String::new() } else { format!(": {}", frame.reason) }
}
