//! Errors of commands.

use std::fmt;
use std::io;

/// Why a command failed. The exit code is 1, except for [`Usage`](Failure::Usage).
#[derive(Debug)]
pub(crate) enum Failure {
    /// Writing to standard output failed. A closed pipe is not an error.
    Output(io::Error),
    /// The error has already been [reported](tell).
    Reported,
    /// The command line or the configuration is wrong, which has already been reported. The exit
    /// code is 2, since trying again does not help.
    Usage,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Returns the text of a system error without its number, for use in a sentence.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_lowercase(),
        None => text,
    }
}

/// Reports an error: what happened, where, and what to do.
pub(crate) fn tell(what: fmt::Arguments<'_>) {
    tracing::error!("{what}");
}

/// Reports a warning.
pub(crate) fn warn(what: fmt::Arguments<'_>) {
    tracing::warn!("{what}");
}

/// Reports an error and returns the failure.
pub(crate) fn failed(what: fmt::Arguments<'_>) -> Failure {
    tell(what);
    Failure::Reported
}

/// Reports an error in the command line and returns the failure.
pub(crate) fn misused(what: fmt::Arguments<'_>) -> Failure {
    tell(what);
    Failure::Usage
}
