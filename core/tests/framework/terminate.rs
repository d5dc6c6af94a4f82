//! Orderly termination: `terminate_communication` (part 4 §4).

use brocomm::node::CloseCause;
use brocomm::node::{Action, Bound, Endpoint, NodeError, Notification, Options, PeerId, Raised};

use super::support::*;

fn terminate(bench: &mut Bench) {
    let now = bench.now;
    bench.node.terminate_communication(now);
    bench.settle();
}

/// Takes all notifications; returns the peers with undelivered items after termination.
#[track_caller]
fn undelivered(bench: &mut Bench) -> Option<Vec<PeerId>> {
    let notified = bench.notified();
    let at =
        notified.iter().position(|notified| matches!(notified, Notification::Terminated { .. }))?;
    assert_eq!(at + 1, notified.len(), "it is the last notification");
    match notified.last() {
        Some(Notification::Terminated { undelivered }) => Some(undelivered.clone()),
        _ => None,
    }
}

#[test]
fn a_node_without_peers_terminates_at_once() {
    let mut bench = Bench::new(listening(), vec![]);
    bench.actions.clear();
    terminate(&mut bench);
    assert_eq!(bench.actions, [Action::StopListening]);
    assert_eq!(undelivered(&mut bench), Some(vec![]));
    terminate(&mut bench);
    assert_eq!(bench.notified(), [], "only once");
    bench.pass(1000 * SECOND);
    assert_eq!((bench.notified(), bench.node.next_timeout()), (vec![], None));
}

#[test]
fn queued_items_are_sent_before_connections_are_closed() {
    let mut bench = Bench::running(Options::default(), peer(), requesting(&["ping", "text"]));
    bench.hands[0].stalls = true;
    let now = bench.now;
    bench.node.raise(text(100 << 10), now).unwrap();
    for n in 0..5 {
        bench.node.raise(ping(n), now).unwrap();
    }
    terminate(&mut bench);
    assert_eq!(undelivered(&mut bench), None);
    bench.pass(4 * SECOND);
    assert!(!bench.hands[0].closed);
    bench.hands[0].stalls = false;
    assert_eq!(bench.pinged(0), [0, 1, 2, 3, 4]);
    assert!(bench.hands[0].closed);
    let notified = bench.notified();
    assert!(notified.iter().any(|notified| matches!(
        notified,
        Notification::ConnectionClosed { cause: CloseCause::ClosedByUs, .. }
    )));
    let end = Notification::Terminated { undelivered: Vec::new() };
    assert_eq!(notified.last(), Some(&end));
}

#[test]
fn peers_that_do_not_read_are_reported_as_undelivered() {
    let mut bench = Bench::running(Options::default(), peer(), requesting(&["ping", "text"]));
    bench.accept(Some(requesting(&["ping"])));
    bench.hands[0].stalls = true;
    let now = bench.now;
    bench.node.raise(text(100 << 10), now).unwrap();
    bench.node.raise(ping(1), now).unwrap();
    terminate(&mut bench);
    assert!(bench.hands[1].closed, "it has received everything");
    bench.pass(4 * SECOND);
    assert!(!bench.hands[0].closed);
    bench.pass(SECOND);
    assert!(bench.hands[0].closed);
    assert_eq!(undelivered(&mut bench), Some(vec![FIRST]));
}

#[test]
fn terminate_timeout_bounds_the_flush() {
    let options = Options { terminate_timeout: 60 * SECOND, ..Options::default() };
    let mut bench = Bench::running(options, peer(), requesting(&["text"]));
    bench.hands[0].stalls = true;
    let now = bench.now;
    bench.node.raise(text(100 << 10), now).unwrap();
    terminate(&mut bench);
    bench.pass(59 * SECOND);
    assert_eq!(undelivered(&mut bench), None);
    bench.pass(SECOND);
    assert_eq!(undelivered(&mut bench), Some(vec![FIRST]));
}

#[test]
fn attempts_and_retries_are_canceled() {
    let nodes = vec![("tries", retries(5, peer())), ("waits", retries(5, peer()))];
    let mut bench = Bench::new(Options::default(), nodes);
    let (link, _) = bench.attempt();
    bench.refuse();
    terminate(&mut bench);
    assert_eq!(bench.actions, [Action::CancelConnect(link)]);
    assert_eq!(undelivered(&mut bench), Some(vec![]));
    bench.actions.clear();
    bench.pass(1000 * SECOND);
    assert_eq!(bench.actions, []);
}

#[test]
fn peers_in_handshake_are_closed_at_once() {
    let mut bench = Bench::new(Options::default(), vec![("peer", peer())]);
    let hands = [bench.accept(None), bench.accept(None)];
    bench.send(hands[1], &[version("")]);
    terminate(&mut bench);
    assert!(hands.iter().all(|hand| bench.hands[*hand].closed));
    assert_eq!(undelivered(&mut bench), Some(vec![]));
}

#[test]
fn nothing_starts_after_termination() {
    let keeping = brocomm::node::PeerConfig {
        store_and_forward: Some(Bound::new(10, 1000)),
        ..retries(5, peer())
    };
    let mut bench = Bench::new(Options::default(), vec![("a", keeping)]);
    bench.refuse();
    terminate(&mut bench);
    let now = bench.now;
    assert_eq!(bench.node.feed_accepted(Endpoint::new(host(), 1), now), None);
    assert_eq!(bench.node.connect_peer("a", now), Err(NodeError::Terminating));
    assert_eq!(bench.node.raise(ping(1), now), Ok(Raised::default()));
    bench.actions.clear();
    bench.node.listen();
    bench.settle();
    assert_eq!(bench.actions, []);
}

#[test]
fn messages_received_before_termination_are_delivered() {
    let mut bench = Bench::running(Options::default(), wants("ping", peer()), requesting(&[]));
    bench.takes = false;
    bench.raise(0, &ping(1));
    bench.settle();
    terminate(&mut bench);
    bench.takes = true;
    let notified = bench.notified();
    assert_eq!(numbers(&notified), [1]);
    assert!(matches!(notified.last(), Some(Notification::Terminated { .. })));
}
