//! One connection's phases, in both roles (§3).
//!
//! A [`Connection`] is fed what the world does and polled for what the world must do; it knows no
//! sockets, clocks or threads. Its methods are of four kinds:
//!
//! * `feed_*`: bytes arrived, the stream ended, the transport failed, time went on.
//! * `poll_*` and [`advance`](Connection::advance): bytes to send, notifications for the user,
//!   whether to close the transport.
//! * commands, from [`request_events`](Connection::request_events) to
//!   [`close`](Connection::close): what the user wants. A command that makes no sense at that point
//!   is a [`UsageError`](crate::node::UsageError) and has changed nothing.
//! * getters.
//!
//! No order of calls is an error, polls may be left out or repeated, and the same calls always give
//! the same answers. The least that a driver does after each call that is not a getter: write what
//! [`poll_transmit`](Connection::poll_transmit) shows, take what
//! [`poll_notification`](Connection::poll_notification) hands out, heed
//! [`poll_close`](Connection::poll_close), read on only while
//! [`wants_input`](Connection::wants_input), and call again at
//! [`next_timeout`](Connection::next_timeout).
//!
//! ```
//! use brocomm::Time;
//! use brocomm::lowlevel::connection::{ConnectionConfig, Connection, Notification};
//! use brocomm::node::Role;
//!
//! let config = ConnectionConfig::default();
//! let now = Time::from_nanos(1_000_000_000);
//! let mut here = Connection::new(config.clone(), Role::Initiator, now);
//! let mut there = Connection::new(config, Role::Acceptor, now);
//! while !here.poll_transmit().is_empty() || !there.poll_transmit().is_empty() {
//!     let bytes = here.poll_transmit().to_vec();
//!     here.advance(bytes.len(), now);
//!     there.feed_bytes(&bytes, now);
//!     let bytes = there.poll_transmit().to_vec();
//!     there.advance(bytes.len(), now);
//!     here.feed_bytes(&bytes, now);
//! }
//! let done = std::iter::from_fn(|| here.poll_notification())
//!     .any(|notification| notification == Notification::HandshakeDone);
//! assert!(done);
//! ```
//!
//! With [`ConnectionConfig::tls`] the bytes that are fed and shown are those of TLS, and
//! [`Secured`](Notification::Secured) comes before all else.
//!
//! # What a peer can not do
//!
//! | attempt | answer |
//! | --- | --- |
//! | claims a length, or inflates to one | [`ConnectionConfig::wire_limits`], checked before anything is allocated |
//! | nests, references or caches without end | [`ConnectionConfig::serial_limits`] |
//! | sends faster than the user takes notifications | [`ConnectionConfig::notification_limit`], then input waits |
//! | asks for answers and never reads them | [`ConnectionConfig::reply_limit`], then input waits |
//! | never reads at all | [`ConnectionConfig::output_limit`], then commands are refused |
//! | requests events without end | [`ConnectionConfig::requests_limit`], then the connection is closed |
//! | breaks the protocol in any way | one [`ProtocolError`](crate::node::ProtocolError), and the connection is closed |

pub use crate::connection::{
    Authority, Command, ConfigError, Connection, ConnectionConfig, Counters, Handshake, LEGALITY,
    Legality, LegalityRow, Notification, Observed, Observer, ObserverCounters, PollClose,
    ProtocolErrorKind, Requests, Sent, StateSource, legality,
};
