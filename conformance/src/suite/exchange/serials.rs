//! SERIALs in both directions, and what implementations do at the suite's request.

use std::slice::from_ref;
use std::time::{SystemTime, UNIX_EPOCH};

use brocomm::data::{Event, Id, Serial, StateAccess, Value};
use brocomm::serial::{Mode, SerialError, WriteError};
use brocomm::wire::{Caps, Message};
use bytes::Bytes;

use super::super::{Outcome, Stop, describe};
use super::Exchange;

impl Exchange {
    /// Returns how the suite has to write SERIALs now (2§3, 2§5).
    pub fn mode_out(&self) -> Mode {
        Mode::new(ours(self.ours.caps), ours(self.theirs.caps), self.is_running())
    }

    /// Returns how the implementation has to write SERIALs now.
    pub fn mode_in(&self) -> Mode {
        Mode::new(ours(self.theirs.caps), ours(self.ours.caps), self.is_running())
    }

    pub(super) fn read_serial(&mut self, chunk: &Bytes) -> Result<Serial, SerialError> {
        let mode = self.mode_in();
        self.reader.read(chunk, mode)
    }

    /// Returns the argument of a SERIAL with an event, as it has to be sent next.
    ///
    /// # Errors
    /// Inconclusive if it can't be written.
    pub fn encode_event(&mut self, name: &str, args: &[Value]) -> Outcome<Bytes> {
        let (mode, time) = (self.mode_out(), now());
        let mut out = Vec::new();
        written(self.writer.event(mode, name.as_bytes(), time, args, &mut out))?;
        Ok(out.into())
    }

    /// Sends an event.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub fn send_event(&mut self, name: &str, args: &[Value]) -> Outcome {
        let argument = self.encode_event(name, args)?;
        let event = Event { name: name.into(), time: 0.0, args: args.to_vec() };
        let message = Message::Serial(argument);
        let bytes = self.encode(&message);
        self.send_bytes(&bytes, &describe::message(&message, Some(&Serial::Event(event))))
    }

    /// Returns the argument of a SERIAL with an ID, as it has to be sent next.
    ///
    /// # Errors
    /// Inconclusive if it can't be written.
    pub fn encode_id(&mut self, id: Id) -> Outcome<Bytes> {
        let mode = self.mode_out();
        let mut out = Vec::new();
        written(self.writer.id(mode, &std::sync::Arc::new(id), &mut out))?;
        Ok(out.into())
    }

    /// Sends an ID (2§8).
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub fn send_id(&mut self, id: Id) -> Outcome {
        let (mode, id) = (self.mode_out(), std::sync::Arc::new(id));
        let mut out = Vec::new();
        written(self.writer.id(mode, &id, &mut out))?;
        let message = Message::Serial(out.into());
        let bytes = self.encode(&message);
        self.send_bytes(&bytes, &describe::message(&message, Some(&Serial::Id(id))))
    }

    /// Sends an operation on synchronized state (2§9).
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub fn send_access(&mut self, access: StateAccess) -> Outcome {
        let mode = self.mode_out();
        let mut out = Vec::new();
        written(self.writer.state_access(mode, &access, &mut out))?;
        let message = Message::Serial(out.into());
        let bytes = self.encode(&message);
        let serial = Serial::StateAccess(Box::new(access));
        self.send_bytes(&bytes, &describe::message(&message, Some(&serial)))
    }

    /// Waits for an event of this name; everything else is passed over.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub fn expect_event(&mut self, name: &str) -> Outcome<Event> {
        self.wait_for(&format!("the event {name}"), |got| match &got.serial {
            Some(Serial::Event(event)) if event.name == name => Some(event.clone()),
            _ => None,
        })
    }

    /// Waits for an operation on synchronized state; everything else is passed over.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub fn expect_access(&mut self) -> Outcome<StateAccess> {
        self.wait_for("a state access", |got| match &got.serial {
            Some(Serial::StateAccess(access)) => Some((**access).clone()),
            _ => None,
        })
    }

    /// Has a value echoed, and returns what comes back.
    ///
    /// # Errors
    /// Failed if the implementation has not requested `conformance_echo`, or does not answer.
    pub fn echo(&mut self, value: Value) -> Outcome<Value> {
        self.send_echo(value)?;
        self.echoed()
    }

    /// Sends a value to be echoed.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes), and failed if the implementation has not requested
    /// `conformance_echo`.
    pub fn send_echo(&mut self, value: Value) -> Outcome {
        if !self.theirs.requested.iter().any(|name| name.as_str() == Some("conformance_echo")) {
            return Stop::failed("it has not requested the event conformance_echo");
        }
        self.send_event("conformance_echo", &[value])
    }

    /// Waits for what is echoed next.
    ///
    /// # Errors
    /// As [`expect_event`](Self::expect_event).
    pub fn echoed(&mut self) -> Outcome<Value> {
        let mut event = self.expect_event("conformance_echoed")?;
        match event.args.pop() {
            Some(value) if event.args.is_empty() => Ok(value),
            _ => Stop::failed("conformance_echoed has not one argument"),
        }
    }

    /// Waits until this value is echoed; everything else is passed over, such as what is echoed for
    /// others.
    ///
    /// # Errors
    /// As [`expect_event`](Self::expect_event).
    pub fn expect_echo(&mut self, value: &Value) -> Outcome {
        self.wait_for(&format!("conformance_echoed({value})"), |got| match &got.serial {
            Some(Serial::Event(event)) if event.name == "conformance_echoed" => {
                (event.args == from_ref(value)).then_some(())
            }
            _ => None,
        })
    }

    /// Checks that the implementation answers on this connection: has another number echoed.
    ///
    /// Since messages are handled in order, everything that was sent before has been. What is echoed
    /// before is passed over.
    ///
    /// # Errors
    /// As [`echo`](Self::echo).
    pub fn answers(&mut self) -> Outcome {
        self.echoes += 1;
        // Unlike any number that a case is likely to send.
        let number = Value::Count(7_000_000 + self.echoes);
        self.send_echo(number.clone())?;
        self.expect_echo(&number)
    }
}

fn ours(caps: Option<Caps>) -> Caps {
    caps.unwrap_or(Caps::NONE)
}

fn written(result: Result<(), WriteError>) -> Outcome {
    result.or_else(|error| Stop::inconclusive(format!("the suite cannot write this: {error}")))
}

/// Returns the seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
