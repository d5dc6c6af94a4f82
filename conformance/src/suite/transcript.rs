//! What passed between the suite and the implementation, for reports.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many bytes of one message a transcript keeps.
const KEPT: usize = 4096;

/// How many lines a transcript keeps; of those after it, only the last ones.
const LINES: usize = 4000;

/// Says what a line of a transcript is about.
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
    /// What the case says of itself.
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

/// Is a thing that happened in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// The time since the case began.
    pub at: Duration,
    /// Which of the case's connections it concerns, from 1.
    pub connection: usize,
    /// What happened.
    pub kind: LineKind,
    /// The bytes on the wire, the first 4096.
    pub bytes: Vec<u8>,
    /// How many bytes there were.
    pub length: usize,
    /// What they mean.
    pub meaning: String,
}

/// Is what happened in a case, in order.
pub type Transcript = Vec<Line>;

/// Collects the lines of a case's connections.
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
            // What led to a failure is at the end; how it began, at the beginning.
            lines.remove(LINES / 2);
        }
        lines.push(line);
    }

    /// Returns the time since the case began.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn take(&self) -> Transcript {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
