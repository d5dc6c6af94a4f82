//! Errors in the description of a cluster.

use std::fmt;

/// An error in a file, with its line; 0 for the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) what: String,
}

impl Problem {
    pub(super) fn at(line: usize, what: impl Into<String>) -> Problem {
        Problem { line, what: what.into() }
    }

    pub(super) fn whole(what: impl Into<String>) -> Problem {
        Problem::at(0, what)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, " {}", self.what),
            line => write!(f, "{line}: {}", self.what),
        }
    }
}
