//! The behaviour of a transport over TLS, under each executor whose feature is on.
#![cfg(any(feature = "async-std", feature = "smol"))]

use brocomm_async_std as transport;

#[path = "../../transport-tokio/tests/stream/tls.rs"]
mod stream;

// Written once for all asynchronous transports.
#[path = "../../transport-tokio/tests/behaviour/mod.rs"]
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

/// They would be the same as in the clear.
mod left_out {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[test]
            #[ignore = "its scripted peer speaks in the clear"]
            fn $body() {
                futures_lite::future::block_on(crate::behaviour::$body());
            }
        )*};
    }
    crate::behaviour::in_the_clear!(run);
}
