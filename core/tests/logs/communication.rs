//! Reproduces the communication logs of recorded Bros.

use std::net::SocketAddr;

use brocomm::Time;
use brocomm::data::TypeTag;
use brocomm::logs::LogValue;
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::commlog::{CommunicationLine, PeerPrefix};
use brocomm::lowlevel::logs::LogWriter;
use brocomm::lowlevel::wire::Message;
use brocomm::node::CommunicationLog;
use brocomm::node::{LogLevel, LogSource};
use brocomm_conformance::sessions;

use super::{log_sessions, without_times};

/// Parses a line of a communication log, and the prefix of its message if there is one.
fn communication_line(line: &str) -> (CommunicationLine, Option<PeerPrefix>) {
    let columns: Vec<&str> = line.split('\t').collect();
    let [time, "bro", source, "-", "-", "-", level, message] = columns[..] else {
        panic!("{line}")
    };
    let (seconds, micros) = time.split_once('.').unwrap();
    let (seconds, micros): (u64, u64) = (seconds.parse().unwrap(), micros.parse().unwrap());
    let time = Time::from_nanos(seconds * 1_000_000_000 + micros * 1000);
    let source = match source {
        "child" => LogSource::Child,
        "parent" => LogSource::Parent,
        "script" => LogSource::Script,
        other => panic!("{other}"),
    };
    let level = match level {
        "info" => LogLevel::Info,
        "error" => LogLevel::Error,
        other => panic!("{other}"),
    };
    let prefix =
        message.strip_prefix("[#").and_then(|rest| rest.split_once("] ")).map(|(peer, _)| {
            let (id, address) = peer.split_once('/').unwrap();
            let address: SocketAddr = address.parse().unwrap();
            PeerPrefix { id: id.parse().unwrap(), host: address.ip(), port: address.port() }
        });
    let text = match &prefix {
        Some(prefix) => message.strip_prefix(&format!("{prefix} ")).expect(message),
        None => message,
    };
    // The only escape that occurs; there are no newlines or quotes of patterns.
    let text = text.replace("\\\\", "\\");
    (CommunicationLine::new(time, source, level, prefix.as_ref(), text), prefix)
}

#[test]
fn recorded_communication_logs_are_reproduced() {
    let (mut files, mut lines, mut prefixes) = (0, 0, 0);
    let log = CommunicationLog::new("bro");
    for session in sessions() {
        let expectation = session.expectation().unwrap();
        for party in [expectation.connector, expectation.listener] {
            let Some(real) = party.logs.get("communication.log") else { continue };
            let mut ours = Vec::new();
            log.open(Time::EPOCH, &mut ours);
            for line in real.lines().filter(|line| !line.starts_with('#')) {
                // A line of the child may name the zone of an IPv6 address. Ours never does.
                let (line, prefix) = communication_line(line);
                log.line(&line, &mut ours);
                lines += 1;
                prefixes += usize::from(prefix.is_some());
            }
            if real.contains("\n#close") {
                log.close(Time::EPOCH, &mut ours);
            }
            let ours = String::from_utf8(ours).unwrap();
            assert_eq!(without_times(&ours), without_times(real), "{}", session.name());
            files += 1;
        }
    }
    assert!(files > 100, "{files}");
    assert!(lines > 2000 && prefixes > 1000, "{lines} {prefixes}");
}

#[test]
fn the_communication_stream_has_bros_columns() {
    let mut announced = 0;
    for (_, _, messages) in log_sessions() {
        for message in messages {
            let Message::LogCreateWriter(argument) = message else { continue };
            let writer = LogWriter::decode(&argument).unwrap();
            if writer.path == CommunicationLog::PATH {
                assert_eq!(CommunicationLog::stream(writer.stream).fields, writer.fields);
                announced += 1;
            }
        }
    }
    assert_eq!(announced, 5);
}

#[test]
fn a_line_has_source_level_and_peer() {
    let peer = PeerPrefix { id: 3, host: "::1".parse().unwrap(), port: 47757 };
    let line = |message| CommunicationLine::of(Time::EPOCH, &peer, &message);
    let running = line(CommLogMessage::PhaseRunning);
    assert_eq!(running.message, "[#3/[::1]:47757] phase: running");
    assert_eq!((running.source, running.level), (Some(LogSource::Parent), Some(LogLevel::Info)));
    assert_eq!(line(CommLogMessage::NoEventsToRequest).message, "warning: no events to request");
    let failed = line(CommLogMessage::UnserializationError);
    assert_eq!(failed.level, Some(LogLevel::Error));
    let compressing = line(CommLogMessage::EnablingDecompression);
    assert_eq!(compressing.source, Some(LogSource::Child));
    let inconsistent = CommunicationLine { source: None, level: None, ..running };
    let unset = LogValue::Unset(TypeTag::String);
    let values = inconsistent.values(b"here");
    assert_eq!((&values[1], &values[2], &values[6]), (&LogValue::string("here"), &unset, &unset));
}
