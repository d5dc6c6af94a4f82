//! The communication log as a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use brocomm::Time;
use brocomm::logs::{AsciiFormat, CommunicationLog, LogFormat};
use brocomm::node::CommunicationEntry;

use crate::clock::Clock;
use crate::failure::{Failure, failed};

/// Writes the communication log as Bro does, each line at once.
#[derive(Debug)]
pub(super) struct Log {
    description: Vec<u8>,
    utc_offset: fn(Time) -> i32,
    format: CommunicationLog,
    file: BufWriter<File>,
    path: PathBuf,
    opened: bool,
}

impl Log {
    pub(super) fn create(path: &Path, description: &[u8], clock: Clock) -> Result<Log, Failure> {
        let utc_offset = clock.offset()?;
        let file = File::create(path)
            .map_err(|error| failed(format_args!("{}: cannot write: {error}", path.display())))?;
        let (file, path) = (BufWriter::new(file), path.to_owned());
        let (description, format) = (description.to_vec(), CommunicationLog::new(description));
        Ok(Log { description, utc_offset, format, file, path, opened: false })
    }

    pub(super) fn write(&mut self, entry: &CommunicationEntry) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        if !std::mem::replace(&mut self.opened, true) {
            self.set_clock(entry.time);
            self.format.open(entry.time, &mut bytes);
        }
        self.format.line(&entry.into(), &mut bytes);
        self.append(&bytes)
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

    /// Sets the clock of header lines as it is at a time.
    fn set_clock(&mut self, time: Time) {
        let utc_offset = (self.utc_offset)(time);
        let format = LogFormat::Ascii(AsciiFormat { utc_offset, ..AsciiFormat::default() });
        self.format = CommunicationLog::with_format(self.description.clone(), format);
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.flush());
        written
            .map_err(|error| failed(format_args!("{}: cannot write: {error}", self.path.display())))
    }
}
