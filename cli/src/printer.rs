//! Prints notifications.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use brocomm::Time;
use brocomm::data::{Declarations, Name};
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::ConnectionNotification;

use crate::decode::printed;
use crate::failure::warn;
use crate::fields::Chosen;
use crate::notice::{Line, Notice};
use crate::pretty;
use crate::session::Print;

/// The maximum number of remembered names of events without any of the fields.
const REMEMBERED: usize = 1000;

/// Prints one line per notification, and counts events.
pub(crate) struct Printer<'a> {
    out: &'a mut dyn Write,
    print: Print,
    /// Whether to print only events.
    quiet: bool,
    /// Whether containers take several lines.
    pretty: bool,
    /// The parts of events to print, instead of all notifications.
    fields: Option<Chosen>,
    /// The events that had none of these parts, so that each is reported once.
    without: BTreeSet<Name>,
    /// The number of events left, if limited.
    left: Option<u64>,
    /// The declared events.
    declared: Arc<Declarations>,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, print: Print, count: Option<u64>) -> Printer<'a> {
        Printer {
            out,
            print,
            quiet: false,
            pretty: false,
            fields: None,
            without: BTreeSet::new(),
            left: count,
            declared: Arc::default(),
        }
    }

    /// Sets the declared events.
    pub(crate) fn declared(mut self, declared: &Arc<Declarations>) -> Printer<'a> {
        self.declared = Arc::clone(declared);
        self
    }

    /// Sets whether to print only events.
    pub(crate) fn quiet(mut self, quiet: bool) -> Printer<'a> {
        self.quiet = quiet;
        self
    }

    /// Sets whether containers take several lines.
    pub(crate) fn pretty(mut self, pretty: bool) -> Printer<'a> {
        self.pretty = pretty;
        self
    }

    /// Sets the parts of events to print.
    pub(crate) fn fields(mut self, fields: Option<Chosen>) -> Printer<'a> {
        self.fields = fields;
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
        notification: &ConnectionNotification,
    ) -> io::Result<()> {
        let is_event = matches!(notification, ConnectionNotification::Event(_));
        if self.fields.is_some() {
            self.columns(notification)?;
        } else if !self.quiet {
            let lines = CommLogMessage::of(notification);
            let is_json = self.is_json();
            for line in lines.iter().filter(|line| is_json || is_news(line)) {
                self.notice(time, peer, &Notice::of_line(line))?;
            }
        }
        let is_other = !(self.quiet || matches!(notification, ConnectionNotification::Log(_)));
        if self.fields.is_none() && (is_event || is_other) {
            self.notice(time, peer, &self.notice_of(notification))?;
        }
        if let (ConnectionNotification::Event(_), Some(left)) = (notification, &mut self.left) {
            *left = left.saturating_sub(1);
        }
        Ok(())
    }

    /// Returns the text for a notification, on several lines if requested.
    pub(crate) fn notice_of(&self, notification: &ConnectionNotification) -> Notice {
        let mut notice = Notice::of(notification, self.is_json());
        let ConnectionNotification::Event(event) = notification else { return notice };
        if self.pretty {
            notice.text = pretty::call(event);
        }
        if self.is_json()
            && let Some(declared) = self.declared.event(&event.name)
        {
            notice.with_types(event, declared);
        }
        notice
    }

    /// Prints the selected parts of an event.
    fn columns(&mut self, notification: &ConnectionNotification) -> io::Result<()> {
        let (ConnectionNotification::Event(event), Some(fields)) = (notification, &self.fields)
        else {
            return Ok(());
        };
        if let Some(line) = fields.line(event) {
            return self.line(line);
        }
        if self.without.len() < REMEMBERED && self.without.insert(event.name.compact()) {
            let name = printed::bytes(&event.name);
            warn(format_args!("{name} has none of the fields and is not printed"));
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
        if self.fields.is_some() {
            tracing::info!(address, "listening on {address}");
            return Ok(());
        }
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
