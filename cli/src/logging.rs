//! What the program says of itself, on standard error: which of it, and in which form.

use std::fmt::{self, Write as _};
use std::io;

use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::Notification;
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

/// Marks what somebody asked for, which is said whatever the level.
const ASKED: &str = "asked";

/// Options for messages.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Logging {
    /// Least severe messages to write to standard error: error, warn, info or debug.
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "warn",
        global = true,
        hide_possible_values = true
    )]
    log_level: LogLevel,

    /// Form of messages on standard error: text, or json (one object per line).
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        global = true,
        hide_possible_values = true
    )]
    log_format: LogFormat,
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogLevel {
    /// What failed.
    Error,
    /// Warnings as well.
    Warn,
    /// What happens, too: a running node's communication log.
    Info,
    /// More than that, to look for a mistake.
    Debug,
}

/// What messages look like.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line: timestamp, level, message.
    Json,
}

impl Logging {
    /// Has messages written to standard error from now on.
    pub(crate) fn begin(self) {
        self.begin_with(io::stderr);
    }

    /// Has messages written to standard error from now on, by the thread that does that.
    pub(crate) fn begin_on(self, stderr: &'static Output) {
        self.begin_with(|| stderr.clone());
    }

    /// Returns what drops messages that nobody reads, and says so in their place.
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
        let wanted = move |told: &Metadata<'_>| told.target() == ASKED || *told.level() <= level;
        let messages = tracing_subscriber::registry().with(filter_fn(wanted));
        // Nothing is left to be done if standard error is closed.
        let lines = layer().with_writer(writer).log_internal_errors(false);
        let begun = match self.log_format {
            LogFormat::Text => {
                tracing::subscriber::set_global_default(messages.with(lines.event_format(Text)))
            }
            LogFormat::Json => {
                let json = lines.json().flatten_event(true).with_target(false);
                let json = json.with_current_span(false).with_span_list(false);
                tracing::subscriber::set_global_default(messages.with(json))
            }
        };
        debug_assert!(begun.is_ok(), "it is begun once");
    }
}

fn dropped(bytes: u64) -> String {
    format!("{bytes} bytes of messages were dropped here: nobody read standard error")
}

/// Says a line of the communication log, in these words.
pub(crate) fn communication(entry: &CommLogEntry, text: &str) {
    let peer = entry.peer.as_ref().map(|peer| peer.id.0);
    let address = entry.peer.as_ref().map(|peer| display(&peer.endpoint));
    let source = entry.source().map(display);
    match entry.level() {
        Some(brocomm::node::LogLevel::Error) => tracing::error!(peer, address, source, "{text}"),
        _ => tracing::info!(peer, address, source, "{text}"),
    }
}

/// Says what one connection logs. What ends it is told by whoever uses it, so that all of this is for
/// those who want more, but for entries of logs that are dropped.
pub(crate) fn connection(peer: impl fmt::Display, told: &Notification) {
    for message in CommLogMessage::of(told) {
        let (address, source) = (display(&peer), display(message.source()));
        tracing::info!(address, source, "{message}");
    }
    dropped_entry(peer, told);
}

/// Says that an entry of a peer's logs was dropped.
pub(crate) fn dropped_entry(peer: impl fmt::Display, told: &Notification) {
    if let Notification::LogEntryDropped { entry, .. } = told {
        let (path, why) = (&entry.path, entry.why);
        warn(format_args!("{peer}: write error for log entry: {path}: {why}"));
    }
}

/// Says what is wrong with a peer.
pub(crate) fn peer(peer: &EventPeer, text: &str) {
    let (id, address) = (peer.id.0, display(&peer.endpoint));
    tracing::error!(peer = id, address, "{text}");
}

/// Returns whether a line of the communication log is to be said.
pub(crate) fn wants(entry: &CommLogEntry) -> bool {
    entry.level() == Some(brocomm::node::LogLevel::Error) || tracing::enabled!(Level::INFO)
}

/// Says what somebody asked for, as it is.
pub(crate) fn answer(text: &str) {
    tracing::info!(target: ASKED, "{}", text.trim_end());
}

/// Writes messages as lines that begin with our name.
struct Text;

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
        writer.write_str(match *event.metadata().level() {
            _ if event.metadata().target() == ASKED => "",
            Level::ERROR | Level::WARN => "brocomm: ",
            Level::INFO => "brocomm: info: ",
            _ => "brocomm: debug: ",
        })?;
        writeln!(writer, "{}", Printable(&message.0))
    }
}

/// Takes a message out of what is recorded with it.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string never fails.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// Prints a text that others may have chosen so that it does nothing to a terminal.
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
    fn what_others_say_does_nothing_to_a_terminal() {
        let shown = Printable("a\x1b[2Jb\r\u{9b}\tc\nd\u{e9}").to_string();
        assert_eq!(shown, "a\\x1b[2Jb\\x0d\\x9b\tc\nd\u{e9}");
    }
}
