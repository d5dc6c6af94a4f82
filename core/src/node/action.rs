//! Actions that a node requests from its transport.

use super::{ConnectionId, Endpoint, KeepAlive, ListenTarget};

/// An action for the transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect, and report the result with [`feed_connected`](super::NodeMachine::feed_connected)
    /// or [`feed_connect_failed`](super::NodeMachine::feed_connect_failed).
    Connect {
        /// The id of the connection.
        connection: ConnectionId,
        /// The endpoint to connect to.
        endpoint: Endpoint,
        /// The TCP keep-alive settings.
        keep_alive: Option<KeepAlive>,
    },
    /// Cancel an attempt to connect.
    CancelConnect(ConnectionId),
    /// Listen, and report the result with [`feed_listening`](super::NodeMachine::feed_listening) or
    /// [`feed_listen_failed`](super::NodeMachine::feed_listen_failed). There may be several, one
    /// socket each.
    Listen(ListenTarget),
    /// Close all listening sockets.
    StopListening,
}
