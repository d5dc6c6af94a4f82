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
//!   So is what Rust cannot say, such as `any`.
#![allow(missing_docs, reason = "the fields are those of Bro's scripts")]

mod types_1;
mod types_2;
mod types_3;
mod types_4;
mod types_5;
mod types_6;

pub use types_1::*;
pub use types_2::*;
pub use types_3::*;
pub use types_4::*;
pub use types_5::*;
pub use types_6::*;
