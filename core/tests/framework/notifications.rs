//! Notifications (part 4 §4), each with all its fields.

use brocomm::data::{Event, Value};
use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::serial::{Id, Packet};
use brocomm::lowlevel::wire::{Message, PrintItem, PrintItems, SyncPoint};
use brocomm::node::{CloseCause, SyncRole};
use brocomm::node::{Endpoint, Notification, Options, PeerConfig};
use bytes::Bytes;

use super::support::*;

/// A node that accepts input from its peer.
fn running() -> Bench {
    Bench::running(Options::default(), wants(".*", peer()), requesting(&[]))
}

/// Asserts that there is exactly one notification, about the peer, and returns it.
#[track_caller]
fn only(bench: &mut Bench) -> Notification {
    let mut news = bench.news();
    assert_eq!(news.len(), 1, "{news:?}");
    news.remove(0)
}

/// Feeds the node a message from the peer; returns its notification.
fn after(message: Message) -> Notification {
    let mut bench = running();
    bench.hands[0].connection = None;
    bench.send(0, &[message]);
    only(&mut bench)
}

#[test]
fn established_handshake_done_and_closed() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    let hand = bench.accept(Some(ConnectionConfig { class: Some("c".into()), ..requesting(&[]) }));
    bench.accept(Some(requesting(&[])));
    let news = bench.news();
    let [
        Notification::ConnectionEstablished { peer: unlisted, node: None },
        Notification::ConnectionHandshakeDone(_),
        Notification::ConnectionEstablished { peer: listed, node: Some(node) },
        Notification::ConnectionHandshakeDone(done),
    ] = &news[..]
    else {
        panic!("{news:?}")
    };
    assert_eq!((unlisted.id, unlisted.class.as_deref()), (FIRST, Some(&b"c"[..])));
    assert_eq!((listed.id.0, done.id.0, &**node), (10_001, 10_001, "a"));
    assert_eq!(listed.endpoint, Endpoint::new(host(), 50_001));

    bench.hang_up(hand);
    let closed = only(&mut bench);
    assert!(
        matches!(
            &closed,
            Notification::ConnectionClosed { peer, established: true, cause: CloseCause::PeerClosed }
                if peer.id == FIRST && peer.descr.is_empty()
        ),
        "{closed:?}"
    );
}

#[test]
fn closed_says_whether_the_connection_was_established() {
    let mut bench = Bench::new(Options::default(), vec![]);
    let hand = bench.accept(None);
    bench.hang_up(hand);
    let closed = only(&mut bench);
    assert!(matches!(closed, Notification::ConnectionClosed { established: false, .. }));
}

#[test]
fn connection_error_that_leaves_the_connection_up() {
    let mut bench = running();
    bench.raise(0, &Event::new("ping", vec![Value::string("x")]));
    let news = bench.news();
    let [
        Notification::ConnectionError { peer, reason },
        Notification::EventRejected { peer: same, error },
    ] = &news[..]
    else {
        panic!("{news:?}")
    };
    assert_eq!((peer.id, same.id), (FIRST, FIRST));
    assert_eq!(error.to_string(), "ping: argument 0: expected count, found string");
    let words = "unserializing event/function ping: mismatch in argument types; ignoring";
    let types = "(argument 0, n: expected count, found string)";
    assert_eq!(**reason, format!("{words} {types}"));
    assert_eq!(bench.node.last_error(FIRST), Some(&**reason));
    assert!(bench.is_running(FIRST));
}

#[test]
fn connection_error_that_ends_the_connection() {
    let mut bench = running();
    bench.hands[0].connection = None;
    bench.send(0, &[Message::Serial(Bytes::from_static(b"e\0\0\0\x04ping"))]);
    let notified = bench.notified();
    let logged = lines(&notified);
    let news: Vec<_> = notified.iter().filter(|t| !matches!(t, Notification::Log(_))).collect();
    let [
        Notification::ConnectionError { reason, .. },
        Notification::ConnectionClosed { cause: CloseCause::Protocol(_), .. },
    ] = news[..]
    else {
        panic!("{news:?}")
    };
    let prefix = "[#10000/10.9.9.9:50000]";
    once(&logged, &format!("error parent {prefix} {reason}"));
    assert!(reason.starts_with("unserializing"), "{reason}");
}

#[test]
fn event_registered_once_per_name() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    let hand = bench.accept(None);
    bench.send(hand, &[version("")]);
    bench.notified.clear();
    let names = ["ping", "nobody_knows", "pong", "ping"].into_iter().collect();
    bench.send(hand, &[Message::RequestEvents(names)]);
    let names = bench.news().into_iter().map(|notified| match notified {
        Notification::EventRegistered { peer, name } => {
            assert_eq!(peer.id, FIRST);
            name.to_string()
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["ping", "pong"]);
}

#[test]
fn capture_filter() {
    let notified = after(Message::CaptureFilter("tcp".into()));
    assert!(
        matches!(&notified, Notification::CaptureFilter { peer, filter } if peer.id == FIRST && filter == "tcp")
    );
}

#[test]
fn pong() {
    let mut bench = running();
    bench.hands[0].stalls = true;
    let now = bench.now;
    bench.node.send_ping(FIRST, 3, now).unwrap();
    bench.pass(2 * SECOND);
    bench.hands[0].stalls = false;
    let notified = only(&mut bench);
    let Notification::Pong { peer, seq, d1, d2, d3 } = notified else { panic!("{notified:?}") };
    assert_eq!((peer.id, seq, d1, d2, d3), (FIRST, 3, 2.0, 2.0, 0.0));
}

#[test]
fn event() {
    let mut bench = running();
    bench.raise(0, &ping(9));
    let notified = only(&mut bench);
    let Notification::Event { peer, event } = notified else { panic!("{notified:?}") };
    assert_eq!((peer.id, event), (FIRST, ping(9)));
}

#[test]
fn state_access() {
    use brocomm::lowlevel::serial::{Opcode, StateAccess};
    let node = PeerConfig { sync: true, ..peer() };
    let mut bench = Bench::running(Options::default(), node, syncing(false));
    let (op1, target) = (Value::Count(7), "number".into());
    let access = StateAccess { opcode: Opcode::Assign, target, op1, op2: None, op3: None };
    let connection = bench.hands[0].connection.as_mut().unwrap();
    let _ = connection.send_state_access(&access).unwrap();
    let notified = only(&mut bench);
    let Notification::StateAccess { peer, access: got } = notified else { panic!("{notified:?}") };
    assert_eq!((peer.id, *got), (FIRST, access));
}

#[test]
fn sync_started() {
    let mut bench = Bench::new(
        Options::default(),
        vec![("a", PeerConfig { sync: true, auth: true, ..peer() })],
    );
    bench.accept(Some(syncing(false)));
    assert!(bench.news().iter().any(|notified| matches!(
        notified,
        Notification::SyncStarted { peer, role: SyncRole::Sender } if peer.id == FIRST
    )));
}

#[test]
fn id() {
    let mut bench = running();
    let id = std::sync::Arc::new(Id::global("number", Value::Count(5).ty(), Some(Value::Count(5))));
    bench.hands[0].connection.as_mut().unwrap().send_id(&id).unwrap();
    let notified = only(&mut bench);
    let Notification::Id { peer, id } = notified else { panic!("{notified:?}") };
    assert_eq!((peer.id, &*id.name, &id.value), (FIRST, &b"number"[..], &Some(Value::Count(5))));
}

#[test]
fn packet() {
    let mut bench = running();
    let (tag, data) = ("".into(), Bytes::from_static(b"data"));
    let packet = Packet { sec: 1, usec: 2, len: 4, link_type: 1, tag, data };
    bench.hands[0].connection.as_mut().unwrap().send_packet(&packet).unwrap();
    let notified = only(&mut bench);
    assert!(matches!(notified, Notification::Packet { packet: got, .. } if got == packet));
}

#[test]
fn remote_print() {
    let items: PrintItems = [PrintItem { file: b"f", text: b"t" }].into_iter().collect();
    let notified = after(Message::RemotePrint(items.clone()));
    assert!(matches!(notified, Notification::RemotePrint { items: got, .. } if got == items));
}

#[test]
fn log_writers_and_entries() {
    let mut bench = running();
    bench.hands[0].connection = None;
    bench.send(0, &log_messages());
    let news = bench.news();
    let [
        Notification::LogWriterAnnounced { peer, writer },
        Notification::LogEntry { peer: of_entry, writer: written, values },
    ] = &news[..]
    else {
        panic!("{news:?}")
    };
    assert_eq!((peer.id, of_entry.id), (FIRST, FIRST));
    assert_eq!((&*writer.path, writer), (&b"mini"[..], written));
    assert_eq!(values[..], [brocomm::logs::LogValue::Count(7)]);
}

#[test]
fn sync_point() {
    let notified = after(Message::SyncPoint(SyncPoint::Point(4)));
    assert!(matches!(notified, Notification::SyncPoint { point: SyncPoint::Point(4), .. }));
}

#[test]
fn listening_names_the_endpoint() {
    let mut bench = Bench::new(listening(), vec![]);
    let endpoint = Endpoint::new([0, 0, 0, 0].into(), 47757);
    bench.node.feed_listening(endpoint.clone(), false, bench.now);
    assert_eq!(bench.news(), [Notification::Listening(endpoint)]);
}

#[test]
fn log_lines_have_time_peer_and_message() {
    let mut bench = running();
    bench.pass(5 * SECOND);
    bench.hang_up(0);
    let notified = bench.notified();
    let entries: Vec<_> = notified
        .iter()
        .filter_map(|notified| match notified {
            Notification::Log(entry) => Some(entry),
            _ => None,
        })
        .collect();
    assert!(entries.iter().all(|entry| entry.time == bench.now));
    assert!(entries.iter().all(|entry| entry.peer.as_ref().is_some_and(|peer| peer.id == FIRST)));
    let now = bench.now;
    bench.node.terminate_communication(now);
    let notified = bench.notified();
    assert!(
        matches!(&notified[0], Notification::Log(entry) if entry.peer.is_none()),
        "about no peer: {:?}",
        notified[0]
    );
}

#[test]
fn notifications_about_one_peer_are_in_order() {
    let mut bench = running();
    bench.takes = false;
    bench.raise(0, &ping(1));
    bench.raise(0, &Event::new("ping", vec![]));
    bench.raise(0, &ping(2));
    bench.settle();
    bench.hang_up(0);
    bench.takes = true;
    let news = bench.news();
    assert!(
        matches!(
            news[..],
            [
                Notification::Event { .. },
                Notification::ConnectionError { .. },
                Notification::EventRejected { .. },
                Notification::Event { .. },
                Notification::ConnectionClosed { .. },
            ]
        ),
        "{news:?}"
    );
}
