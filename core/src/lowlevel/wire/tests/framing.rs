//! Tests of chunks, headers and ends of streams (§1.1–§1.4).

use super::*;

#[test]
fn an_empty_chunk_is_refused() {
    for chunk in ["00000000", "80000000"] {
        let mut bytes = message(0x02, b"e");
        bytes.extend(hex::decode(chunk).unwrap());
        let outcome = decode_clear(&bytes);
        assert_eq!(outcome.messages.len(), 1);
        let error = WireError { kind: WireErrorKind::EmptyChunk, offset: 17, message: None };
        assert_eq!(outcome.end, Err(error));
    }
    let mut bytes = stream(&[&header(0x02)]);
    bytes.extend([0; 4]);
    let error = decode_clear(&bytes).end.unwrap_err();
    assert_eq!(error.to_string(), "SERIAL: empty chunk (at byte 12 of the stream)");
}

#[test]
fn a_header_has_eight_bytes() {
    for length in [1, 7, 9, 32] {
        let bytes = stream(&[&header(0x0e), &vec![0x0e; length]]);
        let outcome = decode_clear(&bytes);
        assert_eq!(outcome.plain(), [Message::PhaseDone]);
        let kind = WireErrorKind::HeaderLength { length: length as u64 };
        assert_eq!(outcome.end, Err(WireError { kind, offset: 12, message: None }));
    }
}

#[test]
fn padding_and_peer_id_of_a_header_are_ignored() {
    let bytes = stream(&[&[0x0e, 0xa9, 0xd1, 0xd5, 1, 2, 3, 4]]);
    assert_eq!(decode_clear(&bytes).plain(), [Message::PhaseDone]);
    let bytes = stream(&[&[0x02, 0xa9, 0xd1, 0xd5, 1, 2, 3, 4], b"e"]);
    assert_eq!(decode_clear(&bytes).plain(), [Message::Serial("e".into())]);
}

#[test]
fn unknown_and_internal_types_are_refused_by_number_and_name() {
    for number in 0..=u8::MAX {
        let mut bytes = stream(&[&header(number)]);
        let outcome = decode(Framing::Clear, FramingLimits::default(), [&bytes[..]]);
        if MessageType::from_u8(number).is_none() {
            bytes.extend(stream(&[b"oops\0"]));
            let outcome = decode_clear(&bytes);
            assert_eq!(outcome.kind(), WireErrorKind::UnknownType { number });
        } else if let Err(error) = outcome.end {
            assert_eq!(error.kind, WireErrorKind::EndBeforeArgument);
        }
    }
    let text = |number| {
        let bytes = stream(&[&header(number)]);
        decode_clear(&bytes).end.unwrap_err().to_string()
    };
    assert_eq!(text(0x03), "message type 0x03 (CLOSE) from a peer (at byte 0 of the stream)");
    assert_eq!(text(0x7f), "message type 0x7f (unknown) from a peer (at byte 0 of the stream)");
}

#[test]
fn nothing_after_an_error_is_read() {
    let bytes = [stream(&[&header(0x7f)]), message(0x02, b"e"), message(0x02, b"e")].concat();
    let outcome = decode_clear(&bytes);
    assert_eq!(outcome.plain(), []);
    assert_eq!(outcome.kind(), WireErrorKind::UnknownType { number: 0x7f });
}

#[test]
fn an_argument_that_looks_like_a_message_is_an_argument() {
    let plain = |argument: &[u8]| Message::Serial(argument.to_vec().into());
    let bytes = [message(0x02, &header(0x02)), message(0x02, &header(0x02))].concat();
    let expected = [plain(&header(0x02)), plain(&header(0x02))];
    assert_eq!(decode_clear(&bytes).plain(), expected);

    let mut parts = stream(&[&header(0x02)]);
    parts.extend([0x80, 0, 0, 1, 7]);
    parts.extend(stream(&[&header(0x02)]));
    parts.extend(message(0x02, b"e"));
    let joined = [&[7][..], &header(0x02)].concat();
    assert_eq!(decode_clear(&parts).plain(), [plain(&joined), plain(b"e")]);
}

#[test]
fn the_rest_of_a_length_word_is_not_taken_as_a_length_word() {
    // After the first byte of the length 1, its rest and the argument look like the length 256.
    let bytes = [message(0x02, b"a"), message(0x02, &[0]), message(0x02, &[0; 400])].concat();
    let outcome = decode_clear(&bytes);
    assert_eq!(outcome.end, Ok(()));
    assert_eq!(outcome.messages.len(), 3);
}

#[test]
fn offsets_and_lengths_add_up() {
    let bytes = [message(0x02, b"abc"), stream(&[&header(0x0e)]), message(0x19, b"x")].concat();
    let outcome = decode_clear(&bytes);
    let places: Vec<_> = outcome.messages.iter().map(|m| (m.offset, m.wire_len)).collect();
    assert_eq!(places, [(0, 19), (19, 12), (31, 17)]);
    assert_eq!(outcome.end, Ok(()));
    let expected =
        FramingCounters { bytes: 48, chunks: 5, messages: 3, ..FramingCounters::default() };
    assert_eq!(outcome.counters, expected);
}

#[test]
fn a_truncated_stream_is_an_error_that_says_where_it_ended() {
    let whole = message(0x19, b"entry");
    let start = stream(&[&header(0x0e)]);
    for cut in 0..whole.len() {
        let bytes = [&start[..], &whole[..cut]].concat();
        let outcome = decode_clear(&bytes);
        assert_eq!(outcome.plain(), [Message::PhaseDone], "cut at {cut}");
        let (kind, offset, message) = match cut {
            0 => {
                assert_eq!(outcome.end, Ok(()));
                continue;
            }
            1..4 => (WireErrorKind::EndInLength { have: cut as u8 }, 12, None),
            4..12 => (WireErrorKind::EndInChunk { have: cut as u32 - 4, length: 8 }, 12, None),
            12 => (WireErrorKind::EndBeforeArgument, 12, Some(MessageType::LogWrite)),
            13..16 => {
                let have = cut as u8 - 12;
                (WireErrorKind::EndInLength { have }, 24, Some(MessageType::LogWrite))
            }
            _ => {
                let have = cut as u32 - 16;
                let kind = WireErrorKind::EndInChunk { have, length: 5 };
                (kind, 24, Some(MessageType::LogWrite))
            }
        };
        assert_eq!(outcome.end, Err(WireError { kind, offset, message }), "cut at {cut}");
    }
}

#[test]
fn a_finished_stream_may_continue() {
    let bytes = message(0x02, b"e");
    let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
    decoder.feed(&bytes[..14]);
    assert_eq!(decoder.poll(), Ok(None));
    assert!(decoder.finish().is_err());
    decoder.feed(&bytes[14..]);
    assert_eq!(decoder.poll().unwrap().unwrap().message, Message::Serial("e".into()));
    assert_eq!(decoder.finish(), Ok(()));
    assert_eq!(decoder.offset(), 17);
}

#[test]
fn serial_appends_to_the_buffer() {
    let mut encoder = Encoder::new(Framing::Clear);
    let mut out = b"before".to_vec();
    let write = |out: &mut Vec<u8>| -> Result<(), ()> {
        out.extend_from_slice(b"call");
        Ok(())
    };
    encoder.serial(&mut out, write).unwrap();
    assert_eq!(out, [&b"before"[..], &message(0x02, b"call")].concat());
    assert_eq!(
        encoder.counters(),
        FramingCounters { bytes: 20, chunks: 2, messages: 1, ..<_>::default() }
    );
}

#[test]
fn a_failed_serial_appends_nothing() {
    for compressed in [false, true] {
        let mut encoder = Encoder::new(Framing::Clear);
        let mut out = Vec::new();
        if compressed {
            encoder.start_compression(Compression::default(), &mut out);
        }
        let (before, counters) = (out.clone(), encoder.counters());
        let failing = |out: &mut Vec<u8>| {
            out.extend_from_slice(&[7; 100]);
            Err("no")
        };
        assert_eq!(encoder.serial(&mut out, failing), Err("no"));
        assert_eq!((&out, encoder.counters()), (&before, counters));
        let serial = Message::Serial(vec![8; 100].into());
        encoder.message(&serial, &mut out);
        assert_eq!(decode_clear(&out).plain().last(), Some(&serial));
    }
}

#[test]
fn a_message_without_content_is_not_written() {
    use Message::*;
    let empty = [
        Serial("".into()),
        LogWrite("".into()),
        LogCreateWriter("".into()),
        RequestEvents(EventNames::default()),
        RemotePrint(PrintItems::default()),
    ];
    assert_eq!(encode(Framing::Clear, &empty), b"");
    let mut encoder = Encoder::new(Framing::Clear);
    let mut out = Vec::new();
    encoder.start_compression(Compression::default(), &mut out);
    for message in &empty {
        encoder.message(message, &mut out);
    }
    assert_eq!(out, stream(&[&header(0x12)]));
}

#[test]
fn small_messages_share_blocks_that_are_reused() {
    let bytes = encode(Framing::Clear, &vec![Message::Serial(vec![b'e'; 100].into()); 300]);
    let mut decoder = Decoder::new(Framing::Clear, FramingLimits::default());
    decoder.feed(&bytes);
    let mut kept = Vec::new();
    while let Some(decoded) = decoder.poll().unwrap() {
        let Message::Serial(serial) = decoded.message else { panic!("not a SERIAL") };
        kept.push(serial.as_ptr() as usize);
    }
    assert_eq!(kept.len(), 300);
    // 70 messages of 116 bytes fit a block; the next block is elsewhere.
    assert_eq!(kept[69] - kept[0], 69 * 116);
    assert_ne!(kept[70].wrapping_sub(kept[69]), 116);
}
