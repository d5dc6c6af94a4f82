//! What time it is, for the core.

use std::time::{Instant, SystemTime};

use brocomm::Time;

/// Derives the core's time from one reading of the wall clock and the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    wall: Time,
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Clock { wall: Time::EPOCH + since_epoch.unwrap_or_default(), start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Time {
        self.wall + self.start.elapsed()
    }
}
