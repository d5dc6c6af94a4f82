//! Pseudo-realtime: sync points of traces (§2.11, §6).

use brocomm::Time;
use brocomm::lowlevel::wire::{Message, SyncPoint};
use brocomm::node::{Options, TraceStep};

use super::support::*;

const PREFIX: &str = "[#10000/10.9.9.9:50000]";

fn options(peers: u32) -> Options {
    Options {
        remote_trace_sync_interval: 10 * SECOND,
        remote_trace_sync_peers: peers,
        ..Options::default()
    }
}

fn bench(peers: u32) -> Bench {
    Bench::running(options(peers), peer(), requesting(&[]))
}

fn packet(bench: &mut Bench, secs: f64) -> TraceStep {
    let now = bench.now;
    bench.node.reached_packet(Time::from_secs_f64(secs), now)
}

fn point(n: u32) -> Message {
    Message::SyncPoint(SyncPoint::Point(n))
}

/// Lets a peer announce a sync point.
fn reaches(bench: &mut Bench, hand: usize, point: Message) {
    bench.hands[hand].connection = None;
    bench.send(hand, &[point]);
}

fn announced(bench: &mut Bench) -> Vec<Message> {
    bench.settle();
    let points = bench.hands[0].sent.iter().filter(|m| matches!(m, Message::SyncPoint(_)));
    points.cloned().collect()
}

#[test]
fn without_an_interval_there_are_no_sync_points() {
    let mut bench = Bench::running(Options::default(), peer(), requesting(&[]));
    assert_eq!(packet(&mut bench, 1.0), TraceStep::GoOn);
    let now = bench.now;
    bench.node.reached_end_of_trace(now);
    assert_eq!((announced(&mut bench), bench.log()), (vec![], vec![]));
}

#[test]
fn remote_trace_sync_interval() {
    let mut bench = bench(0);
    for (secs, points) in [(100.0, 1), (109.9, 1), (110.0, 2), (119.9, 2), (125.0, 3), (134.9, 3)] {
        assert_eq!(packet(&mut bench, secs), TraceStep::GoOn, "no peers are required");
        let expected: Vec<_> = (1..=points).map(point).collect();
        assert_eq!(announced(&mut bench), expected, "{secs}");
    }
}

#[test]
fn remote_trace_sync_peers() {
    let mut bench = bench(2);
    bench.accept(None);
    bench.send(1, &handshake());
    assert_eq!(packet(&mut bench, 100.0), TraceStep::Wait);
    reaches(&mut bench, 0, point(1));
    assert_eq!(bench.node.trace_step(), TraceStep::Wait, "one of two");
    assert_eq!(packet(&mut bench, 100.0), TraceStep::Wait);
    reaches(&mut bench, 1, point(5));
    assert_eq!(bench.node.trace_step(), TraceStep::GoOn, "it is ahead of us");
    assert_eq!(packet(&mut bench, 110.0), TraceStep::Wait);
    reaches(&mut bench, 0, Message::SyncPoint(SyncPoint::Final));
    assert_eq!(bench.node.trace_step(), TraceStep::GoOn, "it is at the end");
}

#[test]
fn the_current_sync_point_is_announced_to_a_peer_that_enters_running() {
    let mut bench = Bench::new(options(0), vec![("peer", peer())]);
    let _ = packet(&mut bench, 100.0);
    let _ = packet(&mut bench, 110.0);
    bench.accept(Some(requesting(&[])));
    assert_eq!(announced(&mut bench), [point(2)]);
}

#[test]
fn sync_points_are_logged() {
    let mut bench = bench(1);
    let _ = packet(&mut bench, 1_362_692_526.869_344);
    assert_eq!(
        bench.log(),
        [
            "info parent reached sync-point 0",
            "info parent waiting for peers",
            "info parent stopping at packet 1362692526.869344, next sync-point at 1362692536.869344",
        ]
    );
    reaches(&mut bench, 0, point(1));
    assert_eq!(
        bench.log(),
        [
            format!("info parent {PREFIX} reached sync-point 1"),
            "info parent all peers reached sync-point 1".to_owned(),
        ]
    );
}

#[test]
fn the_end_of_the_trace() {
    let mut bench = bench(1);
    let _ = packet(&mut bench, 100.0);
    reaches(&mut bench, 0, point(1));
    bench.notified.clear();
    let now = bench.now;
    bench.node.reached_end_of_trace(now);
    assert_eq!(
        bench.log(),
        [
            "info parent reached end of trace, sending final sync point",
            "info parent waiting for peers",
        ]
    );
    assert_eq!(announced(&mut bench).last(), Some(&Message::SyncPoint(SyncPoint::Final)));
    reaches(&mut bench, 0, point(90));
    assert!(!bench.hands[0].closed, "it is not at its end");
    bench.notified.clear();
    reaches(&mut bench, 0, Message::SyncPoint(SyncPoint::Final));
    let log = bench.log();
    assert_eq!(log[0], format!("info parent {PREFIX} reached final sync-point"));
    once(&log, "info parent all peers reached final sync-point, going to finish");
    once(&log, "info parent terminating...");
    assert!(bench.hands[0].closed, "it terminates once all have announced the end");
    once(&log, "info child terminating");
    assert!(log.last().is_some_and(|line| line.starts_with("info parent parent statistics: ")));
}

#[test]
fn a_disconnected_peer_does_not_count() {
    let mut bench = bench(1);
    reaches(&mut bench, 0, point(1));
    bench.hang_up(0);
    assert_eq!(packet(&mut bench, 100.0), TraceStep::Wait);
}
