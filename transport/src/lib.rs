//! Code shared by all transports of [`brocomm`]: what touches the system.
//!
//! The core says what a transport does next; how to wait differs from runtime to runtime. What is
//! left is here: sockets and their options, names and zones, a [`Clock`], and a node behind its
//! lock ([`run`](fn@run), [`Shared`], [`Handle`]). For every runtime that awaits futures there is all of a transport
//! in [`asynchronous`]: it only has to implement [`Runtime`](asynchronous::Runtime).
//!
//! Those who use a transport need nothing of this crate: they find it under the names of
//! `brocomm-tokio`, `brocomm-async-std` or `brocomm-std`.
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
mod shared;
pub mod socket;
mod subscribing;
mod table;
pub mod zone;

pub use builder::{Builder, Start};
pub use clock::Clock;
pub use handle::{Handle, run};
pub use log::{Log, LogEntries, LogRecords, ReceivedRecord};
pub use shared::{Awaiting, Shared};
pub use socket2;
pub use subscribing::{Events, Notifications, Progress, ReceivedEvent, answers};
pub use table::{Change, Changes, Table};
