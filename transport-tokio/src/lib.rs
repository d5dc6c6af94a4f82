#![doc = include_str!("../README.md")]
//!
//! # Two ways
//!
//! * A [`Node`] runs a whole node: it listens, connects and connects again, carries what passes
//!   between the node and any number of peers, in tasks of its own, and can be shared.
//! * A [`Peer`] carries one [`Connection`](brocomm::lowlevel::connection::Connection), and a [`Listener`]
//!   accepts such peers. Nothing is spawned: a peer reads and writes while its owner awaits
//!   [`Peer::next`], [`Peer::flush`] or [`Peer::close`], and at no other time. Commands such as
//!   [`Peer::send_event`] only queue.
//!
//! Both run on either flavour of tokio's runtime, with I/O and time enabled; outside of one they
//! panic as tokio's own sockets do. Both read and write at once, so two that send each other a lot
//! never wait for each other. All futures can be dropped without losing anything, see
//! [there](asynchronous::Node#cancellation) and [there](asynchronous::Peer#cancellation); so a
//! limit of time is `tokio::time::timeout(…, peer.next())`.
//!
//! # A node
//!
//! ```
//! use std::net::Ipv4Addr;
//! use std::sync::Arc;
//!
//! use brocomm::data::{Declarations, Event, Value};
//! use brocomm::node::{NodeConfig, PeerConfig, Notification, Options};
//! use brocomm_tokio::Node;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut declarations = Declarations::new();
//! declarations.read("global hello: event(to: string);")?;
//! let declarations = Arc::new(declarations);
//! let here = Ipv4Addr::LOCALHOST.into();
//!
//! // One listens, and requests an event of whoever connects from this host ...
//! let manager = Node::start(NodeConfig {
//!     options: Options {
//!         listen: true,
//!         listen_interface: here,
//!         listen_port: 0,
//!         ..Options::default()
//!     },
//!     nodes: vec![(
//!         "sensor".into(),
//!         PeerConfig { events: Some("hello".parse()?), ..PeerConfig::new(here) },
//!     )],
//!     declarations: Arc::clone(&declarations),
//! })?;
//! let mut notifications = manager.subscribe();
//! let port = loop {
//!     if let Some(Notification::Listening(endpoint)) = notifications.next().await {
//!         break endpoint.port;
//!     }
//! };
//!
//! // ... and another connects to it, and raises the event when it is connected.
//! let sensor = Node::start(NodeConfig {
//!     nodes: vec![(
//!         "manager".into(),
//!         PeerConfig { connect: true, p: Some(port), ..PeerConfig::new(here) },
//!     )],
//!     declarations,
//!     ..NodeConfig::default()
//! })?;
//! let mut connecting = sensor.subscribe();
//! while let Some(notification) = connecting.next().await {
//!     if matches!(notification, Notification::ConnectionHandshakeDone(_)) {
//!         break;
//!     }
//! }
//! sensor.raise(Event::new("hello", vec![Value::string("world")])).await?;
//! assert_eq!(sensor.terminate().await, []);
//!
//! while let Some(notification) = notifications.next().await {
//!     if let Notification::Event { peer, event } = notification {
//!         println!("peer {} says {}", peer.id, event.args[0]);
//!         break;
//!     }
//! }
//! manager.terminate().await;
//! # Ok(())
//! # }
//! ```
//!
//! # A single connection
//!
//! ```
//! use std::time::Duration;
//!
//! use brocomm::lowlevel::connection::{ConnectionConfig, Notification, Requests};
//! use brocomm::node::Undeclared;
//! use brocomm::data::{Event, Name, Value};
//! use brocomm_tokio::{Listener, Peer};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hello = Name::from("hello");
//! let listener = Listener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr();
//!
//! // One side requests an event ...
//! let requests = Requests { events: vec![hello.clone()], accept_input: true, ..Requests::default() };
//! let config = ConnectionConfig {
//!     requests: Some(requests),
//!     undeclared: Undeclared::Deliver,
//!     ..ConnectionConfig::default()
//! };
//! let receiver = tokio::spawn(async move {
//!     let mut peer = listener.accept(config).await?;
//!     let mut received = Vec::new();
//!     while let Some(notification) = peer.next().await? {
//!         if let Notification::Event(event) = notification {
//!             received.push(event);
//!         }
//!     }
//!     Ok::<_, brocomm_tokio::TransportError>(received)
//! });
//!
//! // ... and the other sends it.
//! let config = ConnectionConfig {
//!     requests: Some(Requests::default()),
//!     undeclared: Undeclared::Deliver,
//!     ..ConnectionConfig::default()
//! };
//! let event = Event { name: hello, time: 0.0, args: vec![Value::string("world")] };
//! let mut peer = Peer::connect(address, config, Duration::from_secs(10)).await?;
//! while let Some(notification) = peer.next().await? {
//!     if notification == Notification::HandshakeDone {
//!         let _ = peer.send_event(&event)?;
//!         break;
//!     }
//! }
//! peer.close().await?;
//! assert_eq!(receiver.await??, [event]);
//! # Ok(())
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod runtime;

pub use brocomm;
pub use brocomm::lowlevel::driver::{
    Cause, Flushed, RequestError, StartError, Subscription, TransportError,
};
#[cfg(feature = "derive")]
#[cfg_attr(docsrs, doc(cfg(feature = "derive")))]
pub use brocomm_derive::{TokioEnum as Enum, TokioEvent as Event, TokioRecord as Record};
use brocomm_transport::asynchronous;
pub use brocomm_transport::{
    Change, Changes, Events, Log, LogEntries, Notifications, Received, Table,
};
pub use runtime::Tokio;

/// Runs a node, in tasks of its own. Has to be started within a runtime with I/O and time enabled,
/// and panics elsewhere as [`tokio::spawn`] does.
pub type Node = asynchronous::Node<Tokio>;

/// Carries one [`Connection`](brocomm::lowlevel::connection::Connection) over TCP.
pub type Peer = asynchronous::Peer<Tokio>;

/// Listens for peers.
pub type Listener = asynchronous::Listener<Tokio>;

/// Builds a node: what it exchanges with its peers, and who they are; see [`Node::builder`].
pub type Builder = brocomm_transport::Builder<Node>;
