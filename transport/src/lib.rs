//! Code shared by all transports of [`brocomm`]: sockets, name resolution and clocks.
//!
//! The core decides what a transport does next, and each runtime has its own way of waiting. This
//! crate contains everything else: sockets and their options, name resolution, IPv6 zones, a
//! [`Clock`], and a node behind a lock ([`run`](fn@run), [`Shared`], [`Handle`]). The module
//! [`asynchronous`] is a complete transport for any async runtime that implements
//! [`Runtime`](asynchronous::Runtime).
//!
//! Applications do not use this crate directly. `brocomm-tokio`, `brocomm-async-std` and
//! `brocomm-std` re-export what they need.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod address;
pub mod asynchronous;
mod builder;
mod clock;
mod handle;
pub mod listening;
mod log;
pub mod naming;
mod received;
mod shared;
pub mod socket;
mod subscribing;
mod table;
pub mod zone;

pub use builder::{Builder, Start};
pub use clock::Clock;
pub use handle::{Handle, run};
pub use log::{Log, LogEntries, LogRecords};
pub use received::{ReceiveError, Received, ReceivedEvent, ReceivedRecord};
pub use shared::{Awaiting, Shared};
pub use socket2;
pub use subscribing::{Events, Notifications, Progress, answers};
pub use table::{Change, Changes, Table, ValueOf};
