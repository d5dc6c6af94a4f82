//! Detection of peers that vanish silently.

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::wire::{Caps, Message};
use brocomm::node::CloseCause;
use brocomm::node::{Bound, Liveness, Notification, Options, Overflow, PeerConfig, Queue};

use super::support::*;

const LIVENESS: Liveness = Liveness {
    ping_after: std::time::Duration::from_secs(10),
    close_after: std::time::Duration::from_secs(30),
};

fn watched() -> PeerConfig {
    PeerConfig { liveness: Some(LIVENESS), ..wants("ping", peer()) }
}

fn pings_sent(bench: &Bench) -> usize {
    bench.hands[0].sent.iter().filter(|message| matches!(message, Message::Ping(_))).count()
}

/// Makes the peer stop reading, and thus answering.
fn stop_reading(bench: &mut Bench) {
    bench.hands[0].connection = None;
}

#[test]
fn a_silent_peer_is_pinged_once_per_period_of_silence() {
    let mut bench = Bench::running(Options::default(), watched(), requesting(&[]));
    bench.pass(9 * SECOND);
    assert_eq!(pings_sent(&bench), 0);
    bench.pass(SECOND);
    assert_eq!(pings_sent(&bench), 1);
    bench.pass(9 * SECOND);
    assert_eq!(pings_sent(&bench), 1);
    bench.pass(SECOND);
    assert_eq!(pings_sent(&bench), 2, "its answer ended the silence, and another began");
    bench.pass(1000 * SECOND);
    assert!(bench.is_running(FIRST), "it answers");
    assert_eq!(pings_sent(&bench), 102);
}

#[test]
fn a_peer_that_sends_messages_is_not_pinged() {
    let mut bench = Bench::running(Options::default(), watched(), requesting(&[]));
    for n in 0..20 {
        bench.pass(9 * SECOND);
        bench.raise(0, &ping(n));
        bench.settle();
    }
    assert_eq!(pings_sent(&bench), 0);
}

#[test]
fn a_peer_that_stays_silent_is_disconnected() {
    let mut bench = Bench::running(Options::default(), watched(), requesting(&[]));
    stop_reading(&mut bench);
    bench.pass(29 * SECOND);
    assert!(bench.is_running(FIRST));
    assert_eq!(bench.notified(), []);
    bench.pass(SECOND);
    assert!(bench.hands[0].closed);
    let notified = bench.notified();
    let prefix = "[#10000/10.9.9.9:50000]";
    once(
        &lines(&notified),
        &format!("error parent {prefix} no sign of life from peer, closing connection"),
    );
    assert!(notified.iter().any(|notified| matches!(
        notified,
        Notification::ConnectionClosed { cause: CloseCause::TransportFailed { .. }, .. }
    )));
}

#[test]
fn a_peer_that_was_silent_is_reconnected() {
    let node = PeerConfig { liveness: Some(LIVENESS), ..retries(5, peer()) };
    let mut bench = Bench::new(Options::default(), vec![("a", node)]);
    bench.connect(Some(requesting(&[])));
    stop_reading(&mut bench);
    bench.pass(35 * SECOND);
    assert!(bench.connects());
}

#[test]
fn a_broccoli_peer_is_never_pinged_or_disconnected() {
    let config = ConnectionConfig { capabilities: Caps::BROCCOLI_PEER, ..requesting(&[]) };
    let mut bench = Bench::running(Options::default(), watched(), config);
    bench.pass(1000 * SECOND);
    assert_eq!(pings_sent(&bench), 0);
    assert!(bench.is_running(FIRST));
}

#[test]
fn no_peer_is_pinged_by_default() {
    let mut bench = Bench::running(Options::default(), peer(), requesting(&[]));
    bench.pass(100_000 * SECOND);
    assert_eq!(pings_sent(&bench), 0);
}

#[test]
fn a_peer_blocked_by_backpressure_does_not_count_as_silent() {
    let incoming = Queue { bound: Bound::new(1, 1 << 20), overflow: Overflow::Block };
    let options = Options { incoming, ..Options::default() };
    let mut bench = Bench::running(options, watched(), requesting(&[]));
    bench.takes = false;
    for n in 0..3 {
        bench.raise(0, &ping(n));
        bench.settle();
    }
    assert!(!bench.node.wants_input(bench.hands[0].link));
    bench.pass(100 * SECOND);
    assert!(bench.is_running(FIRST));
    bench.takes = true;
    assert_eq!(bench.pings(), [0, 1, 2]);
    stop_reading(&mut bench);
    bench.pass(60 * SECOND);
    assert!(bench.hands[0].closed, "it counts as silent again");
}
