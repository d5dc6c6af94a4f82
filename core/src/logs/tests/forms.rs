//! Log values of Bro 2.6, which announces the data format of 2.5 (2§13).

use bytes::Bytes;

use crate::Time;
use crate::data::TypeTag;
use crate::logs::writer::entry_in;
use crate::logs::writer::{Usual, WithSubtypes};
use crate::logs::{
    Announced, LogField, LogReceiver, LogStream, LogStreams, LogValue, ReceivedEntry,
};

fn fields() -> Vec<LogField> {
    vec![
        LogField::new("n", TypeTag::Count).optional(),
        LogField::set("s", TypeTag::String),
        LogField::new("b", TypeTag::Bool),
    ]
}

fn receiver(fields: Vec<LogField>) -> LogReceiver {
    let mut streams = LogStreams::new();
    let unset: Vec<_> = fields.iter().map(|field| LogValue::Unset(field.ty)).collect();
    streams.declare(LogStream::new(7, "x", fields)).unwrap();
    let announcement =
        streams.write(7, &unset, Time::EPOCH).unwrap().active_writer().announcement().clone();
    let mut receiver = LogReceiver::default();
    assert!(matches!(receiver.announce(&announcement), Ok(Announced::New(_))));
    receiver
}

fn entries() -> Vec<Vec<LogValue>> {
    let set = |items: &[&str]| LogValue::Set(items.iter().map(LogValue::string).collect());
    vec![
        vec![LogValue::Count(5), set(&["a", "b"]), LogValue::Bool(true)],
        vec![LogValue::Unset(TypeTag::Count), set(&[]), LogValue::Bool(false)],
    ]
}

fn with_subtypes(entries: &[Vec<LogValue>]) -> Bytes {
    let mut bytes = Vec::new();
    for values in entries {
        entry_in::<WithSubtypes>(7, 1, b"x", values, &mut bytes);
    }
    bytes.into()
}

fn without_subtypes(entries: &[Vec<LogValue>]) -> Bytes {
    let mut bytes = Vec::new();
    entries.iter().for_each(|values| entry_in::<Usual>(7, 1, b"x", values, &mut bytes));
    bytes.into()
}

/// Reads messages as a connection does.
fn read(receiver: &mut LogReceiver, message: Bytes) -> Vec<Vec<LogValue>> {
    let mut unread = receiver.begin(message);
    let mut all = Vec::new();
    while let Some(received) = receiver.next(&mut unread) {
        match received {
            Ok(ReceivedEntry::Entry(entry)) => all.push(entry.values.into()),
            Ok(ReceivedEntry::Dropped(_)) => {}
            Err(_) => break,
        }
    }
    all
}

#[test]
fn the_layout_is_detected_and_remembered() {
    for encode in [with_subtypes, without_subtypes] {
        let mut receiver = receiver(fields());
        for number in [1, 2] {
            let some = &entries()[..number];
            assert_eq!(read(&mut receiver, encode(some)), some);
            // An application that reads a recording calls `entries` for each message.
            let read = receiver.entries(&encode(some)).collect::<Result<Vec<_>, _>>().unwrap();
            assert!(read.iter().all(|read| matches!(read, ReceivedEntry::Entry(_))));
        }
    }
    // Once the layout is known, entries in the other one are errors or match no writer.
    let mut receiver = receiver(fields());
    read(&mut receiver, without_subtypes(&entries()));
    assert!(read(&mut receiver, with_subtypes(&entries())).is_empty());
}

#[test]
fn an_entry_without_values_does_not_determine_the_layout() {
    let mut receiver = receiver(fields());
    let mut bytes = Vec::new();
    entry_in::<Usual>(7, 1, b"gone", &[], &mut bytes);
    assert!(read(&mut receiver, bytes.into()).is_empty());
    assert_eq!(read(&mut receiver, with_subtypes(&entries())), entries());

    let mut empty = self::receiver(Vec::new());
    assert_eq!(read(&mut empty, without_subtypes(&[vec![]])), [vec![]]);
    assert!(empty.is_undecided());
}

#[test]
fn truncated_entries_do_not_panic() {
    let good = without_subtypes(&entries());
    for length in 0..good.len() {
        let mut receiver = receiver(fields());
        read(&mut receiver, good.slice(..length));
        let mut receiver = self::receiver(fields());
        read(&mut receiver, with_subtypes(&entries()).slice(..length));
    }
}
