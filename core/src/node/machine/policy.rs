//! The policy layer: handling a connection's notifications (§4, part 4 §4).

use std::sync::Arc;

use super::super::log::CommLogLine;
use super::super::{EventPeer, Handshake, Liveness, Notification};
use super::NodeMachine;
use super::clock::Timer;
use super::peers::PeerKey;
use crate::connection::{
    self, CloseCause, CommLogMessage, ConnectionNotification, Phase, ProtocolErrorKind, Role,
    SyncRequest,
};
use crate::data::DispatchError;
use crate::logs::DroppedEntry;
use crate::wire::{Caps, Compression, Version};

/// The sequence number of our PINGs, which is not used otherwise.
const SEQ: u32 = 0;

impl NodeMachine {
    /// Handles a notification of a peer's connection other than an event or a log entry, and
    /// notifies the application.
    pub(super) fn take(&mut self, id: PeerKey, notification: ConnectionNotification) {
        for message in CommLogMessage::of(&notification) {
            if self.connection(id).is_none() {
                // Its TLS failed before it began.
                break;
            }
            // The lines of the policy layer are written together, before those of the core.
            let is_last = message == CommLogMessage::PeerDisconnected;
            if is_last && self.peers.get(id).is_some_and(|peer| peer.established) {
                self.log_peer(id, CommLogLine::RemoteConnectionClosed);
            }
            self.log_peer(id, CommLogLine::Connection(message));
        }
        let Some(peer) = self.peers.get_mut(id) else { return };
        let who = Arc::clone(&peer.who);
        let notified = match notification {
            ConnectionNotification::Log(message) => {
                if message == CommLogMessage::PeerDescriptionNotAString {
                    self.error(id, message.to_string().into());
                }
                return;
            }
            // They were delivered before.
            ConnectionNotification::Event(_)
            | ConnectionNotification::LogEntry(_)
            | ConnectionNotification::LazyEvent(_) => return,
            #[cfg(feature = "__tls")]
            ConnectionNotification::Secured => return self.begin(id),
            ConnectionNotification::Established(version) => return self.established(id, version),
            ConnectionNotification::Closed(cause) => return self.closed(id, cause),
            ConnectionNotification::HandshakeDone => return self.handshake_done(id),
            ConnectionNotification::PeerDescription(descr) => {
                Arc::make_mut(&mut peer.who).descr = descr;
                return;
            }
            ConnectionNotification::EventRequested(name) => {
                self.sending.subscribe(&name, id);
                Notification::EventRegistered { peer: who, name }
            }
            // The connection stores and logs this, and the following notification.
            ConnectionNotification::SyncRequested { .. } => return,
            ConnectionNotification::LogsRequested => return self.logs_requested(id),
            ConnectionNotification::CaptureFilter(filter) => {
                Notification::CaptureFilter { peer: who, filter }
            }
            ConnectionNotification::SyncStarted(role) => {
                self.tell(id, Notification::SyncStarted { peer: who, role });
                return self.sync_started(id, role);
            }
            ConnectionNotification::CallRejected { name, mismatch } => {
                let reason = format!("unserializing event/function {name}: {}", mismatch.in_full());
                self.error(id, reason.into());
                let Some(error) = DispatchError::of(name, mismatch) else { return };
                Notification::EventRejected { peer: who, error: Box::new(error) }
            }
            ConnectionNotification::StateAccess(access) => return self.state_access(id, access),
            ConnectionNotification::Pong { seq, d1, d2, d3 } => {
                peer.pings.get_or_insert_default().add_pong(d1, d2, d3);
                Notification::Pong { peer: who, seq, d1, d2, d3 }
            }
            ConnectionNotification::Id(what) => return self.take_id(id, what),
            ConnectionNotification::Packet(packet) => {
                return self.tell_bounded(id, Notification::Packet { peer: who, packet });
            }
            ConnectionNotification::RemotePrint(items) => {
                return self.tell_bounded(id, Notification::RemotePrint { peer: who, items });
            }
            ConnectionNotification::LogWriterAnnounced(writer) => {
                Notification::LogWriterAnnounced { peer: who, writer }
            }
            ConnectionNotification::LogEntryDropped { entry, first } => {
                // As in Bro, which also drops the rest of the message (3§2).
                if first {
                    let (line, DroppedEntry { path, why, .. }) =
                        (CommLogLine::LogEntryUnknown, &*entry);
                    let reason = format!("{line}: {path}: {why}");
                    self.log_peer(id, line);
                    self.error(id, reason.into());
                }
                return;
            }
            ConnectionNotification::SyncPoint(point) => {
                self.peer_reached(id, point);
                Notification::SyncPoint { peer: who, point }
            }
        };
        self.tell(id, notified);
    }

    pub(super) fn error(&mut self, id: PeerKey, reason: Box<str>) {
        if let Some(peer) = self.peers.get_mut(id) {
            peer.last_error = Some(reason.clone());
            let peer = Arc::clone(&peer.who);
            self.tell(id, Notification::ConnectionError { peer, reason });
        }
    }

    /// Handles a peer's VERSION: finds the entry that applies, and makes its requests.
    fn established(&mut self, id: PeerKey, version: Version) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        Arc::make_mut(&mut peer.who).class = version.class;
        peer.established = true;
        peer.failures = 0;
        peer.counters.connects += 1;
        let (who, role) = (Arc::clone(&peer.who), peer.role);
        if role == Role::Acceptor {
            let node = self.settings.position_for(&who);
            if let Some(at) = node {
                self.settings.set_peer(at, id);
            }
            if let Some(peer) = self.peers.get_mut(id) {
                peer.node = node;
            }
        }
        let node = self.entry(id).map(|entry| Arc::clone(&entry.name));
        self.tell(id, Notification::ConnectionEstablished { peer: who, node });
        match self.settings.options.handshake {
            Handshake::Application => {
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.awaiting_setup = true;
                }
            }
            Handshake::Automatic => {
                self.set_up(id);
                // It was just established, so this can only fail if the send queue is full, and
                // that of a new connection is not.
                let _ = self.complete_handshake(id.id());
            }
        }
    }

    /// Makes the requests of the entry that applies, in order (§4).
    pub(super) fn set_up(&mut self, id: PeerKey) {
        self.log_peer(id, CommLogLine::ConnectionEstablished);
        let default_compression = self.settings.options.compression_level;
        let Some(node) = self.entry(id).map(|entry| entry.node.clone()) else {
            // A peer without an entry may make requests, but we do not accept its input.
            let level = Compression::new(default_compression);
            self.with_connection(id, |connection| connection.set_compression(level));
            return;
        };
        if let Some(events) = &node.events {
            self.log_peer(id, CommLogLine::RequestingEvents(events.clone()));
            let names = self.settings.events_matching(events);
            self.with_connection(id, |connection| connection.request_events(&names));
        }
        if let Some(filter) = &node.capture_filter {
            let filter = self.settings.capture_filter(filter);
            self.log_peer(id, CommLogLine::SendingCaptureFilter(filter.clone()));
            self.with_connection(id, |connection| connection.send_capture_filter(&filter));
        }
        if node.accept_input {
            self.log_peer(id, CommLogLine::AcceptingState);
            self.with_connection(id, |connection| connection.set_accept_input(true));
        }
        let level = Compression::new(node.compression.unwrap_or(default_compression));
        self.with_connection(id, |connection| connection.set_compression(level));
        if node.sync {
            self.log_peer(id, CommLogLine::RequestingState);
            let request = SyncRequest { authoritative: node.auth };
            self.with_connection(id, |connection| connection.request_sync(request));
        }
        if node.request_logs {
            self.log_peer(id, CommLogLine::RequestingLogs);
            self.with_connection(id, connection::Connection::request_logs);
        }
    }

    /// Runs a command that a newly established connection always accepts.
    fn with_connection(
        &mut self,
        id: PeerKey,
        command: impl FnOnce(&mut connection::Connection) -> Result<(), connection::UsageError>,
    ) {
        if let Some(Err(error)) = self.connection_mut(id).map(command) {
            self.error(id, error.to_string().into());
        }
    }

    fn handshake_done(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.running = true;
        let who = Arc::clone(&peer.who);
        self.state_exchanged(id);
        self.tell(id, Notification::ConnectionHandshakeDone(who));
        self.watch(id);
        self.announce_sync_point(id);
        self.announce_writers(id);
        self.send_what_was_kept(id);
    }

    /// Handles the end of a connection: drops its state, and schedules another (§3.6).
    fn closed(&mut self, id: PeerKey, cause: CloseCause) {
        let Some(socket) = self.peers.get(id).and_then(|peer| peer.socket) else { return };
        #[cfg(feature = "__tls")]
        if let (None, CloseCause::Tls(error)) = (self.connection(id), &cause) {
            let line = CommLogLine::CannotInitIo { reason: error.to_string().into() };
            return self.attempt_failed(socket, line, cause);
        }
        let requests = self.connection(id).map(|connection| connection.peer_events().clone());
        self.sending.unsubscribe(requests.iter().flatten(), id);
        let counters = self.connection(id).map(connection::Connection::counters);
        self.clock.cancel(Timer::Liveness(id));
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.socket = None;
        peer.awaiting_setup = false;
        peer.exchange = Default::default();
        if let Some(counters) = counters {
            **peer.counters.earlier.get_or_insert_default() += counters;
        }
        let established = std::mem::take(&mut peer.established);
        let who = Arc::clone(&peer.who);
        if std::mem::take(&mut peer.running) {
            // The requests of the closed connection determine which events are kept for the peer.
            peer.last_requests = requests;
        }
        let next = EventPeer { class: None, descr: Default::default(), ..(*who).clone() };
        let unsent = self.sending.lose(id, peer, self.ending.is_under_way());
        unsent.into_iter().for_each(|line| self.log_peer(id, line));
        self.lose_batches(id);
        let ours = match &cause {
            CloseCause::ClosedByUs => true,
            CloseCause::Protocol(error) => {
                if matches!(error.kind, ProtocolErrorKind::Serial(_) | ProtocolErrorKind::Log(_)) {
                    // The reason is the text of the log line.
                    self.error(id, error.kind.to_string().into());
                }
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.last_error = Some(error.to_string().into());
                }
                true
            }
            CloseCause::TransportFailed { reason } => {
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.last_error = Some(reason.clone());
                }
                false
            }
            #[cfg(feature = "__tls")]
            CloseCause::Tls(error) => {
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.last_error = Some(error.to_string().into());
                }
                false
            }
            _ => false,
        };
        self.tell(id, Notification::ConnectionClosed { peer: who, established, cause });
        if let Some(peer) = self.peers.get_mut(id) {
            peer.who = Arc::new(next);
        }
        if !ours {
            self.retry_later(id);
        }
        self.transport.touch(socket);
        if self.transport.get(socket).is_some_and(|socket| socket.gone) {
            self.forget_socket(socket);
        }
        self.unblock();
    }
}

/// Detection of peers that have silently vanished.
impl NodeMachine {
    /// Starts monitoring a peer in phase Running, if its entry requires it.
    pub(super) fn watch(&mut self, id: PeerKey) {
        if let Some((liveness, heard)) = self.watched(id) {
            self.clock.set(heard + liveness.ping_after, Timer::Liveness(id));
        }
    }

    /// Returns a peer's liveness settings and the time of its last input. Broccoli peers are not
    /// monitored: they never answer a PING (part 5).
    fn watched(&self, id: PeerKey) -> Option<(Liveness, crate::Time)> {
        let liveness = self.entry(id)?.node.liveness?;
        let connection = self.connection(id)?;
        let answers = !connection.peer_caps().contains(Caps::BROCCOLI_PEER);
        (connection.phase() == Phase::Running && answers)
            .then_some((liveness, self.peers.get(id)?.heard))
    }

    /// Pings a silent peer, or closes its connection.
    pub(super) fn check_liveness(&mut self, id: PeerKey) {
        let Some((Liveness { ping_after, close_after }, heard)) = self.watched(id) else { return };
        let reads = self.peers.get(id).and_then(|p| p.socket).is_none_or(|l| self.wants_input(l));
        let now = self.clock.now();
        let Some(peer) = self.peers.get_mut(id) else { return };
        if !reads {
            // Its input is not being read.
            peer.set_heard(now);
            return self.clock.set_in(ping_after, Timer::Liveness(id));
        }
        let silent = now.saturating_since(heard);
        if silent < ping_after {
            return self.clock.set(heard + ping_after, Timer::Liveness(id));
        }
        if !std::mem::replace(&mut peer.pinged, true) {
            // If this fails because the send queue is full, the progress of the queue shows whether
            // the peer is alive.
            let _ = self.ping(id.id(), SEQ);
            // If this call is late, the peer still has the full time to answer.
            let answered = (now + close_after.saturating_sub(ping_after)).max(heard + close_after);
            return self.clock.set(answered, Timer::Liveness(id));
        }
        if silent >= close_after {
            self.give_up(id, CommLogLine::Silent, "no sign of life");
            return self.drain(id);
        }
        self.clock.set(heard + close_after, Timer::Liveness(id));
    }
}
