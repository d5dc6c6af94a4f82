//! The time that the caller feeds to the core, and its date and time of day.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, SystemTime};

const NANOS: u64 = 1_000_000_000;

pub(crate) const DAY: u64 = 86_400;

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

/// A date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wall {
    pub(crate) year: i64,
    pub(crate) month: u64,
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    pub(crate) second: u64,
}

impl Wall {
    /// Returns the date and time of a clock that is `utc_offset` seconds ahead of UTC.
    pub(crate) fn of(time: Time, utc_offset: i32) -> Wall {
        Wall::of_seconds((time.as_nanos() / NANOS) as i64, utc_offset)
    }

    /// Same as [`Wall::of`], for whole seconds since the Unix epoch.
    pub(crate) fn of_seconds(seconds: i64, utc_offset: i32) -> Wall {
        let local = seconds.saturating_add(i64::from(utc_offset));
        let second = local.rem_euclid(DAY as i64) as u64;
        let (year, month, day) = date(local.div_euclid(DAY as i64));
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Wall { year, month, day, hour, minute, second }
    }

    /// Formats the time as `2026-11-22-21-36-57`, as Bro does in logs and file names.
    pub(crate) fn stamp(&self) -> String {
        let Wall { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}")
    }

    /// Formats the time as `2026-11-22T21:36:57`, as in ISO 8601.
    pub(crate) fn iso8601(&self) -> String {
        let Wall { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// Converts days since the Unix epoch to year, month and day.
///
/// Counts from the first of March of a year divisible by 400, so that leap days come last.
fn date(days: i64) -> (i64, u64, u64) {
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097) as u64);
    // Leap days are subtracted before years are counted.
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era.saturating_mul(400) + year as i64 + next, month, day)
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

    #[test]
    fn dates_are_correct() {
        let cases = [
            (0, 0, "1970-01-01-00-00-00"),
            (0, -1, "1969-12-31-23-59-59"),
            (951_782_399, 0, "2000-02-28-23-59-59"),
            (951_868_799, 0, "2000-02-29-23-59-59"),
            (951_868_800, 0, "2000-03-01-00-00-00"),
            (1_795_383_417, 0, "2026-11-22-21-36-57"),
            (1_795_383_417, 3 * 3600, "2026-11-23-00-36-57"),
            (1_795_383_417, -5 * 3600 - 1800, "2026-11-22-16-06-57"),
            (4_107_542_400, 0, "2100-03-01-00-00-00"),
            (1_735_689_599, 0, "2024-12-31-23-59-59"),
        ];
        for (seconds, offset, text) in cases {
            assert_eq!(Wall::of_seconds(seconds, offset).stamp(), text);
        }
        let last = Wall::of(Time::from_nanos(u64::MAX), 0);
        assert_eq!(last.iso8601(), "2554-07-21T23:34:33");
    }

    #[test]
    fn consecutive_days_are_consecutive_dates() {
        let mut before = date(-800_000);
        for days in -799_999..800_000 {
            let (year, month, day) = date(days);
            let follows = match before {
                (y, m, d) if y == year && m == month => day == d + 1 && day <= 31,
                (y, m, d) if y == year => month == m + 1 && day == 1 && d >= 28,
                (y, m, d) => (year, month, day, m, d) == (y + 1, 1, 1, 12, 31),
            };
            assert!(follows, "{before:?} {year}-{month}-{day}");
            before = (year, month, day);
        }
        assert_eq!(date(0), (1970, 1, 1));
    }
}
