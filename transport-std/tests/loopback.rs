//! The behaviour of single connections over this transport.

#[path = "../../transport-tokio/tests/stream/clear.rs"]
mod stream;

mod behaviour;

mod in_the_clear {
    macro_rules! run {
        ($($body:ident)*) => {$(
            #[test]
            fn $body() {
                crate::behaviour::scripted::$body();
            }
        )*};
    }
    crate::behaviour::scripted::in_the_clear!(run);
}
