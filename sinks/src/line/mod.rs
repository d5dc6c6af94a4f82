//! The lines of a spool: log entries as in Zeek's JSON logs, events as in Zeek's WebSocket API.
//!
//! A log entry is an object with its columns as keys, exactly as Zeek (since 3.0) writes it with
//! `policy/tuning/json-logs`. Unset columns are omitted, and unset elements of vectors are `null`.
//! Ports are numbers. Times are in seconds since 1970. Doubles, intervals and times have as many
//! digits as RapidJSON writes, which read back as the same number, and are `null` if they are not
//! finite. In strings that are not UTF-8 or have control characters, bytes that are not ASCII are
//! written as `\xhh`.
//!
//! The JSON logs of Bro 2.5 itself ([`JsonFormat`](brocomm::logs::JsonFormat)) have at most six
//! decimals and escape more characters.

mod double;
mod event;
mod log;

pub use event::EventLine;
pub use log::LogLine;
#[cfg(any(feature = "kafka", feature = "parquet"))]
pub(crate) use log::quoted;
