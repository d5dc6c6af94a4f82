//! The Communication framework of Bro 2.5 as a sans-IO protocol machine.
//!
//! Bro nodes and Broccoli clients connect to each other over 47757/tcp to exchange events, state
//! and logs. This crate speaks their protocol, byte for byte, and asks nothing of the system: it
//! has no sockets, no clock, no threads and, but for the keys of TLS, no randomness. Bytes and the time are fed in; bytes to
//! send, and notifications, are polled out. The transports (`brocomm-std`, `brocomm-tokio`,
//! `brocomm-async-std`) are thin loops around it, and so can yours be.
//!
//! # The layers
//!
//! From the bytes up, each knows only those before it:
//!
//! 1. [`lowlevel::wire`]: chunks, compression, the 15 messages (§1, §2).
//! 2. [`pattern`]: Bro's regular expressions; [`data`]: types and values (2§4, 2§6); [`notation`]: both
//!    as Bro's scripts write them, read and printed; `json` (feature `serde`): both as JSON.
//! 3. [`lowlevel::serial`]: values to and from a SERIAL, with the object cache (part 2); and [`logs`]:
//!    log streams and messages, and logs written as Bro writes them (part 3).
//! 4. [`lowlevel::connection`]: one connection's phases, in both roles (§3), over TLS (`tls`) if
//!    wanted; and an [`Observer`](lowlevel::connection::Observer) that follows a session from outside.
//! 5. [`state`]: synchronized variables, in common with peers (2§9).
//! 6. [`node`]: options, peers, policy, retries, the communication log: a whole node (part 4).
//! 7. [`lowlevel::driver`]: when to read, write, wait and close, for those who write a transport.
//!
//! A client needs [`data`] and [`node`]; the [`prelude`] has what most of them name. What only those
//! need who look below a node is in [`lowlevel`].
//!
//! Sections are those of the specification in `conformance/spec`: `§1.5` is section 1.5 of part 1,
//! `2§5` section 5 of part 2.
//!
//! # The loop
//!
//! > A [`Connection`](connection::Connection) changes only when something is fed to it or commanded
//! > of it. The same inputs give the same outputs, always.
//!
//! 1. Make it when the transport is connected.
//! 2. Write what [`poll_transmit`](connection::Connection::poll_transmit) shows; say with
//!    [`advance`](connection::Connection::advance) how much of it was written.
//! 3. Take what [`poll_notification`](connection::Connection::poll_notification) tells, until it
//!    tells nothing.
//! 4. Close the transport when [`poll_close`](connection::Connection::poll_close) says so.
//! 5. Wait for the transport; feed what was read with
//!    [`feed_bytes`](connection::Connection::feed_bytes), or that it
//!    [ended](connection::Connection::feed_eof) or
//!    [failed](connection::Connection::feed_failure). Go on with 2.
//!
//! No order of feeds and polls is an error. Here two connections are their own transport:
//!
//! ```
//! use brocomm::Time;
//! use brocomm::lowlevel::connection::{Connection, ConnectionConfig, Notification};
//! use brocomm::node::Role;
//! use brocomm::data::{Event, Value};
//!
//! let now = Time::from_secs_f64(1_500_000_000.0);
//! let requests = ConnectionConfig::requesting;
//! let mut sensor = Connection::new(requests(&[]), Role::Initiator, now);
//! let mut manager = Connection::new(requests(&["scan_seen"]), Role::Acceptor, now);
//!
//! // Carries bytes until neither side has any more to send.
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
//!     if let Notification::Event(event) = notification {
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
//! makes events, and [`data::Handlers`] calls functions with them.
//!
//! # Features
//!
//! * `derive`: structs are records and events, and enums are Bro's.
//! * `serde`: values, events and entries of logs as JSON, and values and events of JSON (`json`).
//! * `tls`: TLS by rustls, with ring (`tls-ring`) or aws-lc-rs (`tls-aws-lc-rs`).
//!
//! # Hostile peers
//!
//! Nothing that a peer sends makes this crate panic, hang, or take more memory than is configured;
//! it ends that one connection, with an error that says which message, in which phase, at which
//! byte, and which section it violates.
//!
//! | what a peer may try | what stops it |
//! | --- | --- |
//! | a chunk of 2 GiB | [`wire::Limits::chunk`], as soon as its length is read |
//! | a length that is never filled | memory follows the bytes that came |
//! | partial chunks without end | [`wire::Limits::message`] |
//! | a few bytes that inflate to gigabytes | [`wire::Limits::inflated`], and deflate's greatest ratio |
//! | a container of 2³² elements | every number is checked against the bytes that are left |
//! | values nested without end, also by references from one SERIAL to the next | [`serial::Limits::depth`] |
//! | references to references, so that a few bytes stand for billions of values | [`serial::Limits::objects`] |
//! | references to objects never sent | [`SerialErrorKind::UnknownObject`](serial::SerialErrorKind) |
//! | object ids chosen to slow look-ups | ids lie in order, found by halves |
//! | a cache without bound | [`serial::Limits::cache`], [`serial::Limits::cache_bytes`] |
//! | types that contain themselves | references upwards are weak, so nothing leaks |
//! | messages where they don't belong | [`connection::LEGALITY`] |
//! | requests for millions of events | [`connection::ConnectionConfig::requests_limit`] |
//! | PINGs without reading the answers | [`connection::ConnectionConfig::reply_limit`] |
//! | log writers without end, or of endless columns | [`logs::LogLimits::writers`], [`logs::LogLimits::announced`] |
//! | a log entry of billions of values | [`logs::LogLimits::values`], after the bytes that are left |
//! | a log whose path leads out of its folder | [`logs::file_name`] |
//! | state that grows without end | [`state::Limits::cost`] |
//! | containers within themselves, or in very many places | [`state::StateError::TooDeep`], [`state::StateError::TooLarge`] |
//! | a TLS handshake without end | 30 s (`tls::HANDSHAKE_TIMEOUT`); what waits is bounded by rustls |
//! | more than the application takes | [`connection::ConnectionConfig::notification_limit`], [`node::Options::incoming`] |
//!
//! `forbid(unsafe_code)` concerns this crate; the zlib under it (`zlib-rs`, by `flate2`) has some, and
//! so has the cryptography of TLS.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// What needs a feature says so on docs.rs.
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

mod calendar;
mod config_errors;
mod connection;
pub mod data;
#[cfg(feature = "derive")]
mod derive;
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub mod json;
pub mod logs;
pub mod lowlevel;
pub mod node;
pub mod notation;
pub mod pattern;
pub mod prelude;
mod role;
pub mod state;
mod time;
#[cfg(feature = "__tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub mod tls;

pub use config_errors::ConfigErrors;
#[cfg(feature = "derive")]
pub use derive::{Enum, Event, Record};
use lowlevel::{driver, serial, wire};
pub use time::Time;

#[cfg(test)]
mod tests {
    /// Values are shared among threads, and machines can be moved to others.
    #[test]
    fn what_users_hold_is_send_and_sync() {
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
        // It lives behind a lock.
        fn can_be_sent<T: Send + 'static>() {}
        can_be_sent::<crate::driver::NodeDriver>();
    }
}
