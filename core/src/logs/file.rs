//! The file of a log, from opening to rotation (3§4), and the names of streams and writers.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::{
    LogFormat, LogOptionError, LogValue, LogWriter, Rotation, WRITER_ASCII, WRITER_NONE,
    WRITER_SQLITE, rotation,
};
use crate::Time;
use crate::data::Name;

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
    /// that of [`file_name`](super::file_name).
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
        let stem = rotation::stem(&writer.path);
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
        let stem = format!("{}-{number}", rotation::stem(&self.writer.path));
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::data::TypeTag;
    use crate::logs::LogField;

    /// The beginning of a day.
    const DAY: Time = Time::from_nanos(20_000 * 86_400 * 1_000_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn writer(path: &str) -> Arc<LogWriter> {
        Arc::new(LogWriter {
            stream: 1,
            writer: 1,
            path: path.into(),
            rotation_base: 0.0,
            rotation_interval: 0.0,
            network_time: 0.0,
            options: vec![("tsv".into(), Bytes::from("T"))],
            fields: vec![LogField::new("n", TypeTag::Count)],
        })
    }

    fn file(rotation: Rotation) -> LogFile {
        LogFile::new(writer("conn"), &LogFormat::default(), rotation, DAY).unwrap()
    }

    fn entry(file: &mut LogFile, now: Time) -> (bool, String) {
        let mut out = Vec::new();
        let new = file.entry(&[LogValue::Count(7)], now, &mut out);
        (new, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_file_begins_with_its_header_once() {
        let mut file = file(Rotation::default());
        let mut out = Vec::new();
        assert!(file.open(DAY, &mut out));
        assert_eq!(out, b"n\n");
        assert!(!file.open(DAY, &mut out));
        assert_eq!(entry(&mut file, DAY), (false, "7\n".to_owned()));
        assert_eq!(file.next_timeout(), None);
        assert_eq!(file.rotate(DAY + HOUR * 99, &mut out), None);
        assert_eq!(file.finish(DAY, &mut out), None);
        assert_eq!(out, b"n\n");
    }

    #[test]
    fn a_file_is_rotated_when_it_is_due() {
        let mut file = file(Rotation::every(HOUR));
        let mut out = Vec::new();
        assert_eq!(entry(&mut file, DAY), (true, "n\n7\n".to_owned()));
        let due = DAY + HOUR;
        assert_eq!(file.next_timeout(), Some(due));
        assert_eq!(file.rotate(Time::from_nanos(due.as_nanos() - 1), &mut out), None);
        assert_eq!(file.rotate(due, &mut out).as_deref(), Some("conn.2024-10-04-00-00-00.log"));
        // Nothing was written for an hour, so there is no file; the next is named after that hour.
        assert_eq!(file.next_timeout(), Some(due + HOUR));
        assert_eq!(file.rotate(due + HOUR, &mut out), None);
        assert_eq!(entry(&mut file, due + HOUR * 3 / 2), (true, "n\n7\n".to_owned()));
        let name = file.finish(due + HOUR * 2, &mut out);
        assert_eq!(name.as_deref(), Some("conn.2024-10-04-02-00-00.log"));
        assert_eq!(out, b"");
    }

    #[test]
    fn a_closed_file_has_its_last_line() {
        let writer = Arc::new(LogWriter { options: Vec::new(), ..(*writer("conn")).clone() });
        let hourly = Rotation::every(HOUR);
        let mut file = LogFile::new(writer, &LogFormat::default(), hourly, DAY).unwrap();
        assert!(file.open(DAY, &mut Vec::new()));
        let mut out = Vec::new();
        assert!(file.clone().rotate(DAY + HOUR, &mut out).is_some());
        assert_eq!(out, b"#close\t2024-10-04-01-00-00\n");
        out.clear();
        assert!(file.finish(DAY, &mut out).is_some());
        assert_eq!(out, b"#close\t2024-10-04-00-00-00\n");
    }

    #[test]
    fn times_of_day_are_those_of_the_clock() {
        // The offset is one hour until an hour after midnight UTC, then two.
        let clock = |now: Time| if now < DAY + HOUR { 3600 } else { 7200 };
        let writer = Arc::new(LogWriter { options: Vec::new(), ..(*writer("conn")).clone() });
        let daily = Rotation::every(HOUR * 24);
        let file = LogFile::new(writer, &LogFormat::default(), daily, DAY).unwrap();
        let mut file = file.on_clock(clock);
        let mut out = Vec::new();
        assert!(file.open(DAY, &mut out));
        assert!(String::from_utf8_lossy(&out).contains("#open\t2024-10-04-01-00-00\n"));
        // Midnight by the offset at the beginning; from then on by the new offset.
        let due = DAY + HOUR * 23;
        assert_eq!(file.next_timeout(), Some(due));
        out.clear();
        assert_eq!(file.rotate(due, &mut out).as_deref(), Some("conn.2024-10-04-01-00-00.log"));
        assert_eq!(out, b"#close\t2024-10-05-01-00-00\n");
        assert_eq!(file.next_timeout(), Some(DAY + HOUR * 46));
    }

    #[test]
    fn a_file_can_have_a_number() {
        let file = file(Rotation::every(HOUR)).numbered(2);
        assert_eq!(file.name(), "conn-2.log");
        let mut out = Vec::new();
        let mut open = file.clone();
        assert!(open.open(DAY, &mut out));
        let rotated = open.rotate(DAY + HOUR, &mut out);
        assert_eq!(rotated.as_deref(), Some("conn-2.2024-10-04-00-00-00.log"));
        assert_eq!(file.numbered(3).name(), "conn-3.log");
        let (format, rotation) = (LogFormat::default(), Rotation::default());
        let file = LogFile::new(writer("a/b"), &format, rotation, DAY).unwrap();
        assert_eq!(file.name(), "a%2Fb.log");
        assert_eq!(file.numbered(2).name(), "a%2Fb-2.log");
    }

    #[test]
    fn numbers_are_mapped_to_names() {
        let text =
            "# of sensor 3\nstream 12 Communication::LOG # sic\n\n writer\t2 Log::WRITER_X\n";
        let names = LogNames::parse(text).unwrap();
        assert_eq!(names.stream(12), "Communication::LOG");
        assert_eq!(names.stream(13), "log-13");
        assert_eq!(names.stream(-1), "log--1");
        assert_eq!(names.writer(1), "Log::WRITER_ASCII");
        assert_eq!(names.writer(2), "Log::WRITER_X");
        assert_eq!(names.writer(3), "Log::WRITER_SQLITE");
        assert_eq!(names.writer(4), "writer-4");
        assert_eq!(LogNames::default().writer(2), "Log::WRITER_NONE");
    }

    #[test]
    fn an_invalid_line_is_an_error() {
        for text in
            ["stream 12", "\nstreams 12 x", "stream x y", "writer 1 a b", "stream 2147483648 x"]
        {
            let line = if text.starts_with('\n') { 2 } else { 1 };
            assert_eq!(LogNames::parse(text), Err(LogNamesError { line }), "{text:?}");
        }
    }
}
