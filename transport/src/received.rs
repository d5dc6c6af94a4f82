//! What subscribers receive from peers.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use brocomm::data::{ConversionError, Name};
use brocomm::node::EventPeer;

/// An event as a Rust value, with the peer that raised it, or the conversion error.
pub type ReceivedEvent<E> = Result<(Arc<EventPeer>, E), ReceiveError>;

/// An entry of a peer's log as a Rust value, with the peer that wrote it, or the conversion error.
pub type ReceivedRecord<R> = Result<(Arc<EventPeer>, R), ReceiveError>;

/// An event or a log entry of a peer that does not fit the Rust type.
///
/// `Debug` gives the message too, because a program whose `main` returns the error prints that.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiveError {
    /// The peer that sent it.
    pub peer: Arc<EventPeer>,
    /// What the peer sent.
    pub received: Received,
    /// The part that does not fit, and the reason.
    pub error: ConversionError,
}

/// What a peer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// The event with this name.
    Event(Name),
    /// An entry of the log with this path.
    LogEntry(Name),
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.received {
            Received::Event(name) => write!(f, "event {name}")?,
            Received::LogEntry(path) => write!(f, "entry of log {path}")?,
        }
        write!(f, " from {}: {}", self.peer, self.error)
    }
}

impl fmt::Debug for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ReceiveError {}
