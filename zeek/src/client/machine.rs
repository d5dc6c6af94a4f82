//! A client's connection.

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

/// Says how far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The answer to the HTTP request is awaited.
    Handshake,
    /// The acknowledgement of the subscriptions is awaited.
    Subscribing,
    /// Events can be sent, and come.
    Ready,
    /// A close frame was sent, and the server's is awaited.
    Closing,
    /// The connection is over.
    Closed,
}

/// Says why an event was not sent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The subscriptions are not acknowledged yet, or the connection is over.
    #[error("not connected")]
    NotReady,
    /// As much waits to be written as [`Limits::outgoing`](crate::websocket::Limits::outgoing) allows.
    #[error("send queue full")]
    Full,
    /// Zeek would refuse the event, or read another.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A connection to a Zeek, as a machine: bytes and the time are fed in, bytes to send and
/// notifications are polled out.
///
/// The loop is that of [`brocomm`]: write what [`poll_transmit`](Self::poll_transmit) shows and say
/// with [`advance`](Self::advance) how much; take notifications; close when
/// [`is_over`](Self::is_over); wait for the transport, or until
/// [`next_timeout`](Self::next_timeout); feed what happened. Always read: a client that doesn't answer
/// Zeek's pings within 5 s is disconnected, whatever its application is busy with.
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
    /// The text of the message that is being written.
    scratch: Vec<u8>,
    /// Why the connection will be over when it is closed in order.
    cause: Option<CloseCause>,
    pub(super) now: Time,
    /// When the phase began.
    pub(super) since: Time,
    /// When something came last.
    pub(super) heard: Time,
    /// When the ping was sent that is not answered.
    pub(super) pinged: Option<Time>,
}

impl Client {
    /// Makes a client of a transport that is connected (and whose TLS is established, for `wss`).
    ///
    /// `random` makes the key of the handshake and the masks; it should be unpredictable.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the configuration.
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

    /// Feeds bytes that came.
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

    /// Feeds that the server ended the connection.
    pub fn feed_eof(&mut self, now: Time) {
        self.set_time(now);
        if self.phase == Phase::Handshake {
            self.read_answer(true);
        }
        let cause = self.cause.take().unwrap_or(CloseCause::Ended);
        self.end(cause);
    }

    /// Feeds that the connection failed, or could not be made.
    pub fn feed_failure(&mut self, reason: &str, now: Time) {
        self.set_time(now);
        // Zeek resets some connections that it refuses, right behind its answer.
        if self.phase == Phase::Handshake && !self.head.is_empty() {
            self.read_answer(true);
        }
        let cause = self.cause.take().unwrap_or_else(|| CloseCause::Failed(reason.to_owned()));
        self.end(cause);
    }

    /// Feeds the time.
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

    /// Returns when to feed the time at the latest.
    pub fn next_timeout(&self) -> Option<Time> {
        let Timers { phase, pong, idle, confirm } = self.timers();
        let at = |timer: Option<(Time, CloseCause)>| timer.map(|(at, _)| at);
        [at(phase), at(pong), idle, confirm].into_iter().flatten().min()
    }

    /// Returns what is to be written.
    pub fn poll_transmit(&self) -> &[u8] {
        self.output.pending()
    }

    /// Records that so many bytes of it were written.
    pub fn advance(&mut self, written: usize, now: Time) {
        self.set_time(now);
        self.output.advance(written);
        self.confirm.written(self.output.written());
    }

    /// Returns what happened, one after the other.
    pub fn poll_notification(&mut self) -> Option<Notification> {
        self.notifications.pop_front()
    }

    /// Returns whether the transport is to be closed, once all is written.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Returns how far the connection is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Sends an event under a topic.
    ///
    /// # Errors
    ///
    /// Returns why it was not sent; nothing of it was.
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

    /// Returns how many events were sent.
    pub fn sent(&self) -> u64 {
        self.confirm.count()
    }

    /// Returns how many of them have arrived in the server's process, as a ping behind them told.
    pub fn confirmed(&self) -> u64 {
        self.confirm.confirmed()
    }

    /// Returns how many of them were not even written; they are lost if the connection is over.
    pub fn unwritten(&self) -> u64 {
        self.confirm.unwritten()
    }

    /// Closes the connection in order: what waits is sent first.
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
        // What was on its way when we closed is still delivered.
        match ServerMessage::read(text) {
            Ok(ServerMessage::Ack { endpoint, version }) => {
                if self.phase == Phase::Subscribing {
                    self.enter(Phase::Ready);
                    self.notify(Notification::Ready { endpoint, version });
                }
            }
            // Before the acknowledgement there is nothing else that the server could mean.
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

    /// Sends a close frame, and waits for the server's.
    fn close_because(&mut self, code: u16, reason: &[u8], cause: CloseCause) {
        if self.phase >= Phase::Closing {
            return;
        }
        self.output.frame(Opcode::Close, &websocket::close_payload(code, reason));
        self.cause = Some(cause);
        self.enter(Phase::Closing);
    }

    /// Ends the connection; what waits to be written is not worth waiting for.
    fn end(&mut self, cause: CloseCause) {
        if self.phase != Phase::Closed {
            self.output.clear();
            self.finish(cause);
        }
    }

    /// Ends the connection once all is written.
    fn finish(&mut self, cause: CloseCause) {
        self.enter(Phase::Closed);
        self.notify(Notification::Closed(cause));
    }

    fn notify(&mut self, notification: Notification) {
        self.notifications.push_back(notification);
    }
}
