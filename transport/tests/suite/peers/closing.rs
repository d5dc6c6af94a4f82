//! Graceful close.

use brocomm::node::{CloseCause, Phase};
use futures_lite::future::{poll_once, zip};

use super::*;
use crate::transport::Flushed;

pub(crate) async fn closing_delivers_what_was_queued(stream: Stream) {
    let (mut here, mut there) = pair(stream).await;
    let all = some(500, 20_000);
    send(&mut here, &all);
    let (closed, (got, end)) = zip(here.close(), rest(&mut there)).await;
    assert_eq!(closed, Ok(true));
    assert!(got == all);
    assert_eq!(end, CloseCause::PeerClosed);
}

pub(crate) async fn closing_continues_after_its_future_is_dropped(stream: Stream) {
    let (mut here, mut there) = pair(stream).await;
    let all = some(5, 3 << 20);
    send(&mut here, &all);
    // The other side does not read.
    assert!(poll_once(here.close()).await.is_none());
    assert_eq!(here.connection().phase(), Phase::Closed);
    let ((ours, closed), (got, end)) = zip(
        async {
            let ours = rest(&mut here).await;
            (ours, here.close().await)
        },
        rest(&mut there),
    )
    .await;
    assert_eq!(ours, (vec![], CloseCause::ClosedByUs));
    assert_eq!(closed, Ok(true));
    assert!(got == all);
    assert_eq!(end, CloseCause::PeerClosed);
    assert_eq!(here.flush().await, Ok(Flushed::Over));
}

pub(crate) async fn closing_ends_if_the_peer_is_gone(stream: Stream) {
    let (mut here, there) = pair(stream).await;
    drop(there);
    send(&mut here, &some(5, 3 << 20));
    assert_eq!(here.close().await, Ok(false));
    assert_eq!(rest(&mut here).await, (vec![], CloseCause::ClosedByUs));
}
