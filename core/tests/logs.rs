//! Logs of recorded sessions: received, written, and sent again.

use std::collections::BTreeMap;
use std::net::IpAddr;

use brocomm::Time;
use brocomm::connection::{Observer, Role};
use brocomm::data::{Port, Subnet, Transport, TypeTag};
use brocomm::logs::{
    Announced, AsciiFormat, DroppedEntry, LogEntry, LogError, LogErrorKind, LogField, LogLimits,
    LogReceiver, LogSender, LogStream, LogStreams, LogValue, LogWriter, Mismatch, Received,
};
use brocomm::wire::{Framing, Message, MessageType};
use brocomm_conformance::{Session, Side, StepKind, sessions};
use bytes::Bytes;
use proptest::prelude::*;

/// The log messages of a session and who sent them.
fn log_messages(session: &Session) -> Vec<(Side, Message)> {
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    let mut messages = Vec::new();
    for step in session.recording().unwrap().steps {
        let StepKind::Data { from, bytes } = step.kind else { continue };
        let role = match from {
            Side::Connector => Role::Initiator,
            Side::Listener => Role::Acceptor,
        };
        observer.feed(role, &bytes);
        while let Some(observed) = observer.poll() {
            if let Ok(message @ (Message::LogCreateWriter(_) | Message::LogWrite(_))) =
                observed.message
            {
                messages.push((from, message));
            }
        }
    }
    messages
}

/// The sessions in which logs were sent, always by one side.
fn log_sessions() -> Vec<(Session, Side, Vec<Message>)> {
    let mut with_logs = Vec::new();
    for session in sessions() {
        let messages = log_messages(&session);
        if let Some((sender, _)) = messages.first() {
            let sender = *sender;
            assert!(messages.iter().all(|(side, _)| *side == sender), "{}", session.name());
            let messages = messages.into_iter().map(|(_, message)| message).collect();
            with_logs.push((session, sender, messages));
        }
    }
    assert_eq!(with_logs.len(), 5);
    with_logs
}

fn entries(receiver: &LogReceiver, argument: &Bytes) -> Vec<LogEntry> {
    let entry = |received| match received {
        Ok(Received::Entry(entry)) => entry,
        other => panic!("{other:?}"),
    };
    receiver.entries(argument).map(entry).collect()
}

/// What a session's receiver writes, by path.
fn written(messages: &[Message]) -> BTreeMap<String, String> {
    let (mut receiver, format) = (LogReceiver::default(), AsciiFormat::default());
    let mut logs = BTreeMap::<_, Vec<u8>>::new();
    let mut order = Vec::new();
    for message in messages {
        match message {
            Message::LogCreateWriter(argument) => match receiver.announce(argument).unwrap() {
                Announced::New(writer) => {
                    let log = logs.entry(writer.path.clone()).or_default();
                    assert!(log.is_empty());
                    format.open(&writer.path, &writer.fields, Time::EPOCH, log);
                    order.push(writer.path.clone());
                }
                again => panic!("{again:?}"),
            },
            Message::LogWrite(argument) => {
                for entry in entries(&receiver, argument) {
                    let log = logs.get_mut(&entry.writer.path).unwrap();
                    format.entry(&entry.values, log);
                }
            }
            _ => unreachable!(),
        }
    }
    for path in order {
        format.close(Time::EPOCH, logs.get_mut(&path).unwrap());
    }
    let text = |(path, log): (_, _)| (format!("{path}.log"), String::from_utf8(log).unwrap());
    logs.into_iter().map(text).collect()
}

/// Takes the times of opening and closing out of a log.
fn without_times(log: &str) -> String {
    let timeless = |line: &str| match line.split_once('\t') {
        Some((key @ ("#open" | "#close"), time)) => {
            assert_eq!(time.len(), "2026-11-22-21-36-57".len());
            format!("{key}\n")
        }
        _ => format!("{line}\n"),
    };
    log.lines().map(timeless).collect()
}

#[test]
fn logs_are_written_as_the_real_receiver_wrote_them() {
    let mut compared = 0;
    for (session, sender, messages) in log_sessions() {
        let expectation = session.expectation().unwrap();
        let receiver = match sender {
            Side::Connector => expectation.listener,
            Side::Listener => expectation.connector,
        };
        for (file, ours) in written(&messages) {
            let (ours, real) = (without_times(&ours), without_times(&receiver.logs[&file]));
            // The receiver's own reporter and communication framework write into the same files.
            if matches!(&*file, "reporter.log" | "communication.log") {
                let mut lines = real.lines();
                for line in ours.lines() {
                    assert!(lines.any(|real| real == line), "{}: {file}: {line}", session.name());
                }
            } else {
                assert_eq!(ours, real, "{}: {file}", session.name());
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 19);
}

#[test]
fn recorded_logs_sent_again_give_the_same_bytes() {
    let mut sent_again = 0;
    for (session, _, messages) in log_sessions() {
        let mut receiver = LogReceiver::default();
        let (mut streams, mut sender) = (LogStreams::new(), LogSender::new());
        let mut recorded = BTreeMap::new();
        let (mut recorded_entries, mut sent_entries) = (Vec::new(), Vec::new());
        for message in &messages {
            match message {
                Message::LogCreateWriter(argument) => {
                    let writer = LogWriter::decode(argument).unwrap();
                    let mut again = Vec::new();
                    writer.encode(&mut again);
                    assert_eq!(argument, &again, "{}", session.name());
                    receiver.announce(argument).unwrap();
                    let stream =
                        LogStream::new(writer.stream, writer.path.clone(), writer.fields.clone());
                    streams.declare(stream).unwrap();
                    recorded.insert(writer.path.clone(), writer);
                }
                Message::LogWrite(argument) => {
                    recorded_entries.extend_from_slice(argument);
                    for LogEntry { writer, values } in entries(&receiver, argument) {
                        let now = Time::from_secs_f64(writer.network_time);
                        let entry = streams.write(writer.stream, &values, now).unwrap();
                        sender.write(&entry, now);
                        sent_again += 1;
                    }
                }
                _ => unreachable!(),
            }
        }
        sender.flush();
        while let Some(message) = sender.poll_message(Time::EPOCH) {
            match message {
                Message::LogCreateWriter(argument) => {
                    let mut sent = LogWriter::decode(&argument).unwrap();
                    let real = &recorded[&sent.path];
                    assert!((sent.network_time - real.network_time).abs() < 1e-6);
                    sent.network_time = real.network_time;
                    assert_eq!(sent, *real, "{}", session.name());
                }
                Message::LogWrite(argument) => sent_entries.extend_from_slice(&argument),
                _ => unreachable!(),
            }
        }
        assert_eq!(sent_entries, recorded_entries, "{}", session.name());
    }
    assert_eq!(sent_again, 100);
}

#[test]
fn every_truncation_is_an_error() {
    for (session, _, messages) in log_sessions() {
        let mut receiver = LogReceiver::default();
        for message in messages {
            match message {
                Message::LogCreateWriter(argument) => {
                    for length in 0..argument.len() {
                        check_truncated(receiver.announce(&argument.slice(..length)), length);
                    }
                    receiver.announce(&argument).unwrap();
                }
                Message::LogWrite(argument) => truncate_entries(&receiver, &argument),
                _ => unreachable!(),
            }
        }
        assert!(receiver.writers().count() >= 3, "{}", session.name());
    }
}

/// Checks that of a cut LOG_WRITE the whole entries come, and then one error.
fn truncate_entries(receiver: &LogReceiver, argument: &Bytes) {
    let mut whole = 0;
    for length in 0..argument.len() {
        let cut = argument.slice(..length);
        let mut received: Vec<_> = receiver.entries(&cut).collect();
        if received.iter().all(Result::is_ok) {
            // The cut is between two entries.
            assert!(length == 0 || received.len() == whole + 1);
            whole = received.len();
        } else {
            check_truncated(received.pop().unwrap(), length);
            assert_eq!(received.len(), whole);
            assert!(received.iter().all(Result::is_ok));
        }
    }
    assert_eq!(receiver.entries(argument).count(), whole + 1);
}

fn check_truncated<T: std::fmt::Debug>(result: Result<T, LogError>, length: usize) {
    let error = result.unwrap_err();
    assert!(error.offset as usize <= length);
    match error.kind {
        LogErrorKind::Truncated { wanted } => assert!(wanted > 0),
        LogErrorKind::TooManyElements { count, left } => {
            assert!(count > 0 && left as usize <= length);
        }
        other => panic!("{other:?}"),
    }
}

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
        any::<IpAddr>().prop_map(LogValue::Addr),
        (any::<u16>(), 0..4usize).prop_map(|(number, transport)| {
            let all = [Transport::Unknown, Transport::Tcp, Transport::Udp, Transport::Icmp];
            LogValue::Port(Port { number, transport: all[transport] })
        }),
        (any::<IpAddr>(), any::<u8>()).prop_map(|(prefix, width)| {
            let width = width % (Subnet::max_width(prefix) + 1);
            LogValue::Subnet(Subnet { prefix, width })
        }),
        Just(LogValue::Unset(TypeTag::String)),
    ];
    prop_oneof![
        element.clone(),
        prop::collection::vec(element.clone(), 0..4).prop_map(LogValue::Set),
        prop::collection::vec(element, 0..4).prop_map(LogValue::Vector),
        Just(LogValue::Unset(TypeTag::Vector)),
    ]
}

/// A receiver to which a writer for such entries was announced, and an entry as it is on the wire.
fn announced(values: &[LogValue]) -> (LogReceiver, Vec<u8>) {
    let field = |value: &LogValue| match value.tag() {
        TypeTag::Table => LogField::set("x", TypeTag::String),
        TypeTag::Vector => LogField::vector("x", TypeTag::String),
        tag => LogField::new("x", tag),
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
    fn entries_come_as_they_were_sent(values in prop::collection::vec(value(), 0..8), n in 1..4) {
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
    fn a_changed_byte_does_no_harm(
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
    fn arbitrary_bytes_do_no_harm(argument: Vec<u8>) {
        let argument = Bytes::from(argument);
        let mut receiver = LogReceiver::default();
        let _ = receiver.announce(&argument);
        prop_assert!(receiver.entries(&argument).count() <= argument.len());
    }
}

/// An entry of one column, the value given as hex.
fn entry_of(value: &str) -> Bytes {
    Bytes::from(
        hex::decode(format!("00000007000000010000000161 00000001{value}").replace(' ', ""))
            .unwrap(),
    )
}

/// What is wrong with an entry of one value.
fn refused(value: &str) -> LogErrorKind {
    let argument = entry_of(value);
    let receiver = LogReceiver::default();
    let mut entries = receiver.entries(&argument);
    let error = entries.next().unwrap().unwrap_err();
    assert_eq!(error.message, MessageType::LogWrite);
    assert!(entries.next().is_none());
    error.kind
}

#[test]
fn what_no_log_has_is_refused() {
    use LogErrorKind as Kind;
    let cases = [
        // Types: a number that no type has, one that is none of a log's, a set in a vector.
        ("0000001a 01", Kind::BadType(26)),
        ("ffffffff 00", Kind::BadType(-1)),
        ("00000012 01", Kind::BadType(18)),
        ("00000000 01", Kind::BadType(0)),
        ("00000016 01 0000000000000001 00000010 01", Kind::Nested(TypeTag::Table)),
        // Families, protocols, ports, widths.
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
    for (value, kind) in cases {
        assert_eq!(refused(&value.replace(' ', "")), kind, "{value}");
    }
}

#[test]
fn an_announcement_is_exact() {
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
    let kind = |argument: &[u8]| {
        let decoded = LogWriter::decode(&Bytes::copy_from_slice(argument));
        let error = decoded.unwrap_err();
        assert_eq!(error.message, MessageType::LogCreateWriter);
        error.kind
    };
    assert_eq!(LogWriter::decode(&argument.clone().into()), Ok(writer));

    assert_eq!(kind(&[&argument[..], b"\0"].concat()), LogErrorKind::LeftOver { left: 1 });
    let with = |at: usize, number: u32| {
        let mut changed = argument.clone();
        changed[at..at + 4].copy_from_slice(&number.to_be_bytes());
        kind(&changed)
    };
    let left = argument.len() as u32;
    let too_many = |count, left| LogErrorKind::TooManyElements { count, left };
    // Columns, options, and the column's type at the end.
    assert_eq!(with(8, u32::MAX), too_many(u32::MAX.into(), 15));
    assert_eq!(with(41, u32::MAX), too_many(u32::MAX.into(), left - 45));
    let ty = argument.len() - 9;
    assert_eq!(with(ty, 18), LogErrorKind::BadType(18));
    assert_eq!(with(ty, 300), LogErrorKind::BadType(300));
    assert_eq!(with(ty + 4, 26), LogErrorKind::BadType(26));
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
        "LOG_CREATE_WRITER: more than 2 writers, 3§1 (at byte 0 of the argument)"
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
fn an_entry_that_fits_no_writer_is_dropped_alone() {
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
        Ok(Received::Entry(_)) => None,
        Ok(Received::Dropped(DroppedEntry { stream: 7, writer: 1, why, .. })) => Some(why),
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
