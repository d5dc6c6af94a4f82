//! The clock.

use crate::Time;

/// The times that were fed.
#[derive(Debug)]
pub(super) struct Clock {
    now: Time,
    /// How far the wall clock is ahead of it, in nanoseconds.
    wall_ahead: i128,
    started: Time,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { now: Time::EPOCH, wall_ahead: 0, started: Time::EPOCH }
    }
}

impl Clock {
    /// Records the time; one before the last counts as that.
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
}
