//! Handling of the peer's messages, contents of SERIALs (§5, 2§2), logs (part 3), and TLS between the
//! stream and the messages (part 4 §6).

use bytes::Bytes;

use super::Connection;
use super::handshake::PEER_DESCRIPTION;
#[cfg(feature = "__tls")]
use crate::Time;
use crate::connection::phase::is_violation;
use crate::connection::{
    CloseCause, CommLogMessage, ConnectionNotification, Phase, ProtocolError, ProtocolErrorKind,
    SyncRequest, Undeclared,
};
use crate::data::{CallMismatch, Event, Id, Name, Serial, Value};
use crate::logs::{Announced, LogError, LogReceiver, ReceivedEntry, Unread};
use crate::serial::{LazyEvent, LazySerial, SerialError};
#[cfg(feature = "__tls")]
use crate::tls::{Decrypted, Machine, Negotiated, TlsError};
use crate::wire::{Decoded, Message, MessageType, PingArgs};

impl Connection {
    /// Processes input as far as there is room.
    pub(super) fn process(&mut self) {
        while self.phase != Phase::Closed {
            if !self.has_room() {
                self.backlog = true;
                return;
            }
            if self.phase == Phase::Running && self.process_serials() {
                continue;
            }
            match self.decoder.poll() {
                Ok(Some(decoded)) => self.receive(decoded),
                Ok(None) => break,
                Err(error) => {
                    let (message, offset) = (error.message, error.offset);
                    self.violation(ProtocolErrorKind::Wire(Box::new(error)), message, offset);
                }
            }
        }
        self.backlog = false;
        if let Some(cause) = self.end.take() {
            let cause = match (cause, self.decoder.finish()) {
                (CloseCause::PeerClosed, Err(inside)) => {
                    CloseCause::PeerClosedMidMessage(Box::new(inside))
                }
                (cause, _) => cause,
            };
            self.close_because(cause);
        }
    }

    /// Processes SERIALs in the usual form, as nearly all messages are. Of what makes input wait,
    /// they change only the number of queued notifications, and one that closes the connection leaves
    /// none after it. Returns whether there was one.
    fn process_serials(&mut self) -> bool {
        let limit = self.config.notification_limit.max(1);
        let mut has_some = false;
        while self.notifications.len() < limit
            && let Some((argument, offset)) = self.decoder.poll_serial()
        {
            has_some = true;
            self.held_bytes = argument.len();
            self.serial(argument, offset);
        }
        has_some
    }

    /// Checks a message against the table of §3.7 and acts on it.
    fn receive(&mut self, decoded: Decoded) {
        let Decoded { message, offset, .. } = decoded;
        self.held_bytes = message.held_bytes();
        let kind = message.message_type();
        if is_violation(kind, self.phase, self.peer.phase_done) {
            let what = match (kind, self.phase) {
                (_, Phase::Setup) => ProtocolErrorKind::NoVersion,
                (MessageType::PhaseDone, Phase::Sync(_)) => {
                    ProtocolErrorKind::UnexpectedPhaseDoneInSync
                }
                (MessageType::PhaseDone, _) => ProtocolErrorKind::UnexpectedPhaseDone,
                _ => ProtocolErrorKind::UnexpectedMessage,
            };
            return self.violation(what, Some(kind), offset);
        }
        match message {
            Message::Version(version) => self.version(version, offset),
            Message::Serial(argument) => self.serial(argument, offset),
            Message::RequestEvents(names) => self.peer_requests_events(&names, offset),
            Message::CaptureFilter(filter) => {
                self.notify(ConnectionNotification::CaptureFilter(filter))
            }
            Message::RequestSync { authoritative } => {
                self.peer.sync = Some(SyncRequest { authoritative });
                self.notify(ConnectionNotification::SyncRequested { authoritative });
            }
            Message::RequestLogs => {
                self.peer.logs = true;
                self.notify(ConnectionNotification::LogsRequested);
            }
            Message::PhaseDone => self.phase_done(offset),
            Message::Caps(caps) => {
                self.peer.caps = caps;
                self.update_modes();
            }
            // The decoder has already handled it.
            Message::Compress => self.log(CommLogMessage::EnablingDecompression),
            // Answered in the same format (§2.8). The answer is queued at the time of receipt, so
            // the time spent here is 0.
            Message::Ping(args) => {
                self.output.reply(&Message::Pong(PingArgs { time3: 0.0, ..args }));
            }
            Message::Pong(args) => self.pong(args),
            Message::SyncPoint(point) => self.notify(ConnectionNotification::SyncPoint(point)),
            Message::RemotePrint(items) => self.notify(ConnectionNotification::RemotePrint(items)),
            Message::LogCreateWriter(writer) => self.log_writer(&writer, offset),
            Message::LogWrite(entries) => self.log_entries(entries, offset),
        }
    }

    /// Ends the peer's part of the handshake or of Sync. Otherwise it is a violation.
    fn phase_done(&mut self, offset: u64) {
        match self.phase {
            Phase::Handshake if !self.peer.phase_done => {
                self.peer.phase_done = true;
                self.complete_when_both_done(offset);
            }
            Phase::Sync(_) => self.enter_running(),
            // A repetition in Handshake, which is ignored as in Bro.
            _ => {}
        }
    }
}

impl Connection {
    /// Decodes a SERIAL, even if not accepted, to keep the cache valid. Delivers it if accepted.
    #[inline(always)]
    pub(super) fn serial(&mut self, argument: Bytes, offset: u64) {
        if self.config.events_lazily {
            return self.lazy_serial(argument, offset);
        }
        match self.reader.read_owned(argument, self.modes.read) {
            Ok(Serial::Event(event)) => self.call(event),
            other => self.decoded(other, offset),
        }
    }

    #[inline(never)]
    fn lazy_serial(&mut self, argument: Bytes, offset: u64) {
        match self.reader.read_owned_lazily(argument, self.modes.read) {
            Ok(LazySerial::Event(event)) => self.lazy_call(event),
            Ok(LazySerial::Other(serial)) => self.decoded(Ok(serial), offset),
            Err(error) => self.decoded(Err(error), offset),
        }
    }

    /// Handles a decoded SERIAL.
    #[inline(never)]
    fn decoded(&mut self, read: Result<Serial, SerialError>, offset: u64) {
        match read {
            Ok(Serial::Event(event)) => self.call(event),
            Ok(Serial::Id(id)) => match self.phase {
                Phase::Running => self.deliver(ConnectionNotification::Id(id)),
                Phase::Handshake if *id.name == *PEER_DESCRIPTION.as_bytes() => {
                    self.description(&id);
                }
                // In other phases an ID has no effect (§3.2).
                _ => self.counters.discarded += 1,
            },
            Ok(Serial::StateAccess(access)) => {
                if self.ours.sync.is_some() && self.ours.accept_input {
                    self.counters.accesses_received += 1;
                    self.notify(ConnectionNotification::StateAccess(access));
                } else {
                    self.counters.discarded += 1;
                }
            }
            Ok(Serial::Packet(packet)) => self.deliver(ConnectionNotification::Packet(packet)),
            Err(error) => {
                let what = ProtocolErrorKind::Serial(Box::new(error));
                self.violation(what, Some(MessageType::Serial), offset);
            }
        }
    }

    #[inline(always)]
    fn call(&mut self, mut event: Event) {
        // Values created by the coercion count as if the peer had sent them.
        let objects = self.config.serial_limits.objects;
        match self.config.declarations.receive_call(&mut event, objects) {
            Ok(()) => {}
            Err(mismatch) if self.rejects(&mismatch) => return self.reject(event.name, mismatch),
            Err(_) => {}
        }
        if self.counts_event() {
            self.notifications.push_event(event, std::mem::take(&mut self.held_bytes));
        }
    }

    fn lazy_call(&mut self, event: LazyEvent) {
        let declarations = &self.config.declarations;
        match declarations.check_call_tags(event.name_bytes(), event.arg_tags()) {
            Err(mismatch) if self.rejects(&mismatch) => self.reject(event.name(), mismatch),
            Ok(()) | Err(_) => {
                if self.counts_event() {
                    self.notify(ConnectionNotification::LazyEvent(event));
                }
            }
        }
    }

    /// Returns whether a call is dropped for this reason, whether or not input is accepted (§5).
    fn rejects(&self, mismatch: &CallMismatch) -> bool {
        let is_undeclared = matches!(mismatch, CallMismatch::Unknown | CallMismatch::NotAnEvent);
        !is_undeclared || self.config.undeclared != Undeclared::Deliver
    }

    #[cold]
    fn reject(&mut self, name: Name, mismatch: CallMismatch) {
        self.counters.calls_rejected += 1;
        self.notify(ConnectionNotification::CallRejected { name: name.compact(), mismatch });
    }

    /// Counts a valid call. Returns whether to deliver it: whether input is accepted (§4).
    #[inline(always)]
    fn counts_event(&mut self) -> bool {
        let accepted = self.ours.accept_input;
        self.counters.events_received += u64::from(accepted);
        self.counters.discarded += u64::from(!accepted);
        accepted
    }

    /// Handles the peer's description (§3.2).
    fn description(&mut self, id: &Id) {
        if !self.ours.accept_input {
            self.counters.discarded += 1;
        } else if let Some(Value::String(text)) = &id.value {
            let name = Name::from_bytes(text.clone()).compact();
            self.peer.description = Some(name.clone());
            self.notify(ConnectionNotification::PeerDescription(name));
        } else {
            self.log(CommLogMessage::PeerDescriptionNotAString);
        }
    }

    fn deliver(&mut self, notification: ConnectionNotification) {
        if self.ours.accept_input {
            self.notify(notification);
        } else {
            self.counters.discarded += 1;
        }
    }
}

/// The peer's logs. Most peers send none.
#[derive(Debug)]
pub(super) struct LogInput {
    receiver: LogReceiver,
    /// The rest of the last LOG_WRITE. Entries are decoded on demand, since an entry needs several
    /// times the memory of its bytes.
    unread: Unread,
    /// The number of queued notifications to deliver before `unread`.
    before: usize,
    /// Whether one of the message's entries was dropped.
    dropped: bool,
    /// The phase and the stream offset of the message.
    phase: Phase,
    offset: u64,
}

impl LogInput {
    /// Returns whether entries are left, which precede all later input.
    pub(super) fn is_waiting(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Records that a notification was taken.
    pub(super) fn advance(&mut self) {
        self.before = self.before.saturating_sub(1);
    }
}

impl Connection {
    /// Handles the announcement of a writer.
    pub(super) fn log_writer(&mut self, argument: &Bytes, offset: u64) {
        match self.log_input().receiver.announce(argument) {
            Ok(Announced::New(writer)) => {
                self.notify(ConnectionNotification::LogWriterAnnounced(writer))
            }
            Ok(Announced::Again(_)) => {}
            Err(error) => {
                let what = ProtocolErrorKind::Log(Box::new(error));
                self.violation(what, Some(MessageType::LogCreateWriter), offset);
            }
        }
    }

    /// Handles log entries. They are decoded one by one after all earlier notifications are taken.
    pub(super) fn log_entries(&mut self, argument: Bytes, offset: u64) {
        let (before, phase) = (self.notifications.len(), self.phase);
        let input = self.log_input();
        (input.unread, input.before) = (input.receiver.begin(argument), before);
        (input.dropped, input.phase, input.offset) = (false, phase, offset);
    }

    fn log_input(&mut self) -> &mut LogInput {
        let (limits, phase) = (self.config.log_limits, self.phase);
        let data_format = self.data_format;
        self.log_input.get_or_insert_with(|| {
            Box::new(LogInput {
                receiver: LogReceiver::new(limits).with_data_format(data_format),
                unread: Unread::default(),
                before: 0,
                dropped: false,
                phase,
                offset: 0,
            })
        })
    }

    /// Decodes the next entry, if it is next in order.
    pub(super) fn next_log_entry(&mut self) -> Option<ConnectionNotification> {
        let input = self.log_input.as_deref_mut().filter(|input| input.before == 0)?;
        match input.receiver.next(&mut input.unread)? {
            Ok(ReceivedEntry::Entry(entry)) => {
                self.counters.log_entries_received += 1;
                Some(ConnectionNotification::LogEntry(entry))
            }
            Ok(ReceivedEntry::Dropped(entry)) => {
                let first = !std::mem::replace(&mut input.dropped, true);
                Some(ConnectionNotification::LogEntryDropped { entry, first })
            }
            Err(error) => {
                let (phase, offset) = (input.phase, input.offset);
                self.reject_log_entry(error, phase, offset);
                None
            }
        }
    }

    /// Ends the connection because an entry cannot be decoded. Ignores everything that arrived
    /// after it, including the end of the connection.
    fn reject_log_entry(&mut self, error: LogError, phase: Phase, offset: u64) {
        self.notifications.clear();
        let message = Some(error.message);
        let kind = ProtocolErrorKind::Log(Box::new(error));
        let cause = CloseCause::Protocol(ProtocolError { kind, message, phase, offset });
        if self.phase == Phase::Closed {
            self.notify(ConnectionNotification::Closed(cause));
        } else {
            self.close_because(cause);
        }
    }
}

#[cfg(feature = "__tls")]
impl Connection {
    /// Returns the negotiated TLS parameters and the peer's certificate. Returns `None` without TLS
    /// and before its handshake is complete.
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(&self) -> Option<Negotiated> {
        self.tls.as_ref()?.negotiated()
    }

    /// Feeds the wall-clock time, which is used for the validity of certificates. By default the
    /// times of other feeds are used.
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn feed_wall_clock(&mut self, wall: Time, now: Time) {
        if let Some(tls) = &mut self.tls {
            tls.feed_wall_clock(wall, now);
        }
    }

    /// Starts TLS, if configured. Returns whether it is configured.
    pub(super) fn begin_tls(&mut self) -> bool {
        let Some(config) = &self.config.tls else { return false };
        match Machine::new(config, self.role, self.now) {
            Ok(machine) => self.tls = Some(Box::new(machine)),
            Err(error) => self.fail(error),
        }
        true
    }

    pub(super) fn decrypt(&mut self, bytes: &[u8]) {
        if self.phase == Phase::Closed || self.end.is_some() {
            return;
        }
        let Some(mut tls) = self.tls.take() else { return };
        let result = tls.feed(bytes, &mut |received| match received {
            Decrypted::Secured => {
                self.notify(ConnectionNotification::Secured);
                self.begin();
            }
            Decrypted::Bytes(bytes) => self.feed_plaintext(bytes),
            Decrypted::CloseNotify => self.feed_end(CloseCause::PeerClosed, self.now),
        });
        self.tls = Some(tls);
        result.unwrap_or_else(|error| self.fail(error));
    }

    pub(super) fn encrypt(&mut self) -> &[u8] {
        let is_last = self.phase == Phase::Closed;
        if let Some(tls) = &mut self.tls
            && let Err(error) = tls.encrypt(self.output.pending(), is_last)
        {
            self.fail(error);
        }
        self.tls.as_deref().map(Machine::outgoing).unwrap_or_default()
    }

    pub(super) fn feed_time_to_tls(&mut self) {
        if let Some(tls) = &mut self.tls
            && let Err(error) = tls.feed_time(self.now)
        {
            self.fail(error);
        }
    }

    /// Returns why the connection ended, given the cause without TLS.
    pub(super) fn end_tls(&mut self, cause: CloseCause) -> CloseCause {
        let Some(tls) = &mut self.tls else { return cause };
        if self.phase == Phase::Closed || self.end.is_some() {
            return cause;
        }
        let result = match &cause {
            CloseCause::PeerClosed => tls.feed_eof(),
            CloseCause::TransportFailed { reason } => tls.feed_failure(reason),
            _ => Ok(()),
        };
        result.map_or_else(|error| CloseCause::Tls(Box::new(error)), |()| cause)
    }

    fn fail(&mut self, error: TlsError) {
        self.feed_end(CloseCause::Tls(Box::new(error)), self.now);
    }
}
