//! The interface, used by C programs.

mod connection;
mod peer;
mod support;
mod values;
