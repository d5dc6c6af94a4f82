//! Dates and times of day, in the proleptic Gregorian calendar.

use crate::Time;

pub(crate) const DAY: u64 = 86_400;
const NANOS: u64 = 1_000_000_000;

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
    use super::*;

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
