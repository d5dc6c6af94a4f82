//! The connection of a client.

use std::collections::VecDeque;

use base64ct::{Base64, Encoding};
use brocomm::Time;
use brocomm::data::Name;
use bytes::Bytes;

use super::config::{ClientConfig, ConfigError};
use super::confirm::Confirm;
use super::notification::{CloseCause, Notification};
use super::timers::Timers;
use crate::message::{self, Publication, ServerMessage, ZeekEvent};
use crate::websocket::{
    self, Answer, CloseFrame, Frames, Head, Incoming, Masks, Opcode, Output, Violation, codes,
};
use crate::{Data, EncodeError};

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Waiting for the answer to the HTTP request.
    Handshake,
    /// Waiting for the acknowledgement of the subscriptions.
    Subscribing,
    /// Events can be sent and received.
    Ready,
    /// Waiting for the server's answer to a close frame.
    Closing,
    /// The connection is closed.
    Closed,
}

/// An error sending an event.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The subscriptions are not acknowledged yet, or the connection is closed.
    #[error("not connected")]
    NotReady,
    /// The output has reached [`Limits::outgoing`](crate::websocket::Limits::outgoing).
    #[error("send queue full")]
    Full,
    /// Zeek would reject the event, or read it as another one.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A state machine for a connection to a Zeek. Feed it bytes and the time, and poll it for bytes to
/// send and notifications.
///
/// The loop is the same as in [`brocomm`]: write the bytes from
/// [`poll_transmit`](Self::poll_transmit) and report how many were written with
/// [`advance`](Self::advance); handle notifications; close the transport when
/// [`is_over`](Self::is_over); wait for the transport, or until
/// [`next_timeout`](Self::next_timeout); feed what happened. Always read: Zeek disconnects a client
/// that doesn't answer its pings within 5 s, even if the application is busy.
#[derive(Debug)]
pub struct Client {
    pub(super) config: ClientConfig,
    key: String,
    pub(super) phase: Phase,
    head: Head,
    frames: Frames,
    pub(super) output: Output,
    notifications: VecDeque<Notification>,
    pub(super) confirm: Confirm,
    /// A buffer for the message that is being written.
    scratch: Vec<u8>,
    /// The cause to report once the connection is closed gracefully.
    cause: Option<CloseCause>,
    pub(super) now: Time,
    /// The start of the phase.
    pub(super) since: Time,
    /// The time of the last input.
    pub(super) heard: Time,
    /// The time of the unanswered ping.
    pub(super) pinged: Option<Time>,
}

impl Client {
    /// Creates a client for a connected transport, with TLS already established for `wss`.
    ///
    /// `random` is the source of the handshake's key and of the masks. It should be unpredictable.
    ///
    /// # Errors
    ///
    /// The configuration is invalid.
    pub fn new(config: ClientConfig, random: [u8; 24], now: Time) -> Result<Client, ConfigError> {
        config.check()?;
        let (nonce, seed) =
            random.split_first_chunk::<16>().map_or(([0; 16], 0), |(nonce, seed)| {
                (*nonce, seed.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            });
        let key = Base64::encode_string(&nonce);
        let mut output = Output::new(Some(Masks::new(seed)));
        let application = config.application.as_deref();
        output.raw(websocket::request(&config.host, &config.path, application, &key).as_bytes());
        Ok(Client {
            frames: Frames::new(config.limits.message, false),
            config,
            key,
            phase: Phase::Handshake,
            head: Head::default(),
            output,
            notifications: VecDeque::new(),
            confirm: Confirm::default(),
            scratch: Vec::new(),
            cause: None,
            now,
            since: now,
            heard: now,
            pinged: None,
        })
    }

    /// Feeds received bytes.
    pub fn feed_bytes(&mut self, bytes: &[u8], now: Time) {
        self.set_time(now);
        if self.phase == Phase::Closed {
            return;
        }
        self.heard = self.now;
        if self.phase == Phase::Handshake {
            self.head.push(bytes);
            self.read_answer(false);
        } else {
            self.frames.feed(bytes);
        }
        self.read_frames();
    }

    /// Reports that the server has closed the connection.
    pub fn feed_eof(&mut self, now: Time) {
        self.set_time(now);
        if self.phase == Phase::Handshake {
            self.read_answer(true);
        }
        let cause = self.cause.take().unwrap_or(CloseCause::Ended);
        self.end(cause);
    }

    /// Reports that the connection failed or could not be established.
    pub fn feed_failure(&mut self, reason: &str, now: Time) {
        self.set_time(now);
        // Zeek resets some connections right after the answer that refuses them.
        if self.phase == Phase::Handshake && !self.head.is_empty() {
            self.read_answer(true);
        }
        let cause = self.cause.take().unwrap_or_else(|| CloseCause::Failed(reason.to_owned()));
        self.end(cause);
    }

    /// Feeds the current time.
    pub fn feed_time(&mut self, now: Time) {
        self.set_time(now);
        let Timers { phase, pong, idle, confirm } = self.timers();
        let passed = |timer: Option<(Time, CloseCause)>| timer.filter(|(at, _)| *at <= self.now);
        if let Some((_, cause)) = passed(phase) {
            let cause = self.cause.take().unwrap_or(cause);
            self.end(cause);
        } else if let Some((_, cause)) = passed(pong) {
            self.close_because(codes::INTERNAL, b"Ping timeout", cause);
        } else if idle.into_iter().chain(confirm).any(|at| at <= self.now) {
            self.ping();
        }
    }

    /// Returns when to call [`feed_time`](Self::feed_time) at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        let Timers { phase, pong, idle, confirm } = self.timers();
        let at = |timer: Option<(Time, CloseCause)>| timer.map(|(at, _)| at);
        [at(phase), at(pong), idle, confirm].into_iter().flatten().min()
    }

    /// Returns the bytes to write.
    pub fn poll_transmit(&self) -> &[u8] {
        self.output.pending()
    }

    /// Records that this number of bytes has been written.
    pub fn advance(&mut self, written: usize, now: Time) {
        self.set_time(now);
        self.output.advance(written);
        self.confirm.written(self.output.written());
    }

    /// Returns the next notification.
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.notifications.pop_front()
    }

    /// Returns whether to close the transport once everything is written.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Returns the phase of the connection.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Sends an event under a topic.
    ///
    /// # Errors
    ///
    /// The event was not sent, not even in part.
    pub fn send_event(
        &mut self,
        topic: &[u8],
        event: &ZeekEvent,
        now: Time,
    ) -> Result<(), SendError> {
        self.set_time(now);
        if self.phase != Phase::Ready {
            return Err(SendError::NotReady);
        }
        if !self.has_room() {
            return Err(SendError::Full);
        }
        self.scratch.clear();
        let is_utf8 = message::write_event(topic, event, self.config.encoding, &mut self.scratch)?;
        self.output.frame(if is_utf8 { Opcode::Text } else { Opcode::Binary }, &self.scratch);
        self.confirm.sent(self.output.end());
        if self.confirm.is_urgent() {
            self.ping();
        }
        Ok(())
    }

    /// Returns whether an event can be sent without exceeding the limit.
    pub fn has_room(&self) -> bool {
        self.output.pending().len() < self.config.limits.outgoing
    }

    /// Returns the number of events sent.
    pub fn sent(&self) -> u64 {
        self.confirm.count()
    }

    /// Returns how many of them have arrived in the server's process, as confirmed by a later ping.
    pub fn confirmed(&self) -> u64 {
        self.confirm.confirmed()
    }

    /// Returns how many of them have not been written. They are lost if the connection ends.
    pub fn unwritten(&self) -> u64 {
        self.confirm.unwritten()
    }

    /// Closes the connection gracefully, after sending what is queued.
    pub fn close(&mut self, now: Time) {
        self.set_time(now);
        match self.phase {
            Phase::Handshake => self.end(CloseCause::Requested),
            Phase::Subscribing | Phase::Ready => {
                self.close_because(codes::NORMAL, b"", CloseCause::Requested);
            }
            Phase::Closing | Phase::Closed => {}
        }
    }

    fn set_time(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = self.now;
    }

    fn read_answer(&mut self, is_ended: bool) {
        match self.head.answer(&self.key, self.config.limits.handshake, is_ended) {
            Answer::Incomplete => {}
            Answer::Wrong(error) => self.end(CloseCause::Handshake(error)),
            Answer::Accepted(length) => {
                let head = std::mem::take(&mut self.head);
                self.frames.feed(head.get(length..).unwrap_or_default());
                let mut text = Vec::new();
                match message::write_subscriptions(&self.config.subscriptions, &mut text) {
                    Ok(()) => self.output.frame(Opcode::Text, &text),
                    Err(error) => return self.end(CloseCause::Subscriptions(error)),
                }
                self.enter(Phase::Subscribing);
            }
        }
    }

    fn read_frames(&mut self) {
        while !matches!(self.phase, Phase::Handshake | Phase::Closed) {
            match self.frames.poll() {
                Ok(Some(incoming)) => self.take(incoming),
                Ok(None) => return,
                Err(violation) => return self.violated(violation),
            }
        }
    }

    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message(text) => self.take_message(&text),
            Incoming::Ping(payload) => {
                if self.output.pending().len() > self.config.limits.outgoing.saturating_mul(2) {
                    return self.end(CloseCause::NotReading);
                }
                self.output.frame(Opcode::Pong, &payload);
            }
            Incoming::Pong(payload) => {
                if self.confirm.pong(&payload) {
                    self.pinged = None;
                    if self.phase == Phase::Ready && self.confirm.is_urgent() {
                        self.ping();
                    }
                }
            }
            Incoming::Close(payload) => self.take_close(&payload),
        }
    }

    fn take_close(&mut self, payload: &Bytes) {
        let frame = match websocket::read_close(payload) {
            Ok(frame) => frame,
            Err(violation) => return self.violated(violation),
        };
        if self.phase == Phase::Closing && frame.code == codes::NORMAL {
            self.confirm.closed();
        }
        if self.phase != Phase::Closing {
            let CloseFrame { code, reason } = &frame;
            self.output.frame(Opcode::Close, &websocket::close_payload(*code, reason));
        }
        let cause = self.cause.take().unwrap_or(CloseCause::Peer(frame));
        self.finish(cause);
    }

    fn take_message(&mut self, text: &Bytes) {
        // Messages that were in flight when we closed are still delivered.
        match ServerMessage::read(text) {
            Ok(ServerMessage::Ack { endpoint, version }) => {
                if self.phase == Phase::Subscribing {
                    self.enter(Phase::Ready);
                    self.notify(Notification::Ready { endpoint, version });
                }
            }
            // Before the acknowledgement an error can only concern the subscriptions.
            Ok(ServerMessage::Error(error)) if self.phase == Phase::Subscribing => {
                self.close_because(codes::NORMAL, b"", CloseCause::Refused(error));
            }
            Ok(ServerMessage::Error(error)) => self.notify(Notification::Refused(error)),
            Ok(ServerMessage::Publication(Publication { topic, data })) => {
                self.deliver(topic, data)
            }
            Err(error) => self.notify(Notification::Undecodable(error)),
        }
    }

    fn deliver(&mut self, topic: Name, data: Data) {
        self.notify(match ZeekEvent::from_data(data) {
            Some(event) => Notification::Event { topic, event },
            None => Notification::NotAnEvent { topic },
        });
    }

    fn violated(&mut self, violation: Violation) {
        let reason = violation.to_string();
        let payload = websocket::close_payload(violation.code(), reason.as_bytes());
        self.output.frame(Opcode::Close, &payload);
        let cause = self.cause.take().unwrap_or(CloseCause::Violation(violation));
        self.finish(cause);
    }

    /// Sends a close frame and waits for the server's.
    fn close_because(&mut self, code: u16, reason: &[u8], cause: CloseCause) {
        if self.phase >= Phase::Closing {
            return;
        }
        self.output.frame(Opcode::Close, &websocket::close_payload(code, reason));
        self.cause = Some(cause);
        self.enter(Phase::Closing);
    }

    /// Ends the connection and discards unwritten output.
    fn end(&mut self, cause: CloseCause) {
        if self.phase != Phase::Closed {
            self.output.clear();
            self.finish(cause);
        }
    }

    /// Ends the connection once everything is written.
    fn finish(&mut self, cause: CloseCause) {
        self.enter(Phase::Closed);
        self.notify(Notification::Closed(cause));
    }

    fn notify(&mut self, notification: Notification) {
        self.notifications.push_back(notification);
    }
}
