//! Tests of Setup and Handshake (§3.1–§3.3).

use super::*;

const VERSION_AND_DESCRIPTION: &str = concat!(
    // The first messages of a Bro with the class `alpha` (recording bro-bro-events-basic, with
    // zeroed padding in the header chunks).
    "000000080100000000000000",
    "000000160000000700000bb80000001a00000000616c70686100",
    "000000080200000000000000",
    "0000006d",
    "69010000000190010000000010706565725f6465736372697074696f6e02000000000100000000000000000000000000",
    "000101000000028a010008040001000000000101000000038c0100010000000002000000010002010100000004880600",
    "0100000000020000000362726f",
);

#[test]
fn version_and_description_are_sent_at_once_and_as_bro_does() {
    let class = Some(Bytes::from_static(b"alpha"));
    let config = ConnectionConfig { class, data_format: Some(DataFormat::V26), ..config() };
    let mut connection = Connection::new(config, Role::Initiator, NOW);
    assert_eq!(hex::encode(connection.poll_transmit()), VERSION_AND_DESCRIPTION);
    assert_eq!(
        log_lines(&drain(&mut connection)),
        [
            "parent info sending class \"alpha\"",
            "parent info peer connected",
            "parent info phase: version"
        ]
    );
}

#[test]
fn a_broccoli_sends_neither_class_nor_description() {
    let config =
        ConnectionConfig { class: None, description: Name::new(), cache_size: 1000, ..config() };
    let mut connection = Connection::new(config, Role::Initiator, NOW);
    assert_eq!(
        hex::encode(connection.poll_transmit()),
        "0000000801000000000000000000001000000007000003e80000000000000000"
    );
}

#[test]
fn the_requests_are_sent_in_the_order_of_the_specification() {
    let requests = Requests {
        events: vec![Name::from("b"), Name::from("a")],
        capture_filter: Some(Bytes::from_static(b"udp")),
        accept_input: true,
        sync: Some(SyncRequest { authoritative: true }),
        request_logs: true,
    };
    let config = ConnectionConfig { requests, description: Name::new(), ..config() };
    let mut connection = Connection::new(config, Role::Initiator, NOW);
    sent(&mut connection);
    feed(&mut connection, &[version()]);
    assert_eq!(
        sent(&mut connection),
        [
            Message::Caps(Caps::BRO),
            Message::RequestEvents(["b", "a"].into_iter().collect()),
            Message::CaptureFilter(Bytes::from_static(b"udp")),
            Message::RequestSync { authoritative: true },
            Message::RequestLogs,
            Message::PhaseDone,
        ]
    );
}

#[test]
fn both_sides_are_notified_of_the_others_requests() {
    let theirs = ConnectionConfig {
        description: Name::from("other"),
        class: Some(Bytes::from_static(b"x")),
        requests: Requests {
            events: ["count", "nobody_knows", "print_hook", "count"].map(Name::from).to_vec(),
            capture_filter: Some(Bytes::from_static(b"udp")),
            request_logs: true,
            ..Requests::default()
        },
        ..config()
    };
    let mut pair = Pair::new(theirs, config());
    pair.drive(&[usize::MAX]);
    assert_eq!(
        log_lines(&pair.acceptor_told),
        [
            "parent info peer connected",
            "parent info phase: version",
            "parent info peer sent class \"x\"",
            "parent info phase: handshake",
            "parent info peer_description is other",
            "parent info registered for event count",
            "parent info request for unknown event nobody_knows",
            "parent info registered for event print_hook",
            "parent info initialized print buffer",
            "parent info registered for event count",
            "parent info peer requested logs",
            "parent info peer supports keep-in-cache; using that",
            "parent info phase: running",
        ]
    );
    let Message::Version(mut their_version) = version() else { unreachable!() };
    their_version.class = Some(Bytes::from_static(b"x"));
    their_version.data_format = 0;
    assert_eq!(
        without_log(pair.acceptor_told),
        [
            ConnectionNotification::Established(their_version.clone()),
            ConnectionNotification::PeerDescription(Name::from("other")),
            ConnectionNotification::EventRequested(Name::from("count")),
            ConnectionNotification::EventRequested(Name::from("print_hook")),
            ConnectionNotification::CaptureFilter(Bytes::from_static(b"udp")),
            ConnectionNotification::LogsRequested,
            ConnectionNotification::HandshakeDone,
        ]
    );
    assert_eq!(pair.acceptor.peer_version(), Some(&their_version));
    assert_eq!(pair.acceptor.peer_caps(), Caps::BRO);
    assert_eq!(pair.acceptor.peer_description(), Some(&Name::from("other")));
    let requested: Vec<_> = pair.acceptor.peer_events().iter().map(|n| n.to_string()).collect();
    assert_eq!(requested, ["count", "print_hook"]);
    assert_eq!(pair.initiator.requested().len(), 3);
    assert!(pair.acceptor.are_logs_requested() && !pair.acceptor.is_sync_requested());
}

#[test]
fn the_application_makes_its_requests_before_later_input_is_processed() {
    let theirs = ConnectionConfig { data_format: Some(DataFormat::V26), ..config() };
    let ours = ConnectionConfig { handshake: Handshake::Application, ..config() };
    let mut pair = Pair::new(theirs, ours);
    transfer(&mut pair.initiator, &mut pair.acceptor, usize::MAX, NOW);
    let acceptor = &mut pair.acceptor;
    assert!(!acceptor.wants_input());
    while acceptor.poll_notification().unwrap()
        != ConnectionNotification::Log(CommLogMessage::PhaseHandshake)
    {}
    acceptor.set_accept_input(true).unwrap();
    acceptor.request_events(&[Name::from("none")]).unwrap();
    acceptor.request_events(&[]).unwrap();
    acceptor.send_capture_filter(&Bytes::from_static(b"tcp")).unwrap();
    acceptor.request_logs().unwrap();
    acceptor.request_sync(SyncRequest { authoritative: false }).unwrap();
    acceptor.complete_handshake().unwrap();
    assert_eq!(
        acceptor.complete_handshake(),
        Err(UsageError::HandshakeCompleted { command: Command::CompleteHandshake })
    );
    assert_eq!(
        log_lines(&drain(acceptor)),
        ["parent info warning: no events to request", "parent info peer_description is bro"]
    );
    assert!(acceptor.wants_input());
    assert_eq!(acceptor.requested().iter().next(), Some(&Name::from("none")));
    pair.drive(&[usize::MAX]);
    assert_eq!(pair.acceptor.phase(), Phase::Running);
}

#[test]
fn requests_are_refused_outside_handshake() {
    for phase in [Phase::Setup, Phase::Sync(SyncRole::Sender), Phase::Running, Phase::Closed] {
        let mut connection = in_phase(phase);
        let refused = |command| Err(UsageError::WrongPhase { command, phase });
        assert_eq!(connection.request_events(&[]), refused(Command::RequestEvents));
        let filter = Bytes::from_static(b"x");
        assert_eq!(connection.send_capture_filter(&filter), refused(Command::SendCaptureFilter));
        let request = SyncRequest { authoritative: false };
        assert_eq!(connection.request_sync(request), refused(Command::RequestSync));
        assert_eq!(connection.request_logs(), refused(Command::RequestLogs));
        assert_eq!(connection.complete_handshake(), refused(Command::CompleteHandshake));
        if phase != Phase::Setup {
            assert_eq!(connection.set_compression(None), refused(Command::SetCompression));
        }
        assert_eq!(drain(&mut connection), []);
        assert_eq!(sent(&mut connection), []);
    }
}

#[test]
fn a_repeated_phase_done_in_handshake_is_ignored() {
    let mut connection = Connection::new(
        ConnectionConfig { handshake: Handshake::Application, ..config() },
        Role::Acceptor,
        NOW,
    );
    feed(&mut connection, &[version(), Message::PhaseDone, Message::PhaseDone]);
    drain(&mut connection);
    assert_eq!(connection.phase(), Phase::Handshake);
    connection.complete_handshake().unwrap();
    assert_eq!(connection.phase(), Phase::Running);
}

#[test]
fn a_broccoli_is_recognized_by_its_caps() {
    let mut connection = in_phase(Phase::Handshake);
    let caps = Caps::NO_CACHING | Caps::BROCCOLI_PEER;
    feed(&mut connection, &[Message::Caps(caps), Message::PhaseDone]);
    assert_eq!(
        log_lines(&drain(&mut connection)),
        [
            "parent info peer does not support 64bit PIDs; using compatibility mode",
            "parent info peer is a Broccoli",
            "parent info phase: running",
        ]
    );
}

#[test]
fn a_description_that_is_not_a_string_is_logged_and_ignored() {
    let mut connection = in_phase(Phase::Handshake);
    let mut argument = Vec::new();
    let id = crate::data::Id::global("peer_description", Type::COUNT, Some(Value::Count(1)));
    let mut writer = crate::serial::Writer::new(3000);
    writer.id(crate::serial::Mode::HANDSHAKE, &Arc::new(id), &mut argument).unwrap();
    feed(&mut connection, &[Message::Serial(argument.into())]);
    assert_eq!(
        log_lines(&drain(&mut connection)),
        ["parent error unserializing ID peer_description: peer_description not a string"]
    );
    assert_eq!(connection.peer_description(), None);
    assert_eq!(connection.phase(), Phase::Handshake);
}

#[test]
fn compression_starts_after_the_handshake_if_the_peer_supports_it() {
    use crate::wire::Compression;
    let compressing = || ConnectionConfig { compression: Compression::new(4), ..config() };
    let plain = ConnectionConfig { capabilities: Caps::PID_64BIT, ..config() };
    for (acceptor, compressed) in [(config(), true), (plain, false)] {
        let mut pair = Pair::new(compressing(), acceptor);
        pair.drive(&[usize::MAX]);
        let lines = log_lines(&pair.initiator_told);
        let enabling = "child info enabling compression (level 4)".to_owned();
        assert_eq!(lines.contains(&enabling), compressed);
        let lines = log_lines(&pair.acceptor_told);
        let enabling = "child info enabling decompression".to_owned();
        assert_eq!(lines.contains(&enabling), compressed);
        pair.acceptor_told.clear();
        assert_eq!(pair.initiator.send_event(&count(7)), Ok(Sent::Sent));
        assert_eq!(pair.notified().1, [ConnectionNotification::Event(count(7))]);
    }
}
