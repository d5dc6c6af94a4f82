//! Reconnecting (§3.6, part 4 §2).

use std::time::Duration;

use brocomm::lowlevel::wire::Message;
use brocomm::node::CloseCause;
use brocomm::node::{
    Action, Backoff, Handshake, NodeError, Notification, Options, PeerConfig, PeerId, PeerState,
};

use super::support::*;

const A: PeerId = PeerId(1);

/// A node that is connected to its peer.
fn connected(node: PeerConfig) -> Bench {
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    bench.connect(Some(requesting(&[])));
    assert!(bench.is_running(A));
    bench.notified.clear();
    bench
}

/// Asserts that the next attempt comes after exactly this time.
#[track_caller]
fn tries_after(bench: &mut Bench, wait: Duration) {
    bench.pass(wait - Duration::from_nanos(1));
    assert!(!bench.connects(), "too early");
    bench.pass(Duration::from_nanos(1));
    assert!(bench.connects(), "too late");
}

#[track_caller]
fn never_tries(bench: &mut Bench) {
    bench.pass(1_000_000 * SECOND);
    assert!(!bench.connects());
}

#[test]
fn after_the_peer_closed() {
    let mut bench = connected(retries(3, peer()));
    bench.hang_up(0);
    tries_after(&mut bench, 3 * SECOND);
}

#[test]
fn after_the_peer_closed_in_the_middle_of_a_message() {
    let mut bench = connected(retries(3, peer()));
    bench.send_bytes(0, &[0, 0, 0]);
    bench.hang_up(0);
    tries_after(&mut bench, 3 * SECOND);
}

#[test]
fn after_the_transport_failed() {
    let mut bench = connected(retries(3, peer()));
    bench.lose(0);
    tries_after(&mut bench, 3 * SECOND);
}

#[test]
fn after_a_failed_attempt_without_limit() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(3, peer()))]);
    for _ in 0..5 {
        bench.refuse();
        let news = bench.news();
        assert!(
            matches!(news[..], [Notification::ConnectFailed { retries: true, .. }]),
            "{news:?}"
        );
        tries_after(&mut bench, 3 * SECOND);
    }
    assert_eq!(bench.node.peers().map(|peer| peer.id).collect::<Vec<_>>(), [A], "the same ID");
}

#[test]
fn never_with_retry_0() {
    let mut bench = connected(connects(peer()));
    bench.hang_up(0);
    never_tries(&mut bench);
    let mut bench = Bench::new(Options::default(), vec![("a", connects(peer()))]);
    bench.refuse();
    assert!(matches!(bench.news()[..], [Notification::ConnectFailed { retries: false, .. }]));
    never_tries(&mut bench);
}

#[test]
fn a_retry_below_a_second_is_rejected() {
    let node = PeerConfig { retry: Duration::from_millis(999), ..connects(peer()) };
    let errors = configuration(Options::default(), vec![("a", node)]).validate().unwrap_err();
    assert_eq!(errors.iter().map(|error| &*error.key).collect::<Vec<_>>(), ["nodes.a.retry"]);
}

#[test]
fn retry_is_rounded_down_to_whole_seconds() {
    let node = PeerConfig { retry: Duration::from_millis(2900), ..connects(peer()) };
    let mut bench = connected(node);
    bench.hang_up(0);
    tries_after(&mut bench, 2 * SECOND);
}

#[test]
fn never_after_we_closed_the_connection() {
    let mut bench = connected(retries(3, peer()));
    let now = bench.now;
    assert_eq!(bench.node.disconnect(A, now), Ok(()));
    bench.settle();
    assert!(bench.hands[0].closed);
    never_tries(&mut bench);
    assert_eq!(bench.node.disconnect(A, now), Err(NodeError::NotConnected(A)));
}

#[test]
fn never_after_a_protocol_error_of_the_peer() {
    let mut bench = connected(retries(3, peer()));
    bench.send(0, &[Message::PhaseDone]);
    assert!(bench.hands[0].closed);
    never_tries(&mut bench);
}

#[test]
fn never_by_the_acceptor() {
    let mut bench = Bench::running(Options::default(), retries(3, peer()), requesting(&[]));
    let _the_node_s_own_attempt = bench.attempt();
    bench.hang_up(0);
    never_tries(&mut bench);
}

#[test]
fn disconnect_cancels_the_wait_for_a_retry() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(3, peer()))]);
    bench.refuse();
    let now = bench.now;
    assert_eq!(bench.node.disconnect(A, now), Ok(()));
    never_tries(&mut bench);
    assert_eq!(bench.node.pending_peers().count(), 0);
}

#[test]
fn disconnect_cancels_an_attempt() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(3, peer()))]);
    let (link, _) = bench.attempt();
    let now = bench.now;
    assert_eq!(bench.node.disconnect(A, now), Ok(()));
    bench.settle();
    assert_eq!(bench.actions, [Action::CancelConnect(link)]);
    bench.node.feed_connected(link, now);
    assert_eq!(bench.node.poll_transmit(link), [0; 0], "it came too late");
    never_tries(&mut bench);
}

#[test]
fn each_new_connection_is_notified() {
    let mut bench = Bench::new(Options::default(), vec![("a", retries(1, peer()))]);
    for _ in 0..3 {
        let hand = bench.connect(Some(requesting(&[])));
        bench.hang_up(hand);
        let news = bench.news();
        assert!(
            matches!(
                news[..],
                [
                    Notification::ConnectionEstablished { .. },
                    Notification::ConnectionHandshakeDone(_),
                    Notification::ConnectionClosed { cause: CloseCause::PeerClosed, .. },
                ]
            ),
            "{news:?}"
        );
        bench.pass(SECOND);
    }
    assert_eq!(bench.node.counters(A).unwrap().connects, 3);
}

fn backing_off(jitter: f64) -> Bench {
    let backoff = Backoff { factor: 2.0, max: 60 * SECOND, jitter };
    let options = Options { retry_backoff: Some(backoff), ..Options::default() };
    Bench::new(options, vec![("a", retries(10, peer()))])
}

#[test]
fn backoff_grows_to_its_maximum_and_is_reset_by_a_connection() {
    let mut bench = backing_off(0.0);
    for wait in [10, 20, 40, 60, 60] {
        bench.refuse();
        tries_after(&mut bench, wait * SECOND);
    }
    let hand = bench.connect(Some(requesting(&[])));
    bench.hang_up(hand);
    tries_after(&mut bench, 10 * SECOND);
    bench.refuse();
    tries_after(&mut bench, 10 * SECOND);
}

#[test]
fn jitter_shortens_the_wait_by_a_random_part() {
    let waits = |seed: u64| -> Vec<Duration> {
        let mut bench = backing_off(0.5);
        bench.node.feed_random(seed);
        let wait = |_| {
            bench.refuse();
            let Some(PeerState::Waiting { until }) = bench.node.peer_state(A) else { panic!() };
            let wait = until.saturating_since(bench.now);
            bench.pass(wait);
            wait
        };
        (0..5).map(wait).collect()
    };
    let first = waits(1);
    for (wait, most) in first.iter().zip([10, 20, 40, 60, 60]) {
        assert!(*wait <= most * SECOND && *wait >= most * SECOND / 2, "{wait:?}");
    }
    assert_eq!(first, waits(1), "the same seed gives the same waits");
    assert_ne!(first, waits(2));
}

#[test]
fn after_the_transport_closed_while_the_application_was_busy() {
    let mut bench = connected(retries(3, wants("ping", peer())));
    bench.takes = false;
    let options = bench.node.options().clone();
    for n in 0..options.incoming.bound.events as u64 + 200 {
        bench.raise(0, &ping(n));
    }
    bench.settle();
    let link = bench.hands[0].link;
    bench.node.feed_closed(link, bench.now);
    bench.hands[0].closed = true;
    bench.takes = true;
    let news = bench.news();
    assert!(
        matches!(news.last(), Some(Notification::ConnectionClosed { .. })),
        "{:?}",
        news.last()
    );
    tries_after(&mut bench, 3 * SECOND);
}

#[test]
fn after_the_transport_closed_before_the_application_made_its_requests() {
    let options = Options { handshake: Handshake::Application, ..Options::default() };
    let mut bench = Bench::new(options, vec![("a", retries(3, peer()))]);
    let hand = bench.connect(Some(requesting(&[])));
    let link = bench.hands[hand].link;
    bench.node.feed_closed(link, bench.now);
    bench.hands[hand].closed = true;
    assert!(matches!(
        bench.news()[..],
        [Notification::ConnectionEstablished { .. }, Notification::ConnectionClosed { .. }]
    ));
    tries_after(&mut bench, 3 * SECOND);
}
