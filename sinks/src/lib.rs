//! A crash-safe spool for what a node of Bro's Communication framework receives, and sinks that
//! feed it to other systems.
//!
//! * [`spool`] keeps events and log entries in files, with sequence numbers and checksums.
//! * [`line`](mod@line) writes log entries exactly as in Zeek's JSON logs, and events as in Zeek's
//!   WebSocket API.
//! * [`subject`] names the topic of an entry, as Zeek's NATS backend does.
//! * [`types`] keeps the types of the columns of logs, which JSON lines lack.
#![cfg_attr(feature = "nats", doc = "* [`nats`] publishes a spool to NATS JetStream.")]
#![cfg_attr(feature = "kafka", doc = "* [`kafka`] produces a spool to Kafka.")]
#![cfg_attr(
    feature = "parquet",
    doc = "* [`parquet`] writes the log entries of a spool to Parquet files."
)]
//!
//! An entry is appended to the spool and written to the disk. Then a sink reads it, sends it, and
//! moves its position after the receiver has acknowledged it. So a receiver that is down only costs
//! disk space.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod counts;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod line;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "parquet")]
pub mod parquet;
mod report;
#[cfg(any(feature = "kafka", feature = "nats", feature = "parquet"))]
mod sink;
pub mod spool;
pub mod subject;
pub mod types;

pub use counts::SinkCounts;
pub use report::Report;
