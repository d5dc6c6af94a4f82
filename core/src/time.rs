//! The time that the caller feeds to the core.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, SystemTime};

/// A wall-clock time: nanoseconds since the Unix epoch.
///
/// The protocol carries wall-clock times, and a recorded session must replay to the same bytes, so
/// the core uses its own type for the time that the caller feeds in. It never reads a clock. Feed
/// times in ascending order; a state machine ignores times that go backwards.
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// # use brocomm::Time;
/// let start = Time::from(SystemTime::now());
/// let later = start + Duration::from_millis(1500);
/// assert_eq!(later - start, Duration::from_millis(1500));
/// assert_eq!(Time::from(SystemTime::from(later)), later);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

const NANOS: u64 = 1_000_000_000;

impl Time {
    /// The Unix epoch.
    pub const EPOCH: Time = Time(0);

    /// Creates a time from nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// Creates a time from seconds since the Unix epoch, as used in the protocol. Times before the
    /// epoch or beyond the year 2554 saturate; NaN becomes the epoch.
    pub fn from_secs_f64(secs: f64) -> Time {
        // Converts seconds and fraction separately, so that current dates round-trip. Float to
        // integer casts saturate, and NaN becomes 0.
        let (whole, rest) = (secs.trunc(), secs.fract());
        Time((whole as u64).saturating_mul(NANOS).saturating_add((rest * 1e9).round() as u64))
    }

    /// Returns the nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the seconds since the Unix epoch, as used in the protocol.
    ///
    /// For current dates a double is exact to about a quarter of a microsecond; a time created with
    /// [`from_secs_f64`](Self::from_secs_f64) is returned bit for bit.
    pub fn as_secs_f64(self) -> f64 {
        (self.0 / NANOS) as f64 + (self.0 % NANOS) as f64 / 1e9
    }

    /// Returns the time elapsed since `earlier`, or zero if that is later.
    pub const fn saturating_since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Returns the difference to another time in nanoseconds.
    pub(crate) fn ahead_of(self, other: Time) -> i128 {
        i128::from(self.0) - i128::from(other.0)
    }

    /// Returns the time this many nanoseconds later.
    pub(crate) fn shifted(self, nanos: i128) -> Time {
        let nanos = i128::from(self.0).saturating_add(nanos);
        Time(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Adds a duration, saturating in the year 2554.
    fn add(self, by: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Time {
    /// Adds a duration, saturating in the year 2554.
    fn add_assign(&mut self, by: Duration) {
        *self = *self + by;
    }
}

impl From<SystemTime> for Time {
    /// Converts a reading of the wall clock; times before the epoch become the epoch.
    ///
    /// The wall clock may be set back, but fed times must not decrease. So a transport reads it
    /// once and adds the elapsed time of a monotonic clock. A node is also fed [the current
    /// wall-clock time](crate::node::NodeMachine::feed_wall_clock).
    fn from(wall: SystemTime) -> Time {
        Time::EPOCH + wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

impl From<Time> for SystemTime {
    /// Converts to the system's time.
    fn from(time: Time) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(time.0)
    }
}

impl Sub for Time {
    type Output = Duration;

    /// Subtracts, saturating at zero.
    fn sub(self, earlier: Time) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Display for Time {
    /// Writes seconds with six decimals, as in Bro's logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / NANOS, self.0 / 1000 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn current_dates_round_trip(secs in 1e9f64..4e9) {
            prop_assert_eq!(Time::from_secs_f64(secs).as_secs_f64().to_bits(), secs.to_bits());
        }
    }

    #[test]
    fn seconds_out_of_range_saturate() {
        for (secs, nanos) in [
            (f64::NAN, 0),
            (-1.5, 0),
            (-0.0, 0),
            (1.5, 1_500_000_000),
            (1e30, u64::MAX),
            (f64::INFINITY, u64::MAX),
            (f64::NEG_INFINITY, 0),
        ] {
            assert_eq!(Time::from_secs_f64(secs).as_nanos(), nanos, "{secs}");
        }
    }

    #[test]
    fn a_wall_clock_time_is_converted() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_000_000_000_001);
        let start = Time::from(wall);
        assert_eq!(start, Time::from_nanos(1_500_000_000_000_000_001));
        assert_eq!((start + Duration::from_secs(2)) - start, Duration::from_secs(2));
        assert_eq!(SystemTime::from(start), wall);
        let mut later = start;
        later += Duration::MAX;
        assert_eq!(later, Time::from_nanos(u64::MAX));
        // A computer whose clock was never set.
        assert_eq!(Time::from(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), Time::EPOCH);
    }
}
