//! What is to be done with the messages of a session.

use std::io::{self, Write};
use std::time::Duration;

use brocomm::lowlevel::connection::{Observed, Observer};

/// Shows a session in one of the ways that the command line offers.
pub(super) trait View {
    /// Returns whether the file's name has to be printed above, if there are several.
    fn wants_heading(&self) -> bool {
        true
    }

    /// Returns whether the senders' decisions about each SERIAL are needed.
    fn wants_transcripts(&self) -> bool {
        false
    }

    /// Shows a message; the time is since the connection was accepted.
    fn show(&mut self, time: Duration, observed: &Observed, out: &mut dyn Write) -> io::Result<()>;

    /// Shows what can be said at the end; returns what the view found wrong. `errors` is how
    /// often something of the connector's and of the listener's could not be decoded.
    fn end(
        &mut self,
        _observer: &Observer,
        _errors: [usize; 2],
        _out: &mut dyn Write,
    ) -> io::Result<Option<String>> {
        Ok(None)
    }
}
