//! One connection on which events are sent, and replies awaited.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use brocomm::lowlevel::connection::{Notification, Sent};
use brocomm::node::UsageError;
use brocomm_std::Peer;

use super::call::Call;
use super::measured::{Batch, Measured};
use crate::session;

/// How much is sent, and how it is awaited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// How many events.
    pub(super) count: u64,
    /// How many of them may be unanswered at once.
    pub(super) window: usize,
    /// How long to wait for a reply.
    pub(super) timeout: Duration,
}

/// How many bits of a number say which event of a connection it is.
const EVENT_BITS: u32 = 40;

/// How many bits say which connection it is; those above tell this program from others.
const CONNECTION_BITS: u32 = 10;

/// Most events of one connection.
pub(super) const MOST: u64 = 1 << EVENT_BITS;

/// Sends, and measures.
///
/// A node raises a reply for whoever requested it, so the replies to all connections may come on
/// each of them, and to those of other programs too. What tells them apart is in the numbers.
pub(super) struct Client<'a> {
    peer: Peer,
    call: &'a Call,
    load: Load,
    /// What was measured by all.
    all: &'a Mutex<Measured>,
    batch: Batch,
    /// The number before the first event.
    base: u64,
    next: u64,
    /// What is unanswered, and when it was sent, the oldest first.
    unanswered: VecDeque<(u64, Instant)>,
    /// When the last reply came, or before that, when this began.
    progress: Instant,
}

impl<'a> Client<'a> {
    /// Makes the client that has this place among all, which begin at 0.
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

    /// Sends all until it is answered, or somebody stops the peer.
    ///
    /// # Errors
    /// What ended it before.
    pub(super) fn run(mut self) -> Result<(), String> {
        let result = self.exchange();
        self.tell();
        // What was measured counts, however the peer takes its leave.
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
                Some(Notification::Event(reply)) => match self.call.number(&reply) {
                    Some(number) if number >> EVENT_BITS != self.base >> EVENT_BITS => {
                        self.batch.others += 1;
                    }
                    Some(number) => self.answered(number),
                    None => self.batch.unexpected += 1,
                },
                Some(Notification::Closed(cause)) => {
                    let fault = session::fault(&cause);
                    let fault =
                        fault.unwrap_or_else(|| "the peer closed the connection".to_owned());
                    return Err(format!("{fault}; {} unanswered", self.unanswered.len()));
                }
                None if self.peer.stop_handle().is_stopped() => return Ok(()),
                Some(_) | None => {}
            }
            // However much else comes.
            if self.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                let (seconds, left) = (self.load.timeout.as_secs_f64(), self.unanswered.len());
                return Err(format!("no reply within {seconds} s; {left} unanswered"));
            }
        }
    }

    /// Returns until when the next reply is awaited.
    fn deadline(&self) -> Option<Instant> {
        self.progress.checked_add(self.load.timeout)
    }

    /// Sends as many as may be unanswered.
    fn send(&mut self) -> Result<(), String> {
        while self.next < self.load.count && self.unanswered.len() < self.load.window {
            let number = self.base | self.next;
            let event = self.call.make(number, self.peer.now().as_secs_f64());
            let now = Instant::now();
            match self.peer.send_event(&event) {
                Ok(Sent::Sent) => {}
                Ok(why) => return Err(format!("not sent: {why:?}")),
                // Replies to others come meanwhile.
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
        // Mostly the oldest.
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

    /// Adds what was measured to that of all.
    fn tell(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).add(&mut self.batch);
    }
}
