//! The views of a session.

use std::io::{self, Write};
use std::time::Duration;

use brocomm::lowlevel::connection::{Observed, Observer};

/// A way to print a session.
pub(super) trait View {
    /// Returns whether to print the file name first, if there are several files.
    fn wants_heading(&self) -> bool {
        true
    }

    /// Returns whether transcripts of the SERIALs are needed.
    fn wants_transcripts(&self) -> bool {
        false
    }

    /// Prints a message. The time is relative to the accept of the connection.
    fn show(&mut self, time: Duration, observed: &Observed, out: &mut dyn Write) -> io::Result<()>;

    /// Records the counters after some bytes were read.
    fn fed(&mut self, _time: Duration, _observer: &Observer) {}

    /// Prints the end of the view. Returns the problems that it found. `errors` has the numbers of
    /// decoding errors of the connector and of the listener.
    fn end(
        &mut self,
        _observer: &Observer,
        _errors: [usize; 2],
        _out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        Ok(None)
    }
}
