//! A drop-in replacement for `libbroccoli.so.5`: the same 98 functions and 3 variables, on the core
//! of brocomm.
//!
//! `include/broccoli.h` documents each function, for C and C++. Inside, each handle is a Rust
//! object: [`conn`] a connection, [`event`] an event, [`record`], [`table`] and [`vector`] the
//! containers. [`value`] converts between what C programs see and the core's values.
//!
//! There are no threads. A connection is used by one thread at a time, and different connections by
//! different threads; only what [`library`] holds is shared, and that does not change after
//! `bro_init`. A callback may do what it likes: call any function, delete its connection, leave by
//! `longjmp` or by a C++ exception (see `conn`).
//!
//! This is the only crate of the project with `unsafe` code. Each function of the interface trusts
//! what C can't prove: that pointers are null or valid, and handles come from this library and are
//! not freed. Everything else that can be wrong gives the documented `FALSE` or `NULL`.
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(missing_docs)]
#![warn(clippy::undocumented_unsafe_blocks)]
// The contract of all functions is the one above, and that of each is in the header.
#![allow(clippy::missing_safety_doc)]

pub mod buf;
pub mod config;
pub mod conn;
mod debug;
pub mod event;
mod forks;
mod guard;
pub mod layout;
pub mod library;
mod memory;
mod owned;
pub mod packet;
pub mod record;
pub mod string;
pub mod table;
mod types;
pub mod util;
pub mod value;
pub mod vector;

pub use debug::{bro_debug_calltrace, bro_debug_messages};
