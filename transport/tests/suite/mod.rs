//! The behavior of every transport.
//!
//! The including file names this module `suite` and the transport `transport`, and says how to run
//! futures.

#[cfg(feature = "tls")]
mod certificates;
pub(crate) mod nodes;
#[cfg(feature = "tls")]
pub(crate) mod secured;
pub(crate) mod stream;

/// Checks at compile time that a transport has all of these names, and that they are `Send`.
macro_rules! offers_all {
    ($transport:ident) => {
        #[allow(dead_code, reason = "that it compiles is the test")]
        fn offers_all() {
            use $transport::{
                Cause, Events, Flushed, Listener, Node, Notifications, Peer, ReceivedEvent,
                RequestError, StartError, TransportError,
            };
            fn is_shared<T: Send + Sync + std::fmt::Debug>() {}
            is_shared::<(Node, Notifications, Events<()>, ReceivedEvent<()>)>();
            is_shared::<(Listener, Peer, Flushed)>();
            is_shared::<(Cause, RequestError, StartError, TransportError)>();
        }
    };
}
pub(crate) use offers_all;

/// Creates a test for each of these bodies. `$run` runs a future to its end.
macro_rules! tests {
    ($run:path, $bodies:path; $($body:ident)*) => {$(
        #[test]
        fn $body() {
            use $bodies as bodies;
            $run(bodies::$body());
        }
    )*};
}
pub(crate) use tests;

/// The same for bodies that get the stream as an argument.
macro_rules! over_each_stream {
    (@ $stream:ident, $run:path, $bodies:path; $($body:ident)*) => {$(
        #[test]
        fn $body() {
            use $bodies as bodies;
            $run(bodies::$body(crate::suite::stream::Stream::$stream));
        }
    )*};
    ($($suite:tt)*) => {
        mod in_the_clear {
            crate::suite::over_each_stream!(@ Clear, $($suite)*);
        }
        #[cfg(feature = "tls")]
        mod over_tls {
            crate::suite::over_each_stream!(@ Tls, $($suite)*);
        }
    };
}
pub(crate) use over_each_stream;

/// Creates all tests of a node. `$run` runs a future to its end.
macro_rules! all {
    ($run:path) => {
        mod nodes {
            crate::suite::nodes::all!($run);
        }
        #[cfg(feature = "tls")]
        mod secured {
            crate::suite::secured::all!($run);
        }
    };
}
pub(crate) use all;
