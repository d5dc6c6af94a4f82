//! Metadata of recordings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::expected::{EntryProblem, Expected};
use crate::side::Side;
use crate::source::Source;

/// The longest metadata file accepted, in bytes after inflating.
pub const MAX_METADATA: usize = 64 << 20;

/// The metadata of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The recording's name.
    pub name: String,
    /// A description of the scenario.
    pub description: String,
    /// Options that matter to the scenario, in any form.
    pub options_in_force: BTreeMap<String, Value>,
    /// The side that opened the connection.
    pub connector: Party,
    /// The side that accepted the connection.
    pub listener: Party,
    /// How much was sent on the first connection.
    pub wire: Wire,
    /// The expected results, in order for each printing side but not between sides.
    pub expect: Vec<Expected>,
    /// What the test client did, in recordings of a misbehaving peer.
    pub fault: Option<Fault>,
    /// The files of the connections after the first, in order.
    pub further_connections: Vec<String>,
}

/// One side of a recorded session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Party {
    /// The program and its version.
    pub software: String,
    /// The command-line options, or the settings of a test client.
    pub options: String,
    /// The Bro script, if there was one.
    pub script: Option<String>,
    /// What the program printed.
    pub stdout: String,
    /// What the program printed to standard error.
    #[serde(default)]
    pub stderr: String,
    /// How the program exited. A negative exit code is a signal.
    pub exit: String,
    /// The text of every log file written, by file name.
    pub logs: BTreeMap<String, String>,
}

/// How much was sent on the first connection of a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Wire {
    /// What the connector sent.
    pub connector: Direction,
    /// What the listener sent.
    pub listener: Direction,
    /// The side that closed first.
    pub closed_by: Side,
}

impl Wire {
    /// Returns what this side sent.
    pub fn from(&self, side: Side) -> &Direction {
        match side {
            Side::Connector => &self.connector,
            Side::Listener => &self.listener,
        }
    }
}

/// How much was sent in one direction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Direction {
    /// Bytes on the wire, after compression.
    pub bytes: u64,
    /// Chunks, §1.
    pub chunks: u64,
    /// Messages, §1.
    pub messages: u64,
    /// `complete`, or the number of bytes at the end that form no complete chunk.
    pub decode: String,
}

/// What the client of a `fault-*` recording did, and Bro's reaction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// What the client sent, in order.
    pub sends: Vec<Sent>,
    /// The number of bytes that came back.
    pub bytes_from_bro: u64,
    /// When Bro closed, or `None` if it did not.
    #[serde(deserialize_with = "optional_seconds")]
    pub closed_by_bro_after: Option<Duration>,
}

/// One write of a test client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Sent {
    /// The time since the connection was accepted.
    #[serde(rename = "t", deserialize_with = "seconds")]
    pub time: Duration,
    /// The number of bytes.
    pub bytes: u64,
}

/// An entry of `faults.json`: what a misbehaving peer sent, and Bro's reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultSummary {
    /// The recording's name.
    pub name: String,
    /// What was sent.
    pub what: String,
    /// The recording's file.
    pub recording: String,
    /// The side that closed, as text.
    pub closed_by: String,
    /// The writes and Bro's answer.
    pub fault: Fault,
    /// How Bro exited.
    pub bro_exit: String,
    /// Whether Bro exited by itself.
    pub bro_died: bool,
    /// What Bro printed to standard error.
    pub bro_stderr: String,
    /// The messages of level error in Bro's communication log.
    pub error_log_lines: Vec<String>,
    /// All of Bro's communication log: source, level and message.
    pub log_lines: Vec<String>,
    /// The results that Bro's script printed.
    pub script_saw: Vec<Expected>,
}

/// An error reading metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectationError {
    /// The file can't be opened or read.
    #[error("{file}: cannot read metadata: {kind}")]
    Read {
        /// The file's name.
        file: String,
        /// The error of the system or the decompressor.
        kind: io::ErrorKind,
    },
    /// The file is longer than [`MAX_METADATA`].
    #[error("{file}: metadata longer than the limit of {limit} bytes")]
    TooLong {
        /// The file's name.
        file: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file is not JSON, or not metadata.
    #[error("{file}:{line}: not valid metadata: {category:?} error at column {column}")]
    Json {
        /// The file's name.
        file: String,
        /// The line of the error, from 1; 0 if unknown.
        line: usize,
        /// The column of the error, from 1; 0 if unknown.
        column: usize,
        /// The kind of error: not JSON (`Syntax`), truncated (`Eof`) or with another structure
        /// (`Data`).
        category: serde_json::error::Category,
    },
    /// An entry of `expect` or `script_saw` is invalid.
    #[error("{file}: expected entry {index}: {problem}")]
    Entry {
        /// The file's name.
        file: String,
        /// The index of the entry in its list, from 0.
        index: usize,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

#[derive(Deserialize)]
struct RawExpectation {
    name: String,
    description: String,
    options_in_force: BTreeMap<String, Value>,
    connector: Party,
    listener: Party,
    wire: Wire,
    expect: Vec<Value>,
    fault: Option<Fault>,
    #[serde(default)]
    further_connections: Vec<String>,
}

#[derive(Deserialize)]
struct RawSummary {
    name: String,
    what: String,
    recording: String,
    closed_by: String,
    #[serde(flatten)]
    fault: Fault,
    bro_exit: String,
    bro_died: bool,
    bro_stderr: String,
    error_log_lines: Vec<String>,
    log_lines: Vec<String>,
    script_saw: Vec<Value>,
}

impl Expectation {
    /// Reads a `NAME.json` file, gzipped or not.
    ///
    /// # Errors
    /// As [`Expectation::read`], and [`ExpectationError::Read`] if the file can't be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ExpectationError> {
        let (file, reader) = open(path.as_ref())?;
        Self::read(file, reader)
    }

    /// Reads metadata, gzipped or not, from `reader`; `file` is its name in errors.
    ///
    /// # Errors
    /// [`ExpectationError`], with the position in the file.
    pub fn read(file: impl Into<String>, reader: impl BufRead) -> Result<Self, ExpectationError> {
        let file = file.into();
        let raw: RawExpectation = parse(&file, reader)?;
        Ok(Self {
            name: raw.name,
            description: raw.description,
            options_in_force: raw.options_in_force,
            connector: raw.connector,
            listener: raw.listener,
            wire: raw.wire,
            expect: entries(&file, raw.expect)?,
            fault: raw.fault,
            further_connections: raw.further_connections,
        })
    }

    /// Returns the metadata of this side.
    pub fn party(&self, side: Side) -> &Party {
        match side {
            Side::Connector => &self.connector,
            Side::Listener => &self.listener,
        }
    }
}

impl FaultSummary {
    /// Reads a `faults.json` file, gzipped or not.
    ///
    /// # Errors
    /// [`ExpectationError`], with the position in the file.
    pub fn open_list(path: impl AsRef<Path>) -> Result<Vec<Self>, ExpectationError> {
        let (file, reader) = open(path.as_ref())?;
        let summaries: Vec<RawSummary> = parse(&file, reader)?;
        summaries.into_iter().map(|raw| Self::from_raw(&file, raw)).collect()
    }

    fn from_raw(file: &str, raw: RawSummary) -> Result<Self, ExpectationError> {
        Ok(Self {
            name: raw.name,
            what: raw.what,
            recording: raw.recording,
            closed_by: raw.closed_by,
            fault: raw.fault,
            bro_exit: raw.bro_exit,
            bro_died: raw.bro_died,
            bro_stderr: raw.bro_stderr,
            error_log_lines: raw.error_log_lines,
            log_lines: raw.log_lines,
            script_saw: entries(file, raw.script_saw)?,
        })
    }
}

fn open(path: &Path) -> Result<(String, BufReader<File>), ExpectationError> {
    let file = path.display().to_string();
    match File::open(path) {
        Ok(opened) => Ok((file, BufReader::new(opened))),
        Err(error) => Err(ExpectationError::Read { file, kind: error.kind() }),
    }
}

fn parse<T: DeserializeOwned>(file: &str, reader: impl BufRead) -> Result<T, ExpectationError> {
    let failed =
        |error: io::Error| ExpectationError::Read { file: file.into(), kind: error.kind() };
    let mut text = Vec::new();
    let source = Source::new(reader).map_err(failed)?;
    source.take(MAX_METADATA as u64 + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() > MAX_METADATA {
        return Err(ExpectationError::TooLong { file: file.into(), limit: MAX_METADATA });
    }
    serde_json::from_slice(&text).map_err(|error| ExpectationError::Json {
        file: file.into(),
        line: error.line(),
        column: error.column(),
        category: error.classify(),
    })
}

fn entries(file: &str, entries: Vec<Value>) -> Result<Vec<Expected>, ExpectationError> {
    let typed = entries.into_iter().enumerate().map(|(index, entry)| {
        Expected::from_entry(entry).map_err(|problem| ExpectationError::Entry {
            file: file.into(),
            index,
            problem,
        })
    });
    typed.collect()
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}

fn optional_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    seconds.map(Duration::try_from_secs_f64).transpose().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests;
