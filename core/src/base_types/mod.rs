//! The records of the scripts that come with Bro 2.5, as Rust structs (feature `base-types`).
//!
//! `connection` is [`Connection`], `Notice::Info` is [`NoticeInfo`]. They have all fields that the
//! base scripts have or add; what the fields mean is in Bro's documentation of its scripts.
//!
//! ```
//! use brocomm::base_types::Connection;
//! use brocomm::Event;
//!
//! /// Raised by a Bro for each new connection.
//! #[derive(Event)]
//! struct NewConnection {
//!     c: Connection,
//! }
//! # let _ = |event: NewConnection| (event.c.id.orig_h, event.c.uid);
//! ```
//!
//! * A received record is read by the names of its fields: further ones, as local scripts add them,
//!   are ignored.
//! * Strings are bytes, as in Bro.
//! * A constant of an enum is a [`Value`](crate::data::Value), since local scripts add constants.
//!   So is what Rust cannot say, such as `any`. To send one, take it from declarations that have the
//!   enum: `Value::parse("Notice::Tally", None, &declarations)`. A record that is sent in a declared
//!   event becomes one of the declared type.
#![allow(missing_docs, reason = "the fields are those of Bro's scripts")]

mod alerts;
mod connection;
mod control;
mod dns;
mod files;
mod ftp;
mod http;
mod industrial;
mod login;
mod mail;
mod node;
mod notice;
mod smb;
mod ssl;

pub use alerts::*;
pub use connection::*;
pub use control::*;
pub use dns::*;
pub use files::*;
pub use ftp::*;
pub use http::*;
pub use industrial::*;
pub use login::*;
pub use mail::*;
pub use node::*;
pub use notice::*;
pub use smb::*;
pub use ssl::*;
