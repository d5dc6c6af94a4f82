//! A crash-safe spool for what a node of Bro's Communication framework receives, and sinks that feed
//! it to other systems.
//!
//! * [`spool`] keeps events and log entries in files, with sequence numbers and checksums.
//! * [`line`](mod@line) writes log entries exactly as the JSON logs of Zeek, and events as Zeek's WebSocket API
//!   has them.
//! * [`subject`] names what an entry is about, as Zeek's NATS backend does.
//! * [`types`] keeps the types of the columns of logs, which JSON lines don't have.
#![cfg_attr(feature = "nats", doc = "* [`nats`] publishes a spool to NATS JetStream.")]
#![cfg_attr(feature = "kafka", doc = "* [`kafka`] produces a spool to Kafka.")]
#![cfg_attr(
    feature = "parquet",
    doc = "* [`parquet`] writes the log entries of a spool to Parquet files."
)]
//!
//! The path of an entry: it is appended to the spool and written to the disk; a sink reads it, sends
//! it, and moves its position once the receiver has acknowledged it. So a receiver that is down costs
//! room on the disk, and nothing else.
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
