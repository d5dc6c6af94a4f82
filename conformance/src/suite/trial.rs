//! The environment of a case.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use brocomm::lowlevel::wire::{DataFormat, Framing};
use thiserror::Error;

use super::transcript::Recorder;
use super::{Entry, Exchange, Hello, Implementation, LineKind, Role};

/// The early end of a case.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Stop {
    /// The implementation failed.
    #[error("{0}")]
    Failed(String),
    /// The result is unknown, because the case's preconditions are not met.
    #[error("{0}")]
    Inconclusive(String),
}

/// The result of a case or of a step.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

impl Stop {
    /// Ends the case as failed.
    pub(crate) fn failed<T>(why: impl Into<String>) -> Outcome<T> {
        Err(Stop::Failed(why.into()))
    }

    /// Ends the case as inconclusive.
    pub(crate) fn inconclusive<T>(why: impl Into<String>) -> Outcome<T> {
        Err(Stop::Inconclusive(why.into()))
    }

    /// Fails unless a condition holds.
    pub(crate) fn unless(holds: bool, why: impl FnOnce() -> String) -> Outcome {
        if holds { Ok(()) } else { Stop::failed(why()) }
    }
}

/// Provides a case with connections to the implementation.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    pub(super) implementation: &'a mut dyn Implementation,
    pub(super) entry: Entry,
    pub(super) data_format: DataFormat,
    pub(super) patience: Duration,
    pub(super) deadline: Instant,
    pub(super) recorder: Recorder,
    pub(super) opened: usize,
}

impl Trial<'_> {
    /// Returns the implementation's role.
    pub(crate) fn role(&self) -> Role {
        self.implementation.role()
    }

    /// Returns how chunks are framed. Over TLS there are no parts (§1.3).
    pub(crate) fn framing(&self) -> Framing {
        self.implementation.framing()
    }

    /// Returns the data format that the suite announces.
    pub(crate) fn data_format(&self) -> DataFormat {
        self.data_format
    }

    /// Adds a remark to the transcript.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.recorder.add(self.opened, LineKind::Note, &[], text);
    }

    /// Opens a connection without sending anything.
    ///
    /// # Errors
    /// Inconclusive if no connection is possible.
    pub(crate) fn open(&mut self) -> Outcome<Exchange> {
        self.open_as(self.entry)
    }

    /// Opens a connection to which another peer entry applies.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn open_as(&mut self, entry: Entry) -> Outcome<Exchange> {
        let until = self.until();
        let stream = self.implementation.open(entry, until).map_err(|error| {
            Stop::Inconclusive(format!("no connection to the implementation: {error}"))
        })?;
        self.exchange(entry, stream)
    }

    fn until(&self) -> Instant {
        self.deadline.min(Instant::now() + self.patience)
    }

    fn exchange(&mut self, entry: Entry, stream: TcpStream) -> Outcome<Exchange> {
        self.opened += 1;
        Exchange::new(self, entry, stream)
    }

    /// Opens a connection and runs the handshake, requesting the echoes.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`Exchange::shake`].
    pub(crate) fn running(&mut self) -> Outcome<Exchange> {
        self.running_as(|_| {})
    }

    /// Opens a connection and runs the handshake as modified by `change`.
    ///
    /// # Errors
    /// As [`running`](Self::running).
    pub(crate) fn running_as(&mut self, change: impl FnOnce(&mut Hello)) -> Outcome<Exchange> {
        let mut exchange = self.open()?;
        let mut hello = exchange.hello();
        change(&mut hello);
        exchange.shake(&hello)?;
        Ok(exchange)
    }

    /// Checks that the implementation closes a connection for what was sent on it, and still serves
    /// other peers.
    ///
    /// # Errors
    /// Failed if it does not. `why` is the reason for closing.
    pub(crate) fn closes(&mut self, exchange: &mut Exchange, why: &str) -> Outcome {
        exchange.expect_close(why)?;
        self.still_serves()
    }

    /// Checks that the implementation still serves other peers: has an event echoed on another
    /// connection. For an implementation that is started for each connection, checks that it did
    /// not end abnormally. A case must first close its own connections if the implementation may
    /// make no others.
    ///
    /// # Errors
    /// Failed if it does not.
    pub(crate) fn still_serves(&mut self) -> Outcome {
        self.note("does it still serve other peers?");
        let until = self.until();
        let fails = |why: &dyn std::fmt::Display| {
            Stop::Failed(format!("it no longer serves other peers: {why}"))
        };
        let Some(stream) = self.implementation.open_another(until).map_err(|e| fails(&e))? else {
            self.note("it has not ended abnormally; no more can be checked for an implementation that connects once");
            return Ok(());
        };
        let served = self.exchange(Entry::Plain, stream).and_then(|mut exchange| {
            exchange.shake(&exchange.hello())?;
            exchange.answers()
        });
        served.map_err(|stop| fails(&stop))
    }
}
