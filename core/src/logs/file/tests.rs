use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::data::TypeTag;
use crate::logs::LogField;

/// The beginning of a day.
const DAY: Time = Time::from_nanos(20_000 * 86_400 * 1_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

fn writer(path: &str) -> Arc<LogWriter> {
    Arc::new(LogWriter {
        stream: 1,
        writer: 1,
        path: path.into(),
        rotation_base: 0.0,
        rotation_interval: 0.0,
        network_time: 0.0,
        options: vec![("tsv".into(), Bytes::from("T"))],
        fields: vec![LogField::new("n", TypeTag::Count)],
    })
}

fn file(rotation: Rotation) -> LogFile {
    LogFile::new(writer("conn"), &LogFormat::default(), rotation, DAY).unwrap()
}

fn entry(file: &mut LogFile, now: Time) -> (bool, String) {
    let mut out = Vec::new();
    let new = file.entry(&[LogValue::Count(7)], now, &mut out);
    (new, String::from_utf8(out).unwrap())
}

#[test]
fn a_file_begins_with_its_header_once() {
    let mut file = file(Rotation::default());
    let mut out = Vec::new();
    assert!(file.open(DAY, &mut out));
    assert_eq!(out, b"n\n");
    assert!(!file.open(DAY, &mut out));
    assert_eq!(entry(&mut file, DAY), (false, "7\n".to_owned()));
    assert_eq!(file.next_timeout(), None);
    assert_eq!(file.rotate(DAY + HOUR * 99, &mut out), None);
    assert_eq!(file.finish(DAY, &mut out), None);
    assert_eq!(out, b"n\n");
}

#[test]
fn a_file_is_rotated_when_it_is_due() {
    let mut file = file(Rotation::every(HOUR));
    let mut out = Vec::new();
    assert_eq!(entry(&mut file, DAY), (true, "n\n7\n".to_owned()));
    let due = DAY + HOUR;
    assert_eq!(file.next_timeout(), Some(due));
    assert_eq!(file.rotate(Time::from_nanos(due.as_nanos() - 1), &mut out), None);
    assert_eq!(file.rotate(due, &mut out).as_deref(), Some("conn.2024-10-04-00-00-00.log"));
    // Nothing was written for an hour, so there is no file; the next is named after that hour.
    assert_eq!(file.next_timeout(), Some(due + HOUR));
    assert_eq!(file.rotate(due + HOUR, &mut out), None);
    assert_eq!(entry(&mut file, due + HOUR * 3 / 2), (true, "n\n7\n".to_owned()));
    let name = file.finish(due + HOUR * 2, &mut out);
    assert_eq!(name.as_deref(), Some("conn.2024-10-04-02-00-00.log"));
    assert_eq!(out, b"");
}

#[test]
fn a_closed_file_has_its_last_line() {
    let writer = Arc::new(LogWriter { options: Vec::new(), ..(*writer("conn")).clone() });
    let hourly = Rotation::every(HOUR);
    let mut file = LogFile::new(writer, &LogFormat::default(), hourly, DAY).unwrap();
    assert!(file.open(DAY, &mut Vec::new()));
    let mut out = Vec::new();
    assert!(file.clone().rotate(DAY + HOUR, &mut out).is_some());
    assert_eq!(out, b"#close\t2024-10-04-01-00-00\n");
    out.clear();
    assert!(file.finish(DAY, &mut out).is_some());
    assert_eq!(out, b"#close\t2024-10-04-00-00-00\n");
}

#[test]
fn times_of_day_are_those_of_the_clock() {
    // The offset is one hour until an hour after midnight UTC, then two.
    let clock = |now: Time| if now < DAY + HOUR { 3600 } else { 7200 };
    let writer = Arc::new(LogWriter { options: Vec::new(), ..(*writer("conn")).clone() });
    let daily = Rotation::every(HOUR * 24);
    let file = LogFile::new(writer, &LogFormat::default(), daily, DAY).unwrap();
    let mut file = file.on_clock(clock);
    let mut out = Vec::new();
    assert!(file.open(DAY, &mut out));
    assert!(String::from_utf8_lossy(&out).contains("#open\t2024-10-04-01-00-00\n"));
    // Midnight by the offset at the beginning; from then on by the new offset.
    let due = DAY + HOUR * 23;
    assert_eq!(file.next_timeout(), Some(due));
    out.clear();
    assert_eq!(file.rotate(due, &mut out).as_deref(), Some("conn.2024-10-04-01-00-00.log"));
    assert_eq!(out, b"#close\t2024-10-05-01-00-00\n");
    assert_eq!(file.next_timeout(), Some(DAY + HOUR * 46));
}

#[test]
fn a_file_can_have_a_number() {
    let file = file(Rotation::every(HOUR)).numbered(2);
    assert_eq!(file.name(), "conn-2.log");
    let mut out = Vec::new();
    let mut open = file.clone();
    assert!(open.open(DAY, &mut out));
    let rotated = open.rotate(DAY + HOUR, &mut out);
    assert_eq!(rotated.as_deref(), Some("conn-2.2024-10-04-00-00-00.log"));
    assert_eq!(file.numbered(3).name(), "conn-3.log");
    let (format, rotation) = (LogFormat::default(), Rotation::default());
    let file = LogFile::new(writer("a/b"), &format, rotation, DAY).unwrap();
    assert_eq!(file.name(), "a%2Fb.log");
    assert_eq!(file.numbered(2).name(), "a%2Fb-2.log");
}

#[test]
fn numbers_are_mapped_to_names() {
    let text = "# of sensor 3\nstream 12 Communication::LOG # sic\n\n writer\t2 Log::WRITER_X\n";
    let names = LogNames::parse(text).unwrap();
    assert_eq!(names.stream(12), "Communication::LOG");
    assert_eq!(names.stream(13), "log-13");
    assert_eq!(names.stream(-1), "log--1");
    assert_eq!(names.writer(1), "Log::WRITER_ASCII");
    assert_eq!(names.writer(2), "Log::WRITER_X");
    assert_eq!(names.writer(3), "Log::WRITER_SQLITE");
    assert_eq!(names.writer(4), "writer-4");
    assert_eq!(LogNames::default().writer(2), "Log::WRITER_NONE");
}

#[test]
fn an_invalid_line_is_an_error() {
    for text in ["stream 12", "\nstreams 12 x", "stream x y", "writer 1 a b", "stream 2147483648 x"]
    {
        let line = if text.starts_with('\n') { 2 } else { 1 };
        assert_eq!(LogNames::parse(text), Err(LogNamesError { line }), "{text:?}");
    }
}
