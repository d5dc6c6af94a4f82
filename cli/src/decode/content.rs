//! The contents of a message.
//!
//! Printed as text, or as JSON with the names of the fields here.

use brocomm::data::{Event, Name, Value};
use brocomm::json::Text;
use brocomm::logs::{LogError, LogField, LogValue};
use brocomm::lowlevel::connection::Observed;
use brocomm::lowlevel::logs::{LogReceiver, LogWriter, ReceivedEntry};
use brocomm::lowlevel::serial::{Id, Packet, Serial, StateAccess};
use brocomm::lowlevel::wire::{Caps, DataFormat, Message, PingArgs, PrintItem, SyncPoint};
use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::printed;

/// The contents of a message. The field names are the JSON keys.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content<'a> {
    Version {
        protocol: u32,
        data_format: u32,
        cache_size: u32,
        /// Signed, as in comparisons (§3.3). Negative if a clock was set back.
        runtime: i32,
        class: Option<Text<'a>>,
    },
    Id(&'a Id),
    StateAccess(&'a StateAccess),
    Packet(&'a Packet),
    Events(Vec<Text<'a>>),
    Filter(Text<'a>),
    Authoritative(bool),
    Ping {
        seq: u32,
        #[serde(serialize_with = "seconds")]
        time1: f64,
        #[serde(serialize_with = "seconds")]
        time2: f64,
        #[serde(serialize_with = "seconds")]
        time3: f64,
    },
    Caps {
        flags: u32,
        names: Vec<&'static str>,
    },
    Point(Point),
    Prints(Vec<Print<'a>>),
    LogWriter {
        stream: i32,
        writer: i32,
        path: Name,
        columns: Vec<LogField>,
    },
    LogEntries(Vec<LogEntry>),
    /// A SERIAL after one that could not be decoded.
    Skipped(bool),
    Error(String),
    /// The keys of an event are at the top level.
    #[serde(untagged)]
    Event(&'a Event),
}

/// An operation on synchronized state, in printed form.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) operation: &'static str,
    pub(crate) target: String,
    pub(crate) operands: [Option<String>; 3],
}

/// The point of a SYNC_POINT: a number, or the end of the trace.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Point {
    Number(u32),
    Word(&'static str),
}

/// One print statement of a REMOTE_PRINT.
#[derive(Debug, Serialize)]
pub(crate) struct Print<'a> {
    pub(super) file: Text<'a>,
    pub(super) text: Text<'a>,
}

/// A log entry.
#[derive(Debug, Serialize)]
pub(super) struct LogEntry {
    pub(super) stream: i32,
    pub(super) path: Name,
    pub(super) values: Vec<LogValue>,
}

impl<'a> Print<'a> {
    pub(crate) fn of(item: &PrintItem<'a>) -> Print<'a> {
        Print { file: Text(item.file), text: Text(item.text) }
    }
}

impl<'a> Content<'a> {
    /// Returns the contents of a message, or `None` for a message without contents.
    pub(super) fn of(observed: &'a Observed) -> Option<Content<'a>> {
        let message = match &observed.message {
            Ok(message) => message,
            Err(error) => return Some(Content::Error(error.to_string())),
        };
        Some(match message {
            Message::Serial(_) => match &observed.serial {
                Some(Ok(Serial::Event(event))) => Content::Event(event),
                Some(Ok(Serial::Id(id))) => Content::Id(id),
                Some(Ok(Serial::StateAccess(access))) => Content::StateAccess(access),
                Some(Ok(Serial::Packet(packet))) => Content::Packet(packet),
                Some(Err(error)) => Content::Error(error.to_string()),
                None => Content::Skipped(true),
            },
            Message::Version(version) => Content::Version {
                protocol: version.protocol,
                data_format: version.data_format,
                cache_size: version.cache_size,
                runtime: version.runtime.cast_signed(),
                class: version.class.as_deref().map(Text),
            },
            Message::RequestEvents(names) => Content::Events(names.iter().map(Text).collect()),
            Message::CaptureFilter(filter) => Content::Filter(Text(filter)),
            Message::RequestSync { authoritative } => Content::Authoritative(*authoritative),
            Message::Ping(args) | Message::Pong(args) => {
                let PingArgs { seq, time1, time2, time3, .. } = *args;
                Content::Ping { seq, time1, time2, time3 }
            }
            Message::Caps(caps) => {
                Content::Caps { flags: caps.bits(), names: names_of(*caps).collect() }
            }
            Message::SyncPoint(SyncPoint::Point(point)) => Content::Point(Point::Number(*point)),
            Message::SyncPoint(SyncPoint::Final) => Content::Point(Point::Word("final")),
            Message::RemotePrint(items) => {
                Content::Prints(items.iter().map(|item| Print::of(&item)).collect())
            }
            Message::LogCreateWriter(argument) => {
                match LogWriter::decode_in(argument, observed.data_format) {
                    Ok(LogWriter { stream, writer, path, fields, .. }) => {
                        Content::LogWriter { stream, writer, path, columns: fields }
                    }
                    Err(error) => Content::Error(error.to_string()),
                }
            }
            Message::LogWrite(argument) => Content::of_entries(argument, observed.data_format),
            Message::PhaseDone | Message::Compress | Message::RequestLogs => return None,
        })
    }

    fn of_entries(argument: &Bytes, format: DataFormat) -> Content<'a> {
        // This receiver knows no writers, so it returns only what is in this message.
        let receiver = LogReceiver::default().with_data_format(format);
        let entry = |received| match received {
            Ok(ReceivedEntry::Entry(e)) => Ok(LogEntry {
                stream: e.writer.stream,
                path: e.writer.path.clone(),
                values: e.values.into(),
            }),
            Ok(ReceivedEntry::Dropped(e)) => {
                Ok(LogEntry { stream: e.stream, path: e.path, values: e.values })
            }
            Err(error) => Err(error),
        };
        match receiver.entries(argument).map(entry).collect() {
            Ok(entries) => Content::LogEntries(entries),
            Err(error) => Content::Error(LogError::to_string(&error)),
        }
    }
}

impl Access {
    pub(crate) fn of(access: &StateAccess) -> Access {
        let operand = |operand: Option<&Value>| operand.map(printed::value);
        let operands = [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()].map(operand);
        Access { operation: access.opcode.name(), target: printed::bytes(&access.target), operands }
    }
}

/// Serializes seconds, including infinity and NaN.
fn seconds<S: Serializer>(seconds: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Value::Time(*seconds).serialize(serializer)
}

/// Returns the names of the capabilities, as in §2.9. Unknown ones are skipped.
pub(crate) fn names_of(caps: Caps) -> impl Iterator<Item = &'static str> {
    let names = [
        (Caps::COMPRESSION, "COMPRESSION"),
        (Caps::NO_CACHING, "NO_CACHING"),
        (Caps::PID_64BIT, "PID_64BIT"),
        (Caps::NEW_CACHE_STRATEGY, "NEW_CACHE_STRATEGY"),
        (Caps::BROCCOLI_PEER, "BROCCOLI_PEER"),
    ];
    names.into_iter().filter(move |(flag, _)| caps.contains(*flag)).map(|(_, name)| name)
}
