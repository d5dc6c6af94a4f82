//! Tests of the crate against recorded sessions of a Zeek, and properties.

mod properties;
mod replay_client;
mod replay_server;
mod session;
