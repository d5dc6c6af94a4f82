//! The behaviour of a node over this transport, under both flavours of the runtime.

use brocomm_tokio as transport;

#[path = "stream/clear.rs"]
mod stream;

#[path = "nodes/mod.rs"]
mod behaviour;

use std::time::Duration;

use tokio::time::timeout;

/// No test comes near it unless it fails.
const LIMIT: Duration = Duration::from_secs(120);

/// Each body is spawned, so its futures can go from thread to thread.
mod current_thread {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[tokio::test]
            async fn $body() {
                let body = tokio::spawn(crate::behaviour::$body());
                super::timeout(super::LIMIT, body).await.unwrap().unwrap();
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
                let body = tokio::spawn(crate::behaviour::$body());
                super::timeout(super::LIMIT, body).await.unwrap().unwrap();
            }
        )*};
    }
    crate::behaviour::all!(run);
}
