//! Shared fixtures of log tests.

use brocomm::data::TypeTag;
use brocomm::logs::{LogField, LogStream, LogStreams, LogValue};
use brocomm::lowlevel::wire::Message;
use brocomm::node::{Notification, Options};
use bytes::Bytes;

use super::support::*;

pub(crate) const STREAM: i32 = 14;

pub(crate) fn stream() -> LogStream {
    let fields = vec![LogField::new("n", TypeTag::Count), LogField::new("s", TypeTag::String)];
    LogStream::new(STREAM, "mini", fields)
}

pub(crate) fn values(n: u64, text: &str) -> Vec<LogValue> {
    vec![LogValue::Count(n), LogValue::string(text)]
}

pub(crate) fn count(values: &[LogValue]) -> u64 {
    match values.first() {
        Some(LogValue::Count(n)) => *n,
        other => panic!("{other:?}"),
    }
}

/// Returns the numbers in the entries that a node received.
pub(crate) fn entries(notified: &[Notification]) -> Vec<u64> {
    let number = |notified: &Notification| match notified {
        Notification::LogEntry { values, .. } => Some(count(values)),
        _ => None,
    };
    notified.iter().filter_map(number).collect()
}

pub(crate) fn announced(notified: &[Notification]) -> Vec<String> {
    let path = |notified: &Notification| match notified {
        Notification::LogWriterAnnounced { writer, .. } => Some(writer.path.to_string()),
        _ => None,
    };
    notified.iter().filter_map(path).collect()
}

/// Returns the messages that announce a writer and carry these entries.
pub(crate) fn messages(numbers: std::ops::Range<u64>) -> (Message, Bytes) {
    let mut streams = LogStreams::new();
    streams.declare(stream()).unwrap();
    let mut bytes = Vec::new();
    for n in numbers {
        let now = brocomm::Time::EPOCH;
        bytes.extend(streams.write(STREAM, &values(n, "x"), now).unwrap().as_bytes());
    }
    let announcement = streams.writers().next().unwrap().announcement().clone();
    (Message::LogCreateWriter(announcement), bytes.into())
}

/// A node with a peer that the test scripts.
pub(crate) fn by_hand(options: Options) -> Bench {
    let mut bench = Bench::running(options, peer(), requesting(&[]));
    bench.hands[0].connection = None;
    bench
}
