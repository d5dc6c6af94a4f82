//! Recorded and generated faults of peers. Faults that Bro tolerates are tolerated. Others close
//! only that connection, with the right error.

use crate::common::{NOW, declarations};
use brocomm::data::{CallMismatch, ConversionError, Event, TypeTag, Value};
use brocomm::lowlevel::commlog::CommLogMessage;
use brocomm::lowlevel::connection::{
    Connection, ConnectionConfig, ConnectionNotification, ProtocolErrorKind as Kind, Requests,
};
use brocomm::lowlevel::serial::SerialErrorKind;
use brocomm::lowlevel::wire::{DataFormat, MessageType, WireErrorKind};
use brocomm::node::{CloseCause, LogLevel, Phase, Role};
use brocomm_conformance::{Side, sessions};

/// A recording of a client that calls two events. Its only fault is that nobody requested one of
/// them.
const GOOD: &str = "fault-call-unrequested-event";

/// The length of its last call, at the end of the recording.
const CALL: usize = 83;

/// The length of both calls, at the end of the recording.
const CALLS: usize = 168;

/// The header chunk of a SERIAL.
const HEADER: [u8; 12] = [0, 0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0];

/// The configuration of the recorded listener.
fn config() -> ConnectionConfig {
    let declarations = declarations(
        "global c2l_count: event(v: count);
         global c2l_string: event(v: string);
         global c2l_two: event(a: count, b: string);
         global l2c_count: event(v: count);
         global never_asked: event(v: count);
         global a_global: count;",
    );
    ConnectionConfig {
        data_format: Some(DataFormat::V26),
        requests: Requests {
            events: ["c2l_count", "c2l_string", "c2l_two"].map(Into::into).to_vec(),
            ..Requests::default()
        },
        declarations,
        ..ConnectionConfig::default()
    }
}

fn drain(connection: &mut Connection, into: &mut Vec<ConnectionNotification>) {
    loop {
        let sent = connection.poll_transmit().len();
        connection.advance(sent, NOW);
        match connection.poll_notification() {
            Some(notification) => into.push(notification),
            None => return,
        }
    }
}

fn stream(name: &str) -> bytes::Bytes {
    let all = sessions();
    let session = all.iter().find(|s| s.name() == name).expect("a recorded session");
    session.recording().unwrap().stream(Side::Connector)
}

/// The result of replaying a fault.
struct Outcome {
    notifications: Vec<ConnectionNotification>,
    /// Whether the connection stayed open until the peer closed it.
    survived: bool,
}

impl Outcome {
    /// Feeds what the recorded client sent while another connection is in use.
    fn of(name: &str) -> Outcome {
        Self::of_stream(name, &stream(name))
    }

    /// Feeds a message after a recorded handshake while another connection is in use.
    fn of_message(name: &str, message: &[u8]) -> Outcome {
        let good = stream(GOOD);
        Self::of_stream(name, &[&good[..good.len() - CALLS], message].concat())
    }

    fn of_stream(name: &str, bytes: &[u8]) -> Outcome {
        let mut other = Connection::new(config(), Role::Acceptor, NOW);
        let good = stream(GOOD);
        let (before, after) = good.split_at(good.len() - CALL);
        let mut of_other = Vec::new();
        other.feed_bytes(before, NOW);
        drain(&mut other, &mut of_other);

        let mut connection = Connection::new(config(), Role::Acceptor, NOW);
        let mut notifications = Vec::new();
        drain(&mut connection, &mut notifications);
        connection.feed_bytes(bytes, NOW);
        drain(&mut connection, &mut notifications);
        let survived = connection.phase() != Phase::Closed && connection.poll_close().is_none();
        connection.feed_eof(NOW);
        drain(&mut connection, &mut notifications);
        let closed =
            notifications.iter().filter(|n| matches!(n, ConnectionNotification::Closed(_))).count();
        assert_eq!(closed, 1, "{name}: {notifications:?}");

        // The other connection is not affected.
        other.feed_bytes(after, NOW);
        drain(&mut other, &mut of_other);
        assert_eq!(events(&of_other), ["never_asked(0)", "c2l_count(0)"], "{name}");
        Outcome { notifications, survived }
    }

    fn events(&self) -> Vec<String> {
        events(&self.notifications)
    }

    fn errors(&self) -> Vec<String> {
        let lines = self.notifications.iter().flat_map(CommLogMessage::of);
        let errors = lines.filter(|line| line.level() == LogLevel::Error);
        errors.map(|line| line.to_string()).collect()
    }

    fn cause(&self) -> &CloseCause {
        match self.notifications.last() {
            Some(ConnectionNotification::Closed(cause)) => cause,
            other => panic!("the last is {other:?}"),
        }
    }

    fn kind(&self) -> &Kind {
        match self.cause() {
            CloseCause::Protocol(error) => &error.kind,
            other => panic!("ended by {other:?}"),
        }
    }

    fn handshake_done(&self) -> bool {
        self.notifications.contains(&ConnectionNotification::HandshakeDone)
    }
}

fn events(notifications: &[ConnectionNotification]) -> Vec<String> {
    let events = notifications.iter().filter_map(|n| match n {
        ConnectionNotification::Event(Event { name, args, .. }) => {
            let args: Vec<String> = args.iter().map(Value::to_line).collect();
            Some(format!("{name}({})", args.join(", ")))
        }
        _ => None,
    });
    events.collect()
}

#[test]
fn calls_that_do_not_match_are_dropped_and_the_connection_continues() {
    let cases: [(&str, &str, CallMismatch, &str, &[&str]); 5] = [
        (
            "fault-call-arg-count",
            "c2l_two",
            CallMismatch::ArgumentCount { expected: 2, found: 1 },
            "unserializing event/function c2l_two: wrong number of arguments, ignoring",
            &["c2l_string()", "c2l_count(0)"],
        ),
        (
            "fault-call-arg-type",
            "c2l_count",
            CallMismatch::Argument {
                position: 0,
                name: "v".into(),
                error: Box::new(ConversionError::mismatch(TypeTag::Count, &Value::string(""))),
            },
            "unserializing event/function c2l_count: mismatch in argument types; ignoring",
            &["c2l_count(0)"],
        ),
        (
            "fault-call-not-an-event",
            "a_global",
            CallMismatch::NotAnEvent,
            "unserializing event/function a_global: not a function/event, ignoring",
            &["c2l_count(0)"],
        ),
        (
            "fault-call-unknown-event",
            "no_such_event",
            CallMismatch::Unknown,
            "unserializing event/function no_such_event: unknown event/function, ignoring",
            &["c2l_count(0)"],
        ),
        (
            "fault-event-in-handshake",
            "c2l_nil",
            CallMismatch::Unknown,
            "unserializing event/function c2l_nil: unknown event/function, ignoring",
            &["c2l_count(0)"],
        ),
    ];
    for (recording, name, mismatch, line, events) in cases {
        let outcome = Outcome::of(recording);
        assert!(outcome.survived, "{recording}");
        let rejected = ConnectionNotification::CallRejected { name: name.into(), mismatch };
        assert!(outcome.notifications.contains(&rejected), "{recording}");
        assert_eq!(outcome.errors(), [line], "{recording}");
        assert_eq!(outcome.events(), events, "{recording}");
    }
}

#[test]
fn faults_that_bro_tolerates_are_tolerated() {
    for (recording, events) in [
        ("fault-call-unrequested-event", &["never_asked(0)", "c2l_count(0)"][..]),
        ("fault-capture-filter-after-running", &["c2l_count(0)"]),
        ("fault-request-unknown-events", &["c2l_count(0)"]),
        ("fault-sync-after-running", &["c2l_count(0)"]),
        ("fault-version-cache-zero", &["c2l_count(0)"]),
        ("fault-version-data-0", &["c2l_count(0)"]),
        ("fault-version-short", &[]),
        ("fault-silent", &[]),
    ] {
        let outcome = Outcome::of(recording);
        assert!(outcome.survived, "{recording}");
        assert_eq!(outcome.events(), events, "{recording}");
        assert_eq!(outcome.errors(), Vec::<String>::new(), "{recording}");
        assert_eq!(*outcome.cause(), CloseCause::PeerClosed, "{recording}");
        assert_eq!(outcome.handshake_done(), recording != "fault-silent", "{recording}");
    }
    let filter = ConnectionNotification::CaptureFilter("udp".into());
    let outcome = Outcome::of("fault-capture-filter-after-running");
    assert!(outcome.notifications.contains(&filter));
    let outcome = Outcome::of("fault-request-unknown-events");
    let registered: Vec<_> = outcome
        .notifications
        .iter()
        .filter(|n| matches!(n, ConnectionNotification::EventRequested(_)))
        .collect();
    assert_eq!(registered, [&ConnectionNotification::EventRequested("c2l_count".into())]);
    let outcome = Outcome::of("fault-sync-after-running");
    let requested = outcome
        .notifications
        .iter()
        .any(|n| matches!(n, ConnectionNotification::SyncRequested { .. }));
    assert!(requested);
}

#[test]
fn end_of_file_in_mid_chunk_counts_as_closed_by_the_peer() {
    let outcome = Outcome::of("fault-eof-mid-chunk");
    assert!(outcome.survived && outcome.handshake_done());
    assert!(matches!(outcome.cause(), CloseCause::PeerClosedMidMessage(_)));
    assert_eq!(outcome.errors(), Vec::<String>::new());
}

#[test]
fn anything_before_version_ends_the_connection() {
    for recording in ["fault-caps-before-version", "fault-event-before-version"] {
        let outcome = Outcome::of(recording);
        assert!(!outcome.survived, "{recording}");
        assert_eq!(*outcome.kind(), Kind::NoVersion, "{recording}");
        assert_eq!(outcome.errors(), ["peer did not send version"], "{recording}");
    }
}

#[test]
fn other_versions_end_the_connection() {
    let outcome = Outcome::of("fault-version-protocol-6");
    assert_eq!(*outcome.kind(), Kind::ProtocolVersion { got: 6 });
    assert_eq!(outcome.errors(), ["remote protocol version mismatch: got 6, but expected 7"]);
    let outcome = Outcome::of("fault-version-data-25");
    assert_eq!(*outcome.kind(), Kind::DataVersion { got: 25, expected: 26 });
    assert_eq!(outcome.errors(), ["remote data version mismatch: got 25, but expected 26"]);
}

#[test]
fn a_second_phase_done_ends_the_connection() {
    let outcome = Outcome::of("fault-phase-done-twice");
    assert_eq!(*outcome.kind(), Kind::UnexpectedPhaseDone);
    assert_eq!(outcome.errors(), ["unexpected phase_done"]);
    assert!(outcome.handshake_done());
}

#[test]
fn serials_that_cannot_be_read_end_the_connection() {
    let cases = [
        (
            "fault-serial-bad-cache-ref",
            SerialErrorKind::UnknownObject(999_999),
            "unserializing event/function c2l_count: unknown object 999999 referenced",
        ),
        (
            "fault-serial-unknown-tag",
            SerialErrorKind::UnknownTag(b'z'),
            "unserializing: unknown serialization type 7a",
        ),
        (
            "fault-events-no-caps",
            SerialErrorKind::UnknownSerialType(0),
            "unserializing event/function c2l_count: unknown object type",
        ),
    ];
    for (recording, kind, line) in cases {
        let outcome = Outcome::of(recording);
        assert!(!outcome.survived && outcome.handshake_done(), "{recording}");
        let Kind::Serial(error) = outcome.kind() else { panic!("{recording}") };
        assert_eq!(error.kind, kind, "{recording}");
        assert_eq!(outcome.errors(), [line, "unserialization error"], "{recording}");
        assert_eq!(outcome.events(), Vec::<String>::new(), "{recording}");
    }
}

#[test]
fn serials_truncated_anywhere_end_the_connection() {
    let good = stream(GOOD);
    let argument = &good[good.len() - CALL + HEADER.len() + 4..];
    for length in 1..argument.len() {
        let chunk = [&(length as u32).to_be_bytes(), &argument[..length]].concat();
        let name = format!("{length} bytes of it");
        let outcome = Outcome::of_message(&name, &[&HEADER[..], &chunk].concat());
        assert!(!outcome.survived && outcome.handshake_done(), "{name}");
        let Kind::Serial(error) = outcome.kind() else { panic!("{name}") };
        // Either the data ends too soon, or a number of elements is larger than the rest can hold.
        assert!(matches!(error.kind.section(), "2§1" | "2§12"), "{name}: {error}");
        assert_eq!(outcome.errors().last().unwrap(), "unserialization error", "{name}");
        assert_eq!(outcome.events(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn invalid_message_types_end_the_connection() {
    let unsendable = (0..=u8::MAX).filter(|number| MessageType::from_u8(*number).is_none());
    let mut tried = 0;
    for number in unsendable {
        let mut header = HEADER;
        header[4] = number;
        let handshake = stream(GOOD).len() - CALLS;
        for outcome in [
            Outcome::of_stream("at first", &header),
            Outcome::of_message("later", &[header, HEADER].concat()),
        ] {
            assert!(!outcome.survived, "{number:#04x}");
            let Kind::Wire(error) = outcome.kind() else { panic!("{number:#04x}") };
            let notified = error.kind.to_string();
            assert!(notified.contains(&format!("{number:#04x}")), "{notified}");
            let offset = if outcome.handshake_done() { handshake } else { 0 };
            assert_eq!(error.offset, offset as u64, "{number:#04x}");
            assert_eq!(outcome.events(), Vec::<String>::new(), "{number:#04x}");
        }
        tried += 1;
    }
    assert_eq!(tried, 256 - 15);
}

#[test]
fn a_chunk_of_two_gigabytes_ends_the_connection() {
    let outcome = Outcome::of("fault-chunk-huge");
    assert!(!outcome.survived && outcome.handshake_done());
    let Kind::Wire(error) = outcome.kind() else { panic!() };
    assert!(matches!(error.kind, WireErrorKind::ChunkTooLong { length: 0x7fff_ffff, .. }));
}

/// Checks that one of the tests above covers each recorded fault.
#[test]
fn every_recorded_fault_has_a_test() {
    let source = include_str!("faults.rs");
    for session in sessions() {
        if session.name().starts_with("fault-") {
            assert!(source.contains(&format!("\"{}\"", session.name())), "{}", session.name());
        }
    }
}

/// A record from Broccoli has the fields that the program gave it: here in another order than
/// declared, and fewer.
#[test]
fn records_from_broccoli_are_converted_to_the_declared_type() {
    let declarations = declarations(
        "type ping_data: record { note: string &optional; src_time: time; seq: count;
                                  tries: count &default=3; seen: set[addr]; };
         global ping: event(data: ping_data);",
    );
    let requests = Requests { ..Requests::default() };
    let config = ConnectionConfig { requests, declarations, ..ConnectionConfig::default() };
    let mut connection = Connection::new(config, Role::Acceptor, NOW);
    connection.feed_bytes(&stream("broccoli-bro-ping-record"), NOW);
    let mut notifications = Vec::new();
    drain(&mut connection, &mut notifications);
    let pings = events(&notifications);
    assert_eq!(pings.len(), 4, "{notifications:?}");
    for (seq, ping) in pings.iter().enumerate() {
        let (start, end) = ("ping([note=<uninitialized>, src_time=1795383", "tries=3, seen={");
        assert!(ping.starts_with(start) && ping.contains(end), "{ping}");
        assert!(ping.contains(&format!(" seq={seq},")), "{ping}");
    }
}
