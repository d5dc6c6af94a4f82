//! The behaviour of a node over this transport and TLS, awaited under each executor whose feature is on.
#![cfg(any(feature = "async-std", feature = "smol"))]

use brocomm_async_std as transport;

#[path = "../../transport-tokio/tests/stream/tls.rs"]
mod stream;

// Written once for all asynchronous transports.
#[path = "../../transport-tokio/tests/nodes/mod.rs"]
mod behaviour;

/// Each body is spawned, so its futures can go from thread to thread.
#[cfg(feature = "async-std")]
mod async_std {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[test]
            fn $body() {
                ::async_std::task::block_on(::async_std::task::spawn(crate::behaviour::$body()));
            }
        )*};
    }
    crate::behaviour::all!(run);
}

#[cfg(feature = "smol")]
mod smol {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[test]
            fn $body() {
                ::smol::block_on(::smol::spawn(crate::behaviour::$body()));
            }
        )*};
    }
    crate::behaviour::all!(run);
}
