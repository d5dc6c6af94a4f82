//! Nodes over TLS, with this transport.

mod transport;

// Written once for all transports, with futures; here these call what blocks, for short times.
#[path = "../../transport-tokio/tests/secured/mod.rs"]
mod behaviour;

macro_rules! run {
    ($($body:ident)*) => {$(
        #[test]
        fn $body() {
            futures_lite::future::block_on(crate::behaviour::$body());
        }
    )*};
}
behaviour::all!(run);

/// A single connection gets TLS by its configuration alone.
#[test]
fn peers() {
    use brocomm::connection::{CloseCause, Config, Notification, Setup};
    use brocomm_std::{Listener, Peer};

    let authority = behaviour::Authority::new();
    let (ours, theirs) = (authority.config(), authority.config());
    let config = |tls| Config { setup: Some(Setup::default()), tls, ..Config::default() };
    let mut listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr();
    let connecting = std::thread::spawn(move || {
        let timeout = std::time::Duration::from_secs(60);
        let mut here = Peer::connect(address, config(Some(ours)), timeout).unwrap();
        while let Some(told) = here.next(None).unwrap() {
            if told == Notification::HandshakeDone {
                break;
            }
        }
        here.close(None).unwrap()
    });
    let mut there = listener.accept(config(Some(theirs)), None).unwrap().unwrap();
    let mut end = None;
    while let Some(told) = there.next(None).unwrap() {
        if let Notification::Closed(cause) = told {
            end = Some(cause);
        }
    }
    assert_eq!(end, Some(CloseCause::PeerClosed));
    assert!(connecting.join().unwrap());
}
