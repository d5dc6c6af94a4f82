//! How a command fails, and how it says so.

use std::fmt;
use std::io;

/// Says why a command failed. The program exits with 1, but for [`Usage`](Failure::Usage).
#[derive(Debug)]
pub(crate) enum Failure {
    /// Standard output can't be written to. A closed pipe is no failure for the user.
    Output(io::Error),
    /// What went wrong was [told](tell) already.
    Told,
    /// What the command line or the configuration asks for makes no sense, which was told already:
    /// exit with 2, since trying again is of no use.
    Usage,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Returns what an error of the system says, as part of a sentence and without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_lowercase(),
        None => text,
    }
}

/// Returns what failed: what happened, where, and what to do.
pub(crate) fn tell(what: fmt::Arguments<'_>) {
    tracing::error!("{what}");
}

/// Returns a warning.
pub(crate) fn warn(what: fmt::Arguments<'_>) {
    tracing::warn!("{what}");
}

/// Tells why a command fails, and returns that it does.
pub(crate) fn failed(what: fmt::Arguments<'_>) -> Failure {
    tell(what);
    Failure::Told
}

/// Returns what is wrong with the command line, and returns that something is.
pub(crate) fn misused(what: fmt::Arguments<'_>) -> Failure {
    tell(what);
    Failure::Usage
}
