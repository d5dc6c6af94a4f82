//! The phases of a connection, in both roles (§3).
//!
//! A [`Connection`] is a sans-IO state machine: the caller feeds it input and polls it for output;
//! it uses no sockets, clocks or threads. It has four kinds of methods:
//!
//! * `feed_*`: bytes arrived, the stream ended, the transport failed, time passed.
//! * `poll_*` and [`advance`](Connection::advance): bytes to send, notifications, whether to close
//!   the transport.
//! * commands, from [`request_events`](Connection::request_events) to [`close`](Connection::close).
//!   A command that is not allowed in the current phase returns a
//!   [`UsageError`](crate::node::UsageError) and changes nothing.
//! * getters.
//!
//! Calls may come in any order, polls may be skipped or repeated, and the same calls always return
//! the same results. After each call that is not a getter, a driver must at least: write the bytes
//! of [`poll_transmit`](Connection::poll_transmit), handle the notifications of
//! [`poll_notification`](Connection::poll_notification), close the transport if
//! [`poll_close`](Connection::poll_close) requires it, read only while
//! [`wants_input`](Connection::wants_input), and call [`feed_time`](Connection::feed_time) at
//! [`next_timeout`](Connection::next_timeout).
//!
//! ```
//! use brocomm::Time;
//! use brocomm::lowlevel::connection::{ConnectionConfig, Connection, ConnectionNotification};
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
//!     .any(|notification| notification == ConnectionNotification::HandshakeDone);
//! assert!(done);
//! ```
//!
//! With [`ConnectionConfig::tls`] the bytes fed and returned are those of TLS, and
//! [`Secured`](ConnectionNotification::Secured) is the first notification.
//!
//! # Hostile peers
//!
//! | attempt | answer |
//! | --- | --- |
//! | claims a large length, or inflates to one | [`ConnectionConfig::wire_limits`], checked before anything is allocated |
//! | nests, references or caches without end | [`ConnectionConfig::serial_limits`] |
//! | sends faster than the user takes notifications | [`ConnectionConfig::notification_limit`], then input waits |
//! | requests replies and never reads them | [`ConnectionConfig::reply_limit`], then input waits |
//! | never reads at all | [`ConnectionConfig::output_limit`], then commands return an error |
//! | requests events without end | [`ConnectionConfig::requests_limit`], then the connection is closed |
//! | breaks the protocol in any way | one [`ProtocolError`](crate::node::ProtocolError), and the connection is closed |

pub use crate::connection::{
    Authority, Command, ConfigError, Connection, ConnectionConfig, ConnectionNotification,
    Counters, Handshake, LEGALITY, Legality, LegalityRow, Observed, Observer, ObserverCounters,
    PollClose, ProtocolErrorKind, Requests, Sent, StateSource, legality,
};
