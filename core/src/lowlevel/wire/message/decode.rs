//! From an argument chunk to a message (§2).

use bytes::Bytes;
use nom::branch::alt;
use nom::bytes::complete::take;
use nom::combinator::{all_consuming, map, rest};
use nom::number::complete::{be_f64, be_u32};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use super::lists::until_nul;
use super::{
    Caps, EventNames, Message, MessageType, PingArgs, PingLayout, PrintItems, SyncPoint, Version,
};
use crate::wire::error::WireErrorKind;

/// What a parser of an argument returns: all that can be wrong is the length.
type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

impl Message {
    /// Reads the argument chunk of a message; it is empty for a message that has none.
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

/// Reads an argument of a layout that says its length.
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

/// Reads VERSION; the class may lack its NUL, and bytes after that mean nothing (§2.1).
fn version<'a>(argument: &Bytes, input: &'a [u8]) -> Parsed<'a, Message> {
    let (input, (protocol, cache_size, data_format, runtime, class)) =
        (be_u32, be_u32, be_u32, be_u32, rest).parse(input)?;
    let class = (!class.is_empty()).then(|| compact(argument, until_nul(class)));
    let version = Version { protocol, cache_size, data_format, runtime, class };
    Ok((input, Message::Version(version)))
}

/// Returns what is kept of an argument, by itself if that is not nearly all of it: the rest, which
/// means nothing, is not to be kept as well.
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

/// Reads CAPS; the two words behind the flags mean nothing (§2.9).
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
