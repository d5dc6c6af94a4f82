//! Log writers and their announcement (3§1).

use bytes::Bytes;

use super::{LogError, LogField, encode, reader};
use crate::data::Name;

/// Bro's number for its ASCII writer.
pub const WRITER_ASCII: i32 = 1;

/// The number for the writer that writes nothing, in a Bro without writers from plugins.
pub const WRITER_NONE: i32 = 2;

/// The number for the writer to databases, in a Bro without writers from plugins.
pub const WRITER_SQLITE: i32 = 3;

/// Describes a log writer: what LOG_CREATE_WRITER carries (3§1).
///
/// A writer is identified by its stream, its kind and its path.
#[derive(Debug, Clone, PartialEq)]
pub struct LogWriter {
    /// The stream: the sender's number for a constant of its `Log::ID`.
    pub stream: i32,
    /// The kind of writer: the sender's number for a constant of its `Log::Writer`, 1 for ASCII.
    pub writer: i32,
    /// The log's path, such as `conn`.
    pub path: Name,
    /// When the sender rotates its own file, in seconds of the day; means nothing to a receiver.
    pub rotation_base: f64,
    /// How often, in seconds; 0 for never. Means nothing to a receiver.
    pub rotation_interval: f64,
    /// The sender's network time when the writer came up, in seconds since the Unix epoch.
    pub network_time: f64,
    /// The writer's options, see [`LogFormat::configured`](crate::logs::LogFormat::configured).
    pub options: Vec<(Name, Bytes)>,
    /// The columns.
    pub fields: Vec<LogField>,
}

impl LogWriter {
    /// Reads the argument of a LOG_CREATE_WRITER; nothing of it is shared.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn decode(argument: &Bytes) -> Result<LogWriter, LogError> {
        reader::writer(argument)
    }

    /// Appends the argument of a LOG_CREATE_WRITER.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::writer(self, out);
    }
}
