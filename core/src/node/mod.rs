//! The Communication framework: a node with its peers (part 4, §3.3, §4, §6).
//!
//! A [`Communication`] is made of a [`Configuration`] and is fed what the world does and polled for
//! what the world must do, as a [`Connection`](crate::connection::Connection) is, for any number of
//! connections. The least that a driver does after each call that is not a getter:
//!
//! * do what [`poll_action`](Communication::poll_action) asks for: connect, listen;
//! * for each connection that [`poll_connection`](Communication::poll_connection) names: write what
//!   [`poll_transmit`](Communication::poll_transmit) shows, heed
//!   [`poll_close`](Communication::poll_close), and read while
//!   [`wants_input`](Communication::wants_input);
//! * take what [`poll_notification`](Communication::poll_notification) hands out;
//! * call [`feed_time`](Communication::feed_time) when
//!   [`next_timeout`](Communication::next_timeout) says so.
//!
//! [`framework`] shows each row of part 4 with what stands for it here, and its tests.

mod action;
mod communication;
mod configuration;
mod counters;
mod entry;
mod inbox;
mod log;
mod notification;
mod options;
mod outbox;
mod pattern;
mod peer;
mod targets;
mod timers;
mod validate;
pub(crate) mod weight;

#[doc = include_str!("framework.md")]
pub mod framework {}

pub use action::Action;
pub use communication::{Communication, NodeError, RaiseError, Raised, TraceStep, WriteLogError};
pub use configuration::Configuration;
pub use counters::{Depth, PeerCounters, PeerState};
pub use entry::{Liveness, Node};
pub use log::{LogEntry, LogLine};
pub use notification::Notification;
pub use options::{Backoff, Bound, Handshake, KeepAlive, Options, Overflow, Queue};
pub use pattern::{EventPattern, PatternError, PatternErrorKind};
pub use peer::{ConnectionId, Endpoint, EventPeer, PeerId};
pub use targets::{ListenTarget, listen_targets};
pub use validate::{OptionsError, OptionsErrorKind, OptionsWarning, OptionsWarningKind};
