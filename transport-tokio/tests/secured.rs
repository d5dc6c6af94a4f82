//! Nodes and peers over TLS, with this transport.

use brocomm_tokio as transport;

#[path = "secured/mod.rs"]
mod behaviour;

macro_rules! run {
    ($($body:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $body() {
            tokio::spawn(crate::behaviour::$body()).await.unwrap();
        }
    )*};
}
behaviour::all!(run);

/// A single connection gets TLS by its configuration alone.
#[tokio::test]
async fn peers() {
    use brocomm::connection::{CloseCause, Config, Notification, Setup};
    use brocomm_tokio::{Listener, Peer};

    let authority = behaviour::Authority::new();
    let config = || Config {
        setup: Some(Setup::default()),
        tls: Some(authority.config()),
        ..Config::default()
    };
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let timeout = std::time::Duration::from_secs(60);
    let mut here = Peer::connect(listener.local_addr(), config(), timeout).await.unwrap();
    let mut there = listener.accept(config()).await.unwrap();
    let ends = |told: &Notification| match told {
        Notification::Closed(cause) => Some(cause.clone()),
        _ => None,
    };
    let closing = async {
        while let Some(told) = here.next().await.unwrap() {
            if told == Notification::HandshakeDone {
                break;
            }
        }
        assert_eq!(here.close().await, Ok(true));
    };
    let waiting = async {
        let mut end = None;
        while let Some(told) = there.next().await.unwrap() {
            end = ends(&told).or(end);
        }
        assert_eq!(end, Some(CloseCause::PeerClosed));
    };
    futures_lite::future::zip(closing, waiting).await;
}
