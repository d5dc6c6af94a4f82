//! The records of the scripts that come with Bro 2.5, as Rust structs (feature `base-types`).
//!
//! `connection` is [`Connection`], `Notice::Info` is [`NoticeInfo`]. Each struct has all fields
//! that the base scripts declare or add. Bro's script documentation describes the fields.
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
//! * The fields of a received record are matched by name. Additional fields, which local scripts
//!   may add, are ignored.
//! * Strings are bytes, as in Bro.
//! * An enum constant is a [`Value`](crate::data::Value), because local scripts may add constants.
//!   So is a value whose type has no Rust equivalent, such as `any`. To send a constant, parse it
//!   with declarations that contain the enum: `Value::parse("Notice::Tally", None, &declarations)`.
//!   A record that is sent in a declared event is converted to the declared type.
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
