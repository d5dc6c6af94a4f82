//! Entries with arbitrary values, and arbitrary bytes.

use std::net::IpAddr;

use brocomm::Time;
use brocomm::data::{Port, Subnet, Transport, TypeTag};
use brocomm::logs::{AsciiFormat, LogField, LogStream, LogStreams, LogValue};
use brocomm::lowlevel::logs::LogReceiver;
use bytes::Bytes;
use proptest::prelude::*;

use super::entries;

fn value() -> impl Strategy<Value = LogValue> {
    let element = prop_oneof![
        any::<bool>().prop_map(LogValue::Bool),
        any::<i64>().prop_map(LogValue::Int),
        any::<u64>().prop_map(LogValue::Count),
        any::<u64>().prop_map(LogValue::Counter),
        any::<f64>().prop_map(LogValue::Double),
        any::<f64>().prop_map(LogValue::Time),
        any::<f64>().prop_map(LogValue::Interval),
        any::<Vec<u8>>().prop_map(LogValue::string),
        any::<Vec<u8>>().prop_map(|name| LogValue::Enum(name.into())),
        any::<Vec<u8>>().prop_map(|name| LogValue::Func(name.into())),
        any::<Vec<u8>>().prop_map(|name| LogValue::File(name.into())),
        // Normalized to Bro's form, in which all addresses are written.
        any::<IpAddr>().prop_map(LogValue::from),
        (any::<u16>(), 0..4usize).prop_map(|(number, transport)| {
            let all = [Transport::Unknown, Transport::Tcp, Transport::Udp, Transport::Icmp];
            LogValue::Port(Port { number, transport: all[transport] })
        }),
        (any::<IpAddr>(), any::<u8>()).prop_map(|(prefix, width)| {
            let width = width % (Subnet::max_width(prefix) + 1);
            LogValue::from(Subnet { prefix, width })
        }),
        Just(LogValue::Unset(TypeTag::String)),
    ];
    // The elements of one column are of one type.
    let elements = prop::collection::vec(element.clone(), 0..8).prop_map(|mut items| {
        let tag = items.first().map(LogValue::tag);
        items.retain(|item| Some(item.tag()) == tag);
        items
    });
    prop_oneof![
        element,
        elements.clone().prop_map(LogValue::Set),
        elements.prop_map(LogValue::Vector),
        Just(LogValue::Unset(TypeTag::Vector)),
    ]
}

/// A receiver with an announced writer for such entries, and one entry in the wire format.
pub(crate) fn announced(values: &[LogValue]) -> (LogReceiver, Vec<u8>) {
    let elements = |items: &[LogValue]| items.first().map_or(TypeTag::String, LogValue::tag);
    let field = |value: &LogValue| match value {
        LogValue::Set(items) => LogField::set("x", elements(items)),
        LogValue::Vector(items) => LogField::vector("x", elements(items)),
        LogValue::Unset(TypeTag::Vector) => LogField::vector("x", TypeTag::String),
        value => LogField::new("x", value.tag()),
    };
    let mut streams = LogStreams::new();
    streams.declare(LogStream::new(7, "any", values.iter().map(field).collect())).unwrap();
    let entry = streams.write(7, values, Time::EPOCH).unwrap();
    let mut announcement = Vec::new();
    entry.writer().encode(&mut announcement);
    let mut receiver = LogReceiver::default();
    receiver.announce(&announcement.into()).unwrap();
    (receiver, entry.as_bytes().to_vec())
}

proptest! {
    #[test]
    fn entries_round_trip(values in prop::collection::vec(value(), 0..8), n in 1..4) {
        let (receiver, entry) = announced(&values);
        let argument = Bytes::from(entry.repeat(n as usize));
        let received = entries(&receiver, &argument);
        prop_assert_eq!(received.len(), n as usize);
        for entry in received {
            // NaN equals nothing.
            prop_assert_eq!(format!("{:?}", entry.values), format!("{values:?}"));
        }
        let mut line = Vec::new();
        AsciiFormat::default().entry(&values, &mut line);
        prop_assert!(line.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')));
        let tabs = line.iter().filter(|byte| **byte == b'\t').count();
        prop_assert_eq!(tabs, values.len().saturating_sub(1));
        prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
    }

    #[test]
    fn a_changed_byte_does_not_panic(
        values in prop::collection::vec(value(), 0..8), at: prop::sample::Index, byte: u8,
    ) {
        let (mut receiver, mut entry) = announced(&values);
        *at.get_mut(&mut entry) = byte;
        let argument = Bytes::from(entry);
        let received: Vec<_> = receiver.entries(&argument).collect();
        prop_assert!(received.iter().rev().skip(1).all(Result::is_ok));
        let _ = receiver.announce(&argument);
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(argument: Vec<u8>) {
        let argument = Bytes::from(argument);
        let mut receiver = LogReceiver::default();
        let _ = receiver.announce(&argument);
        prop_assert!(receiver.entries(&argument).count() <= argument.len());
    }
}
