//! Entries that are checked first and decoded later.

use bytes::Bytes;

use crate::data::{Port, Subnet, TypeTag};
use crate::logs::values::LogValues;
use crate::logs::writer::{Usual, entry_in};
use crate::logs::{
    LogField, LogLimits, LogReceiver, LogStream, LogStreams, LogValue, ReceivedEntry,
};
use crate::time::Time;
use crate::wire::DataFormat;

fn values() -> Vec<LogValue> {
    let hosts = ["10.0.0.1", "fe80::1"].map(|host| LogValue::Addr(host.parse().unwrap()));
    vec![
        LogValue::Time(1.5),
        LogValue::string("ab"),
        LogValue::Unset(TypeTag::Count),
        LogValue::Set(vec![LogValue::string("x"), LogValue::string("")]),
        LogValue::Vector(vec![LogValue::Unset(TypeTag::Addr), hosts[0].clone()]),
        hosts[0].clone(),
        hosts[1].clone(),
        LogValue::Port(Port::tcp(443)),
        LogValue::Bool(true),
        LogValue::Enum("tcp".into()),
        LogValue::Set(vec![]),
    ]
}

/// Returns a receiver that knows the writer, and one message of entries: most of its values, a few
/// of others.
fn receiver() -> (LogReceiver, Vec<u8>) {
    let column = |(value, n): (LogValue, usize)| match &value {
        LogValue::Set(_) => LogField::set(format!("{n}"), TypeTag::String),
        LogValue::Vector(_) => LogField::vector(format!("{n}"), TypeTag::Addr),
        value => LogField::new(format!("{n}"), value.tag()),
    };
    let columns = values().into_iter().zip(0..).map(column).collect();
    let mut streams = LogStreams::new();
    streams.declare(LogStream::new(7, "log", columns)).unwrap();
    let written = streams.write(7, &values(), Time::EPOCH).unwrap();
    let mut receiver = LogReceiver::new(LogLimits { values: 20, ..LogLimits::default() })
        .with_data_format(DataFormat::V25);
    receiver.announce(written.active_writer().announcement()).unwrap();
    let mut message = Vec::new();
    for path in ["log", "log", "log", "gone", "log"] {
        entry_in::<Usual>(7, 1, path.as_bytes(), &values(), &mut message);
    }
    let subnet = Subnet { prefix: [10, 0, 0, 0].into(), width: 8 };
    entry_in::<Usual>(7, 1, b"log", &[LogValue::Subnet(subnet)], &mut message);
    (receiver, message)
}

/// Reads a message, decoding each entry at once or later. Numbers may be no numbers, hence the
/// text.
fn read(receiver: &mut LogReceiver, message: &[u8], at_once: bool) -> Vec<String> {
    let mut unread = receiver.begin(Bytes::copy_from_slice(message));
    let next = || match at_once {
        true => Some(unread.next(20)?.map(|entry| receiver.receive(entry, &mut unread))),
        false => receiver.next(&mut unread),
    };
    std::iter::from_fn(next).map(|entry| format!("{entry:?}")).collect()
}

#[test]
fn what_is_decoded_later_is_read_as_what_is_decoded_at_once() {
    let (mut receiver, message) = receiver();
    let all = read(&mut receiver, &message, true);
    assert_eq!((all.len(), read(&mut receiver, &message, false)), (6, all));
    for at in 0..message.len() {
        for byte in [0, 1, 4, 5, 6, 0x80, 0xff, message[at].wrapping_add(1)] {
            let mut changed = message.clone();
            changed[at] = byte;
            let [now, later] = [true, false].map(|once| read(&mut receiver, &changed, once));
            assert_eq!(now, later, "{byte} at {at}");
        }
        let [now, later] = [true, false].map(|once| read(&mut receiver, &message[..at], once));
        assert_eq!(now, later, "up to {at}");
    }
}

#[test]
fn what_is_decoded_later_counts_the_same_memory() {
    let (mut receiver, message) = receiver();
    let mut unread = receiver.begin(message.into());
    let mut next = || match receiver.next(&mut unread) {
        Some(Ok(ReceivedEntry::Entry(entry))) => entry.values,
        other => panic!("{other:?}"),
    };
    let (first, second) = (next(), next());
    assert!(!first.is_encoded() && second.is_encoded());
    assert_eq!(
        (first.memory(), LogValues::from(values()).memory()),
        (second.memory(), second.memory())
    );
    assert_eq!(second, values());
}
