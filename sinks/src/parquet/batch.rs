//! The files of one hour while they are being written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::Time;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::columns::{Row, Rows};
use super::commit::{self, Commit};
use crate::sink::reason;
use crate::spool::{Entry, sync_folder};
use crate::subject;
use crate::types::{Columns, file_name};

/// The maximum number of files that are written at a time. Peers may have any number of logs.
const MAX_FILES: usize = 200;

/// The number of rows in a row group.
const GROUP: usize = 100_000;

pub(super) const HOUR: u64 = 3600;

/// The result of adding an entry.
pub(super) enum Added {
    Yes,
    /// The entry is not a JSON object.
    Invalid,
    /// The entry needs a new batch: it is of another hour, or needs one more file or more columns.
    Later,
}

/// The logs whose files need a column for values without a type.
pub(super) type WithOther = BTreeSet<String>;

pub(super) struct Batch {
    /// The hour, as the number of hours since 1970.
    hour: u64,
    /// The suffix of all file names.
    suffix: String,
    files: BTreeMap<String, LogFile>,
    /// The sequence number of the last entry.
    last: u64,
    /// When the first entry was spooled.
    oldest: Time,
    /// The number of log entries.
    pub(super) entries: u64,
    /// The size of the lines in memory, in bytes.
    bytes: u64,
}

struct LogFile {
    path: PathBuf,
    temporary: PathBuf,
    rows: Rows,
    bytes: u64,
    /// `None` while all rows are in memory.
    writer: Option<SerializedFileWriter<File>>,
}

fn hour_of(time: Time) -> u64 {
    time.as_nanos() / 1_000_000_000 / HOUR
}

impl Batch {
    /// Creates a batch for the hour of an entry.
    pub(super) fn new(entry: &Entry, first: u64, epoch: u64) -> Batch {
        let hour = hour_of(entry.time);
        Batch {
            hour,
            suffix: format!("{}-{epoch:x}-{first}.parquet", hour_name(hour)),
            files: BTreeMap::new(),
            last: first.saturating_sub(1),
            oldest: entry.time,
            entries: 0,
            bytes: 0,
        }
    }

    /// Returns the time after which no more entries are expected.
    pub(super) fn end(&self) -> Time {
        Time::from_nanos((self.hour + 1).saturating_mul(HOUR * 1_000_000_000))
    }

    pub(super) fn oldest(&self) -> Time {
        self.oldest
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Adds an entry. For entries that are not log entries, only moves the position.
    pub(super) fn add(
        &mut self,
        entry: &Entry,
        spool: &Path,
        dir: &Path,
        with_other: &mut WithOther,
    ) -> Result<Added, String> {
        if hour_of(entry.time) != self.hour {
            return Ok(Added::Later);
        }
        if let Some(log) = subject::path(&entry.subject) {
            let Ok(row) = serde_json::from_slice::<Row<'_>>(&entry.line) else {
                self.last = entry.sequence;
                return Ok(Added::Invalid);
            };
            if !self.files.contains_key(log) {
                if self.files.len() >= MAX_FILES {
                    return Ok(Added::Later);
                }
                let columns = Columns::read(spool, log)
                    .map_err(|error| format!("the types of log {log} cannot be read: {error}"))?;
                let rows = Rows::new(&columns, with_other.contains(log));
                let file = LogFile::new(dir, log, &self.suffix, rows);
                self.files.insert(log.to_owned(), file);
            }
            let Some(file) = self.files.get_mut(log) else { return Ok(Added::Later) };
            if !file.rows.add(&row) {
                // The types may be known by now. Otherwise add a column for the rest.
                if file.is_empty() {
                    with_other.insert(log.to_owned());
                    self.files.remove(log);
                    return self.add(entry, spool, dir, with_other);
                }
                return Ok(Added::Later);
            }
            file.bytes += entry.line.len() as u64;
            self.bytes += entry.line.len() as u64;
            self.entries += 1;
            if file.rows.len() >= GROUP {
                self.bytes -= file.write()?;
            }
        }
        self.last = entry.sequence;
        Ok(Added::Yes)
    }

    /// Writes the largest files' rows to the disk until at most this much is in memory.
    pub(super) fn limit(&mut self, memory: u64) -> Result<(), String> {
        while self.bytes > memory {
            let Some(file) = self.files.values_mut().max_by_key(|file| file.bytes) else { break };
            self.bytes -= file.write()?;
        }
        Ok(())
    }

    /// Writes the remaining rows and renames all files. Afterwards all entries are in complete
    /// files.
    pub(super) fn finish(self, dir: &Path, commit: &Path) -> Result<(), String> {
        let mut names = Vec::new();
        let mut folders = BTreeSet::new();
        for mut file in self.files.into_values() {
            if file.is_empty() {
                continue;
            }
            file.write()?;
            let LogFile { path, temporary, writer, .. } = file;
            if let Some(writer) = writer {
                let of = |error: &dyn std::fmt::Display| failed(&temporary, error);
                let out = writer.into_inner().map_err(|error| of(&reason(&error)))?;
                out.sync_all().map_err(|error| of(&error))?;
            }
            folders.extend(path.parent().map(Path::to_owned));
            names.push((temporary, path));
        }
        for folder in folders.iter().map(PathBuf::as_path).chain([dir]) {
            sync_folder(folder).map_err(|error| failed(folder, &error))?;
        }
        Commit::new(self.last, dir, &names).write(commit)
    }
}

impl LogFile {
    fn new(dir: &Path, log: &str, suffix: &str, rows: Rows) -> LogFile {
        let folder = dir.join(file_name(log));
        let temporary = folder.join(commit::temporary(suffix));
        LogFile { path: folder.join(suffix), temporary, rows, bytes: 0, writer: None }
    }

    fn is_empty(&self) -> bool {
        self.writer.is_none() && self.rows.len() == 0
    }

    /// Writes all rows. Returns the size of their lines in bytes.
    fn write(&mut self) -> Result<u64, String> {
        let bytes = std::mem::take(&mut self.bytes);
        if self.rows.len() == 0 {
            return Ok(bytes);
        }
        let of = |error: &dyn std::fmt::Display| failed(&self.temporary, error);
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let schema = self.rows.schema().map_err(|error| of(&reason(&error)))?;
                let folder = self.temporary.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
                let file = File::create(&self.temporary).map_err(|error| of(&error))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_created_by(format!("brocomm {}", env!("CARGO_PKG_VERSION")));
                let properties = Arc::new(properties.build());
                let writer = SerializedFileWriter::new(file, Arc::new(schema), properties);
                none.insert(writer.map_err(|error| of(&reason(&error)))?)
            }
        };
        self.rows.write(writer).map_err(|error| of(&reason(&error)))?;
        Ok(bytes)
    }
}

pub(super) fn failed(path: &Path, error: &dyn std::fmt::Display) -> String {
    let error = error.to_string();
    let error = error.split(" (os error ").next().unwrap_or_default();
    format!("{}: cannot write: {error}", path.display())
}

/// Returns an hour as in `2026-11-29T17`.
fn hour_name(hour: u64) -> String {
    // The days since 0000-03-01. Years start in March here, so that the leap day is the last day.
    let days = hour / 24 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}", hour % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_have_names() {
        for (seconds, name) in [
            (0, "1970-01-01T00"),
            (951_782_399, "2000-02-28T23"),
            (951_782_400, "2000-02-29T00"),
            (951_868_800, "2000-03-01T00"),
            (1_500_000_000, "2017-07-14T02"),
            (1_798_761_599, "2026-12-31T23"),
            (4_107_542_400, "2100-03-01T00"),
        ] {
            assert_eq!(hour_name(seconds / HOUR), name);
        }
    }
}
