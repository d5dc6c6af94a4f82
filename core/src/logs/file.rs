//! The file of a log, from opening to rotation, with its names (3§4), and the names of streams and
//! writers.

#[cfg(test)]
mod rotation_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::{
    LogFormat, LogOptionError, LogValue, LogWriter, WRITER_ASCII, WRITER_NONE, WRITER_SQLITE,
};
use crate::Time;
use crate::data::Name;
use crate::time::{DAY, Wall};

/// The file of one log: its content, the time of its rotation, and its names.
///
/// It does no I/O; the caller appends the bytes, creates a new file when required, and renames it.
/// As in Bro, a log's file is created when its writer is announced, and after a rotation with the
/// next entry.
///
/// ```
/// # use std::sync::Arc;
/// # use std::time::Duration;
/// # use brocomm::Time;
/// # use brocomm::data::TypeTag;
/// # use brocomm::logs::{LogField, LogFile, LogFormat, LogStream, LogStreams, LogValue, Rotation};
/// # let now = Time::from_secs_f64(1_500_000_000.0);
/// # let mut streams = LogStreams::new();
/// # streams.declare(LogStream::new(14, "mini", vec![LogField::new("n", TypeTag::Count)]))?;
/// # let writer = streams.write(14, &[LogValue::Count(1)], now)?.writer().clone();
/// let hourly = Rotation::every(Duration::from_secs(3600));
/// let mut log = LogFile::new(Arc::new(writer), &LogFormat::default(), hourly, now).expect("options");
/// let mut bytes = Vec::new();
/// if log.entry(&[LogValue::Count(1)], now, &mut bytes) {
///     assert_eq!(log.name(), "mini.log");
///     // Create the file, truncating an existing one.
/// }
/// // Append the bytes to it.
/// let due = log.next_timeout().expect("there is a next hour");
/// bytes.clear();
/// let rotated = log.rotate(due, &mut bytes);
/// // Append the bytes, close the file and rename it.
/// assert_eq!(rotated.as_deref(), Some("mini.2017-07-14-02-40-00.log"));
/// # Ok::<(), brocomm::logs::StreamError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogFile {
    writer: Arc<LogWriter>,
    format: LogFormat,
    rotation: Rotation,
    /// The UTC offset at a time, if it varies.
    utc_offset: Option<fn(Time) -> i32>,
    /// The file's name without its extension.
    stem: String,
    name: String,
    is_open: bool,
    /// When the log was opened or last rotated.
    since: Time,
    /// When it is rotated next.
    due: Option<Time>,
}

impl LogFile {
    /// Creates the file for a new writer. The writer's options override this format. The name is
    /// that of [`file_name`].
    ///
    /// # Errors
    /// Fails if the writer has an invalid option.
    pub fn new(
        writer: Arc<LogWriter>,
        format: &LogFormat,
        rotation: Rotation,
        now: Time,
    ) -> Result<LogFile, LogOptionError> {
        let format = format.configured(&writer.options)?;
        let stem = stem(&writer.path);
        let name = format!("{stem}.log");
        Ok(LogFile {
            writer,
            format,
            rotation,
            utc_offset: None,
            stem,
            name,
            is_open: false,
            since: now,
            due: rotation.next(now),
        })
    }

    /// Uses a varying UTC offset for rotation times, headers and names: the function returns the
    /// offset in seconds at a given time. Without it, [`Rotation::utc_offset`] and
    /// [`AsciiFormat::utc_offset`](super::AsciiFormat::utc_offset) apply.
    #[must_use]
    pub fn on_clock(self, utc_offset: fn(Time) -> i32) -> LogFile {
        let mut file = LogFile { utc_offset: Some(utc_offset), ..self };
        file.begin(file.since);
        file
    }

    /// Adds a number to the file's name, to distinguish two logs with the same path, as Bro does:
    /// `conn-2.log`.
    #[must_use]
    pub fn numbered(self, number: u32) -> LogFile {
        let stem = format!("{}-{number}", stem(&self.writer.path));
        LogFile { name: format!("{stem}.log"), stem, ..self }
    }

    /// Returns the file's name while it is written to: `conn.log`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the log's writer.
    pub fn writer(&self) -> &Arc<LogWriter> {
        &self.writer
    }

    /// Appends the header if the file is not open. Returns true in that case: the caller must
    /// create the file.
    #[must_use = "the caller must create the file if this returns true"]
    pub fn open(&mut self, now: Time, out: &mut Vec<u8>) -> bool {
        if self.is_open {
            return false;
        }
        self.set_clock(now);
        self.format.open(&self.writer.path, &self.writer.fields, now, out);
        self.is_open = true;
        true
    }

    /// Appends an entry, after the header if the file is not open. Returns true in that case: the
    /// caller must create the file.
    #[must_use = "the caller must create the file if this returns true"]
    pub fn entry(&mut self, values: &[LogValue], now: Time, out: &mut Vec<u8>) -> bool {
        let new = self.open(now, out);
        self.format.entry(&self.writer.fields, values, out);
        new
    }

    /// Returns when to call [`rotate`](LogFile::rotate); `None` if never.
    pub fn next_timeout(&self) -> Option<Time> {
        self.due
    }

    /// Starts to wait for the next rotation.
    fn begin(&mut self, now: Time) {
        self.since = now;
        self.due = self.rotation_at(now).next(now);
    }

    /// Appends the last line and returns the file's new name if rotation is due and the file is
    /// open.
    #[must_use = "the caller must rename the file if this returns a name"]
    pub fn rotate(&mut self, now: Time, out: &mut Vec<u8>) -> Option<String> {
        if self.due.is_none_or(|due| now < due) {
            return None;
        }
        let rotated = self.end(now, out);
        self.begin(now);
        rotated
    }

    /// Appends the last line and closes the log. If logs are rotated and the file is open, returns
    /// the new name for it.
    #[must_use = "the caller must rename the file if this returns a name"]
    pub fn finish(&mut self, now: Time, out: &mut Vec<u8>) -> Option<String> {
        let rotated = self.end(now, out);
        rotated.filter(|_| !self.rotation.interval.is_zero())
    }

    fn end(&mut self, now: Time, out: &mut Vec<u8>) -> Option<String> {
        if !self.is_open {
            return None;
        }
        self.set_clock(now);
        self.format.close(now, out);
        self.is_open = false;
        Some(self.rotation_at(self.since).name_of(&self.stem, self.since))
    }

    /// Returns the rotation with the UTC offset at a time.
    fn rotation_at(&self, time: Time) -> Rotation {
        let utc_offset =
            self.utc_offset.map_or(self.rotation.utc_offset, |utc_offset| utc_offset(time));
        Rotation { utc_offset, ..self.rotation }
    }

    /// Sets the UTC offset of header lines to that at a time.
    fn set_clock(&mut self, time: Time) {
        if let (LogFormat::Ascii(ascii), Some(utc_offset)) = (&mut self.format, self.utc_offset) {
            ascii.utc_offset = utc_offset(time);
        }
    }
}

/// Maps a peer's numbers of streams and writers to names.
///
/// The numbers are constants of the sender's enums `Log::ID` and `Log::Writer` and depend on the
/// scripts that it has loaded, so the receiver must configure the names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogNames {
    /// Names of streams, such as `Conn::LOG`.
    pub streams: BTreeMap<i32, Name>,
    /// Names of kinds of writers, such as `Log::WRITER_ASCII`.
    pub writers: BTreeMap<i32, Name>,
}

impl LogNames {
    /// Parses lines such as `stream 12 Communication::LOG` and `writer 1 Log::WRITER_ASCII`. Empty
    /// lines and text after a `#` are ignored. Later lines take precedence.
    ///
    /// # Errors
    /// Fails if a line is invalid. The error contains the number of the first one.
    pub fn parse(text: &str) -> Result<LogNames, LogNamesError> {
        let mut names = LogNames::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let error = LogNamesError { line: at.saturating_add(1) };
            let (map, number, name) = match words.as_slice() {
                [] => continue,
                ["stream", number, name] => (&mut names.streams, number, name),
                ["writer", number, name] => (&mut names.writers, number, name),
                _ => return Err(error),
            };
            let number = number.parse().map_err(|_| error)?;
            map.insert(number, Name::from(*name));
        }
        Ok(names)
    }

    /// Returns a stream's name, or one such as `log-12` for an unknown number.
    pub fn stream(&self, number: i32) -> Name {
        let named = self.streams.get(&number).cloned();
        named.unwrap_or_else(|| Name::from(format!("log-{number}")))
    }

    /// Returns the name of a kind of writer, or one such as `writer-7` for an unknown number. The
    /// writers of a Bro without plugins are known: `Log::WRITER_ASCII`, `Log::WRITER_NONE` and
    /// `Log::WRITER_SQLITE`.
    pub fn writer(&self, number: i32) -> Name {
        let named = self.writers.get(&number).cloned();
        named.unwrap_or_else(|| match number {
            WRITER_ASCII => Name::from_static("Log::WRITER_ASCII"),
            WRITER_NONE => Name::from_static("Log::WRITER_NONE"),
            WRITER_SQLITE => Name::from_static("Log::WRITER_SQLITE"),
            _ => Name::from(format!("writer-{number}")),
        })
    }
}

/// The error for an invalid line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line} is neither \"stream NUMBER NAME\" nor \"writer NUMBER NAME\"")]
pub struct LogNamesError {
    /// The line's number, from 1.
    pub line: usize,
}

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
