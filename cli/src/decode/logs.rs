//! Writes the logs in a session, as the receiver does.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use brocomm::Time;
use brocomm::logs::{LogError, LogFormat, LogNames, Rotation};
use brocomm::lowlevel::connection::{Observed, Observer};
use brocomm::lowlevel::logs::{Announced, LogErrorKind, LogReceiver, ReceivedEntry};
use brocomm::lowlevel::wire::{DataFormat, Message};
use bytes::Bytes;

use super::side;
use super::view::View;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::log_folder::{LogFolder, read_names};

/// Writes the logs of both sides to one directory.
pub(super) struct Logs {
    names: LogNames,
    folder: LogFolder,
    sides: [Sender; 2],
    problem: Option<String>,
}

/// The logs of one side, as the other side receives them.
#[derive(Default)]
struct Sender {
    /// Set by the first message, which determines the data format.
    receiver: Option<LogReceiver>,
    /// Whether a message was malformed. The receiver would have closed the connection.
    failed: bool,
}

impl Sender {
    fn receiver(&mut self, format: DataFormat) -> &mut LogReceiver {
        self.receiver.get_or_insert_with(|| LogReceiver::default().with_data_format(format))
    }
}

impl Logs {
    /// Creates the directory if needed, and reads the user's names for numbers.
    pub(super) fn new(
        folder: &Path,
        names: Option<&Path>,
        format: LogFormat,
        clock: Clock,
    ) -> Result<Logs, Failure> {
        let names = read_names(names)?;
        let folder = LogFolder::new(folder, format, Rotation::default(), clock, names.clone())?;
        Ok(Logs { names, folder, sides: Default::default(), problem: None })
    }

    /// Opens the log of an announced writer.
    fn announce(
        &mut self,
        from: usize,
        argument: &Bytes,
        format: DataFormat,
    ) -> Result<(), String> {
        let sender = &mut self.sides[from];
        let writer = match sender.receiver(format).announce(argument) {
            Ok(Announced::New(writer)) => writer,
            Ok(Announced::Again(_)) => return Ok(()),
            Err(error) => return sender.fail(&error),
        };
        self.folder.announce(from as u64, &writer, now())
    }

    /// Writes entries. Returns an error about the first entry without a log.
    fn write(&mut self, from: usize, argument: &Bytes, format: DataFormat) -> Result<(), String> {
        let mut problem = None;
        let mut broken = None;
        for received in self.sides[from].receiver(format).entries(argument) {
            match received {
                // A log that could not be opened has been reported.
                Ok(ReceivedEntry::Entry(entry)) => self.folder.entry(from as u64, &entry, now())?,
                Ok(ReceivedEntry::Dropped(entry)) => {
                    let (path, stream) = (entry.path, self.names.stream(entry.stream));
                    let why = entry.why;
                    problem.get_or_insert(format!("entry of {stream} for {path} dropped: {why}"));
                }
                Err(error) => broken = Some(error),
            }
        }
        if let Some(error) = broken {
            return self.sides[from].fail(&error);
        }
        problem.map_or(Ok(()), Err)
    }
}

impl View for Logs {
    fn show(&mut self, _: Duration, observed: &Observed, _: &mut dyn Write) -> io::Result<()> {
        let from = side::index(observed.side);
        if self.sides[from].failed {
            return Ok(());
        }
        let result = match &observed.message {
            Ok(Message::LogCreateWriter(argument)) => {
                self.announce(from, argument, observed.data_format)
            }
            Ok(Message::LogWrite(argument)) => self.write(from, argument, observed.data_format),
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
        let problem = self.folder.finish(now(), out)?;
        Ok(self.problem.take().or(problem))
    }
}

impl Sender {
    /// Stops the side's logs. Other malformed messages are reported by the session.
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

fn now() -> Time {
    SystemTime::now().into()
}
