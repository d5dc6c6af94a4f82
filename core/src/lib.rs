//! A sans-IO implementation of the protocol of Bro 2.5's Communication framework.
//!
//! Bro nodes and Broccoli clients connect to each other over 47757/tcp to exchange events, state
//! and logs. This crate implements their protocol, byte for byte, without system calls: it has no
//! sockets, no clock, no threads and, except for the keys of TLS, no randomness. The caller feeds
//! in bytes and the time, and polls for bytes to send and for notifications. The transports
//! (`brocomm-std`, `brocomm-tokio`, `brocomm-async-std`) are thin loops around it; you can write
//! your own.
//!
//! # Layers
//!
//! The layers from the bytes up. Each one depends only on those before it:
//!
//! 1. [`lowlevel::wire`]: chunks, compression, the 15 messages (§1, §2).
//! 2. [`pattern`]: Bro's regular expressions; [`data`]: types and values (2§4, 2§6); [`notation`]:
//!    both in the syntax of Bro's scripts; `json` (feature `serde`): both as JSON.
//! 3. [`lowlevel::serial`]: the encoding of values in SERIAL messages, with the object cache (part
//!    2); [`logs`]: log streams, log messages, and log files in Bro's formats (part 3).
//! 4. [`lowlevel::connection`]: the phases of a connection, in both roles (§3), optionally over TLS
//!    (`tls`); and an [`Observer`](lowlevel::connection::Observer) that decodes a recorded session.
//! 5. [`state`]: synchronized variables, shared with peers (2§9).
//! 6. [`node`]: a complete node with options, peers, policy, retries and the communication log
//!    (part 4).
//! 7. [`lowlevel::driver`]: when to read, write, wait and close, for authors of transports.
//!
//! A client needs [`data`] and [`node`]; the [`prelude`] exports the types that most clients use.
//! [`lowlevel`] contains the layers below a node.
//!
//! Section numbers refer to the specification in `conformance/spec`: `§1.5` is section 1.5 of part
//! 1, `2§5` section 5 of part 2.
//!
//! # The I/O loop
//!
//! > The state of a [`Connection`](connection::Connection) changes only when the caller feeds it or
//! > gives it a command. The same inputs always give the same outputs.
//!
//! 1. Create it when the transport is connected.
//! 2. Write the bytes that [`poll_transmit`](connection::Connection::poll_transmit) returns; report
//!    with [`advance`](connection::Connection::advance) how many were written.
//! 3. Handle the notifications of [`poll_notification`](connection::Connection::poll_notification)
//!    until it returns `None`.
//! 4. Close the transport when [`poll_close`](connection::Connection::poll_close) requires it.
//! 5. Wait for the transport; feed the bytes read with
//!    [`feed_bytes`](connection::Connection::feed_bytes), or report the [end of the
//!    stream](connection::Connection::feed_eof) or a
//!    [failure](connection::Connection::feed_failure). Continue with 2.
//!
//! Feeds and polls may come in any order. This example connects two connections in memory:
//!
//! ```
//! use brocomm::Time;
//! use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification};
//! use brocomm::node::Role;
//! use brocomm::data::{Event, Value};
//!
//! let now = Time::from_secs_f64(1_500_000_000.0);
//! let requests = ConnectionConfig::requesting;
//! let mut sensor = Connection::new(requests(&[]), Role::Initiator, now);
//! let mut manager = Connection::new(requests(&["scan_seen"]), Role::Acceptor, now);
//!
//! // Transfers bytes until neither side has more to send.
//! fn carry(from: &mut Connection, to: &mut Connection, now: Time) -> bool {
//!     let bytes = from.poll_transmit().to_vec();
//!     from.advance(bytes.len(), now);
//!     to.feed_bytes(&bytes, now);
//!     !bytes.is_empty()
//! }
//! let exchange = |a: &mut Connection, b: &mut Connection| {
//!     while carry(a, b, now) | carry(b, a, now) {}
//! };
//! exchange(&mut sensor, &mut manager);
//!
//! let args = vec![Value::Addr([10, 0, 0, 1].into()), Value::Count(443)];
//! let scan = Event { name: "scan_seen".into(), time: now.as_secs_f64(), args };
//! sensor.send_event(&scan)?;
//! exchange(&mut sensor, &mut manager);
//!
//! let mut events = Vec::new();
//! while let Some(notification) = manager.poll_notification() {
//!     if let ConnectionNotification::Event(event) = notification {
//!         println!("{}({}, {})", event.name, event.args[0], event.args[1]);
//!         events.push(event);
//!     }
//! }
//! assert_eq!(events, [scan]);
//! # Ok::<(), brocomm::node::UsageError>(())
//! ```
//!
//! # Values
//!
//! [`data::ToValue`] and [`data::FromValue`] convert between Rust types and Bro's, [`event!`]
//! creates events, and [`data::Handlers`] dispatches them to functions.
//!
//! # Features
//!
//! * `derive`: derive macros for records, events and enums.
//! * `base-types`: Rust structs for the records of Bro 2.5's scripts (`base_types`).
//! * `serde`: JSON for values, events and log entries; values and events can be read back (`json`).
//! * `tls`: TLS with rustls, using ring (`tls-ring`) or aws-lc-rs (`tls-aws-lc-rs`).
//!
//! # Hostile peers
//!
//! Nothing that a peer sends makes this crate panic, hang, or use more memory than configured. A
//! violation ends that one connection, with an error that names the message, the phase, the byte
//! and the violated section.
//!
//! | attack | protection |
//! | --- | --- |
//! | a chunk of 2 GiB | [`wire::FramingLimits::chunk`], as soon as its length is read |
//! | a length that is never filled | memory grows only with received bytes |
//! | endless partial chunks | [`wire::FramingLimits::message`] |
//! | a few bytes that inflate to gigabytes | [`wire::FramingLimits::inflated`], and deflate's maximum ratio |
//! | a container of 2³² elements | every count is checked against the remaining bytes |
//! | endlessly nested values, also through references from one SERIAL to the next | [`serial::ReaderLimits::depth`] |
//! | references to references, so that a few bytes stand for billions of values | [`serial::ReaderLimits::objects`] |
//! | references to objects that were never sent | [`SerialErrorKind::UnknownObject`](serial::SerialErrorKind) |
//! | object IDs chosen to slow lookups | IDs are sorted; binary search |
//! | an unbounded cache | [`serial::ReaderLimits::cache`], [`serial::ReaderLimits::cache_bytes`] |
//! | types that contain themselves | back references are weak, so nothing leaks |
//! | messages in the wrong phase | [`connection::LEGALITY`] |
//! | requests for millions of events | [`connection::ConnectionConfig::requests_limit`] |
//! | PINGs without reading the answers | [`connection::ConnectionConfig::reply_limit`] |
//! | endless log writers, or writers with endless columns | [`logs::LogLimits::writers`], [`logs::LogLimits::announced`] |
//! | a log entry of billions of values | [`logs::LogLimits::values`]; every count is checked against the remaining bytes |
//! | a log whose path leads out of its folder | [`logs::file_name`] |
//! | state that grows without limit | [`state::StoreLimits::cost`] |
//! | recursive containers, or containers in very many places | [`state::StateError::TooDeep`], [`state::StateError::TooLarge`] |
//! | a TLS handshake that never completes | 30 s (`tls::HANDSHAKE_TIMEOUT`); rustls bounds the buffers |
//! | more notifications than the application consumes | [`connection::ConnectionConfig::notification_limit`], [`node::Options::incoming`] |
//!
//! `forbid(unsafe_code)` applies to this crate; its zlib dependency (`zlib-rs`, through `flate2`)
//! and the cryptography of TLS contain unsafe code.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Marks items that need a feature on docs.rs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

// No unit test needs its types, which are a fifth of the code.
#[cfg(all(feature = "base-types", not(test)))]
// The derive macros refer to this crate as `brocomm`.
extern crate self as brocomm;

#[cfg(all(feature = "base-types", not(test)))]
#[cfg_attr(docsrs, doc(cfg(feature = "base-types")))]
pub mod base_types;
mod connection;
pub mod data;
#[cfg(feature = "derive")]
mod derive;
mod errors;
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub mod json;
pub mod logs;
pub mod lowlevel;
pub mod node;
pub mod notation;
mod numbered;
pub mod pattern;
mod role;
pub mod state;
mod time;
#[cfg(feature = "__tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls;

#[cfg(feature = "derive")]
pub use derive::{Enum, Event, Record};
pub use errors::ConfigErrors;
use lowlevel::{driver, serial, wire};
pub use time::Time;

pub mod prelude {
    //! The types that most clients use: `use brocomm::prelude::*;`.

    pub use crate::Time;
    pub use crate::data::{Declarations, Event, EventType, FromValue, Name, ToValue, Type, Value};
    pub use crate::event;
    pub use crate::node::{Endpoint, NodeConfig, Notification, Options, PeerConfig, PeerId};
    #[cfg(feature = "derive")]
    pub use crate::{Enum, Event, Record};
}

#[cfg(test)]
mod tests {
    /// Public types are `Send` and `Sync`.
    #[test]
    fn public_types_are_send_and_sync() {
        fn check<T: Send + Sync + 'static>() {}
        check::<crate::Time>();
        check::<crate::wire::Message>();
        check::<crate::wire::Decoder>();
        check::<crate::wire::Encoder>();
        check::<crate::data::Event>();
        check::<crate::data::Declarations>();
        check::<crate::data::ConversionError>();
        check::<crate::notation::ParseError>();
        check::<crate::pattern::PatternMatcher>();
        check::<crate::data::Handlers<()>>();
        check::<crate::serial::Reader>();
        check::<crate::serial::Writer>();
        check::<crate::serial::LazyEvent>();
        check::<crate::serial::SerialError>();
        check::<crate::connection::Connection>();
        check::<crate::connection::Observer>();
        check::<crate::state::Store>();
        check::<crate::logs::LogStreams>();
        check::<crate::logs::LogReceiver>();
        check::<crate::logs::LogFile>();
        check::<crate::node::NodeMachine>();
        check::<crate::node::NodeConfig>();
        check::<crate::driver::Driver>();
        check::<crate::driver::SocketDriver>();
        // `LogStreams` is used behind a lock.
        fn can_be_sent<T: Send + 'static>() {}
        can_be_sent::<crate::driver::NodeDriver>();
    }
}
