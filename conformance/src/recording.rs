//! Recorded sessions.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::iter::FusedIterator;
use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Deserialize;

use crate::side::Side;
use crate::source::Source;

/// The default maximum length of a line, in bytes without the line end.
///
/// Recordings have one line per read of up to 64 KB, which is about 128 KB of hex.
pub const DEFAULT_MAX_LINE: usize = 1 << 20;

/// A step of a recorded connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Time since the connection was accepted, at the precision recorded (nanoseconds at best).
    pub time: Duration,
    /// What happened.
    pub kind: StepKind,
}

/// The kind of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// Bytes were sent. The boundaries between steps have no meaning in the protocol.
    Data {
        /// The sender.
        from: Side,
        /// The bytes, part of the sender's stream.
        bytes: Bytes,
    },
    /// This side closed the connection first.
    Close(Side),
}

/// A recorded session in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// What happened, in order.
    pub steps: Vec<Step>,
}

impl Recording {
    /// Reads a `.jsonl` file, gzipped or not.
    ///
    /// # Errors
    /// As [`RecordingReader::open`] and the reader's steps.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordingError> {
        RecordingReader::open(path)?.collect()
    }

    /// Returns everything that this side sent, concatenated.
    pub fn stream(&self, from: Side) -> Bytes {
        let mut stream = BytesMut::new();
        self.reads(from).for_each(|bytes| stream.extend_from_slice(bytes));
        stream.freeze()
    }

    /// Returns what this side sent, in the recorded pieces.
    pub fn reads(&self, side: Side) -> impl Iterator<Item = &Bytes> {
        self.steps.iter().filter_map(move |step| match &step.kind {
            StepKind::Data { from, bytes } if *from == side => Some(bytes),
            _ => None,
        })
    }

    /// Returns the side that closed first, or `None` if the recording ends before.
    pub fn closed_by(&self) -> Option<Side> {
        self.steps.iter().find_map(|step| match step.kind {
            StepKind::Close(side) => Some(side),
            StepKind::Data { .. } => None,
        })
    }
}

impl FromIterator<Step> for Recording {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self { steps: steps.into_iter().collect() }
    }
}

/// A reader that returns a recording step by step, with one line in memory.
///
/// Blank lines and unknown keys are skipped. The iterator ends after an error.
#[derive(Debug)]
pub struct RecordingReader<R> {
    file: String,
    source: Source<R>,
    max_line: usize,
    line: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl RecordingReader<BufReader<File>> {
    /// Opens a `.jsonl` file, gzipped or not.
    ///
    /// # Errors
    /// [`RecordingError::Open`] if the file can't be opened or read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordingError> {
        let path = path.as_ref();
        let file = path.display().to_string();
        match File::open(path) {
            Ok(opened) => Self::new(file, BufReader::new(opened)),
            Err(error) => Err(RecordingError::Open { file, kind: error.kind() }),
        }
    }
}

impl<R: BufRead> RecordingReader<R> {
    /// Reads a recording from `reader`. `file` is the name in errors. Reads the first two bytes to
    /// recognize gzip.
    ///
    /// # Errors
    /// [`RecordingError::Open`] if the first two bytes can't be read.
    pub fn new(file: impl Into<String>, reader: R) -> Result<Self, RecordingError> {
        let file = file.into();
        match Source::new(reader) {
            Ok(source) => Ok(Self {
                file,
                source,
                max_line: DEFAULT_MAX_LINE,
                line: 0,
                buffer: Vec::new(),
                ended: false,
            }),
            Err(error) => Err(RecordingError::Open { file, kind: error.kind() }),
        }
    }

    /// Sets the maximum length of a line, in bytes without the line end. The default is
    /// [`DEFAULT_MAX_LINE`].
    ///
    /// The reader uses about twice as much memory.
    #[must_use]
    pub fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// Reads the next line into the buffer. Returns false at the end of the file.
    fn read_line(&mut self) -> Result<bool, LineProblem> {
        self.buffer.clear();
        self.line = self.line.saturating_add(1);
        // One byte more for the line end.
        let limit = u64::try_from(self.max_line).unwrap_or(u64::MAX).saturating_add(1);
        let mut bounded = self.source.by_ref().take(limit);
        bounded
            .read_until(b'\n', &mut self.buffer)
            .map_err(|error| LineProblem::Read { kind: error.kind() })?;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
        } else if self.buffer.len() > self.max_line {
            return Err(LineProblem::TooLong { limit: self.max_line });
        } else if self.buffer.is_empty() {
            return Ok(false);
        }
        Ok(true)
    }

    fn step(&mut self) -> Result<Option<Step>, LineProblem> {
        while self.read_line()? {
            if !self.buffer.trim_ascii().is_empty() {
                return parse_line(&self.buffer).map(Some);
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for RecordingReader<R> {
    type Item = Result<Step, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step().map_err(|problem| RecordingError::Line {
            file: self.file.clone(),
            line: self.line,
            problem,
        });
        self.ended = !matches!(step, Ok(Some(_)));
        step.transpose()
    }
}

impl<R: BufRead> FusedIterator for RecordingReader<R> {}

/// A line as written. [`parse_line`] checks which keys are present.
#[derive(Deserialize)]
struct Line<'a> {
    t: Option<f64>,
    #[serde(borrow)]
    from: Option<Text<'a>>,
    #[serde(borrow)]
    hex: Option<Text<'a>>,
    #[serde(borrow)]
    close: Option<Text<'a>>,
}

/// A string that is copied only if it has escapes. In an optional field, serde always copies a
/// plain `Cow`.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn parse_line(line: &[u8]) -> Result<Step, LineProblem> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| LineProblem::Json {
        column: error.column(),
        category: error.classify(),
    })?;
    let seconds = line.t.ok_or(LineProblem::NoTime)?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| LineProblem::BadTime)?;
    let kind = match (line.from, line.hex, line.close) {
        (Some(from), Some(digits), None) => {
            StepKind::Data { from: side(&from.0)?, bytes: decode_hex(&digits.0)? }
        }
        (None, None, Some(name)) => StepKind::Close(side(&name.0)?),
        _ => return Err(LineProblem::NeitherDataNorClose),
    };
    Ok(Step { time, kind })
}

fn side(name: &str) -> Result<Side, LineProblem> {
    Side::from_name(name).ok_or_else(|| LineProblem::UnknownSide { name: name.to_owned() })
}

fn decode_hex(digits: &str) -> Result<Bytes, LineProblem> {
    match hex::decode(digits) {
        Ok(bytes) => Ok(bytes.into()),
        Err(hex::FromHexError::InvalidHexCharacter { c, index }) => {
            Err(LineProblem::BadHexDigit { found: c, position: index })
        }
        Err(_) => Err(LineProblem::OddHex { digits: digits.len() }),
    }
}

/// An error reading a recording, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be opened, or its first bytes cannot be read.
    #[error("{file}: cannot open recording: {kind}")]
    Open {
        /// The file's name.
        file: String,
        /// The error of the system.
        kind: io::ErrorKind,
    },
    /// A line is invalid.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The file's name.
        file: String,
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
}

/// What is wrong with a line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// Reading failed, for example at the end of a truncated gzip file.
    #[error("cannot read: {kind}")]
    Read {
        /// The error of the system or the decompressor.
        kind: io::ErrorKind,
    },
    /// The line is longer than the limit.
    #[error("line longer than the limit of {limit} bytes")]
    TooLong {
        /// The limit in bytes. See [`RecordingReader::max_line`].
        limit: usize,
    },
    /// The line is not JSON, or a key has the wrong type.
    #[error("not a JSON object of a recording: {category:?} error at column {column}")]
    Json {
        /// The column of the error, from 1.
        column: usize,
        /// The kind of error: not JSON (`Syntax`), truncated (`Eof`) or with another structure
        /// (`Data`).
        category: serde_json::error::Category,
    },
    /// There is no `t`.
    #[error("no time \"t\"")]
    NoTime,
    /// `t` is negative or exceeds a [`Duration`].
    #[error("time \"t\" is negative or too large")]
    BadTime,
    /// The keys are neither `from` and `hex`, nor `close`.
    #[error("neither \"from\" with \"hex\" nor \"close\" alone")]
    NeitherDataNorClose,
    /// A side is neither `connector` nor `listener`.
    #[error("unknown side {name:?}, expected \"connector\" or \"listener\"")]
    UnknownSide {
        /// The name found.
        name: String,
    },
    /// A character of `hex` is not a hexadecimal digit.
    #[error("{found:?} at position {position} of \"hex\" is not a hexadecimal digit")]
    BadHexDigit {
        /// The character found.
        found: char,
        /// Its position in bytes within `hex`, from 0.
        position: usize,
    },
    /// `hex` ends within a byte.
    #[error("odd number of digits in \"hex\": {digits}")]
    OddHex {
        /// The number of digits.
        digits: usize,
    },
}

#[cfg(test)]
mod tests;
