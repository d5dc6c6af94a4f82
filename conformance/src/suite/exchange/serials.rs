//! SERIALs in both directions, and what implementations do at the suite's request.

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
    /// Returns how the suite has to write SERIALs now (2§3, 2§5).
    pub(crate) fn mode_out(&self) -> Mode {
        self.book.mode_out()
    }

    pub(super) fn read_serial(&mut self, chunk: &Bytes) -> Result<Serial, SerialError> {
        let mode = self.book.mode_in();
        self.reader.read(chunk, mode)
    }

    /// Returns the argument of a SERIAL with an event, as it has to be sent next.
    ///
    /// # Errors
    /// Inconclusive if it can't be written.
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

    /// Returns the argument of a SERIAL with an ID, as it has to be sent next.
    ///
    /// # Errors
    /// Inconclusive if it can't be written.
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

    /// Waits for an event of this name; everything else is passed over.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect_event(&mut self, name: &str) -> Outcome<Event> {
        self.wait_for(format_args!("the event {name}"), |got| match &got.serial {
            Some(Serial::Event(event)) if event.name == name => Some(event.clone()),
            _ => None,
        })
    }

    /// Waits for an operation on synchronized state; everything else is passed over.
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

    /// Waits until this value is echoed. Everything else is passed over, such as what is echoed for
    /// others: of other connections, and of cases before this one.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub(crate) fn expect_echo(&mut self, value: &Value) -> Outcome {
        self.expect_echo_that(value, |back| back == value).map(drop)
    }

    /// Waits until a value is echoed that is as wanted, and returns it; it is told as `what`.
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
                Stop::failed(format!("{why}; conformance_echoed({other}) came"))
            }
            (found, _) => found,
        }
    }

    /// Checks that the implementation [answers](Self::answers), and returns what was echoed before.
    ///
    /// # Errors
    /// As [`answers`](Self::answers); failed if something is echoed that has not one argument.
    pub(crate) fn echoed_until_now(&mut self) -> Outcome<Vec<Value>> {
        let mut before = Vec::new();
        self.answers_after(|got| {
            match echoed(got) {
                Some([value]) => before.push(value.clone()),
                Some(args) => Stop::failed(format!("conformance_echoed({}) came", lines(args)))?,
                None => {}
            }
            Ok(())
        })?;
        Ok(before)
    }

    /// Checks that these values, which nobody else has echoed, are echoed in this order, each once.
    ///
    /// # Errors
    /// As [`echoed_until_now`](Self::echoed_until_now), and failed if they are not.
    pub(crate) fn expect_echoes(&mut self, values: &[Value]) -> Outcome {
        let mut back = self.echoed_until_now()?;
        back.retain(|value| values.contains(value));
        Stop::unless(back == values, || format!("{} came for {}", lines(&back), lines(values)))
    }

    /// Checks that the implementation answers on this connection: has a number of its own echoed.
    ///
    /// Since messages are handled in order, everything that was sent before has been. What comes
    /// before the answer is passed over.
    ///
    /// # Errors
    /// As [`echo`](Self::echo).
    pub(crate) fn answers(&mut self) -> Outcome {
        self.answers_after(|_| Ok(()))
    }

    /// Checks that the implementation [answers](Self::answers), and each message before with
    /// `check`.
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

/// Returns a number that nothing else is echoed as, in this case and all others of this process.
pub(crate) fn token() -> Value {
    static NEXT: AtomicU64 = AtomicU64::new(7_000_000);
    Value::Count(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Returns the arguments of what was echoed.
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
