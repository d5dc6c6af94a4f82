//! Property tests of whole streams.

use std::sync::LazyLock;

use brocomm_conformance::strategies::on_few;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![Just(Framing::Clear), Just(Framing::Tls)]
}

/// Splits the stream into pieces of these sizes, repeatedly.
fn pieces<'a>(mut bytes: &'a [u8], sizes: &'a [usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*size).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// Feeds everything before the first poll.
fn decode_late(framing: Framing, pieces: &[&[u8]]) -> (Vec<Message>, FramingCounters) {
    let mut decoder = Decoder::new(framing, FramingLimits::default());
    pieces.iter().for_each(|piece| decoder.feed(piece));
    let mut messages = Vec::new();
    while let Ok(Some(decoded)) = decoder.poll() {
        messages.push(decoded.message);
    }
    (messages, decoder.counters())
}

/// Text with repetitions across payloads, within deflate's window and beyond.
static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state = 1_u64;
    let letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        b'a' + (state >> 60) as u8
    };
    std::iter::repeat_with(letter).take(110_000).collect()
});

proptest! {
    #![proptest_config(on_few(64))]

    #[test]
    fn a_message_round_trips_under_all_splits(message in any_message(), framing in framing()) {
        let bytes = encode(framing, std::slice::from_ref(&message));
        let outcome = decode_all_splits(framing, FramingLimits::default(), &bytes);
        prop_assert_eq!(outcome.plain(), [message]);
        prop_assert_eq!(outcome.end, Ok(()));
    }

    #[test]
    fn messages_round_trip(
        before in vec(any_message(), 0..20),
        after in vec(any_message(), 0..60),
        level in 0..=9_u8,
        framing in framing(),
        sizes in vec(1..5000_usize, 1..6),
    ) {
        let mut encoder = Encoder::new(framing);
        let mut bytes = Vec::new();
        before.iter().for_each(|message| encoder.message(message, &mut bytes));
        let mut messages = before;
        if let Some(level) = Compression::new(level) {
            encoder.start_compression(level, &mut bytes);
            messages.push(Message::Compress);
        }
        after.iter().for_each(|message| encoder.message(message, &mut bytes));
        messages.extend(after);

        let pieces = pieces(&bytes, &sizes);
        let outcome = decode(framing, FramingLimits::default(), pieces.iter().copied());
        prop_assert_eq!(outcome.plain(), &messages[..]);
        prop_assert_eq!(outcome.end, Ok(()));
        prop_assert_eq!(outcome.counters, encoder.counters());
        prop_assert_eq!(decode_late(framing, &pieces), (messages, encoder.counters()));

        let mut offset = 0;
        for decoded in outcome.messages {
            prop_assert_eq!(decoded.offset, offset);
            offset += decoded.wire_len;
        }
        prop_assert_eq!(offset, bytes.len() as u64);
    }

    #[test]
    fn references_between_short_and_long_payloads_are_inflated(
        level in 1..=9_u8,
        parts in vec((0..40_000_usize, prop_oneof![1..1024_usize, 1000..1050_usize, 1024..70_000_usize]), 1..12),
    ) {
        let (mut encoder, mut bytes) = (Encoder::new(Framing::Clear), Vec::new());
        encoder.start_compression(Compression::new(level).unwrap(), &mut bytes);
        let mut messages = vec![Message::Compress];
        for (at, length) in parts {
            messages.push(Message::Serial(TEXT[at..at + length].to_vec().into()));
            encoder.message(messages.last().unwrap(), &mut bytes);
        }
        let outcome = decode(Framing::Clear, FramingLimits::default(), [&bytes[..]]);
        prop_assert_eq!(outcome.plain(), &messages[..]);
        prop_assert_eq!(outcome.end, Ok(()));
    }

    #[test]
    fn arbitrary_bytes_are_decoded_or_refused(
        bytes in vec(any::<u8>(), 0..300),
        framing in framing(),
    ) {
        decode_all_splits(framing, FramingLimits::default(), &bytes);
    }

    #[test]
    fn arbitrary_chunks_are_decoded_or_refused(
        chunks in vec((0..0x22_u8, vec(any::<u8>(), 1..60), any::<bool>()), 0..6),
        compressed in any::<bool>(),
    ) {
        let mut bytes = if compressed { stream(&[&header(0x12)]) } else { Vec::new() };
        for (number, argument, split) in chunks {
            let mut head = header(number).to_vec();
            if compressed {
                head.extend([0; 4]);
            }
            let word = bytes.len() + 4 + head.len();
            bytes.extend(stream(&[&head, &argument]));
            if split {
                bytes[word] |= 0x80;
            }
        }
        decode_all_splits(Framing::Clear, FramingLimits::default(), &bytes);
    }

    #[test]
    fn a_changed_byte_is_decoded_or_refused(
        messages in vec(any_message(), 1..6),
        compressed in any::<bool>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut encoder = Encoder::new(Framing::Clear);
        let mut bytes = Vec::new();
        if compressed {
            encoder.start_compression(Compression::default(), &mut bytes);
        }
        messages.iter().for_each(|message| encoder.message(message, &mut bytes));
        *at.get_mut(&mut bytes) = byte;
        let whole = decode(Framing::Clear, FramingLimits::default(), [&bytes[..]]);
        prop_assert_eq!(decode(Framing::Clear, FramingLimits::default(), bytes.chunks(1)), whole);
    }
}
