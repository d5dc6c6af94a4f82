//! Tests of the spool and its sinks. They form one binary, to link only once.

mod crash;
#[cfg(feature = "nats")]
mod nats;
mod support;
mod volume;
