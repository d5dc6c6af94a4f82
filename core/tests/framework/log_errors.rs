//! The communication log (part 4 §5): errors.

use brocomm::data::{Event, Type, Value};
use brocomm::lowlevel::connection::StateSource;
use brocomm::lowlevel::serial::Id;
use brocomm::lowlevel::serial::{Mode, SerialErrorKind, Writer};
use brocomm::lowlevel::wire::{Message, Version};
use brocomm::node::Phase;
use brocomm::node::{Notification, Options, PeerConfig, PeerId};
use bytes::Bytes;

use super::build::Build;
use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

fn bench() -> Bench {
    Bench::new(Options::default(), vec![("peer", wants(".*", peer()))])
}

/// A node with a peer in Running that the test scripts.
fn running() -> Bench {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.send(hand, &handshake());
    assert!(bench.is_running(FIRST));
    bench.notified.clear();
    bench
}

/// Asserts that the node closes the connection with this line; returns the whole log.
#[track_caller]
fn assert_closed_with(mut bench: Bench, messages: &[Message], what: &str) -> Vec<String> {
    bench.send(0, messages);
    assert!(bench.hands[0].closed);
    let log = bench.log();
    let at = |line: &str| log.iter().position(|logged| logged == line);
    let error = at(&format!("error parent {PREFIX} {what}"));
    let closing = at(&format!("info parent {PREFIX} closing connection"));
    assert!(error.is_some() && error < closing, "{what}\nin {log:#?}");
    log
}

/// Asserts that the line is logged and raised as an error, and that the connection stays open.
#[track_caller]
fn assert_tolerated(bench: &mut Bench, what: &str) {
    let notified = bench.notified();
    once(&lines(&notified), &format!("error parent {PREFIX} {what}"));
    let raised = notified.iter().filter(
        |notified| matches!(notified, Notification::ConnectionError { reason, .. } if reason.starts_with(what)),
    );
    assert_eq!(raised.count(), 1, "{notified:?}");
    assert!(bench.node.connection_to(FIRST).is_some_and(|c| c.phase() != Phase::Closed));
}

#[test]
fn could_not_connect() {
    for (node, last) in [(connects(peer()), true), (retries(5, peer()), false)] {
        let mut bench = Bench::new(Options::default(), vec![("a", node)]);
        bench.refuse();
        let line = "error parent [#1/10.9.9.9:47757] could not connect".to_owned();
        assert_eq!(bench.log().contains(&line), last);
    }
}

#[test]
fn peer_did_not_send_version() {
    let mut bench = bench();
    bench.accept(None);
    let log = assert_closed_with(bench, &[Message::PhaseDone], "peer did not send version");
    never(&log, "unserialization error");
}

fn with_version(change: impl FnOnce(&mut Version), what: &str) {
    let mut bench = bench();
    bench.accept(None);
    let Message::Version(mut theirs) = version("") else { panic!() };
    change(&mut theirs);
    assert_closed_with(bench, &[Message::Version(theirs)], what);
}

#[test]
fn remote_protocol_version_mismatch() {
    with_version(|v| v.protocol = 6, "remote protocol version mismatch: got 6, but expected 7");
}

#[test]
fn remote_data_version_mismatch() {
    with_version(|v| v.data_format = 24, "remote data version mismatch: got 24, but expected 26");
}

#[test]
fn authoritative_state_on_both_sides() {
    let node = PeerConfig { sync: true, auth: true, ..peer() };
    let mut bench = Bench::new(Options::default(), vec![("peer", node)]);
    let hand = bench.accept(None);
    bench.send(hand, &[version(""), Message::RequestSync { authoritative: true }]);
    let what = "misconfiguration: authoritative state on both sides";
    assert_closed_with(bench, &[Message::PhaseDone], what);
}

#[test]
fn unexpected_phase_done_in_sync() {
    let mut bench = bench();
    bench.node.set_state_source(StateSource::Application);
    let hand = bench.accept(None);
    let [version, caps, done] = handshake();
    bench.send(hand, &[version, caps, Message::RequestSync { authoritative: false }, done]);
    let what = "unexpected phase_done in sync phase from peer";
    assert_closed_with(bench, &[Message::PhaseDone], what);
}

#[test]
fn unexpected_phase_done() {
    assert_closed_with(running(), &[Message::PhaseDone], "unexpected phase_done");
}

#[test]
fn a_message_in_the_wrong_phase_is_logged_with_phase_and_offset() {
    let mut bench = running();
    bench.send(0, &[version("")]);
    let log = bench.log();
    let what = "message is not legal in this phase (VERSION in Running, at byte ";
    let line = log.iter().find(|line| line.starts_with(&format!("error parent {PREFIX} {what}")));
    assert!(line.is_some_and(|line| line.ends_with(" of the stream)")), "{log:#?}");
}

/// A call of an event without arguments.
fn call(name: &str) -> Message {
    let mut bytes = Vec::new();
    Writer::new(0).event(Mode::RUNNING, name.as_bytes(), 1.0, &[], &mut bytes).unwrap();
    Message::Serial(bytes.into())
}

#[test]
fn unknown_event() {
    let mut bench = running();
    bench.send(0, &[call("mystery")]);
    assert_tolerated(
        &mut bench,
        "unserializing event/function mystery: unknown event/function, ignoring",
    );
}

#[test]
fn not_an_event() {
    let mut bench = running();
    bench.send(0, &[call("number")]);
    assert_tolerated(
        &mut bench,
        "unserializing event/function number: not a function/event, ignoring",
    );
}

#[test]
fn wrong_number_of_arguments() {
    let mut bench = running();
    bench.send(0, &[call("ping")]);
    assert_tolerated(
        &mut bench,
        "unserializing event/function ping: wrong number of arguments, ignoring",
    );
}

#[test]
fn mismatch_in_argument_types() {
    let mut bench = Bench::running(Options::default(), wants(".*", peer()), requesting(&[]));
    bench.raise(0, &Event::new("ping", vec![Value::Int(1)]));
    assert_tolerated(
        &mut bench,
        "unserializing event/function ping: mismatch in argument types; ignoring",
    );
}

#[test]
fn peer_description_not_a_string() {
    let id = Id::global("peer_description", Type::COUNT, Some(Value::Count(1)));
    let mut bytes = Vec::new();
    Writer::new(3000).id(Mode::HANDSHAKE, &id.into(), &mut bytes).unwrap();
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.send(hand, &[version(""), Message::Serial(bytes.into())]);
    let what = "unserializing ID peer_description: peer_description not a string";
    assert_tolerated(&mut bench, what);
}

#[test]
fn unserialization_error_follows_its_cause() {
    for (serial, what) in [
        (&b"x"[..], "unserializing: unknown serialization type"),
        (b"e\0\0\0\x04ping", "unserializing event/function ping: "),
        (b"i", "unserializing ID"),
        (b"s", "unserializing state access"),
        (b"p", "unserializing packet"),
    ] {
        let mut bench = running();
        bench.send(0, &[Message::Serial(Bytes::from_static(serial))]);
        assert!(bench.hands[0].closed);
        let notified = bench.notified();
        let log = lines(&notified);
        let cause = format!("error parent {PREFIX} {what}");
        let at = log.iter().position(|line| line.starts_with(&cause));
        let Some(at) = at else { panic!("{what}\nin {log:#?}") };
        assert_eq!(log[at + 1], format!("error parent {PREFIX} unserialization error"));
        let raised = notified.iter().any(|notified| match notified {
            Notification::ConnectionError { reason, .. } => log[at].ends_with(&**reason),
            _ => false,
        });
        assert!(raised, "{notified:?}");
    }
}

/// A node with a peer without capabilities, which writes in Running as in the handshake (2§3).
fn plain() -> Bench {
    let mut bench = bench();
    let hand = bench.accept(None);
    bench.send(hand, &[version(""), Message::PhaseDone]);
    bench.notified.clear();
    bench
}

#[test]
fn unserialization_errors_in_bros_words() {
    let ty = |class, tag, internal| Build::call(1).object(0, 0x8801).ty(class, tag, internal);
    let of_call = "unserializing event/function f";
    for (serial, place, what) in [
        (Build::default().u8(b'z'), "unserializing", "unknown serialization type 7a"),
        (Build::call(1).reference(7), of_call, "unknown object 7 referenced"),
        (Build::call(1).object(1, 0x0801), of_call, "unknown object type"),
        (Build::call(1).object(1, 0x8a01), of_call, "type mismatch"),
        (ty(1, 15, 7), of_call, "type mismatch for value"),
        (ty(1, 0, 0), of_call, "type is void"),
        (ty(1, 25, 8), of_call, "type is error"),
        (ty(1, 26, 0), of_call, "type out of range"),
        (
            Build::call(1).object(0, 0x8801).u8(0).str(b"Color").u64(1),
            of_call,
            "unknown type Color",
        ),
    ] {
        let mut bench = plain();
        bench.send(0, &[Message::Serial(serial.0.into())]);
        assert!(bench.hands[0].closed, "{what}");
        let log = bench.log();
        once(&log, &format!("error parent {PREFIX} {place}: {what}"));
        once(&log, &format!("error parent {PREFIX} unserialization error"));
    }
    assert_eq!(SerialErrorKind::UnknownExpr(99).to_string(), "wrong expression type");
    assert_eq!(SerialErrorKind::UnknownStmt(99).to_string(), "wrong stmt type");
}

#[test]
fn errors_of_one_peer_do_not_affect_others() {
    let mut bench = running();
    bench.accept(Some(requesting(&["ping"])));
    bench.send(0, &[Message::PhaseDone]);
    assert!(bench.is_running(PeerId(10_001)));
    let now = bench.now;
    bench.node.raise(ping(1), now).unwrap();
    assert_eq!(bench.pinged(1), [1]);
}
