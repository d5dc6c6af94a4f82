//! The connection: its inputs and outputs.

mod handshake;
mod output;
mod receive;
mod running;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use output::{Modes, NotificationQueue, Output};
use receive::LogInput;
pub use running::{Counters, Sent};
use running::{Ours, Peer};

use super::{
    CloseCause, CommLogMessage, ConnectionConfig, ConnectionNotification, Phase, ProtocolError,
    ProtocolErrorKind, Role,
};
use crate::Time;
use crate::data::Name;
use crate::serial;
use crate::wire::{Caps, DataFormat, Decoder, MessageType, Version};

/// A connection to a peer. See the [module](crate::lowlevel::connection) for how to drive it.
#[derive(Debug)]
pub struct Connection {
    pub(super) config: ConnectionConfig,
    pub(super) role: Role,
    pub(super) now: Time,
    pub(super) phase: Phase,
    /// The data format. Before it is known, nothing that depends on it is written.
    data_format: DataFormat,
    /// How SERIALs are encoded now, by the peer and by us.
    modes: Modes,
    peer: Peer,
    ours: Ours,
    pub(super) decoder: Decoder,
    pub(super) reader: serial::Reader,
    output: Output,
    /// The TLS layer, if any.
    #[cfg(feature = "__tls")]
    pub(super) tls: Option<Box<crate::tls::Machine>>,
    /// Whether our VERSION is queued. With TLS, the TLS handshake is complete then.
    pub(super) begun: bool,
    notifications: NotificationQueue,
    /// The size in memory of the message that is being processed, until it is counted with a
    /// notification.
    pub(super) held_bytes: usize,
    /// The peer's logs, if any.
    log_input: Option<Box<LogInput>>,
    /// How the peer's stream ended. Takes effect after everything before it is processed.
    pub(super) end: Option<CloseCause>,
    /// Whether input waits for the application's requests after `Established`.
    pub(super) held: bool,
    /// Whether messages may be unprocessed because a queue was full.
    pub(super) backlog: bool,
    /// Whether the transport has failed.
    broken: bool,
    tap: Option<Tap>,
    pub(super) counters: Counters,
}

type Tapping = dyn FnMut(&[u8]) + Send + Sync;

/// A callback that receives the bytes of the peer's messages.
struct Tap(Box<Tapping>);

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

/// The time at which to close the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PollClose {
    /// When the bytes of [`Connection::poll_transmit`] are written. A driver should use a timeout:
    /// the peer may never read them.
    WhenWritten,
    /// Immediately.
    Now,
}

impl Connection {
    /// Creates a connection on a transport that has just been connected.
    ///
    /// Queues our VERSION at once (§3.1), or with [`ConnectionConfig::tls`] after the TLS
    /// handshake. Our `peer_description` follows as soon as the data format is known.
    /// [Validate](ConnectionConfig::validate) the configuration first.
    pub fn new(config: ConnectionConfig, role: Role, now: Time) -> Connection {
        #[cfg(feature = "__tls")]
        let config = match &config.tls {
            Some(_) => ConnectionConfig { framing: crate::wire::Framing::Tls, ..config },
            None => config,
        };
        let mut connection = Connection {
            role,
            now,
            phase: Phase::Setup,
            data_format: config.data_format.unwrap_or_default(),
            modes: Modes::default(),
            peer: Peer::default(),
            ours: Ours { compression: config.compression, ..Ours::default() },
            decoder: Decoder::new(config.framing, config.wire_limits),
            reader: serial::Reader::new(config.serial_limits),
            output: Output::new(config.framing, config.cache_size, config.output_limit),
            #[cfg(feature = "__tls")]
            tls: None,
            begun: false,
            notifications: NotificationQueue::default(),
            held_bytes: 0,
            log_input: None,
            end: None,
            held: false,
            backlog: false,
            broken: false,
            tap: None,
            counters: Counters::default(),
            config,
        };
        connection.update_modes();
        connection.reader.set_declarations(Arc::clone(&connection.config.declarations));
        #[cfg(feature = "__tls")]
        if connection.begin_tls() {
            return connection;
        }
        connection.begin();
        connection
    }

    /// Feeds bytes from the peer, split in any way.
    ///
    /// Processes all complete messages, as far as [`wants_input`](Self::wants_input) allows. The
    /// rest is processed as soon as [`poll_notification`](Self::poll_notification) or
    /// [`advance`](Self::advance) has made room. Bytes fed meanwhile stay in memory.
    pub fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        self.feed_time(now);
        #[cfg(feature = "__tls")]
        if self.tls.is_some() {
            return self.decrypt(bytes);
        }
        self.feed_plaintext(bytes);
    }

    /// Calls `tap` with all bytes that the peer sends, before they are processed; with TLS, with
    /// the plaintext. Use it to record a session.
    pub fn tap_input(&mut self, tap: impl FnMut(&[u8]) + Send + Sync + 'static) {
        self.tap = Some(Tap(Box::new(tap)));
    }

    pub(super) fn feed_plaintext(&mut self, bytes: &[u8]) {
        if let Some(Tap(tap)) = self.tap.as_mut().filter(|_| !bytes.is_empty()) {
            tap(bytes);
        }
        if self.phase != Phase::Closed && self.end.is_none() {
            self.decoder.feed(bytes);
            self.process();
        }
    }

    /// Records that the peer closed the connection, or its sending direction (§3.6).
    pub fn feed_eof(&mut self, now: Time) {
        self.feed_end(CloseCause::PeerClosed, now);
    }

    /// Records that the transport failed, with the reason as text (§3.6).
    pub fn feed_failure(&mut self, reason: &str, now: Time) {
        self.feed_end(CloseCause::TransportFailed { reason: reason.into() }, now);
    }

    /// Frees memory that an idle connection does not need.
    pub(crate) fn release(&mut self) {
        self.decoder.release();
        self.reader.release();
        self.output.release();
        self.notifications.release();
    }

    /// Aborts the connection at once, as if the transport had failed.
    pub(crate) fn abort(&mut self, reason: &str, now: Time) {
        self.feed_time(now);
        self.close_because(CloseCause::TransportFailed { reason: reason.into() });
    }

    /// Records the time. An earlier time than the last one is treated as the last one.
    pub fn feed_time(&mut self, now: Time) {
        self.now = self.now.max(now);
        #[cfg(feature = "__tls")]
        self.feed_time_to_tls();
    }

    /// Returns when to [feed the time](Self::feed_time) at the latest: the timeout of the TLS
    /// handshake, while it is not complete.
    pub fn next_timeout(&self) -> Option<Time> {
        #[cfg(feature = "__tls")]
        if let Some(tls) = self.tls.as_deref().filter(|_| self.phase != Phase::Closed) {
            return tls.next_timeout();
        }
        None
    }

    /// Returns the bytes to write next, empty if there are none.
    #[must_use = "the peer waits for these bytes"]
    pub fn poll_transmit(&mut self) -> &[u8] {
        #[cfg(feature = "__tls")]
        if self.tls.is_some() {
            return self.encrypt();
        }
        self.output.pending()
    }

    /// Lends the bytes of [`poll_transmit`](Self::poll_transmit), see [`Output::lend`]. Encrypted
    /// ones cannot be lent.
    pub(crate) fn lend(&mut self) -> Option<(Vec<u8>, usize)> {
        #[cfg(feature = "__tls")]
        if self.tls.is_some() {
            return None;
        }
        Some(self.output.lend())
    }

    /// Takes back lent bytes.
    pub(crate) fn take_back(&mut self, block: Vec<u8>) {
        self.output.take_back(block);
    }

    /// Returns whether [`poll_transmit`](Self::poll_transmit) has bytes to write.
    pub fn has_output(&self) -> bool {
        let waits = self.output.queued() > 0;
        #[cfg(feature = "__tls")]
        if let Some(tls) = &self.tls {
            return tls.has_output(waits, self.phase == Phase::Closed);
        }
        waits
    }

    /// Records that the first `written` bytes of [`poll_transmit`](Self::poll_transmit) have
    /// been written.
    pub fn advance(&mut self, written: usize, now: Time) {
        self.feed_time(now);
        #[cfg(feature = "__tls")]
        let written = self.tls.as_mut().map_or(written, |tls| tls.advance(written));
        self.output.advance(written);
        if self.backlog {
            self.process();
        }
    }

    /// Returns the next notification. Notifications are in chronological order.
    #[must_use = "input waits when too many notifications are queued"]
    pub fn poll_notification(&mut self) -> Option<ConnectionNotification> {
        self.poll_held().map(|(notification, _)| notification)
    }

    /// Returns the next notification, with the number of message bytes that it keeps in memory.
    #[inline]
    pub(crate) fn poll_held(&mut self) -> Option<(ConnectionNotification, usize)> {
        if self.backlog || self.has_log_entries() {
            return self.poll_further();
        }
        if self.notifications.is_empty() {
            self.held = false;
        }
        self.notifications.pop()
    }

    /// Does the same while log entries or messages wait to be processed.
    #[inline(never)]
    fn poll_further(&mut self) -> Option<(ConnectionNotification, usize)> {
        let mut entry = self.next_log_entry();
        if entry.is_none() {
            if self.notifications.is_empty() {
                self.held = false;
            }
            if self.backlog && !self.held {
                self.process();
                entry = self.next_log_entry();
            }
        }
        if let Some(entry) = entry {
            return Some((entry, 0));
        }
        if let Some(input) = &mut self.log_input {
            input.advance();
        }
        self.notifications.pop()
    }

    /// Returns whether everything queued has been written.
    pub(crate) fn is_all_written(&self) -> bool {
        self.begun && self.output.written() == self.counters().output.bytes
    }

    /// Returns the number of queued notifications. The entries of a log message count as one.
    pub fn waiting_notifications(&self) -> usize {
        self.notifications.len() + usize::from(self.has_log_entries())
    }

    /// Returns whether [`poll_held`](Self::poll_held) may return a notification or process input.
    pub(crate) fn has_notifications(&self) -> bool {
        self.held || self.backlog || self.waiting_notifications() > 0
    }

    fn has_log_entries(&self) -> bool {
        self.log_input.as_ref().is_some_and(|input| input.is_waiting())
    }

    /// Returns whether and when to close the transport.
    #[must_use = "the peer waits for the connection to be closed"]
    pub fn poll_close(&self) -> Option<PollClose> {
        if self.phase != Phase::Closed {
            None
        } else if self.has_output() {
            Some(PollClose::WhenWritten)
        } else {
            Some(PollClose::Now)
        }
    }

    /// Returns whether to read more bytes from the transport. Returns false if too many
    /// notifications or answers are queued, or if the connection is closed.
    ///
    /// The result changes with [`poll_notification`](Self::poll_notification) and
    /// [`advance`](Self::advance), and with `feed_*`.
    pub fn wants_input(&self) -> bool {
        self.phase != Phase::Closed && self.end.is_none() && self.has_room()
    }

    /// Closes the connection (§3.6). Write the output that is still queued.
    ///
    /// Does nothing if the connection is already closed.
    pub fn close(&mut self, now: Time) {
        self.feed_time(now);
        self.close_because(CloseCause::ClosedByUs);
    }

    /// Returns whether our VERSION is queued, with TLS after its handshake.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Returns the phase of the connection.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns our role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the configuration.
    pub fn config(&self) -> &ConnectionConfig {
        &self.config
    }

    /// Returns the last fed time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Returns the peer's VERSION, once it has arrived.
    pub fn peer_version(&self) -> Option<&Version> {
        self.peer.version.as_ref()
    }

    /// Returns the data format, once the peer's VERSION has arrived.
    pub fn data_format(&self) -> Option<DataFormat> {
        self.peer.version.is_some().then_some(self.data_format)
    }

    /// Returns the peer's capabilities, none before its CAPS arrive.
    pub fn peer_caps(&self) -> Caps {
        self.peer.caps
    }

    /// Returns the peer's `peer_description`, once it has arrived and if we accepted input then.
    pub fn peer_description(&self) -> Option<&Name> {
        self.peer.description.as_ref()
    }

    /// Returns the events that the peer has requested.
    pub fn peer_events(&self) -> &BTreeSet<Name> {
        &self.peer.events
    }

    /// Returns the events that we have requested.
    #[cfg(test)]
    pub(super) fn requested(&self) -> &BTreeSet<Name> {
        &self.ours.events
    }

    /// Returns whether the peer has requested this event.
    pub fn is_event_requested(&self, name: &[u8]) -> bool {
        self.peer.events.contains(name)
    }

    /// Returns whether the peer has requested sync.
    pub fn is_sync_requested(&self) -> bool {
        self.peer.sync.is_some()
    }

    /// Returns whether the peer has requested logs.
    pub fn are_logs_requested(&self) -> bool {
        self.peer.logs
    }

    /// Returns whether we accept the peer's events and state (§4).
    pub fn accepts_input(&self) -> bool {
        self.ours.accept_input
    }

    /// Returns the counters.
    pub fn counters(&self) -> Counters {
        if self.phase == Phase::Closed {
            return self.counters;
        }
        Counters {
            input: self.decoder.counters(),
            output: self.output.encoder.counters(),
            read: self.reader.counters(),
            written: self.output.writer.counters(),
            ..self.counters
        }
    }

    pub(super) fn notify(&mut self, notification: ConnectionNotification) {
        self.notifications.push(notification, std::mem::take(&mut self.held_bytes));
    }

    pub(super) fn log(&mut self, message: CommLogMessage) {
        self.notify(ConnectionNotification::Log(message));
    }

    /// Returns whether another message may be processed.
    pub(super) fn has_room(&self) -> bool {
        !self.held
            && !self.has_log_entries()
            && self.notifications.len() < self.config.notification_limit.max(1)
            // Answers that will never be written do not block input.
            && (self.broken || self.output.reply_bytes() < self.config.reply_limit.max(1))
    }

    /// Ends the connection because of a violation by the peer.
    pub(super) fn violation(
        &mut self,
        kind: ProtocolErrorKind,
        message: Option<MessageType>,
        offset: u64,
    ) {
        let phase = self.phase;
        self.close_because(CloseCause::Protocol(ProtocolError { kind, message, phase, offset }));
    }

    /// Ends the connection once: frees what it no longer needs, and notifies (§3.6).
    pub(super) fn close_because(&mut self, cause: CloseCause) {
        if self.phase == Phase::Closed {
            return;
        }
        self.broken |= !matches!(cause, CloseCause::ClosedByUs | CloseCause::Protocol(_));
        if self.broken {
            self.output.clear();
        }
        self.counters = self.counters();
        self.phase = Phase::Closed;
        self.backlog = false;
        self.end = None;
        // Free both caches and unprocessed input.
        self.reader = serial::Reader::new(self.config.serial_limits);
        self.output.writer = serial::Writer::new(0);
        self.decoder = Decoder::new(self.config.framing, self.config.wire_limits);
        self.ours.writers = Vec::new();
        self.log_input.take_if(|input| !input.is_waiting());
        self.notify(ConnectionNotification::Closed(cause));
    }

    pub(super) fn feed_end(&mut self, cause: CloseCause, now: Time) {
        self.feed_time(now);
        #[cfg(feature = "__tls")]
        let cause = self.end_tls(cause);
        // A peer that only shut down its sending direction may still read what is queued.
        self.broken |= !matches!(cause, CloseCause::PeerClosed);
        if self.phase != Phase::Closed {
            self.end.get_or_insert(cause);
            self.process();
        } else if self.broken {
            self.output.clear();
        }
    }
}
