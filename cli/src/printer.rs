//! Prints notifications.

use std::io::{self, Write};

use brocomm::Time;
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::Notification;

use crate::notice::{Line, Notice};
use crate::session::Print;

/// Prints one line per notification, and counts events.
pub(crate) struct Printer<'a> {
    out: &'a mut dyn Write,
    print: Print,
    /// Whether to print only events.
    quiet: bool,
    /// The number of events left, if limited.
    left: Option<u64>,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, print: Print, count: Option<u64>) -> Printer<'a> {
        Printer { out, print, quiet: false, left: count }
    }

    /// Sets whether to print only events.
    pub(crate) fn quiet(mut self, quiet: bool) -> Printer<'a> {
        self.quiet = quiet;
        self
    }

    /// Returns whether the output is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.print == Print::Json
    }

    /// Prints a notification and flushes.
    pub(crate) fn show(
        &mut self,
        time: Time,
        peer: &str,
        notification: &Notification,
    ) -> io::Result<()> {
        let is_event = matches!(notification, Notification::Event(_));
        if !self.quiet {
            let lines = CommLogMessage::of(notification);
            let is_json = self.is_json();
            for line in lines.iter().filter(|line| is_json || is_news(line)) {
                self.notice(time, peer, &Notice::of_line(line))?;
            }
        }
        if is_event || !(self.quiet || matches!(notification, Notification::Log(_))) {
            self.notice(time, peer, &Notice::of(notification))?;
        }
        if let (Notification::Event(_), Some(left)) = (notification, &mut self.left) {
            *left = left.saturating_sub(1);
        }
        Ok(())
    }

    /// Prints a line and flushes.
    pub(crate) fn notice(&mut self, time: Time, peer: &str, notice: &Notice) -> io::Result<()> {
        let line = match self.print {
            Print::Json => serde_json::to_string(&Line { time, peer, notice })?,
            Print::Bro => {
                let Notice { kind, text, .. } = notice;
                let space = if text.is_empty() { "" } else { " " };
                format!("{time} {peer} {kind}{space}{text}")
            }
        };
        self.line(line)
    }

    /// Writes a line at once.
    fn line(&mut self, mut line: String) -> io::Result<()> {
        line.push('\n');
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }

    /// Returns the number of events left, or `None` if unlimited.
    pub(crate) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Returns whether all expected events have arrived.
    pub(crate) fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    /// Prints the listening address and flushes.
    pub(crate) fn listening(&mut self, address: &str) -> io::Result<()> {
        let object = serde_json::json!({ "notification": "listening", "address": address });
        self.line(match self.print {
            Print::Json => object.to_string(),
            Print::Bro => format!("listening on {address}"),
        })
    }
}

/// Returns whether a line of the communication log has information that no other notification has.
fn is_news(message: &CommLogMessage) -> bool {
    use CommLogMessage as Log;
    !matches!(
        message,
        Log::PeerConnected
            | Log::PhaseVersion
            | Log::PeerSentClass(_)
            | Log::PhaseHandshake
            | Log::PeerDescription(_)
            | Log::RegisteredForEvent(_)
            | Log::NoEventsToRequest
            | Log::PeerAuthoritative
            | Log::PeerRequestedLogs
            | Log::PhaseSync(_)
            | Log::PhaseRunning
            | Log::ReachedSyncPoint(_)
            | Log::CallRejected { .. }
            | Log::Violation(_)
            | Log::UnserializationError
            | Log::ClosingConnection
            | Log::PeerDisconnected
    )
}
