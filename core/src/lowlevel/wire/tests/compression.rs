//! Tests of the compression transform (§1.5).

use bytes::Bytes;
use flate2::{Compress, FlushCompress};

use super::*;

/// A zlib stream written like a peer's.
struct Peer(Compress);

impl Peer {
    fn new(level: u32) -> Self {
        Peer(Compress::new(flate2::Compression::new(level), true))
    }

    /// Returns the deflated payload.
    fn deflate(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut body = Vec::with_capacity(payload.len() * 2 + 100);
        self.0.compress_vec(payload, &mut body, FlushCompress::Sync).unwrap();
        body
    }

    /// Returns the deflated payload, followed by its length.
    fn chunk(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut body = self.deflate(payload);
        body.extend((payload.len() as u32).to_le_bytes());
        body
    }
}

fn stored(payload: &[u8]) -> Vec<u8> {
    [payload, &[0; 4]].concat()
}

/// Returns COMPRESS, then a stored header of a SERIAL and the given transformed argument.
fn compressed_serial(argument: &[u8]) -> Vec<u8> {
    stream(&[&header(0x12), &stored(&header(0x02)), argument])
}

/// Returns the kind of error for such an argument. Checks that it has the argument's offset.
#[track_caller]
fn refused(argument: &[u8]) -> WireErrorKind {
    let outcome = decode_clear(&compressed_serial(argument));
    assert_eq!(outcome.plain(), [Message::Compress]);
    let error = outcome.end.unwrap_err();
    assert_eq!((error.offset, error.message), (12 + 16, Some(MessageType::Serial)));
    assert_eq!(error.kind.section(), "§1.5");
    error.kind
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| b"abcdefgh#"[at * at % 9]).collect()
}

/// The initiator's bytes of a recorded session with `$compression=6`, from COMPRESS on.
#[test]
fn a_recorded_direction_is_inflated() {
    let bytes = hex::decode(concat!(
        "000000081217136e00000000",
        "0000000c0229136e0000000000000000",
        "0000001d650000000863326c5f6e6f6e6541dac0d70a3e6acf0000000000000000",
        "0000000c0217136e0000000000000000",
        "0000003e789c4a656060e04836ca894fcacfcf71bc75e03a975dd679a01813230304b076303230c2386ca7",
        "c01c181704e072ec1d48126c3006000000ffff60000000",
        "0000000c0217136e0000000000000000",
        "000000174a25643e07566d30114e6cb28c00000000ffff55000000",
    ));
    let outcome = decode_clear(&bytes.unwrap());
    let expected = [
        "650000000863326c5f6e6f6e6541dac0d70a3e6acf00000000",
        concat!(
            "650000000863326c5f626f6f6c41dac0d70a3e6acf000000020100000000000000058801000101000000",
            "0000000006ca010001010001000000000000000000000001010000000000000007880100010000000000",
            "000000060000000000000000",
        ),
        concat!(
            "650000000863326c5f626f6f6c41dac0d70a3e6acf000000020100000000000000088801000100000000",
            "00000000060000000000000000010000000000000009880100010000000000000000060000000000000001",
        ),
    ];
    let serial = |text: &str| Message::Serial(hex::decode(text).unwrap().into());
    let expected: Vec<_> = std::iter::once(Message::Compress).chain(expected.map(serial)).collect();
    assert_eq!(outcome.plain(), expected);
    assert_eq!(outcome.end, Ok(()));
    let counters = outcome.counters;
    assert_eq!((counters.deflated, counters.stored), (2, 4));
    assert_eq!((counters.packed_bytes, counters.unpacked_bytes), (150, 25 + 96 + 85 + 24));
}

#[test]
fn every_level_round_trips() {
    assert_eq!(Compression::new(0), None);
    assert_eq!(Compression::new(10), None);
    for level in 1..=9 {
        let level = Compression::new(level).unwrap();
        let mut encoder = Encoder::new(Framing::Clear);
        let mut out = Vec::new();
        encoder.message(&Message::RequestLogs, &mut out);
        encoder.start_compression(level, &mut out);
        let mut messages = vec![Message::RequestLogs, Message::Compress];
        for length in [1, 29, 30, 31, 100, 300, 5000] {
            messages.push(Message::Serial(text(length).into()));
            encoder.message(messages.last().unwrap(), &mut out);
        }
        let outcome = decode_clear(&out);
        assert_eq!(outcome.plain(), messages, "{level:?}");
        assert_eq!(outcome.end, Ok(()));
        assert_eq!(outcome.counters, encoder.counters());
        assert_eq!((outcome.counters.deflated, outcome.counters.stored), (5, 7 + 2));
    }
}

/// Returns the size of the compressed payloads in bytes.
fn packed(level: u8, payloads: &[Vec<u8>]) -> u64 {
    let (mut encoder, mut out) = (Encoder::new(Framing::Clear), Vec::new());
    encoder.start_compression(Compression::new(level).unwrap(), &mut out);
    for payload in payloads {
        encoder.message(&Message::Serial(payload.clone().into()), &mut out);
    }
    encoder.counters().packed_bytes
}

#[test]
fn short_payloads_are_deflated_fast_up_to_level_6() {
    let line = |n: usize| format!("{n} 10.0.{}.{} {} tcp S0", n % 7, n % 251, n * 7919 % 65536);
    let lines = |n: usize| (n..n + 9).map(line).collect::<String>().into_bytes();
    let short: Vec<_> = (0..200).map(lines).collect();
    let long = vec![(0..2000).map(line).collect::<String>().into_bytes()];
    for level in 2..=6 {
        assert_eq!(packed(level, &short), packed(1, &short), "level {level}");
        assert!(packed(level, &long) < packed(1, &long) * 9 / 10, "level {level}");
    }
    assert_ne!(packed(7, &short), packed(1, &short));
}

#[test]
fn every_level_of_a_peer_is_decoded() {
    for level in 0..=9 {
        let mut peer = Peer::new(level);
        let mut bytes = stream(&[&header(0x12)]);
        let lengths = [1, 8, 30, 1000, 20_000];
        for length in lengths {
            // A peer may deflate header chunks, too.
            bytes.extend(stream(&[&peer.chunk(&header(0x02)), &peer.chunk(&text(length))]));
        }
        let outcome = decode(Framing::Clear, FramingLimits::default(), bytes.chunks(7));
        let serials = lengths.map(|length| Message::Serial(text(length).into()));
        assert_eq!(outcome.plain()[1..], serials, "level {level}");
        assert_eq!(outcome.counters.deflated, 10);
    }
}

#[test]
fn compression_starts_once() {
    let mut encoder = Encoder::new(Framing::Clear);
    let mut out = Vec::new();
    assert!(!encoder.is_compressed());
    encoder.start_compression(Compression::default(), &mut out);
    assert!(encoder.is_compressed());
    encoder.start_compression(Compression::new(9).unwrap(), &mut out);
    encoder.message(&Message::Compress, &mut out);
    assert_eq!(out, stream(&[&header(0x12)]));
}

#[test]
fn payloads_below_30_bytes_are_stored() {
    let mut encoder = Encoder::new(Framing::Clear);
    let mut out = Vec::new();
    encoder.start_compression(Compression::default(), &mut out);
    out.clear();
    encoder.message(&Message::Serial(text(29).into()), &mut out);
    assert_eq!(out, stream(&[&stored(&header(0x02)), &stored(&text(29))]));
    out.clear();
    encoder.message(&Message::Serial(text(30).into()), &mut out);
    assert_eq!(out[16..][4..6], [0x78, 0x9c], "a zlib header");
    assert_eq!(out[out.len() - 4..], [30, 0, 0, 0]);
}

/// A Bro does not strip the zero bytes of a stored chunk in these messages (§1.5).
#[test]
fn short_names_prints_and_log_entries_are_deflated_too() {
    let names = ["a"].into_iter().collect();
    let items = [PrintItem { file: b"f", text: b"t" }].into_iter().collect();
    let messages = [
        (Message::RequestEvents(names), 1),
        (Message::RemotePrint(items), 1),
        (Message::LogWrite("x".into()), 1),
        (Message::LogCreateWriter("x".into()), 0),
        (Message::CaptureFilter("x".into()), 0),
    ];
    for (message, deflated) in messages {
        let mut encoder = Encoder::new(Framing::Clear);
        let mut out = Vec::new();
        encoder.start_compression(Compression::default(), &mut out);
        encoder.message(&message, &mut out);
        assert_eq!(encoder.counters().deflated, deflated, "{message:?}");
        assert_eq!(decode_clear(&out).plain(), [Message::Compress, message]);
    }
}

#[test]
fn stored_chunks_of_any_size_are_accepted() {
    for length in [1, 29, 30, 500] {
        let bytes = compressed_serial(&stored(&text(length)));
        let serial = Message::Serial(text(length).into());
        assert_eq!(decode_clear(&bytes).plain(), [Message::Compress, serial]);
    }
    let large = text(100_000);
    let bytes = compressed_serial(&stored(&large));
    let outcome = decode(Framing::Clear, FramingLimits::default(), bytes.chunks(5000));
    assert_eq!(outcome.plain()[1], Message::Serial(large.into()));
}

#[test]
fn stored_chunks_do_not_enter_the_window() {
    let mut peer = Peer::new(6);
    let mut bytes = compressed_serial(&peer.chunk(&text(100)));
    bytes.extend(stream(&[&stored(&header(0x02)), &stored(&[0xaa; 200])]));
    bytes.extend(stream(&[&stored(&header(0x02)), &peer.chunk(&text(120))]));
    let outcome = decode_clear(&bytes);
    assert_eq!(outcome.plain()[3], Message::Serial(text(120).into()));
}

#[test]
fn an_empty_stored_chunk_is_refused() {
    let outcome = decode_clear(&compressed_serial(&stored(b"")));
    assert_eq!(outcome.kind(), WireErrorKind::EmptyChunk);
}

#[test]
fn a_second_compress_starts_a_new_stream() {
    let mut bytes = compressed_serial(&Peer::new(6).chunk(&text(100)));
    bytes.extend(stream(&[&stored(&header(0x12))]));
    bytes.extend(stream(&[&stored(&header(0x02)), &Peer::new(9).chunk(&text(90))]));
    let messages = [
        Message::Compress,
        Message::Serial(text(100).into()),
        Message::Compress,
        Message::Serial(text(90).into()),
    ];
    let outcome = decode_clear(&bytes);
    assert_eq!(outcome.plain(), messages);
    assert_eq!(outcome.end, Ok(()));
}

#[test]
fn a_new_stream_without_compress_is_corrupt() {
    let mut bytes = compressed_serial(&Peer::new(6).chunk(&text(100)));
    bytes.extend(stream(&[&stored(&header(0x02)), &Peer::new(6).chunk(&text(90))]));
    assert_eq!(decode_clear(&bytes).kind(), WireErrorKind::Corrupt);
}

#[test]
fn claims_must_be_exact() {
    for length in [30, 1000, 9000] {
        let claim = |claimed: usize| {
            let mut body = Peer::new(6).deflate(&text(length));
            body.extend((claimed as u32).to_le_bytes());
            body
        };
        let bytes = compressed_serial(&claim(length));
        assert_eq!(decode(Framing::Clear, FramingLimits::default(), [&bytes[..]]).end, Ok(()));
        for over in [1, 2, 100] {
            let claimed = (length + over) as u32;
            let inflated = length as u32;
            let kind = WireErrorKind::InflatedShort { claimed, inflated };
            assert_eq!(refused(&claim(length + over)), kind);
        }
        for under in [1, 2, length - 1] {
            let claimed = (length - under) as u32;
            assert_eq!(refused(&claim(length - under)), WireErrorKind::InflatedLong { claimed });
        }
    }
}

#[test]
fn a_match_that_continues_past_the_claim_is_detected() {
    // One match yields the last 258 bytes, so all input is read before all output is written.
    let payload = vec![b'a'; 600];
    for claimed in [1_u32, 300, 598, 599] {
        let mut body = Peer::new(9).deflate(&payload);
        body.extend(claimed.to_le_bytes());
        assert_eq!(refused(&body), WireErrorKind::InflatedLong { claimed });
    }
}

#[test]
fn empty_blocks_after_the_last_byte_are_accepted() {
    for more in 1..4 {
        let mut body = Peer::new(6).deflate(&text(100));
        for _ in 0..more {
            body.extend([0, 0, 0, 0xff, 0xff]);
        }
        body.extend(100_u32.to_le_bytes());
        let outcome = decode_clear(&compressed_serial(&body));
        assert_eq!(outcome.plain()[1], Message::Serial(text(100).into()));
    }
}

#[test]
fn bytes_after_the_end_of_the_zlib_stream_are_left_over() {
    let mut finished = Vec::with_capacity(1000);
    let mut peer = Peer::new(6);
    peer.0.compress_vec(&text(100), &mut finished, FlushCompress::Finish).unwrap();
    let argument = [&finished[..], &100_u32.to_le_bytes()].concat();
    assert_eq!(decode_clear(&compressed_serial(&argument)).end, Ok(()));
    let argument = [&finished[..], b"abc", &100_u32.to_le_bytes()].concat();
    let kind = WireErrorKind::CompressedLeftOver { left: 3, claimed: 100 };
    assert_eq!(refused(&argument), kind);
}

#[test]
fn garbage_after_the_body_is_refused() {
    let mut body = Peer::new(6).deflate(&text(100));
    body.extend([0xff; 3]);
    body.extend(100_u32.to_le_bytes());
    assert_eq!(refused(&body), WireErrorKind::Corrupt);
}

#[test]
fn a_body_that_is_not_a_zlib_stream_is_corrupt() {
    assert_eq!(refused(b"not zlib at all....\x40\0\0\0"), WireErrorKind::Corrupt);
}

#[test]
fn a_chunk_needs_its_trailer() {
    for length in 1..4 {
        let kind = WireErrorKind::TrailerMissing { length: length as u64 };
        assert_eq!(refused(&vec![0; length]), kind);
        let outcome = decode_clear(&stream(&[&header(0x12), &vec![0; length]]));
        assert_eq!(outcome.kind(), kind);
    }
}

#[test]
fn a_header_is_measured_after_inflating() {
    let outcome = decode_clear(&stream(&[&header(0x12), &stored(&[0x0e; 9])]));
    assert_eq!(outcome.kind(), WireErrorKind::HeaderLength { length: 9 });
    // A header without a trailer: its last four bytes are taken as one.
    let outcome = decode_clear(&stream(&[&header(0x12), &header(0x02), b"e"]));
    assert_eq!(outcome.kind(), WireErrorKind::HeaderLength { length: 4 });
}

#[test]
fn a_claim_that_no_stream_can_yield_is_refused_before_inflating() {
    // 100 bytes can yield 1032 times as much, plus the yield of 8 stray bytes.
    let claim = |claimed: u32| [&[0x78; 100][..], &claimed.to_le_bytes()].concat();
    assert_eq!(refused(&claim(108 * 1032)), WireErrorKind::Corrupt);
    let claimed = 108 * 1032 + 1;
    let kind = WireErrorKind::ImpossibleRatio { claimed, compressed: 100 };
    assert_eq!(refused(&claim(claimed)), kind);
    // A valid stream can come close to the ratio, and is accepted up to the limit.
    let zeros = Bytes::from(vec![0; FramingLimits::DEFAULT as usize]);
    let chunk = Peer::new(9).chunk(&zeros);
    assert!(chunk.len() < 20_000);
    let bytes = compressed_serial(&chunk);
    let outcome = decode(Framing::Clear, FramingLimits::default(), bytes.chunks(1000));
    assert_eq!(outcome.plain()[1], Message::Serial(zeros.clone()));
    // One byte more exceeds the limit.
    let limit = FramingLimits::DEFAULT;
    let claimed = limit + 1;
    let chunk = Peer::new(9).chunk(&[&zeros[..], &[0]].concat());
    let bytes = compressed_serial(&chunk);
    let outcome = decode(Framing::Clear, FramingLimits::default(), bytes.chunks(1000));
    assert_eq!(outcome.kind(), WireErrorKind::InflatedTooLong { claimed, limit });
}

#[test]
fn directions_without_compress_are_not_transformed() {
    let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
    assert!(!decoder.is_compressed());
    decoder.feed(&stream(&[&header(0x12)]));
    assert_eq!(decoder.poll().unwrap().unwrap().message, Message::Compress);
    assert!(decoder.is_compressed());
}
