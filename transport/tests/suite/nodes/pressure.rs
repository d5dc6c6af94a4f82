//! Full queues and peers that do not read.

use brocomm::data::TypeTag;
use brocomm::logs::{LogField, LogStream, LogValue};
use brocomm::node::{Bound, Overflow, Queue};

use super::*;

pub(super) fn queue(events: usize, overflow: Overflow) -> Queue {
    Queue { bound: Bound::new(events, 16 << 20), overflow }
}

/// Yields until the condition is true.
async fn until(is: impl Fn() -> bool) {
    while !is() {
        yield_now().await;
    }
}

pub(crate) async fn a_subscriber_that_does_not_read_blocks_the_peer_and_loses_nothing(
    stream: Stream,
) {
    let ours = Options { incoming: queue(50, Overflow::Block), ..listening() };
    let theirs = Options { outgoing: queue(20, Overflow::Block), ..Options::default() };
    let [(here, mut notifications), (there, their_notifications)] =
        pair(stream, ours, theirs).await;
    drop(their_notifications);
    // Far more than the buffers of both sockets hold.
    const COUNT: u64 = 20_000;
    let raise = async {
        for n in 0..COUNT {
            assert_eq!(there.raise(event("ping", n, 1000)).await.unwrap().peers, 1);
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
        assert!(numbers(&mut notifications, COUNT as usize).await.into_iter().eq(0..COUNT));
    };
    zip(raise, take).await;
    // A connection may hold a few messages that it has already read.
    assert!(incoming().most_events <= 50 + 64, "{:?}", incoming());
    assert_eq!(outgoing().most_events, 20);
}

pub(crate) async fn log_entries_wait_for_room(stream: Stream) {
    const LOG: i32 = 5;
    const BATCH: usize = brocomm::node::LOG_BATCH;
    let ours = Options { outgoing: queue(2, Overflow::Block), ..listening() };
    let theirs = Options { incoming: queue(2, Overflow::Block), ..Options::default() };
    let (here, mut told_here, port) = listener(stream, ours, vec![]).await;
    let logs = PeerConfig { request_logs: true, ..at(port, "") };
    let (_there, mut notifications) = start(stream, theirs, vec![logs]);
    zip(running(&mut told_here), running(&mut notifications)).await;
    let fields = vec![LogField::new("n", TypeTag::Count), LogField::new("s", TypeTag::String)];
    here.with(|node, _| node.declare_log(LogStream::new(LOG, "log", fields))).unwrap();
    // Each entry is sent at once.
    let entry = |n| vec![LogValue::Count(n), LogValue::string(vec![b'x'; BATCH])];
    let short = here.write_log(LOG, &entry(0)[..1]).await;
    assert!(short.is_err(), "{short:?}");
    // As many as there is room for, then one whose wait for room is dropped.
    let mut written = 0;
    while let Some(raised) = poll_once(here.write_log(LOG, &entry(written))).await {
        assert_eq!(raised.map(|raised| raised.peers), Ok(1));
        written += 1;
    }
    let all = written + 100;
    let write = async {
        for n in written..all {
            assert_eq!(here.write_log(LOG, &entry(n)).await.map(|raised| raised.peers), Ok(1));
        }
    };
    let take = async {
        for n in 0..all {
            let values = find(&mut notifications, |notification| match notification {
                Notification::LogEntry { values, .. } => Some(values.clone()),
                _ => None,
            });
            assert_eq!(values.await[0], LogValue::Count(n));
        }
    };
    zip(write, take).await;
    let outgoing = here.with(|node, _| node.counters(node.peers().next().unwrap().id).unwrap());
    assert_eq!(outgoing.outgoing.most_events, 2);
    assert_eq!(here.terminate().await, []);
    closed(&mut notifications).await;
}

pub(crate) async fn without_subscribers_nothing_blocks(stream: Stream) {
    let ours = Options { incoming: queue(5, Overflow::Block), ..listening() };
    let [(_here, notifications), (there, _told)] = pair(stream, ours, Options::default()).await;
    drop(notifications);
    for n in 0..100 {
        there.raise(event("ping", n, 100_000)).await.unwrap();
    }
    assert_eq!(there.flush(LONG).await, []);
}

pub(crate) async fn a_peer_that_never_reads_does_not_delay_others(stream: Stream) {
    let policy = Options {
        outgoing: queue(10, Overflow::DropNewest),
        terminate_timeout: Duration::from_secs(1),
        ..listening()
    };
    let (here, mut notifications, port) = listener(stream, policy, vec![anyone("ping")]).await;
    // Its notifications are not read, so it stops reading from its peer.
    let full = Options { incoming: queue(1, Overflow::Block), ..Options::default() };
    let (_deaf, mut told_deaf) = start(stream, full, vec![at(port, "pong")]);
    zip(running(&mut notifications), running(&mut told_deaf)).await;
    let deaf = here.with(|node, _| node.peers().next().unwrap().id);
    let (_peer, mut told_peer) = start(stream, Options::default(), vec![at(port, "pong")]);
    zip(running(&mut notifications), running(&mut told_peer)).await;
    // Few large events fill the socket and the queue.
    let mut dropped = 0;
    let mut n = 0;
    while dropped < 100 {
        let raised = here.raise(event("pong", n, 100_000)).await.unwrap();
        assert!(raised.peers >= 1, "the other peer gets each event");
        dropped += raised.dropped;
        assert_eq!(numbers(&mut told_peer, 1).await, [n]);
        n += 1;
    }
    assert_eq!(here.terminate().await, [deaf]);
    assert_eq!(rest(&mut notifications).await, (vec![], vec![deaf]));
}

pub(crate) async fn terminating_delivers_what_is_queued(stream: Stream) {
    let [(here, mut notifications), (there, mut their_notifications)] =
        pair(stream, listening(), Options::default()).await;
    for n in 0..100 {
        assert_eq!(there.raise(event("ping", n, 100_000)).await.unwrap().peers, 1);
    }
    let receive = async {
        assert!(numbers(&mut notifications, 100).await.into_iter().eq(0..100));
        closed(&mut notifications).await;
    };
    let (undelivered, ()) = zip(there.terminate(), receive).await;
    assert_eq!(undelivered, []);
    // All notifications are delivered although the subscriber read nothing meanwhile.
    assert_eq!(rest(&mut their_notifications).await, (vec![], vec![]));
    assert_eq!(there.raise(small("ping", 0)).await.unwrap().peers, 0);
    assert_eq!(there.terminate().await, []);
    drop(here);
}

pub(crate) async fn a_flush_returns_the_peers_with_unsent_data(stream: Stream) {
    let ours = Options { incoming: queue(1, Overflow::Block), ..listening() };
    let [(_here, mut notifications), (there, _told_there)] =
        pair(stream, ours, Options::default()).await;
    assert_eq!(there.flush(LONG).await, []);
    for n in 0..100 {
        there.raise(event("ping", n, 100_000)).await.unwrap();
    }
    assert_eq!(there.flush(Duration::ZERO).await, [PeerId(1)]);
    let take = async { assert!(numbers(&mut notifications, 100).await.into_iter().eq(0..100)) };
    let (undelivered, ()) = zip(there.flush(LONG), take).await;
    assert_eq!(undelivered, []);
}
