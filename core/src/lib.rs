//! The Communication framework of Bro 2.x as a sans-IO protocol machine.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod connection;
pub mod data;
pub mod serial;
mod time;
pub mod wire;

pub use time::Time;
