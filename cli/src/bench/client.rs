//! One connection of the benchmark.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use brocomm::lowlevel::connection::{ConnectionNotification, Sent};
use brocomm::node::UsageError;
use brocomm_std::Peer;

use super::call::Call;
use super::measured::{Batch, Measured};
use crate::diagnosis;
use crate::session;

/// The load on each connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// The number of events.
    pub(super) count: u64,
    /// The maximum number of unanswered events.
    pub(super) window: usize,
    /// How long to wait for a reply.
    pub(super) timeout: Duration,
}

/// The bits of a number that identify the event of a connection.
const EVENT_BITS: u32 = 40;

/// The bits that identify the connection. The bits above identify this process.
const CONNECTION_BITS: u32 = 10;

/// The maximum number of events per connection.
pub(super) const MOST: u64 = 1 << EVENT_BITS;

/// Sends events and measures the replies.
///
/// A node sends a reply to every peer that requested it, so each connection may receive the replies
/// to all connections, including those of other programs. The numbers identify them.
pub(super) struct Client<'a> {
    peer: Peer,
    call: &'a Call,
    load: Load,
    /// The measurements of all connections.
    all: &'a Mutex<Measured>,
    batch: Batch,
    /// The number before the first event.
    base: u64,
    next: u64,
    /// The unanswered events with the times when they were sent, oldest first.
    unanswered: VecDeque<(u64, Instant)>,
    /// The time of the last reply, or of the start.
    progress: Instant,
}

impl<'a> Client<'a> {
    /// Creates the client with this index, from 0.
    pub(super) fn new(
        place: u16,
        peer: Peer,
        call: &'a Call,
        load: Load,
        all: &'a Mutex<Measured>,
    ) -> Client<'a> {
        let program = u64::from(std::process::id()) << CONNECTION_BITS;
        let base = (program | u64::from(place)) << EVENT_BITS;
        let (batch, unanswered) = (Batch::default(), VecDeque::new());
        let progress = Instant::now();
        Client { peer, call, load, all, batch, base, next: 0, unanswered, progress }
    }

    /// Sends all events and waits for the replies, unless the peer is stopped.
    ///
    /// # Errors
    /// The reason for an early end.
    pub(super) fn run(mut self) -> Result<(), String> {
        let result = self.exchange();
        self.tell();
        // The measurements count even if closing fails.
        let _ = session::part(&mut self.peer);
        result.map_err(|why| format!("{}: {why}", self.peer.remote_addr()))
    }

    fn exchange(&mut self) -> Result<(), String> {
        loop {
            self.send()?;
            if self.unanswered.is_empty() {
                return Ok(());
            }
            match self.peer.next(self.deadline()).map_err(|error| error.to_string())? {
                Some(ConnectionNotification::Event(reply)) => match self.call.number(&reply) {
                    Some(number) if number >> EVENT_BITS != self.base >> EVENT_BITS => {
                        self.batch.others += 1;
                    }
                    Some(number) => self.answered(number),
                    None => self.batch.unexpected += 1,
                },
                Some(ConnectionNotification::Closed(cause)) => {
                    let fault = diagnosis::fault(&cause);
                    let fault =
                        fault.unwrap_or_else(|| "the peer closed the connection".to_owned());
                    return Err(format!("{fault}; {} unanswered", self.unanswered.len()));
                }
                None if self.peer.stop_handle().is_stopped() => return Ok(()),
                Some(_) | None => {}
            }
            // Checked even if other notifications keep arriving.
            if self.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                let (seconds, left) = (self.load.timeout.as_secs_f64(), self.unanswered.len());
                return Err(format!("no reply within {seconds} s; {left} unanswered"));
            }
        }
    }

    /// Returns the deadline for the next reply.
    fn deadline(&self) -> Option<Instant> {
        self.progress.checked_add(self.load.timeout)
    }

    /// Sends events until the window is full.
    fn send(&mut self) -> Result<(), String> {
        while self.next < self.load.count && self.unanswered.len() < self.load.window {
            let number = self.base | self.next;
            let event = self.call.make(number, self.peer.now().as_secs_f64());
            let now = Instant::now();
            match self.peer.send_event(&event) {
                Ok(Sent::Sent) => {}
                Ok(why) => return Err(format!("not sent: {why:?}")),
                // Replies to other events arrive meanwhile.
                Err(UsageError::QueueFull { .. }) if !self.unanswered.is_empty() => break,
                Err(error) => return Err(format!("not sent: {error}")),
            }
            self.unanswered.push_back((number, now));
            self.next += 1;
            self.batch.sent += 1;
        }
        Ok(())
    }

    fn answered(&mut self, number: u64) {
        let now = Instant::now();
        // Usually the oldest event.
        let place = self.unanswered.iter().position(|(unanswered, _)| *unanswered == number);
        match place.and_then(|place| self.unanswered.remove(place)) {
            Some((_, sent)) => {
                self.progress = now;
                self.batch.answered(sent, now);
            }
            None => self.batch.unexpected += 1,
        }
        if self.batch.is_full() {
            self.tell();
        }
    }

    /// Adds the measurements to those of all connections.
    fn tell(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).add(&mut self.batch);
    }
}
