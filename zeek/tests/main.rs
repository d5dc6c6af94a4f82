//! Tests of the crate against recorded sessions of a Zeek, and properties.

mod cuts;
mod properties;
mod replay_client;
mod replay_server;
mod session;
