//! What the transport is to do for a node.

use super::{ConnectionId, Endpoint, KeepAlive, ListenTarget};

/// Tells the transport what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect, and say what came of it with
    /// [`feed_connected`](super::NodeMachine::feed_connected) or
    /// [`feed_connect_failed`](super::NodeMachine::feed_connect_failed).
    Connect {
        /// What the connection is called from now on.
        connection: ConnectionId,
        /// Where to.
        endpoint: Endpoint,
        /// What to ask of TCP.
        keep_alive: Option<KeepAlive>,
    },
    /// Give up an attempt to connect.
    CancelConnect(ConnectionId),
    /// Listen, and say what came of it with
    /// [`feed_listening`](super::NodeMachine::feed_listening) or
    /// [`feed_listen_failed`](super::NodeMachine::feed_listen_failed). More than one may be asked
    /// for, one socket each.
    Listen(ListenTarget),
    /// Close all listening sockets.
    StopListening,
}
