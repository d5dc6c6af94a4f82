//! Timers.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ConnectionId;
use super::peers::PeerKey;
use crate::Time;

/// A kind of timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Reconnect to a peer.
    Retry(PeerKey),
    /// Check whether a peer is silent.
    Liveness(PeerKey),
    /// Send the batches of a peer (§6).
    Batch(PeerKey),
    /// The TLS handshake has timed out.
    Secure(ConnectionId),
    /// Bind again.
    Listen,
    /// Log statistics.
    Statistics,
    /// Stop waiting for peers to receive their queues.
    Terminate,
}

/// The pending timers, at most one of each kind.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeSet<(Time, Timer)>,
    set: BTreeMap<Timer, Time>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Time, timer: Timer) {
        self.cancel(timer);
        self.due.insert((at, timer));
        self.set.insert(timer, at);
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.set.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    pub(super) fn next(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Returns when a timer is due.
    pub(super) fn get(&self, timer: Timer) -> Option<Time> {
        self.set.get(&timer).copied()
    }

    /// Returns the next timer that is due.
    pub(super) fn pop(&mut self, now: Time) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        (at <= now).then(|| {
            self.cancel(timer);
            timer
        })
    }
}
