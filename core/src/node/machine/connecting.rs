//! Connecting, reconnecting, listening and accepting (§3.6, part 4 §1, §4).

use std::sync::Arc;
use std::time::Duration;

use super::super::log::CommLogLine;
use super::super::{Backoff, ConnectionId, Endpoint, EventPeer, Notification, PeerId};
use super::clock::Timer;
use super::peers::{Peer, PeerKey};
use super::{NodeError, NodeMachine};
use crate::Time;
use crate::connection::{CloseCause, Connection, Role};

impl NodeMachine {
    /// Connects to the node with this name, regardless of its `connect` flag (part 4 §4).
    ///
    /// # Errors
    /// [`NodeError::UnknownNode`]; [`NodeError::AlreadyConnected`] if the node already connects, or
    /// waits to connect, to its peer; [`NodeError::Terminating`].
    pub fn connect_peer(&mut self, name: &str, now: Time) -> Result<PeerId, NodeError> {
        self.feed_time(now);
        if self.ending.is_under_way() {
            return Err(NodeError::Terminating);
        }
        let Some(at) = self.settings.position(name) else {
            self.log(CommLogLine::CannotTriggerConnect);
            return Err(NodeError::UnknownNode);
        };
        let existing = self.peers.iter().find_map(|(key, peer)| {
            (peer.node == Some(at) && peer.role == Role::Initiator).then_some(key)
        });
        match existing {
            Some(peer) if self.is_over(peer) => {
                self.clock.cancel(Timer::Retry(peer));
                self.try_connect(peer);
                Ok(peer.id())
            }
            Some(peer) => Err(NodeError::AlreadyConnected(peer.id())),
            None => self.connect_entry(at).map(PeerKey::id).ok_or(NodeError::UnknownNode),
        }
    }

    /// Creates the peer of an entry with `connect`, and connects.
    pub(super) fn connect_entry(&mut self, at: usize) -> Option<PeerKey> {
        let entry = self.settings.entries().get(at)?;
        let endpoint = self.settings.endpoint_of(entry);
        let keeps = entry.node.store_and_forward.is_some();
        let who = EventPeer::new(self.peers.next_initiated(), endpoint);
        let peer = Peer::new(who, Role::Initiator, Some(at), self.clock.now());
        let id = self.peers.insert(peer);
        self.log_peer(id, CommLogLine::AddedPeer);
        if keeps {
            self.sending.keep_events_for(id);
        }
        self.settings.set_peer(at, id);
        self.try_connect(id);
        Some(id)
    }

    /// Asks the transport to connect to a peer.
    pub(super) fn try_connect(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.socket.is_none()) else {
            return;
        };
        let endpoint = peer.who.endpoint.clone();
        peer.socket = Some(self.transport.connect(id, endpoint, &self.settings.options));
        peer.sockets += 1;
    }

    /// Records that a requested connection is established. If TLS is used, the node starts it over
    /// the connection.
    pub fn feed_connected(&mut self, id: ConnectionId, now: Time) {
        self.feed_time(now);
        self.open(id);
    }

    /// Records that a requested connection failed.
    ///
    /// `reason` is a human-readable message, as in `connect failed: connection refused`.
    pub fn feed_connect_failed(&mut self, id: ConnectionId, reason: &str, now: Time) {
        self.feed_time(now);
        let line = CommLogLine::ConnectFailed { reason: reason.into() };
        self.attempt_failed(id, line, CloseCause::TransportFailed { reason: reason.into() });
    }

    /// Removes a connection that failed. A connection whose TLS failed stays until the transport
    /// has closed it, because an alert is sent to the peer.
    pub(super) fn attempt_failed(
        &mut self,
        id: ConnectionId,
        line: CommLogLine,
        cause: CloseCause,
    ) {
        let Some(socket) = self.transport.get(id).filter(|socket| socket.begun().is_none()) else {
            return;
        };
        let id_of_peer = socket.peer;
        if socket.is_pending() {
            self.transport.remove(id);
        }
        self.clock.cancel(Timer::Secure(id));
        let Some(peer) = self.peers.get_mut(id_of_peer) else { return };
        peer.socket = None;
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

    /// Records that a peer connected, before TLS; returns the connection's ID, or `None` if the
    /// transport must close it because the node is terminating.
    pub fn feed_accepted(&mut self, endpoint: Endpoint, now: Time) -> Option<ConnectionId> {
        self.feed_time(now);
        if self.ending.is_under_way() {
            return None;
        }
        let who = EventPeer::new(self.peers.next_accepted(), endpoint);
        let peer = self.peers.insert(Peer::new(who, Role::Acceptor, None, self.clock.now()));
        let ssl = self.settings.options.listen_ssl;
        let id = self.transport.insert(peer);
        if let Some(peer) = self.peers.get_mut(peer) {
            peer.socket = Some(id);
            peer.sockets += 1;
        }
        self.log_peer(peer, CommLogLine::Accepted { ssl });
        self.log_peer(peer, CommLogLine::AddedPeer);
        self.open(id);
        Some(id)
    }

    /// Creates the connection for an established transport connection. It begins at once, or after
    /// the TLS handshake.
    fn open(&mut self, id: ConnectionId) {
        let Some(socket) = self.transport.get(id).filter(|socket| socket.connection.is_none())
        else {
            return;
        };
        let Some(peer) = self.peers.get(socket.peer) else { return };
        let runtime = self.clock.runtime();
        let config = self.settings.connection_config(peer, self.state.source(), runtime);
        let connection = Connection::new(config, peer.role, self.clock.now());
        let (peer, begun) = (socket.peer, connection.has_begun());
        if let Some(until) = connection.next_timeout() {
            self.clock.set(until, Timer::Secure(id));
        }
        if let Some(socket) = self.transport.get_mut(id) {
            socket.connection = Some(Box::new(connection));
        }
        if begun {
            self.begin(peer);
        }
        self.drain(peer);
        self.transport.touch(id);
    }

    /// Starts the protocol with a peer whose connection, including TLS, is established.
    pub(super) fn begin(&mut self, id: PeerKey) {
        let now = self.clock.now();
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.heard = now;
        peer.pinged = false;
        peer.point = None;
        let (socket, role) = (peer.socket, peer.role);
        if let Some(socket) = socket {
            self.clock.cancel(Timer::Secure(socket));
        }
        if role == Role::Initiator {
            self.log_peer(id, CommLogLine::Connected);
        }
        self.lose_batches(id);
        self.give_writers(id);
    }

    /// Schedules another attempt if the peer's entry requires it (§3.6). Returns whether it does.
    pub(super) fn retry_later(&mut self, id: PeerKey) -> bool {
        let Some(retry) = self.entry(id).map(|entry| entry.node.retry) else { return false };
        let Some(peer) = self.peers.get(id) else { return false };
        // Bro counts whole seconds.
        if peer.role != Role::Initiator || retry.as_secs() == 0 || self.ending.is_under_way() {
            return false;
        }
        let wait = self.retries.wait(retry, self.settings.options.retry_backoff, peer.failures);
        self.clock.set_in(wait, Timer::Retry(id));
        true
    }
}

/// Listening.
impl NodeMachine {
    /// Starts listening according to the options. Does nothing if the node already listens or is
    /// waiting to.
    pub fn listen(&mut self) {
        if !self.ending.is_under_way() && self.transport.start_listening() {
            self.bind();
        }
    }

    /// Requests sockets from the transport.
    pub(super) fn bind(&mut self) {
        self.transport.bind(self.settings.options.listen_targets());
    }

    /// Stops listening. Accepted connections stay open.
    pub fn stop_listening(&mut self) {
        if self.close_listeners() {
            self.log(CommLogLine::StoppedListening);
        }
    }

    /// Stops listening without logging, as Bro does on termination. Returns whether the node
    /// listened.
    pub(super) fn close_listeners(&mut self) -> bool {
        self.clock.cancel(Timer::Listen);
        self.transport.stop_listening()
    }

    /// Records that the transport listens at this endpoint, with or without TLS.
    pub fn feed_listening(&mut self, endpoint: Endpoint, ssl: bool, now: Time) {
        self.feed_time(now);
        if self.transport.add_listener(&endpoint) {
            self.log(CommLogLine::Listening { endpoint: endpoint.clone(), ssl });
            self.delivery.push(Notification::Listening(endpoint));
        }
    }

    /// Records that the transport cannot listen at this endpoint.
    ///
    /// If the address is in use, all sockets are closed and the node retries after
    /// [`listen_retry`](super::super::Options::listen_retry); otherwise this socket is not opened.
    pub fn feed_listen_failed(
        &mut self,
        endpoint: Endpoint,
        address_in_use: bool,
        reason: &str,
        now: Time,
    ) {
        self.feed_time(now);
        let retries = address_in_use && self.transport.listens();
        self.log(CommLogLine::CannotListen { endpoint, reason: reason.into(), retries });
        if retries {
            self.transport.pause_listening();
            self.clock.set_in(self.settings.options.listen_retry, Timer::Listen);
        }
    }

    /// Returns whether the node listens on any socket.
    pub fn is_listening(&self) -> bool {
        !self.transport.listening().is_empty()
    }

    /// Returns the listening endpoints, with the ports chosen by the system.
    pub fn listening(&self) -> &[Endpoint] {
        self.transport.listening()
    }

    /// Records that a connection could not be accepted. Listening continues.
    pub fn feed_accept_failed(&mut self, reason: &str, now: Time) {
        self.feed_time(now);
        self.log(CommLogLine::AcceptFailed { reason: reason.into() });
    }
}

/// The delay before the next attempt to connect.
#[derive(Debug, Default)]
pub(super) struct Retries {
    random: u64,
}

impl Retries {
    /// Sets the seed from which the jitter is derived.
    pub(super) fn feed_random(&mut self, random: u64) {
        self.random = random;
    }

    /// Returns the delay after this number of consecutive failures.
    fn wait(&mut self, retry: Duration, backoff: Option<Backoff>, failures: u32) -> Duration {
        let Some(Backoff { factor, max, jitter }) = backoff else {
            return Duration::from_secs(retry.as_secs());
        };
        let failures = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = (retry.as_secs_f64() * factor.powi(failures)).min(max.as_secs_f64());
        Duration::try_from_secs_f64(wait * (1.0 - jitter * self.random())).unwrap_or(max)
    }

    /// Returns the next pseudo-random number in `0.0..1.0`.
    fn random(&mut self) -> f64 {
        // SplitMix64: one addition and a mix. Any seed is suitable.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
