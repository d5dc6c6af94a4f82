//! What a client reports.

use std::time::Duration;

use brocomm::data::Name;

use crate::message::{ErrorMessage, ZeekEvent};
use crate::websocket::{CloseFrame, HandshakeError, Violation};
use crate::{DecodeError, EncodeError};

/// What a client reports to its application.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notification {
    /// The subscriptions are active: events come from here on, and can be sent.
    Ready {
        /// The name under which Zeek knows the client.
        endpoint: Name,
        /// Zeek's version.
        version: Name,
    },
    /// An event came.
    Event {
        /// The topic under which it was published.
        topic: Name,
        /// The event.
        event: ZeekEvent,
    },
    /// Zeek did not process something that was sent, and doesn't say what.
    Refused(ErrorMessage),
    /// A message came that can't be read; it is dropped.
    Undecodable(DecodeError),
    /// A message came that is no event; it is dropped.
    NotAnEvent {
        /// The topic under which it was published.
        topic: Name,
    },
    /// The connection is over. Nothing comes after this.
    Closed(CloseCause),
}

/// Says why a connection ended.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseCause {
    /// The application closed it.
    #[error("closed")]
    Requested,
    /// The server closed it.
    #[error("closed by the server with code {}{}", .0.code, reason(.0))]
    Peer(CloseFrame),
    /// The server answered something else than an upgrade.
    #[error("handshake: {0}")]
    Handshake(HandshakeError),
    /// The server doesn't take the path, the application's name or the subscriptions; then it does
    /// nothing else either.
    #[error("refused by the server: {}: {}", .0.code, .0.context)]
    Refused(ErrorMessage),
    /// The server sent a frame against RFC 6455.
    #[error("WebSocket protocol: {0}")]
    Violation(Violation),
    /// The server took too long.
    #[error("no {what} within {} s", .after.as_secs_f64())]
    TimedOut {
        /// What did not come.
        what: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The connection ended without a close frame.
    #[error("the connection ended without a close frame")]
    Ended,
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Failed(String),
    /// The server sends pings and does not read the answers.
    #[error("the server does not read")]
    NotReading,
    /// The subscriptions can't be sent.
    #[error("subscriptions: {0}")]
    Subscriptions(EncodeError),
}

fn reason(frame: &CloseFrame) -> String {
    if frame.reason.is_empty() { String::new() } else { format!(": {}", frame.reason) }
}
