//! Peers and listeners for the Communication protocol of Bro 2.x, on smol and async-std.
//!
//! async-std is discontinued: what begins now should take smol, for which nothing here differs.
//!
//! The protocol is [`brocomm`]'s; a [`Peer`] carries one [`Connection`] over TCP, a [`Listener`]
//! accepts peers. Both wait with the help of `async-io`, as smol and async-std do, and so work under
//! either and under every other executor. Nothing is spawned: a peer reads and writes while its
//! owner awaits [`Peer::next`], [`Peer::flush`] or [`Peer::close`], and at no other time. Commands
//! such as [`Peer::send_event`] only queue.
//!
//! A peer reads and writes at once, so two peers that send each other a lot never wait for each
//! other. All three futures can be dropped without losing anything, see
//! [there](Peer#cancellation); so a limit of time is
//! `async_std::future::timeout(…, peer.next())`, or a race with a timer.
//!
//! ```
//! use std::time::Duration;
//!
//! use brocomm::connection::{Config, Notification, Setup, Undeclared};
//! use brocomm::data::{Event, Name, Value};
//! use brocomm_async_std::{Listener, Peer};
//!
//! # smol::block_on(async {
//! let hello = Name::from("hello");
//! let listener = Listener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr();
//!
//! // One side requests an event ...
//! let setup = Setup { events: vec![hello.clone()], accept_input: true, ..Setup::default() };
//! let config = Config {
//!     setup: Some(setup),
//!     undeclared: Undeclared::Deliver,
//!     ..Config::default()
//! };
//! let receiver = smol::spawn(async move {
//!     let mut peer = listener.accept(config).await?;
//!     let mut received = Vec::new();
//!     while let Some(notification) = peer.next().await? {
//!         if let Notification::Event(event) = notification {
//!             received.push(event);
//!         }
//!     }
//!     Ok::<_, brocomm_async_std::TransportError>(received)
//! });
//!
//! // ... and the other sends it.
//! let config = Config {
//!     setup: Some(Setup::default()),
//!     undeclared: Undeclared::Deliver,
//!     ..Config::default()
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
//! assert_eq!(receiver.await?, [event]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! `async-std`, which is on, and `smol` say under which executors the tests of this crate run. They
//! change nothing in the library.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(doc)]
use brocomm::connection::Connection;

mod carrying;
mod link;
mod listener;
mod manager;
mod node;
mod peer;
mod shared;
mod socket;
mod zone;

pub use brocomm::transport::{Cause, Flushed, RequestError, StartError, TransportError};
pub use listener::Listener;
pub use node::{NodeHandle, Notifications};
pub use peer::Peer;
