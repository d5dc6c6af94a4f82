//! What a server reports.

use brocomm::data::Name;

use crate::EncodeError;
use crate::message::ZeekEvent;
use crate::websocket::CloseFrame;

/// What a server reports to its application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notification {
    /// A client subscribes to these prefixes of topics. It waits for
    /// [`acknowledge`](super::Server::acknowledge).
    Subscribed {
        /// The prefixes.
        topics: Vec<Name>,
        /// What it calls itself.
        application: Option<Name>,
    },
    /// The client published an event.
    Event {
        /// The topic.
        topic: Name,
        /// The event. If it isn't a declared one, answer with [`refuse`](super::Server::refuse).
        event: ZeekEvent,
    },
    /// The connection is over. Nothing comes after this.
    Closed(CloseFrame),
}

/// Says why an event was not published.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The client doesn't read; as much waits as [`Limits::outgoing`](crate::websocket::Limits::outgoing)
    /// allows.
    #[error("send queue full")]
    Full,
    /// The event can't be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}
