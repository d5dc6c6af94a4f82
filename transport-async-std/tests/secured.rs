//! Nodes over TLS, with this transport.

use brocomm_async_std as transport;

// Written once for all transports.
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
