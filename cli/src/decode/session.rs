//! Decodes a recorded session.

use std::io::Write;
use std::sync::Arc;

use brocomm::data::Declarations;
use brocomm::lowlevel::connection::{Observed, Observer};
use brocomm::lowlevel::logs::{LogReceiver, LogWriter};
use brocomm::lowlevel::wire::{DataFormat, Framing, Message};
use brocomm::node::Role;
use brocomm_conformance::{RecordingError, Step, StepKind};

use super::side::{self, SIDES};
use super::view::View;
use crate::failure::Failure;

/// The number of bytes that are decoded before the messages in them are printed: so few that all of
/// them stay in the processor's cache.
const PIECE: usize = 4096;

/// A recorded session while it is decoded.
pub(super) struct DecodedSession<'a> {
    file: &'a str,
    observer: Observer,
    problems: Problems,
}

/// The decoding errors of each side, at most one of each kind.
#[derive(Default)]
struct Problems {
    serial: [Option<String>; 2],
    wire: [Option<String>; 2],
    logs: [Option<String>; 2],
}

impl<'a> DecodedSession<'a> {
    /// Creates a session.
    pub(super) fn new(
        file: &'a str,
        known: &Arc<Declarations>,
        data_format: DataFormat,
        transcripts: bool,
    ) -> Self {
        let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
        observer.set_declarations(known);
        observer.set_data_format(data_format);
        // Users want to see even what the receiver would have rejected.
        observer.set_lenient(true);
        observer.set_transcripts(transcripts);
        DecodedSession { file, observer, problems: Problems::default() }
    }

    /// Reads a recording and prints its messages. Returns the errors in it.
    ///
    /// Holds one line of the recording in memory, and the messages that it completes.
    pub(super) fn follow(
        mut self,
        recording: impl IntoIterator<Item = Result<Step, RecordingError>>,
        view: &mut dyn View,
        out: &mut dyn Write,
    ) -> Result<Vec<String>, Failure> {
        let mut unreadable = None;
        for step in recording {
            match step {
                Ok(step) => {
                    if let StepKind::Data { from, bytes } = &step.kind {
                        for piece in bytes.chunks(PIECE) {
                            self.observer.feed(from.role(), piece);
                            while let Some(observed) = self.observer.poll() {
                                self.problems.note(&observed);
                                view.show(step.time, &observed, out)?;
                            }
                        }
                        view.fed(step.time, &self.observer);
                    }
                }
                Err(error) => unreadable = Some(error.to_string()),
            }
        }
        // If the file cannot be read further, a truncated stream is not the peer's error.
        if unreadable.is_none() {
            SIDES.iter().for_each(|side| self.finish(*side));
        }
        let errors = self.problems.count();
        let mut problems = self.describe();
        problems.extend(unreadable);
        if let Some(problem) = view.end(&self.observer, errors, out)? {
            problems.push(format!("{}: {problem}", self.file));
        }
        Ok(problems)
    }

    /// Checks that the stream of a side ends between two messages.
    fn finish(&mut self, side: Role) {
        let problem = &mut self.problems.wire[side::index(side)];
        if let (None, Err(error)) = (&problem, self.observer.finish(side)) {
            *problem = Some(error.to_string());
        }
    }

    /// Returns the decoding errors, with positions and the amount of data lost.
    fn describe(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for side in SIDES {
            let (name, counters) = (side::name(side), self.observer.counters(side));
            let mut line = |problem: &Option<String>, lost: String| {
                if let Some(problem) = problem {
                    lines.push(format!("{}: {name}: {problem}{lost}", self.file));
                }
            };
            let lost = match counters.serials_skipped {
                0 => String::new(),
                1 => "; 1 SERIAL after it was not decoded".to_owned(),
                more => format!("; {more} SERIALs after it were not decoded"),
            };
            line(&self.problems.serial[side::index(side)], lost);
            let lost = match counters.bytes_skipped {
                0 => String::new(),
                1 => "; 1 byte from there on was not decoded".to_owned(),
                more => format!("; {more} bytes from there on were not decoded"),
            };
            line(&self.problems.wire[side::index(side)], lost);
            line(&self.problems.logs[side::index(side)], String::new());
        }
        lines
    }
}

impl Problems {
    /// Returns the number of errors of each side.
    fn count(&self) -> [usize; 2] {
        let one = |problem: &Option<String>| usize::from(problem.is_some());
        [0, 1].map(|side| one(&self.serial[side]) + one(&self.wire[side]) + one(&self.logs[side]))
    }

    fn note(&mut self, observed: &Observed) {
        let side = side::index(observed.side);
        if let Err(error) = &observed.message {
            self.wire[side] = Some(error.to_string());
        }
        if let Some(Err(error)) = &observed.serial {
            self.serial[side] = Some(format!("message at byte {}: {error}", observed.offset));
        }
        let malformed = match &observed.message {
            Ok(Message::LogCreateWriter(argument)) => {
                LogWriter::decode_in(argument, observed.data_format).err()
            }
            Ok(Message::LogWrite(argument)) => {
                let receiver = LogReceiver::default().with_data_format(observed.data_format);
                receiver.entries(argument).find_map(Result::err)
            }
            _ => None,
        };
        if let (Some(error), None) = (malformed, &self.logs[side]) {
            self.logs[side] = Some(format!("message at byte {}: {error}", observed.offset));
        }
    }
}
