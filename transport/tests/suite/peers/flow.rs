//! Large messages and dropped futures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification};
use futures_lite::future::{poll_once, yield_now, zip};

use super::*;
use crate::transport::{Flushed, Listener, Peer};

pub(crate) async fn large_messages_in_both_directions_do_not_deadlock(stream: Stream) {
    async fn run(peer: &mut Peer) {
        let all = some(5, 3 << 20);
        send(peer, &all);
        // Neither side takes a notification before it has written everything.
        assert_eq!(peer.flush().await, Ok(Flushed::All));
        assert!(events(peer, 5).await == all);
    }
    let (mut here, mut there) = pair(stream).await;
    zip(run(&mut here), run(&mut there)).await;
}

pub(crate) async fn notifications_can_be_awaited_while_large_messages_go_both_ways(stream: Stream) {
    async fn run(peer: &mut Peer) {
        let all = some(5, 3 << 20);
        send(peer, &all);
        assert!(events(peer, 5).await == all);
        assert_eq!(peer.flush().await, Ok(Flushed::All));
    }
    let (mut here, mut there) = pair(stream).await;
    zip(run(&mut here), run(&mut there)).await;
}

pub(crate) async fn flushing_stops_when_notifications_have_to_be_taken(stream: Stream) {
    async fn run(peer: &mut Peer) -> bool {
        until_running(peer).await;
        let all = some(150, 100_000);
        send(peer, &all);
        let (mut got, mut waited) = (Vec::new(), false);
        while peer.flush().await.unwrap() == Flushed::NotificationsWait {
            waited = true;
            while let Some(next) = poll_once(peer.next()).await {
                if let Some(ConnectionNotification::Event(event)) = next.unwrap() {
                    got.push(event);
                }
            }
        }
        let left = all.len() - got.len();
        got.extend(events(peer, left).await);
        assert!(got == all);
        waited
    }
    let small = ConnectionConfig { notification_limit: 8, ..config(stream) };
    let (mut here, mut there) = pair_of(small.clone(), small).await;
    let (one, other) = zip(run(&mut here), run(&mut there)).await;
    assert!(one || other);
}

pub(crate) async fn dropped_futures_lose_nothing(stream: Stream) {
    /// Drops the future whenever it must wait.
    async fn impatient(peer: &mut Peer, count: usize) -> (Vec<Event>, usize) {
        let (mut events, mut dropped) = (Vec::new(), 0);
        while events.len() < count {
            let flushed = poll_once(peer.flush()).await;
            match poll_once(peer.next()).await {
                Some(Ok(Some(ConnectionNotification::Event(event)))) => events.push(event),
                Some(Ok(Some(ConnectionNotification::Closed(cause)))) => panic!("{cause:?}"),
                Some(next) => assert!(matches!(next, Ok(Some(_)))),
                None => {
                    dropped += 1 + usize::from(flushed.is_none());
                    yield_now().await;
                }
            }
        }
        // The other side still waits for the rest.
        while poll_once(peer.flush()).await.is_none() {
            yield_now().await;
        }
        (events, dropped)
    }
    let (mut here, mut there) = pair(stream).await;
    let all = some(5, 3 << 20);
    send(&mut here, &all);
    send(&mut there, &all);
    let (here, there) = zip(impatient(&mut here, 5), impatient(&mut there, 5)).await;
    assert!(here.0 == all && there.0 == all);
    assert!(here.1 > 0 && there.1 > 0, "{} and {}", here.1, there.1);
}

pub(crate) async fn a_peer_wakes_the_task_that_awaited_it_last(stream: Stream) {
    let (mut here, mut there) = pair(stream).await;
    // Reads the rest of the handshake and waits. Then this future is dropped.
    while poll_once(here.next()).await.is_some() {}
    let waits = async { events(&mut here, 1).await };
    let sends = async {
        send(&mut there, &some(1, 10));
        there.flush().await
    };
    assert_eq!(zip(waits, sends).await, (some(1, 10), Ok(Flushed::All)));
}

pub(crate) async fn no_peer_is_lost_when_accepting_is_cancelled(stream: Stream) {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    assert!(poll_once(listener.accept(config(stream))).await.is_none());
    let mut here = Peer::connect(listener.local_addr(), config(stream), LONG).await.unwrap();
    let mut there = loop {
        match poll_once(listener.accept(config(stream))).await {
            Some(peer) => break peer.unwrap(),
            None => yield_now().await,
        }
    };
    zip(until_running(&mut here), until_running(&mut there)).await;
}

pub(crate) async fn a_tap_sees_all_input(stream: Stream) {
    let (mut here, mut there) = pair_of(config(stream), config(stream)).await;
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    here.tap_input(move |bytes| {
        count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    });
    let sends = async {
        until_running(&mut there).await;
        send(&mut there, &some(1, 100_000));
        there.close().await
    };
    let ((came, _), closed) = zip(rest(&mut here), sends).await;
    assert_eq!((came.len(), closed), (1, Ok(true)));
    let (seen, bytes) = (seen.load(Ordering::Relaxed), here.connection().counters().input.bytes);
    // With TLS these are the encrypted bytes.
    assert_eq!(seen, bytes);
}
