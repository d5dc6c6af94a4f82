//! Tests of the spool and its sinks. They form one binary, to link only once.
#![allow(clippy::print_stderr, reason = "says what is skipped")]

mod crash;
#[cfg(feature = "nats")]
mod nats;
mod support;
mod volume;
