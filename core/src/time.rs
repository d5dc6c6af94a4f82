//! Time as the core is given it.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, SystemTime};

/// A moment: nanoseconds of wall clock since the Unix epoch.
///
/// The protocol carries wall-clock times, and a recorded session must replay to the same bytes,
/// so the core has a type of its own for what its user feeds in. It never asks a clock. Times are
/// to be fed in ascending order; a machine that is given an earlier one than before goes on with
/// the later.
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

    /// Creates a time of nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// Creates a time of seconds since the Unix epoch, as the protocol carries them; what is before
    /// the epoch, beyond the year 2554 or not a number becomes the nearest end of the range.
    pub fn from_secs_f64(secs: f64) -> Time {
        // Seconds and the rest by themselves, so that present times come back as they were. Float
        // to integer casts saturate, and NaN becomes 0.
        let (whole, rest) = (secs.trunc(), secs.fract());
        Time((whole as u64).saturating_mul(NANOS).saturating_add((rest * 1e9).round() as u64))
    }

    /// Returns the nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Returns the seconds since the Unix epoch, as the protocol carries them.
    ///
    /// A double holds present times to about a quarter of a microsecond; one that was
    /// [taken over](Self::from_secs_f64) comes back bit for bit.
    pub fn as_secs_f64(self) -> f64 {
        (self.0 / NANOS) as f64 + (self.0 % NANOS) as f64 / 1e9
    }

    /// Returns how much later this is than `earlier`, or zero if it is not.
    pub const fn saturating_since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Returns how many nanoseconds this is ahead of another time.
    pub(crate) fn ahead_of(self, other: Time) -> i128 {
        i128::from(self.0) - i128::from(other.0)
    }

    /// Returns the time that is so many nanoseconds ahead of this.
    pub(crate) fn shifted(self, nanos: i128) -> Time {
        let nanos = i128::from(self.0).saturating_add(nanos);
        Time(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Adds; what is beyond the year 2554 becomes the end of the range.
    fn add(self, by: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Time {
    /// Adds; what is beyond the year 2554 becomes the end of the range.
    fn add_assign(&mut self, by: Duration) {
        *self = *self + by;
    }
}

impl From<SystemTime> for Time {
    /// Takes over a reading of the wall clock; what is before the epoch becomes the epoch.
    ///
    /// The wall clock may be set back, which time here does not; so what feeds a connection reads
    /// it once, and adds what a monotonic clock counts from then on. A node is fed
    /// [what the wall clock shows](crate::node::NodeMachine::feed_wall_clock) as well.
    fn from(wall: SystemTime) -> Time {
        Time::EPOCH + wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

impl From<Time> for SystemTime {
    /// Returns the moment as the system's wall clock shows it.
    fn from(time: Time) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(time.0)
    }
}

impl Sub for Time {
    type Output = Duration;

    /// Subtracts; never less than zero.
    fn sub(self, earlier: Time) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Display for Time {
    /// Writes seconds with six decimals, as Bro's logs do.
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
        fn present_times_come_back_as_they_were(secs in 1e9f64..4e9) {
            prop_assert_eq!(Time::from_secs_f64(secs).as_secs_f64().to_bits(), secs.to_bits());
        }
    }

    #[test]
    fn seconds_out_of_range_become_its_ends() {
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
    fn a_wall_clock_is_read_and_goes_on() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_000_000_000_001);
        let start = Time::from(wall);
        assert_eq!(start, Time::from_nanos(1_500_000_000_000_000_001));
        assert_eq!((start + Duration::from_secs(2)) - start, Duration::from_secs(2));
        assert_eq!(SystemTime::from(start), wall);
        let mut later = start;
        later += Duration::MAX;
        assert_eq!(later, Time::from_nanos(u64::MAX));
        // A machine whose clock was never set.
        assert_eq!(Time::from(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), Time::EPOCH);
    }
}
