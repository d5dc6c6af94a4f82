//! Tests of the spool and its sinks, as one binary, so that it links once.
#![allow(clippy::print_stderr, reason = "says what is skipped")]

mod crash;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(any(feature = "kafka", feature = "nats", feature = "parquet"))]
mod publishing;
mod support;
mod volume;
