//! Receive queues are bounded for all kinds of notifications (§6).

use brocomm::data::{Event, Type, Value};
use brocomm::lowlevel::serial::{Id, Packet};
use brocomm::lowlevel::wire::{Message, PrintItem, SyncPoint};
use brocomm::node::{Bound, Notification, Options, Overflow, PeerConfig, Queue};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

/// A kind of numbered item: a function that sends one from the peer, a function that finds the
/// number in a notification, and the name of the kind in the log.
type Kind = (fn(&mut Bench, u32), fn(&Notification) -> Option<u64>, &'static str);

const DROPPABLE: [Kind; 3] =
    [(print, printed, "2 prints"), (packet, captured, "packet"), (id, given, "ID number")];

/// Messages that are never dropped because later ones may depend on them.
const KEPT: [fn(&mut Bench, u32); 3] = [capture_filter, sync_point, bad_call];

fn print(bench: &mut Bench, n: u32) {
    let text = n.to_string();
    let item = PrintItem { file: b"f", text: text.as_bytes() };
    bench.send(0, &[Message::RemotePrint([item, item].into_iter().collect())]);
}

fn printed(notified: &Notification) -> Option<u64> {
    let Notification::RemotePrint { items, .. } = notified else { return None };
    std::str::from_utf8(items.iter().next()?.text).ok()?.parse().ok()
}

fn packet(bench: &mut Bench, n: u32) {
    let (tag, data) = (Default::default(), "data".into());
    let packet = Packet { sec: n, usec: 0, len: 4, link_type: 1, tag, data };
    bench.hands[0].connection.as_mut().unwrap().send_packet(&packet).unwrap();
    bench.settle();
}

fn captured(notified: &Notification) -> Option<u64> {
    let Notification::Packet { packet, .. } = notified else { return None };
    Some(packet.sec.into())
}

fn id(bench: &mut Bench, n: u32) {
    let id = Id::global("number", Type::COUNT, Some(Value::Count(n.into())));
    bench.hands[0].connection.as_mut().unwrap().send_id(&id.into()).unwrap();
    bench.settle();
}

fn given(notified: &Notification) -> Option<u64> {
    let Notification::Id { id, .. } = notified else { return None };
    match id.value {
        Some(Value::Count(n)) => Some(n),
        _ => None,
    }
}

fn capture_filter(bench: &mut Bench, _: u32) {
    bench.send(0, &[Message::CaptureFilter("ip".into())]);
}

fn sync_point(bench: &mut Bench, n: u32) {
    bench.send(0, &[Message::SyncPoint(SyncPoint::Point(n))]);
}

fn bad_call(bench: &mut Bench, _: u32) {
    bench.raise(0, &Event::new("ping", vec![]));
    bench.settle();
}

/// A node whose application reads nothing while its peer sends these one at a time.
fn flooded(overflow: Overflow, bound: Bound, send: fn(&mut Bench, u32)) -> Bench {
    let options = Options { incoming: Queue { bound, overflow }, ..Options::default() };
    let node = PeerConfig { accept_input: true, ..wants("ping", peer()) };
    let mut bench = Bench::running(options, node, requesting(&[]));
    bench.takes = false;
    for n in 0..5 {
        if !bench.hands[0].closed {
            send(&mut bench, n);
        }
    }
    bench
}

/// Returns how many are in the queue, and whether the node has stopped reading from the peer.
fn waiting(bench: &Bench) -> (usize, bool) {
    let waits = !bench.node.wants_input(bench.hands[0].link);
    (bench.node.counters(FIRST).unwrap().incoming.events, waits)
}

fn taken(bench: &mut Bench) -> Vec<Notification> {
    bench.takes = true;
    bench.notified()
}

fn numbers(notified: &[Notification], number: fn(&Notification) -> Option<u64>) -> Vec<u64> {
    notified.iter().filter_map(number).collect()
}

const NARROW: Bound = Bound::new(3, 1 << 30);

#[test]
fn a_full_receive_queue_blocks_the_peer_until_the_application_reads() {
    for (send, number, _) in DROPPABLE {
        for bound in [NARROW, Bound::new(1000, 1)] {
            let mut bench = flooded(Overflow::Block, bound, send);
            assert_eq!(waiting(&bench), (if bound == NARROW { 3 } else { 1 }, true));
            assert_eq!(numbers(&taken(&mut bench), number), [0, 1, 2, 3, 4]);
            assert_eq!(waiting(&bench), (0, false));
        }
    }
}

#[test]
fn a_full_receive_queue_drops_if_the_policy_says_so() {
    for (send, number, what) in DROPPABLE {
        for (overflow, left) in
            [(Overflow::DropNewest, [0, 1, 2]), (Overflow::DropOldest, [2, 3, 4])]
        {
            let mut bench = flooded(overflow, NARROW, send);
            assert_eq!(waiting(&bench), (3, false));
            let notified = taken(&mut bench);
            assert_eq!(numbers(&notified, number), left);
            let line =
                format!("error parent {PREFIX} dropped {what} from peer, receive queue full");
            assert_eq!(lines(&notified), [line.clone(), line]);
        }
        let mut bench = flooded(Overflow::Disconnect, NARROW, send);
        assert_eq!(numbers(&taken(&mut bench), number), [0, 1, 2]);
        assert!(bench.hands[0].closed);
    }
}

#[test]
fn a_full_receive_queue_blocks_messages_that_are_never_dropped() {
    for send in KEPT {
        for overflow in
            [Overflow::Block, Overflow::DropNewest, Overflow::DropOldest, Overflow::Disconnect]
        {
            let mut bench = flooded(overflow, NARROW, send);
            assert_eq!(waiting(&bench), (0, true), "{overflow:?}");
            assert!(!bench.hands[0].closed);
            let notified = taken(&mut bench);
            // A rejected event is a `ConnectionError` too.
            let news = notified.iter().filter(|notified| {
                !matches!(notified, Notification::Log(_) | Notification::EventRejected { .. })
            });
            assert_eq!(news.count(), 5, "{overflow:?}");
            assert_eq!(waiting(&bench), (0, false));
        }
    }
}

/// Log lines do not count as events, so their bytes bound them. This includes lines about drops.
#[test]
fn queued_log_lines_are_bounded() {
    let unknown = Message::RequestEvents([format!("nobody_knows_{:0100}", 1)].iter().collect());
    let dropped = Message::Serial(call(&ping(1)).into());
    for (overflow, message) in [
        (Overflow::Block, &unknown),
        (Overflow::DropNewest, &unknown),
        (Overflow::DropOldest, &unknown),
        (Overflow::Disconnect, &unknown),
        (Overflow::DropNewest, &dropped),
        (Overflow::DropOldest, &dropped),
    ] {
        let mut bench = by_hand(overflow, Bound::new(3, BYTES));
        let mut sent = 0;
        while !waiting(&bench).1 {
            bench.send(0, std::slice::from_ref(message));
            sent += 1;
            assert!(sent < 5000, "{overflow:?} {message:?}");
        }
        assert!(sent > 20, "{sent}");
        assert!(lines(&taken(&mut bench)).len() > 20);
        assert_eq!(waiting(&bench), (0, false));
    }
}

/// An event counts with the whole message that it keeps alive, until it is dropped.
#[test]
fn an_event_counts_with_the_message_that_it_keeps_alive() {
    let mut serial = call(&ping(1));
    serial.resize(BYTES / 4, 0);
    let message = Message::Serial(serial.into());
    let mut bench = by_hand(Overflow::Block, Bound::new(1000, BYTES));
    for sent in 0..4 {
        assert_eq!(waiting(&bench), (sent, false));
        bench.send(0, std::slice::from_ref(&message));
    }
    assert_eq!(waiting(&bench), (4, true));
    assert_eq!(taken(&mut bench).len(), 4);
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        let mut bench = by_hand(overflow, Bound::new(3, BYTES));
        for _ in 0..50 {
            bench.send(0, std::slice::from_ref(&message));
            assert!(!waiting(&bench).1, "{overflow:?}");
        }
        assert_eq!(bench.node.counters(FIRST).unwrap().dropped_incoming, 47);
    }
}

/// The bound of the queue in bytes. A line takes a few hundred at most.
const BYTES: usize = 64 << 10;

/// A node whose application reads nothing, and a peer in Running that the test scripts.
fn by_hand(overflow: Overflow, bound: Bound) -> Bench {
    let options = Options { incoming: Queue { bound, overflow }, ..Options::default() };
    let mut bench = Bench::new(options, vec![("peer", wants(".*", peer()))]);
    bench.accept(None);
    bench.send(0, &handshake());
    assert!(bench.is_running(FIRST));
    bench.notified.clear();
    bench.takes = false;
    bench
}

fn call(event: &Event) -> Vec<u8> {
    let mut serial = Vec::new();
    let mode = brocomm::lowlevel::serial::Mode::RUNNING;
    let mut writer = brocomm::lowlevel::serial::Writer::new(0);
    writer.event(mode, &event.name, 1.0, &event.args, &mut serial).expect("it is small");
    serial
}
