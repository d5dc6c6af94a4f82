//! Logs of recorded sessions: receives them, writes them, and sends them again.

mod bounds;
mod communication;
mod hostile;
mod properties;
mod resent;
mod truncation;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use brocomm::Time;
use brocomm::logs::{AsciiFormat, LogEntry, LogStream, LogStreams};
use brocomm::lowlevel::connection::Observer;
use brocomm::lowlevel::logs::{Announced, LogReceiver, LogWriter, ReceivedEntry};
use brocomm::lowlevel::wire::{Framing, Message};
use brocomm_conformance::testing::without_times;
use brocomm_conformance::{RecordedSession, Side, StepKind, sessions};
use bytes::Bytes;

/// The log messages of a session and who sent them.
fn log_messages(session: &RecordedSession) -> Vec<(Side, Message)> {
    let mut observer = Observer::new(Framing::Clear, Default::default(), Default::default());
    let mut messages = Vec::new();
    for step in session.recording().unwrap().steps {
        let StepKind::Data { from, bytes } = step.kind else { continue };
        observer.feed(from.role(), &bytes);
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

/// The sessions in which one side sent logs.
fn log_sessions() -> Vec<(RecordedSession, Side, Vec<Message>)> {
    // Reading them takes longer than most tests that use them.
    static READ: LazyLock<Vec<(RecordedSession, Side, Vec<Message>)>> =
        LazyLock::new(read_log_sessions);
    READ.clone()
}

fn read_log_sessions() -> Vec<(RecordedSession, Side, Vec<Message>)> {
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
        Ok(ReceivedEntry::Entry(entry)) => entry,
        other => panic!("{other:?}"),
    };
    receiver.entries(argument).map(entry).collect()
}

/// The log files that our receiver writes, by path.
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

#[test]
fn received_logs_are_written_like_the_recorded_receiver_wrote_them() {
    let mut compared = 0;
    for (session, sender, messages) in log_sessions() {
        let expectation = session.expectation().unwrap();
        let receiver = match sender {
            Side::Connector => expectation.listener,
            Side::Listener => expectation.connector,
        };
        for (file, ours) in written(&messages) {
            let (ours, real) = (without_times(&ours), without_times(&receiver.logs[&file]));
            // The receiver's own reporter and communication framework also write to these files.
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
fn recorded_logs_are_encoded_to_the_same_bytes() {
    let mut sent_again = 0;
    for (session, _, messages) in log_sessions() {
        let mut receiver = LogReceiver::default();
        let mut streams = LogStreams::new();
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
                        sent_entries.extend_from_slice(entry.as_bytes());
                        sent_again += 1;
                    }
                }
                _ => unreachable!(),
            }
        }
        for writer in streams.writers() {
            let mut sent = LogWriter::decode(writer.announcement()).unwrap();
            let real = &recorded[&sent.path];
            assert!((sent.network_time - real.network_time).abs() < 1e-6);
            sent.network_time = real.network_time;
            assert_eq!(sent, *real, "{}", session.name());
        }
        assert_eq!(sent_entries, recorded_entries, "{}", session.name());
    }
    assert_eq!(sent_again, 100);
}
