//! A drop-in replacement for `libbroccoli.so.5`: the same 98 functions and 3 variables, on the core
//! of brocomm.
//!
//! `include/broccoli.h` documents each function, for C and C++. Internally, each handle is a Rust
//! object: [`conn`] is a connection, [`event`] an event, and [`record`], [`table`] and [`vector`]
//! are the containers. [`value`] converts between the values of C programs and those of the core.
//!
//! There are no threads. A connection may be used by one thread at a time, and different
//! connections by different threads. Only [`library`] is shared, and it does not change after
//! `bro_init`. A callback may call any function, delete its connection, and leave by `longjmp` or a
//! C++ exception (see `conn`).
//!
//! This is the only crate of the project with `unsafe` code. The functions of the interface rely on
//! what C cannot check: pointers are null or valid, and handles come from this library and are not
//! freed. All other errors return the documented `FALSE` or `NULL`.
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(missing_docs)]
#![warn(clippy::undocumented_unsafe_blocks)]
// All functions have the contract above. The header documents each of them.
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
