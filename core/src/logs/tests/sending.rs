//! How entries are batched and writers announced.

use std::time::Duration;

use crate::Time;
use crate::data::{Name, TypeTag};
use crate::logs::{
    LOG_BATCH, LOG_DELAY, LogField, LogSender, LogStream, LogStreams, LogValue, LogWriter,
    Mismatch, StreamError,
};
use crate::wire::Message;

const NOW: Time = Time::from_nanos(1_500_000_000_000_000_000);
/// What an entry of the stream takes besides its text.
const AROUND: usize = 4 + 4 + (4 + 4) + 4 + (4 + 1 + 4);

fn streams() -> LogStreams {
    let mut streams = LogStreams::new();
    let fields = vec![LogField::new("msg", TypeTag::String)];
    streams.declare(LogStream::new(14, "mini", fields)).unwrap();
    streams.declare(LogStream::new(15, "flag", vec![LogField::new("b", TypeTag::Bool)])).unwrap();
    streams
}

/// Writes an entry that takes so many bytes.
fn write(streams: &mut LogStreams, sender: &mut LogSender, bytes: usize, now: Time) {
    let text = "x".repeat(bytes - AROUND);
    let entry = streams.write(14, &[LogValue::string(text)], now).unwrap();
    assert_eq!(entry.as_bytes().len(), bytes);
    sender.write(&entry, now);
}

/// What is sent: the path of an announcement, or the size of a batch.
fn sent(sender: &mut LogSender, now: Time) -> Vec<Result<Name, usize>> {
    std::iter::from_fn(|| sender.poll_message(now))
        .map(|message| match message {
            Message::LogCreateWriter(argument) => Ok(LogWriter::decode(&argument).unwrap().path),
            Message::LogWrite(argument) => Err(argument.len()),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn mini() -> Result<Name, usize> {
    Ok("mini".into())
}

#[test]
fn a_batch_takes_50_kib() {
    let (mut streams, mut sender) = (streams(), LogSender::new());
    write(&mut streams, &mut sender, 100, NOW);
    write(&mut streams, &mut sender, LOG_BATCH - 100, NOW);
    assert_eq!(sent(&mut sender, NOW), [mini()]);
    write(&mut streams, &mut sender, 100, NOW);
    assert_eq!(sent(&mut sender, NOW), [Err(LOG_BATCH)]);
    sender.flush();
    sender.flush();
    assert_eq!(sent(&mut sender, NOW), [Err(100)]);
}

#[test]
fn what_is_longer_goes_alone() {
    let (mut streams, mut sender) = (streams(), LogSender::new());
    write(&mut streams, &mut sender, 100, NOW);
    write(&mut streams, &mut sender, LOG_BATCH + 1, NOW);
    assert_eq!(sent(&mut sender, NOW), [mini(), Err(100), Err(LOG_BATCH + 1)]);
    assert_eq!(sender.next_timeout(), None);
    write(&mut streams, &mut sender, LOG_BATCH, NOW);
    assert_eq!(sent(&mut sender, NOW), []);
}

#[test]
fn an_entry_waits_a_second() {
    let (mut streams, mut sender) = (streams(), LogSender::new());
    assert_eq!(sender.next_timeout(), None);
    write(&mut streams, &mut sender, 100, NOW);
    let half = NOW + LOG_DELAY / 2;
    write(&mut streams, &mut sender, 50, half);
    assert_eq!(sent(&mut sender, half), [mini()]);
    let due = NOW + LOG_DELAY;
    assert_eq!(sender.next_timeout(), Some(due));
    assert_eq!(sent(&mut sender, Time::from_nanos(due.as_nanos() - 1)), []);
    assert_eq!(sent(&mut sender, due), [Err(150)]);
    assert_eq!(sender.next_timeout(), None);

    // Without a poll the next entry notices.
    write(&mut streams, &mut sender, 100, due);
    let later = due + Duration::from_secs(3);
    write(&mut streams, &mut sender, 70, later);
    assert_eq!(sent(&mut sender, later), [Err(100)]);
    assert_eq!(sender.next_timeout(), Some(later + LOG_DELAY));
    // Time that goes back changes nothing.
    assert_eq!(sent(&mut sender, NOW), []);
}

#[test]
fn writers_come_up_with_their_first_entry_and_are_announced_once() {
    let mut streams = streams();
    let (mut early, mut late) = (LogSender::new(), LogSender::new());
    early.announce(&streams);
    assert_eq!(sent(&mut early, NOW), []);

    write(&mut streams, &mut early, 100, NOW);
    let other = Name::from("mini-2");
    let entry = streams.write_to(14, &other, &[LogValue::string("x")], NOW).unwrap();
    assert_eq!(entry.writer().network_time, NOW.as_secs_f64());
    let flag = Time::from_nanos(2_000_000_000_000_000_000);
    streams.write(15, &[LogValue::Bool(true)], flag).unwrap();
    let paths: Vec<_> = streams.writers().map(|active| active.writer.path.clone()).collect();
    assert_eq!(paths, ["mini", "mini-2", "flag"]);

    late.announce(&streams);
    write(&mut streams, &mut late, 100, NOW);
    late.announce(&streams);
    late.flush();
    assert_eq!(sent(&mut late, NOW), [mini(), Ok("mini-2".into()), Ok("flag".into()), Err(100)]);
    let entry = streams.write(15, &[LogValue::Bool(false)], NOW).unwrap();
    early.write(&entry, NOW);
    early.flush();
    assert_eq!(sent(&mut early, NOW).len(), 3);
    early.announce(&streams);
    assert_eq!(sent(&mut early, NOW), [Ok("mini-2".into())]);
}

#[test]
fn what_waits_is_counted() {
    let (mut streams, mut sender) = (streams(), LogSender::new());
    write(&mut streams, &mut sender, LOG_BATCH + 1, NOW);
    let queued = sender.queued();
    let Some(Message::LogCreateWriter(announcement)) = sender.poll_message(NOW) else {
        panic!("no announcement")
    };
    assert_eq!(queued, announcement.len() + LOG_BATCH + 1);
    let _ = sender.poll_message(NOW);
    assert_eq!(sender.queued(), 0);
}

#[test]
fn entries_fit_their_stream() {
    let mut streams = streams();
    let (expected, found) = (TypeTag::String, TypeTag::Count);
    let mismatch = |mismatch: Mismatch| {
        let column = mismatch.column().map(|_| "msg".into());
        StreamError::Mismatch { stream: 14, column, mismatch }
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
fn values_become_what_their_columns_hold() {
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
        Err("entry for log stream 14, n: value of type int in column 0 of type count".to_owned())
    );
    assert_eq!(
        write(five.clone(), two.clone(), three.clone(), text(), text()),
        Err("entry for log stream 14, list: element of type string in column 3 with elements of \
             type count"
            .to_owned())
    );
    assert_eq!(
        write(five, two, three, vec![], vec![LogValue::Enum("x".into())]),
        Err("entry for log stream 14, names: element of type enum in column 4 with elements of \
             type string"
            .to_owned())
    );
}

#[test]
fn what_would_end_the_receivers_connection_is_not_sent() {
    let mut streams = streams();
    let fields = vec![LogField::vector("v", TypeTag::String)];
    streams.declare(LogStream::new(16, "v", fields)).unwrap();
    for inner in [LogValue::Set(vec![]), LogValue::Vector(vec![]), LogValue::Unset(TypeTag::Table)]
    {
        let (column, found) = (0, inner.tag());
        let entry = [LogValue::Vector(vec![LogValue::string("a"), inner])];
        let mismatch = Mismatch::Nested { column, found };
        let error = StreamError::Mismatch { stream: 16, column: Some("v".into()), mismatch };
        assert_eq!(streams.write(16, &entry, NOW).map(drop), Err(error));
    }
}

#[test]
fn streams_are_declared_once_and_soundly() {
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
