//! Tests of the crate against recorded sessions of a Zeek, and properties.
#![allow(clippy::disallowed_methods, reason = "recorded sessions are files")]

mod cuts;
mod properties;
mod replay_client;
mod replay_server;
mod session;
