//! One connection on which events are sent, and replies awaited.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use brocomm::connection::{Notification, Sent, UsageError};
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

/// Sends, and measures.
pub(super) struct Client<'a> {
    peer: Peer,
    call: &'a Call,
    load: Load,
    /// What was measured by all.
    all: &'a Mutex<Measured>,
    batch: Batch,
    next: u64,
    /// What is unanswered, and when it was sent, the oldest first.
    unanswered: VecDeque<(u64, Instant)>,
}

impl<'a> Client<'a> {
    pub(super) fn new(
        peer: Peer,
        call: &'a Call,
        load: Load,
        all: &'a Mutex<Measured>,
    ) -> Client<'a> {
        let (batch, unanswered) = (Batch::default(), VecDeque::new());
        Client { peer, call, load, all, batch, next: 0, unanswered }
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
            let deadline = Instant::now().checked_add(self.load.timeout);
            match self.peer.next(deadline).map_err(|error| error.to_string())? {
                Some(Notification::Event(reply)) => match self.call.number(&reply) {
                    Some(number) => self.answered(number),
                    None => self.batch.unexpected += 1,
                },
                Some(Notification::Closed(cause)) => {
                    let fault = session::fault(&cause);
                    let fault =
                        fault.unwrap_or_else(|| "the peer closed the connection".to_owned());
                    return Err(format!("{fault}; {} unanswered", self.unanswered.len()));
                }
                Some(_) => {}
                None if self.peer.stop_handle().is_stopped() => return Ok(()),
                None => {
                    let seconds = self.load.timeout.as_secs_f64();
                    let left = self.unanswered.len();
                    return Err(format!("no reply within {seconds} s; {left} unanswered"));
                }
            }
        }
    }

    /// Sends as many as may be unanswered.
    fn send(&mut self) -> Result<(), String> {
        while self.next < self.load.count && self.unanswered.len() < self.load.window {
            let event = self.call.make(self.next, self.peer.now().as_secs_f64());
            let now = Instant::now();
            match self.peer.send_event(&event) {
                Ok(Sent::Sent) => {}
                Ok(why) => return Err(format!("not sent: {why:?}")),
                // Replies to others come meanwhile.
                Err(UsageError::QueueFull { .. }) if !self.unanswered.is_empty() => break,
                Err(error) => return Err(format!("not sent: {error}")),
            }
            self.unanswered.push_back((self.next, now));
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
            Some((_, sent)) => self.batch.answered(sent, now),
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
