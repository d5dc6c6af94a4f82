//! Remote logs: sent, received, and written as Bro writes them (part 3).
//!
//! * [`LogReceiver`] understands what one peer sends: [writers](LogWriter) that come up, and
//!   entries for them. [`LogNames`] has names for the numbers that a peer gives.
//! * [`LogFormat`] writes entries as a Bro's log files have them, in [columns](AsciiFormat) or as
//!   [JSON](JsonFormat); [`Rotation`] says when a file ends and what it is called then, and a
//!   [`LogFile`] puts the two together.
//! * [`LogStreams`] has the streams of our own and encodes their entries, a [`LogSender`] for each
//!   peer batches them. A stream has a list of columns, or those of a [record](LogRecord).
//! * [`CommunicationLog`] is the log of the communication itself (part 4 §5).
//!
//! All of it is bytes and times in and out: what is done with files, and when, is the user's.

mod ascii;
mod calendar;
mod communication;
mod encode;
mod error;
mod field;
mod file;
mod format;
mod json;
mod loggable;
mod names;
mod number;
mod reader;
mod receive;
mod record;
mod rotation;
mod send;
mod stream;
#[cfg(test)]
mod tests;
mod value;
mod writer;

pub use ascii::AsciiFormat;
#[cfg(feature = "__tls")]
pub(crate) use calendar::Wall;
pub use communication::{CommunicationLine, CommunicationLog, PeerPrefix};
pub use error::{LogError, LogErrorKind};
pub use field::LogField;
pub use file::LogFile;
pub use format::LogFormat;
pub use json::{JsonFormat, JsonTimestamps};
pub use names::{LogNames, LogNamesError};
pub use receive::{
    Announced, DroppedEntry, LogEntries, LogEntry, LogLimits, LogReceiver, Mismatch, Received,
};
pub use record::{LogRecord, NotLoggable, log_fields, log_values};
pub use rotation::{Rotation, file_name};
pub use send::{LOG_BATCH, LOG_DELAY, LogSender};
pub use stream::{ActiveWriter, EncodedEntry, LogStream, LogStreams, StreamError};
pub use value::LogValue;
pub use writer::{LogWriter, WRITER_ASCII};
