//! The behaviour of this transport, on each executor whose feature is enabled.
#![cfg(any(feature = "async-std", feature = "smol"))]

use brocomm_async_std as transport;

// Shared by all transports.
#[path = "../../transport/tests/suite/mod.rs"]
mod suite;

// Shared by all async transports.
#[path = "../../transport/tests/suite/peers/mod.rs"]
mod peers;

use std::time::Duration;

suite::offers_all!(brocomm_async_std);

/// Far longer than a passing test takes.
const LIMIT: Duration = Duration::from_secs(120);

/// Fails when a test body takes too long.
async fn limited(body: impl Future<Output = ()>) {
    let too_long = async {
        ::smol::Timer::after(LIMIT).await;
        panic!("not done after {LIMIT:?}");
    };
    futures_lite::future::or(body, too_long).await;
}

/// Spawns each body, so its futures must be `Send`.
#[cfg(feature = "async-std")]
mod async_std {
    fn run(body: impl Future<Output = ()> + Send + 'static) {
        ::async_std::task::block_on(super::limited(::async_std::task::spawn(body)));
    }
    crate::suite::all!(crate::async_std::run);
    mod peers {
        crate::peers::all!(crate::async_std::run);
    }
}

#[cfg(feature = "smol")]
mod smol {
    fn run(body: impl Future<Output = ()> + Send + 'static) {
        ::smol::block_on(super::limited(::smol::spawn(body)));
    }
    crate::suite::all!(crate::smol::run);
    mod peers {
        crate::peers::all!(crate::smol::run);
    }
}

// Shared by all transports.
#[path = "../../transport/tests/suite/examples.rs"]
mod examples;

#[test]
fn example_client_and_server() {
    examples::client_and_server("smol_client", "smol_server");
}

#[test]
fn example_table() {
    examples::table("smol_table");
}

#[test]
fn example_logs() {
    examples::logs("smol_logs");
}

#[test]
fn example_request() {
    examples::request("smol_request");
}
