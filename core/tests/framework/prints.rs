//! Remote print and PINGs (§2.8, §2.12, §6).

use brocomm::lowlevel::wire::Message;
use brocomm::node::{
    Bound, Notification, Options, Overflow, PRINT_BATCH, Queue, RaiseError, Raised,
};

use super::network::{Network, address};
use super::support::*;
use crate::common::look_at;

fn printing(options: Options) -> Bench {
    Bench::running(options, peer(), requesting(&["print_hook"]))
}

fn print(bench: &mut Bench, text: &str) -> Result<Raised, RaiseError> {
    let now = bench.now;
    let raised = bench.node.print(b"f", text.as_bytes(), now);
    bench.settle();
    raised
}

/// Returns the lengths of the texts in each message.
fn sent(bench: &Bench, hand: usize) -> Vec<Vec<usize>> {
    let lengths = |message: &Message| match message {
        Message::RemotePrint(items) => Some(items.iter().map(|item| item.text.len()).collect()),
        _ => None,
    };
    bench.hands[hand].sent.iter().filter_map(lengths).collect()
}

#[test]
fn prints_are_sent_to_peers_that_requested_them() {
    let mut net = Network::new();
    let printer = net.add(configuration(listening(), vec![]));
    let node = |events: &str| wants(events, connects(brocomm::node::PeerConfig::new(address(0))));
    for events in ["print_hook", "ping"] {
        let options =
            Options { undeclared: brocomm::node::Undeclared::Deliver, ..Options::default() };
        net.add(configuration(options, vec![("printer", node(events))]));
    }
    net.settle();
    let now = net.now;
    let raised = net.node(printer).print(b"/dev/stdout", b"a\tb", now).unwrap();
    assert_eq!(raised.peers, 1);
    net.node(printer).print(b"f", b"c", now).unwrap();
    net.pass(SECOND);
    let printed: Vec<_> = net
        .notified(1)
        .into_iter()
        .filter_map(|notified| match notified {
            Notification::RemotePrint { items, .. } => Some(items),
            _ => None,
        })
        .collect();
    let [items] = &printed[..] else { panic!("{printed:?}") };
    let items: Vec<_> = items.iter().map(|item| (item.file, item.text)).collect();
    assert_eq!(items, [(&b"/dev/stdout"[..], &b"a\\x09b"[..]), (b"f", b"c")]);
    assert!(
        !net.notified(2)
            .iter()
            .any(|notified| matches!(notified, Notification::RemotePrint { .. }))
    );
}

#[test]
fn prints_are_batched() {
    let mut bench = printing(Options::default());
    print(&mut bench, "a").unwrap();
    print(&mut bench, "bc").unwrap();
    assert_eq!(sent(&bench, 0), [[0; 0]; 0]);
    assert_eq!(bench.node.undelivered(), [FIRST]);
    bench.pass(SECOND);
    assert_eq!(sent(&bench, 0), [[1, 2]]);
    let half = "x".repeat(PRINT_BATCH / 2 + 1);
    print(&mut bench, &half).unwrap();
    print(&mut bench, &half).unwrap();
    assert_eq!(sent(&bench, 0), [vec![1, 2], vec![half.len()]]);
    let now = bench.now;
    bench.node.terminate_communication(now);
    bench.settle();
    assert_eq!(sent(&bench, 0), [vec![1, 2], vec![half.len()], vec![half.len()]]);
    assert!(bench.hands[0].closed);
}

#[test]
fn a_recorded_print_is_encoded_as_bro_does() {
    let sessions = brocomm_conformance::sessions();
    let session = sessions.iter().find(|session| session.name() == "bro-bro-remote-print").unwrap();
    let seen = look_at(&session.recording().unwrap(), brocomm_conformance::Side::Listener);
    let is_print = |message: &Message| matches!(message, Message::RemotePrint(_));
    let recorded: Vec<_> = seen.messages.into_iter().filter(is_print).collect();
    let [Message::RemotePrint(items)] = &recorded[..] else { panic!("{recorded:?}") };
    let mut bench = printing(Options::default());
    for item in items.iter() {
        let now = bench.now;
        bench.node.print(item.file, item.text, now).unwrap();
    }
    bench.pass(SECOND);
    let sent: Vec<_> = bench.hands[0].sent.iter().filter(|sent| is_print(sent)).collect();
    assert_eq!(sent, recorded.iter().collect::<Vec<_>>());
}

#[test]
fn prints_are_queued_and_dropped_like_events() {
    for overflow in [Overflow::Block, Overflow::DropNewest, Overflow::DropOldest] {
        let outgoing = Queue { bound: Bound::new(1, 1 << 30), overflow };
        let options = Options { outgoing, ..Options::default() };
        let mut bench = Bench::running(options, peer(), requesting(&["print_hook", "text"]));
        bench.hands[0].stalls = true;
        let now = bench.now;
        bench.node.raise(text(100 << 10), now).unwrap();
        print(&mut bench, "1").unwrap();
        bench.node.flush_batches(now);
        bench.notified.clear();
        let second = print(&mut bench, "22");
        match overflow {
            Overflow::Block => assert_eq!(second, Err(RaiseError::Full(FIRST))),
            _ => {
                assert_eq!(bench.node.counters(FIRST).unwrap().dropped_outgoing, 1);
                let line = "dropped 1 prints for peer, send queue full";
                once(&bench.log(), &format!("error parent [#10000/10.9.9.9:50000] {line}"));
            }
        }
        bench.hands[0].stalls = false;
        bench.pass(SECOND);
        let left = if overflow == Overflow::DropOldest { 2 } else { 1 };
        assert_eq!(sent(&bench, 0), [[left]]);
    }
}

#[test]
fn pings_have_statistics() {
    let mut bench = printing(Options::default());
    for seq in 0..3 {
        let now = bench.now;
        bench.node.send_ping(FIRST, seq, now).unwrap();
        bench.hands[0].stalls = true;
        bench.pass(seq * SECOND);
        bench.hands[0].stalls = false;
        bench.settle();
    }
    bench.hands[0].stalls = true;
    let now = bench.now;
    bench.node.send_ping(FIRST, 3, now).unwrap();
    let statistics = bench.node.ping_statistics(FIRST).unwrap();
    assert_eq!((statistics.sent, statistics.answered, statistics.unanswered()), (4, 3, 1));
    assert_eq!((statistics.d1.average(), statistics.d1.max()), (Some(1.0), Some(2.0)));
    assert_eq!(bench.node.ping_statistics(brocomm::node::PeerId(77)), None);
}
