//! Zeek's WebSocket API (version 1) as sans-IO state machines.
//!
//! Zeek 8 and later lets other programs join its cluster over WebSockets
//! (`Cluster::listen_websocket`). They subscribe to topics, receive events as JSON, and publish
//! their own. This crate has a [`client`] and a [`server`] of that API without sockets, clock or
//! randomness: the caller feeds them bytes and the time, and polls them for bytes to send and
//! notifications. [`mapping`] converts between Zeek's values and those of Bro 2.5.
//!
//! A client and a server that exchange bytes directly:
//!
//! ```
//! use brocomm::Time;
//! use brocomm_zeek::client::{Client, ClientConfig, Notification};
//! use brocomm_zeek::message::ZeekEvent;
//! use brocomm_zeek::server::{self, Server, ServerConfig};
//! use brocomm_zeek::Data;
//!
//! let now = Time::from_secs_f64(1_750_000_000.0);
//! let random = [7; 24]; // use the system's random generator
//! let mut client = Client::new(ClientConfig::new("zeek:27759", &["site/"]), random, now)?;
//! let mut server = Server::new(ServerConfig::new("manager-websocket-0", "8.2.2"), now);
//!
//! let mut events = Vec::new();
//! for _ in 0..4 {
//!     let sent = client.poll_transmit().to_vec();
//!     client.advance(sent.len(), now);
//!     server.feed_bytes(&sent, now);
//!     while let Some(server::Notification::Subscribed { .. }) = server.poll_notification() {
//!         server.acknowledge(now);
//!         server.publish(b"site/a", &ZeekEvent::new("alert", vec![Data::Count(5)]), now)?;
//!     }
//!     let answered = server.poll_transmit().to_vec();
//!     server.advance(answered.len(), now);
//!     client.feed_bytes(&answered, now);
//!     while let Some(notification) = client.poll_notification() {
//!         if let Notification::Event { event, .. } = notification {
//!             events.push(event);
//!         }
//!     }
//! }
//! assert_eq!(events, [ZeekEvent::new("alert", vec![Data::Count(5)])]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Hostile peers
//!
//! Nothing that a peer sends makes this crate panic, hang, or use more memory than configured.
//!
//! | attack | limit |
//! | --- | --- |
//! | an endless handshake | [`websocket::Limits::handshake`] and a time limit |
//! | a frame of 2⁶³ bytes, endless fragments | [`websocket::Limits::message`], as headers arrive |
//! | nested arrays | [`json::MAX_DEPTH`] |
//! | pings without reading the answers | [`websocket::Limits::outgoing`] |
//! | silence | [`client::Timeouts`], [`server::ServerConfig::ping_interval`] |
//! | messages that arrive too early | the server stops reading ([`server::Server::wants_input`]) |
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod client;
mod data;
mod error;
pub mod json;
pub mod mapping;
pub mod message;
pub mod server;
pub mod signatures;
pub mod websocket;

pub use data::Data;
pub use error::{DecodeError, DecodeErrorKind, EncodeError};
