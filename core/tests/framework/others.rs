//! What is never dropped, and does not count as an event, is bounded as well.

use brocomm::data::Packet;
use brocomm::node::{Bound, Notification, Options, Overflow, Queue};
use brocomm::wire::{Message, PrintItem, PrintItems, SyncPoint};

use super::support::*;

/// How many bytes may wait, estimated; of a notification that is a few hundred at most.
const BYTES: usize = 64 << 10;
const WIDE: Bound = Bound::new(1_000_000, 1 << 30);

const POLICIES: [Overflow; 4] =
    [Overflow::Block, Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect];

fn options(overflow: Overflow, bound: Bound, incoming_total: Bound) -> Options {
    Options { incoming: Queue { bound, overflow }, incoming_total, ..Options::default() }
}

/// A node whose application takes nothing, and a peer that is Running and sends what it is told to.
fn running(options: Options) -> (Bench, usize) {
    let mut bench = Bench::new(options, vec![("peer", peer())]);
    let hand = bench.accept(None);
    bench.send(hand, &handshake());
    assert!(bench.is_running(FIRST));
    bench.told.clear();
    bench.takes = false;
    (bench, hand)
}

/// Sends the same again and again while the node reads; returns how often that was.
fn flood(bench: &mut Bench, hand: usize, message: &Message) -> usize {
    let mut sent = 0;
    while bench.node.wants_input(bench.hands[hand].link) {
        bench.send(hand, std::slice::from_ref(message));
        sent += 1;
        assert!(sent < 10_000, "{message:?}");
    }
    sent
}

fn print(len: usize) -> Message {
    let text = "x".repeat(len);
    let item = PrintItem { file: b"/dev/stdout", text: text.as_bytes() };
    Message::RemotePrint(PrintItems::from_iter([item]))
}

fn taken(bench: &mut Bench) -> Vec<Notification> {
    bench.takes = true;
    bench.told()
}

#[test]
fn whatever_a_peer_sends_waits_within_bounds() {
    let filter = Message::CaptureFilter(vec![b'x'; 100].into());
    let unknown = Message::RequestEvents([format!("nobody_knows_{:0100}", 1)].iter().collect());
    for message in [print(1), print(100), filter, Message::SyncPoint(SyncPoint::Point(1)), unknown]
    {
        for overflow in POLICIES {
            for (bound, total) in [(Bound::new(1000, BYTES), WIDE), (WIDE, Bound::new(1000, BYTES))]
            {
                let (mut bench, hand) = running(options(overflow, bound, total));
                let sent = flood(&mut bench, hand, &message);
                assert!(sent > 20, "{sent} of {message:?}");
                assert!(taken(&mut bench).len() >= sent, "nothing is lost");
                assert!(bench.node.wants_input(bench.hands[hand].link));
            }
        }
    }
}

#[test]
fn what_is_large_counts_for_more() {
    let (mut bench, hand) = running(options(Overflow::Block, Bound::new(1000, BYTES), WIDE));
    assert_eq!(flood(&mut bench, hand, &print(BYTES / 2)), 2);
    let printed = taken(&mut bench);
    assert!(printed.iter().all(|told| matches!(told, Notification::RemotePrint { .. })));
    assert_eq!(printed.len(), 2);
}

#[test]
fn packets_wait_within_bounds() {
    let mut bench = Bench::running(
        options(Overflow::DropNewest, Bound::new(1000, BYTES), WIDE),
        peer(),
        requesting(&[]),
    );
    bench.takes = false;
    let data = vec![0; BYTES / 4].into();
    let packet = Packet { sec: 1, usec: 0, len: 1, link_type: 1, tag: "".into(), data };
    for _ in 0..20 {
        let connection = bench.hands[0].connection.as_mut().expect("it has one");
        connection.send_packet(&packet).expect("there is room");
        bench.settle();
    }
    assert!(!bench.node.wants_input(bench.hands[0].link));
    bench.takes = true;
    let told = bench.told();
    assert_eq!(told.iter().filter(|told| matches!(told, Notification::Packet { .. })).count(), 20);
}

/// An event counts as all of the message that it is a view of.
#[test]
fn bytes_behind_an_event_count_with_it() {
    let options = options(Overflow::Block, Bound::new(1000, BYTES), WIDE);
    let mut bench = Bench::new(options, vec![("peer", wants(".*", peer()))]);
    let hand = bench.accept(None);
    bench.send(hand, &handshake());
    bench.told.clear();
    bench.takes = false;
    let mut serial = Vec::new();
    let event = ping(1);
    brocomm::serial::Writer::new(0)
        .event(brocomm::serial::Mode::RUNNING, &event.name, 1.0, &event.args, &mut serial)
        .expect("it is small");
    serial.resize(BYTES / 4, 0);
    assert_eq!(flood(&mut bench, hand, &Message::Serial(serial.into())), 4);
    assert_eq!(numbers(&taken(&mut bench)), [1; 4]);
}

/// Lines about events that are dropped don't count as what they were.
#[test]
fn what_was_dropped_no_longer_counts() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let options = options(overflow, Bound::new(3, BYTES), WIDE);
        let mut bench = Bench::running(options, wants(".*", peer()), requesting(&[]));
        bench.takes = false;
        for _ in 0..50 {
            bench.raise(0, &text(BYTES / 10));
            bench.settle();
            assert!(bench.node.wants_input(bench.hands[0].link));
        }
        assert_eq!(bench.node.counters(FIRST).map(|counters| counters.dropped_incoming), Some(47));
    }
}
