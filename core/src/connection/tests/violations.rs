//! Tests of every row of the table in §3.7, and of every kind of violation.

use super::*;
use crate::connection::phase::is_violation;
use crate::wire::{EventNames, MessageType, PingArgs, PingLayout, PrintItem, SyncPoint};

const PHASES: [Phase; 5] = [
    Phase::Setup,
    Phase::Handshake,
    Phase::Sync(SyncRole::Sender),
    Phase::Sync(SyncRole::Receiver),
    Phase::Running,
];

fn sample(message: MessageType) -> Message {
    let args =
        PingArgs { seq: 1, time1: 0.0, time2: 0.0, time3: 0.0, layout: PingLayout::Padded32 };
    let item = PrintItem { file: b"f", text: b"t" };
    match message {
        MessageType::Version => version(),
        MessageType::Serial => call_of("none"),
        MessageType::RequestEvents => Message::RequestEvents(["none"].into_iter().collect()),
        MessageType::CaptureFilter => Message::CaptureFilter(Bytes::from_static(b"udp")),
        MessageType::RequestSync => Message::RequestSync { authoritative: false },
        MessageType::PhaseDone => Message::PhaseDone,
        MessageType::Ping => Message::Ping(args),
        MessageType::Pong => Message::Pong(args),
        MessageType::Caps => Message::Caps(Caps::BRO),
        MessageType::Compress => Message::Compress,
        MessageType::SyncPoint => Message::SyncPoint(SyncPoint::Final),
        MessageType::RemotePrint => Message::RemotePrint([item].into_iter().collect()),
        // Empty, and without a writer.
        MessageType::LogCreateWriter => Message::LogCreateWriter(Bytes::from_static(&[0; 44])),
        MessageType::LogWrite => Message::LogWrite(Bytes::from_static(&[0; 16])),
        MessageType::RequestLogs => Message::RequestLogs,
    }
}

/// Returns the error for which a connection was closed. Checks that this is the last notification.
fn closed_for(connection: &mut Connection) -> ProtocolError {
    let mut notified = drain(connection);
    match notified.pop() {
        Some(ConnectionNotification::Closed(CloseCause::Protocol(error))) => error,
        last => panic!("{last:?} after {notified:?}"),
    }
}

#[test]
fn each_message_in_each_phase_is_handled_as_in_the_table() {
    for row in LEGALITY {
        for phase in PHASES {
            let mut connection = in_phase(phase);
            let offset = connection.counters().input.bytes;
            feed(&mut connection, &[sample(row.message)]);
            let refused = match legality(row.message, phase) {
                Legality::Violation | Legality::AfterPhaseDone => true,
                Legality::FromStateSender => phase == Phase::Sync(SyncRole::Sender),
                Legality::Yes | Legality::First | Legality::Tolerated | Legality::Once => false,
            };
            assert_eq!(connection.phase() == Phase::Closed, refused, "{} {phase}", row.message);
            if refused {
                let kind = match (row.message, phase) {
                    (_, Phase::Setup) => ProtocolErrorKind::NoVersion,
                    (MessageType::PhaseDone, Phase::Running) => {
                        ProtocolErrorKind::UnexpectedPhaseDone
                    }
                    (MessageType::PhaseDone, _) => ProtocolErrorKind::UnexpectedPhaseDoneInSync,
                    _ => ProtocolErrorKind::UnexpectedMessage,
                };
                let expected = ProtocolError { kind, message: Some(row.message), phase, offset };
                assert_eq!(closed_for(&mut connection), expected);
            }
        }
    }
}

#[test]
fn compress_is_accepted_at_the_end_of_handshake() {
    let mut connection = Connection::new(
        ConnectionConfig { handshake: Handshake::Application, ..config() },
        Role::Acceptor,
        NOW,
    );
    feed(&mut connection, &[version(), Message::PhaseDone, Message::Compress]);
    let lines = log_lines(&drain(&mut connection));
    assert_eq!(lines.last().unwrap(), "child info enabling decompression");
    assert_eq!(connection.phase(), Phase::Handshake);
}

#[test]
fn a_violation_is_logged_in_bros_words_and_the_rest_is_ignored() {
    let mut connection = in_phase(Phase::Running);
    feed(&mut connection, &[Message::PhaseDone, call_of("none"), Message::PhaseDone]);
    let notified = drain(&mut connection);
    assert_eq!(
        log_lines(&notified),
        [
            "parent error unexpected phase_done",
            "parent info closing connection",
            "parent info peer disconnected",
        ]
    );
    assert_eq!(notified.len(), 1);
    assert_eq!(connection.poll_close(), Some(PollClose::Now));
    assert!(!connection.wants_input());
    feed(&mut connection, &[call_of("none")]);
    connection.feed_eof(NOW);
    assert_eq!(drain(&mut connection), []);
}

#[test]
fn nothing_after_a_serial_that_cannot_be_decoded_is_delivered() {
    let mut good = in_phase(Phase::Running);
    feed(&mut good, &[call_of("none")]);
    let delivered = drain(&mut good);
    assert!(!delivered.is_empty());
    let mut connection = in_phase(Phase::Running);
    let bad = Message::Serial(Bytes::from_static(b"?"));
    feed(&mut connection, &[call_of("none"), bad, call_of("none"), call_of("none")]);
    let mut notified = drain(&mut connection);
    let last = notified.pop();
    assert!(
        matches!(last, Some(ConnectionNotification::Closed(CloseCause::Protocol(_)))),
        "{last:?}"
    );
    assert_eq!(notified, delivered);
}

#[test]
fn a_violation_without_a_text_in_bro_names_message_phase_and_offset() {
    let mut connection = in_phase(Phase::Running);
    let offset = connection.counters().input.bytes;
    feed(&mut connection, &[version()]);
    assert_eq!(
        log_lines(&drain(&mut connection))[0],
        format!(
            "parent error message is not legal in this phase (VERSION in Running, at byte {offset} \
             of the stream)"
        )
    );
}

#[test]
fn mismatched_versions_are_refused_but_not_format_0() {
    let any = None;
    let (old, new) = (Some(DataFormat::V23), Some(DataFormat::V26));
    for (ours, protocol, data_format, expected) in [
        (any, 6, 26, Some("remote protocol version mismatch: got 6, but expected 7")),
        (any, 7, 24, Some("remote data version mismatch: got 24, but expected 26")),
        (any, 7, 18, Some("remote data version mismatch: got 18, but expected 26")),
        (any, 7, 0, None),
        (any, 7, 21, None),
        (any, 7, 26, None),
        (new, 7, 25, Some("remote data version mismatch: got 25, but expected 26")),
        (new, 7, 0, None),
        (new, 7, 26, None),
        (old, 7, 26, Some("remote data version mismatch: got 26, but expected 23")),
        (old, 7, 0, None),
        (old, 7, 23, None),
    ] {
        let config = ConnectionConfig { data_format: ours, ..config() };
        let mut connection = Connection::new(config, Role::Acceptor, NOW);
        sent(&mut connection);
        drain(&mut connection);
        let Message::Version(good) = version() else { unreachable!() };
        let message = Message::Version(Version { protocol, data_format, ..good });
        feed(&mut connection, &[message]);
        let notified = drain(&mut connection);
        match expected {
            Some(line) => assert_eq!(log_lines(&notified)[0], format!("parent error {line}")),
            None => assert_eq!(connection.phase(), Phase::Handshake),
        }
    }
}

#[test]
fn what_was_queued_before_a_violation_is_still_sent() {
    let mut connection = Connection::new(config(), Role::Acceptor, NOW);
    feed(&mut connection, &[Message::Caps(Caps::BRO)]);
    assert_eq!(connection.poll_close(), Some(PollClose::WhenWritten));
    assert_eq!(sent(&mut connection).len(), 1);
    assert_eq!(connection.poll_close(), Some(PollClose::Now));
}

#[test]
fn invalid_bytes_close_the_connection() {
    let mut connection = in_phase(Phase::Running);
    let offset = connection.counters().input.bytes;
    connection.feed_bytes(&[0, 0, 0, 8, 0x7f, 0, 0, 0, 0, 0, 0, 0], NOW);
    let error = closed_for(&mut connection);
    let kind = crate::wire::WireErrorKind::UnknownType { number: 0x7f };
    let wire = crate::wire::WireError { kind, offset, message: None };
    assert_eq!(
        error,
        ProtocolError {
            kind: ProtocolErrorKind::Wire(Box::new(wire)),
            message: None,
            phase: Phase::Running,
            offset
        }
    );
    assert_eq!(error.section(), "§2");
}

#[test]
fn an_invalid_serial_closes_the_connection() {
    let mut connection = in_phase(Phase::Running);
    feed(&mut connection, &[Message::Serial(Bytes::from_static(b"z")), call_of("none")]);
    let notified = drain(&mut connection);
    assert_eq!(
        log_lines(&notified),
        [
            "parent error unserializing: unknown serialization type 7a",
            "parent error unserialization error",
            "parent info closing connection",
            "parent info peer disconnected",
        ]
    );
    assert_eq!(notified.len(), 1);
    let Some(ConnectionNotification::Closed(CloseCause::Protocol(error))) = notified.last() else {
        panic!()
    };
    assert!(matches!(error.kind, ProtocolErrorKind::Serial(_)));
    assert_eq!(error.section(), "2§2");
}

#[test]
fn both_sides_authoritative_is_a_misconfiguration() {
    let sync = Some(SyncRequest { authoritative: true });
    let config = ConnectionConfig { requests: Requests { sync, ..requests() }, ..config() };
    let mut pair = Pair::new(config.clone(), config);
    pair.drive(&[usize::MAX]);
    for notified in [&pair.initiator_told, &pair.acceptor_told] {
        let lines = log_lines(notified);
        assert!(lines.contains(
            &"parent error misconfiguration: authoritative state on both sides".to_owned()
        ));
        let Some(ConnectionNotification::Closed(CloseCause::Protocol(error))) = notified.last()
        else {
            panic!()
        };
        assert_eq!(error.kind, ProtocolErrorKind::AuthoritativeOnBothSides);
    }
}

#[test]
fn the_names_of_requested_events_are_bounded() {
    // 32 bytes are counted on top of each name, so this is room for two names of four bytes.
    let config =
        ConnectionConfig { requests_limit: 72, undeclared: Undeclared::Deliver, ..config() };
    let names = |list: &[&str]| Message::RequestEvents(list.iter().collect::<EventNames>());
    for (requests, bytes) in [
        (vec![names(&["aaaa", "bbbb"])], None),
        (vec![names(&["aaaa", "bbbbb"])], Some(73)),
        (vec![names(&["aaaa"]), names(&["aaaa"])], None),
        (vec![names(&["aaaa"]), names(&["bbbbb"])], Some(73)),
    ] {
        let mut connection = Connection::new(config.clone(), Role::Acceptor, NOW);
        feed(&mut connection, &[version()]);
        feed(&mut connection, &requests);
        match bytes {
            None => assert_eq!(connection.phase(), Phase::Handshake),
            Some(bytes) => assert_eq!(
                closed_for(&mut connection).kind,
                ProtocolErrorKind::TooManyEvents { bytes, limit: 72 }
            ),
        }
    }
}

#[test]
fn the_documented_table_matches_the_code() {
    let shown: Vec<_> = include_str!("../phase.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("/// | "))
        .skip(2)
        .collect();
    let made: Vec<_> = LEGALITY
        .iter()
        .map(|LegalityRow { message, setup, handshake, sync, running }| {
            format!("{message} | {setup} | {handshake} | {sync} | {running} |")
        })
        .collect();
    assert_eq!(shown, made);
}

#[test]
fn conditions_depend_on_the_peer() {
    let sender = Phase::Sync(SyncRole::Sender);
    let receiver = Phase::Sync(SyncRole::Receiver);
    assert!(is_violation(MessageType::PhaseDone, sender, true));
    assert!(!is_violation(MessageType::PhaseDone, receiver, true));
    assert!(is_violation(MessageType::Compress, Phase::Handshake, false));
    assert!(!is_violation(MessageType::Compress, Phase::Handshake, true));
    for &message in MessageType::ALL {
        assert!(!is_violation(message, Phase::Closed, false), "{message}");
    }
}
