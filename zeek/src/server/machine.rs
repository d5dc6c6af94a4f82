//! The connection of a server to one client.

use std::collections::VecDeque;

use brocomm::Time;
use brocomm::data::Name;
use bytes::Bytes;

use super::config::ServerConfig;
use super::notification::Notification;
use crate::message::{
    self, ErrorMessage, Publication, PublicationError, ServerMessage, SubscriptionError, ZeekEvent,
};
use crate::websocket::{
    self, CloseFrame, Frames, Head, Incoming, Opcode, Output, Violation, codes,
};

/// The maximum number of queued messages of a client before its acknowledgement or while they can't
/// be processed. Then the server stops reading.
const KEPT: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Waiting for the HTTP request.
    Request,
    /// Waiting for the subscriptions.
    Subscribing,
    /// Waiting for the application to acknowledge the subscriptions.
    Subscribed,
    /// The subscriptions were invalid, and nothing that follows is processed.
    Useless,
    Ready,
    /// Waiting for the client's answer to a close frame.
    Closing,
    Closed,
}

/// A state machine for the connection of one client. See [`Client`](crate::client::Client) for the
/// loop.
///
/// It behaves like the server of Zeek 8.2, including errors and close codes.
#[derive(Debug)]
pub struct Server {
    pub(super) config: ServerConfig,
    pub(super) phase: Phase,
    pub(super) head: Head,
    pub(super) application: Option<Name>,
    pub(super) topics: Vec<Name>,
    pub(super) frames: Frames,
    pub(super) output: Output,
    notifications: VecDeque<Notification>,
    /// Messages that arrived too early.
    waiting: VecDeque<Bytes>,
    pub(super) scratch: Vec<u8>,
    events: u64,
    /// The time of an acknowledgement that is delayed.
    pub(super) acknowledged: Option<Time>,
    pings: u64,
    /// The time of the last ping, and whether it is answered.
    pub(super) pinged: Option<(Time, bool)>,
    cause: Option<CloseFrame>,
    now: Time,
    pub(super) since: Time,
}

impl Server {
    /// Creates a server for an accepted transport, with TLS already established if it is used.
    pub fn new(config: ServerConfig, now: Time) -> Server {
        Server {
            frames: Frames::new(config.limits.message, true),
            config,
            phase: Phase::Request,
            head: Head::default(),
            application: None,
            topics: Vec::new(),
            output: Output::new(None),
            notifications: VecDeque::new(),
            waiting: VecDeque::new(),
            scratch: Vec::new(),
            events: 0,
            acknowledged: None,
            pings: 0,
            pinged: None,
            cause: None,
            now,
            since: now,
        }
    }

    /// Feeds received bytes.
    pub fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        self.set_time(now);
        match self.phase {
            Phase::Closed => return,
            Phase::Request => {
                self.head.push(bytes);
                self.read_request();
            }
            _ => self.frames.feed(bytes),
        }
        self.read_frames();
    }

    /// Reports that the client has closed the connection.
    pub fn feed_eof(&mut self, now: Time) {
        self.set_time(now);
        self.abort("Abnormal closure");
    }

    /// Reports that the connection failed.
    pub fn feed_failure(&mut self, _reason: &str, now: Time) {
        self.set_time(now);
        self.abort("Abnormal closure");
    }

    /// Feeds the current time.
    pub fn feed_time(&mut self, now: Time) {
        self.set_time(now);
        let is_due = |at: Option<Time>| at.is_some_and(|at| at <= self.now);
        if is_due(self.phase_timer()) {
            match self.phase {
                Phase::Request => self.reject("Error reading HTTP request line"),
                _ => self.abort("Abnormal closure"),
            }
        } else if is_due(self.ack_timer()) {
            self.acknowledge_now();
        } else if is_due(self.ping_timer()) {
            match self.pinged {
                Some((_, false)) => self.close_with(codes::INTERNAL, b"Ping timeout"),
                _ => self.ping(),
            }
        }
    }

    /// Returns when to call [`feed_time`](Self::feed_time) at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        [self.phase_timer(), self.ack_timer(), self.ping_timer()].into_iter().flatten().min()
    }

    /// Returns the bytes to write.
    pub fn poll_transmit(&self) -> &[u8] {
        self.output.pending()
    }

    /// Records that this number of bytes has been written.
    pub fn advance(&mut self, written: usize, now: Time) {
        self.set_time(now);
        self.output.advance(written);
    }

    /// Returns the next notification.
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.notifications.pop_front()
    }

    /// Returns whether to close the transport once everything is written.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Returns whether to read from the transport. If not, the client must wait.
    pub fn wants_input(&self) -> bool {
        let is_stopped = self.config.faults.stop_after.is_some_and(|most| self.events >= most);
        self.waiting.len() < KEPT && !is_stopped
    }

    /// Acknowledges the subscriptions. From now on the client can send and receive events.
    pub fn acknowledge(&mut self, now: Time) {
        self.set_time(now);
        if self.phase == Phase::Subscribed && self.acknowledged.is_none() {
            self.acknowledged = Some(self.now);
            if self.config.faults.late_ack.is_zero() {
                self.acknowledge_now();
            }
        }
    }

    /// Rejects a received event.
    pub fn refuse(&mut self, now: Time) {
        self.set_time(now);
        self.error("deserialization_failed", "failed to create Zeek event");
    }

    /// Ends the connection like a terminating Zeek.
    pub fn terminate(&mut self, now: Time) {
        self.set_time(now);
        if self.phase == Phase::Request {
            self.abort("Terminating");
        } else {
            self.close_with(codes::GOING_AWAY, b"Terminating");
        }
    }

    /// Ends the connection because its subscriptions cannot be activated.
    pub fn fail_subscription(&mut self, now: Time) {
        self.set_time(now);
        self.close_with(codes::INTERNAL, b"Could not subscribe. Something bad happened!");
    }

    pub(super) fn set_time(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = self.now;
    }

    fn read_frames(&mut self) {
        while self.wants_input() && !matches!(self.phase, Phase::Request | Phase::Closed) {
            match self.frames.poll() {
                Ok(Some(incoming)) => self.take(incoming),
                Ok(None) => return,
                Err(violation) => return self.violated(violation),
            }
        }
    }

    fn take(&mut self, incoming: Incoming) {
        match (incoming, self.phase) {
            (Incoming::Close(payload), _) => self.take_close(&payload),
            // Input is no longer processed.
            (_, Phase::Closing) => {}
            (Incoming::Message(text), Phase::Subscribing) => self.subscribe(&text),
            (Incoming::Message(text), Phase::Ready) => self.take_message(&text),
            (Incoming::Message(text), _) => self.waiting.push_back(text),
            (Incoming::Ping(payload), _) => {
                if self.output.pending().len() > self.config.limits.outgoing.saturating_mul(2) {
                    return self.abort("Abnormal closure");
                }
                if !self.config.faults.no_pong {
                    self.output.frame(Opcode::Pong, &payload);
                }
            }
            (Incoming::Pong(_), _) => {
                if let Some((_, answered)) = &mut self.pinged {
                    *answered = true;
                }
            }
        }
    }

    fn take_close(&mut self, payload: &Bytes) {
        let frame = match websocket::read_close(payload) {
            Ok(frame) => frame,
            Err(violation) => return self.violated_at_end(violation),
        };
        if self.phase != Phase::Closing {
            let CloseFrame { code, reason } = &frame;
            self.output.frame(Opcode::Close, &websocket::close_payload(*code, reason));
        }
        let cause = self.cause.take().unwrap_or(frame);
        self.finish(cause);
    }

    fn subscribe(&mut self, text: &Bytes) {
        match message::read_subscriptions(text) {
            Ok(topics) => {
                self.topics = topics.clone();
                self.enter(Phase::Subscribed);
                let application = self.application.clone();
                self.notifications.push_back(Notification::Subscribed { topics, application });
            }
            Err(error) => {
                self.error(
                    "deserialization_failed",
                    match error {
                        SubscriptionError::NotAnArray => "subscriptions not an array",
                        SubscriptionError::NotAString => "individual subscription not a string",
                    },
                );
                self.enter(Phase::Useless);
            }
        }
    }

    fn take_message(&mut self, text: &Bytes) {
        let event = match Publication::read(text) {
            Ok(Publication { topic, data }) => {
                ZeekEvent::from_data(data).map(|event| (topic, event))
            }
            Err(PublicationError::Json(_)) => {
                return self.error("deserialization_failed", "failed to decode JSON object");
            }
            Err(PublicationError::NoTopic) => {
                return self.error("deserialization_failed", "no topic in top-level JSON object");
            }
        };
        let refuses = self.config.faults.error_after.is_some_and(|most| self.events >= most);
        let Some((topic, event)) = event.filter(|_| !refuses) else {
            return self.error("deserialization_failed", "failed to create Zeek event");
        };
        self.events += 1;
        self.notifications.push_back(Notification::Event { topic, event });
        match self.config.faults.close_after {
            Some((most, code)) if self.events >= most => self.close_with(code, b"fault"),
            _ => {}
        }
    }

    pub(super) fn error(&mut self, code: &'static str, context: &'static str) {
        if self.phase == Phase::Closed {
            return;
        }
        self.scratch.clear();
        let message = ServerMessage::Error(ErrorMessage::new(code, context));
        // This always succeeds.
        if message.write(self.config.encoding, &mut self.scratch).is_ok() {
            self.output.frame(Opcode::Text, &self.scratch);
        }
    }

    fn acknowledge_now(&mut self) {
        self.enter(Phase::Ready);
        self.scratch.clear();
        let ServerConfig { endpoint, version, encoding, .. } = &self.config;
        let (endpoint, version) = (endpoint.clone(), version.clone());
        let message = ServerMessage::Ack { endpoint, version };
        if message.write(*encoding, &mut self.scratch).is_ok() {
            self.output.frame(Opcode::Text, &self.scratch);
        }
        while let Some(text) = self.waiting.pop_front().filter(|_| self.phase == Phase::Ready) {
            self.take_message(&text);
        }
        self.read_frames();
    }

    fn violated(&mut self, violation: Violation) {
        self.close_with(violation.code(), violation.to_string().as_bytes());
    }

    /// Answers an invalid close frame, after which nothing follows.
    fn violated_at_end(&mut self, violation: Violation) {
        let reason = violation.to_string();
        let payload = websocket::close_payload(violation.code(), reason.as_bytes());
        self.output.frame(Opcode::Close, &payload);
        let reason = Name::from(reason);
        self.finish(CloseFrame { code: violation.code(), reason });
    }

    pub(super) fn close_with(&mut self, code: u16, reason: &[u8]) {
        if self.phase >= Phase::Closing {
            return;
        }
        self.output.frame(Opcode::Close, &websocket::close_payload(code, reason));
        self.cause = Some(CloseFrame { code, reason: Name::from_bytes(reason.to_vec().into()) });
        self.enter(Phase::Closing);
    }

    /// Ends a connection that cannot be closed gracefully.
    fn abort(&mut self, reason: &'static str) {
        self.output.clear();
        let abnormal = || CloseFrame { code: codes::ABNORMAL, reason: Name::from_static(reason) };
        let cause = self.cause.take().unwrap_or_else(abnormal);
        self.finish(cause);
    }

    pub(super) fn finish(&mut self, cause: CloseFrame) {
        if self.phase != Phase::Closed {
            self.enter(Phase::Closed);
            self.notifications.push_back(Notification::Closed(cause));
        }
    }

    pub(super) fn ping(&mut self) {
        let interval = self.config.ping_interval.unwrap_or_default().as_secs();
        let text = format!("ixwebsocket::heartbeat::{interval}s::{}", self.pings);
        self.pings += 1;
        self.output.frame(Opcode::Ping, text.as_bytes());
        self.pinged = Some((self.now, false));
    }
}
