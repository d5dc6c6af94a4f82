//! Which of the events that were sent have arrived, as far as pings tell.

use std::collections::VecDeque;

/// Counts events on their way.
///
/// A server answers a ping when it has read everything before it, so its pong says that the events
/// before the ping have arrived in the server's process. It doesn't say that a script has seen them.
#[derive(Debug, Default)]
pub(super) struct Confirm {
    sent: u64,
    confirmed: u64,
    /// How many events the ping covers that is not answered.
    pinged: Option<u64>,
    /// Where events end in the output that is not written yet.
    ends: VecDeque<u64>,
}

impl Confirm {
    /// Records an event that ends there in the output.
    pub(super) fn sent(&mut self, end: u64) {
        self.sent += 1;
        self.ends.push_back(end);
    }

    /// Records how much of the output is written.
    pub(super) fn written(&mut self, written: u64) {
        while self.ends.front().is_some_and(|end| *end <= written) {
            self.ends.pop_front();
        }
    }

    /// Returns whether so many events are not confirmed that a ping should not wait any longer.
    pub(super) fn is_urgent(&self) -> bool {
        /// A ping is little against so many events.
        const MANY: u64 = 256;
        self.is_due() && self.sent - self.confirmed >= MANY
    }

    /// Returns whether a ping would tell something, and none is on its way.
    pub(super) fn is_due(&self) -> bool {
        self.pinged.is_none() && self.sent > self.confirmed
    }

    /// Returns the number for a ping.
    pub(super) fn ping(&mut self) -> [u8; 8] {
        self.pinged = Some(self.sent);
        self.sent.to_be_bytes()
    }

    /// Takes the answer to a ping; returns whether it is one.
    pub(super) fn pong(&mut self, payload: &[u8]) -> bool {
        let answered = self.pinged.filter(|sent| payload == sent.to_be_bytes());
        if let Some(sent) = answered {
            self.confirmed = sent;
            self.pinged = None;
        }
        answered.is_some()
    }

    /// Records that the server answered a close frame: it has read all before that.
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

    /// Returns how many events were not written, so that they can't have arrived.
    pub(super) fn unwritten(&self) -> u64 {
        self.ends.len() as u64
    }
}
