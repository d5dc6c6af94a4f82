//! The communication log file.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use brocomm::Time;
use brocomm::logs::{AsciiFormat, LogFormat};
use brocomm::node::CommLogEntry;
use brocomm::node::CommunicationLog;

use crate::clock::Clock;
use crate::failure::{Failure, failed, reason};
use crate::output::{Output, Overflow};

/// Writes the communication log as Bro does, without buffering.
pub(super) struct Log {
    description: Vec<u8>,
    utc_offset: fn(Time) -> i32,
    format: CommunicationLog,
    file: Output,
    path: PathBuf,
    opened: bool,
}

impl Log {
    pub(super) fn create(path: &Path, description: &[u8], clock: Clock) -> Result<Log, Failure> {
        let utc_offset = clock.offset()?;
        let file = File::create(path).map_err(|error| {
            failed(format_args!("{}: cannot write: {}", path.display(), reason(&error)))
        })?;
        let (file, path) = (Output::new(file, Overflow::Wait, || ()), path.to_owned());
        let (description, format) = (description.to_vec(), CommunicationLog::new(description));
        Ok(Log { description, utc_offset, format, file, path, opened: false })
    }

    /// Waits until there is room for an entry.
    pub(super) async fn room(&self) {
        self.file.room().await;
    }

    /// Waits until the log can no longer be written, and returns the error.
    pub(super) async fn failed(&self) -> Failure {
        self.cannot(&self.file.failed().await)
    }

    /// Writes an entry. Does not block if there is [room](Self::room).
    pub(super) fn write(&mut self, entry: &CommLogEntry) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        if !std::mem::replace(&mut self.opened, true) {
            self.set_clock(entry.time);
            self.format.open(entry.time, &mut bytes);
        }
        self.format.line(&entry.into(), &mut bytes);
        self.append(&bytes)
    }

    /// Stops all waits for room, and sets a deadline for [`finish`](Self::finish).
    pub(super) fn end_by(&self, deadline: Instant) {
        self.file.end_by(deadline);
    }

    /// Waits until everything is written.
    pub(super) async fn written(&self) {
        self.file.written().await;
    }

    /// Waits until everything is written.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        self.file.finish().map_err(|error| self.cannot(&error))
    }

    /// Writes the last line.
    pub(super) fn close(&mut self, now: Time) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        if self.opened {
            self.set_clock(now);
            self.format.close(now, &mut bytes);
        }
        self.append(&bytes)
    }

    /// Sets the offset from UTC for header lines.
    fn set_clock(&mut self, time: Time) {
        let utc_offset = (self.utc_offset)(time);
        let format = LogFormat::Ascii(AsciiFormat { utc_offset, ..AsciiFormat::default() });
        self.format = CommunicationLog::with_format(self.description.clone(), format);
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &std::io::Error) -> Failure {
        failed(format_args!("{}: cannot write: {}", self.path.display(), reason(error)))
    }
}
