//! Known-answer tests in both directions, mostly from recorded sessions.

use bytes::Bytes;

use super::*;
use crate::wire::message_type::type_name;
use crate::wire::tests::*;
use crate::wire::{Framing, WireErrorKind};

/// Checks that the hex decodes to the message under all splits, and that the message encodes to it.
#[track_caller]
fn known(text: &str, expected: Message) {
    let bytes = hex::decode(text.replace(' ', "")).unwrap();
    let outcome = decode_clear(&bytes);
    assert_eq!(outcome.plain(), std::slice::from_ref(&expected));
    assert_eq!(outcome.end, Ok(()));
    assert_eq!(hex::encode(encode(Framing::Clear, &[expected])), hex::encode(bytes));
}

/// Checks that a non-canonical argument decodes to the message.
#[track_caller]
fn tolerated(number: u8, argument: &[u8], expected: Message) {
    assert_eq!(decode_clear(&message(number, argument)).plain(), [expected]);
}

/// Returns the error for an invalid argument.
#[track_caller]
fn refused(number: u8, argument: &[u8]) -> WireErrorKind {
    let error = decode_clear(&message(number, argument)).end.unwrap_err();
    assert_eq!((error.offset, error.message), (12, MessageType::from_u8(number)));
    assert_eq!(error.kind.section(), error.message.unwrap().section());
    error.kind
}

fn version(class: Option<&'static str>) -> Version {
    let class = class.map(Bytes::from);
    Version { protocol: 7, cache_size: 3000, data_format: 26, runtime: 0, class }
}

fn bytes(text: &str) -> Bytes {
    hex::decode(text).unwrap().into()
}

#[test]
fn version_of_a_bro_with_a_class() {
    known(
        "00000008 0100000000000000 00000016 00000007 00000bb8 0000001a 00000000 616c70686100",
        Message::Version(version(Some("alpha"))),
    );
}

#[test]
fn version_of_a_bro_without_class() {
    known(
        "00000008 0100000000000000 00000011 00000007 00000bb8 0000001a 00000000 00",
        Message::Version(version(Some(""))),
    );
}

#[test]
fn version_of_a_broccoli() {
    known(
        "00000008 0100000000000000 00000010 00000007 000003e8 0000001a 00000000",
        Message::Version(Version { cache_size: 1000, ..version(None) }),
    );
}

#[test]
fn version_class_ends_at_its_first_nul_or_at_the_end() {
    let start = bytes("0000000700000bb80000001a00000000");
    let with = |class: &[u8]| [&start[..], class].concat();
    tolerated(0x01, &with(b"x\0junk\0"), Message::Version(version(Some("x"))));
    tolerated(0x01, &with(b"x"), Message::Version(version(Some("x"))));
    let cut = Version { class: Some("x\0y".into()), ..version(None) };
    assert_eq!(encode(Framing::Clear, &[Message::Version(cut)]), message(0x01, &with(b"x\0")));
}

#[test]
fn version_has_at_least_sixteen_bytes() {
    for length in 1..16 {
        let error = decode_clear(&message(0x01, &vec![0; length])).end.unwrap_err();
        let text = format!(
            "VERSION: argument of {length} bytes, must be at least 16 (at byte 12 of the stream)"
        );
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn serial_of_an_event() {
    let text = "650000000362796541dac0d73194ce5700000000";
    known(&format!("00000008 0200000000000000 00000014 {text}"), Message::Serial(bytes(text)));
}

#[test]
fn request_events() {
    known(
        "00000008 0800000000000000 0000000c 63326c5f616e7900 62796500",
        Message::RequestEvents(["c2l_any", "bye"].into_iter().collect()),
    );
}

#[test]
fn request_events_skips_empty_names_and_needs_no_last_nul() {
    let names: EventNames = ["a", "b"].into_iter().collect();
    tolerated(0x08, b"a\0b", Message::RequestEvents(names.clone()));
    // This is how a Bro sees a chunk that was stored under compression.
    let outcome = decode_clear(&message(0x08, b"a\0b\0\0\0\0\0"));
    let Message::RequestEvents(padded) = &outcome.messages[0].message else { panic!() };
    assert!(padded.iter().eq(names.iter()));
    let outcome = decode_clear(&message(0x08, b"\0"));
    let Message::RequestEvents(empty) = &outcome.messages[0].message else { panic!() };
    assert!(empty.is_empty());
    assert_eq!(EventNames::from_iter(["", "a\0junk", "", "b"]), names);
    assert_eq!(format!("{names:?}"), r#"["a", "b"]"#);
}

#[test]
fn capture_filter() {
    known(
        "00000008 0c00000000000000 0000000c 74637020706f727420383000",
        Message::CaptureFilter("tcp port 80".into()),
    );
    known("00000008 0c00000000000000 00000001 00", Message::CaptureFilter("".into()));
    tolerated(0x0c, b"udp", Message::CaptureFilter("udp".into()));
    tolerated(0x0c, b"udp\0junk", Message::CaptureFilter("udp".into()));
}

#[test]
fn request_sync() {
    let text = "00000008 0d00000000000000 00000004";
    known(&format!("{text} 00000000"), Message::RequestSync { authoritative: false });
    known(&format!("{text} 00000001"), Message::RequestSync { authoritative: true });
    tolerated(0x0d, &[0x80, 0, 0, 0], Message::RequestSync { authoritative: true });
}

#[test]
fn messages_without_argument() {
    known("00000008 0e00000000000000", Message::PhaseDone);
    known("00000008 1200000000000000", Message::Compress);
    known("00000008 2000000000000000", Message::RequestLogs);
}

fn ping(layout: PingLayout) -> PingArgs {
    PingArgs {
        seq: 77,
        time1: f64::from_bits(0x41da_c0d7_c607_65ae),
        time2: f64::from_bits(0x41da_c0d7_c607_78ee),
        time3: f64::from_bits(0x3f5e_9700_0000_0000),
        layout,
    }
}

#[test]
fn ping_and_pong() {
    let times = "41dac0d7c60765ae 41dac0d7c60778ee 3f5e970000000000";
    for (number, message) in [("0f", Message::Ping as fn(_) -> _), ("10", Message::Pong)] {
        known(
            &format!("00000008 {number}00000000000000 00000020 0000004d 00000000 {times}"),
            message(ping(PingLayout::Padded32)),
        );
        known(
            &format!("00000008 {number}00000000000000 0000001c 0000004d {times}"),
            message(ping(PingLayout::Compact28)),
        );
    }
}

/// A Bro leaves the padding uninitialized.
#[test]
fn ping_padding_is_ignored() {
    let argument = bytes("000000011256000041dac0d7c67b56fc41dac0d7c67b6ae40000000000000000");
    let args = PingArgs {
        seq: 1,
        time1: f64::from_bits(0x41da_c0d7_c67b_56fc),
        time2: f64::from_bits(0x41da_c0d7_c67b_6ae4),
        time3: 0.0,
        layout: PingLayout::Padded32,
    };
    tolerated(0x0f, &argument, Message::Ping(args));
}

#[test]
fn caps() {
    known(
        "00000008 1100000000000000 0000000c 0000000d 00000000 00000000",
        Message::Caps(Caps::BRO),
    );
    let broccoli = Caps::NO_CACHING | Caps::BROCCOLI_PEER;
    known("00000008 1100000000000000 0000000c 00000012 00000000 00000000", Message::Caps(broccoli));
    tolerated(0x11, &[0, 0, 0, 13, 9, 9, 9, 9, 9, 9, 9, 9], Message::Caps(Caps::BRO));
    assert_eq!(Caps::BRO.bits(), 13);
    assert!(Caps::BRO.contains(Caps::COMPRESSION | Caps::PID_64BIT));
    assert!(!Caps::BRO.contains(Caps::COMPRESSION | Caps::NO_CACHING));
    assert_eq!(format!("{:?}", Caps::BRO), "Caps(COMPRESSION | PID_64BIT | NEW_CACHE_STRATEGY)");
    assert_eq!(format!("{:?}", Caps::from_bits(0x22)), "Caps(NO_CACHING | 0x20)");
    assert_eq!(format!("{:?}", Caps::NONE), "Caps()");
}

#[test]
fn sync_point() {
    let text = "00000008 1400000000000000 00000004";
    known(&format!("{text} 00000001"), Message::SyncPoint(SyncPoint::Point(1)));
    known(&format!("{text} ffffffff"), Message::SyncPoint(SyncPoint::Final));
}

#[test]
fn fixed_arguments_have_one_length() {
    let cases: [(u8, &[usize]); 5] =
        [(0x0d, &[4]), (0x0f, &[28, 32]), (0x10, &[28, 32]), (0x11, &[12]), (0x14, &[4])];
    for (number, right) in cases {
        let kind = MessageType::from_u8(number).unwrap();
        for length in (1..40).filter(|length| !right.contains(length)) {
            let expected = WireErrorKind::ArgumentLength { message: kind, length: length as u64 };
            assert_eq!(refused(number, &vec![0; length]), expected);
        }
    }
}

#[test]
fn remote_print() {
    let item = |file, text| PrintItem { file, text };
    let items = [
        item(&b"/dev/stdout"[..], &b"peer\\x09bro\\x09"[..]),
        item(b"printed.txt", b"a line for the file"),
        item(b"printed.txt", b""),
    ];
    known(
        concat!(
            "00000008 1700000000000000 00000049 ",
            "2f6465762f7374646f757400 706565725c78303962726f5c78303900 ",
            "7072696e7465642e74787400 61206c696e6520666f72207468652066696c6500 ",
            "7072696e7465642e74787400 00",
        ),
        Message::RemotePrint(items.into_iter().collect()),
    );
    let collected: PrintItems = items.into_iter().collect();
    assert!(collected.iter().eq(items));
}

/// Bytes after a NUL are ignored, so the bytes before it must not keep them in memory.
#[test]
fn ignored_bytes_are_not_kept() {
    let filter = [&b"tcp\0"[..], &[b'x'; 1000]].concat();
    let version = [&[0; 16][..], b"class\0", &[b'x'; 1000]].concat();
    for (kind, argument) in [(MessageType::CaptureFilter, filter), (MessageType::Version, version)]
    {
        let argument = Bytes::from(argument);
        let message = Message::decode(kind, argument.clone()).unwrap();
        match &message {
            Message::CaptureFilter(filter) => assert_eq!(filter, "tcp"),
            Message::Version(version) => assert_eq!(version.class.as_deref(), Some(&b"class"[..])),
            other => panic!("{other:?}"),
        }
        assert!(argument.is_unique(), "{message:?}");
    }
}

#[test]
fn remote_print_needs_pairs_but_no_last_nul() {
    let items = |pairs: &[[&'static str; 2]]| {
        let item = |[file, text]: &[&'static str; 2]| PrintItem {
            file: file.as_bytes(),
            text: text.as_bytes(),
        };
        Message::RemotePrint(pairs.iter().map(item).collect())
    };
    tolerated(0x17, b"f\0t", items(&[["f", "t"]]));
    tolerated(0x17, b"f\0\0", items(&[["f", ""]]));
    tolerated(0x17, b"\0\0", items(&[["", ""]]));
    tolerated(0x17, b"f\0t\0\0\0", items(&[["f", "t"], ["", ""]]));
    for argument in [&b"f"[..], b"f\0", b"\0", b"f\0t\0g", b"f\0t\0g\0"] {
        assert_eq!(refused(0x17, argument), WireErrorKind::PrintWithoutText);
    }
    assert_eq!(PrintItems::default().iter().count(), 0);
    let cut = PrintItem { file: b"f\0x", text: b"t\0x" };
    let cut = Message::RemotePrint([cut].into_iter().collect());
    assert_eq!(cut, items(&[["f", "t"]]));
    assert_eq!(format!("{cut:?}"), r#"RemotePrint([PrintItem { file: "f", text: "t" }])"#);
}

#[test]
fn log_messages() {
    let writer = concat!(
        "0000000e0000000100000003000000046d696e690000000000000000000000000000000041dac0d81f0e956c",
        "000000000000000002747300000006000000000000000000036d736700000008000000000000000000016e00",
        "0000020000000001",
    );
    known(
        &format!("00000008 1800000000000000 00000060 {writer}"),
        Message::LogCreateWriter(bytes(writer)),
    );
    // The start of a recorded entry.
    let entry = "0000001b0000000100000004687474700000001d000000060141dac0d911d65604";
    known(&format!("00000008 1900000000000000 00000021 {entry}"), Message::LogWrite(bytes(entry)));
}

#[test]
fn types_have_numbers_names_and_sections() {
    for (place, kind) in MessageType::ALL.iter().copied().enumerate() {
        assert_eq!(MessageType::from_u8(kind as u8), Some(kind));
        assert_eq!(kind.section(), format!("§2.{}", place + 1));
        assert_eq!(kind.to_string(), kind.name());
        assert_eq!(type_name(kind as u8), Some(kind.name()));
    }
    let known = (0..=u8::MAX).filter(|number| MessageType::from_u8(*number).is_some());
    assert_eq!(known.count(), 15);
    let named = (0..=u8::MAX).filter(|number| type_name(*number).is_some());
    assert_eq!(named.count(), 15 + 11);
}
