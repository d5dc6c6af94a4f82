//! Many events and many peers.

use std::collections::HashMap;

use super::*;

const PEERS: u64 = 200;

/// The number of events in each test. `BROCOMM_TEST_EVENTS=1000000` sets a million, which takes
/// about a minute in a debug build.
fn count() -> u64 {
    std::env::var("BROCOMM_TEST_EVENTS").map_or(100_000, |count| count.parse().unwrap())
}

pub(crate) async fn many_events_come_in_order(stream: Stream) {
    let [(here, mut told), (there, told_there)] =
        pair(stream, listening(), Options::default()).await;
    drop(told_there);
    let raise = async {
        for n in 0..count() {
            assert_eq!(there.raise(small("ping", n)).await.unwrap().peers, 1);
        }
        assert_eq!(there.terminate().await, []);
    };
    let take = async {
        for n in 0..count() {
            assert_eq!(find(&mut told, number).await, n);
        }
        // Nothing arrives twice.
        closed(&mut told).await;
        assert_eq!(here.terminate().await, []);
        assert_eq!(rest(&mut told).await, (vec![], vec![]));
    };
    zip(raise, take).await;
}

/// Reads events until `count` have arrived from each peer, each peer's in order.
async fn from_each(told: &mut Notifications, peers: u64, count: u64) {
    let mut next = HashMap::new();
    for _ in 0..peers * count {
        let (peer, number) = find(told, |told| match told {
            Notification::Event { peer, .. } => number(told).map(|number| (peer.id, number)),
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

pub(crate) async fn two_hundred_peers_at_once_send_and_get_many_events_in_order(stream: Stream) {
    let (here, mut told, port) = listener(stream, listening(), vec![anyone("ping")]).await;
    let mut peers: Vec<_> =
        (0..PEERS).map(|_| start(stream, Options::default(), vec![at(port, "pong")])).collect();
    for _ in 0..PEERS {
        running(&mut told).await;
    }
    for (_, told) in &mut peers {
        running(told).await;
    }
    // The number of events per peer in each direction.
    let each = count() / 2 / PEERS;
    let (handles, mut all_told): (Vec<_>, Vec<_>) = peers.into_iter().unzip();
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
            for told in &mut all_told {
                assert_eq!(find(told, number).await, n);
            }
        }
    };
    zip(raise, zip(take, from_each(&mut told, PEERS, each))).await;
    assert_eq!(here.terminate().await, []);
    assert_eq!(rest(&mut told).await, (vec![], vec![]));
    for told in &mut all_told {
        let end = find(told, |told| match told {
            Notification::ConnectionClosed { .. } => Some(None),
            told => number(told).map(Some),
        });
        assert_eq!(end.await, None, "nor anything twice");
    }
}
