//! The program's messages on standard error: their level and format.

use std::fmt::{self, Write as _};
use std::io;

use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::ConnectionNotification;
use brocomm::node::{CommLogEntry, EventPeer};
use clap::ValueEnum;
use tracing::field::{Field, Visit, display};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use crate::failure::warn;
use crate::output::{Output, Overflow};
use crate::style::{Colors, Tone};

/// The target of requested output, which is printed at every level.
const ASKED: &str = "asked";

/// Options for messages.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Logging {
    /// Level of messages on standard error: error, warn, info or debug.
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warn",
        global = true,
        hide_possible_values = true
    )]
    log_level: LogLevel,

    /// Format of messages on standard error: text, or json (one object per line).
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        global = true,
        hide_possible_values = true
    )]
    log_format: LogFormat,
}

/// The level of a message.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogLevel {
    /// Errors.
    Error,
    /// Errors and warnings.
    Warn,
    /// Also the communication log of a node.
    Info,
    /// Also details for debugging.
    Debug,
}

/// The format of messages.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Text.
    Text,
    /// One JSON object per line: timestamp, level, message.
    Json,
}

impl Logging {
    /// Starts writing messages to standard error.
    pub(crate) fn begin(self) {
        self.begin_with(io::stderr);
    }

    /// Starts writing messages to standard error, by its writer thread.
    pub(crate) fn begin_on(self, stderr: &'static Output) {
        self.begin_with(|| stderr.clone());
    }

    /// Returns the policy that drops messages when standard error is not read, and reports the
    /// loss.
    pub(crate) fn drops(self) -> Overflow {
        Overflow::Drop(match self.log_format {
            LogFormat::Text => |bytes| format!("brocomm: {}\n", dropped(bytes)).into_bytes(),
            LogFormat::Json => |bytes| {
                let line = serde_json::json!({
                    "timestamp": jiff::Timestamp::now().to_string(),
                    "level": "WARN",
                    "message": dropped(bytes),
                });
                format!("{line}\n").into_bytes()
            },
        })
    }

    fn begin_with<W: io::Write>(self, writer: impl Fn() -> W + Send + Sync + 'static) {
        let level = match self.log_level {
            LogLevel::Error => Level::ERROR,
            LogLevel::Warn => Level::WARN,
            LogLevel::Info => Level::INFO,
            LogLevel::Debug => Level::DEBUG,
        };
        let wanted = move |event: &Metadata<'_>| event.target() == ASKED || *event.level() <= level;
        let messages = tracing_subscriber::registry().with(filter_fn(wanted));
        // If standard error is closed, messages are lost.
        let lines = layer().with_writer(writer).log_internal_errors(false);
        let begun = match self.log_format {
            LogFormat::Text => tracing::subscriber::set_global_default(
                messages.with(lines.event_format(Text(Colors::of_stderr()))),
            ),
            LogFormat::Json => {
                let json = lines.json().flatten_event(true).with_target(false);
                let json = json.with_current_span(false).with_span_list(false);
                tracing::subscriber::set_global_default(messages.with(json))
            }
        };
        debug_assert!(begun.is_ok(), "logging starts once");
    }
}

fn dropped(bytes: u64) -> String {
    format!("{bytes} bytes of messages were dropped here: standard error was not read")
}

/// Logs a line of the communication log with this text.
pub(crate) fn communication(entry: &CommLogEntry, text: &str) {
    let peer = entry.peer.as_ref().map(|peer| peer.id.0);
    let address = entry.peer.as_ref().map(|peer| display(&peer.endpoint));
    let source = entry.source().map(display);
    match entry.level() {
        Some(brocomm::node::LogLevel::Error) => tracing::error!(peer, address, source, "{text}"),
        _ => tracing::info!(peer, address, source, "{text}"),
    }
}

/// Logs the notifications of a single connection at level info, except dropped log entries. The
/// command itself reports how the connection ends.
pub(crate) fn connection(peer: impl fmt::Display, notification: &ConnectionNotification) {
    for message in CommLogMessage::of(notification) {
        let (address, source) = (display(&peer), display(message.source()));
        tracing::info!(address, source, "{message}");
    }
    dropped_entry(peer, notification);
}

/// Warns about a dropped log entry.
pub(crate) fn dropped_entry(peer: impl fmt::Display, notification: &ConnectionNotification) {
    if let ConnectionNotification::LogEntryDropped { entry, .. } = notification {
        let (path, why) = (&entry.path, entry.why);
        warn(format_args!("{peer}: write error for log entry: {path}: {why}"));
    }
}

/// Logs an error about a peer.
pub(crate) fn peer(peer: &EventPeer, text: &str) {
    let (id, address) = (peer.id.0, display(&peer.endpoint));
    tracing::error!(peer = id, address, "{text}");
}

/// Returns whether to log a line of the communication log.
pub(crate) fn wants(entry: &CommLogEntry) -> bool {
    entry.level() == Some(brocomm::node::LogLevel::Error) || tracing::enabled!(Level::INFO)
}

/// Prints requested output unchanged.
pub(crate) fn answer(text: &str) {
    tracing::info!(target: ASKED, "{}", text.trim_end());
}

/// Formats messages as lines that begin with the program's name.
struct Text(Colors);

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut message = Message(String::new());
        event.record(&mut message);
        let (tone, start) = match *event.metadata().level() {
            _ if event.metadata().target() == ASKED => (Tone::Plain, ""),
            Level::ERROR => (Tone::Bad, "brocomm: "),
            Level::WARN => (Tone::Warning, "brocomm: "),
            Level::INFO => (Tone::Faint, "brocomm: info: "),
            _ => (Tone::Faint, "brocomm: debug: "),
        };
        writeln!(writer, "{}{}", self.0.paint(tone, start), Printable(&message.0))
    }
}

/// Extracts the message from the fields of an event.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string never fails.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// Displays untrusted text without control characters, so that it cannot affect a terminal.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\n' | '\t' => f.write_char(c),
            c if c.is_control() => write!(f, "\\x{:02x}", u32::from(c)),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untrusted_text_cannot_control_a_terminal() {
        let shown = Printable("a\x1b[2Jb\r\u{9b}\tc\nd\u{e9}").to_string();
        assert_eq!(shown, "a\\x1b[2Jb\\x0d\\x9b\tc\nd\u{e9}");
    }
}
