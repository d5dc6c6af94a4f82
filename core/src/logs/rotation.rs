//! Log rotation, and the names of rotated files (3§4).

use std::time::Duration;

use crate::Time;
use crate::time::{DAY, Wall};

/// The times at which logs are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// The interval of rotation; zero, as by default in Bro, means never.
    pub interval: Duration,
    /// A time of day at which logs are rotated, counted from midnight. Default: midnight, as in
    /// Bro's `log_rotate_base_time`. Without one, rotations are at multiples of the interval since
    /// the Unix epoch.
    pub base: Option<Duration>,
    /// The UTC offset of `base` and of the times in file names, in seconds.
    pub utc_offset: i32,
}

impl Default for Rotation {
    fn default() -> Self {
        Rotation { interval: Duration::ZERO, base: Some(Duration::ZERO), utc_offset: 0 }
    }
}

impl Rotation {
    /// Creates a rotation with this interval and otherwise default settings.
    pub fn every(interval: Duration) -> Rotation {
        Rotation { interval, ..Rotation::default() }
    }

    /// Returns the first time of rotation after this time; `None` if logs are not rotated.
    ///
    /// With a base, the count restarts each day, as in Bro: an interval that does not divide a day
    /// is not exact across days.
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

    /// Returns the name for a rotated file, without directory. It consists of the stem and the time
    /// when the log was opened: `conn.2026-11-22-21-36-57.log`.
    ///
    /// Bro's default post-processor for ASCII logs uses the same name.
    pub(super) fn name_of(&self, stem: &str, opened: Time) -> String {
        format!("{stem}.{}.log", Wall::of(opened, self.utc_offset).stamp())
    }
}

/// Returns the name of the file for a log with this path, without directory: `conn.log`.
///
/// Paths come from peers, so a log's file must not leave its directory, or overwrite another log or
/// a rotated one. Therefore `/`, `\`, `:`, `%`, unprintable characters, a leading dot, and a dot
/// before text that looks like a rotation time are escaped, as in `%2F`; an empty path is `%`.
/// Different paths have different names, except that names are cut after 200 bytes and some file
/// systems ignore case.
pub fn file_name(path: &[u8]) -> String {
    format!("{}.log", stem(path))
}

/// The maximum length of a name without its extension; file systems allow 255 bytes, including a
/// number and a time.
const LONGEST: usize = 200;

pub(super) fn stem(path: &[u8]) -> String {
    let mut stem = String::new();
    let mut add = |text: &str| {
        let fits = stem.len().saturating_add(text.len()) <= LONGEST;
        if fits {
            stem.push_str(text);
        }
        fits
    };
    let mut begins = true;
    for chunk in path.utf8_chunks() {
        for (at, c) in chunk.valid().char_indices() {
            let rest = chunk.valid().get(at..).unwrap_or_default();
            let is_usual = match c {
                '/' | '\\' | ':' | '%' => false,
                '.' => !begins && !is_time(rest.as_bytes()),
                ' ' | '!'..='~' => true,
                // Excludes invisible and combining characters.
                _ => !c.is_ascii() && c.is_alphanumeric(),
            };
            begins = false;
            let bytes = rest.get(..c.len_utf8()).unwrap_or_default();
            let fits = if is_usual { add(bytes) } else { add(&escaped(bytes.as_bytes())) };
            if !fits {
                return stem;
            }
        }
        begins &= chunk.invalid().is_empty();
        for byte in chunk.invalid() {
            if !add(&escaped(&[*byte])) {
                return stem;
            }
        }
    }
    if path.is_empty() { "%".to_owned() } else { stem }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// Returns whether text begins like the time in a rotated file's name: `.2026-11-22-21-36-57`.
fn is_time(text: &[u8]) -> bool {
    let form = b".0000-00-00-00-00-00";
    let has_form = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == form,
    };
    text.len() >= form.len() && text.iter().zip(form).all(has_form)
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
        let name = hourly.name_of(&stem(b"conn"), at(1_795_383_417));
        assert_eq!(name, "conn.2026-11-22-21-36-57.log");
        let cases: [(&[u8], &str); 9] = [
            (b"conn-2", "conn-2"),
            (b"with space", "with space"),
            ("\u{e9}t\u{e9}".as_bytes(), "\u{e9}t\u{e9}"),
            (b"sub/dir", "sub%2Fdir"),
            (b"sub%2Fdir", "sub%252Fdir"),
            (b"", "%"),
            (b"conn.2026-11-22-21-36-57", "conn%2E2026-11-22-21-36-57"),
            (b"conn.2026-11-22-21-36-57-2", "conn%2E2026-11-22-21-36-57-2"),
            (b"conn.2026-11-22", "conn.2026-11-22"),
        ];
        for (path, stem) in cases {
            assert_eq!(file_name(path), format!("{stem}.log"));
        }
    }

    #[test]
    fn a_path_cannot_leave_the_directory() {
        let paths: [&[u8]; 12] = [
            b".",
            b"..",
            b".x",
            b"../x",
            b"/x",
            b"a\\b",
            b"a\0b",
            b"a\xffb",
            b"C:x",
            b"a\nb",
            "a\u{202e}b".as_bytes(),
            "e\u{301}".as_bytes(),
        ];
        let mut names = std::collections::BTreeSet::new();
        for path in paths {
            let name = file_name(path);
            let is_plain = |c: char| c.is_ascii_graphic() && !"/\\:".contains(c);
            assert!(name.chars().all(is_plain) && !name.starts_with('.'), "{path:?}: {name}");
            assert!(name.contains('%') && names.insert(name), "{path:?}");
        }
        // Escapes are not cut.
        for (path, length) in
            [(vec![b'a'; 201], 200), (vec![b'/'; 300], 198), (vec![0xff; 99], 198)]
        {
            assert_eq!(file_name(&path).len(), length + ".log".len());
        }
    }
}
