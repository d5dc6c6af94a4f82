//! Transcripts of cases.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The maximum number of bytes kept per message.
const KEPT: usize = 4096;

/// The maximum number of lines. Lines in the middle are dropped.
const LINES: usize = 4000;

/// The kind of a line of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LineKind {
    /// A connection was opened.
    Opened,
    /// The suite sent this.
    Sent,
    /// The implementation sent this.
    Received,
    /// The implementation closed the connection.
    Closed,
    /// A remark by the case.
    Note,
}

impl LineKind {
    /// Returns the kind's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            LineKind::Opened => "opened",
            LineKind::Sent => "sent",
            LineKind::Received => "received",
            LineKind::Closed => "closed",
            LineKind::Note => "note",
        }
    }
}

/// A line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// The time since the start of the case.
    pub at: Duration,
    /// The number of the connection, from 1.
    pub connection: usize,
    /// What happened.
    pub kind: LineKind,
    /// The bytes on the wire, the first 4096.
    pub bytes: Vec<u8>,
    /// The total number of bytes.
    pub length: usize,
    /// What they mean.
    pub meaning: String,
}

/// What happened in a case, in order.
pub type Transcript = Vec<Line>;

/// Collects the lines of all connections of a case.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    begun: Instant,
    lines: Arc<Mutex<Transcript>>,
}

impl Recorder {
    pub(super) fn new() -> Recorder {
        Recorder { begun: Instant::now(), lines: Arc::default() }
    }

    pub(super) fn add(
        &self,
        connection: usize,
        kind: LineKind,
        bytes: &[u8],
        meaning: impl Into<String>,
    ) {
        let line = Line {
            at: self.begun.elapsed(),
            connection,
            kind,
            bytes: bytes.get(..KEPT).unwrap_or(bytes).to_vec(),
            length: bytes.len(),
            meaning: meaning.into(),
        };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES {
            // The start and the end are the most useful parts.
            lines.remove(LINES / 2);
        }
        lines.push(line);
    }

    /// Returns the time since the start of the case.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn take(&self) -> Transcript {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
