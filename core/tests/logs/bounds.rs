//! Log messages that a receiver rejects, and entries that it drops.

use brocomm::Time;
use brocomm::data::TypeTag;
use brocomm::logs::{LogField, LogStream, LogStreams, LogValue};
use brocomm::lowlevel::logs::{
    Announced, DroppedEntry, LogErrorKind, LogLimits, LogReceiver, LogWriter, Mismatch,
    ReceivedEntry,
};
use brocomm::lowlevel::wire::MessageType;
use bytes::Bytes;

use super::properties::announced;

/// An entry with one column. The value is given in hex.
fn entry_of(value: &str) -> Bytes {
    Bytes::from(
        hex::decode(format!("00000007000000010000000161 00000001{value}").replace(' ', ""))
            .unwrap(),
    )
}

/// LOG_WRITEs with one invalid entry, and the error for each.
pub(crate) fn values() -> Vec<(Bytes, LogErrorKind)> {
    use LogErrorKind as Kind;
    let cases = [
        // Types: an unknown number, a type that logs do not support, a set in a vector.
        ("0000001a 01", Kind::BadType(26)),
        ("ffffffff 00", Kind::BadType(-1)),
        ("00000012 01", Kind::BadType(18)),
        ("00000000 01", Kind::BadType(0)),
        ("00000016 01 0000000000000001 00000010 01", Kind::Nested(TypeTag::Table)),
        // Address families, protocols, ports, subnet widths.
        ("0000000d 01 05 01020304", Kind::BadFamily(5)),
        ("0000000e 01 78 00 01020304", Kind::BadFamily(0)),
        ("0000000c 01 0000000000000050 00000004", Kind::BadTransport(4)),
        ("0000000c 01 0000000000010000 00000001", Kind::BadPort(65536)),
        ("0000000e 01 18 04 0a000000", Kind::BadWidth { width: 24, least: 96 }),
        ("0000000e 01 81 04 0a000000", Kind::BadWidth { width: 129, least: 96 }),
        (
            "0000000e 01 81 06 00000000000000000000000000000000",
            Kind::BadWidth { width: 129, least: 0 },
        ),
        // Numbers of elements, lengths of strings.
        ("00000010 01 0000000000000001", Kind::TooManyElements { count: 1, left: 0 }),
        ("00000010 01 ffffffffffffffff", Kind::TooManyElements { count: -1, left: 0 }),
        ("00000016 01 7fffffffffffffff 0000", Kind::TooManyElements { count: i64::MAX, left: 2 }),
        ("00000008 01 ffffffff 00", Kind::Truncated { wanted: u32::MAX - 1 }),
    ];
    cases.map(|(value, kind)| (entry_of(value), kind)).into()
}

#[test]
fn invalid_entries_are_rejected() {
    for (argument, kind) in values() {
        let receiver = LogReceiver::default();
        let mut entries = receiver.entries(&argument);
        let error = entries.next().unwrap().unwrap_err();
        assert_eq!((error.kind, error.message), (kind, MessageType::LogWrite), "{argument:?}");
        assert!(entries.next().is_none());
    }
}

fn one_option_and_column() -> (LogWriter, Vec<u8>) {
    let writer = LogWriter {
        stream: 1,
        writer: 1,
        path: "x".into(),
        rotation_base: 0.0,
        rotation_interval: 0.0,
        network_time: 0.0,
        options: vec![("tsv".into(), Bytes::from("T"))],
        fields: vec![LogField::new("a", TypeTag::Count)],
    };
    let mut argument = Vec::new();
    writer.encode(&mut argument);
    (writer, argument)
}

/// Invalid LOG_CREATE_WRITERs, and the error for each.
pub(crate) fn announcements() -> Vec<(Bytes, LogErrorKind)> {
    let (_, argument) = one_option_and_column();
    let with = |at: usize, number: u32| {
        let mut changed = argument.clone();
        changed[at..at + 4].copy_from_slice(&number.to_be_bytes());
        Bytes::from(changed)
    };
    let left = argument.len() as u32;
    let too_many = |left| LogErrorKind::TooManyElements { count: u32::MAX.into(), left };
    let ty = argument.len() - 9;
    vec![
        ([&argument[..], b"\0"].concat().into(), LogErrorKind::LeftOver { left: 1 }),
        // Columns, options, and the type of the column at the end.
        (with(8, u32::MAX), too_many(15)),
        (with(41, u32::MAX), too_many(left - 45)),
        (with(ty, 18), LogErrorKind::BadType(18)),
        (with(ty, 300), LogErrorKind::BadType(300)),
        (with(ty + 4, 26), LogErrorKind::BadType(26)),
    ]
}

#[test]
fn invalid_announcements_are_rejected() {
    let (writer, argument) = one_option_and_column();
    assert_eq!(LogWriter::decode(&argument.into()), Ok(writer));
    for (argument, kind) in announcements() {
        let error = LogWriter::decode(&argument).unwrap_err();
        assert_eq!((error.kind, error.message), (kind, MessageType::LogCreateWriter));
    }
}

fn announcement(path: &str) -> Bytes {
    let mut streams = LogStreams::new();
    let fields = vec![LogField::new("a", TypeTag::Count)];
    streams.declare(LogStream::new(7, path, fields)).unwrap();
    let mut argument = Vec::new();
    streams.write(7, &[LogValue::Count(1)], Time::EPOCH).unwrap().writer().encode(&mut argument);
    argument.into()
}

#[test]
fn writers_are_bounded() {
    let mut receiver = LogReceiver::new(LogLimits { writers: 2, ..LogLimits::default() });
    assert!(matches!(receiver.announce(&announcement("a")), Ok(Announced::New(_))));
    assert!(matches!(receiver.announce(&announcement("a")), Ok(Announced::Again(_))));
    assert!(matches!(receiver.announce(&announcement("b")), Ok(Announced::New(_))));
    let error = receiver.announce(&announcement("c")).unwrap_err();
    assert_eq!(error.kind, LogErrorKind::TooManyWriters { limit: 2 });
    assert_eq!(
        error.to_string(),
        "LOG_CREATE_WRITER: more than 2 writers (at byte 0 of the argument)"
    );
    assert!(matches!(receiver.announce(&announcement("b")), Ok(Announced::Again(_))));
    assert_eq!(receiver.writers().count(), 2);

    let (first, second) = (announcement("a"), announcement("b"));
    let bytes = (first.len() + second.len()) as u32;
    for (announced, fits) in [(bytes, true), (bytes - 1, false)] {
        let mut receiver = LogReceiver::new(LogLimits { announced, ..LogLimits::default() });
        receiver.announce(&first).unwrap();
        let result = receiver.announce(&second);
        let limit = announced;
        let error = LogErrorKind::AnnouncedTooMuch { bytes: bytes.into(), limit };
        assert_eq!(result.is_ok(), fits);
        if let Err(refused) = result {
            assert_eq!(refused.kind, error);
        }
    }
}

#[test]
fn values_are_bounded() {
    let elements = |number| LogValue::Vector(vec![LogValue::Count(1); number]);
    let values = [elements(3), LogValue::Count(1), elements(4)];
    let (_, entry) = announced(&values);
    let argument = Bytes::from(entry);
    for (limit, fits) in [(10, true), (9, false)] {
        let receiver = LogReceiver::new(LogLimits { values: limit, ..LogLimits::default() });
        let received = receiver.entries(&argument).next().unwrap();
        let error = LogErrorKind::TooManyValues { count: 10, limit };
        assert_eq!(received.map(drop).map_err(|e| e.kind), if fits { Ok(()) } else { Err(error) });
    }
}

#[test]
fn an_entry_without_a_matching_writer_is_dropped_alone() {
    let (receiver, good) = announced(&[LogValue::Count(1), LogValue::string("x")]);
    let other = |path: &str, values: &[LogValue]| {
        let fields = values.iter().map(|value| LogField::new("x", value.tag())).collect();
        let mut streams = LogStreams::new();
        streams.declare(LogStream::new(7, path, fields)).unwrap();
        streams.write(7, values, Time::EPOCH).unwrap().as_bytes().to_vec()
    };
    let argument = Bytes::from(
        [
            good.clone(),
            other("none", &[LogValue::Count(1), LogValue::string("x")]),
            good.clone(),
            other("any", &[LogValue::Count(1)]),
            other("any", &[LogValue::Count(1), LogValue::Count(1)]),
            good,
        ]
        .concat(),
    );
    let outcome = |received| match received {
        Ok(ReceivedEntry::Entry(_)) => None,
        Ok(ReceivedEntry::Dropped(dropped)) => {
            let DroppedEntry { stream, writer, why, .. } = *dropped;
            assert_eq!((stream, writer), (7, 1));
            Some(why)
        }
        other => panic!("{other:?}"),
    };
    let outcomes: Vec<_> = receiver.entries(&argument).map(outcome).collect();
    let (expected, found) = (TypeTag::String, TypeTag::Count);
    assert_eq!(
        outcomes,
        [
            None,
            Some(Mismatch::UnknownWriter),
            None,
            Some(Mismatch::Count { values: 1, columns: 2 }),
            Some(Mismatch::Type { column: 1, expected, found }),
            None,
        ]
    );
}
