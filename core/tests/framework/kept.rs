//! Store and forward: events kept for a disconnected peer.

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::wire::{Caps, EventNames, Message};
use brocomm::node::{Bound, Options, PeerConfig, PeerId, Raised};

use super::support::*;

const A: PeerId = PeerId(1);

fn kept(events: usize) -> PeerConfig {
    PeerConfig { store_and_forward: Some(Bound::new(events, 1 << 20)), ..retries(5, peer()) }
}

fn bench(node: PeerConfig) -> Bench {
    Bench::new(Options::default(), vec![("a", node)])
}

fn raise(bench: &mut Bench, numbers: std::ops::Range<u64>) -> Vec<Raised> {
    let now = bench.now;
    numbers.map(|n| bench.node.raise(ping(n), now).unwrap()).collect()
}

const KEPT: Raised = Raised { peers: 0, kept: 1, dropped: 0 };

#[test]
fn off_by_default() {
    let mut bench = bench(retries(5, peer()));
    bench.refuse();
    assert_eq!(raise(&mut bench, 0..1), [Raised::default()]);
    bench.pass(5 * SECOND);
    let hand = bench.connect(Some(requesting(&["ping"])));
    assert_eq!(bench.pinged(hand), [0; 0]);
}

#[test]
fn events_raised_before_the_first_connection_are_sent_once_it_runs() {
    let mut bench = bench(kept(100));
    assert_eq!(raise(&mut bench, 0..1), [KEPT], "while connecting");
    bench.refuse();
    assert_eq!(raise(&mut bench, 1..3), [KEPT; 2], "while waiting to retry");
    bench.pass(5 * SECOND);
    let hand = bench.connect(Some(requesting(&["ping"])));
    assert_eq!(bench.pinged(hand), [0, 1, 2]);
    assert_eq!(bench.node.counters(A).unwrap().outgoing.events, 0);
}

#[test]
fn events_raised_while_the_peer_is_disconnected_are_sent_on_reconnection() {
    let mut bench = bench(kept(100));
    let hand = bench.connect(Some(requesting(&["ping"])));
    assert_eq!(raise(&mut bench, 0..1), [Raised { peers: 1, ..Raised::default() }]);
    assert_eq!(bench.pinged(hand), [0]);
    bench.hang_up(hand);
    assert_eq!(raise(&mut bench, 1..3), [KEPT; 2]);
    bench.pass(5 * SECOND);
    let hand = bench.connect(Some(requesting(&["ping"])));
    raise(&mut bench, 3..4);
    assert_eq!(bench.pinged(hand), [1, 2, 3]);
}

#[test]
fn the_oldest_events_are_dropped_first_and_counted() {
    let mut bench = bench(kept(2));
    bench.refuse();
    raise(&mut bench, 0..5);
    let counters = bench.node.counters(A).unwrap();
    assert_eq!((counters.outgoing.events, counters.dropped_outgoing), (2, 3));
    bench.pass(5 * SECOND);
    let hand = bench.connect(Some(requesting(&["ping"])));
    assert_eq!(bench.pinged(hand), [3, 4]);
}

#[test]
fn events_that_the_peer_does_not_request_are_not_sent() {
    let mut bench = bench(kept(10));
    raise(&mut bench, 0..2);
    let hand = bench.connect(Some(requesting(&["pong"])));
    assert_eq!(bench.pinged(hand), [0; 0]);
    assert_eq!(bench.node.counters(A).unwrap().outgoing.events, 0);
    bench.hang_up(hand);
    assert_eq!(raise(&mut bench, 2..3), [Raised::default()], "it did not request them");
}

#[test]
fn nothing_is_kept_for_a_peer_that_was_disconnected_on_purpose() {
    let mut bench = bench(kept(10));
    let hand = bench.connect(Some(requesting(&["ping"])));
    let now = bench.now;
    bench.node.disconnect(A, now).unwrap();
    bench.settle();
    assert!(bench.hands[hand].closed);
    assert_eq!(raise(&mut bench, 0..1), [Raised::default()]);
}

#[test]
fn events_raised_during_the_handshake_are_sent_once() {
    let mut bench = bench(kept(10));
    raise(&mut bench, 0..1);
    let hand = bench.connect(None);
    let names: EventNames = ["ping"].into_iter().collect();
    bench.send(hand, &[version(""), Message::RequestEvents(names)]);
    assert_eq!(raise(&mut bench, 1..3), [KEPT; 2]);
    // Decoding needs the messages before as well, so this looks at the counter.
    bench.send(hand, &[Message::Caps(Caps::BRO), Message::PhaseDone]);
    assert!(bench.is_running(A));
    assert_eq!(bench.node.counters(A).unwrap().connection.events_sent, 3);
}

#[test]
fn events_queued_when_the_connection_was_lost_are_sent_over_the_next() {
    let mut bench = bench(kept(1000));
    let hand = bench.connect(Some(requesting(&["text", "ping"])));
    bench.hands[hand].stalls = true;
    let now = bench.now;
    for _ in 0..3 {
        bench.node.raise(text(40 << 10), now).unwrap();
    }
    raise(&mut bench, 0..3);
    assert!(bench.node.counters(A).unwrap().outgoing.events >= 3);
    bench.lose(hand);
    bench.pass(5 * SECOND);
    let hand =
        bench.connect(Some(ConnectionConfig { description: "x".into(), ..requesting(&["ping"]) }));
    assert_eq!(bench.pinged(hand), [0, 1, 2]);
}
