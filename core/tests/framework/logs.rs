//! Sending logs to peers (part 3, §6).

use brocomm::logs::{LogStream, StreamError};
use brocomm::lowlevel::connection::{ConnectionConfig, Requests};
use brocomm::lowlevel::logs::LogLimits;
use brocomm::lowlevel::wire::{Caps, Message};
use brocomm::node::{
    Bound, LOG_BATCH, Notification, Options, Overflow, PeerConfig, PeerId, Queue, Raised,
    WriteLogError,
};

use super::log_support::*;
use super::network::{Network, address};
use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

fn write(bench: &mut Bench, n: u64) -> Result<Raised, WriteLogError> {
    let now = bench.now;
    let raised = bench.node.write_log(STREAM, &values(n, "x"), now);
    bench.settle();
    raised
}

fn requesting_logs() -> ConnectionConfig {
    set_up(Requests { request_logs: true, accept_input: false, ..Requests::default() })
}

/// A node with a stream, and a peer that has requested logs.
fn logging(options: Options) -> Bench {
    let mut bench = Bench::running(options, peer(), requesting_logs());
    bench.node.declare_log(stream()).unwrap();
    bench
}

/// Returns the log messages that the node sent to a peer: the announced paths, and the numbers in
/// each batch.
fn sent(bench: &Bench, hand: usize) -> (Vec<String>, Vec<Vec<u64>>) {
    let mut receiver = brocomm::lowlevel::logs::LogReceiver::new(LogLimits::default());
    let (mut writers, mut batches) = (Vec::new(), Vec::new());
    for message in &bench.hands[hand].sent {
        match message {
            Message::LogCreateWriter(argument) => match receiver.announce(argument).unwrap() {
                brocomm::lowlevel::logs::Announced::New(writer) => {
                    writers.push(writer.path.to_string())
                }
                again => panic!("{again:?}"),
            },
            Message::LogWrite(argument) => {
                let number = |received| match received {
                    Ok(brocomm::lowlevel::logs::ReceivedEntry::Entry(entry)) => {
                        count(&entry.values)
                    }
                    other => panic!("{other:?}"),
                };
                batches.push(receiver.entries(argument).map(number).collect());
            }
            _ => {}
        }
    }
    (writers, batches)
}

#[test]
fn entries_arrive_in_order() {
    let mut net = Network::new();
    let sender = net.add(configuration(listening(), vec![]));
    let node = PeerConfig { connect: true, request_logs: true, ..PeerConfig::new(address(0)) };
    let receiver = net.add(configuration(Options::default(), vec![("sender", node)]));
    net.settle();
    net.notified(receiver);
    net.node(sender).declare_log(stream()).unwrap();
    let text = "x".repeat(100);
    for n in 0..2000 {
        let now = net.now;
        let raised = net.node(sender).write_log(STREAM, &values(n, &text), now).unwrap();
        assert_eq!(raised, Raised { peers: 1, ..Raised::default() });
    }
    net.settle();
    assert!(net.node(sender).undelivered() == [FIRST], "the last batch waits");
    net.pass(SECOND);
    assert!(net.node(sender).undelivered().is_empty());
    let notified = net.notified(receiver);
    assert_eq!(announced(&notified), ["mini"]);
    assert_eq!(entries(&notified), Vec::from_iter(0..2000));
    let last = notified.iter().rev().find_map(|notified| match notified {
        Notification::LogEntry { peer, writer, values } => Some((peer.id, writer, values)),
        _ => None,
    });
    let (peer, writer, got) = last.unwrap();
    assert_eq!((peer, &writer.fields, writer.stream), (PeerId(1), &stream().fields, STREAM));
    assert_eq!(*got, values(1999, &text));
}

#[test]
fn writers_are_announced_in_the_handshake_to_peers_that_requested_logs() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.declare_log(stream()).unwrap();
    let other = LogStream { number: 15, path: "other".into(), ..stream() };
    bench.node.declare_log(other).unwrap();
    write(&mut bench, 1).unwrap();
    let now = bench.now;
    bench.node.write_log_to(STREAM, &"third".into(), &values(1, ""), now).unwrap();
    let hands = [bench.accept(Some(requesting_logs())), bench.accept(Some(requesting(&[])))];
    assert_eq!(sent(&bench, hands[0]), (vec!["mini".into(), "third".into()], vec![]));
    assert_eq!(sent(&bench, hands[1]), (vec![], vec![]));
    let requests = bench.hands[hands[0]].requests();
    assert!(matches!(
        requests[..],
        [
            Message::Version(_),
            Message::Caps(_),
            Message::PhaseDone,
            Message::LogCreateWriter(_),
            Message::LogCreateWriter(_)
        ]
    ));
    // New writers are announced at once to peers that requested logs.
    bench.node.write_log(15, &values(7, ""), now).unwrap();
    bench.settle();
    assert_eq!(sent(&bench, hands[0]).0, ["mini", "third", "other"]);
    assert_eq!(sent(&bench, hands[1]).0, [""; 0]);
    bench.pass(SECOND);
    assert_eq!(sent(&bench, hands[0]).1, [[7]]);
}

#[test]
fn a_writer_created_during_the_handshake_is_announced_once() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    bench.node.declare_log(stream()).unwrap();
    let hand = bench.accept(None);
    bench.send(hand, &[version(""), Message::Caps(Caps::BRO), Message::RequestLogs]);
    assert_eq!(write(&mut bench, 1).unwrap(), Raised::default());
    bench.send(hand, &[Message::PhaseDone]);
    write(&mut bench, 2).unwrap();
    bench.pass(SECOND);
    assert_eq!(sent(&bench, hand), (vec!["mini".into()], vec![vec![2]]));
}

#[test]
fn a_peer_that_requests_logs_in_running_gets_announcements_with_the_next_entry() {
    let mut bench = by_hand(Options::default());
    bench.node.declare_log(stream()).unwrap();
    write(&mut bench, 1).unwrap();
    bench.send(0, &[Message::RequestLogs]);
    bench.pass(2 * SECOND);
    assert_eq!(sent(&bench, 0), (vec![], vec![]));
    write(&mut bench, 2).unwrap();
    bench.pass(SECOND);
    assert_eq!(sent(&bench, 0), (vec!["mini".into()], vec![vec![2]]));
}

#[test]
fn entries_are_batched_for_a_second() {
    let mut bench = logging(Options::default());
    let begun = bench.now;
    write(&mut bench, 1).unwrap();
    assert_eq!(sent(&bench, 0), (vec!["mini".into()], vec![]));
    assert_eq!(bench.node.next_timeout(), Some(begun + SECOND));
    bench.pass(SECOND / 2);
    write(&mut bench, 2).unwrap();
    bench.pass(SECOND / 2);
    assert_eq!(sent(&bench, 0).1, [[1, 2]]);
    write(&mut bench, 3).unwrap();
    bench.pass(SECOND / 2);
    assert_eq!(sent(&bench, 0).1.len(), 1);
    let now = bench.now;
    bench.node.flush_batches(now);
    bench.settle();
    assert_eq!(sent(&bench, 0).1, [vec![1, 2], vec![3]]);
}

#[test]
fn a_batch_is_sent_when_it_reaches_50_kib() {
    let mut bench = logging(Options::default());
    let now = bench.now;
    for n in 0..3 {
        bench.node.write_log(STREAM, &values(n, &"x".repeat(LOG_BATCH / 2 - 100)), now).unwrap();
    }
    bench.settle();
    assert_eq!(sent(&bench, 0).1, [[0, 1]]);
    bench.node.write_log(STREAM, &values(3, &"x".repeat(LOG_BATCH)), now).unwrap();
    bench.settle();
    assert_eq!(sent(&bench, 0).1, [vec![0, 1], vec![2], vec![3]]);
}

#[test]
fn closing_a_connection_sends_the_batch() {
    let mut bench = logging(Options::default());
    write(&mut bench, 1).unwrap();
    let now = bench.now;
    bench.node.disconnect(FIRST, now).unwrap();
    bench.settle();
    assert_eq!(sent(&bench, 0).1, [[1]]);
    assert!(bench.hands[0].closed);

    let mut bench = logging(Options::default());
    write(&mut bench, 1).unwrap();
    let now = bench.now;
    bench.node.terminate_communication(now);
    bench.settle();
    assert_eq!(sent(&bench, 0).1, [[1]]);
    let end = Notification::Terminated { undelivered: Vec::new() };
    assert_eq!(bench.notified().last(), Some(&end));
}

#[test]
fn a_lost_connection_loses_its_batch_and_a_new_one_starts_empty() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(5, peer()))]);
    bench.node.declare_log(stream()).unwrap();
    let first = bench.connect(Some(requesting_logs()));
    write(&mut bench, 1).unwrap();
    bench.lose(first);
    write(&mut bench, 2).unwrap();
    bench.pass(5 * SECOND);
    let second = bench.connect(Some(requesting_logs()));
    write(&mut bench, 3).unwrap();
    bench.pass(SECOND);
    assert_eq!(sent(&bench, first), (vec!["mini".into()], vec![]));
    assert_eq!(sent(&bench, second), (vec!["mini".into()], vec![vec![3]]));
}

#[test]
fn invalid_entries_are_rejected() {
    let mut bench = logging(Options::default());
    let now = bench.now;
    let unknown = StreamError::Unknown { stream: 9 };
    assert_eq!(bench.node.write_log(9, &[], now), Err(WriteLogError::Stream(unknown)));
    let short = bench.node.write_log(STREAM, &values(1, "")[..1], now);
    assert!(matches!(short, Err(WriteLogError::Stream(StreamError::Mismatch { .. }))));
    let again = StreamError::Declared { stream: STREAM };
    assert_eq!(bench.node.declare_log(stream()), Err(again));
    bench.pass(SECOND);
    assert_eq!(sent(&bench, 0), (vec![], vec![]));
}

/// A node whose peer does not read. Two batches of one entry each are queued for it.
fn stalled(overflow: Overflow) -> Bench {
    let outgoing = Queue { bound: Bound::new(2, 1 << 30), overflow };
    let mut bench = logging(Options { outgoing, ..Options::default() });
    bench.hands[0].stalls = true;
    let now = bench.now;
    // More than a batch, and more than fits into the connection: this is sent at once.
    bench.node.write_log(STREAM, &values(0, &"x".repeat(100 << 10)), now).unwrap();
    for n in 1..3 {
        assert_eq!(write(&mut bench, n), Ok(Raised { peers: 1, ..Raised::default() }));
        let now = bench.now;
        bench.node.flush_batches(now);
    }
    bench.settle();
    bench.notified.clear();
    bench
}

fn resume(bench: &mut Bench) -> Vec<u64> {
    bench.hands[0].stalls = false;
    bench.pass(SECOND);
    sent(bench, 0).1.concat()
}

#[test]
fn outgoing_block() {
    let mut bench = stalled(Overflow::Block);
    assert!(!bench.node.can_write_log());
    assert_eq!(write(&mut bench, 3), Err(WriteLogError::Full(FIRST)));
    assert_eq!(resume(&mut bench), [0, 1, 2]);
    assert!(bench.node.can_write_log());
    write(&mut bench, 4).unwrap();
    assert_eq!(resume(&mut bench), [0, 1, 2, 4]);
    assert_eq!(bench.node.counters(FIRST).unwrap().outgoing.events, 0);
}

#[test]
fn outgoing_drop_newest() {
    let mut bench = stalled(Overflow::DropNewest);
    assert_eq!(write(&mut bench, 3), Ok(Raised { dropped: 1, ..Raised::default() }));
    assert_eq!(bench.node.counters(FIRST).unwrap().dropped_outgoing, 1);
    let line = "dropped 1 log entries for peer, send queue full";
    once(&bench.log(), &format!("error parent {PREFIX} {line}"));
    assert_eq!(resume(&mut bench), [0, 1, 2]);
}

#[test]
fn outgoing_drop_oldest() {
    let mut bench = stalled(Overflow::DropOldest);
    assert_eq!(write(&mut bench, 3), Ok(Raised { peers: 1, ..Raised::default() }));
    assert_eq!(bench.node.counters(FIRST).unwrap().dropped_outgoing, 1);
    assert_eq!(bench.log().len(), 1);
    assert_eq!(resume(&mut bench), [0, 2, 3]);
}

#[test]
fn outgoing_disconnect() {
    let mut bench = stalled(Overflow::Disconnect);
    assert_eq!(write(&mut bench, 3), Ok(Raised { dropped: 1, ..Raised::default() }));
    assert!(bench.hands[0].closed);
}
