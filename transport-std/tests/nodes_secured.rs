//! The behaviour of a node over this transport and TLS.

mod transport;

#[path = "../../transport-tokio/tests/stream/tls.rs"]
mod stream;

// Written once for all transports, with futures; here these call what blocks, for short times.
#[path = "../../transport-tokio/tests/nodes/mod.rs"]
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
