//! The clocks that provide the time for the core.

use std::time::{Instant, SystemTime};

use brocomm::Time;

/// A monotonic clock and a wall clock.
///
/// [`now`](Self::now) is for timers. It is the wall-clock time of the start plus the monotonic time
/// since then, so setting the system's clock does not affect it. Where the system's monotonic clock
/// stops during suspend, so does this one. [`wall_clock`](Self::wall_clock) is for events and logs,
/// and is read each time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Time,
    start: Instant,
    monotonic: fn() -> Instant,
    wall: fn() -> SystemTime,
}

impl Clock {
    /// Creates a clock that starts now, with the system's wall clock and a monotonic clock:
    /// `Instant::now`, or that of a runtime with its own clock.
    pub fn new(monotonic: fn() -> Instant) -> Clock {
        Clock::with_wall_clock(monotonic, SystemTime::now)
    }

    /// Creates a clock that starts now, with these two clocks.
    pub fn with_wall_clock(monotonic: fn() -> Instant, wall: fn() -> SystemTime) -> Clock {
        Clock { began: wall().into(), start: monotonic(), monotonic, wall }
    }

    /// Returns the wall-clock time of the start.
    pub const fn start(&self) -> Time {
        self.began
    }

    /// Returns the current time for timers.
    pub fn now(&self) -> Time {
        self.began + (self.monotonic)().saturating_duration_since(self.start)
    }

    /// Returns the wall-clock time.
    pub fn wall_clock(&self) -> Time {
        (self.wall)().into()
    }
}
