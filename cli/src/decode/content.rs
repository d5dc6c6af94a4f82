//! What a message carries, in words and printed values.
//!
//! The same content becomes the fields of a line of JSON, by their names here, or a line of text.

use brocomm::connection::Observed;
use brocomm::data::{Id, Packet, Serial, StateAccess, Value};
use brocomm::logs::{AsciiFormat, LogError, LogField, LogReceiver, LogValue, LogWriter, Received};
use brocomm::wire::{Caps, Message, PingArgs, SyncPoint, Version};
use bytes::Bytes;
use serde::Serialize;

use super::printed;

/// What a message carries; the names are those of the JSON lines.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    Version {
        protocol: u32,
        data_format: u32,
        cache_size: u32,
        runtime: u32,
        class: Option<String>,
    },
    Event {
        name: String,
        time: f64,
        args: Vec<String>,
    },
    Id {
        name: String,
        #[serde(rename = "type")]
        ty: String,
        value: Option<String>,
    },
    StateAccess(Access),
    Packet {
        time: f64,
        length: u32,
        captured: usize,
        link_type: u32,
        tag: String,
    },
    Events(Vec<String>),
    Filter(String),
    Authoritative(bool),
    Ping {
        seq: u32,
        time1: f64,
        time2: f64,
        time3: f64,
    },
    Caps {
        flags: u32,
        names: Vec<&'static str>,
    },
    Point(Point),
    Prints(Vec<Print>),
    LogWriter {
        stream: i32,
        writer: i32,
        path: String,
        columns: Vec<LogColumn>,
    },
    LogEntries(Vec<LogEntry>),
    /// A SERIAL after one that could not be decoded.
    Skipped(bool),
    Error(String),
}

/// An operation on synchronized state.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Access {
    pub(crate) operation: &'static str,
    pub(crate) target: String,
    pub(crate) operands: [Option<String>; 3],
}

/// A point of a SYNC_POINT: a number or the end.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Point {
    Number(u32),
    Word(&'static str),
}

/// One print statement of a REMOTE_PRINT.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Print {
    pub(super) file: String,
    pub(super) text: String,
}

/// A column of a log.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct LogColumn {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) ty: String,
}

/// An entry of a log.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct LogEntry {
    pub(super) stream: i32,
    pub(super) path: String,
    pub(super) values: Vec<String>,
}

impl Content {
    /// Returns what a message carries; `None` if it is the message alone that means something.
    pub(super) fn of(observed: &Observed) -> Option<Content> {
        let message = match &observed.message {
            Ok(message) => message,
            Err(error) => return Some(Content::Error(error.to_string())),
        };
        Some(match message {
            Message::Serial(_) => match &observed.serial {
                Some(Ok(serial)) => Content::of_serial(serial),
                Some(Err(error)) => Content::Error(error.to_string()),
                None => Content::Skipped(true),
            },
            Message::Version(version) => Content::of_version(version),
            Message::RequestEvents(names) => {
                Content::Events(names.iter().map(printed::bytes).collect())
            }
            Message::CaptureFilter(filter) => Content::Filter(printed::bytes(filter)),
            Message::RequestSync { authoritative } => Content::Authoritative(*authoritative),
            Message::Ping(args) | Message::Pong(args) => Content::of_ping(args),
            Message::Caps(caps) => {
                Content::Caps { flags: caps.bits(), names: names_of(*caps).collect() }
            }
            Message::SyncPoint(SyncPoint::Point(point)) => Content::Point(Point::Number(*point)),
            Message::SyncPoint(SyncPoint::Final) => Content::Point(Point::Word("final")),
            Message::RemotePrint(items) => {
                let print = |bytes| printed::bytes(bytes);
                let items = items.iter();
                Content::Prints(
                    items.map(|i| Print { file: print(i.file), text: print(i.text) }).collect(),
                )
            }
            Message::LogCreateWriter(argument) => Content::of_writer(argument),
            Message::LogWrite(argument) => Content::of_entries(argument),
            Message::PhaseDone | Message::Compress | Message::RequestLogs => return None,
        })
    }

    fn of_writer(argument: &Bytes) -> Content {
        let LogWriter { stream, writer, path, fields, .. } = match LogWriter::decode(argument) {
            Ok(writer) => writer,
            Err(error) => return Content::Error(error.to_string()),
        };
        let column = |field: LogField| LogColumn {
            name: printed::bytes(&field.name),
            ty: field.type_name().to_string(),
        };
        let columns = fields.into_iter().map(column).collect();
        Content::LogWriter { stream, writer, path: printed::bytes(&path), columns }
    }

    fn of_entries(argument: &Bytes) -> Content {
        // No writer is known to it, so whatever comes is what it is given.
        let receiver = LogReceiver::default();
        let entry = |received| match received {
            Ok(Received::Entry(e)) => Ok(LogEntry::new(e.writer.stream, &e.writer.path, &e.values)),
            Ok(Received::Dropped(e)) => Ok(LogEntry::new(e.stream, &e.path, &e.values)),
            Err(error) => Err(error),
        };
        match receiver.entries(argument).map(entry).collect() {
            Ok(entries) => Content::LogEntries(entries),
            Err(error) => Content::Error(LogError::to_string(&error)),
        }
    }

    fn of_version(version: &Version) -> Content {
        Content::Version {
            protocol: version.protocol,
            data_format: version.data_format,
            cache_size: version.cache_size,
            runtime: version.runtime,
            class: version.class.as_deref().map(printed::bytes),
        }
    }

    fn of_ping(args: &PingArgs) -> Content {
        let PingArgs { seq, time1, time2, time3, .. } = *args;
        Content::Ping { seq, time1, time2, time3 }
    }

    fn of_serial(serial: &Serial) -> Content {
        match serial {
            Serial::Event(event) => Content::Event {
                name: printed::bytes(&event.name),
                time: event.time,
                args: event.args.iter().map(printed::value).collect(),
            },
            Serial::Id(id) => Content::of_id(id),
            Serial::StateAccess(access) => Content::StateAccess(Access::of(access)),
            Serial::Packet(packet) => Content::of_packet(packet),
        }
    }

    fn of_id(id: &Id) -> Content {
        Content::Id {
            name: printed::bytes(&id.name),
            ty: id.ty.to_string(),
            value: id.value.as_ref().map(printed::value),
        }
    }

    fn of_packet(packet: &Packet) -> Content {
        Content::Packet {
            time: f64::from(packet.sec) + f64::from(packet.usec) / 1e6,
            length: packet.len,
            captured: packet.data.len(),
            link_type: packet.link_type,
            tag: printed::bytes(&packet.tag),
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

impl LogEntry {
    fn new(stream: i32, path: &[u8], values: &[LogValue]) -> LogEntry {
        // Alone, no value can be taken for a header line; and none begins like this.
        let meta_prefix = Bytes::from_static(b"\n");
        let format = AsciiFormat { meta_prefix, ..AsciiFormat::default() };
        let value = |value: &LogValue| {
            let mut line = Vec::new();
            format.entry(std::slice::from_ref(value), &mut line);
            printed::bytes(line.strip_suffix(b"\n").unwrap_or(&line))
        };
        let values = values.iter().map(value).collect();
        LogEntry { stream, path: printed::bytes(path), values }
    }
}

/// Returns the names of the capabilities, as §2.9 has them; unknown ones have none.
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
