//! Decoding of messages from their argument chunks (§2).

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
