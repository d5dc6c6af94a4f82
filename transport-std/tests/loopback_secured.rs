//! The behaviour of single connections over this transport and TLS.

#[path = "../../transport-tokio/tests/stream/tls.rs"]
mod stream;

mod behaviour;

/// They would be the same as in the clear.
mod left_out {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[test]
            #[ignore = "its scripted peer speaks in the clear"]
            fn $body() {
                crate::behaviour::scripted::$body();
            }
        )*};
    }
    crate::behaviour::scripted::in_the_clear!(run);
}
