//! How a command fails, and how it says so.

use std::fmt;
use std::io::{self, Write};

/// Says why a command failed. Every failure makes the program exit with 1.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Standard output can't be written to. A closed pipe is no failure for the user.
    Output(io::Error),
    /// What went wrong was [told](tell) already.
    Told,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Writes one line to standard error: what happened, where, and what to do.
pub(crate) fn tell(what: fmt::Arguments<'_>) {
    // Nothing is left to be done if standard error is closed.
    let _ = writeln!(io::stderr().lock(), "brocomm: {what}");
}
