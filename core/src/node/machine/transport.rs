//! The node's transport connections and listening sockets.

use std::collections::VecDeque;

use super::super::{Action, ConnectionId, Endpoint, ListenTarget, Options};
use super::peers::PeerKey;
use crate::connection::{Connection, Phase};
use crate::node::peer::Slab;

/// All connections that the transport has not reported as closed, the listening sockets, and the
/// actions for the transport.
#[derive(Debug, Default)]
pub(super) struct Transport {
    slab: Slab<Socket>,
    /// The number of connections so far.
    begun: u64,
    /// The connections for which the transport may have work.
    touched: VecDeque<ConnectionId>,
    /// The other actions for the transport.
    actions: VecDeque<Action>,
    /// Whether the node listens, or waits to.
    listens: bool,
    /// The open sockets, as reported by the transport.
    listening: Vec<Endpoint>,
}

/// A transport connection.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) peer: PeerKey,
    /// `None` until the transport is connected. The connection begins after the TLS handshake.
    pub(super) connection: Option<Box<Connection>>,
    /// Whether the transport has closed it. It is kept until all its input is processed.
    pub(super) gone: bool,
    /// Whether it is in `touched`.
    touched: bool,
}

impl Socket {
    /// Returns the connection, once it has begun.
    pub(super) fn begun(&self) -> Option<&Connection> {
        self.connection.as_deref().filter(|connection| connection.has_begun())
    }

    /// Returns whether the connection is still connecting or in the TLS handshake.
    pub(super) fn is_pending(&self) -> bool {
        let over = |connection: &Connection| connection.phase() == Phase::Closed;
        self.begun().is_none() && !self.connection.as_deref().is_some_and(over)
    }
}

#[inline]
fn touch(touched: &mut VecDeque<ConnectionId>, id: ConnectionId, socket: &mut Socket) {
    if !std::mem::replace(&mut socket.touched, true) {
        touched.push_back(id);
    }
}

impl Transport {
    /// Adds a connection that is not established yet.
    pub(super) fn insert(&mut self, peer: PeerKey) -> ConnectionId {
        self.begun += 1;
        let socket = Socket { peer, connection: None, gone: false, touched: false };
        ConnectionId(self.slab.insert(self.begun, socket))
    }

    /// Adds a connection for the transport to establish.
    pub(super) fn connect(
        &mut self,
        peer: PeerKey,
        endpoint: Endpoint,
        options: &Options,
    ) -> ConnectionId {
        let connection = self.insert(peer);
        let keep_alive = options.keep_alive;
        self.actions.push_back(Action::Connect { connection, endpoint, keep_alive });
        connection
    }

    /// Cancels an attempt to connect.
    pub(super) fn cancel_connect(&mut self, id: ConnectionId) {
        self.actions.push_back(Action::CancelConnect(id));
    }

    /// Removes actions that the transport has not taken yet.
    pub(super) fn retract(&mut self, is_retracted: impl Fn(&Action) -> bool) {
        self.actions.retain(|action| !is_retracted(action));
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Socket> {
        self.slab.remove(id.0)
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Socket> {
        self.slab.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Socket> {
        self.slab.get_mut(id.0)
    }

    /// Returns a connection, once the transport is connected.
    pub(super) fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.get(id)?.connection.as_deref()
    }

    /// Returns a connection, once the transport is connected.
    pub(super) fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.get_mut(id)?.connection.as_deref_mut()
    }

    /// Returns a connection, once it has begun.
    pub(super) fn begun_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connection_mut(id).filter(|connection| connection.has_begun())
    }

    /// Iterates over all connections, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Socket> {
        self.slab.iter().map(|(_, socket)| socket)
    }

    /// Returns the wanted connections, in order of creation.
    pub(super) fn in_order(&self, is_wanted: impl Fn(&Socket) -> bool) -> Vec<ConnectionId> {
        let wanted = self.slab.iter().filter(|(_, socket)| is_wanted(socket));
        let mut wanted: Vec<_> = wanted.map(|(key, _)| ConnectionId(key)).collect();
        wanted.sort_unstable();
        wanted
    }

    /// Records that the transport may have work for a connection.
    pub(super) fn touch(&mut self, id: ConnectionId) {
        if let Some(socket) = self.slab.get_mut(id.0) {
            touch(&mut self.touched, id, socket);
        }
    }

    /// Calls `send` with a connection that has begun. If its second result is true, records that
    /// the transport has work for the connection.
    #[inline]
    pub(super) fn send<T>(
        &mut self,
        id: ConnectionId,
        send: impl FnOnce(&mut Connection) -> (T, bool),
    ) -> Option<T> {
        let socket = self.slab.get_mut(id.0)?;
        let connection = socket.connection.as_deref_mut().filter(|c| c.has_begun())?;
        let (result, has_work) = send(connection);
        if has_work {
            touch(&mut self.touched, id, socket);
        }
        Some(result)
    }

    /// Returns the next connection for which the transport may have work.
    pub(super) fn poll_touched(&mut self) -> Option<ConnectionId> {
        let id = self.touched.pop_front()?;
        if let Some(socket) = self.get_mut(id) {
            socket.touched = false;
        }
        Some(id)
    }
}

/// Listening.
impl Transport {
    /// Records that the node listens. Returns whether it did not before.
    pub(super) fn start_listening(&mut self) -> bool {
        !std::mem::replace(&mut self.listens, true)
    }

    /// Requests sockets from the transport.
    pub(super) fn bind(&mut self, targets: Vec<ListenTarget>) {
        self.actions.extend(targets.into_iter().map(Action::Listen));
    }

    /// Closes all sockets. Returns whether the node listened.
    pub(super) fn stop_listening(&mut self) -> bool {
        self.retract(|action| matches!(action, Action::Listen(_)));
        self.listening.clear();
        if self.listens {
            self.actions.push_back(Action::StopListening);
        }
        std::mem::take(&mut self.listens)
    }

    /// Closes all sockets until the next attempt. Returns whether there will be one.
    pub(super) fn pause_listening(&mut self) -> bool {
        let listens = self.stop_listening();
        self.listens = listens;
        listens
    }

    /// Records that a socket is open. Returns whether it is wanted.
    pub(super) fn add_listener(&mut self, endpoint: &Endpoint) -> bool {
        if self.listens {
            self.listening.push(endpoint.clone());
        }
        self.listens
    }

    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// Returns the endpoints of the open sockets.
    pub(super) fn listening(&self) -> &[Endpoint] {
        &self.listening
    }
}
