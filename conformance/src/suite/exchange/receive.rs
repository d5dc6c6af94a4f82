//! Receiving from the implementation.

use std::fmt;
use std::time::{Duration, Instant};

use brocomm::lowlevel::serial::Serial;
use brocomm::lowlevel::wire::{Message, MessageType};

use super::super::{LineKind, Outcome, Stop, describe};
use super::Exchange;
use super::socket::Input;

/// The time without input after which the implementation gets more to send: a Bro sends buffered
/// log entries with the first entry that is written more than a second later (§6).
const PUSH: Duration = Duration::from_millis(1500);

/// A message from the implementation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Got {
    /// The message.
    pub(crate) message: Message,
    /// Its contents, if it is a SERIAL.
    pub(crate) serial: Option<Serial>,
    /// Its bytes on the wire.
    pub(crate) bytes: Vec<u8>,
}

impl Got {
    /// Returns its type.
    pub(crate) fn message_type(&self) -> MessageType {
        self.message.message_type()
    }
}

impl Exchange {
    /// Returns the next message, or `None` if the implementation closes the connection.
    ///
    /// # Errors
    /// Failed if neither happens in time, or if a message violates the protocol.
    pub(crate) fn receive(&mut self) -> Outcome<Option<Got>> {
        let patience = self.patience;
        match self.receive_within(patience)? {
            Some(received) => Ok(received),
            None => Stop::failed(format!("nothing arrived in {} s", patience.as_secs_f64())),
        }
    }

    /// Returns the next message, `Some(None)` if the implementation closed the connection, or
    /// `None` if neither happened in time.
    ///
    /// # Errors
    /// Failed if a message violates the protocol.
    pub(crate) fn receive_within(&mut self, limit: Duration) -> Outcome<Option<Option<Got>>> {
        let until = self.deadline.min(Instant::now() + limit);
        loop {
            match self.decoder.poll() {
                Ok(Some(decoded)) => {
                    let length = usize::try_from(decoded.wire_len).unwrap_or(usize::MAX);
                    let skip = decoded.offset.saturating_sub(self.undecoded_from);
                    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                    let end = skip.saturating_add(length).min(self.undecoded.len());
                    let bytes = self.undecoded.get(skip..end).unwrap_or_default().to_vec();
                    self.undecoded.drain(..end);
                    self.undecoded_from = decoded.offset.saturating_add(decoded.wire_len);
                    return self.take(decoded.message, bytes).map(|got| Some(Some(got)));
                }
                Ok(None) => {}
                Err(error) => {
                    let bytes = std::mem::take(&mut self.undecoded);
                    self.recorder.add(self.number, LineKind::Received, &bytes, error.to_string());
                    return Stop::failed(format!("it sent an invalid message: {error}"));
                }
            }
            if self.closed {
                return Ok(Some(None));
            }
            match self.socket.read(until) {
                None => return Ok(None),
                Some(Input::Bytes(bytes)) => {
                    self.decoder.feed(&bytes);
                    self.undecoded.extend_from_slice(&bytes);
                }
                Some(Input::Closed(why)) => {
                    self.closed = true;
                    self.recorder.add(self.number, LineKind::Closed, &self.undecoded, why);
                }
            }
        }
    }

    /// Tracks a message and decodes its contents.
    fn take(&mut self, message: Message, bytes: Vec<u8>) -> Outcome<Got> {
        let serial = match &message {
            Message::Serial(chunk) => match self.read_serial(chunk) {
                Ok(serial) => Some(serial),
                Err(error) => {
                    self.recorder.add(self.number, LineKind::Received, &bytes, error.to_string());
                    return Stop::failed(format!(
                        "it sent a SERIAL that cannot be decoded: {error}"
                    ));
                }
            },
            _ => None,
        };
        let meaning = describe::message(&message, serial.as_ref());
        self.recorder.add(self.number, LineKind::Received, &bytes, meaning);
        if let Message::Version(version) = &message {
            self.reader.set_cache_size(version.cache_size);
        }
        self.ledger.received(&message);
        if let Some(Serial::Id(id)) = &serial
            && id.name == "peer_description"
        {
            self.ledger.theirs.description = Some(id.clone());
        }
        Ok(Got { message, serial, bytes })
    }

    /// Waits for the first message for which `wanted` returns a value, and returns that value.
    /// Skips other messages.
    ///
    /// # Errors
    /// Failed if the implementation closes the connection, or no such message arrives in time.
    /// `what` names it in the error.
    pub(crate) fn wait_for<T>(
        &mut self,
        what: impl fmt::Display,
        mut wanted: impl FnMut(&Got) -> Option<T>,
    ) -> Outcome<T> {
        let until = Instant::now() + self.patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.receive_within(left)? {
                Some(Some(got)) => {
                    if let Some(found) = wanted(&got) {
                        return Ok(found);
                    }
                }
                Some(None) => return Stop::failed(format!("it closed instead of sending {what}")),
                None => {
                    let patience = self.patience.as_secs_f64();
                    return Stop::failed(format!("{what} did not arrive in {patience} s"));
                }
            }
        }
    }

    /// Waits for a message of this type. Skips others.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect(&mut self, message: MessageType) -> Outcome<Got> {
        self.wait_for(message.name(), |got| (got.message_type() == message).then(|| got.clone()))
    }

    /// Waits for a message of this type as [`expect`](Self::expect) does, from an implementation
    /// that may buffer what it sends (§6). Calls `push` to make it send more whenever nothing has
    /// arrived for a while.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for), and those of `push`.
    pub(crate) fn expect_pushing(
        &mut self,
        message: MessageType,
        mut push: impl FnMut(&mut Exchange) -> Outcome,
    ) -> Outcome<Got> {
        let until = Instant::now() + self.patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.receive_within(left.min(PUSH))? {
                Some(Some(got)) if got.message_type() == message => return Ok(got),
                Some(Some(_)) => {}
                Some(None) => {
                    return Stop::failed(format!(
                        "it closed instead of sending {}",
                        message.name()
                    ));
                }
                None if left > PUSH => push(self)?,
                None => {
                    let patience = self.patience.as_secs_f64();
                    return Stop::failed(format!(
                        "{} did not arrive in {patience} s",
                        message.name()
                    ));
                }
            }
        }
    }

    /// Returns whether the implementation has closed the connection. Skips what it has sent.
    ///
    /// # Errors
    /// Failed if a message violates the protocol.
    pub(crate) fn has_closed(&mut self) -> Outcome<bool> {
        loop {
            match self.receive_within(Duration::ZERO)? {
                Some(Some(_)) => {}
                Some(None) => return Ok(true),
                None => return Ok(false),
            }
        }
    }

    /// Waits until the implementation closes the connection. Skips what it sends before.
    ///
    /// # Errors
    /// Failed if it does not. `why` is the reason for closing.
    pub(crate) fn expect_close(&mut self, why: &str) -> Outcome {
        let until = Instant::now() + self.patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.receive_within(left)? {
                Some(Some(_)) => {}
                Some(None) => return Ok(()),
                None => {
                    let patience = self.patience.as_secs_f64();
                    return Stop::failed(format!("it did not close in {patience} s after {why}"));
                }
            }
        }
    }
}
