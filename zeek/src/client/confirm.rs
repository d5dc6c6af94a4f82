//! Tracks which sent events have arrived, with pings.

use std::collections::VecDeque;

/// Counts events in flight.
///
/// A server answers a ping after it has read everything before it. So a pong means that the events
/// before the ping have arrived in the server's process, but not that a script has handled them.
#[derive(Debug, Default)]
pub(super) struct Confirm {
    sent: u64,
    confirmed: u64,
    /// The number of events before the unanswered ping.
    pinged: Option<u64>,
    /// The end positions of events in the output that is not written yet.
    ends: VecDeque<u64>,
}

impl Confirm {
    /// Records an event whose output ends at this position.
    pub(super) fn sent(&mut self, end: u64) {
        self.sent += 1;
        self.ends.push_back(end);
    }

    /// Records how much of the output has been written.
    pub(super) fn written(&mut self, written: u64) {
        while self.ends.front().is_some_and(|end| *end <= written) {
            self.ends.pop_front();
        }
    }

    /// Returns whether there are enough unconfirmed events to send a ping at once.
    pub(super) fn is_urgent(&self) -> bool {
        /// With this many events, the cost of a ping is negligible.
        const MANY: u64 = 256;
        self.is_due() && self.sent - self.confirmed >= MANY
    }

    /// Returns whether there are unconfirmed events and no unanswered ping.
    pub(super) fn is_due(&self) -> bool {
        self.pinged.is_none() && self.sent > self.confirmed
    }

    /// Starts a ping and returns its payload.
    pub(super) fn ping(&mut self) -> [u8; 8] {
        self.pinged = Some(self.sent);
        self.sent.to_be_bytes()
    }

    /// Handles a pong; returns whether it answers our ping.
    pub(super) fn pong(&mut self, payload: &[u8]) -> bool {
        let answered = self.pinged.filter(|sent| payload == sent.to_be_bytes());
        if let Some(sent) = answered {
            self.confirmed = sent;
            self.pinged = None;
        }
        answered.is_some()
    }

    /// Records that the server has answered the close frame, and so has read everything before it.
    pub(super) fn closed(&mut self) {
        if self.ends.is_empty() {
            self.confirmed = self.sent;
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.pinged.is_some()
    }

    pub(super) fn count(&self) -> u64 {
        self.sent
    }

    pub(super) fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// Returns the number of events that were not written and so cannot have arrived.
    pub(super) fn unwritten(&self) -> u64 {
        self.ends.len() as u64
    }
}
