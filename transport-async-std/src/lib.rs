#![doc = include_str!("../README.md")]
//!
//! # A shared table
//!
//! A table that is declared with [`Builder::table`] is shared with every peer, as a `&synchronized` variable of Bro is:
//! `global blocked: table[addr] of string &synchronized;`. What is inserted here is sent to the peers, and what they change is
//! here at once. When a connection is established, the table of the node that accepted it replaces the other one.
//!
//! ```no_run
//! use std::net::IpAddr;
//!
//! use brocomm_async_std::{Change, Node};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         let builder = Node::builder().table::<IpAddr, String>("blocked");
//!         let node = builder.connect("manager.example.org").start()?;
//!         let blocked = node.table::<IpAddr, String>("blocked")?;
//!         let mut changes = blocked.changes();
//!         node.connected().await.ok_or("the node stopped")?;
//!         blocked.insert(&"192.0.2.7".parse()?, &"it scans".to_owned())?;
//!         println!("{:?}", blocked.entries()?);
//!         while let Some(change) = changes.next().await {
//!             match change? {
//!                 Change::Set(host, why) => println!("{host}: {why}"),
//!                 Change::Removed(host) => println!("{host} is no longer blocked"),
//!                 _ => println!("{:?}", blocked.entries()?),
//!             }
//!         }
//!         Ok(())
//!     })
//! }
//! ```
//!
//! # Logs
//!
//! A struct with `#[bro(log)]` fields is an entry of a log. [`Builder::log`] declares the log. Every peer that requests logs
//! gets the entries; as the node below accepts input from nobody, peers can do no more than that.
//!
//! ```no_run
//! use std::net::IpAddr;
//!
//! use brocomm_async_std::{Node, Record};
//!
//! #[derive(Record)]
//! struct Scan {
//!     #[bro(log)]
//!     host: IpAddr,
//!     #[bro(log)]
//!     ports: u64,
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         let node = Node::builder().log::<Scan>("scans").listen("0.0.0.0:47757").start()?;
//!         let scans = node.log("scans")?;
//!         node.connected().await.ok_or("the node stopped")?;
//!         scans.write(&Scan { host: "192.0.2.7".parse()?, ports: 443 }).await?;
//!         node.terminate().await;
//!         Ok(())
//!     })
//! }
//! ```
//!
//! [`Builder::receive_logs`] requests the logs of all peers. An entry has the columns that the writer announced;
//! [`LogEntry::get`](brocomm::logs::LogEntry::get) returns one by name.
//!
//! ```no_run
//! use brocomm_async_std::Node;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         let node = Node::builder().receive_logs().connect("sensor.example.org").start()?;
//!         let mut entries = node.log_entries();
//!         while let Some((peer, entry)) = entries.next().await {
//!             println!("{} of {}:", entry.writer.path, peer.descr);
//!             for (field, value) in entry.writer.fields.iter().zip(&entry.values) {
//!                 println!("  {}: {value}", field.name);
//!             }
//!         }
//!         Ok(())
//!     })
//! }
//! ```
//!
//! # Requests and answers
//!
//! [`ask`](asynchronous::Node::ask) raises an event and waits for the event that answers it.
//!
//! ```no_run
//! use std::net::IpAddr;
//! use std::time::Duration;
//!
//! use brocomm_async_std::{Event, Node};
//!
//! #[derive(Event)]
//! struct ReputationWanted { host: IpAddr }
//!
//! #[derive(Event)]
//! struct Reputation { host: IpAddr, text: String }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         let builder = Node::builder().send::<ReputationWanted>().receive::<Reputation>();
//!         let node = builder.connect("reputation.example.org").start()?;
//!         node.connected().await.ok_or("the node stopped")?;
//!         let host = "192.0.2.7".parse()?;
//!         let about_it = move |answer: &Reputation| answer.host == host;
//!         let question = ReputationWanted { host };
//!         let (_, answer) = node.ask(question, about_it, Duration::from_secs(10)).await?;
//!         println!("{}: {}", answer.host, answer.text);
//!         Ok(())
//!     })
//! }
//! ```
//!
//! # Waiting for a connection
//!
//! The builder's `start` returns at once: the node connects, and connects again, in one thread.
//! [`connected`](asynchronous::Node::connected) waits until a peer can be sent events;
//! [`listening`](asynchronous::Node::listening) waits until the node listens, and returns the address, which is of use
//! with port 0. An event that is raised while no peer is connected is sent to nobody;
//! [`raise`](asynchronous::Node::raise) returns how many peers it is sent to. All return `None` when the node has stopped.
//!
//! All futures can be dropped without losing anything, so a limit of time is `async_std::future::timeout(limit, scans.next())`, or a race with a timer; see [the
//! cancellation of a node](asynchronous::Node#cancellation) and [of a peer](asynchronous::Peer#cancellation).
//!
//! The node can be awaited under smol, async-std and every other executor: sockets and timers are those of `async-io`. To run
//! the node itself on the program's executor, too, which makes round trips faster, start it with [`AsyncIo::on`].
//!
//! # Backpressure
//!
//! Nothing is lost by default. When a peer does not read, its queue in this node fills, and
//! [`raise`](asynchronous::Node::raise) and [`Log::write`] wait; [`try_raise`](asynchronous::Node::try_raise) returns an
//! error instead. When a subscriber of this node does not read, the node stops reading from the peers that send to it. Two
//! nodes that both wait in `raise` and read nothing can wait for each other: read events in one task, and raise in another
//! one or with `try_raise`.
//!
//! The sizes of the queues, and what happens when one is full, are set for peers in
//! [`Options::outgoing`](brocomm::node::Options::outgoing) and for a subscriber with
//! [`subscribe_with`](asynchronous::Node::subscribe_with).
//!
//! # More control
//!
//! The builder makes a [`NodeMachine`](brocomm::node::NodeMachine), the state machine of a node, of a
//! [`NodeConfig`](brocomm::node::NodeConfig) with a [`PeerConfig`](brocomm::node::PeerConfig) for each peer.
//! [`Builder::options`] and [`Builder::connect_with`] change them, [`start`](asynchronous::Node::start) takes one that a program has made, and
//! [`with`](asynchronous::Node::with) gives access to the state machine while it runs. Everything that happens, all events included, comes as a
//! [`Notification`](brocomm::node::Notification):
//!
//! ```no_run
//! use brocomm_async_std::Node;
//! use brocomm_async_std::brocomm::data::Declarations;
//! use brocomm_async_std::brocomm::node::{NodeConfig, PeerConfig};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         let mut declarations = Declarations::new();
//!         declarations.read("global hello: event(to: string);")?;
//!         let manager = PeerConfig {
//!             connect: true,
//!             p: Some(47757),
//!             events: Some("hello".parse()?),
//!             ..PeerConfig::new([192, 0, 2, 1].into())
//!         };
//!         let node = Node::start(NodeConfig {
//!             nodes: vec![("manager".into(), manager)],
//!             declarations: declarations.into(),
//!             ..NodeConfig::default()
//!         })?;
//!         let mut notifications = node.subscribe();
//!         while let Some(notification) = notifications.next().await {
//!             println!("{notification:?}");
//!         }
//!         Ok(())
//!     })
//! }
//! ```
//!
//! A [`Peer`] is a single connection without a node around it: it does not connect again, and does not log. Nothing is
//! spawned: it reads and writes while its owner awaits [`next`](asynchronous::Peer::next),
//! [`flush`](asynchronous::Peer::flush) or [`close`](asynchronous::Peer::close); commands such as
//! [`send_event`](asynchronous::Peer::send_event) only queue. A [`Listener`] accepts such peers.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use brocomm_async_std::Peer;
//! use brocomm_async_std::brocomm::lowlevel::connection::{ConnectionConfig, Notification};
//! use brocomm_async_std::brocomm::event;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         let config = ConnectionConfig::requesting(&["pong"]);
//!         let mut peer = Peer::connect("127.0.0.1:47757", config, Duration::from_secs(10)).await?;
//!         while let Some(notification) = peer.next().await? {
//!             match notification {
//!                 Notification::HandshakeDone => {
//!                     let _ = peer.send_event(&event!("ping", 1_u64))?;
//!                 }
//!                 Notification::Event(pong) => {
//!                     println!("{}({})", pong.name, pong.args[0]);
//!                     break;
//!                 }
//!                 _ => {}
//!             }
//!         }
//!         peer.close().await?;
//!         Ok(())
//!     })
//! }
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
pub use brocomm_derive::{AsyncStdEnum as Enum, AsyncStdEvent as Event, AsyncStdRecord as Record};
use brocomm_transport::asynchronous;
pub use brocomm_transport::{
    Change, Changes, Events, Log, LogEntries, Notifications, Received, Table,
};
pub use runtime::{AsyncIo, Task};

/// Runs a node, in one thread of its own or on [the program's executor](AsyncIo::on).
pub type Node = asynchronous::Node<AsyncIo>;

/// Carries one [`Connection`](brocomm::lowlevel::connection::Connection) over TCP.
pub type Peer = asynchronous::Peer<AsyncIo>;

/// Listens for peers.
pub type Listener = asynchronous::Listener<AsyncIo>;

/// Builds a node: what it exchanges with its peers, and who they are; see [`Node::builder`].
pub type Builder = brocomm_transport::Builder<Node>;
