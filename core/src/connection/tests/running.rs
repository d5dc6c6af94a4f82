//! Tests of Running, and of messages that do not depend on the phase (§3.5, §4, §5).

use std::time::Duration;

use super::*;
use crate::data::{Id, Packet};
use crate::logs::{LogEntry, LogWriter};
use crate::serial::{self, Caching, Mode};
use crate::wire::{PingArgs, PingLayout, PrintItem, PrintItems, SyncPoint};

fn packet() -> Packet {
    let data = Bytes::from_static(b"\x01\x02");
    Packet { sec: 1, usec: 2, len: 60, link_type: 1, tag: Name::new(), data }
}

#[test]
fn events_go_to_peers_that_requested_them() {
    let mut pair = Pair::running(config(), config());
    let two = event("two", vec![Value::Count(1), Value::string("x")]);
    for event in [&two, &count(2), &two] {
        assert_eq!(pair.initiator.send_event(event), Ok(Sent::Sent));
    }
    assert_eq!(pair.initiator.send_event(&event("other", vec![])), Ok(Sent::NotRequested));
    // A peer cannot request what is not declared.
    let error = pair.initiator.send_event(&event("undeclared", vec![])).unwrap_err();
    assert_eq!(error.to_string(), "event undeclared: no such event is declared");
    let events =
        [&two, &count(2), &two].map(|event| ConnectionNotification::Event(event.clone())).to_vec();
    assert_eq!(pair.notified(), (vec![], events));
    let counters = (pair.initiator.counters(), pair.acceptor.counters());
    assert_eq!((counters.0.events_sent, counters.1.events_received), (3, 3));
    assert_eq!(counters.0.written.references, counters.1.read.references);
    assert!(counters.0.written.references > 0);
    assert_eq!(counters.0.output, counters.1.input);
}

#[test]
fn calls_that_match_no_declaration_are_dropped_and_the_connection_stays() {
    // The sender requests and declares nothing, but the peer has requested all of these.
    let undeclared = Undeclared::Deliver;
    let deliver = ConnectionConfig { undeclared, declarations: Arc::default(), ..config() };
    let names = ["none", "count", "two", "a_global", "stranger"].map(Name::from).to_vec();
    let wanting =
        ConnectionConfig { requests: Requests { events: names, ..requests() }, ..config() };
    let cases = [
        (event("stranger", vec![]), CallMismatch::Unknown, "unknown event/function, ignoring"),
        (event("a_global", vec![]), CallMismatch::NotAnEvent, "not a function/event, ignoring"),
        (
            event("two", vec![Value::Count(1)]),
            CallMismatch::ArgumentCount { expected: 2, found: 1 },
            "wrong number of arguments, ignoring",
        ),
        (
            event("count", vec![Value::string("1")]),
            not_a_count(&Value::string("1")),
            "mismatch in argument types; ignoring",
        ),
    ];
    for accept_input in [true, false] {
        let mut pair = Pair::running(deliver.clone(), wanting.clone());
        pair.acceptor.set_accept_input(accept_input).unwrap();
        for (call, mismatch, text) in &cases {
            assert_eq!(pair.initiator.send_event(call), Ok(Sent::Sent));
            assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
            pair.drive(&[usize::MAX]);
            let name = call.name.clone();
            let line = format!("parent error unserializing event/function {name}: {text}");
            assert_eq!(log_lines(&pair.acceptor_told), [line]);
            let mut expected =
                vec![ConnectionNotification::CallRejected { name, mismatch: mismatch.clone() }];
            if accept_input {
                expected.push(ConnectionNotification::Event(count(1)));
            }
            assert_eq!(pair.notified().1, expected);
        }
        assert_eq!(pair.acceptor.counters().calls_rejected, 4);
    }
}

#[test]
fn undeclared_events_are_delivered_if_configured() {
    let deliver = ConnectionConfig { undeclared: Undeclared::Deliver, ..config() };
    let mut connection = Connection::new(deliver, Role::Acceptor, NOW);
    feed(&mut connection, &[version(), Message::PhaseDone]);
    drain(&mut connection);
    feed(&mut connection, &[call_of("stranger"), call_of("a_global"), call_of("count")]);
    let of = |name| ConnectionNotification::Event(event(name, vec![]));
    let name = Name::from("count");
    let mismatch = CallMismatch::ArgumentCount { expected: 1, found: 0 };
    assert_eq!(
        without_log(drain(&mut connection)),
        [of("stranger"), of("a_global"), ConnectionNotification::CallRejected { name, mismatch }]
    );
}

#[test]
fn calls_and_packets_are_accepted_in_handshake_but_not_ids() {
    let mut connection = in_phase(Phase::Handshake);
    let mut writer = crate::serial::Writer::new(3000);
    let id = Arc::new(Id::global("a_global", Type::COUNT, Some(Value::Count(1))));
    let (mut of_id, mut of_packet) = (Vec::new(), Vec::new());
    writer.id(crate::serial::Mode::HANDSHAKE, &id, &mut of_id).unwrap();
    writer.packet(&packet(), &mut of_packet).unwrap();
    let serial = |argument: Vec<u8>| Message::Serial(argument.into());
    feed(&mut connection, &[call_of("none"), serial(of_id), serial(of_packet)]);
    let none = ConnectionNotification::Event(event("none", vec![]));
    assert_eq!(drain(&mut connection), [none, ConnectionNotification::Packet(packet())]);
    assert_eq!(connection.counters().discarded, 1);
}

#[test]
fn ids_and_packets_are_sent_in_running() {
    let mut pair = Pair::running(config(), config());
    let id = Arc::new(Id::global("a_global", Type::COUNT, Some(Value::Count(1))));
    pair.initiator.send_id(&id).unwrap();
    pair.initiator.send_packet(&packet()).unwrap();
    pair.initiator.send_id(&id).unwrap();
    let of_id = ConnectionNotification::Id(Arc::clone(&id));
    let expected = vec![of_id.clone(), ConnectionNotification::Packet(packet()), of_id];
    assert_eq!(pair.notified(), (vec![], expected));
    for phase in [Phase::Setup, Phase::Handshake, Phase::Sync(SyncRole::Sender), Phase::Closed] {
        let refused = Err(UsageError::WrongPhase { command: Command::SendId, phase });
        assert_eq!(in_phase(phase).send_id(&id), refused);
    }
    assert_eq!(in_phase(Phase::Handshake).send_packet(&packet()), Ok(()));
    for phase in [Phase::Setup, Phase::Sync(SyncRole::Receiver), Phase::Closed] {
        let refused = Err(UsageError::WrongPhase { command: Command::SendPacket, phase });
        assert_eq!(in_phase(phase).send_packet(&packet()), refused);
    }
}

#[test]
fn without_accept_input_serials_are_dropped_and_other_messages_handled() {
    let silent =
        ConnectionConfig { requests: Requests { accept_input: false, ..requests() }, ..config() };
    let mut pair = Pair::new(config(), silent);
    pair.drive(&[usize::MAX]);
    assert_eq!(pair.acceptor.peer_description(), None);
    assert!(!log_lines(&pair.acceptor_told).iter().any(|l| l.contains("peer_description")));
    pair.acceptor_told.clear();
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    pair.initiator.send_sync_point(SyncPoint::Point(3)).unwrap();
    assert_eq!(pair.notified().1, [ConnectionNotification::SyncPoint(SyncPoint::Point(3))]);
    // The cache is valid: the next message refers to a dropped value.
    pair.acceptor.set_accept_input(true).unwrap();
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    assert_eq!(pair.notified().1, [ConnectionNotification::Event(count(1))]);
    // The description and one call.
    assert_eq!(pair.acceptor.counters().discarded, 2);
}

#[test]
fn pings_are_answered_in_the_same_layout() {
    for layout in [PingLayout::Padded32, PingLayout::Compact28] {
        let mut connection = in_phase(Phase::Running);
        let args = PingArgs { seq: 5, time1: 1.0, time2: 2.0, time3: 0.0, layout };
        feed(&mut connection, &[Message::Ping(args)]);
        assert_eq!(sent(&mut connection), [Message::Pong(args)]);
        assert_eq!(drain(&mut connection), []);
    }
}

#[test]
fn a_pong_reports_the_round_trip_time() {
    let mut pair = Pair::running(config(), config());
    pair.initiator.ping(9, pair.now).unwrap();
    pair.now += Duration::from_millis(500);
    let (notified, _) = pair.notified();
    assert_eq!(notified, [ConnectionNotification::Pong { seq: 9, d1: 0.5, d2: 0.5, d3: 0.0 }]);
}

#[test]
fn prints_go_to_peers_that_requested_print_hook() {
    let hooked = Requests { events: vec![Name::from("print_hook")], ..requests() };
    let mut pair = Pair::running(config(), ConnectionConfig { requests: hooked, ..config() });
    let items: PrintItems =
        [PrintItem { file: b"/dev/stdout", text: b"hello" }].into_iter().collect();
    assert_eq!(pair.initiator.send_print(&items), Ok(Sent::Sent));
    assert_eq!(pair.acceptor.send_print(&items), Ok(Sent::NotRequested));
    assert_eq!(pair.notified(), (vec![], vec![ConnectionNotification::RemotePrint(items.clone())]));
    assert_eq!(in_phase(Phase::Handshake).send_print(&items), Ok(Sent::NotRunning));
}

#[test]
fn logs_go_to_peers_that_requested_them_and_early_writers_are_kept() {
    let logging =
        ConnectionConfig { requests: Requests { request_logs: true, ..requests() }, ..config() };
    let writer = |stream| LogWriter {
        stream,
        writer: 1,
        path: "mini".into(),
        rotation_base: 0.0,
        rotation_interval: 0.0,
        network_time: 0.0,
        options: vec![],
        fields: vec![],
    };
    let [one, two] = [1, 2].map(|stream| {
        let mut argument = Vec::new();
        writer(stream).encode(&mut argument);
        Bytes::from(argument)
    });
    // An entry of the second writer, with an unset value.
    let entry = Bytes::from_static(b"\0\0\0\x02\0\0\0\x01\0\0\0\x04mini\0\0\0\0");
    let mut pair = Pair::new(config(), logging);
    for side in [&mut pair.initiator, &mut pair.acceptor] {
        assert_eq!(side.send_log_create_writer(one.clone()), Ok(Sent::NotRunning));
        assert_eq!(side.send_log_write(entry.clone()), Ok(Sent::NotRunning));
    }
    pair.drive(&[usize::MAX]);
    assert_eq!(pair.initiator.send_log_create_writer(two.clone()), Ok(Sent::Sent));
    assert_eq!(pair.initiator.send_log_write(entry.clone()), Ok(Sent::Sent));
    assert_eq!(pair.acceptor.send_log_create_writer(two.clone()), Ok(Sent::NotRequested));
    assert_eq!(pair.acceptor.send_log_write(entry.clone()), Ok(Sent::NotRequested));
    pair.drive(&[usize::MAX]);
    let logs = |notified: &[ConnectionNotification]| -> Vec<_> {
        let is_log = |n: &&ConnectionNotification| {
            matches!(
                n,
                ConnectionNotification::LogWriterAnnounced(_) | ConnectionNotification::LogEntry(_)
            )
        };
        notified.iter().filter(is_log).cloned().collect()
    };
    assert_eq!(
        logs(&pair.acceptor_told),
        [
            ConnectionNotification::LogWriterAnnounced(writer(1).into()),
            ConnectionNotification::LogWriterAnnounced(writer(2).into()),
            ConnectionNotification::LogEntry(LogEntry {
                writer: writer(2).into(),
                values: vec![].into()
            }),
        ]
    );
    assert_eq!(logs(&pair.initiator_told), []);
}

#[test]
fn sync_points_are_notified_and_logged() {
    let mut connection = in_phase(Phase::Running);
    feed(
        &mut connection,
        &[Message::SyncPoint(SyncPoint::Point(4)), Message::SyncPoint(SyncPoint::Final)],
    );
    let notified = drain(&mut connection);
    assert_eq!(
        log_lines(&notified),
        ["parent info reached sync-point 4", "parent info reached final sync-point"]
    );
    assert_eq!(without_log(notified).len(), 2);
    let phase = Phase::Handshake;
    assert_eq!(
        in_phase(phase).send_sync_point(SyncPoint::Final),
        Err(UsageError::WrongPhase { command: Command::SendSyncPoint, phase })
    );
}

#[test]
fn new_caps_apply_to_the_next_serialization() {
    let mut connection = in_phase(Phase::Running);
    let requests = ["count"].into_iter().collect();
    feed(&mut connection, &[Message::RequestEvents(requests)]);
    let mut length = || {
        assert_eq!(connection.send_event(&count(1)), Ok(Sent::Sent));
        let [Message::Serial(argument)] = &sent(&mut connection)[..] else { panic!() };
        argument.len()
    };
    let (full, referring) = (length(), length());
    assert!(referring < full);
    feed(&mut connection, &[Message::Caps(Caps::PID_64BIT | Caps::NO_CACHING)]);
    let mut length = || {
        assert_eq!(connection.send_event(&count(1)), Ok(Sent::Sent));
        let [Message::Serial(argument)] = &sent(&mut connection)[..] else { panic!() };
        argument.len()
    };
    assert_eq!([length(), length()], [full, full]);
}

#[test]
fn verbatim_serials_are_sent_without_a_request() {
    let mut writer = serial::Writer::new(0);
    let (mut argument, args) = (Vec::new(), [Value::Count(7)]);
    let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
    writer.event(uncached, b"count", 1.5, &args, &mut argument).unwrap();
    let quiet =
        ConnectionConfig { requests: Requests { events: vec![], ..requests() }, ..config() };
    let caps = Caps::BROCCOLI_PEER | Caps::NO_CACHING;
    let mut pair = Pair::running(ConnectionConfig { capabilities: caps, ..config() }, quiet);
    assert_eq!(pair.initiator.send_event(&count(7)), Ok(Sent::NotRequested));
    pair.initiator.send_serial(&argument).unwrap();
    pair.initiator.send_serial(&argument).unwrap();
    let delivered = ConnectionNotification::Event(count(7));
    assert_eq!(pair.notified(), (vec![], vec![delivered.clone(), delivered]));
    for phase in [Phase::Setup, Phase::Handshake, Phase::Closed] {
        let refused = UsageError::WrongPhase { command: Command::SendSerial, phase };
        assert_eq!(in_phase(phase).send_serial(&argument), Err(refused));
    }
}

#[test]
fn events_can_be_requested_late() {
    let quiet =
        ConnectionConfig { requests: Requests { events: vec![], ..requests() }, ..config() };
    let mut pair = Pair::running(config(), quiet);
    pair.acceptor.request_events_late(&[]).unwrap();
    assert_eq!(pair.notified(), (vec![], vec![]));
    pair.acceptor.request_events_late(&["count".into()]).unwrap();
    assert_eq!(
        pair.notified(),
        (vec![ConnectionNotification::EventRequested("count".into())], vec![])
    );
    assert_eq!(pair.initiator.send_event(&count(1)), Ok(Sent::Sent));
    let refused =
        UsageError::WrongPhase { command: Command::RequestEvents, phase: Phase::Handshake };
    assert_eq!(in_phase(Phase::Handshake).request_events_late(&["count".into()]), Err(refused));
}
