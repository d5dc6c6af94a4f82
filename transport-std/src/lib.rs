#![doc = include_str!("../README.md")]
//!
//! # A shared table
//!
//! A table declared with [`Builder::table`] is shared with every peer, like a `&synchronized`
//! variable in Bro: `global blocked: table[addr] of string &synchronized;`. Local changes are sent
//! to the peers, and changes made by peers are applied here. Whenever a connection is established,
//! the table of the node that listens replaces that of the node that connected, whose own entries
//! are lost. [`Table`] has `get`, `contains`, `insert`, `remove` and `entries`, none of which
//! waits; [`Table::changes`] returns what others change.
//!
//! The node below connects, and inserts when its table has been replaced. The node that it connects
//! to is built with `Node::builder().table::<IpAddr, String>("blocked").listen("0.0.0.0:47757")
//! .accept("192.0.2.7")`: a node that listens applies changes only from the hosts that it names
//! with [`accept`](Builder::accept).
//!
//! ```no_run
//! use std::net::IpAddr;
//!
//! use brocomm_std::{Change, Node};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let builder = Node::builder().table::<IpAddr, String>("blocked");
//!     let node = builder.connect("manager.example.org").start()?;
//!     let blocked = node.table::<IpAddr, String>("blocked")?;
//!     let mut changes = blocked.changes();
//!     while let Some(change) = changes.next(None) {
//!         match change? {
//!             Change::Set(host, why) => println!("{host}: {why}"),
//!             Change::Removed(host) => println!("{host} is no longer blocked"),
//!             // The table was replaced: the node has connected, for the first time or again.
//!             _ => blocked.insert(&"192.0.2.7".parse()?, "it scans")?,
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Logs
//!
//! To write a log, put `#[bro(log)]` on a struct whose fields are the columns, and declare the log
//! with [`Builder::log`] and its path: that of Bro's conn.log is `conn`. `fields` names the columns
//! of a tuple struct; a struct with named fields does not need it. To make columns of some fields
//! only, put `#[bro(log)]` on these instead of on the struct. If the type of a field is another
//! struct, that struct needs `#[bro(log)]` too. Every peer that requests logs receives the entries;
//! [`Log::requested`] waits for one.
//!
//! ```no_run
//! use std::net::IpAddr;
//!
//! use brocomm_std::{Node, Record};
//!
//! #[derive(Record)]
//! #[bro(log, fields(host, ports))]
//! struct Scan(IpAddr, u64);
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let node = Node::builder().log::<Scan>("scans").listen("0.0.0.0:47757").start()?;
//!     let scans = node.log("scans")?;
//!     scans.requested(None).ok_or("the node stopped")?;
//!     scans.write(&Scan("192.0.2.7".parse()?, 443), None)?;
//!     node.terminate();
//!     Ok(())
//! }
//! ```
//!
//! To read logs, request them from all peers with [`Builder::receive_logs`]. The struct needs only
//! the columns of interest: `id.orig_h` of Bro's conn.log is the field `orig_h` of the field `id`.
//! A column that may be unset or missing is an `Option`; if its name is misspelt, it is always
//! `None`. One with an enum, such as `proto`, may be a `String`.
//! [`BroType`](brocomm::data::BroType) lists the other types. If another column is missing, or a
//! column has another type, the entry is an error, a [`ReceiveError`]; the program may ignore it
//! and read the next one. [`LogEntries`] returns the entries of all logs, whatever their columns
//! are.
//!
//! ```no_run
//! use std::net::IpAddr;
//! use std::time::SystemTime;
//!
//! use brocomm_std::{Node, Record};
//!
//! #[derive(Debug, Record)]
//! struct Id { orig_h: IpAddr, resp_h: IpAddr }
//!
//! #[derive(Debug, Record)]
//! struct Conn { ts: SystemTime, uid: String, id: Id, proto: String, service: Option<String> }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let node = Node::builder().receive_logs().connect("sensor.example.org").start()?;
//!     let conns = node.logs::<Conn>("conn")?;
//!     for conn in conns {
//!         let (_, conn) = conn?;
//!         println!("{conn:?}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Requests and answers
//!
//! [`Node::ask`] raises an event and waits for the event that answers it.
//!
//! ```no_run
//! use std::net::IpAddr;
//! use std::time::Duration;
//!
//! use brocomm_std::{Event, Node};
//!
//! #[derive(Event)]
//! struct ReputationWanted { host: IpAddr }
//!
//! #[derive(Event)]
//! struct Reputation { host: IpAddr, text: String }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let builder = Node::builder().send::<ReputationWanted>().receive::<Reputation>();
//!     let node = builder.connect("reputation.example.org").start()?;
//!     node.connected(None).ok_or("the node stopped")?;
//!     let host = "192.0.2.7".parse()?;
//!     let about_it = move |answer: &Reputation| answer.host == host;
//!     let question = ReputationWanted { host };
//!     let (_, answer) = node.ask(question, about_it, Duration::from_secs(10))?;
//!     println!("{}: {}", answer.host, answer.text);
//!     Ok(())
//! }
//! ```
//!
//! # Waiting for a connection
//!
//! [`Node::start`] and the builder's `start` return at once. The node connects and reconnects in
//! its own thread. An unreachable peer or a port in use is not an error: the node tries again.
//! [`Node::connected`] waits until the handshake with a peer is done. [`Node::listening`] waits
//! until the node listens and returns the address, which is useful with port 0.
//!
//! To see why nothing happens, read the notifications of [`Node::subscribe`]: a failed attempt to
//! connect is a [`ConnectFailed`](brocomm::node::Notification::ConnectFailed), and a port in use is
//! a line of the communication log, a [`Log`](brocomm::node::Notification::Log). A
//! [`ConnectionError`](brocomm::node::Notification::ConnectionError) tells what the nodes declare
//! differently, such as the name or the types of a table, and whether the peer accepts no changes
//! of tables.
//!
//! An event goes to the peers that requested it and are connected. [`Node::raise`] returns how many
//! these are, in [`Raised::peers`](brocomm::node::Raised::peers). With 0, nobody gets the event.
//! The same holds for [`Log::write`]. [`Node::requested`] waits for a peer that requested it. An
//! event must be declared, with [`Builder::send`] or [`Builder::receive`].
//!
//! Every blocking method takes a deadline, an `Option<Instant>`. With `None` it waits forever.
//! [`Node::connected`], [`Node::listening`] and the iterators return `None` when the node has
//! stopped. They do not end when a peer disconnects, because it may connect again.
//!
//! # Backpressure
//!
//! While the node runs and its connections last, everything that a peer requested is delivered.
//! When a peer does not read, its queue in this node fills, and [`Node::raise`] and
//! [`Log::write`] wait; [`Node::try_raise`] returns an error instead. When a subscriber of this
//! node does not read, the node stops reading from the peers that send to it. So two nodes that
//! raise faster than they read can wait for each other forever. A client that only answers events,
//! as the first one above, is safe if the other node reads while it raises. Otherwise, read events
//! in one thread and raise them in another, with a clone of the node.
//!
//! End a node with [`Node::terminate`], which sends what is queued. When a node is dropped, what it
//! has not sent is lost, with a warning on standard error. An entry of a log waits up to a second
//! for more entries; [`Node::flush`] sends it at once.
//!
//! [`Options::outgoing`](brocomm::node::Options::outgoing) sets the size of the send queues and the
//! policy for full ones. For the queue of a subscriber, use [`Node::subscribe_with`].
//!
//! # More control
//!
//! The builder creates a [`NodeMachine`](brocomm::node::NodeMachine), the state machine of a node,
//! from a [`NodeConfig`](brocomm::node::NodeConfig) with a
//! [`PeerConfig`](brocomm::node::PeerConfig) for each peer. [`Builder::options`] and
//! [`Builder::connect_with`] change them, [`Node::start`] takes a configuration of your own, and
//! [`Node::with`] gives access to the state machine while it runs. The node reports everything that
//! happens, including all events, as a [`Notification`](brocomm::node::Notification):
//!
//! ```no_run
//! use brocomm_std::Node;
//! use brocomm_std::brocomm::data::Declarations;
//! use brocomm_std::brocomm::node::{NodeConfig, PeerConfig};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut declarations = Declarations::new();
//!     declarations.read("global hello: event(to: string);")?;
//!     let manager = PeerConfig {
//!         connect: true,
//!         p: Some(47757),
//!         events: Some("hello".parse()?),
//!         ..PeerConfig::new([192, 0, 2, 1].into())
//!     };
//!     let node = Node::start(NodeConfig {
//!         nodes: vec![("manager".into(), manager)],
//!         declarations: declarations.into(),
//!         ..NodeConfig::default()
//!     })?;
//!     let mut notifications = node.subscribe();
//!     while let Some(notification) = notifications.next(None) {
//!         println!("{notification:?}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A [`Peer`] is a single connection without a node. It does not reconnect and does not log. It
//! reads and writes in the calling thread, within [`Peer::next`], [`Peer::flush`] and
//! [`Peer::close`]; commands such as [`Peer::send_event`] only queue. A [`Listener`] accepts
//! connections as [`Peer`]s. Another thread can stop both with a [`StopHandle`].
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use brocomm_std::Peer;
//! use brocomm_std::brocomm::lowlevel::connection::{ConnectionConfig, ConnectionNotification};
//! use brocomm_std::brocomm::event;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let config = ConnectionConfig::requesting(&["pong"]);
//!     let mut peer = Peer::connect("127.0.0.1:47757", config, Duration::from_secs(10))?;
//!     while let Some(notification) = peer.next(None)? {
//!         match notification {
//!             ConnectionNotification::HandshakeDone => {
//!                 let _ = peer.send_event(&event!("ping", 1_u64))?;
//!             }
//!             ConnectionNotification::Event(pong) => {
//!                 println!("{}({})", pong.name, pong.args[0]);
//!                 break;
//!             }
//!             _ => {}
//!         }
//!     }
//!     peer.close(None)?;
//!     Ok(())
//! }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod listener;
mod node;
mod peer;
mod polled;
mod runner;
mod sleeping;
mod socket;
mod stop;
mod subscribing;
mod table;

pub use brocomm;
pub use brocomm::lowlevel::driver::{
    Cause, RequestError, StartError, SubscribeError, Subscription, TransportError,
};
#[cfg(feature = "derive")]
#[cfg_attr(docsrs, doc(cfg(feature = "derive")))]
pub use brocomm_derive::{StdEnum as Enum, StdEvent as Event, StdRecord as Record};
pub use brocomm_transport::{Change, ReceiveError, Received, ReceivedEvent, ReceivedRecord};
pub use listener::Listener;
pub use node::Node;
pub use peer::{Flushed, Peer};
pub use stop::StopHandle;
pub use subscribing::{Changes, Events, LogEntries, LogRecords, Notifications};
pub use table::{Log, Table};
/// Configures and starts a node. See [`Node::builder`].
pub type Builder = brocomm_transport::Builder<Node>;
