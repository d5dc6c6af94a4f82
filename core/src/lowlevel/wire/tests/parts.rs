//! Tests of partial chunks (§1.2, §1.3).

use bytes::Bytes;

use super::*;

/// Returns the length words of a stream, including marks.
fn words(mut bytes: &[u8]) -> Vec<u32> {
    let mut words = Vec::new();
    while let Some((word, rest)) = bytes.split_first_chunk::<4>() {
        let word = u32::from_be_bytes(*word);
        words.push(word);
        bytes = &rest[(word & 0x7fff_ffff) as usize..];
    }
    words
}

fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 7) as u8 ^ (at >> 11) as u8).collect()
}

#[test]
fn parts_are_joined() {
    let bytes = hex::decode(concat!(
        "80000003",
        "020000",
        "80000001",
        "00",
        "00000004",
        "00000000", // a header in parts
        "80000002",
        "6161",
        "80000001",
        "62",
        "00000003",
        "636364",
        "00000008",
        "0e00000000000000",
    ));
    let bytes = bytes.unwrap();
    let outcome = decode_clear(&bytes);
    assert_eq!(outcome.plain(), [Message::Serial("aabccd".into()), Message::PhaseDone]);
    assert_eq!(outcome.end, Ok(()));
    assert_eq!(outcome.messages[0].wire_len, 20 + 18);
    assert_eq!(outcome.counters.chunks, 7);
}

#[test]
fn an_invalid_chunk_in_parts_is_reported_at_its_start() {
    let bytes = hex::decode(concat!("80000003", "0d0000", "00000001", "00")).unwrap();
    let kind = WireErrorKind::HeaderLength { length: 4 };
    assert_eq!(decode_clear(&bytes).end, Err(WireError { kind, offset: 0, message: None }));
}

#[test]
fn a_stream_cannot_end_between_parts() {
    let bytes = hex::decode(concat!("00000008", "0200000000000000", "80000003", "616161")).unwrap();
    let outcome = decode_clear(&bytes);
    let kind = WireErrorKind::EndBetweenParts { have: 3 };
    let message = Some(MessageType::Serial);
    assert_eq!(outcome.end, Err(WireError { kind, offset: 12, message }));
}

#[test]
fn a_clear_encoder_splits_at_what_a_bro_can_receive() {
    const MAX: u32 = MAX_PART as u32;
    const MORE: u32 = 0x8000_0000 | MAX;
    let cases = [
        (MAX_PART - 1, vec![8, MAX - 1]),
        (MAX_PART, vec![8, MAX]),
        (MAX_PART + 1, vec![8, MORE, 1]),
        (2 * MAX_PART, vec![8, MORE, MAX]),
        (2 * MAX_PART + 3, vec![8, MORE, MORE, 3]),
        // The recorded one: a 3,000,000 byte string.
        (3_000_076, vec![8, MORE, MORE, 902_932]),
    ];
    for (length, expected) in cases {
        let payload = payload(length);
        let serial = Message::Serial(Bytes::from(payload.clone()));
        let mut encoder = Encoder::new(Framing::Clear);
        let mut out = Vec::new();
        encoder.message(&serial, &mut out);
        assert_eq!(words(&out), expected);
        assert_eq!(encoder.counters().bytes, out.len() as u64);
        assert_eq!(encoder.counters().chunks, expected.len() as u64);

        for piece in [out.len(), 65_536, 8_191] {
            let outcome = decode(Framing::Clear, FramingLimits::default(), out.chunks(piece));
            assert_eq!(outcome.plain(), std::slice::from_ref(&serial));
            assert_eq!(outcome.counters, encoder.counters());
        }

        // Over TLS the same message is not split.
        let out = encode(Framing::Tls, std::slice::from_ref(&serial));
        assert_eq!(words(&out), [8, length as u32]);
        let outcome = decode(Framing::Tls, FramingLimits::default(), out.chunks(10_000));
        assert_eq!(outcome.plain(), [serial]);
    }
}

#[test]
fn bytes_before_a_split_message_are_unchanged() {
    let messages = [
        Message::PhaseDone,
        Message::Serial(Bytes::from(payload(MAX_PART + 9))),
        Message::Serial("after".into()),
    ];
    let out = encode(Framing::Clear, &messages);
    let outcome = decode(Framing::Clear, FramingLimits::default(), out.chunks(4096));
    assert_eq!(outcome.plain(), messages);
    assert_eq!(outcome.end, Ok(()));
}

#[test]
fn a_transformed_payload_is_split_too() {
    // Bytes that cannot be compressed, so that the transformed payload exceeds the limit.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(MAX_PART)
    .collect();
    let serial = Message::Serial(noise.into());
    for (framing, chunks) in [(Framing::Clear, 4), (Framing::Tls, 3)] {
        let mut encoder = Encoder::new(framing);
        let mut out = Vec::new();
        encoder.start_compression(Compression::default(), &mut out);
        encoder.message(&serial, &mut out);
        assert_eq!(words(&out).len(), chunks);
        let outcome = decode(framing, FramingLimits::default(), out.chunks(8_192));
        assert_eq!(outcome.plain(), [Message::Compress, serial.clone()]);
        assert_eq!(outcome.counters, encoder.counters());
    }
}
