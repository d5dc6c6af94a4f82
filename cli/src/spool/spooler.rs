//! Writes what peers send to a spool.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use brocomm::Time;
use brocomm::data::{Declarations, Event, Name};
use brocomm::logs::{LogEntry, LogNames};
use brocomm::lowlevel::logs::LogWriter;
use brocomm::node::EventPattern;
use brocomm_sinks::line::{EventLine, LogLine};
use brocomm_sinks::spool::{AppendError, OpenError, Recovery, Spool, WriteError};
use brocomm_sinks::subject;
use brocomm_sinks::types::LogTypes;

use super::numbers::SpoolNumbers;
use crate::config::SpoolTable;
use crate::failure::{Failure, failed, reason, warn};
use crate::log_folder::read_names;
use crate::zeek::serve::topic_of;

/// How long to wait for room in a full spool before trying again.
const PAUSE: Duration = Duration::from_millis(200);

/// How often to look for old segments.
const RETENTION: Duration = Duration::from_secs(30);

/// The maximum number of logs that are remembered.
const MAX_SUBJECTS: usize = 4096;

/// The maximum number of writers per log that are remembered.
const MAX_WRITERS: usize = 256;

/// A log that is spooled.
struct Known {
    subject: Arc<str>,
    /// The writers of the log, of one or more peers, whose column types have been stored.
    writers: Vec<Arc<LogWriter>>,
}

/// A spool, with what to keep in it and in which form.
pub(crate) struct Spooler {
    path: PathBuf,
    spool: Spool,
    log_line: LogLine,
    event_line: EventLine,
    event_topic: String,
    event_subject: String,
    events: Option<EventPattern>,
    logs: Option<EventPattern>,
    names: LogNames,
    numbers: SpoolNumbers,
    line: Vec<u8>,
    types: LogTypes,
    /// Logs, by stream and path; `None` for those that are not spooled.
    known: BTreeMap<(i32, Name), Option<Known>>,
    reported: BTreeSet<Name>,
    /// Whether the lack of room has been reported.
    is_stuck: bool,
    retained: Time,
}

impl Spooler {
    /// Opens a spool, and reports what it recovered from.
    pub(crate) fn open(
        path: &Path,
        table: &SpoolTable,
        declarations: &Declarations,
    ) -> Result<Spooler, Failure> {
        let names = read_names(table.log_names.as_deref())?;
        let now = SystemTime::now().into();
        let (spool, recovery) =
            Spool::open(path, table.config.clone(), now).map_err(|error| match error {
                OpenError::Io(error) => failed(format_args!(
                    "spool {}: cannot open: {}",
                    path.display(),
                    reason(&error)
                )),
                error => failed(format_args!("spool {}: {error}", path.display())),
            })?;
        report(path, &recovery);
        let numbers = SpoolNumbers::new(spool.subscribe());
        numbers.set_bytes(spool.bytes());
        Ok(Spooler {
            path: path.to_owned(),
            spool,
            log_line: table.line.clone(),
            event_line: EventLine::new(declarations.clone()),
            event_topic: table.event_topic.clone(),
            event_subject: table.event_subject.clone(),
            events: table.events.clone(),
            logs: table.logs.clone(),
            names,
            numbers,
            line: Vec::new(),
            types: LogTypes::new(path),
            known: BTreeMap::new(),
            reported: BTreeSet::new(),
            is_stuck: false,
            retained: now,
        })
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.spool
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn numbers(&self) -> &SpoolNumbers {
        &self.numbers
    }

    /// Returns a subject with wildcards that matches all events.
    #[cfg(feature = "nats")]
    pub(crate) fn event_subjects(&self) -> String {
        subject::all_events(&self.event_subject)
    }

    /// Uses these names for the numbers of streams.
    pub(crate) fn with_names(self, names: LogNames) -> Spooler {
        Spooler { names, ..self }
    }

    /// Accepts an event of a peer if the configuration selects it.
    pub(crate) fn event(&mut self, peer: &Name, event: &Event, now: Time) {
        if self.events.as_ref().is_some_and(|pattern| !pattern.matches(&event.name)) {
            return;
        }
        self.line.clear();
        let topic = topic_of(&self.event_topic, peer, &event.name);
        match self.event_line.write(&topic, event, &mut self.line) {
            Ok(()) => {
                let subject = subject::event(&self.event_subject, peer, &event.name);
                self.append(now, &subject, &event.name);
            }
            Err(why) => self.refuse(&event.name, &why),
        }
    }

    /// Accepts a log entry of a peer if the configuration selects it.
    pub(crate) fn entry(&mut self, peer: &[u8], entry: &LogEntry, now: Time) {
        let Some(subject) = self.subject_of(&entry.writer) else { return };
        self.line.clear();
        self.log_line.entry(entry, peer, now, &mut self.line);
        self.append(now, &subject, &entry.writer.path);
    }

    fn subject_of(&mut self, writer: &Arc<LogWriter>) -> Option<Arc<str>> {
        // Cloning the name is cheap, and a lookup needs an owned key.
        let key = (writer.stream, writer.path.clone());
        let subject = match self.known.get_mut(&key) {
            Some(None) => return None,
            Some(Some(known)) => {
                let subject = Arc::clone(&known.subject);
                if known.writers.iter().any(|known| Arc::ptr_eq(known, writer)) {
                    return Some(subject);
                }
                // Some are writers of disconnected peers.
                if known.writers.len() >= MAX_WRITERS {
                    known.writers.clear();
                }
                known.writers.push(Arc::clone(writer));
                subject
            }
            None => {
                // A peer may announce any number of logs.
                if self.known.len() >= MAX_SUBJECTS {
                    self.known.clear();
                }
                if self.logs.as_ref().is_some_and(|logs| !logs.matches(&writer.path)) {
                    self.known.insert(key, None);
                    return None;
                }
                let stream = self.names.stream(writer.stream);
                let subject: Arc<str> = subject::log(&stream, &writer.path).into();
                let writers = vec![Arc::clone(writer)];
                let known = Known { subject: Arc::clone(&subject), writers };
                self.known.insert(key, Some(known));
                subject
            }
        };
        let log = subject::name(&subject);
        if let Err(error) = self.types.add(log, &self.log_line, &writer.fields) {
            let path = self.path.display();
            warn(format_args!(
                "spool {path}: cannot keep the types of log {log}: {}; Parquet files will lack them",
                reason(&error)
            ));
        }
        Some(subject)
    }

    fn append(&mut self, now: Time, subject: &str, name: &Name) {
        match self.spool.append(now, subject, &self.line) {
            Ok(_) => {}
            // The caller makes room first.
            Err(AppendError::Full) => self.refuse(name, "the spool is full"),
            Err(AppendError::Record(error)) => self.refuse(name, &error.to_string()),
        }
    }

    /// Counts an entry that cannot be spooled, and logs it once for each name.
    fn refuse(&mut self, name: &Name, why: &str) {
        self.numbers.refuse();
        if self.reported.len() < MAX_SUBJECTS && self.reported.insert(name.clone()) {
            let path = self.path.display();
            warn(format_args!(
                "spool {path}: {name} is left out: {why}; further cases are only counted"
            ));
        }
    }

    /// Returns whether to call [`commit`](Self::commit) before accepting more.
    pub(crate) fn is_full(&self) -> bool {
        self.spool.is_full() || self.is_stuck
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.spool.next_timeout()
    }

    /// Writes the accepted entries. Waits while there is no room, and logs that once. Stops waiting
    /// when `over` returns true.
    pub(crate) fn commit(&mut self, over: &dyn Fn() -> bool) -> Result<(), Failure> {
        self.write(over, Spool::commit)
    }

    /// Writes and flushes all accepted entries.
    pub(crate) fn finish(&mut self, over: &dyn Fn() -> bool) -> Result<(), Failure> {
        self.write(over, Spool::finish)
    }

    fn write(
        &mut self,
        over: &dyn Fn() -> bool,
        write: fn(&mut Spool, Time) -> Result<(), WriteError>,
    ) -> Result<(), Failure> {
        loop {
            let now = SystemTime::now().into();
            let mut result = write(&mut self.spool, now);
            if result.is_ok() && now.saturating_since(self.retained) >= RETENTION {
                self.retained = now;
                result = self.spool.retain(now);
            }
            self.numbers.set_bytes(self.spool.bytes());
            let path = self.path.display();
            match result {
                Ok(()) if self.is_stuck => {
                    self.is_stuck = false;
                    warn(format_args!("spool {path}: there is room again"));
                    return Ok(());
                }
                Ok(()) => return Ok(()),
                Err(error) if error.is_final() || over() => {
                    let lost = self.spool.appended() - self.spool.durable();
                    let entries = if lost == 1 { "entry is" } else { "entries are" };
                    return Err(failed(format_args!(
                        "spool {path}: {}; the last {lost} {entries} not spooled",
                        reported(&error)
                    )));
                }
                Err(error) => {
                    if !self.is_stuck {
                        self.is_stuck = true;
                        warn(format_args!(
                            "spool {path}: {}; peers wait until there is room",
                            reported(&error)
                        ));
                    }
                    sleep(PAUSE);
                }
            }
        }
    }
}

/// Returns an error as part of a sentence.
fn reported(error: &WriteError) -> String {
    match error {
        WriteError::Write(error) => format!("cannot write: {}", reason(error)),
        WriteError::Flush(error) => format!("cannot flush to the disk: {}", reason(error)),
        WriteError::Retention(error) => {
            format!("cannot delete old segments: {}", reason(error))
        }
        WriteError::Limit => error.to_string(),
    }
}

/// Reports the damage that was found when the spool was opened.
fn report(path: &Path, recovery: &Recovery) {
    let Recovery { last, torn, damaged, missing } = recovery;
    let path = path.display();
    if *torn > 0 {
        warn(format_args!(
            "spool {path}: the last writer was interrupted: the {torn} bytes after entry {last} \
             are an incomplete entry and are skipped"
        ));
    }
    if *missing > 0 {
        warn(format_args!(
            "spool {path}: {missing} entries of the last segment are damaged ({damaged} bytes); see \
             `brocomm spool verify`"
        ));
    }
}
