//! Which entry applies to a peer, and its effects (§4).

use brocomm::data::{Event, Value};
use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::serial::{Opcode, Packet, StateAccess};
use brocomm::lowlevel::wire::{Message, PingArgs, PingLayout, PrintItem, SyncPoint};
use brocomm::node::{Endpoint, Notification, Options, PeerConfig};
use bytes::Bytes;

use super::support::*;

/// Returns the entry that applies to a peer of this class.
fn applies(nodes: Vec<(&str, PeerConfig)>, class: Option<&'static str>) -> Option<String> {
    let mut bench = Bench::new(Options::default(), nodes);
    let class = class.map(|class| Bytes::from_static(class.as_bytes()));
    bench.accept(Some(ConnectionConfig { class, ..requesting(&[]) }));
    bench.news().into_iter().find_map(|notified| match notified {
        Notification::ConnectionEstablished { node, .. } => node.map(|name| name.to_string()),
        _ => None,
    })
}

fn classed(class: Option<&'static str>) -> PeerConfig {
    PeerConfig { class: class.map(|class| Bytes::from_static(class.as_bytes())), ..peer() }
}

#[test]
fn classes_match_if_equal_or_both_unset() {
    let classes = [None, Some(""), Some("a"), Some("b")];
    for ours in classes {
        for theirs in classes {
            let found = applies(vec![("entry", classed(ours))], theirs);
            let expected = ours.unwrap_or("") == theirs.unwrap_or("");
            assert_eq!(found.is_some(), expected, "{ours:?} {theirs:?}");
        }
    }
}

#[test]
fn the_first_entry_that_applies_wins() {
    let nodes = || {
        let elsewhere = PeerConfig::new([10, 9, 9, 1].into());
        vec![("other", elsewhere), ("z", classed(Some("a"))), ("y", peer()), ("x", peer())]
    };
    assert_eq!(applies(nodes(), None).as_deref(), Some("y"));
    assert_eq!(applies(nodes(), Some("a")).as_deref(), Some("z"));
    assert_eq!(applies(nodes(), Some("b")), None);
}

#[test]
fn an_ipv4_peer_on_an_ipv6_socket_matches_its_ipv4_entry() {
    let mut bench = Bench::new(Options::default(), vec![("a", peer())]);
    let mapped = "::ffff:10.9.9.9".parse().unwrap();
    bench.accept_from(Endpoint::new(mapped, 1), Some(requesting(&[])));
    assert!(bench.node.is_node_connected("a"));
}

#[test]
fn the_initiator_applies_its_own_entry_regardless_of_the_class() {
    let node = PeerConfig { class: Some("ours".into()), ..connects(peer()) };
    let mut bench = Bench::new(Options::default(), vec![("first", peer()), ("a", node)]);
    bench.connect(Some(ConnectionConfig { class: Some("theirs".into()), ..requesting(&[]) }));
    assert!(bench.node.is_node_connected("a"));
    assert!(!bench.node.is_node_connected("first"));
}

#[test]
fn a_peer_without_an_entry_may_request_but_not_send() {
    let options = Options { compression_level: 2, ..Options::default() };
    let mut bench = Bench::new(options, vec![]);
    let hand = bench.accept(Some(requesting(&["ping"])));
    assert!(bench.hands[hand].was_sent(&Message::Compress), "the default compression level");
    let now = bench.now;
    assert_eq!(bench.node.raise(ping(3), now).map(|raised| raised.peers), Ok(1));
    assert_eq!(bench.pinged(hand), [3]);
    assert!(!bench.node.connection_to(FIRST).unwrap().accepts_input());
}

/// A node that doesn't accept input, and a peer that sends all kinds of input regardless.
fn refusing() -> Bench {
    let node = PeerConfig { accept_input: false, sync: true, ..wants(".*", peer()) };
    Bench::running(Options::default(), node, requesting(&[]))
}

#[test]
fn accept_input_off_covers_events_state_ids_and_packets() {
    let mut bench = refusing();
    bench.raise(0, &ping(1));
    let connection = bench.hands[0].connection.as_mut().unwrap();
    let access = StateAccess {
        opcode: Opcode::Assign,
        target: "number".into(),
        op1: Value::Count(1),
        op2: None,
        op3: None,
    };
    let _ = connection.send_state_access(&access).unwrap();
    let id = brocomm::lowlevel::serial::Id::global(
        "number",
        Value::Count(1).ty(),
        Some(Value::Count(1)),
    );
    connection.send_id(&id.into()).unwrap();
    connection.send_packet(&packet()).unwrap();
    assert_eq!(bench.news(), []);
    assert_eq!(
        bench.node.counters(FIRST).unwrap().connection.discarded,
        5,
        "with peer_description"
    );
    assert!(bench.is_running(FIRST));
}

fn packet() -> Packet {
    let (tag, data) = ("".into(), Bytes::from_static(b"data"));
    Packet { sec: 1, usec: 2, len: 4, link_type: 1, tag, data }
}

#[test]
fn accept_input_off_hides_the_description() {
    let mut bench =
        Bench::new(Options::default(), vec![("a", PeerConfig { accept_input: false, ..peer() })]);
    bench.accept(Some(ConnectionConfig { description: "x".into(), ..requesting(&[]) }));
    never(&bench.log(), "peer_description");
}

#[test]
fn accept_input_off_does_not_block_other_messages() {
    let mut bench = refusing();
    let print = PrintItem { file: b"f", text: b"t" };
    let (time1, time2, time3, layout) = (0.0, 0.0, 0.0, PingLayout::Padded32);
    let ping = PingArgs { seq: 4, time1, time2, time3, layout };
    let [writer, entries] = log_messages();
    let messages = [
        Message::Ping(ping),
        Message::RemotePrint([print].into_iter().collect()),
        writer,
        entries,
        Message::CaptureFilter("tcp".into()),
        Message::SyncPoint(SyncPoint::Point(2)),
    ];
    bench.hands[0].connection = None;
    bench.send(0, &messages);
    let news = bench.news();
    assert!(matches!(
        &news[..],
        [
            Notification::RemotePrint { .. },
            Notification::LogWriterAnnounced { .. },
            Notification::LogEntry { .. },
            Notification::CaptureFilter { .. },
            Notification::SyncPoint { .. },
        ]
    ));
    assert!(matches!(bench.hands[0].sent.last(), Some(Message::Pong(args)) if args.seq == 4));
}

#[test]
fn accept_input_off_reports_errors_in_calls() {
    let mut bench = refusing();
    let wrong = Event::new("ping", vec![]);
    bench.raise(0, &wrong);
    let reason = "unserializing event/function ping: wrong number of arguments, ignoring";
    assert!(bench.news().iter().any(
        |notified| matches!(notified, Notification::ConnectionError { reason: r, .. } if r.starts_with(reason))
    ));
}

#[test]
fn a_capture_filter_is_only_reported() {
    let mut bench = Bench::running(Options::default(), peer(), requesting(&[]));
    bench.hands[0].connection = None;
    bench.send(0, &[Message::CaptureFilter("tcp port 80".into())]);
    let news = bench.notified();
    assert!(
        matches!(&news[..], [Notification::CaptureFilter { filter, .. }] if filter == "tcp port 80"),
        "{news:?}"
    );
    assert_eq!(bench.actions, []);
}
