//! Prints notifications as they come.

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
    /// Whether events only are printed.
    quiet: bool,
    /// How many events are to come, if that is limited.
    left: Option<u64>,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, print: Print, count: Option<u64>) -> Printer<'a> {
        Printer { out, print, quiet: false, left: count }
    }

    /// Has only events printed, if that is wanted.
    pub(crate) fn quiet(mut self, quiet: bool) -> Printer<'a> {
        self.quiet = quiet;
        self
    }

    /// Returns whether lines are for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.print == Print::Json
    }

    /// Prints a line at once, so that whoever reads a pipe sees it.
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

    /// Prints what is to be said, at once.
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

    /// Writes a line in one piece, for which there is room or not.
    fn line(&mut self, mut line: String) -> io::Result<()> {
        line.push('\n');
        self.out.write_all(line.as_bytes())?;
        self.out.flush()
    }

    /// Returns how many events are still to come; `None` if any number may.
    pub(crate) fn left(&self) -> Option<u64> {
        self.left
    }

    /// Returns whether all events came that were to come.
    pub(crate) fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    /// Prints where we listen, at once.
    pub(crate) fn listening(&mut self, address: &str) -> io::Result<()> {
        let object = serde_json::json!({ "notification": "listening", "address": address });
        self.line(match self.print {
            Print::Json => object.to_string(),
            Print::Bro => format!("listening on {address}"),
        })
    }
}

/// Returns whether a line of the communication log says something that no other notification does.
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
