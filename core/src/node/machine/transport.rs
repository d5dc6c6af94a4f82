//! What the node has of the transport: connections, and sockets on which it listens.

use std::collections::VecDeque;

use super::super::slab::Slab;
use super::super::{Action, ConnectionId, Endpoint, ListenTarget, Options};
use super::peers::PeerKey;
use crate::connection::{Connection, Phase};

/// All connections that the transport has not said to be closed, the sockets on which we listen, and
/// what the transport is to do.
#[derive(Debug, Default)]
pub(super) struct Transport {
    slab: Slab<Link>,
    /// How many connections there were.
    begun: u64,
    /// The connections whose transport may have something to do.
    touched: VecDeque<ConnectionId>,
    /// What the transport is to do beside that.
    actions: VecDeque<Action>,
    /// Whether we listen, or wait to.
    listens: bool,
    /// The open sockets, as reported by the transport.
    listening: Vec<Endpoint>,
}

/// A transport connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerKey,
    /// `None` until the transport is connected; begins after the TLS handshake.
    pub(super) connection: Option<Box<Connection>>,
    /// Whether the transport has closed it; it stays until all its input is processed.
    pub(super) gone: bool,
    /// Whether it is in `touched`.
    touched: bool,
}

impl Link {
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
fn touch(touched: &mut VecDeque<ConnectionId>, id: ConnectionId, link: &mut Link) {
    if !std::mem::replace(&mut link.touched, true) {
        touched.push_back(id);
    }
}

impl Transport {
    /// Adds a connection that is not established yet.
    pub(super) fn insert(&mut self, peer: PeerKey) -> ConnectionId {
        self.begun += 1;
        let link = Link { peer, connection: None, gone: false, touched: false };
        ConnectionId(self.slab.insert(self.begun, link))
    }

    /// Adds one that the transport is to make.
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

    /// Gives up an attempt to connect.
    pub(super) fn cancel_connect(&mut self, id: ConnectionId) {
        self.actions.push_back(Action::CancelConnect(id));
    }

    /// Takes back what the transport was asked for, as far as it has not seen that.
    pub(super) fn retract(&mut self, is_retracted: impl Fn(&Action) -> bool) {
        self.actions.retain(|action| !is_retracted(action));
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Link> {
        self.slab.remove(id.0)
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Link> {
        self.slab.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Link> {
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

    /// Returns the connection over one, once it has begun.
    pub(super) fn begun_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connection_mut(id).filter(|connection| connection.has_begun())
    }

    /// Iterates over all, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Link> {
        self.slab.iter().map(|(_, link)| link)
    }

    /// Returns the wanted ones, in order of creation.
    pub(super) fn in_order(&self, is_wanted: impl Fn(&Link) -> bool) -> Vec<ConnectionId> {
        let wanted = self.slab.iter().filter(|(_, link)| is_wanted(link));
        let mut wanted: Vec<_> = wanted.map(|(key, _)| ConnectionId(key)).collect();
        wanted.sort_unstable();
        wanted
    }

    /// Records that the transport may have work for a connection.
    pub(super) fn touch(&mut self, id: ConnectionId) {
        if let Some(link) = self.slab.get_mut(id.0) {
            touch(&mut self.touched, id, link);
        }
    }

    /// Gives a connection that has begun something to send, and records that the transport has work
    /// for it if the second result says so.
    #[inline]
    pub(super) fn send<T>(
        &mut self,
        id: ConnectionId,
        send: impl FnOnce(&mut Connection) -> (T, bool),
    ) -> Option<T> {
        let link = self.slab.get_mut(id.0)?;
        let connection = link.connection.as_deref_mut().filter(|c| c.has_begun())?;
        let (result, has_work) = send(connection);
        if has_work {
            touch(&mut self.touched, id, link);
        }
        Some(result)
    }

    /// Returns the next connection for which the transport may have work.
    pub(super) fn poll_touched(&mut self) -> Option<ConnectionId> {
        let id = self.touched.pop_front()?;
        if let Some(link) = self.get_mut(id) {
            link.touched = false;
        }
        Some(id)
    }
}

/// Listening.
impl Transport {
    /// Records that we want to listen; returns whether we did not.
    pub(super) fn start_listening(&mut self) -> bool {
        !std::mem::replace(&mut self.listens, true)
    }

    /// Asks for sockets.
    pub(super) fn bind(&mut self, targets: Vec<ListenTarget>) {
        self.actions.extend(targets.into_iter().map(Action::Listen));
    }

    /// Closes all sockets; returns whether we listened.
    pub(super) fn stop_listening(&mut self) -> bool {
        self.retract(|action| matches!(action, Action::Listen(_)));
        self.listening.clear();
        if self.listens {
            self.actions.push_back(Action::StopListening);
        }
        std::mem::take(&mut self.listens)
    }

    /// Closes all sockets until there is another attempt; returns whether there is to be one.
    pub(super) fn pause_listening(&mut self) -> bool {
        let listens = self.stop_listening();
        self.listens = listens;
        listens
    }

    /// Records that a socket is open; returns whether it is wanted.
    pub(super) fn add_socket(&mut self, endpoint: &Endpoint) -> bool {
        if self.listens {
            self.listening.push(endpoint.clone());
        }
        self.listens
    }

    pub(super) fn listens(&self) -> bool {
        self.listens
    }

    /// Returns where sockets are open.
    pub(super) fn sockets(&self) -> &[Endpoint] {
        &self.listening
    }
}
