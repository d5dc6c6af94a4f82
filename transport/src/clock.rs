//! The clock that the core is fed from.

use std::time::{Instant, SystemTime};

use brocomm::Time;

/// Tells the wall clock as it was at the beginning, and the monotonic clock since then, so that it
/// never goes back, though somebody sets the system's.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: Time,
    start: Instant,
    monotonic: fn() -> Instant,
}

impl Clock {
    /// Begins now, by a monotonic clock: `Instant::now`, or that of a runtime which can pause its
    /// own.
    pub fn new(monotonic: fn() -> Instant) -> Clock {
        Clock { wall: SystemTime::now().into(), start: monotonic(), monotonic }
    }

    /// Returns what time it was at the beginning.
    pub const fn start(&self) -> Time {
        self.wall
    }

    /// Returns what time it is.
    pub fn now(&self) -> Time {
        self.wall + (self.monotonic)().saturating_duration_since(self.start)
    }
}
