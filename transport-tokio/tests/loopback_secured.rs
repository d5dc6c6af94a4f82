//! The behaviour of a transport over TLS, under both flavours of the runtime.

use brocomm_tokio as transport;

#[path = "stream/tls.rs"]
mod stream;

mod behaviour;

/// Each body is spawned, so its futures can go from thread to thread.
mod current_thread {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[tokio::test]
            async fn $body() {
                tokio::spawn(crate::behaviour::$body()).await.unwrap();
            }
        )*};
    }
    crate::behaviour::all!(run);
}

mod multi_thread {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $body() {
                tokio::spawn(crate::behaviour::$body()).await.unwrap();
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
                tokio::runtime::Runtime::new().unwrap().block_on(crate::behaviour::$body());
            }
        )*};
    }
    crate::behaviour::in_the_clear!(run);
}
