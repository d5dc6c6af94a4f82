//! The communication log (part 4 §5): what the protocol core reports when nothing fails.

use std::time::Duration;

use brocomm::lowlevel::connection::{ConnectionConfig, StateSource};
use brocomm::lowlevel::wire::{Caps, Message, SyncPoint};
use brocomm::node::{Handshake, Notification, Options, PeerConfig};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";
const OF_FIRST: &str = "[#1/10.9.9.9:47757]";

fn bench() -> Bench {
    Bench::new(Options::default(), vec![("peer", peer())])
}

/// Returns the lines that are logged when a scripted peer sends these messages after its VERSION.
fn after(messages: &[Message]) -> Vec<String> {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.send(hand, &[version("")]);
    bench.notified.clear();
    bench.send(hand, messages);
    bench.log()
}

#[test]
fn added_peer() {
    let mut bench = bench();
    bench.accept(None);
    once(&bench.log(), &format!("info parent {PREFIX} added peer"));
}

#[test]
fn added_peer_is_logged_once_and_not_per_retry() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(5, peer()))]);
    once(&bench.log(), &format!("info parent {OF_FIRST} added peer"));
    bench.refuse();
    bench.pass(5 * SECOND);
    bench.connect(None);
    never(&bench.log(), "added peer");
}

#[test]
fn removed_peer() {
    let mut bench = bench();
    for _ in 0..1001 {
        never(&bench.log(), "removed peer");
        let hand = bench.accept(None);
        bench.hang_up(hand);
        bench.hands.clear();
    }
    assert_eq!(bench.log().last(), Some(&format!("info parent {PREFIX} removed peer")));
}

#[test]
fn sending_class() {
    for (class, sends) in [(Some("c"), true), (Some(""), false), (None, false)] {
        let node = PeerConfig { class: class.map(Into::into), ..connects(peer()) };
        let mut bench = Bench::new(Options::default(), vec![("a", node)]);
        bench.connect(None);
        let log = bench.log();
        let at = |end: &str| log.iter().position(|line| line.ends_with(end));
        let sending = at(&format!("info parent {OF_FIRST} sending class \"c\""));
        assert_eq!(sending.is_some(), sends, "{class:?} {log:#?}");
        assert!(sending < at("phase: version"), "before VERSION");
    }
}

#[test]
fn peer_connected_and_phase_version() {
    let mut bench = bench();
    bench.accept(None);
    let log = bench.log();
    let expected =
        ["peer connected", "phase: version"].map(|line| format!("info parent {PREFIX} {line}"));
    assert_eq!(log[log.len() - 2..], expected);
}

#[test]
fn peer_sent_class() {
    for (class, written) in [("c", true), ("", false)] {
        let mut bench = bench();
        let hand = bench.accept(None);
        bench.send(hand, &[version(class)]);
        let line = format!("info parent {PREFIX} peer sent class \"c\"");
        assert_eq!(bench.log().contains(&line), written);
    }
}

#[test]
fn phase_handshake() {
    let mut bench = bench();
    let hand = bench.accept(None);
    never(&bench.log(), "phase: handshake");
    bench.send(hand, &[version("")]);
    once(&bench.log(), &format!("info parent {PREFIX} phase: handshake"));
}

#[test]
fn no_events_to_request() {
    for (pattern, warns) in [("no_such_event", true), ("ping", false)] {
        let mut bench = Bench::new(Options::default(), vec![("peer", wants(pattern, peer()))]);
        bench.accept(Some(requesting(&[])));
        let line = "info parent warning: no events to request".to_owned();
        assert_eq!(bench.log().contains(&line), warns);
    }
}

#[test]
fn peer_description() {
    for (descr, text) in [("far away", "far away"), ("x\u{7}", r"x\x07")] {
        let mut bench = bench();
        bench.accept(Some(ConnectionConfig { description: descr.into(), ..requesting(&[]) }));
        once(&bench.log(), &format!("info parent {PREFIX} peer_description is {text}"));
    }
}

#[test]
fn peer_description_not_set() {
    // Our own connections do not send an empty one, so build it here: type `string`, length 0.
    let id = brocomm::lowlevel::serial::Id::global(
        "peer_description",
        brocomm::data::Type::STRING,
        Some(brocomm::data::Value::string("")),
    );
    let mut bytes = Vec::new();
    let mode = brocomm::lowlevel::serial::Mode::HANDSHAKE;
    brocomm::lowlevel::serial::Writer::new(3000).id(mode, &id.into(), &mut bytes).unwrap();
    let log = after(&[Message::Serial(bytes.into())]);
    assert_eq!(log, [format!("info parent {PREFIX} peer_description is not set")]);
}

#[test]
fn registered_for_event_and_request_for_unknown_event() {
    let names = ["ping", "mystery", "pong"].into_iter().collect();
    let lines = [
        "registered for event ping",
        "request for unknown event mystery",
        "registered for event pong",
    ];
    let expected = lines.map(|line| format!("info parent {PREFIX} {line}"));
    assert_eq!(after(&[Message::RequestEvents(names)]), expected);
}

#[test]
fn initialized_print_buffer() {
    let request = || Message::RequestEvents(["print_hook"].into_iter().collect());
    let log = after(&[request(), request()]);
    once(&log, &format!("info parent {PREFIX} initialized print buffer"));
}

#[test]
fn peer_considers_its_state_authoritative() {
    let log = after(&[Message::RequestSync { authoritative: true }]);
    assert_eq!(log, [format!("info parent {PREFIX} peer considers its state authoritative")]);
    assert_eq!(after(&[Message::RequestSync { authoritative: false }]), [""; 0]);
}

#[test]
fn peer_requested_logs() {
    let log = after(&[Message::RequestLogs]);
    assert_eq!(log, [format!("info parent {PREFIX} peer requested logs")]);
}

#[test]
fn capabilities_are_logged_when_the_handshake_is_complete() {
    let compatible = "peer does not support 64bit PIDs; using compatibility mode";
    let keeps = "peer supports keep-in-cache; using that";
    let broccoli = "peer is a Broccoli";
    for (caps, lines) in [
        (Caps::BRO, vec![keeps]),
        (Caps::NONE, vec![compatible]),
        (Caps::PID_64BIT, vec![]),
        (Caps::BROCCOLI_PEER, vec![compatible, broccoli]),
        (Caps::BROCCOLI_PEER.union(Caps::NEW_CACHE_STRATEGY), vec![compatible, keeps, broccoli]),
    ] {
        assert_eq!(after(&[Message::Caps(caps)]), [""; 0], "not before the handshake is complete");
        let log = after(&[Message::Caps(caps), Message::PhaseDone]);
        let lines = lines.into_iter().chain(["phase: running"]);
        let expected: Vec<_> = lines.map(|line| format!("info parent {PREFIX} {line}")).collect();
        assert_eq!(log, expected);
    }
}

#[test]
fn phase_running() {
    assert!(after(&[]).is_empty());
    let log = after(&[Message::Caps(Caps::PID_64BIT), Message::PhaseDone]);
    assert_eq!(log, [format!("info parent {PREFIX} phase: running")]);
}

#[test]
fn phase_sync_as_the_sender() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.set_state_source(StateSource::Application);
    bench.accept(Some(syncing(false)));
    let log = bench.log();
    let expected = ["phase: sync (sender)", "starting to send full state"]
        .map(|line| format!("info parent {PREFIX} {line}"));
    assert_eq!(log[log.len() - 2..], expected);
    bench.node.state_done(FIRST).unwrap();
    let expected = ["done sending full state", "phase: running"]
        .map(|line| format!("info parent {PREFIX} {line}"));
    assert_eq!(bench.log(), expected);
}

#[test]
fn phase_sync_as_the_receiver() {
    let node = PeerConfig { sync: true, ..peer() };
    let mut bench = Bench::new(Options::default(), vec![("peer", node)]);
    bench.accept(Some(requesting(&[])));
    let log = bench.log();
    once(&log, &format!("info parent {PREFIX} phase: sync (receiver)"));
    never(&log, "full state");
}

#[test]
fn closing_connection_and_peer_disconnected() {
    let expected = |lines: &[&str]| -> Vec<String> {
        lines.iter().map(|line| format!("info parent {PREFIX} {line}")).collect()
    };
    let of_parent = |bench: &mut Bench| {
        let mut log = bench.log();
        log.retain(|line| line.contains("parent"));
        log
    };
    let mut bench = Bench::running(Options::default(), peer(), requesting(&[]));
    let now = bench.now;
    bench.node.disconnect(FIRST, now).unwrap();
    assert_eq!(of_parent(&mut bench), expected(&["closing connection", "peer disconnected"]));

    let mut bench = Bench::running(Options::default(), peer(), requesting(&[]));
    bench.hang_up(0);
    assert_eq!(of_parent(&mut bench), expected(&["peer disconnected"]));
}

#[test]
fn closing_connection_for_every_known_peer_at_exit() {
    let other = PeerConfig::new([10, 9, 9, 8].into());
    let nodes =
        vec![("waits", retries(5, peer())), ("tries", connects(other.clone())), ("no", other)];
    let mut bench = Bench::new(Options::default(), nodes);
    bench.refuse();
    let gone = bench.accept(Some(requesting(&[])));
    bench.hang_up(gone);
    bench.accept(Some(requesting(&[])));
    bench.notified.clear();
    let now = bench.now;
    bench.node.terminate_communication(now);
    let log = bench.log();
    for known in
        ["#1/10.9.9.9:47757", "#2/10.9.9.8:47757", "#10000/10.9.9.9:50000", "#10001/10.9.9.9:50001"]
    {
        once(&log, &format!("info parent [{known}] closing connection"));
    }
    assert_eq!(log.iter().filter(|line| line.ends_with("closing connection")).count(), 4);
}

#[test]
fn reached_sync_point() {
    let points = [SyncPoint::Point(3), SyncPoint::Final].map(Message::SyncPoint);
    let expected = ["reached sync-point 3", "reached final sync-point"]
        .map(|line| format!("info parent {PREFIX} {line}"));
    assert_eq!(after(&points), expected);
}

#[test]
fn parent_statistics_every_minute_while_there_are_peers() {
    let mut bench = bench();
    bench.pass(Duration::from_secs(179));
    assert_eq!(bench.log(), [""; 0]);
    bench.accept(Some(requesting(&[])));
    bench.notified.clear();
    bench.pass(SECOND);
    let log = bench.log();
    assert_eq!(log.len(), 1, "{log:#?}");
    let form = regex::Regex::new(
        r"^info parent parent statistics: pending=0 bytes=\d+K/\d+K chunks=\d+/\d+ io=\d+/\d+ bytes/io=\d+\.\d\dK/\d+\.\d\dK events=0/0 operations=0/0$",
    );
    assert!(form.unwrap().is_match(&log[0]), "{}", log[0]);
    bench.pass(Duration::from_secs(120));
    assert_eq!(bench.log().len(), 2);
    bench.hang_up(0);
    bench.notified.clear();
    bench.pass(Duration::from_secs(600));
    assert_eq!(bench.log(), [""; 0]);
}

#[test]
fn parent_statistics_count() {
    let node = PeerConfig { sync: true, ..wants("ping", peer()) };
    let mut bench = Bench::running(Options::default(), node, requesting(&["ping", "text"]));
    bench.raise(0, &ping(1));
    bench.raise(0, &ping(2));
    let now = bench.now;
    bench.node.raise(text(100 << 10), now).unwrap();
    bench.pass(60 * SECOND);
    let log = bench.log();
    let line = log.last().unwrap();
    assert!(line.contains(" events=2/1 "), "in and out: {line}");
    assert!(line.contains(" bytes=0K/100K "), "{line}");
}

#[test]
fn parent_statistics_at_exit() {
    let mut bench = Bench::running(Options::default(), wants("ping", peer()), requesting(&[]));
    bench.raise(0, &ping(1));
    bench.settle();
    bench.hang_up(0);
    let now = bench.now;
    bench.node.terminate_communication(now);
    let log = bench.log();
    let statistics: Vec<_> = log.iter().filter(|line| line.contains("parent statistics")).collect();
    assert_eq!(statistics.len(), 1, "{log:#?}");
    assert!(statistics[0].contains(" events=1/0 "), "includes closed connections");
}

#[test]
fn terminating() {
    let mut bench = bench();
    let now = bench.now;
    bench.node.terminate_communication(now);
    once(&bench.log(), "info parent terminating...");
}

/// Returns a node's new notifications in order: log lines without their prefix, and the names of
/// the others.
fn transcript(bench: &mut Bench) -> Vec<String> {
    let name = |notified: &Notification| {
        let text = format!("{notified:?}");
        let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
        format!("<{}>", &text[..end])
    };
    let entry = |notified: &Notification| match notified {
        Notification::Log(entry) => line(entry).replace(&format!("{PREFIX} "), ""),
        notified => name(notified),
    };
    bench.notified().iter().map(entry).collect()
}

/// The messages of a scripted peer that requests everything: its description, requests for events
/// twice, for state and for logs.
fn requests() -> Vec<Message> {
    let names = |names: &[&str]| Message::RequestEvents(names.iter().collect());
    let id = brocomm::lowlevel::serial::Id::global(
        "peer_description",
        brocomm::data::Type::STRING,
        Some(brocomm::data::Value::string("hand")),
    );
    let mut bytes = Vec::new();
    let mode = brocomm::lowlevel::serial::Mode::HANDSHAKE;
    brocomm::lowlevel::serial::Writer::new(3000).id(mode, &id.into(), &mut bytes).unwrap();
    vec![
        Message::Serial(bytes.into()),
        names(&["ping", "mystery", "print_hook"]),
        names(&["print_hook", "ping"]),
        Message::RequestSync { authoritative: true },
        Message::RequestLogs,
        Message::Caps(Caps::BRO),
        Message::PhaseDone,
    ]
}

/// All log lines about a peer, among the other notifications.
const TRANSCRIPT: &[&str] = &[
    "info child accepted clear connection",
    "info parent added peer",
    "info parent peer connected",
    "info parent phase: version",
    "info parent peer sent class \"c\"",
    "<ConnectionEstablished>",
    "info script connection established",
    "info script requesting events matching /^?(ping)$?/",
    "info script accepting state",
    "info parent phase: handshake",
    "info parent peer_description is hand",
    "info parent registered for event ping",
    "<EventRegistered>",
    "info parent request for unknown event mystery",
    "info parent registered for event print_hook",
    "info parent initialized print buffer",
    "<EventRegistered>",
    "info parent registered for event print_hook",
    "info parent registered for event ping",
    "info parent peer considers its state authoritative",
    "info parent peer requested logs",
    "info parent peer supports keep-in-cache; using that",
    "info parent phase: sync (sender)",
    "<SyncStarted>",
    "info parent starting to send full state",
    "info parent done sending full state",
    "info parent phase: running",
    "<ConnectionHandshakeDone>",
    "info parent reached sync-point 3",
    "<SyncPoint>",
    "error parent unserializing event/function mystery: unknown event/function, ignoring",
    "<ConnectionError>",
    "error parent unserializing: unknown serialization type 62",
    "error parent unserialization error",
    "info parent closing connection",
    "info script connection closed",
    "info parent peer disconnected",
    "<ConnectionError>",
    "<ConnectionClosed>",
    "info child connection closed",
];

#[test]
fn log_lines_and_notifications_are_in_order() {
    for handshake in [Handshake::Automatic, Handshake::Application] {
        let options = Options { handshake, ..Options::default() };
        let node = PeerConfig { class: Some("c".into()), ..wants("ping", peer()) };
        let mut bench = Bench::new(options, vec![("peer", node)]);
        bench.node.set_state_source(StateSource::Application);
        let hand = bench.accept(None);
        bench.send(hand, &[version("c")]);
        let mut got = transcript(&mut bench);
        bench.send(hand, &requests());
        if handshake == Handshake::Application {
            assert_eq!(transcript(&mut bench), [""; 0], "the application makes its requests first");
            bench.node.apply_node(FIRST).unwrap();
            bench.node.complete_handshake(FIRST).unwrap();
        }
        got.extend(transcript(&mut bench));
        bench.node.state_done(FIRST).unwrap();
        got.extend(transcript(&mut bench));
        let mut call = Vec::new();
        let mode = brocomm::lowlevel::serial::Mode::RUNNING;
        brocomm::lowlevel::serial::Writer::new(0)
            .event(mode, b"mystery", 1.0, &[], &mut call)
            .unwrap();
        let bad = Message::Serial("bad".into());
        let messages = [Message::SyncPoint(SyncPoint::Point(3)), Message::Serial(call.into()), bad];
        bench.send(hand, &messages);
        got.extend(transcript(&mut bench));
        assert_eq!(got, TRANSCRIPT, "{handshake:?}");
    }
}
