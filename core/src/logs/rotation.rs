//! When a log is rotated, and what its file is called then (3§4).

use std::time::Duration;

use crate::Time;
use crate::calendar::{DAY, Wall};

/// Says when logs are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// How long a log is written to; zero for ever, which is Bro's default.
    pub interval: Duration,
    /// Which time of day is a moment of rotation, counted from midnight; midnight itself, as in
    /// Bro's `log_rotate_base_time`. Without one, moments are multiples of the interval since the
    /// Unix epoch.
    pub base: Option<Duration>,
    /// How many seconds the clock of `base`, and of files' names, is ahead of UTC.
    pub utc_offset: i32,
}

impl Default for Rotation {
    fn default() -> Self {
        Rotation { interval: Duration::ZERO, base: Some(Duration::ZERO), utc_offset: 0 }
    }
}

impl Rotation {
    /// Makes a rotation by interval, otherwise as by default.
    pub fn every(interval: Duration) -> Rotation {
        Rotation { interval, ..Rotation::default() }
    }

    /// Returns the first moment of rotation after this one; `None` if there is none.
    ///
    /// With a base, each day counts anew, as in Bro: an interval that doesn't divide a day ends
    /// at no fixed times.
    pub fn next(&self, now: Time) -> Option<Time> {
        if self.interval.is_zero() {
            return None;
        }
        let interval = i128::try_from(self.interval.as_nanos()).ok()?;
        let now = i128::from(now.as_nanos());
        let base = match self.base {
            Some(base) => {
                let (day, second) = (i128::from(DAY) * 1_000_000_000, 1_000_000_000);
                let local = now + i128::from(self.utc_offset) * second;
                now - local.rem_euclid(day) + i128::try_from(base.as_nanos()).ok()?
            }
            None => 0,
        };
        let passed = (now - base).div_euclid(interval);
        let next = passed.checked_add(1)?.checked_mul(interval)?.checked_add(base)?;
        u64::try_from(next).ok().map(Time::from_nanos)
    }

    /// Returns the name of the file that a rotated log becomes, without folder:
    /// `conn.2026-11-22-21-36-57.log`, after the moment when it was opened.
    ///
    /// That is what Bro's default post-processor of ASCII logs makes of it. `None` as for
    /// [`file_name`].
    pub fn rotated_name(&self, path: &[u8], opened: Time) -> Option<String> {
        let stamp = Wall::of(opened, self.utc_offset).stamp();
        safe(path).map(|path| format!("{path}.{stamp}.log"))
    }
}

/// Returns the name of the file that a log of this path is written to, without folder:
/// `conn.log`.
///
/// `None` for a path that is no name of a file in a folder: empty, longer than 200 bytes, with a
/// slash or what is not printable ASCII in it, or beginning with a dot. Paths come from peers, and
/// a log's file must not be anywhere else.
pub fn file_name(path: &[u8]) -> Option<String> {
    safe(path).map(|path| format!("{path}.log"))
}

fn safe(path: &[u8]) -> Option<&str> {
    let fits = (1..=200).contains(&path.len()) && path.first() != Some(&b'.');
    let usual = path.iter().all(|byte| matches!(byte, 0x21..=0x7e) && !b"/\\".contains(byte));
    std::str::from_utf8(path).ok().filter(|_| fits && usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> Time {
        Time::EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn rotation_is_at_fixed_times_of_the_day() {
        let day = 20_000 * 86_400;
        let hourly = Rotation::every(HOUR);
        assert_eq!(hourly.next(at(day)), Some(at(day + 3600)));
        assert_eq!(hourly.next(at(day + 3599)), Some(at(day + 3600)));
        assert_eq!(hourly.next(at(day + 3600)), Some(at(day + 7200)));
        let quarter_past = Rotation { base: Some(HOUR * 6 + HOUR / 4), ..hourly };
        assert_eq!(quarter_past.next(at(day)), Some(at(day + 900)));
        assert_eq!(quarter_past.next(at(day + 80_000)), Some(at(day + 80_100)));
        let daily = Rotation { utc_offset: 3600, ..Rotation::every(HOUR * 24) };
        assert_eq!(daily.next(at(day)), Some(at(day + 82_800)));
        let odd = Rotation { base: None, ..Rotation::every(Duration::from_secs(7)) };
        assert_eq!(odd.next(at(15)), Some(at(21)));
        assert_eq!(odd.next(at(21)), Some(at(28)));
        assert_eq!(Rotation::default().next(at(day)), None);
        assert_eq!(Rotation::every(Duration::MAX).next(at(day)), None);
        let end = Time::from_nanos(u64::MAX);
        assert_eq!(hourly.next(end), None);
    }

    #[test]
    fn files_are_named_after_path_and_opening() {
        let hourly = Rotation::every(HOUR);
        let name = hourly.rotated_name(b"conn", at(1_795_383_417));
        assert_eq!(name.as_deref(), Some("conn.2026-11-22-21-36-57.log"));
        assert_eq!(file_name(b"conn-2").as_deref(), Some("conn-2.log"));
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        let long = [b'a'; 201];
        let paths: [&[u8]; 9] =
            [b"", b".", b"..", b".x", b"../x", b"/x", b"a\\b", b"a\0b", b"a\xffb"];
        for path in paths.into_iter().chain([&long[..]]) {
            assert_eq!(file_name(path), None, "{path:?}");
            assert_eq!(Rotation::default().rotated_name(path, at(0)), None);
        }
        assert!(file_name(&long[..200]).is_some());
    }
}
