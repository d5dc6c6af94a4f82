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
//!   is a [`UsageError`] and has changed nothing.
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
//! use brocomm::connection::{ConnectionConfig, Connection, Notification, Role, Requests};
//!
//! let config = ConnectionConfig { requests: Some(Requests::default()), ..ConnectionConfig::default() };
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
//! | breaks the protocol in any way | one [`ProtocolError`], and the connection is closed |

mod authority;
mod config;
mod counters;
mod error;
mod handshake;
mod legality;
mod log;
mod log_input;
mod machine;
mod notification;
mod observer;
mod output;
mod peer;
mod phase;
mod receive;
mod running;
#[cfg(feature = "__tls")]
mod secure;
mod serial_input;
mod setup;
mod sync;
#[cfg(test)]
mod tests;

pub use crate::role::Role;
pub use authority::{Authority, SyncRequest};
pub use config::{ConfigError, ConnectionConfig, Requests, StateSource, Undeclared};
pub use counters::Counters;
pub use error::{Command, ProtocolError, ProtocolErrorKind, UsageError};
pub(crate) use handshake::PRINT_HOOK;
pub use legality::{LEGALITY, Legality, LegalityRow, legality};
pub use log::{CommLogMessage, LogLevel, LogSource};
pub use machine::{Connection, PollClose};
pub use notification::{CloseCause, Notification};
pub use observer::{Observed, Observer, ObserverCounters};
pub use phase::{Phase, SyncRole};
pub use running::Sent;
