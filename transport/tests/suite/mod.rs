//! What every transport does, written once.
//!
//! Whoever includes this as `suite` names the transport `transport`, and says how futures run.

#[cfg(feature = "tls")]
mod certificates;
pub(crate) mod nodes;
#[cfg(feature = "tls")]
pub(crate) mod secured;
pub(crate) mod stream;

/// Checks that a transport has all of these under the same names, and that they can go from thread
/// to thread; it need not be run.
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

/// Makes a test of each of these bodies, futures that `$run` runs to the end.
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

/// The same of bodies that are told over which stream they run.
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

/// Makes tests of all that a node does; `$run` runs a future to its end.
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
