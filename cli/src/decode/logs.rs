//! Writes the logs that a session carries as the side that receives them would.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brocomm::Time;
use brocomm::connection::{Observed, Observer};
use brocomm::data::Name;
use brocomm::logs::{
    Announced, LogEntry, LogError, LogErrorKind, LogFile, LogFormat, LogNames, LogReceiver,
    LogWriter, Received, Rotation,
};
use brocomm::wire::Message;
use bytes::Bytes;

use super::side;
use super::view::View;
use crate::failure::{Failure, failed};

/// Follows the logs of both sides; what each writes goes to the same folder.
pub(super) struct Logs {
    folder: PathBuf,
    names: LogNames,
    sides: [Sender; 2],
    /// In the order in which they were opened.
    logs: Vec<Log>,
    problem: Option<String>,
}

/// A side that sends logs, as the other sees it.
#[derive(Default)]
struct Sender {
    receiver: LogReceiver,
    /// Places in the list of logs.
    logs: BTreeMap<Key, usize>,
    /// Whether a message was malformed, so that the other side would have closed the connection.
    failed: bool,
}

/// A writer's stream, kind and path.
type Key = (i32, i32, Name);

/// A log that is being written.
struct Log {
    path: PathBuf,
    out: BufWriter<File>,
    file: LogFile,
    entries: u64,
    buffer: Vec<u8>,
}

impl Logs {
    /// Makes the folder if it isn't there, and reads the names that the user gives to numbers.
    pub(super) fn new(folder: &Path, names: Option<&Path>) -> Result<Logs, Failure> {
        let names = match names {
            Some(file) => read_names(file)?,
            None => LogNames::default(),
        };
        fs::create_dir_all(folder)
            .map_err(|e| failed(format_args!("{}: cannot make folder: {e}", folder.display())))?;
        let folder = folder.to_owned();
        Ok(Logs { folder, names, sides: Default::default(), logs: Vec::new(), problem: None })
    }

    /// Opens the log of a writer that comes up.
    fn announce(&mut self, from: usize, argument: &Bytes) -> Result<(), String> {
        let sender = &mut self.sides[from];
        let writer = match sender.receiver.announce(argument) {
            Ok(Announced::New(writer)) => writer,
            Ok(Announced::Again(_)) => return Ok(()),
            Err(error) => return sender.fail(&error),
        };
        let file = self.file(&writer)?;
        let path = self.folder.join(file.name());
        let cannot = |error| format!("{}: cannot write: {error}", path.display());
        let out = BufWriter::new(File::create(&path).map_err(cannot)?);
        let mut log = Log { path, out, file, entries: 0, buffer: Vec::new() };
        log.file.open(now(), &mut log.buffer);
        log.write()?;
        self.sides[from].logs.insert(key(&writer), self.logs.len());
        self.logs.push(log);
        Ok(())
    }

    /// Writes entries; says what is wrong with the first that no log takes.
    fn write(&mut self, from: usize, argument: &Bytes) -> Result<(), String> {
        let Sender { receiver, logs, .. } = &self.sides[from];
        let mut problem = None;
        for received in receiver.entries(argument) {
            match received {
                Ok(Received::Entry(entry)) => {
                    // That a log could not be opened was told.
                    let place = logs.get(&key(&entry.writer));
                    if let Some(log) = place.and_then(|place| self.logs.get_mut(*place)) {
                        log.entry(&entry)?;
                    }
                }
                Ok(Received::Dropped(entry)) => {
                    let (path, stream) = (entry.path, self.names.stream(entry.stream));
                    let why = entry.why;
                    problem.get_or_insert(format!("entry of {stream} for {path} dropped: {why}"));
                }
                Err(error) => return self.sides[from].fail(&error),
            }
        }
        problem.map_or(Ok(()), Err)
    }

    /// Makes a writer's file; as in Bro, `-2` keeps apart two logs of one path.
    fn file(&self, writer: &Arc<LogWriter>) -> Result<LogFile, String> {
        let format = LogFormat::default();
        let first = LogFile::new(Arc::clone(writer), &format, Rotation::default(), now());
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

impl View for Logs {
    fn show(&mut self, _: Duration, observed: &Observed, _: &mut dyn Write) -> io::Result<()> {
        let from = side::index(observed.side);
        if self.sides[from].failed {
            return Ok(());
        }
        let result = match &observed.message {
            Ok(Message::LogCreateWriter(argument)) => self.announce(from, argument),
            Ok(Message::LogWrite(argument)) => self.write(from, argument),
            _ => return Ok(()),
        };
        if let Err(problem) = result {
            let name = side::name(observed.side);
            let at = observed.offset;
            let problem = format!("{name}: message at byte {at}: {problem}");
            self.problem.get_or_insert(problem);
        }
        Ok(())
    }

    fn end(
        &mut self,
        _: &Observer,
        _: [usize; 2],
        out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        let empty = self.logs.is_empty();
        for mut log in self.logs.drain(..) {
            if let Err(problem) = log.close() {
                self.problem.get_or_insert(problem);
            }
            let plural = if log.entries == 1 { "y" } else { "ies" };
            let stream = self.names.stream(log.file.writer().stream);
            let writer = self.names.writer(log.file.writer().writer);
            let path = log.path.display();
            writeln!(out, "{path}: {} entr{plural} of {stream} by {writer}", log.entries)?;
        }
        if empty {
            writeln!(out, "no logs")?;
        }
        Ok(self.problem.take())
    }
}

impl Sender {
    /// Ends the side's logs. What is malformed by itself is told with the session.
    fn fail(&mut self, error: &LogError) -> Result<(), String> {
        self.failed = true;
        match error.kind {
            LogErrorKind::TooManyWriters { .. } | LogErrorKind::AnnouncedTooMuch { .. } => {
                Err(error.to_string())
            }
            _ => Ok(()),
        }
    }
}

impl Log {
    fn entry(&mut self, entry: &LogEntry) -> Result<(), String> {
        self.entries += 1;
        self.file.entry(&entry.values, now(), &mut self.buffer);
        self.write()
    }

    fn write(&mut self) -> Result<(), String> {
        let written = self.out.write_all(&self.buffer).map_err(|error| self.cannot(&error));
        self.buffer.clear();
        written
    }

    fn close(&mut self) -> Result<(), String> {
        // Without rotation it keeps its name.
        self.file.finish(now(), &mut self.buffer);
        self.write()?;
        self.out.flush().map_err(|error| self.cannot(&error))
    }

    fn cannot(&self, error: &io::Error) -> String {
        format!("{}: cannot write: {error}", self.path.display())
    }
}

fn key(writer: &LogWriter) -> Key {
    (writer.stream, writer.writer, writer.path.clone())
}

fn now() -> Time {
    SystemTime::now().into()
}

fn read_names(file: &Path) -> Result<LogNames, Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| failed(format_args!("{shown}: cannot read names of logs: {error}")))?;
    LogNames::parse(&text)
        .map_err(|error| failed(format_args!("{shown}: cannot use names of logs: {error}")))
}
