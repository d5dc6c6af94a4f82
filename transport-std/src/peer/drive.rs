//! How a peer's socket and its connection are kept going.

use std::time::{Duration, Instant};

use brocomm::connection::PollClose;

use super::Peer;
use crate::link::Attempt;
use crate::socket::remaining;
use crate::{Cause, TransportError};

/// How long a peer may keep us waiting when the connection is over: while it reads nothing of what
/// is still to be written, and until it closes its side.
const LINGER: Duration = Duration::from_secs(5);

/// Says what is to be done next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something was done; there may be more.
    Again,
    /// Nothing can be done until the socket is ready.
    Wait,
    /// The connection is over and the socket closed.
    Done,
}

/// Holds how long a call may wait.
pub(super) struct Patience {
    pub(super) deadline: Option<Instant>,
    /// The deadline has passed, and what was ready then is being done.
    pub(super) over: bool,
}

impl Peer {
    /// Does what can be done without waiting: writes all it can, reads one block, ends what is over.
    pub(super) fn turn(&mut self) -> Turn {
        if self.done {
            return Turn::Done;
        }
        self.write();
        let closing = self.connection.poll_close();
        if closing == Some(PollClose::Now) && !self.output_ended {
            self.link.end_output();
            self.output_ended = true;
        }
        if closing.is_some() {
            let linger = *self.linger.get_or_insert_with(|| Instant::now() + LINGER);
            if (self.input_ended && closing == Some(PollClose::Now)) || linger <= Instant::now() {
                self.finish();
                return Turn::Done;
            }
        }
        // When all is over the core ignores what comes, but the peer may have to get rid of it.
        let wanted = closing.is_some() || self.connection.wants_input();
        if wanted && !self.input_ended && self.read() {
            return Turn::Again;
        }
        // Input waits for output that will never be written.
        let stuck = !wanted && self.connection.waiting_notifications() == 0;
        if stuck && !self.input_ended && self.write_failure.is_some() {
            self.end_input(self.write_failure.clone());
            return Turn::Again;
        }
        Turn::Wait
    }

    /// Writes as much as the socket takes.
    pub(super) fn write(&mut self) {
        while self.write_failure.is_none() && !self.output_ended {
            let bytes = self.connection.poll_transmit();
            if bytes.is_empty() {
                return;
            }
            match self.link.write(bytes) {
                Attempt::Carried(written) => {
                    self.written += written as u64;
                    self.connection.advance(written, self.clock.now());
                    if self.linger.is_some() {
                        self.linger = Some(Instant::now() + LINGER);
                    }
                }
                Attempt::NotReady | Attempt::End => return,
                // What the peer sent before is still there to be read.
                Attempt::Failed(error) => self.write_failure = Some(error.into()),
            }
        }
    }

    /// Reads one block, and tells whether there was anything to read.
    fn read(&mut self) -> bool {
        match self.link.read(&mut self.buffer) {
            Attempt::Carried(read) => {
                let bytes = self.buffer.get(..read).unwrap_or_default();
                if let Some(tap) = &mut self.tap {
                    tap(bytes);
                }
                self.connection.feed_bytes(bytes, self.clock.now());
            }
            Attempt::NotReady if self.write_failure.is_none() => return false,
            Attempt::NotReady | Attempt::End => self.end_input(self.write_failure.clone()),
            Attempt::Failed(error) => self.end_input(Some(error.into())),
        }
        true
    }

    fn end_input(&mut self, failure: Option<Cause>) {
        self.input_ended = true;
        let now = self.clock.now();
        match failure {
            Some(cause) => self.connection.feed_failure(&cause.text, now),
            None => self.connection.feed_eof(now),
        }
    }

    /// Waits, if need be, until there may be something to do; tells whether it is to be done.
    pub(super) fn wait(
        &mut self,
        turn: Turn,
        patience: &mut Patience,
    ) -> Result<bool, TransportError> {
        if patience.over {
            return Ok(false);
        }
        let timeout = match remaining(patience.deadline) {
            Some(_) if turn == Turn::Again => return Ok(true),
            Some(timeout) => timeout,
            None => {
                patience.over = true;
                Some(Duration::ZERO)
            }
        };
        // `None` if the time to linger is over, which the next turn sees.
        let linger = remaining(self.linger).unwrap_or(Some(Duration::ZERO));
        let timeout = match (timeout, linger) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.link.wait(timeout).map_err(|error| TransportError::System {
            doing: "wait for the peer",
            cause: error.into(),
        })?;
        self.connection.feed_time(self.clock.now());
        Ok(true)
    }

    pub(super) fn finish(&mut self) {
        if !self.done {
            self.link.shutdown();
            self.done = true;
        }
    }
}
