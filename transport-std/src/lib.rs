//! Blocking peers and listeners for the Communication protocol of Bro 2.x.
//!
//! The protocol is [`brocomm`]'s; a [`Peer`] carries one [`Connection`] over TCP, a [`Listener`]
//! accepts peers. Both wait in the calling thread, so that a program with many peers has a thread
//! for each; both can be stopped from another thread with a [`StopHandle`].
//!
//! A peer reads and writes at once, so two peers that send each other a lot never wait for each
//! other. It does so within [`Peer::next`], [`Peer::flush`] and [`Peer::close`], nowhere else:
//! commands such as [`Peer::send_event`] only queue.
//!
//! ```
//! use std::thread;
//! use std::time::Duration;
//!
//! use brocomm::connection::{Config, Notification, Setup, Undeclared};
//! use brocomm::data::{Event, Name, Value};
//! use brocomm_std::{Listener, Peer};
//!
//! let hello = Name::from("hello");
//! let mut listener = Listener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr();
//!
//! // One side requests an event ...
//! let setup = Setup { events: vec![hello.clone()], accept_input: true, ..Setup::default() };
//! let config = Config {
//!     setup: Some(setup),
//!     undeclared: Undeclared::Deliver,
//!     ..Config::default()
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
//! let config = Config {
//!     setup: Some(Setup::default()),
//!     undeclared: Undeclared::Deliver,
//!     ..Config::default()
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
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(doc)]
use brocomm::connection::Connection;

mod link;
mod listener;
mod node;
mod peer;
mod runner;
mod shared;
mod sleeping;
mod socket;
mod stop;
mod zone;

pub use brocomm::transport::{Cause, RequestError, StartError, TransportError};
pub use listener::Listener;
pub use node::{NodeHandle, Notifications};
pub use peer::{Flushed, Peer};
pub use stop::StopHandle;

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
