//! Tests of decoder and encoder over whole streams.

mod compression;
mod framing;
mod limits;
mod parts;
mod properties;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// The result of decoding a whole stream: its messages, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) messages: Vec<Decoded>,
    pub(super) end: Result<(), WireError>,
    pub(super) counters: FramingCounters,
}

impl Outcome {
    pub(super) fn plain(&self) -> Vec<Message> {
        self.messages.iter().map(|decoded| decoded.message.clone()).collect()
    }

    #[track_caller]
    pub(super) fn kind(&self) -> WireErrorKind {
        self.end.as_ref().expect_err("the stream should be refused").kind
    }
}

/// Feeds the pieces, polling after each, and checks that an error is repeated.
pub(super) fn decode<'a>(
    framing: Framing,
    limits: FramingLimits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut decoder = Decoder::new(framing, limits);
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        while let Ok(Some(decoded)) = decoder.poll() {
            messages.push(decoded);
        }
    }
    let end = decoder.poll().map(|decoded| assert_eq!(decoded, None)).and(decoder.finish());
    decoder.feed(&message(0x02, b"e"));
    if let Err(error) = &end {
        let unfinished = matches!(
            error.kind,
            WireErrorKind::EndInLength { .. }
                | WireErrorKind::EndInChunk { .. }
                | WireErrorKind::EndBetweenParts { .. }
                | WireErrorKind::EndBeforeArgument
        );
        if !unfinished {
            assert_eq!(decoder.poll().as_ref(), Err(error), "an error is repeated");
            assert_eq!(decoder.poll().as_ref(), Err(error), "an error is repeated");
            assert_eq!(decoder.finish().as_ref(), Err(error), "an error is repeated");
        }
    }
    Outcome { messages, end, counters: decoder.counters() }
}

/// Decodes the stream whole, byte by byte and under all two-way splits. All results must be equal.
#[track_caller]
pub(super) fn decode_all_splits(framing: Framing, limits: FramingLimits, bytes: &[u8]) -> Outcome {
    let whole = decode(framing, limits, [bytes]);
    let check = |outcome: Outcome, how: &str| {
        assert_eq!(outcome.messages, whole.messages, "{how}");
        assert_eq!(outcome.end, whole.end, "{how}");
        assert_eq!(outcome.counters, whole.counters, "{how}");
    };
    check(decode(framing, limits, bytes.chunks(1)), "byte by byte");
    for at in 0..=bytes.len() {
        let (left, right) = bytes.split_at(at);
        check(decode(framing, limits, [left, right]), &format!("split at {at}"));
    }
    whole
}

/// Decodes a clear stream with default limits under all splits.
#[track_caller]
pub(super) fn decode_clear(bytes: &[u8]) -> Outcome {
    decode_all_splits(Framing::Clear, FramingLimits::default(), bytes)
}

/// Returns a stream of these chunks.
pub(super) fn stream(chunks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in chunks {
        bytes.extend_from_slice(&(chunk.len() as u32).to_be_bytes());
        bytes.extend_from_slice(chunk);
    }
    bytes
}

/// Returns a header chunk.
pub(super) fn header(number: u8) -> [u8; 8] {
    [number, 0, 0, 0, 0, 0, 0, 0]
}

/// Returns a message of this type with this argument.
pub(super) fn message(number: u8, argument: &[u8]) -> Vec<u8> {
    stream(&[&header(number), argument])
}

/// Returns the encoded messages.
pub(super) fn encode(framing: Framing, messages: &[Message]) -> Vec<u8> {
    let mut encoder = Encoder::new(framing);
    let mut out = Vec::new();
    for message in messages {
        encoder.message(message, &mut out);
        assert_eq!(encoder.counters().bytes, out.len() as u64);
    }
    out
}

fn bytes(length: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), length).prop_map(Bytes::from)
}

/// Generates a string without NUL.
fn string(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(1..=u8::MAX, length)
}

fn ping_args() -> impl Strategy<Value = PingArgs> {
    let layout = prop_oneof![Just(PingLayout::Padded32), Just(PingLayout::Compact28)];
    let time = -1e12..1e12_f64;
    (any::<u32>(), time.clone(), time.clone(), time, layout).prop_map(
        |(seq, time1, time2, time3, layout)| PingArgs { seq, time1, time2, time3, layout },
    )
}

fn version() -> impl Strategy<Value = Version> {
    let class = proptest::option::of(string(0..40).prop_map(Bytes::from));
    (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), class).prop_map(
        |(protocol, cache_size, data_format, runtime, class)| Version {
            protocol,
            cache_size,
            data_format,
            runtime,
            class,
        },
    )
}

/// Generates any message that can be written.
pub(super) fn any_message() -> impl Strategy<Value = Message> {
    let names = proptest::collection::vec(string(1..30), 1..8);
    let items = proptest::collection::vec((string(0..20), string(0..60)), 1..6);
    prop_oneof![
        version().prop_map(Message::Version),
        bytes(1..300).prop_map(Message::Serial),
        names.prop_map(|names| Message::RequestEvents(names.into_iter().collect())),
        string(0..60).prop_map(|filter| Message::CaptureFilter(filter.into())),
        any::<bool>().prop_map(|authoritative| Message::RequestSync { authoritative }),
        Just(Message::PhaseDone),
        ping_args().prop_map(Message::Ping),
        ping_args().prop_map(Message::Pong),
        any::<u32>().prop_map(|flags| Message::Caps(Caps::from_bits(flags))),
        Just(Message::SyncPoint(SyncPoint::Final)),
        (0..u32::MAX).prop_map(|point| Message::SyncPoint(SyncPoint::Point(point))),
        items.prop_map(|items| {
            let items = items.iter().map(|(file, text)| PrintItem { file, text });
            Message::RemotePrint(items.collect())
        }),
        bytes(1..200).prop_map(Message::LogCreateWriter),
        bytes(1..200).prop_map(Message::LogWrite),
        Just(Message::RequestLogs),
    ]
}
