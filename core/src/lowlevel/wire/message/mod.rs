//! The messages between peers (§2).

mod parts;
#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes};
use nom::branch::alt;
use nom::bytes::complete::take;
use nom::combinator::{all_consuming, map, rest};
use nom::number::complete::{be_f64, be_u32};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use self::parts::until_nul;
use super::MessageType;
use super::error::WireErrorKind;

pub use parts::{
    Caps, EventNames, PingArgs, PingLayout, PrintItem, PrintItems, SyncPoint, Version,
};

/// A message between peers (§2).
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Opens the connection: versions, cache size, class (§2.1).
    Version(Version),
    /// Carries one serialization, which is not decoded here (§2.2).
    Serial(Bytes),
    /// Requests events by name (§2.3).
    RequestEvents(EventNames),
    /// Carries a filter in pcap's syntax, without its terminating NUL (§2.4).
    CaptureFilter(Bytes),
    /// Requests synchronized state (§2.5).
    RequestSync {
        /// Whether the sender considers its own state authoritative.
        authoritative: bool,
    },
    /// Ends a phase (§2.6).
    PhaseDone,
    /// Measures the round trip to the peer (§2.7).
    Ping(PingArgs),
    /// Answers a PING (§2.8).
    Pong(PingArgs),
    /// Announces the sender's capabilities (§2.9).
    Caps(Caps),
    /// Announces that every later chunk is transformed (§2.10).
    Compress,
    /// Announces a point in the replay of a trace (§2.11).
    SyncPoint(SyncPoint),
    /// Carries prints to files (§2.12).
    RemotePrint(PrintItems),
    /// Announces a log writer, which is not decoded here (§2.13).
    LogCreateWriter(Bytes),
    /// Carries log entries, which are not decoded here (§2.14).
    LogWrite(Bytes),
    /// Requests logs (§2.15).
    RequestLogs,
}

impl Message {
    /// Returns the type of the message.
    pub fn message_type(&self) -> MessageType {
        match self {
            Message::Version(_) => MessageType::Version,
            Message::Serial(_) => MessageType::Serial,
            Message::RequestEvents(_) => MessageType::RequestEvents,
            Message::CaptureFilter(_) => MessageType::CaptureFilter,
            Message::RequestSync { .. } => MessageType::RequestSync,
            Message::PhaseDone => MessageType::PhaseDone,
            Message::Ping(_) => MessageType::Ping,
            Message::Pong(_) => MessageType::Pong,
            Message::Caps(_) => MessageType::Caps,
            Message::Compress => MessageType::Compress,
            Message::SyncPoint(_) => MessageType::SyncPoint,
            Message::RemotePrint(_) => MessageType::RemotePrint,
            Message::LogCreateWriter(_) => MessageType::LogCreateWriter,
            Message::LogWrite(_) => MessageType::LogWrite,
            Message::RequestLogs => MessageType::RequestLogs,
        }
    }

    /// Returns the estimated memory in bytes that a received message keeps alive.
    #[inline]
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Message::Serial(bytes) | Message::CaptureFilter(bytes) => bytes.len(),
            Message::RequestEvents(names) => names.as_argument().len(),
            Message::RemotePrint(items) => items.as_argument().len(),
            // Nothing of a LOG_CREATE_WRITER is kept. A LOG_WRITE consists mostly of its values,
            // which are counted separately.
            _ => 0,
        }
    }
}

/// The result of a parser of an argument. The only possible error is a wrong length.
type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

impl Message {
    /// Reads the argument chunk of a message; empty for a message without one.
    #[inline]
    pub(in crate::lowlevel::wire) fn decode(
        message: MessageType,
        argument: Bytes,
    ) -> Result<Message, WireErrorKind> {
        match message {
            MessageType::Serial => Ok(Message::Serial(argument)),
            MessageType::LogWrite => Ok(Message::LogWrite(argument)),
            MessageType::LogCreateWriter => Ok(Message::LogCreateWriter(argument)),
            MessageType::PhaseDone => Ok(Message::PhaseDone),
            MessageType::Compress => Ok(Message::Compress),
            MessageType::RequestLogs => Ok(Message::RequestLogs),
            MessageType::RequestEvents => {
                Ok(Message::RequestEvents(EventNames::from_argument(argument)))
            }
            MessageType::CaptureFilter => {
                Ok(Message::CaptureFilter(compact(&argument, until_nul(&argument))))
            }
            MessageType::RemotePrint => PrintItems::from_argument(argument)
                .map(Message::RemotePrint)
                .ok_or(WireErrorKind::PrintWithoutText),
            MessageType::Version => layout(message, &argument, |input| version(&argument, input)),
            MessageType::RequestSync => layout(message, &argument, request_sync),
            MessageType::SyncPoint => layout(message, &argument, sync_point),
            MessageType::Caps => layout(message, &argument, caps),
            MessageType::Ping => layout(message, &argument, map(ping_args, Message::Ping)),
            MessageType::Pong => layout(message, &argument, map(ping_args, Message::Pong)),
        }
    }
}

/// Reads an argument whose length is determined by its layout.
fn layout<'a>(
    message: MessageType,
    argument: &'a [u8],
    parser: impl Parser<&'a [u8], Output = Message, Error = ()>,
) -> Result<Message, WireErrorKind> {
    match all_consuming(parser).parse(argument) {
        Ok((_, message)) => Ok(message),
        Err(_) => Err(WireErrorKind::ArgumentLength { message, length: argument.len() as u64 }),
    }
}

/// Reads VERSION. The class may lack its NUL, and bytes after the NUL are ignored (§2.1).
fn version<'a>(argument: &Bytes, input: &'a [u8]) -> Parsed<'a, Message> {
    let (input, (protocol, cache_size, data_format, runtime, class)) =
        (be_u32, be_u32, be_u32, be_u32, rest).parse(input)?;
    let class = (!class.is_empty()).then(|| compact(argument, until_nul(class)));
    let version = Version { protocol, cache_size, data_format, runtime, class };
    Ok((input, Message::Version(version)))
}

/// Returns the part of an argument that is kept. Copies it unless it is nearly the whole argument,
/// so that the ignored rest does not stay in memory.
fn compact(argument: &Bytes, part: &[u8]) -> Bytes {
    if part.len() < argument.len() / 2 {
        Bytes::copy_from_slice(part)
    } else {
        argument.slice_ref(part)
    }
}

fn request_sync(input: &[u8]) -> Parsed<'_, Message> {
    map(be_u32, |word| Message::RequestSync { authoritative: word != 0 }).parse(input)
}

fn sync_point(input: &[u8]) -> Parsed<'_, Message> {
    map(be_u32, |count| Message::SyncPoint(SyncPoint::from_u32(count))).parse(input)
}

/// Reads CAPS. The two words after the flags are ignored (§2.9).
fn caps(input: &[u8]) -> Parsed<'_, Message> {
    let flags = terminated(be_u32, take(8_usize));
    map(flags, |flags| Message::Caps(Caps::from_bits(flags))).parse(input)
}

/// Reads `ping_args` in either layout, distinguished by their length (§2.7).
fn ping_args(input: &[u8]) -> Parsed<'_, PingArgs> {
    let padded = terminated(be_u32, take(4_usize));
    alt((ping_layout(padded, PingLayout::Padded32), ping_layout(be_u32, PingLayout::Compact28)))
        .parse(input)
}

fn ping_layout<'a>(
    seq: impl Parser<&'a [u8], Output = u32, Error = ()>,
    layout: PingLayout,
) -> impl Parser<&'a [u8], Output = PingArgs, Error = ()> {
    all_consuming(map((seq, be_f64, be_f64, be_f64), move |(seq, time1, time2, time3)| PingArgs {
        seq,
        time1,
        time2,
        time3,
        layout,
    }))
}

impl Message {
    /// Appends the argument chunk. Appends nothing for a message without an argument, or if the
    /// argument would hold no entry.
    pub(in crate::lowlevel::wire) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Message::PhaseDone | Message::Compress | Message::RequestLogs => {}
            Message::Serial(bytes) | Message::LogCreateWriter(bytes) | Message::LogWrite(bytes) => {
                out.extend_from_slice(bytes);
            }
            Message::Version(version) => {
                out.put_u32(version.protocol);
                out.put_u32(version.cache_size);
                out.put_u32(version.data_format);
                out.put_u32(version.runtime);
                if let Some(class) = &version.class {
                    put_string(out, until_nul(class));
                }
            }
            Message::RequestEvents(names) if names.is_empty() => {}
            Message::RequestEvents(names) => put_string(out, names.as_argument()),
            Message::RemotePrint(items) if items.is_empty() => {}
            Message::RemotePrint(items) => put_string(out, items.as_argument()),
            Message::CaptureFilter(filter) => put_string(out, until_nul(filter)),
            Message::RequestSync { authoritative } => out.put_u32(u32::from(*authoritative)),
            Message::Ping(args) | Message::Pong(args) => put_ping_args(out, args),
            Message::Caps(caps) => {
                out.put_u32(caps.bits());
                out.put_u32(0);
                out.put_u32(0);
            }
            Message::SyncPoint(point) => out.put_u32(point.to_u32()),
        }
    }
}

fn put_ping_args(out: &mut Vec<u8>, args: &PingArgs) {
    out.put_u32(args.seq);
    if args.layout == PingLayout::Padded32 {
        out.put_u32(0);
    }
    for time in [args.time1, args.time2, args.time3] {
        out.put_f64(time);
    }
}

/// Appends a string and the terminating NUL.
fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    out.extend_from_slice(string);
    out.push(0);
}
