//! Tests of the crate with recorded sessions of a Zeek, and property tests.
#![allow(clippy::disallowed_methods, reason = "recorded sessions are files")]

mod cuts;
mod properties;
mod replay_client;
mod replay_server;
mod session;
