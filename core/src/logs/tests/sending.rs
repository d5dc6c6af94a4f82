//! Tests of streams and of their writers.

use crate::Time;
use crate::data::{Name, TypeTag};
use crate::logs::{LogField, LogStream, LogStreams, LogValue, LogWriter, Mismatch, StreamError};

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);

fn streams() -> LogStreams {
    let mut streams = LogStreams::new();
    let fields = vec![LogField::new("msg", TypeTag::String)];
    streams.declare(LogStream::new(14, "mini", fields)).unwrap();
    streams.declare(LogStream::new(15, "flag", vec![LogField::new("b", TypeTag::Bool)])).unwrap();
    streams
}

#[test]
fn writers_are_created_with_their_first_entry() {
    let mut streams = streams();
    assert_eq!(streams.writers().count(), 0);
    let text = [LogValue::string("x")];
    streams.write(14, &text, NOW).unwrap();
    let entry = streams.write_at(14, Some(&Name::from("mini-2")), &text, NOW).unwrap();
    assert_eq!(entry.writer().network_time, NOW.as_secs_f64());
    let flag = Time::from_nanos(2_000_000_000_000_000_000);
    streams.write(15, &[LogValue::Bool(true)], flag).unwrap();
    streams.write(14, &text, flag).unwrap();
    let announced = streams.writers().map(|up| LogWriter::decode(up.announcement()).unwrap());
    let announced: Vec<_> = announced.map(|writer| (writer.path, writer.network_time)).collect();
    let (now, flag) = (NOW.as_secs_f64(), flag.as_secs_f64());
    assert_eq!(announced, [("mini".into(), now), ("mini-2".into(), now), ("flag".into(), flag)]);
}

#[test]
fn entries_that_do_not_match_the_columns_are_errors() {
    let mut streams = streams();
    let (expected, found) = (TypeTag::String, TypeTag::Count);
    let mismatch = |mismatch: Mismatch| {
        let column = mismatch.column().map(|_| "msg".into());
        StreamError::Mismatch { path: "mini".into(), column, mismatch }
    };
    let cases = [
        (13, vec![LogValue::string("x")], StreamError::Unknown { stream: 13 }),
        (14, vec![], mismatch(Mismatch::Count { values: 0, columns: 1 })),
        (14, vec![LogValue::Count(1)], mismatch(Mismatch::Type { column: 0, expected, found })),
        (
            14,
            vec![LogValue::Unset(TypeTag::Count)],
            mismatch(Mismatch::Type { column: 0, expected, found }),
        ),
    ];
    for (stream, values, error) in cases {
        assert_eq!(streams.write(stream, &values, NOW).map(drop), Err(error));
    }
    assert_eq!(streams.writers().count(), 0);
    assert!(streams.write(14, &[LogValue::Unset(TypeTag::String)], NOW).is_ok());
}

#[test]
fn values_are_coerced_to_the_types_of_columns() {
    let mut streams = LogStreams::new();
    let fields = vec![
        LogField::new("n", TypeTag::Count),
        LogField::new("rate", TypeTag::Double),
        LogField::new("delta", TypeTag::Int),
        LogField::vector("list", TypeTag::Count),
        LogField::set("names", TypeTag::String),
    ];
    streams.declare(LogStream::new(14, "mini", fields)).unwrap();
    let mut write = |n, rate, delta, list, names| {
        let values = [n, rate, delta, LogValue::Vector(list), LogValue::Set(names)];
        let written = streams.write(14, &values, NOW).map(|entry| entry.as_bytes().to_vec());
        written.map_err(|error| error.to_string())
    };
    let text = || vec![LogValue::string("x")];
    let exact = write(
        LogValue::Count(5),
        LogValue::Double(2.0),
        LogValue::Int(3),
        vec![LogValue::Count(1)],
        text(),
    );
    let other = write(
        LogValue::Int(5),
        LogValue::Count(2),
        LogValue::Counter(3),
        vec![LogValue::Int(1)],
        text(),
    );
    assert!(exact.is_ok());
    assert_eq!(other, exact);
    let (five, two, three) = (LogValue::Count(5), LogValue::Double(2.0), LogValue::Int(3));
    assert_eq!(
        write(LogValue::Int(-5), two.clone(), three.clone(), vec![], text()),
        Err("entry for log mini, column n: value of type int in column 0 of type count".to_owned())
    );
    assert_eq!(
        write(five.clone(), two.clone(), three.clone(), text(), text()),
        Err(
            "entry for log mini, column list: element of type string in column 3 with elements of \
             type count"
                .to_owned()
        )
    );
    assert_eq!(
        write(five, two, three, vec![], vec![LogValue::Enum("x".into())]),
        Err("entry for log mini, column names: element of type enum in column 4 with elements of \
             type string"
            .to_owned())
    );
}

#[test]
fn nested_containers_are_not_sent() {
    let mut streams = streams();
    let fields = vec![LogField::vector("v", TypeTag::String)];
    streams.declare(LogStream::new(16, "v", fields)).unwrap();
    for inner in [LogValue::Set(vec![]), LogValue::Vector(vec![]), LogValue::Unset(TypeTag::Table)]
    {
        let (column, found) = (0, inner.tag());
        let entry = [LogValue::Vector(vec![LogValue::string("a"), inner])];
        let mismatch = Mismatch::Nested { column, found };
        let error = StreamError::Mismatch { path: "v".into(), column: Some("v".into()), mismatch };
        assert_eq!(streams.write(16, &entry, NOW).map(drop), Err(error));
    }
}

#[test]
fn duplicate_streams_and_invalid_columns_are_errors() {
    let mut streams = streams();
    let again = LogStream::new(14, "other", vec![LogField::new("x", TypeTag::Count)]);
    assert_eq!(streams.declare(again), Err(StreamError::Declared { stream: 14 }));
    let fields = [
        LogField::new("x", TypeTag::Pattern),
        LogField::new("x", TypeTag::Table),
        LogField::set("x", TypeTag::Table),
        LogField::vector("x", TypeTag::Void),
        LogField { subtype: TypeTag::Count, ..LogField::new("x", TypeTag::Count) },
    ];
    for field in fields {
        let LogField { name, ty, subtype, .. } = field.clone();
        let error = StreamError::BadField { name, ty, subtype };
        assert_eq!(streams.declare(LogStream::new(16, "x", vec![field])), Err(error));
    }
    assert_eq!(streams.streams().map(|stream| stream.number).collect::<Vec<_>>(), [14, 15]);
}
