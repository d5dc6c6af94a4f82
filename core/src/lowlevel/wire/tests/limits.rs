//! Tests of each limit, with input at, below and above it.

use bytes::Bytes;

use super::*;

#[test]
fn a_chunk_up_to_its_limit_is_accepted() {
    let bytes = message(0x02, &[b'e'; 100]);
    for framing in [Framing::Clear, Framing::Tls] {
        for chunk in [100, 101] {
            let limits = FramingLimits { chunk, ..FramingLimits::default() };
            let outcome = decode_all_splits(framing, limits, &bytes);
            assert_eq!(outcome.plain(), [Message::Serial(Bytes::from(vec![b'e'; 100]))]);
        }
        let outcome =
            decode_all_splits(framing, FramingLimits { chunk: 99, ..<_>::default() }, &bytes);
        let kind = WireErrorKind::ChunkTooLong { length: 100, limit: 99 };
        let message = Some(MessageType::Serial);
        assert_eq!(outcome.end, Err(WireError { kind, offset: 12, message }));
    }
}

#[test]
fn a_chunk_is_refused_at_its_length_word() {
    let mut bytes = stream(&[&header(0x02)]);
    bytes.extend(70_000_000_u32.to_be_bytes());
    let error = decode_clear(&bytes).end.unwrap_err();
    let text = "SERIAL: chunk of 70000000 bytes, limit is 16777216 (at byte 12 of the stream)";
    assert_eq!(error.to_string(), text);
    let cut = decode_clear(&bytes[..15]);
    assert_eq!(cut.kind(), WireErrorKind::EndInLength { have: 3 });
}

#[test]
fn the_chunk_limit_applies_to_a_part_without_its_mark() {
    let mut bytes = stream(&[&header(0x02)]);
    bytes.extend(0x8000_0065_u32.to_be_bytes());
    bytes.extend([b'e'; 101]);
    bytes.extend(stream(&[b"x"]));
    let limits = |chunk| FramingLimits { chunk, ..FramingLimits::default() };
    assert_eq!(decode_all_splits(Framing::Clear, limits(101), &bytes).end, Ok(()));
    let outcome = decode_all_splits(Framing::Clear, limits(100), &bytes);
    assert_eq!(outcome.kind(), WireErrorKind::ChunkTooLong { length: 101, limit: 100 });
}

#[test]
fn the_message_limit_applies_to_the_sum_of_parts() {
    let mut bytes = stream(&[&header(0x02)]);
    for word in [0x8000_0028_u32, 0x8000_0028, 0x14] {
        bytes.extend(word.to_be_bytes());
        bytes.extend(vec![b'e'; (word & 0xff) as usize]);
    }
    let limits = |message| FramingLimits { message, ..FramingLimits::default() };
    for message in [100, 101] {
        let outcome = decode_all_splits(Framing::Clear, limits(message), &bytes);
        assert_eq!(outcome.plain(), [Message::Serial(Bytes::from(vec![b'e'; 100]))]);
    }
    let outcome = decode_all_splits(Framing::Clear, limits(99), &bytes);
    let kind = WireErrorKind::MessageTooLong { length: 100, limit: 99 };
    let message = Some(MessageType::Serial);
    assert_eq!(outcome.end, Err(WireError { kind, offset: 12 + 44 + 44, message }));
    // The last length word alone causes the error.
    let outcome = decode_all_splits(Framing::Clear, limits(99), &bytes[..bytes.len() - 20]);
    assert_eq!(outcome.kind(), kind);
}

#[test]
fn the_message_limit_applies_to_an_unsplit_message() {
    let bytes = message(0x02, &[b'e'; 100]);
    let limits = |message| FramingLimits { message, ..FramingLimits::default() };
    assert_eq!(decode_all_splits(Framing::Tls, limits(100), &bytes).end, Ok(()));
    let outcome = decode_all_splits(Framing::Tls, limits(99), &bytes);
    assert_eq!(outcome.kind(), WireErrorKind::MessageTooLong { length: 100, limit: 99 });
}

#[test]
fn the_inflated_size_is_limited() {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(Framing::Clear);
    encoder.start_compression(Compression::default(), &mut out);
    let serial = Message::Serial(vec![b'e'; 5000].into());
    encoder.message(&serial, &mut out);
    let limits = |inflated| FramingLimits { inflated, ..FramingLimits::default() };
    for inflated in [5000, 5001] {
        let outcome = decode_all_splits(Framing::Clear, limits(inflated), &out);
        assert_eq!(outcome.plain().last(), Some(&serial));
    }
    let outcome = decode_all_splits(Framing::Clear, limits(4999), &out);
    assert_eq!(outcome.kind(), WireErrorKind::InflatedTooLong { claimed: 5000, limit: 4999 });
}

#[test]
fn over_tls_the_mark_of_a_part_is_an_error_after_the_limit() {
    let mut bytes = stream(&[&header(0x02)]);
    bytes.extend(0x8000_0001_u32.to_be_bytes());
    bytes.extend(b"e");
    let outcome = decode_all_splits(Framing::Tls, FramingLimits::default(), &bytes);
    let limit = FramingLimits::DEFAULT;
    assert_eq!(outcome.kind(), WireErrorKind::ChunkTooLong { length: 0x8000_0001, limit });
    let limits = FramingLimits { chunk: u32::MAX, message: u32::MAX, inflated: u32::MAX };
    let outcome = decode_all_splits(Framing::Tls, limits, &bytes);
    assert_eq!(outcome.kind(), WireErrorKind::PartialOverTls { word: 0x8000_0001 });
}

#[test]
fn limits_too_small_for_a_header_refuse_all() {
    let bytes = message(0x02, b"e");
    let limits = FramingLimits { chunk: 7, ..FramingLimits::default() };
    let outcome = decode_all_splits(Framing::Clear, limits, &bytes);
    assert_eq!(outcome.kind(), WireErrorKind::ChunkTooLong { length: 8, limit: 7 });
    let limits = FramingLimits { message: 7, ..FramingLimits::default() };
    let outcome = decode_all_splits(Framing::Clear, limits, &bytes);
    assert_eq!(outcome.kind(), WireErrorKind::MessageTooLong { length: 8, limit: 7 });
}

#[test]
fn an_error_is_small() {
    assert!(size_of::<WireError>() <= 40);
}

#[test]
fn tls_instead_of_clear_text_is_recognized() {
    // A ClientHello, and the alert of a server that expected one.
    for bytes in [[0x16, 3, 1, 2, 0, 1], [0x15, 3, 3, 0, 2, 2]] {
        let outcome = decode_all_splits(Framing::Clear, FramingLimits::default(), &bytes);
        let word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        assert_eq!(outcome.kind(), WireErrorKind::PeerSpeaksTls { word });
    }
    // Later in the stream, the same bytes are an ordinary length.
    let mut bytes = vec![0, 0, 0, 8, 0x0e, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend([0x16, 3, 1, 2]);
    let outcome = decode_all_splits(Framing::Clear, FramingLimits::default(), &bytes);
    assert!(matches!(outcome.kind(), WireErrorKind::ChunkTooLong { length: 0x1603_0102, .. }));
}
