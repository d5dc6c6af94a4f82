//! The notifications of a server.

use brocomm::data::Name;

use crate::EncodeError;
use crate::message::ZeekEvent;
use crate::websocket::CloseFrame;

/// A notification of a server to its application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification {
    /// The client has sent its subscriptions and waits for
    /// [`acknowledge`](super::Server::acknowledge).
    Subscribed {
        /// The prefixes of topics.
        topics: Vec<Name>,
        /// The name of the application.
        application: Option<Name>,
    },
    /// The client published an event.
    Event {
        /// The topic.
        topic: Name,
        /// The event. If it isn't declared, answer with [`refuse`](super::Server::refuse).
        event: ZeekEvent,
    },
    /// The connection is closed. This is the last notification.
    Closed(CloseFrame),
}

/// An error publishing an event.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The client doesn't read, and the output has reached
    /// [`Limits::outgoing`](crate::websocket::Limits::outgoing).
    #[error("send queue full")]
    Full,
    /// The event cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}
