//! SERIALs in both directions, and the events of the suite.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use brocomm::data::{Event, Value};
use brocomm::lowlevel::serial::{Id, Serial, StateAccess};
use brocomm::lowlevel::serial::{Mode, SerialError, WriteError};
use brocomm::lowlevel::wire::Message;
use bytes::Bytes;

use super::super::{Outcome, Stop, describe};
use super::{Exchange, Got};

impl Exchange {
    /// Returns how the suite must encode SERIALs now (2§3, 2§5).
    pub(crate) fn mode_out(&self) -> Mode {
        self.ledger.mode_out()
    }

    pub(super) fn read_serial(&mut self, chunk: &Bytes) -> Result<Serial, SerialError> {
        let mode = self.ledger.mode_in();
        self.reader.read(chunk, mode)
    }

    /// Encodes an event as the argument of the next SERIAL.
    ///
    /// # Errors
    /// Inconclusive if it cannot be encoded.
    pub(crate) fn encode_event(&mut self, name: &str, args: &[Value]) -> Outcome<Bytes> {
        let (mode, time) = (self.mode_out(), now());
        let mut out = Vec::new();
        written(self.writer.event(mode, name.as_bytes(), time, args, &mut out))?;
        Ok(out.into())
    }

    /// Sends an event.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub(crate) fn send_event(&mut self, name: &str, args: &[Value]) -> Outcome {
        let argument = self.encode_event(name, args)?;
        let event = Event { name: name.into(), time: 0.0, args: args.to_vec() };
        let message = Message::Serial(argument);
        let bytes = self.encode(&message);
        self.send_bytes(&bytes, &describe::message(&message, Some(&Serial::Event(event))))
    }

    /// Encodes an ID as the argument of the next SERIAL.
    ///
    /// # Errors
    /// Inconclusive if it cannot be encoded.
    pub(crate) fn encode_id(&mut self, id: Id) -> Outcome<Bytes> {
        let mode = self.mode_out();
        let mut out = Vec::new();
        written(self.writer.id(mode, &std::sync::Arc::new(id), &mut out))?;
        Ok(out.into())
    }

    /// Sends an ID (2§8).
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes).
    pub(crate) fn send_id(&mut self, id: Id) -> Outcome {
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
    pub(crate) fn send_access(&mut self, access: StateAccess) -> Outcome {
        let mode = self.mode_out();
        let mut out = Vec::new();
        written(self.writer.state_access(mode, &access, &mut out))?;
        let message = Message::Serial(out.into());
        let bytes = self.encode(&message);
        let serial = Serial::StateAccess(Box::new(access));
        self.send_bytes(&bytes, &describe::message(&message, Some(&serial)))
    }

    /// Waits for an event with this name. Skips everything else.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect_event(&mut self, name: &str) -> Outcome<Event> {
        self.wait_for(format_args!("the event {name}"), |got| match &got.serial {
            Some(Serial::Event(event)) if event.name == name => Some(event.clone()),
            _ => None,
        })
    }

    /// Waits for an operation on synchronized state. Skips everything else.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect_access(&mut self) -> Outcome<StateAccess> {
        self.wait_for("a state access", |got| match &got.serial {
            Some(Serial::StateAccess(access)) => Some((**access).clone()),
            _ => None,
        })
    }

    /// Has a value echoed.
    ///
    /// # Errors
    /// As [`send_echo`](Self::send_echo) and [`expect_echo`](Self::expect_echo).
    pub(crate) fn echo(&mut self, value: &Value) -> Outcome {
        self.send_echo(value.clone())?;
        self.expect_echo(value)
    }

    /// Sends a value to be echoed.
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes), and failed if the implementation has not requested
    /// `conformance_echo`.
    pub(crate) fn send_echo(&mut self, value: Value) -> Outcome {
        if !self.theirs().requested.iter().any(|name| name.as_str() == Some("conformance_echo")) {
            return Stop::failed("it has not requested the event conformance_echo");
        }
        self.send_event("conformance_echo", &[value])
    }

    /// Waits until this value is echoed. Skips everything else, such as echoes for other
    /// connections and earlier cases.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect_echo(&mut self, value: &Value) -> Outcome {
        self.expect_echo_that(value, |back| back == value).map(drop)
    }

    /// Waits until a matching value is echoed, and returns it. `what` names it in the error.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect_echo_that(
        &mut self,
        what: impl fmt::Display,
        mut wanted: impl FnMut(&Value) -> bool,
    ) -> Outcome<Value> {
        let mut other = None;
        let found = self.wait_for(format_args!("conformance_echoed({what})"), |got| {
            let args = echoed(got)?;
            match args {
                [value] if wanted(value) => return Some(value.clone()),
                _ => other = Some(lines(args)),
            }
            None
        });
        match (found, other) {
            (Err(Stop::Failed(why)), Some(other)) => {
                Stop::failed(format!("{why}; conformance_echoed({other}) arrived"))
            }
            (found, _) => found,
        }
    }

    /// Checks that the implementation [answers](Self::answers), and returns the echoes before the
    /// answer.
    ///
    /// # Errors
    /// As [`answers`](Self::answers). Failed if an echo does not have one argument.
    pub(crate) fn echoed_until_now(&mut self) -> Outcome<Vec<Value>> {
        let mut before = Vec::new();
        self.answers_after(|got| {
            match echoed(got) {
                Some([value]) => before.push(value.clone()),
                Some(args) => Stop::failed(format!("conformance_echoed({}) arrived", lines(args)))?,
                None => {}
            }
            Ok(())
        })?;
        Ok(before)
    }

    /// Checks that these values, which are not used elsewhere, are echoed in this order, each once.
    ///
    /// # Errors
    /// As [`echoed_until_now`](Self::echoed_until_now), and failed if they are not.
    pub(crate) fn expect_echoes(&mut self, values: &[Value]) -> Outcome {
        let mut back = self.echoed_until_now()?;
        back.retain(|value| values.contains(value));
        Stop::unless(back == values, || format!("{} came for {}", lines(&back), lines(values)))
    }

    /// Checks that the implementation answers on this connection: has a unique number echoed.
    ///
    /// Messages are handled in order, so everything sent before has been handled. Skips what
    /// arrives before the answer.
    ///
    /// # Errors
    /// As [`echo`](Self::echo).
    pub(crate) fn answers(&mut self) -> Outcome {
        self.answers_after(|_| Ok(()))
    }

    /// Checks that the implementation [answers](Self::answers), and calls `check` with each message
    /// before the answer.
    ///
    /// # Errors
    /// As [`answers`](Self::answers), and those of `check`.
    pub(crate) fn answers_after(&mut self, mut check: impl FnMut(&Got) -> Outcome) -> Outcome {
        let number = token();
        self.send_echo(number.clone())?;
        self.wait_for(format_args!("conformance_echoed({number})"), |got| match echoed(got) {
            Some([value]) if *value == number => Some(Ok(())),
            _ => check(got).err().map(Err),
        })?
    }
}

/// Returns a number that is unique in this process.
pub(crate) fn token() -> Value {
    static NEXT: AtomicU64 = AtomicU64::new(7_000_000);
    Value::Count(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Returns the arguments of an echo.
fn echoed(got: &Got) -> Option<&[Value]> {
    match &got.serial {
        Some(Serial::Event(event)) if event.name == "conformance_echoed" => Some(&event.args),
        _ => None,
    }
}

fn lines(values: &[Value]) -> String {
    values.iter().map(Value::to_line).collect::<Vec<_>>().join(", ")
}

fn written(result: Result<(), WriteError>) -> Outcome {
    result.or_else(|error| Stop::inconclusive(format!("the suite cannot write this: {error}")))
}

/// Returns the seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
