//! The clocks that the core is fed from.

use std::time::{Instant, SystemTime};

use brocomm::Time;

/// Tells the time by two clocks.
///
/// [`now`](Self::now) is for timers: the wall clock as it was at the beginning, and a monotonic
/// clock since then, so that it never goes back or ahead when the system's clock is set. It stands
/// still while the machine is suspended, where the system's monotonic clock does.
/// [`wall_clock`](Self::wall_clock) is for what people and peers are told, and is read each time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Time,
    start: Instant,
    monotonic: fn() -> Instant,
    wall: fn() -> SystemTime,
}

impl Clock {
    /// Begins now, by the system's wall clock and a monotonic clock: `Instant::now`, or that of a
    /// runtime which can pause its own.
    pub fn new(monotonic: fn() -> Instant) -> Clock {
        Clock::with_wall_clock(monotonic, SystemTime::now)
    }

    /// Begins now, by these two clocks.
    pub fn with_wall_clock(monotonic: fn() -> Instant, wall: fn() -> SystemTime) -> Clock {
        Clock { began: wall().into(), start: monotonic(), monotonic, wall }
    }

    /// Returns what time it was at the beginning.
    pub const fn start(&self) -> Time {
        self.began
    }

    /// Returns what time it is for timers.
    pub fn now(&self) -> Time {
        self.began + (self.monotonic)().saturating_duration_since(self.start)
    }

    /// Returns what the wall clock shows.
    pub fn wall_clock(&self) -> Time {
        (self.wall)().into()
    }
}
