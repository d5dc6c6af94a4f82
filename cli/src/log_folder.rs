//! The files of logs that a peer sends, as a Bro would write them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brocomm::Time;
use brocomm::data::Name;
use brocomm::logs::{JsonFormat, LogEntry, LogFile, LogFormat, LogNames, LogWriter, Rotation};

use crate::clock::Clock;
use crate::failure::{Failure, failed};

/// Writes logs to the files of a folder.
pub(crate) struct LogFolder {
    folder: PathBuf,
    format: LogFormat,
    rotation: Rotation,
    clock: Clock,
    /// In the order in which they were opened.
    logs: Vec<Log>,
    /// The places of the logs. One that can't be written has none.
    places: BTreeMap<Key, usize>,
}

/// Who sends a log, as a number of the caller's choice, and the writer's stream, kind and path.
type Key = (usize, i32, i32, Name);

/// A log that is being written.
struct Log {
    path: PathBuf,
    /// None between a rotation and the next entry.
    out: Option<BufWriter<File>>,
    file: LogFile,
    entries: u64,
    buffer: Vec<u8>,
}

impl LogFolder {
    /// Makes the folder if it isn't there.
    pub(crate) fn new(
        folder: &Path,
        format: LogFormat,
        rotation: Rotation,
        clock: Clock,
    ) -> Result<LogFolder, Failure> {
        fs::create_dir_all(folder)
            .map_err(|e| failed(format_args!("{}: cannot make folder: {e}", folder.display())))?;
        Ok(LogFolder {
            folder: folder.to_owned(),
            format,
            rotation,
            clock,
            logs: Vec::new(),
            places: BTreeMap::new(),
        })
    }

    /// Opens the log of a writer that comes up. One that comes up again, and is as it was, goes on.
    pub(crate) fn announce(
        &mut self,
        sender: usize,
        writer: &Arc<LogWriter>,
        now: Time,
    ) -> Result<(), String> {
        let known = self.places.get(&key(sender, writer)).and_then(|place| self.logs.get(*place));
        let is_same = |known: &LogWriter| {
            (&known.fields, &known.options) == (&writer.fields, &writer.options)
        };
        if known.is_some_and(|log| is_same(log.file.writer())) {
            return Ok(());
        }
        let file = self.file(writer, now)?;
        let path = self.folder.join(file.name());
        let mut log = Log { path, out: None, file, entries: 0, buffer: Vec::new() };
        let is_new = log.file.open(now, &mut log.buffer);
        log.write(is_new)?;
        self.places.insert(key(sender, writer), self.logs.len());
        self.logs.push(log);
        Ok(())
    }

    /// Appends an entry to its writer's log, if that could be opened.
    pub(crate) fn entry(
        &mut self,
        sender: usize,
        entry: &LogEntry,
        now: Time,
    ) -> Result<(), String> {
        let place = self.places.get(&key(sender, &entry.writer));
        let Some(log) = place.and_then(|place| self.logs.get_mut(*place)) else { return Ok(()) };
        log.entries += 1;
        let is_new = log.file.entry(&entry.values, now, &mut log.buffer);
        log.write(is_new)
    }

    /// Writes what waits in memory, so that whoever reads the files sees it.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        self.logs.iter_mut().try_for_each(Log::flush)
    }

    /// Returns when a log is to be rotated next.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.logs.iter().filter_map(|log| log.file.next_timeout()).min()
    }

    /// Rotates the logs for which it is time.
    pub(crate) fn rotate(&mut self, now: Time) -> Result<(), String> {
        for log in &mut self.logs {
            let name = log.file.rotate(now, &mut log.buffer);
            log.end(name)?;
        }
        Ok(())
    }

    /// Closes all logs and says what is in them; returns what went wrong first.
    pub(crate) fn finish(
        &mut self,
        names: &LogNames,
        now: Time,
        out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        let mut problem = None;
        if self.logs.is_empty() {
            writeln!(out, "no logs")?;
        }
        for mut log in self.logs.drain(..) {
            // Without rotation it keeps its name.
            let name = log.file.finish(now, &mut log.buffer);
            let ended = match name {
                Some(name) => log.end(Some(name)),
                None => log.write(false).and_then(|()| log.flush()),
            };
            if let Err(error) = ended {
                problem.get_or_insert(error);
            }
            let plural = if log.entries == 1 { "y" } else { "ies" };
            let stream = names.stream(log.file.writer().stream);
            let writer = names.writer(log.file.writer().writer);
            let path = log.path.display();
            writeln!(out, "{path}: {} entr{plural} of {stream} by {writer}", log.entries)?;
        }
        Ok(problem)
    }

    /// Makes a writer's file; as in Bro, `-2` keeps apart two logs of one path.
    fn file(&self, writer: &Arc<LogWriter>, now: Time) -> Result<LogFile, String> {
        let first = LogFile::new(Arc::clone(writer), &self.format, self.rotation, now);
        let first = first.map(|file| file.on_clock(self.clock.offset()));
        let numbered = |number: u32| {
            let stem = format!("{}-{number}", first.as_ref()?.name().strip_suffix(".log")?);
            first.clone()?.named(&stem)
        };
        let used = |file: &LogFile| self.logs.iter().any(|log| log.file.name() == file.name());
        std::iter::once(first.clone())
            .chain((2..).map(numbered))
            .map_while(|file| file)
            .find(|file| !used(file))
            .ok_or_else(|| format!("log {} is no name of a file", writer.path))
    }
}

fn key(sender: usize, writer: &LogWriter) -> Key {
    (sender, writer.stream, writer.writer, writer.path.clone())
}

impl Log {
    /// Appends what is in the buffer, to a new file if it says so.
    fn write(&mut self, is_new: bool) -> Result<(), String> {
        if is_new {
            let file = File::create(&self.path).map_err(|error| self.cannot(&error))?;
            self.out = Some(BufWriter::new(file));
        }
        let written = match &mut self.out {
            Some(out) => out.write_all(&self.buffer),
            None => Ok(()),
        };
        self.buffer.clear();
        written.map_err(|error| self.cannot(&error))
    }

    /// If the file is rotated: appends its last line, and gives it its new name.
    fn end(&mut self, name: Option<String>) -> Result<(), String> {
        let Some(name) = name else { return Ok(()) };
        self.write(false)?;
        self.flush()?;
        self.out = None;
        let renamed = fs::rename(&self.path, self.free(&name));
        renamed.map_err(|error| self.cannot(&error))
    }

    /// Returns where a finished file goes. Of two with one name, as there are where the clock is put
    /// back, the second gets a number.
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
        let flushed = self.out.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &io::Error) -> String {
        format!("{}: cannot write: {error}", self.path.display())
    }
}

/// Returns what files are to look like.
pub(crate) fn format(json: bool) -> LogFormat {
    if json { LogFormat::Json(JsonFormat::default()) } else { LogFormat::default() }
}

/// Reads the names that the user gives to numbers of streams and writers, if he does.
pub(crate) fn read_names(file: Option<&Path>) -> Result<LogNames, Failure> {
    let Some(file) = file else { return Ok(LogNames::default()) };
    let shown = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| failed(format_args!("{shown}: cannot read names of logs: {error}")))?;
    LogNames::parse(&text)
        .map_err(|error| failed(format_args!("{shown}: cannot use names of logs: {error}")))
}
