//! The behaviour of a transport, under both flavours of the runtime.

use brocomm_tokio as transport;

#[path = "stream/clear.rs"]
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
    crate::behaviour::in_the_clear!(run);
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
    crate::behaviour::in_the_clear!(run);
}
