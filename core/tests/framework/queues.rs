//! Backpressure and dropped events: send and receive queues.

use brocomm::data::{Event, List, Type, Value};
use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::wire::DataFormat;
use brocomm::node::{
    Bound, Notification, Options, Overflow, PeerCounters, PeerId, Queue, RaiseError, Raised,
};
use brocomm::node::{CloseCause, Undeclared};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";
const WIDE: Bound = Bound::new(1_000_000, 1 << 30);
const NARROW: Bound = Bound::new(3, 1 << 30);

/// Bounds the send queue of each peer and of all peers together.
fn outgoing(overflow: Overflow, bound: Bound, outgoing_total: Bound) -> Options {
    Options { outgoing: Queue { bound, overflow }, outgoing_total, ..Options::default() }
}

fn incoming(overflow: Overflow, bound: Bound, incoming_total: Bound) -> Options {
    Options { incoming: Queue { bound, overflow }, incoming_total, ..Options::default() }
}

/// A node with a peer that does not read, and whose connection is full.
fn stalled(options: Options) -> Bench {
    let mut bench = Bench::running(options, peer(), requesting(&["ping", "text"]));
    stall(&mut bench, 0);
    bench.notified.clear();
    bench
}

fn stall(bench: &mut Bench, hand: usize) {
    bench.hands[hand].stalls = true;
    let now = bench.now;
    bench.node.raise(text(100 << 10), now).unwrap();
    bench.settle();
}

fn raise(bench: &mut Bench, n: u64) -> Result<Raised, RaiseError> {
    let now = bench.now;
    bench.node.raise(ping(n), now)
}

/// Lets the peer read; returns the pings that it received.
fn resume(bench: &mut Bench) -> Vec<u64> {
    bench.hands[0].stalls = false;
    bench.pinged(0)
}

fn counters(bench: &Bench) -> PeerCounters {
    bench.node.counters(FIRST).unwrap()
}

#[test]
fn defaults_block() {
    let options = Options::default();
    assert_eq!(options.outgoing.overflow, Overflow::Block);
    assert_eq!(options.incoming.overflow, Overflow::Block);
    assert_eq!(options.outgoing.bound, Bound::new(10_000, 16 << 20));
    assert_eq!(options.incoming.bound, Bound::new(1000, 16 << 20));
}

#[test]
fn outgoing_block() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = stalled(outgoing(Overflow::Block, bound, total));
        for n in 0..3 {
            assert_eq!(raise(&mut bench, n), Ok(Raised { peers: 1, ..Raised::default() }));
        }
        assert!(!bench.node.can_raise(b"ping"));
        assert_eq!(raise(&mut bench, 3), Err(RaiseError::Full(FIRST)));
        assert!(bench.node.can_raise(b"pong"), "nobody requested it");
        assert_eq!(resume(&mut bench), [0, 1, 2]);
        assert!(raise(&mut bench, 4).is_ok());
        assert_eq!(bench.pinged(0), [0, 1, 2, 4]);
        assert_eq!(counters(&bench).dropped_outgoing, 0);
    }
}

#[test]
fn outgoing_block_by_bytes() {
    let mut bench = stalled(outgoing(Overflow::Block, Bound::new(1000, 300), WIDE));
    let fit = (0..100).take_while(|n| raise(&mut bench, *n).is_ok()).count();
    assert!((2..10).contains(&fit), "{fit}");
    let depth = counters(&bench).outgoing;
    assert_eq!(depth.events, fit);
    assert!(depth.bytes >= 300, "{depth:?}");
}

#[test]
fn a_closed_connection_logs_how_many_messages_it_drops() {
    let mut bench = stalled(outgoing(Overflow::Block, WIDE, WIDE));
    (0..3).for_each(|n| assert!(raise(&mut bench, n).is_ok()));
    bench.lose(0);
    let line =
        format!("error parent {PREFIX} dropped 3 queued messages for peer, connection closed");
    assert_eq!(bench.log().iter().filter(|logged| **logged == line).count(), 1);

    // Nothing is logged if all was sent.
    let mut bench = Bench::running(Options::default(), peer(), requesting(&["ping"]));
    assert!(raise(&mut bench, 0).is_ok());
    bench.settle();
    bench.lose(0);
    assert!(!bench.log().iter().any(|line| line.contains("queued messages")));
}

#[test]
fn outgoing_drop_newest() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = stalled(outgoing(Overflow::DropNewest, bound, total));
        let raised: Vec<_> = (0..5).map(|n| raise(&mut bench, n).unwrap().dropped).collect();
        assert_eq!(raised, [0, 0, 0, 1, 1]);
        assert_eq!(counters(&bench).dropped_outgoing, 2);
        let line = format!("error parent {PREFIX} dropped event ping for peer, send queue full");
        assert_eq!(bench.log(), [line.clone(), line]);
        assert_eq!(resume(&mut bench), [0, 1, 2]);
    }
}

#[test]
fn outgoing_drop_oldest() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = stalled(outgoing(Overflow::DropOldest, bound, total));
        for n in 0..5 {
            assert_eq!(raise(&mut bench, n).unwrap().peers, 1);
        }
        assert_eq!(counters(&bench).dropped_outgoing, 2);
        assert_eq!(bench.log().len(), 2);
        assert_eq!(resume(&mut bench), [2, 3, 4]);
    }
}

#[test]
fn outgoing_disconnect() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = stalled(outgoing(Overflow::Disconnect, bound, total));
        for n in 0..3 {
            raise(&mut bench, n).unwrap();
        }
        assert_eq!(raise(&mut bench, 3).unwrap().dropped, 1);
        let notified = bench.notified();
        once(
            &lines(&notified),
            &format!("error parent {PREFIX} send queue full, closing connection"),
        );
        assert!(
            notified
                .iter()
                .any(|notified| matches!(notified, Notification::ConnectionClosed { .. }))
        );
        assert!(bench.hands[0].closed);
    }
}

#[test]
fn a_peer_that_does_not_read_blocks_only_its_own_queue() {
    let mut bench = stalled(outgoing(Overflow::DropNewest, NARROW, WIDE));
    bench.accept(Some(requesting(&["ping"])));
    for n in 0..5 {
        raise(&mut bench, n).unwrap();
    }
    assert_eq!(bench.pinged(1), [0, 1, 2, 3, 4]);
}

#[test]
fn the_total_bound_covers_all_peers() {
    let mut bench = stalled(outgoing(Overflow::DropNewest, WIDE, Bound::new(4, 1 << 30)));
    bench.accept(Some(requesting(&["ping", "text"])));
    bench.hands[1].stalls = true;
    let now = bench.now;
    // The first peer's connection is full, so this goes into the queue.
    bench.node.raise(text(100 << 10), now).unwrap();
    let raised: Vec<_> = (0..3).map(|n| raise(&mut bench, n).unwrap()).collect();
    let both = Raised { peers: 2, kept: 0, dropped: 0 };
    assert_eq!(raised[0], both);
    assert_eq!(raised[2], Raised { peers: 0, kept: 0, dropped: 2 });
    let waiting = |id| bench.node.counters(id).unwrap().outgoing.events;
    assert_eq!(waiting(FIRST) + waiting(PeerId(10_001)), 4);
}

/// A node whose application reads nothing while its peer raises events one at a time.
fn flooded(options: Options, numbers: std::ops::Range<u64>) -> Bench {
    let mut bench = Bench::running(options, wants(".*", peer()), requesting(&[]));
    flood(&mut bench, 0, numbers);
    bench
}

fn flood(bench: &mut Bench, hand: usize, numbers: std::ops::Range<u64>) {
    bench.takes = false;
    for n in numbers {
        bench.raise(hand, &ping(n));
        bench.settle();
    }
}

/// Lets the application read the whole queue; returns all of it.
fn taken(bench: &mut Bench) -> Vec<Notification> {
    bench.takes = true;
    bench.notified()
}

#[test]
fn incoming_block() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = flooded(incoming(Overflow::Block, bound, total), 0..8);
        assert!(!bench.node.wants_input(bench.hands[0].link), "the peer is blocked");
        assert_eq!(counters(&bench).incoming.events, 3);
        let notified = taken(&mut bench);
        assert_eq!(numbers(&notified), [0, 1, 2, 3, 4, 5, 6, 7], "nothing is lost");
        assert!(bench.node.wants_input(bench.hands[0].link));
        assert_eq!(counters(&bench).incoming.most_events, 3);
    }
}

#[test]
fn incoming_drop_newest() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = flooded(incoming(Overflow::DropNewest, bound, total), 0..5);
        let notified = taken(&mut bench);
        assert_eq!(numbers(&notified), [0, 1, 2]);
        let line =
            format!("error parent {PREFIX} dropped event ping from peer, receive queue full");
        assert_eq!(lines(&notified), [line.clone(), line]);
        assert_eq!(counters(&bench).dropped_incoming, 2);
    }
}

#[test]
fn incoming_drop_oldest() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = flooded(incoming(Overflow::DropOldest, bound, total), 0..5);
        let notified = taken(&mut bench);
        assert_eq!(numbers(&notified), [2, 3, 4]);
        assert_eq!(lines(&notified).len(), 2);
        assert_eq!(counters(&bench).dropped_incoming, 2);
    }
}

#[test]
fn incoming_disconnect() {
    for (bound, total) in [(NARROW, WIDE), (WIDE, NARROW)] {
        let mut bench = flooded(incoming(Overflow::Disconnect, bound, total), 0..4);
        let notified = taken(&mut bench);
        assert_eq!(numbers(&notified), [0, 1, 2]);
        once(
            &lines(&notified),
            "error child queue to parent filling up; shutting down heaviest connection",
        );
        assert!(notified.iter().any(|notified| matches!(
            notified,
            Notification::ConnectionClosed { cause: CloseCause::TransportFailed { .. }, .. }
        )));
        assert!(bench.hands[0].closed);
    }
}

#[test]
fn incoming_total_blocks_all_peers() {
    let options = incoming(Overflow::Block, WIDE, NARROW);
    let mut bench = flooded(options, 0..3);
    bench.takes = true;
    bench.accept(Some(requesting(&[])));
    bench.notified.clear();
    flood(&mut bench, 0, 3..6);
    flood(&mut bench, 1, 10..12);
    assert_eq!(bench.hands.iter().filter(|h| bench.node.wants_input(h.link)).count(), 0);
    let mut notified = numbers(&taken(&mut bench));
    notified.sort_unstable();
    assert_eq!(notified, [3, 4, 5, 10, 11]);
}

#[test]
fn bursts_are_bounded() {
    let mut bench = Bench::running(
        incoming(Overflow::Block, NARROW, WIDE),
        wants(".*", peer()),
        requesting(&[]),
    );
    bench.takes = false;
    (0..500).for_each(|n| bench.raise(0, &ping(n)));
    bench.settle();
    assert_eq!(counters(&bench).incoming.events, 3);
    assert_eq!(numbers(&taken(&mut bench)), Vec::from_iter(0..500));
}

/// Waking a connection costs as much as many events.
#[test]
fn connections_are_not_woken_for_each_event_taken() {
    for (bound, total) in [(Bound::new(100, 1 << 30), WIDE), (WIDE, Bound::new(100, 1 << 30))] {
        let options = incoming(Overflow::Block, bound, total);
        let mut bench = Bench::running(options, wants(".*", peer()), requesting(&[]));
        for _ in 1..10 {
            bench.accept(Some(requesting(&[])));
        }
        bench.settle();
        bench.takes = false;
        for hand in 0..10 {
            (0..300).for_each(|n| bench.raise(hand, &ping(n)));
        }
        bench.settle();
        let (mut events, mut woken) = (0, 0);
        while let Some(notification) = bench.node.poll_notification() {
            events += usize::from(matches!(notification, Notification::Event { .. }));
            woken += std::iter::from_fn(|| bench.node.poll_connection()).count();
        }
        assert!(events > 1000, "{events}");
        assert!(woken < events / 4, "{woken} wakes for {events} events");
        assert_eq!(events + numbers(&taken(&mut bench)).len(), 3000);
    }
}

#[test]
fn a_full_queue_of_one_peer_does_not_block_the_others() {
    let options = Options {
        forward_remote_events: true,
        outgoing: Queue { bound: NARROW, overflow: Overflow::Block },
        ..incoming(Overflow::Block, WIDE, Bound::new(10, 1 << 30))
    };
    let mut bench = Bench::new(options, vec![("peer", wants(".*", peer()))]);
    bench.accept(Some(requesting(&["ping", "text"])));
    bench.accept(Some(requesting(&[])));
    bench.accept(Some(requesting(&[])));
    stall(&mut bench, 0);
    (0..50).for_each(|n| bench.raise(1, &ping(n)));
    assert_eq!(bench.pings(), [0, 1, 2]);
    let pong = |n| Event::new("pong", vec![Value::Count(n)]);
    (0..50).for_each(|n| bench.raise(2, &pong(n)));
    assert_eq!(bench.notified().len(), 50);
    bench.hands[0].stalls = false;
    assert_eq!(bench.pings(), Vec::from_iter(3..50));
}

#[test]
fn forwarding_waits_for_a_full_send_queue() {
    let options =
        Options { forward_remote_events: true, ..outgoing(Overflow::Block, NARROW, WIDE) };
    let mut bench = Bench::new(options, vec![("peer", wants("ping", peer()))]);
    bench.accept(Some(requesting(&["ping", "text"])));
    bench.accept(Some(requesting(&[])));
    stall(&mut bench, 0);
    bench.notified.clear();
    for n in 0..6 {
        bench.raise(1, &ping(n));
    }
    assert_eq!(bench.pings(), [0, 1, 2]);
    bench.hands[0].stalls = false;
    assert_eq!(bench.pings(), [3, 4, 5]);
    assert_eq!(bench.pinged(0), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn counters_count_events_and_bytes() {
    let mut bench =
        Bench::running(Options::default(), wants("ping", peer()), requesting(&["ping", "text"]));
    for n in 0..4 {
        bench.raise(0, &ping(n));
        raise(&mut bench, n).unwrap();
    }
    bench.settle();
    let PeerCounters { connection, connects, reads, writes, .. } = counters(&bench);
    assert_eq!((connection.events_received, connection.events_sent, connects), (4, 4, 1));
    assert!(connection.input.bytes > 100 && connection.output.bytes > 100);
    assert!(connection.written.references > 0, "{connection:?}");
    assert!(reads > 0 && writes > 0);
    stall(&mut bench, 0);
    for n in 0..4 {
        raise(&mut bench, n).unwrap();
    }
    bench.hands[0].stalls = false;
    bench.settle();
    let depth = counters(&bench).outgoing;
    assert_eq!((depth.events, depth.bytes, depth.most_events), (0, 0, 4));
}

#[test]
fn counters_continue_over_reconnections() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(1, peer()))]);
    for n in 0..2 {
        let hand = bench.connect(Some(requesting(&["ping"])));
        raise(&mut bench, n).unwrap();
        bench.settle();
        bench.hang_up(hand);
        bench.pass(SECOND);
    }
    let counters = bench.node.counters(PeerId(1)).unwrap();
    assert_eq!((counters.connection.events_sent, counters.connects), (2, 2));
}

#[test]
fn events_that_an_old_release_cannot_read_are_counted_and_logged() {
    let options = Options {
        undeclared: Undeclared::Deliver,
        data_format: Some(DataFormat::V21),
        ..Options::default()
    };
    let mut bench = Bench::new(options, vec![("peer", peer())]);
    let hello = ConnectionConfig { data_format: Some(DataFormat::V21), ..requesting(&["host"]) };
    bench.accept(Some(hello));
    assert!(bench.is_running(FIRST));
    let now = bench.now;
    let v6 = Value::Addr(std::net::Ipv6Addr::LOCALHOST.into());
    let raised = bench.node.raise(Event::new("host", vec![v6]), now).unwrap();
    assert_eq!(raised.peers, 0);
    assert_eq!(counters(&bench).unwritable, 1);
    let line = "serializing call: event host not sent: Bro 2.0 has no IPv6 addresses";
    once(&bench.log(), &format!("error parent {PREFIX} {line}"));
    assert!(bench.is_running(FIRST));
}

#[test]
fn an_event_that_is_too_large_or_too_deep_is_counted_and_logged() {
    let nested = |value, _| {
        let items = vec![value];
        Value::List(List { ty: Type::list(Vec::new()), tag: 0, items: items.into() }.into())
    };
    let too_deep = (0..60).fold(Value::Count(1), nested);
    let options = Options { undeclared: Undeclared::Deliver, ..Options::default() };
    let mut bench = Bench::running(options, peer(), requesting(&["deep"]));
    let now = bench.now;
    let raised = bench.node.raise(Event::new("deep", vec![too_deep]), now).unwrap();
    assert_eq!(raised.peers, 0);
    assert_eq!(counters(&bench).unwritable, 1);
    let line = "serializing call: event deep is too large or too deep, not sent";
    once(&bench.log(), &format!("error parent {PREFIX} {line}"));
    assert!(bench.is_running(FIRST));
}
