//! What a case works with.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use brocomm::lowlevel::wire::Framing;
use thiserror::Error;

use super::transcript::Recorder;
use super::{Entry, Exchange, Hello, Implementation, LineKind, Role};

/// Ends a case before its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Stop {
    /// The implementation does not do what it must.
    #[error("{0}")]
    Failed(String),
    /// Nothing can be said: what the case needs does not come about.
    #[error("{0}")]
    Inconclusive(String),
}

/// Is what a case, or a step of one, comes to.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

impl Stop {
    /// Says that the implementation does not do what it must.
    pub(crate) fn failed<T>(why: impl Into<String>) -> Outcome<T> {
        Err(Stop::Failed(why.into()))
    }

    /// Says that nothing can be said.
    pub(crate) fn inconclusive<T>(why: impl Into<String>) -> Outcome<T> {
        Err(Stop::Inconclusive(why.into()))
    }

    /// Fails unless something is as it must be.
    pub(crate) fn unless(holds: bool, why: impl FnOnce() -> String) -> Outcome {
        if holds { Ok(()) } else { Stop::failed(why()) }
    }
}

/// Gives a case its connections to the implementation.
#[derive(Debug)]
pub(crate) struct Trial<'a> {
    pub(super) implementation: &'a mut dyn Implementation,
    pub(super) entry: Entry,
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

    /// Returns how chunks are framed: over TLS there are no parts (§1.3).
    pub(crate) fn framing(&self) -> Framing {
        self.implementation.framing()
    }

    /// Adds a remark to the transcript.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.recorder.add(self.opened, LineKind::Note, &[], text);
    }

    /// Opens a connection; nothing has been sent.
    ///
    /// # Errors
    /// Inconclusive if there is no connection to be had.
    pub(crate) fn open(&mut self) -> Outcome<Exchange> {
        self.open_as(self.entry)
    }

    /// Opens a connection that another of the implementation's nodes applies to.
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

    /// Opens a connection and goes through the handshake, requesting what echoes.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`Exchange::shake`].
    pub(crate) fn running(&mut self) -> Outcome<Exchange> {
        self.running_as(|_| {})
    }

    /// Opens a connection and goes through the handshake, which `change` changes.
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

    /// Checks that the implementation closes a connection for what was sent on it, and serves others
    /// still.
    ///
    /// # Errors
    /// Failed if it doesn't; `why` is what it has to close for.
    pub(crate) fn closes(&mut self, exchange: &mut Exchange, why: &str) -> Outcome {
        exchange.expect_close(why)?;
        self.still_serves()
    }

    /// Checks that the implementation serves others still, by one more connection, which has an event
    /// echoed; or, of one that is started for each connection, that it did not come to harm. The
    /// case has closed its own connections before, if they may be all that the implementation makes.
    ///
    /// # Errors
    /// Failed if it doesn't.
    pub(crate) fn still_serves(&mut self) -> Outcome {
        self.note("does it still serve others?");
        let until = self.until();
        let fails =
            |why: &dyn std::fmt::Display| Stop::Failed(format!("it serves nobody any more: {why}"));
        let Some(stream) = self.implementation.open_another(until).map_err(|e| fails(&e))? else {
            self.note("it has not come to harm; more is not to be seen of one that connects once");
            return Ok(());
        };
        let served = self.exchange(Entry::Plain, stream).and_then(|mut exchange| {
            exchange.shake(&exchange.hello())?;
            exchange.answers()
        });
        served.map_err(|stop| fails(&stop))
    }
}
