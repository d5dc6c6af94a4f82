//! Streams in the clear, to run a suite over.
#![allow(dead_code, reason = "not every suite needs all of it")]

use std::process::Command;

use brocomm::connection::Config;
use brocomm::node::Configuration;

/// Whether there is nothing between the socket and the protocol.
pub(crate) const CLEAR: bool = true;

/// How a message begins that is a megabyte long (§1.1).
pub(crate) const LONG_MESSAGE: &[u8] = &[0, 0x10];

/// Returns the configuration of a node.
pub(crate) fn node(configuration: Configuration) -> Configuration {
    configuration
}

/// Returns the configuration of a single connection.
pub(crate) fn peer(config: Config) -> Config {
    config
}

/// Makes another process one whose streams fit.
pub(crate) fn invite(_: &mut Command) {}
