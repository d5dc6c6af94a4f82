#![doc = include_str!("../README.md")]
//!
//! # Two ways
//!
//! * A [`Node`] runs a whole node: it listens, connects and connects again, carries what passes
//!   between the node and any number of peers, in one thread of its own, and can be shared.
//! * A [`Peer`] carries one [`Connection`](brocomm::lowlevel::connection::Connection), and a [`Listener`]
//!   accepts such peers. Both wait in the calling thread, so that a program with several has a
//!   thread for each; both can be stopped from another thread with a [`StopHandle`]. A peer reads
//!   and writes within [`Peer::next`], [`Peer::flush`] and [`Peer::close`], nowhere else: commands
//!   such as [`Peer::send_event`] only queue.
//!
//! Both read and write at once, so two that send each other a lot never wait for each other.
//!
//! # A node
//!
//! ```
//! use std::net::Ipv4Addr;
//! use std::sync::Arc;
//!
//! use brocomm::data::{Declarations, Event, Value};
//! use brocomm::node::{NodeConfig, PeerConfig, Notification, Options};
//! use brocomm_std::Node;
//!
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
//!     if let Some(Notification::Listening(endpoint)) = notifications.next(None) {
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
//! while let Some(notification) = connecting.next(None) {
//!     if matches!(notification, Notification::ConnectionHandshakeDone(_)) {
//!         break;
//!     }
//! }
//! let raised = sensor.raise(Event::new("hello", vec![Value::string("world")]), None)?;
//! assert_eq!(raised.peers, 1);
//! assert_eq!(sensor.terminate(), []);
//!
//! while let Some(notification) = notifications.next(None) {
//!     if let Notification::Event { peer, event } = notification {
//!         println!("peer {} says {}", peer.id, event.args[0]);
//!         break;
//!     }
//! }
//! manager.terminate();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A single connection
//!
//! ```
//! use std::thread;
//! use std::time::Duration;
//!
//! use brocomm::lowlevel::connection::{ConnectionConfig, Notification, Requests};
//! use brocomm::node::Undeclared;
//! use brocomm::data::{Event, Name, Value};
//! use brocomm_std::{Listener, Peer};
//!
//! let hello = Name::from("hello");
//! let mut listener = Listener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr();
//!
//! // One side requests an event ...
//! let requests = Requests { events: vec![hello.clone()], accept_input: true, ..Requests::default() };
//! let config = ConnectionConfig {
//!     requests: Some(requests),
//!     undeclared: Undeclared::Deliver,
//!     ..ConnectionConfig::default()
//! };
//! let receiver = thread::spawn(move || {
//!     let mut peer = listener.accept(config, None)?.expect("nobody stops it");
//!     let mut received = Vec::new();
//!     while let Some(notification) = peer.next(None)? {
//!         if let Notification::Event(event) = notification {
//!             received.push(event);
//!         }
//!     }
//!     Ok::<_, brocomm_std::TransportError>(received)
//! });
//!
//! // ... and the other sends it.
//! let config = ConnectionConfig {
//!     requests: Some(Requests::default()),
//!     undeclared: Undeclared::Deliver,
//!     ..ConnectionConfig::default()
//! };
//! let event = Event { name: hello, time: 0.0, args: vec![Value::string("world")] };
//! let mut peer = Peer::connect(address, config, Duration::from_secs(10))?;
//! while let Some(notification) = peer.next(None)? {
//!     if notification == Notification::HandshakeDone {
//!         let _ = peer.send_event(&event)?;
//!         break;
//!     }
//! }
//! peer.close(None)?;
//! assert_eq!(receiver.join().expect("no panic")?, [event]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod link;
mod listener;
mod node;
mod peer;
mod runner;
mod sleeping;
mod socket;
mod stop;
mod subscribing;
mod table;

pub use brocomm;
pub use brocomm::lowlevel::driver::{
    Cause, RequestError, StartError, Subscription, TransportError,
};
#[cfg(feature = "derive")]
#[cfg_attr(docsrs, doc(cfg(feature = "derive")))]
pub use brocomm_derive::{StdEnum as Enum, StdEvent as Event, StdRecord as Record};
pub use brocomm_transport::{Change, Received};
pub use listener::Listener;
pub use node::Node;
pub use peer::{Flushed, Peer};
pub use stop::StopHandle;
pub use subscribing::{Changes, Events, LogEntries, Notifications};
pub use table::{Log, Table};
/// Builds a node: what it exchanges with its peers, and who they are; see [`Node::builder`].
pub type Builder = brocomm_transport::Builder<Node>;
