//! The log files for the logs of peers, as a Bro writes them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::Time;
use brocomm::data::Name;
use brocomm::logs::{LogEntry, LogFile, LogFormat, LogNames, Rotation};
use brocomm::lowlevel::logs::LogWriter;

use crate::clock::Clock;
use crate::failure::{Failure, failed, misused, reason, warn};
use crate::file;

/// The maximum number of logs in a directory. A Bro with all its scripts has about 50.
const MOST: usize = 2048;

/// The size in bytes from which buffered entries are written to the file.
const BUFFER: usize = 32 << 10;

/// Writes logs to files in a directory.
pub(crate) struct LogFolder {
    folder: PathBuf,
    format: LogFormat,
    rotation: Rotation,
    utc_offset: fn(Time) -> i32,
    names: LogNames,
    /// Whether equal logs of several senders go to one file.
    mixes: bool,
    /// The logs in the order in which they were opened.
    logs: Vec<Log>,
    /// The indices of the logs.
    places: BTreeMap<Key, usize>,
    /// The sender and writer of the last entry, usually also those of the next, with the index.
    last: Option<(u64, Arc<LogWriter>, usize)>,
    /// The logs that are not written.
    left_out: BTreeMap<Identity, LeftOut>,
}

/// The identity of a writer: its stream, kind and path.
type Identity = (i32, i32, Name);

/// The sender of a log, as a number chosen by the caller, and the writer.
type Key = (u64, Identity);

/// An open log.
struct Log {
    path: PathBuf,
    /// The canonical path, with links and case-insensitive names resolved.
    real: Option<PathBuf>,
    /// `None` between a rotation and the next entry.
    out: Option<File>,
    file: LogFile,
    entries: u64,
    /// What is not written to the file yet.
    buffer: Vec<u8>,
}

/// A log that is not written.
struct LeftOut {
    why: &'static str,
    entries: u64,
}

impl LogFolder {
    /// Creates the directory if needed.
    pub(crate) fn new(
        folder: &Path,
        format: LogFormat,
        rotation: Rotation,
        clock: Clock,
        names: LogNames,
    ) -> Result<LogFolder, Failure> {
        let utc_offset = clock.offset()?;
        fs::create_dir_all(folder).map_err(|e| {
            failed(format_args!("{}: cannot create folder: {}", folder.display(), reason(&e)))
        })?;
        Ok(LogFolder {
            folder: folder.to_owned(),
            format,
            rotation,
            utc_offset,
            names,
            mixes: false,
            logs: Vec::new(),
            places: BTreeMap::new(),
            last: None,
            left_out: BTreeMap::new(),
        })
    }

    /// Writes equal logs of several senders to one file, as a Bro does.
    pub(crate) fn mixing(self) -> LogFolder {
        LogFolder { mixes: true, ..self }
    }

    /// Opens the log of an announced writer. If the same writer is announced again, its log
    /// continues.
    ///
    /// # Errors
    /// The log differs from what its sender requested, or is not written.
    pub(crate) fn announce(
        &mut self,
        sender: u64,
        writer: &Arc<LogWriter>,
        now: Time,
    ) -> Result<(), String> {
        self.last = None;
        let (key, path) = ((sender, identity(writer)), &writer.path);
        let is_same = |known: &LogWriter| {
            (&known.fields, &known.options) == (&writer.fields, &writer.options)
        };
        let known = self.places.get(&key).and_then(|place| self.logs.get(*place));
        if known.is_some_and(|log| is_same(log.file.writer())) {
            return Ok(());
        }
        let is_ours = |log: &Log| {
            let writer = log.file.writer();
            is_same(writer) && identity(writer) == key.1
        };
        if let Some(place) = self.logs.iter().position(is_ours).filter(|_| self.mixes) {
            self.places.insert(key, place);
            return Ok(());
        }
        // The previous log with other columns ends.
        self.places.remove(&key);
        let kind = self.names.writer(writer.writer);
        if kind == "Log::WRITER_NONE" {
            self.leave_out(key.1, "which writes nothing");
            return Ok(());
        }
        if self.logs.len() >= MOST {
            self.leave_out(key.1, "left out");
            return Err(format!("log {path}: left out, because there are {MOST} logs already"));
        }
        let opened = self.open(writer, now);
        let log = match opened {
            Ok(log) => log,
            Err(why) => {
                self.leave_out(key.1, "left out");
                return Err(format!("{why}; it is left out"));
            }
        };
        let name = log.file.name().to_owned();
        if name.strip_suffix(".log").map(str::as_bytes) != Some(&**path) {
            warn(format_args!("log {path} is written to {}", log.path.display()));
        }
        self.places.insert(key, self.logs.len());
        self.logs.push(log);
        if kind == "Log::WRITER_ASCII" {
            return Ok(());
        }
        Err(format!(
            "log {path}: its sender's writer is {kind}; {name} has the format of Bro's ASCII logs"
        ))
    }

    fn open(&self, writer: &Arc<LogWriter>, now: Time) -> Result<Log, String> {
        let file = LogFile::new(Arc::clone(writer), &self.format, self.rotation, now);
        let file = file
            .map_err(|why| format!("log {}: {why}; Bro does not write such a log", writer.path))?
            .on_clock(self.utc_offset);
        // As in Bro, a suffix such as `-2` distinguishes two logs with the same path.
        let numbered = (2..).map(|number| file.clone().numbered(number));
        let mut files = std::iter::once(file.clone()).chain(numbered);
        let file = files.find(|file| !self.has(file)).unwrap_or(file);
        let path = self.folder.join(file.name());
        let mut log = Log { path, real: None, out: None, file, entries: 0, buffer: Vec::new() };
        let is_new = log.file.open(now, &mut log.buffer);
        log.write(is_new)?;
        Ok(log)
    }

    /// Returns whether another log has this file, even if the file system treats different names as
    /// equal.
    fn has(&self, file: &LogFile) -> bool {
        let (name, real) = (file.name().to_lowercase(), real(&self.folder.join(file.name())));
        let is_real = |log: &Log| log.out.is_some() && real.is_some() && log.real == real;
        self.logs.iter().any(|log| log.file.name().to_lowercase() == name || is_real(log))
    }

    fn leave_out(&mut self, writer: Identity, why: &'static str) {
        if self.left_out.len() < MOST {
            self.left_out.entry(writer).or_insert(LeftOut { why, entries: 0 });
        }
    }

    /// Appends an entry to the log of its writer, if that log is written.
    pub(crate) fn entry(&mut self, sender: u64, entry: &LogEntry, now: Time) -> Result<(), String> {
        let Some(log) = self.place(sender, &entry.writer).and_then(|at| self.logs.get_mut(at))
        else {
            if let Some(left_out) = self.left_out.get_mut(&identity(&entry.writer)) {
                left_out.entries += 1;
            }
            return Ok(());
        };
        log.entries += 1;
        let is_new = log.file.entry(&entry.values, now, &mut log.buffer);
        log.write(is_new)
    }

    /// Returns the index of a writer's log.
    fn place(&mut self, sender: u64, writer: &Arc<LogWriter>) -> Option<usize> {
        let last = self.last.as_ref();
        if let Some((.., at)) = last.filter(|(of, w, _)| *of == sender && Arc::ptr_eq(w, writer)) {
            return Some(*at);
        }
        let at = *self.places.get(&(sender, identity(writer)))?;
        self.last = Some((sender, Arc::clone(writer), at));
        Some(at)
    }

    /// Removes a sender. Its logs stay open for others.
    pub(crate) fn forget(&mut self, sender: u64) {
        self.last = None;
        self.places.retain(|key, _| key.0 != sender);
    }

    /// Flushes the buffers, so that readers of the files see the entries.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        self.logs.iter_mut().try_for_each(Log::flush)
    }

    /// Returns the time of the next rotation.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.logs.iter().filter_map(|log| log.file.next_timeout()).min()
    }

    /// Rotates the logs that are due.
    pub(crate) fn rotate(&mut self, now: Time) -> Result<(), String> {
        for log in &mut self.logs {
            let name = log.file.rotate(now, &mut log.buffer);
            log.end(name)?;
        }
        Ok(())
    }

    /// Closes all logs and prints their contents. Returns the first error.
    pub(crate) fn finish(&mut self, now: Time, out: &mut dyn Write) -> io::Result<Option<String>> {
        let mut problem = None;
        if self.logs.is_empty() && self.left_out.is_empty() {
            writeln!(out, "no logs")?;
        }
        let entries =
            |number: u64| format!("{number} entr{}", if number == 1 { "y" } else { "ies" });
        for mut log in self.logs.drain(..) {
            // Without rotation the file keeps its name.
            let name = log.file.finish(now, &mut log.buffer);
            let ended = match name {
                Some(name) => log.end(Some(name)),
                None => log.flush(),
            };
            if let Err(error) = ended {
                problem.get_or_insert(error);
            }
            let stream = self.names.stream(log.file.writer().stream);
            let writer = self.names.writer(log.file.writer().writer);
            let path = log.path.display();
            writeln!(out, "{path}: {} of {stream} by {writer}", entries(log.entries))?;
        }
        for ((stream, writer, path), log) in std::mem::take(&mut self.left_out) {
            let (stream, writer) = (self.names.stream(stream), self.names.writer(writer));
            writeln!(out, "{path}: {} of {stream} by {writer}, {}", entries(log.entries), log.why)?;
        }
        Ok(problem)
    }
}

fn identity(writer: &LogWriter) -> Identity {
    (writer.stream, writer.writer, writer.path.clone())
}

fn real(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

impl Log {
    /// Creates the file for what is buffered, if `is_new`. Writes it if it is much.
    fn write(&mut self, is_new: bool) -> Result<(), String> {
        if is_new {
            let file = File::create(&self.path).map_err(|error| self.cannot(&error))?;
            self.out = Some(file);
            self.real = real(&self.path);
        }
        if self.buffer.len() < BUFFER { Ok(()) } else { self.flush() }
    }

    /// Appends the last line and renames the file, if it is rotated.
    fn end(&mut self, name: Option<String>) -> Result<(), String> {
        let Some(name) = name else { return Ok(()) };
        self.flush()?;
        self.out = None;
        let renamed = fs::rename(&self.path, self.free(&name));
        renamed.map_err(|error| self.cannot(&error))
    }

    /// Returns the path for a finished file. If the path exists, as after the clock was set back,
    /// adds a number.
    fn free(&self, name: &str) -> PathBuf {
        let stem = name.strip_suffix(".log").unwrap_or(name);
        let numbered = (2..).map(|number: u32| format!("{stem}-{number}.log"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let path = |name: String| self.path.with_file_name(name);
        names
            .by_ref()
            .map(path)
            .find(|path| !path.exists())
            .unwrap_or_else(|| path(name.to_owned()))
    }

    fn flush(&mut self) -> Result<(), String> {
        let written = match &mut self.out {
            Some(out) => out.write_all(&self.buffer),
            None => Ok(()),
        };
        self.buffer.clear();
        written.map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &io::Error) -> String {
        format!("{}: cannot write: {}", self.path.display(), reason(error))
    }
}

/// Reads the user's names for stream and writer numbers, if any.
pub(crate) fn read_names(file: Option<&Path>) -> Result<LogNames, Failure> {
    let Some(file) = file else { return Ok(LogNames::default()) };
    let shown = file.display();
    let text = file::read_text(file).map_err(|error| {
        misused(format_args!("{shown}: cannot read names of logs: {}", reason(&error)))
    })?;
    LogNames::parse(&text)
        .map_err(|error| misused(format_args!("{shown}: cannot use names of logs: {error}")))
}
