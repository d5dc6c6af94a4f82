//! More than somebody takes.

use brocomm::node::{Bound, Overflow, Queue};

use super::*;

fn queue(events: usize, overflow: Overflow) -> Queue {
    Queue { bound: Bound::new(events, 16 << 20), overflow }
}

/// Lets others go on until it is true.
async fn until(is: impl Fn() -> bool) {
    while !is() {
        yield_now().await;
    }
}

pub(crate) async fn an_application_that_takes_nothing_stops_the_peer_and_loses_nothing() {
    let ours = Options { incoming: queue(50, Overflow::Block), ..listening() };
    let theirs = Options { outgoing: queue(20, Overflow::Block), ..Options::default() };
    let [(here, mut told), (there, told_there)] = pair(ours, theirs).await;
    drop(told_there);
    // Much more than the buffers of two sockets hold.
    const COUNT: u64 = 20_000;
    let raise = async {
        for n in 0..COUNT {
            assert_eq!(there.raise(event("ping", n, 1000)).await.peers, 1);
        }
    };
    let incoming = || {
        here.with(|node, _| {
            let peer = node.peers().next().unwrap().id;
            node.counters(peer).unwrap().incoming
        })
    };
    let outgoing = || there.with(|node, _| node.counters(PeerId(1)).unwrap().outgoing);
    let take = async {
        until(|| incoming().events >= 50 && outgoing().events >= 20).await;
        assert!(numbers(&mut told, COUNT as usize).await.into_iter().eq(0..COUNT));
    };
    zip(raise, take).await;
    // A connection may have messages in hand that it has read already.
    assert!(incoming().most_events <= 50 + 64, "{:?}", incoming());
    assert_eq!(outgoing().most_events, 20);
}

pub(crate) async fn nobody_waits_for_notifications_that_nobody_takes() {
    let ours = Options { incoming: queue(5, Overflow::Block), ..listening() };
    let [(_here, told), (there, _told)] = pair(ours, Options::default()).await;
    drop(told);
    for n in 0..100 {
        there.raise(event("ping", n, 100_000)).await;
    }
    assert_eq!(there.flush(LONG).await, []);
}

pub(crate) async fn one_who_never_reads_delays_nobody() {
    let policy = Options {
        outgoing: queue(100, Overflow::DropNewest),
        terminate_timeout: Duration::from_secs(1),
        ..listening()
    };
    let (here, mut told, port) = listener(policy, vec![anyone("ping")]).await;
    // What came for it is not taken, so that it stops reading.
    let full = Options { incoming: queue(1, Overflow::Block), ..Options::default() };
    let (_deaf, mut told_deaf) = start(full, vec![at(port, "pong")]);
    zip(running(&mut told), running(&mut told_deaf)).await;
    let deaf = here.with(|node, _| node.peers().next().unwrap().id);
    let (_peer, mut told_peer) = start(Options::default(), vec![at(port, "pong")]);
    zip(running(&mut told), running(&mut told_peer)).await;
    let mut dropped = 0;
    let mut n = 0;
    while dropped < 100 {
        let raised = here.raise(event("pong", n, 10_000)).await;
        assert!(raised.peers >= 1, "the other one gets each");
        dropped += raised.dropped;
        assert_eq!(numbers(&mut told_peer, 1).await, [n]);
        n += 1;
    }
    assert_eq!(here.terminate().await, [deaf]);
    assert_eq!(rest(&mut told).await, (vec![], vec![deaf]));
}

pub(crate) async fn ending_delivers_what_waits() {
    let [(here, mut told), (there, mut told_there)] = pair(listening(), Options::default()).await;
    for n in 0..100 {
        assert_eq!(there.raise(event("ping", n, 100_000)).await.peers, 1);
    }
    let receive = async {
        assert!(numbers(&mut told, 100).await.into_iter().eq(0..100));
        closed(&mut told).await;
    };
    let (undelivered, ()) = zip(there.terminate(), receive).await;
    assert_eq!(undelivered, []);
    // All that there was is told, though nobody took it meanwhile.
    assert_eq!(rest(&mut told_there).await, (vec![], vec![]));
    assert_eq!(there.raise(small("ping", 0)).await.peers, 0);
    assert_eq!(there.terminate().await, []);
    drop(here);
}

pub(crate) async fn a_flush_says_who_did_not_get_all() {
    let ours = Options { incoming: queue(1, Overflow::Block), ..listening() };
    let [(_here, mut told), (there, _told_there)] = pair(ours, Options::default()).await;
    assert_eq!(there.flush(LONG).await, []);
    for n in 0..100 {
        there.raise(event("ping", n, 100_000)).await;
    }
    assert_eq!(there.flush(Duration::ZERO).await, [PeerId(1)]);
    let take = async { assert!(numbers(&mut told, 100).await.into_iter().eq(0..100)) };
    let (undelivered, ()) = zip(there.flush(LONG), take).await;
    assert_eq!(undelivered, []);
}
