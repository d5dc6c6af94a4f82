//! Many events and many peers.

use std::collections::HashMap;

use super::*;

const PEERS: u64 = 200;

/// The number of events in each test. `BROCOMM_TEST_EVENTS=1000000` sets a million, which takes
/// about a minute in a debug build.
fn count() -> u64 {
    std::env::var("BROCOMM_TEST_EVENTS").map_or(6_000, |count| count.parse().unwrap())
}

pub(crate) async fn many_events_arrive_in_order(stream: Stream) {
    let [(here, mut notifications), (there, their_notifications)] =
        pair(stream, listening(), Options::default()).await;
    drop(their_notifications);
    let raise = async {
        for n in 0..count() {
            assert_eq!(there.raise(small("ping", n)).await.unwrap().peers, 1);
        }
        assert_eq!(there.terminate().await, []);
    };
    let take = async {
        for n in 0..count() {
            assert_eq!(find(&mut notifications, number).await, n);
        }
        // Nothing arrives twice.
        closed(&mut notifications).await;
        assert_eq!(here.terminate().await, []);
        assert_eq!(rest(&mut notifications).await, (vec![], vec![]));
    };
    zip(raise, take).await;
}

/// Reads events until `count` have arrived from each peer, each peer's in order.
async fn from_each(notifications: &mut Notifications, peers: u64, count: u64) {
    let mut next = HashMap::new();
    for _ in 0..peers * count {
        let (peer, number) = find(notifications, |notification| match notification {
            Notification::Event { peer, .. } => {
                number(notification).map(|number| (peer.id, number))
            }
            _ => None,
        })
        .await;
        let next = next.entry(peer).or_insert(0);
        assert_eq!(number, *next);
        *next += 1;
    }
    assert_eq!(next.len() as u64, peers);
    assert!(next.into_values().all(|next| next == count));
}

pub(crate) async fn two_hundred_peers_exchange_many_events_in_order(stream: Stream) {
    let (here, mut notifications, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let mut peers: Vec<_> =
        (0..PEERS).map(|_| start(stream, Options::default(), vec![at(port, "pong")])).collect();
    for _ in 0..PEERS {
        running(&mut notifications).await;
    }
    for (_, notifications) in &mut peers {
        running(notifications).await;
    }
    // The number of events per peer in each direction.
    let each = count() / 2 / PEERS;
    let (handles, mut subscribers): (Vec<_>, Vec<_>) = peers.into_iter().unzip();
    let raise = async {
        for n in 0..each {
            assert_eq!(here.raise(small("pong", n)).await.unwrap().peers as u64, PEERS);
            for peer in &handles {
                assert_eq!(peer.raise(small("ping", n)).await.unwrap().peers, 1);
            }
        }
    };
    let take = async {
        // Alternates, so that no queue stays full forever.
        for n in 0..each {
            for notifications in &mut subscribers {
                assert_eq!(find(notifications, number).await, n);
            }
        }
    };
    zip(raise, zip(take, from_each(&mut notifications, PEERS, each))).await;
    assert_eq!(here.terminate().await, []);
    assert_eq!(rest(&mut notifications).await, (vec![], vec![]));
    for notifications in &mut subscribers {
        let end = find(notifications, |notification| match notification {
            Notification::ConnectionClosed { .. } => Some(None),
            notifications => number(notifications).map(Some),
        });
        assert_eq!(end.await, None, "an event arrived twice");
    }
}
