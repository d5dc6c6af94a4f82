//! The Communication framework: a node with its peers (part 4, §3.3, §4, §6).
//!
//! A [`NodeMachine`] is created from a [`NodeConfig`]. The caller feeds it input and polls it for
//! actions, as for a [`Connection`](crate::connection::Connection), but for any number of
//! connections. After each call that is not a getter, a driver must at least:
//!
//! * perform the actions of [`poll_action`](NodeMachine::poll_action): connect, listen;
//! * for each connection of [`poll_connection`](NodeMachine::poll_connection): write the bytes of
//!   [`poll_transmit`](NodeMachine::poll_transmit), close it if
//!   [`poll_close`](NodeMachine::poll_close) requires it, and read while
//!   [`wants_input`](NodeMachine::wants_input);
//! * handle the notifications of [`poll_notification`](NodeMachine::poll_notification);
//! * call [`feed_time`](NodeMachine::feed_time) when [`next_timeout`](NodeMachine::next_timeout) is
//!   reached.
//!
//! In this example, a manager connects to a sensor in memory:
//!
//! ```
//! use brocomm::data::{Declarations, Event, Value};
//! use brocomm::node::{
//!     Action, NodeMachine, NodeConfig, NodeConfigError, ConnectionId, Endpoint, PeerConfig,
//!     Notification,
//! };
//! use brocomm::{ConfigErrors, Time};
//!
//! let now = Time::from_secs_f64(1_500_000_000.0);
//! let mut declarations = Declarations::new();
//! declarations.read("event scan_seen(host: addr);")?;
//! let node = |name: &str, node| {
//!     let nodes = vec![(name.to_owned(), node)];
//!     let declarations = declarations.clone().into();
//!     let configuration = NodeConfig { nodes, declarations, ..NodeConfig::default() };
//!     let mut node = NodeMachine::new(configuration)?;
//!     node.start(now);
//!     Ok::<_, ConfigErrors<NodeConfigError>>(node)
//! };
//! let host = [192, 0, 2, 1].into();
//! let events = Some("scan_.*".parse()?);
//! let mut manager = node("sensor", PeerConfig { connect: true, events, ..PeerConfig::new(host) })?;
//! let mut sensor = node("manager", PeerConfig::new(host))?;
//!
//! let Some(Action::Connect { connection: here, endpoint, .. }) = manager.poll_action() else {
//!     panic!("the manager connects")
//! };
//! assert_eq!(endpoint.to_string(), "192.0.2.1:47757");
//! manager.feed_connected(here, now);
//! let there = sensor.feed_accepted(Endpoint::new(host, 50_000), now).expect("not terminating");
//!
//! // Transfers bytes; returns whether there were any.
//! type End<'a> = (&'a mut NodeMachine, ConnectionId);
//! fn carry((from, out): End<'_>, (to, into): End<'_>, now: Time) -> bool {
//!     let bytes = from.poll_transmit(out).to_vec();
//!     from.advance(out, bytes.len(), now);
//!     to.feed_bytes(into, &bytes, now);
//!     !bytes.is_empty()
//! }
//! let exchange = |manager: &mut NodeMachine, sensor: &mut NodeMachine| {
//!     while carry((manager, here), (sensor, there), now)
//!         | carry((sensor, there), (manager, here), now)
//!     {}
//! };
//! exchange(&mut manager, &mut sensor);
//!
//! let scan = Event::new("scan_seen", vec![Value::Addr([10, 0, 0, 1].into())]);
//! assert_eq!(sensor.raise(scan, now)?.peers, 1);
//! exchange(&mut manager, &mut sensor);
//!
//! let notifications = std::iter::from_fn(|| manager.poll_notification());
//! let seen: Vec<Event> = notifications
//!     .filter_map(|notification| match notification {
//!         Notification::Event { event, .. } => Some(event),
//!         _ => None,
//!     })
//!     .collect();
//! assert_eq!(seen[0].args, [Value::Addr([10, 0, 0, 1].into())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Besides events, a node shares [synchronized variables](NodeMachine::set_store) with its peers
//! ([`state`](crate::state)), [sends logs](NodeMachine::write_log) to peers that request them,
//! reports peers' [log entries](Notification::LogEntry) ([`logs`](crate::logs)), and sends
//! [prints](NodeMachine::print).
//!
//! [`framework`] maps each row of part 4 to this API and its tests.

pub(crate) mod communication_log;
mod counters;
pub(crate) mod log;
mod machine;
mod options;
mod outputs;
mod pattern;
mod peer;
pub(crate) mod queue;
mod validate;

#[doc = include_str!("framework.md")]
pub mod framework {}

pub use crate::connection::{
    CloseCause, Handshake, LogLevel, LogSource, Phase, ProtocolError, Role, SyncRequest, SyncRole,
    Undeclared, UsageError,
};
pub(crate) use communication_log::CommunicationLine;
pub use communication_log::CommunicationLog;
pub use counters::{Depth, PeerCounters, PeerState, PingStatistics, Series};
pub use log::CommLogEntry;
pub(crate) use log::CommLogLine;
pub(crate) use machine::FanOut;
pub use machine::batches::{BATCH_DELAY, LOG_BATCH, PRINT_BATCH};
pub use machine::{NodeError, NodeMachine, RaiseError, Raised, TraceStep, WriteLogError};
pub use options::{
    Backoff, Bound, KeepAlive, Liveness, NodeConfig, Options, Overflow, PeerConfig, Queue,
};
pub use outputs::Notification;
pub use outputs::{Action, ListenTarget};
pub use pattern::EventPattern;
pub(crate) use peer::ByConnection;
pub use peer::{ConnectionId, Endpoint, EventPeer, PeerId};
pub use validate::{ConfigurationWarning, NodeConfigError};
