//! Functions (part 4 §4): each one works in the right phases and fails in the others.

use std::sync::Arc;

use brocomm::data::Value;
use brocomm::lowlevel::connection;
use brocomm::lowlevel::connection::{Command, Sent};
use brocomm::lowlevel::serial::{Id, Opcode, Packet, StateAccess};
use brocomm::lowlevel::wire::{Message, PrintItem, PrintItems};
use brocomm::node::{Action, Handshake, NodeError, Notification, Options, PeerConfig, PeerId};
use brocomm::node::{Phase, SyncRole, UsageError};
use bytes::Bytes;

use super::support::*;

/// A node whose application makes the requests, with a peer whose VERSION has arrived.
fn in_handshake() -> Bench {
    let options = Options { handshake: Handshake::Application, ..Options::default() };
    let mut bench =
        Bench::new(options, vec![("peer", PeerConfig { request_logs: true, ..peer() })]);
    let hand = bench.accept(None);
    bench.send(hand, &[version("")]);
    bench
}

fn running() -> Bench {
    Bench::running(Options::default(), peer(), requesting(&["ping", "print_hook"]))
}

fn waiting() -> Bench {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.accept(None);
    bench
}

type Call = fn(&mut Bench) -> Result<(), NodeError>;

fn refused(command: Command, phase: Phase) -> Result<(), NodeError> {
    Err(NodeError::Connection(UsageError::WrongPhase { command, phase }))
}

/// Asserts that a request is sent in Handshake, and rejected before, after, and for unknown peers.
#[track_caller]
fn is_of_the_handshake(command: Command, call: Call, sent: &Message) {
    let mut bench = in_handshake();
    assert_eq!(call(&mut bench), Ok(()));
    bench.settle();
    assert!(bench.hands[0].was_sent(sent), "{:?}", bench.hands[0].sent);
    assert_eq!(call(&mut waiting()), refused(command, Phase::Setup));
    assert_eq!(call(&mut running()), refused(command, Phase::Running));

    let mut bench = in_handshake();
    bench.node.complete_handshake(FIRST).unwrap();
    let late = UsageError::HandshakeCompleted { command };
    assert_eq!(call(&mut bench), Err(NodeError::Connection(late)));

    let mut nobody = Bench::new(Options::default(), vec![]);
    assert_eq!(call(&mut nobody), Err(NodeError::UnknownPeer(FIRST)));
}

#[test]
fn request_remote_events() {
    let names = ["ping"].into_iter().collect();
    is_of_the_handshake(
        Command::RequestEvents,
        |bench| bench.node.request_remote_events(FIRST, &"pi.*".parse().unwrap()),
        &Message::RequestEvents(names),
    );
}

#[test]
fn request_remote_sync() {
    is_of_the_handshake(
        Command::RequestSync,
        |bench| bench.node.request_remote_sync(FIRST, true),
        &Message::RequestSync { authoritative: true },
    );
}

#[test]
fn request_remote_logs() {
    is_of_the_handshake(
        Command::RequestLogs,
        |bench| bench.node.request_remote_logs(FIRST),
        &Message::RequestLogs,
    );
}

#[test]
fn send_capture_filter() {
    is_of_the_handshake(
        Command::SendCaptureFilter,
        |bench| bench.node.send_capture_filter(FIRST, &"tcp".into()),
        &Message::CaptureFilter("tcp".into()),
    );
}

#[test]
fn complete_handshake() {
    is_of_the_handshake(
        Command::CompleteHandshake,
        |bench| bench.node.complete_handshake(FIRST),
        &Message::PhaseDone,
    );
}

#[test]
fn with_manual_handshakes_the_application_completes_each() {
    let mut bench = in_handshake();
    bench.send(0, &handshake()[1..]);
    bench.pass(1000 * SECOND);
    assert!(!bench.is_running(FIRST));
    assert_eq!(bench.node.connected_peers().count(), 0, "its entry is not applied");
    bench.node.complete_handshake(FIRST).unwrap();
    bench.settle();
    assert!(bench.is_running(FIRST));
    assert_eq!(bench.node.connected_peers().count(), 1);
    assert!(!bench.hands[0].was_sent(&Message::RequestLogs), "its entry was not applied");
}

#[test]
fn apply_node_applies_the_entry() {
    let mut bench = in_handshake();
    bench.node.apply_node(FIRST).unwrap();
    bench.node.request_remote_events(FIRST, &"ping".parse().unwrap()).unwrap();
    bench.node.complete_handshake(FIRST).unwrap();
    bench.settle();
    assert!(bench.hands[0].was_sent(&Message::RequestLogs));
    assert!(bench.node.connection_to(FIRST).unwrap().accepts_input());
    once(&bench.log(), "info script connection established");
    let mut nobody = Bench::new(Options::default(), vec![]);
    assert_eq!(nobody.node.apply_node(FIRST), Err(NodeError::UnknownPeer(FIRST)));
}

#[test]
fn connect_peer_ignores_the_connect_flag() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    assert_eq!(bench.actions, []);
    let now = bench.now;
    assert_eq!(bench.node.connect_peer("a", now), Ok(PeerId(1)));
    bench.connect(Some(requesting(&[])));
    assert!(bench.node.is_node_connected("a"));
    let now = bench.now;
    let connected = NodeError::AlreadyConnected(PeerId(1));
    assert_eq!(bench.node.connect_peer("a", now), Err(connected));
}

#[test]
fn connect_peer_does_not_wait_to_retry() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(100, peer()))]);
    bench.refuse();
    let now = bench.now;
    assert_eq!(bench.node.connect_peer("a", now), Ok(PeerId(1)), "the same ID");
    bench.connect(Some(requesting(&[])));
    bench.pass(1000 * SECOND);
    assert!(!bench.connects(), "the other attempt is canceled");
}

#[test]
fn connect_peer_after_the_end_of_a_connection() {
    let mut bench = Bench::new(Options::default(), vec![("a", connects(peer()))]);
    bench.connect(Some(requesting(&[])));
    bench.hang_up(0);
    let now = bench.now;
    assert_eq!(bench.node.connect_peer("a", now), Ok(PeerId(1)));
    bench.connect(Some(requesting(&[])));
    assert!(bench.is_running(PeerId(1)));
}

#[test]
fn connect_peer_fails_for_unknown_names_and_after_termination() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    let now = bench.now;
    assert_eq!(bench.node.connect_peer("b", now), Err(NodeError::UnknownNode));
    bench.node.terminate_communication(now);
    assert_eq!(bench.node.connect_peer("a", now), Err(NodeError::Terminating));
}

#[test]
fn disconnect() {
    let mut bench = running();
    let now = bench.now;
    assert_eq!(bench.node.disconnect(FIRST, now), Ok(()));
    bench.settle();
    assert!(bench.hands[0].closed);
    assert_eq!(bench.node.disconnect(FIRST, now), Err(NodeError::UnknownPeer(FIRST)));
}

#[test]
fn disconnect_flushes_the_send_queue() {
    let mut bench = running();
    let now = bench.now;
    bench.node.raise(ping(1), now).unwrap();
    bench.node.disconnect(FIRST, now).unwrap();
    assert_eq!(bench.pinged(0), [1]);
}

#[test]
fn listen_and_stop_listening() {
    let mut bench = Bench::new(Options::default(), vec![]);
    bench.node.listen();
    bench.settle();
    let Some(Action::Listen(target)) = bench.actions.pop() else { panic!() };
    bench.node.feed_listening(target.endpoint, false, bench.now);
    assert!(bench.node.is_listening());
    let hand = bench.accept(Some(requesting(&[])));
    bench.node.stop_listening();
    bench.settle();
    assert_eq!(bench.actions, [Action::StopListening]);
    assert!(!bench.node.is_listening());
    assert!(!bench.hands[hand].closed, "accepted connections stay open");
    bench.node.stop_listening();
    bench.node.listen();
    bench.settle();
    assert_eq!(bench.actions.len(), 2, "{:?}", bench.actions);
}

#[test]
fn stop_listening_cancels_the_next_attempt_to_bind() {
    let mut bench = Bench::new(listening(), vec![]);
    let Some(Action::Listen(target)) = bench.actions.pop() else { panic!() };
    bench.node.feed_listen_failed(target.endpoint, true, "Address already in use", bench.now);
    bench.node.stop_listening();
    bench.settle();
    bench.actions.clear();
    bench.pass(1000 * SECOND);
    assert_eq!(bench.actions, []);
}

#[test]
fn set_accept_state() {
    let node = PeerConfig { accept_input: false, ..wants("ping", peer()) };
    let mut bench = Bench::running(Options::default(), node, requesting(&[]));
    for (n, accept) in [(0, false), (1, true), (2, false)] {
        assert_eq!(bench.node.set_accept_state(FIRST, accept), Ok(()));
        bench.raise(0, &ping(n));
        bench.settle();
    }
    assert_eq!(bench.pings(), [1]);
    let unknown = PeerId(3);
    let error = NodeError::UnknownPeer(unknown);
    assert_eq!(bench.node.set_accept_state(unknown, true), Err(error));
}

#[test]
fn set_compression_level() {
    let mut bench = in_handshake();
    assert_eq!(bench.node.set_compression_level(FIRST, 20), Ok(()));
    bench.node.complete_handshake(FIRST).unwrap();
    bench.send(0, &handshake()[1..]);
    once(&bench.log(), "info child [#10000/10.9.9.9:50000] enabling compression (level 9)");
    let late = bench.node.set_compression_level(FIRST, 1);
    assert_eq!(late, refused(Command::SetCompression, Phase::Running));
}

#[test]
fn send_ping() {
    let mut bench = running();
    let now = bench.now;
    assert_eq!(bench.node.send_ping(FIRST, 17, now), Ok(()));
    let news = bench.news();
    assert!(matches!(news[..], [Notification::Pong { seq: 17, .. }]), "{news:?}");
    let mut waiting = waiting();
    assert_eq!(waiting.node.send_ping(FIRST, 1, now), refused(Command::Ping, Phase::Setup));
}

fn id() -> Arc<Id> {
    Arc::new(Id::global("number", Value::Count(5).ty(), Some(Value::Count(5))))
}

#[test]
fn send_id() {
    let mut bench = running();
    assert_eq!(bench.node.send_id(FIRST, &id()), Ok(()));
    bench.settle();
    assert!(bench.hands[0].notified.iter().any(
        |notified| matches!(notified, connection::ConnectionNotification::Id(id) if id.value == Some(Value::Count(5)))
    ));
    let refused = refused(Command::SendId, Phase::Handshake);
    assert_eq!(in_handshake().node.send_id(FIRST, &id()), refused, "outside Running");
}

#[test]
fn send_current_packet() {
    let (tag, data) = ("".into(), Bytes::from_static(b"data"));
    let packet = Packet { sec: 1, usec: 2, len: 4, link_type: 1, tag, data };
    let mut bench = running();
    assert_eq!(bench.node.send_current_packet(FIRST, &packet), Ok(()));
    bench.settle();
    let expected = connection::ConnectionNotification::Packet(packet.clone());
    assert!(bench.hands[0].notified.contains(&expected));
    let refused = refused(Command::SendPacket, Phase::Setup);
    assert_eq!(waiting().node.send_current_packet(FIRST, &packet), refused);
}

fn access() -> StateAccess {
    let (op1, target) = (Value::Count(7), "number".into());
    StateAccess { opcode: Opcode::Assign, target, op1, op2: None, op3: None }
}

#[test]
fn send_state_and_state_done() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.set_state_source(connection::StateSource::Application);
    bench.accept(Some(syncing(false)));
    let phase = |bench: &Bench| bench.node.connection_to(FIRST).map(connection::Connection::phase);
    assert_eq!(phase(&bench), Some(Phase::Sync(SyncRole::Sender)));
    assert_eq!(bench.node.send_state_access(FIRST, &access()), Ok(Sent::Sent));
    assert_eq!(bench.node.state_done(FIRST), Ok(()));
    bench.settle();
    assert_eq!(phase(&bench), Some(Phase::Running));
    let got = connection::ConnectionNotification::StateAccess(Box::new(access()));
    assert!(bench.hands[0].notified.contains(&got));
    let late = bench.node.state_done(FIRST);
    assert_eq!(late, refused(Command::StateDone, Phase::Running));
    assert_eq!(running().node.send_state_access(FIRST, &access()), Ok(Sent::NotRequested));
}

#[test]
fn logs_and_prints_are_sent_to_peers_that_requested_them() {
    let print: PrintItems = [PrintItem { file: b"f", text: b"t" }].into_iter().collect();
    let mut bench = running();
    assert_eq!(bench.node.send_print(FIRST, &print), Ok(Sent::Sent));
    assert_eq!(bench.node.send_log_create_writer(FIRST, "w".into()), Ok(Sent::NotRequested));
    assert_eq!(bench.node.send_log_write(FIRST, "e".into()), Ok(Sent::NotRequested));
    bench.settle();
    assert!(bench.hands[0].was_sent(&Message::RemotePrint(print)));

    bench.hands[0].connection = None;
    bench.send(0, &[Message::RequestLogs]);
    assert_eq!(bench.node.send_log_create_writer(FIRST, "w".into()), Ok(Sent::Sent));
    assert_eq!(bench.node.send_log_write(FIRST, "e".into()), Ok(Sent::Sent));
    bench.settle();
    assert!(bench.hands[0].was_sent(&Message::LogCreateWriter("w".into())));
    assert!(bench.hands[0].was_sent(&Message::LogWrite("e".into())));
}

#[test]
fn is_remote_event_and_get_event_peer() {
    let mut bench = Bench::running(Options::default(), wants("ping", peer()), requesting(&[]));
    assert!(!bench.node.is_remote_event());
    bench.takes = false;
    bench.raise(0, &ping(1));
    bench.settle();
    let event = bench.node.poll_notification();
    assert!(matches!(event, Some(Notification::Event { .. })));
    assert!(bench.node.is_remote_event());
    assert_eq!(bench.node.get_event_peer().id, FIRST);
    assert_eq!(bench.node.poll_notification(), None);
    assert!(!bench.node.is_remote_event());
    assert_eq!(bench.node.get_event_peer(), bench.node.get_local_event_peer());
}

#[test]
fn get_local_event_peer() {
    let bench = Bench::new(Options::default(), vec![]);
    let local = bench.node.get_local_event_peer();
    assert_eq!((local.id, local.is_local, &*local.descr), (PeerId::LOCAL, true, &b"bro"[..]));
}
