//! The time and the timers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::ConnectionId;
use super::peers::PeerKey;
use crate::Time;

/// The fed times, and the timers that are set.
#[derive(Debug)]
pub(super) struct Clock {
    now: Time,
    /// How far the wall clock is ahead of `now`, in nanoseconds.
    wall_ahead: i128,
    started: Time,
    timers: Timers,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { now: Time::EPOCH, wall_ahead: 0, started: Time::EPOCH, timers: Timers::default() }
    }
}

impl Clock {
    /// Records the time. An earlier time than the last one is treated as the last one.
    pub(super) fn feed(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    /// Records a reading of the wall clock.
    pub(super) fn feed_wall(&mut self, wall: Time, now: Time) {
        self.wall_ahead = wall.ahead_of(now);
    }

    /// Records that the node starts.
    pub(super) fn start(&mut self) {
        self.started = self.now;
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Returns the wall-clock time.
    pub(super) fn wall(&self) -> Time {
        self.now.shifted(self.wall_ahead)
    }

    /// Returns how far the wall clock is ahead, in nanoseconds.
    pub(super) fn wall_ahead(&self) -> i128 {
        self.wall_ahead
    }

    /// Returns the whole seconds since the node started (§3.3).
    pub(super) fn runtime(&self) -> u32 {
        u32::try_from(self.now.saturating_since(self.started).as_secs()).unwrap_or(u32::MAX)
    }

    /// Sets a timer, replacing an earlier setting.
    pub(super) fn set(&mut self, at: Time, timer: Timer) {
        self.timers.set(at, timer);
    }

    /// Sets a timer to this long from now.
    pub(super) fn set_in(&mut self, wait: Duration, timer: Timer) {
        self.timers.set(self.now + wait, timer);
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.timers.cancel(timer);
    }

    /// Returns when a timer is due.
    pub(super) fn due(&self, timer: Timer) -> Option<Time> {
        self.timers.set.get(&timer).copied()
    }

    /// Returns when the first timer is due.
    pub(super) fn next(&self) -> Option<Time> {
        self.timers.due.first().map(|(at, _)| *at)
    }

    /// Returns the next timer that is due.
    pub(super) fn pop(&mut self) -> Option<Timer> {
        self.timers.pop(self.now)
    }
}

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

/// The timers that are set, each at most once.
#[derive(Debug, Default)]
struct Timers {
    due: BTreeSet<(Time, Timer)>,
    set: BTreeMap<Timer, Time>,
}

impl Timers {
    fn set(&mut self, at: Time, timer: Timer) {
        self.cancel(timer);
        self.due.insert((at, timer));
        self.set.insert(timer, at);
    }

    fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.set.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    /// Returns the next timer that is due.
    fn pop(&mut self, now: Time) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        (at <= now).then(|| {
            self.cancel(timer);
            timer
        })
    }
}
