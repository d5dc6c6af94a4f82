//! Connecting, again and again, and being connected to (§3.6, part 4 §4).

use std::sync::Arc;
use std::time::Duration;

use super::super::log::CommLogLine;
use super::super::{Action, Backoff, ConnectionId, Endpoint, EventPeer, Notification, PeerId};
use super::timers::Timer;
use super::{NodeError, NodeMachine, Peer, PeerKey};
use crate::Time;
use crate::connection::{CloseCause, Connection, ConnectionConfig, Role};
use crate::wire::Caps;

/// How many bytes of output, serialized, wait for one connection; more waits as events.
const OUTPUT: usize = 64 << 10;

/// How many notifications of one connection wait that the node has not looked at.
const NOTIFICATIONS: usize = 64;

impl NodeMachine {
    /// Connects to the node of this name, whatever its `connect` flag (part 4 §4).
    ///
    /// # Errors
    /// [`NodeError::UnknownNode`]; [`NodeError::AlreadyConnected`] if there is a peer already that
    /// it connects to, or waits to; [`NodeError::Terminating`].
    pub fn connect_peer(&mut self, name: &str, now: Time) -> Result<PeerId, NodeError> {
        self.feed_time(now);
        if self.ending.is_under_way() {
            return Err(NodeError::Terminating);
        }
        let Some(at) = self.nodes.iter().position(|entry| &*entry.name == name) else {
            self.log(CommLogLine::CannotTriggerConnect);
            return Err(NodeError::UnknownNode);
        };
        let existing = self.peers.iter().find_map(|(key, peer)| {
            (peer.node == Some(at) && peer.role == Role::Initiator).then_some(key)
        });
        match existing {
            Some(peer) if self.is_over(peer) => {
                self.timers.cancel(Timer::Retry(peer));
                self.try_connect(peer);
                Ok(peer.id())
            }
            Some(peer) => Err(NodeError::AlreadyConnected(peer.id())),
            None => self.connect_entry(at).map(PeerKey::id).ok_or(NodeError::UnknownNode),
        }
    }

    /// Makes a peer of an entry that says to connect, and connects.
    pub(super) fn connect_entry(&mut self, at: usize) -> Option<PeerKey> {
        let entry = self.nodes.get(at)?;
        let endpoint = Endpoint {
            host: entry.node.host,
            zone: entry.node.zone_id.as_deref().map(Into::into),
            port: entry.node.p.unwrap_or(self.options.listen_port),
        };
        let keeps = entry.node.store_and_forward.is_some();
        let id = self.peers.next_initiated();
        let id = self.add_peer(id, endpoint, Role::Initiator, Some(at));
        self.log_peer(id, CommLogLine::AddedPeer);
        if keeps {
            self.subscribers.add_keeper(id);
        }
        if let Some(entry) = self.nodes.get_mut(at) {
            entry.peer = Some(id);
        }
        self.try_connect(id);
        Some(id)
    }

    fn add_peer(
        &mut self,
        id: PeerId,
        endpoint: Endpoint,
        role: Role,
        node: Option<usize>,
    ) -> PeerKey {
        let peer = Peer {
            who: Arc::new(EventPeer::new(id, endpoint)),
            role,
            node,
            link: None,
            sockets: 0,
            established: false,
            running: false,
            awaiting_setup: false,
            ends_with_node: false,
            failures: 0,
            last_requests: None,
            heard: self.clock.now(),
            pinged: false,
            last_error: None,
            outbox: Default::default(),
            inbox: Default::default(),
            exchange: Default::default(),
            has_turn: false,
            must_wait: false,
            was_unread: false,
            point: None,
            batches: Default::default(),
            pings: Default::default(),
            counters: Default::default(),
        };
        self.peers.insert(peer)
    }

    fn add_link(&mut self, peer: PeerKey) -> ConnectionId {
        let id = self.links.insert(peer);
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.link = Some(id);
            peer.sockets += 1;
        }
        id
    }

    /// Asks the transport to connect to a peer.
    pub(super) fn try_connect(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get(id).filter(|peer| peer.link.is_none()) else { return };
        let endpoint = peer.who.endpoint.clone();
        let connection = self.add_link(id);
        let keep_alive = self.options.keep_alive;
        self.actions.push_back(Action::Connect { connection, endpoint, keep_alive });
    }

    /// Records that a connection that the node asked for is up; TLS, if there is to be any, is
    /// made over it.
    pub fn feed_connected(&mut self, id: ConnectionId, now: Time) {
        self.feed_time(now);
        self.open(id);
    }

    /// Records that a connection that the node asked for did not come about.
    ///
    /// `reason` is meant for people, as in `connect failed: connection refused`.
    pub fn feed_connect_failed(&mut self, id: ConnectionId, reason: &str, now: Time) {
        self.feed_time(now);
        let line = CommLogLine::ConnectFailed { reason: reason.into() };
        self.attempt_failed(id, line, CloseCause::TransportFailed { reason: reason.into() });
    }

    /// Gives up a connection that did not come about. One whose TLS failed stays until the transport
    /// has closed it, for the peer is told why.
    pub(super) fn attempt_failed(
        &mut self,
        id: ConnectionId,
        line: CommLogLine,
        cause: CloseCause,
    ) {
        let Some(link) = self.links.get(id).filter(|link| link.begun().is_none()) else { return };
        let id_of_peer = link.peer;
        if link.is_pending() {
            self.links.remove(id);
        }
        self.timers.cancel(Timer::Secure(id));
        let Some(peer) = self.peers.get_mut(id_of_peer) else { return };
        peer.link = None;
        peer.sockets = peer.sockets.saturating_sub(1);
        peer.failures = peer.failures.saturating_add(1);
        peer.last_error = Some(line.to_string().into());
        let (who, role) = (Arc::clone(&peer.who), peer.role);
        let reason = match &cause {
            CloseCause::TransportFailed { reason } => reason.clone(),
            #[cfg(feature = "__tls")]
            CloseCause::Tls(error) => error.to_string().into(),
            _ => Box::default(),
        };
        if role == Role::Initiator {
            self.log_peer(id_of_peer, line);
            let retries = self.retry_later(id_of_peer);
            if !retries {
                self.log_peer(id_of_peer, CommLogLine::CouldNotConnect);
            }
            self.tell(id_of_peer, Notification::ConnectFailed { peer: who, reason, retries });
        } else {
            if matches!(line, CommLogLine::CannotInitIo { .. }) {
                self.log_peer(id_of_peer, line);
            }
            let closed = Notification::ConnectionClosed { peer: who, established: false, cause };
            self.tell(id_of_peer, closed);
            self.log_peer(id_of_peer, CommLogLine::ConnectionClosed);
        }
        self.end_if_done();
    }

    /// Records that a peer connected, TLS not included; returns what the connection is called, or
    /// `None` if it is to be closed, because the node is ending.
    pub fn feed_accepted(&mut self, endpoint: Endpoint, now: Time) -> Option<ConnectionId> {
        self.feed_time(now);
        if self.ending.is_under_way() {
            return None;
        }
        let peer = self.peers.next_accepted();
        let peer = self.add_peer(peer, endpoint, Role::Acceptor, None);
        let ssl = self.options.listen_ssl;
        let id = self.add_link(peer);
        self.log_peer(peer, CommLogLine::Accepted { ssl });
        self.log_peer(peer, CommLogLine::AddedPeer);
        self.open(id);
        Some(id)
    }

    /// Makes the connection over a transport that is up. It begins at once, or when TLS is up.
    fn open(&mut self, id: ConnectionId) {
        let Some(link) = self.links.get(id).filter(|link| link.connection.is_none()) else {
            return;
        };
        let Some(peer) = self.peers.get(link.peer) else { return };
        let entry = self.entry(link.peer).filter(|_| peer.role == Role::Initiator);
        let config = ConnectionConfig {
            description: self.options.peer_description.clone(),
            class: Some(entry.and_then(|entry| entry.node.class.clone()).unwrap_or_default()),
            cache_size: self.options.cache_size,
            capabilities: Caps::BRO,
            runtime: self.clock.runtime(),
            #[cfg(feature = "__tls")]
            tls: self
                .options
                .tls
                .clone()
                .filter(|_| entry.map_or(self.options.listen_ssl, |entry| entry.node.ssl)),
            wire_limits: self.options.wire_limits,
            log_limits: self.options.log_limits,
            serial_limits: self.options.serial_limits,
            declarations: Arc::clone(&self.declarations),
            undeclared: self.options.undeclared,
            output_limit: OUTPUT,
            notification_limit: NOTIFICATIONS,
            state: self.state,
            ..ConnectionConfig::default()
        };
        let connection = Connection::new(config, peer.role, self.clock.now());
        let (peer, begun) = (link.peer, connection.has_begun());
        if let Some(until) = connection.next_timeout() {
            self.timers.set(until, Timer::Secure(id));
        }
        if let Some(link) = self.links.get_mut(id) {
            link.connection = Some(Box::new(connection));
        }
        if begun {
            self.begin(peer);
        }
        self.drain(peer);
        self.links.touch(id);
    }

    /// Begins with a peer whose connection is up, TLS included.
    pub(super) fn begin(&mut self, id: PeerKey) {
        let now = self.clock.now();
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.heard = now;
        peer.pinged = false;
        peer.point = None;
        let (link, role) = (peer.link, peer.role);
        if let Some(link) = link {
            self.timers.cancel(Timer::Secure(link));
        }
        if role == Role::Initiator {
            self.log_peer(id, CommLogLine::Connected);
        }
        self.lose_batches(id);
        self.give_writers(id);
    }

    /// Arranges another attempt if the peer's entry says so (§3.6); returns whether it does.
    pub(super) fn retry_later(&mut self, id: PeerKey) -> bool {
        let Some(retry) = self.entry(id).map(|entry| entry.node.retry) else { return false };
        let Some(peer) = self.peers.get(id) else { return false };
        // Bro counts whole seconds.
        if peer.role != Role::Initiator || retry.as_secs() == 0 || self.ending.is_under_way() {
            return false;
        }
        let failures = peer.failures;
        let wait = match self.options.retry_backoff {
            None => Duration::from_secs(retry.as_secs()),
            Some(backoff) => grown(retry, backoff, failures, self.random()),
        };
        self.timers.set(self.clock.now() + wait, Timer::Retry(id));
        true
    }
}

/// Returns how long to wait after so many failures in a row; `random` is in `0.0..1.0`.
fn grown(retry: Duration, backoff: Backoff, failures: u32, random: f64) -> Duration {
    let Backoff { factor, max, jitter } = backoff;
    let failures = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
    let wait = (retry.as_secs_f64() * factor.powi(failures)).min(max.as_secs_f64());
    Duration::try_from_secs_f64(wait * (1.0 - jitter * random)).unwrap_or(max)
}
