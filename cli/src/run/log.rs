//! The communication log as a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use brocomm::Time;
use brocomm::logs::CommunicationLog;
use brocomm::node::LogEntry;

use crate::failure::{Failure, failed};

/// Writes the communication log as Bro does, each line at once.
#[derive(Debug)]
pub(super) struct Log {
    format: CommunicationLog,
    file: BufWriter<File>,
    path: PathBuf,
    opened: bool,
}

impl Log {
    pub(super) fn create(path: &Path, description: &[u8]) -> Result<Log, Failure> {
        let file = File::create(path)
            .map_err(|error| failed(format_args!("{}: cannot write: {error}", path.display())))?;
        let format = CommunicationLog::new(description);
        Ok(Log { format, file: BufWriter::new(file), path: path.to_owned(), opened: false })
    }

    pub(super) fn write(&mut self, entry: &LogEntry) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        if !std::mem::replace(&mut self.opened, true) {
            self.format.open(entry.time, &mut bytes);
        }
        self.format.line(&entry.into(), &mut bytes);
        self.append(&bytes)
    }

    /// Writes the last line.
    pub(super) fn close(&mut self, now: Time) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        if self.opened {
            self.format.close(now, &mut bytes);
        }
        self.append(&bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.flush());
        written
            .map_err(|error| failed(format_args!("{}: cannot write: {error}", self.path.display())))
    }
}
