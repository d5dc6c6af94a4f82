//! Remote logging: sending, receiving and writing logs (part 3).
//!
//! This module does no I/O: the caller writes the files. A
//! [connection](crate::lowlevel::connection) decodes a peer's logs, and a [node](crate::node) sends
//! logs to all its peers.
//!
//! # Sending
//!
//! A [`LogStream`] defines the columns of a log, from a list or from the `&log` fields of a record.
//! [`LogStreams`] holds the declared streams and encodes each entry once, for a
//! [`Connection`](crate::connection::Connection::send_log_write). A node announces writers and
//! batches entries for all its peers (§6): [`declare_log`](crate::node::NodeMachine::declare_log)
//! and [`write_log`](crate::node::NodeMachine::write_log).
//!
//! The stream's number is one of the *receiver's* `Log::ID`; Bro interprets it as its own.
//!
//! ```
//! # #[cfg(feature = "derive")] {
//! use brocomm::logs::{LogField, LogStream, LogStreams, LogValue};
//! use brocomm::data::TypeTag;
//! use brocomm::{Record, Time};
//!
//! #[derive(Record)]
//! #[bro(name = "Scan::Info")]
//! struct Info {
//!     #[bro(log)]
//!     host: std::net::IpAddr,
//!     #[bro(log)]
//!     ports: Vec<u64>,
//!     /// Not in the log.
//!     seen: u64,
//! }
//!
//! let mut streams = LogStreams::new();
//! streams.declare(LogStream::of::<Info>(40, "scan")?)?;
//! let columns = vec![LogField::new("n", TypeTag::Count), LogField::set("s", TypeTag::String)];
//! streams.declare(LogStream::new(41, "mini", columns))?;
//!
//! let now = Time::from_secs_f64(1_500_000_000.0);
//! let info = Info { host: [10, 0, 0, 1].into(), ports: vec![22, 443], seen: 7 };
//! streams.write_record(40, &info, now)?;
//! let entry = [LogValue::Count(1), LogValue::Set(vec![LogValue::string("a")])];
//! streams.write(41, &entry, now)?;
//! // Both writers exist now and are announced to every peer that requests logs from now on.
//! assert!(streams.writers().map(|up| &*up.writer.path).eq([&b"scan"[..], b"mini"]));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Receiving
//!
//! A connection reports each announced [`LogWriter`], and each of its entries:
//! [`LogWriterAnnounced`](crate::connection::ConnectionNotification::LogWriterAnnounced) and
//! [`LogEntry`](crate::connection::ConnectionNotification::LogEntry). So does a
//! [node](crate::node::Notification::LogEntry) for peers with
//! [`request_logs`](crate::node::PeerConfig::request_logs). A [`LogReceiver`] decodes the messages
//! of one side of a recorded session. Streams and kinds of writers are numbers whose meaning only
//! the sender knows; [`LogNames`] maps them to names.
//!
//! ```
//! # use brocomm::Time;
//! # use brocomm::data::TypeTag;
//! # use brocomm::logs::{LogField, LogStream, LogStreams, LogValue};
//! use brocomm::logs::LogNames;
//! use brocomm::lowlevel::logs::{Announced, LogReceiver, ReceivedEntry};
//! # let mut streams = LogStreams::new();
//! # streams.declare(LogStream::new(14, "mini", vec![LogField::new("n", TypeTag::Count)]))?;
//! # let entry = streams.write(14, &[LogValue::Count(7)], Time::EPOCH)?;
//! # let create_writer = entry.active_writer().announcement().clone();
//! # let write = bytes::Bytes::copy_from_slice(entry.as_bytes());
//!
//! let names = LogNames::parse("stream 14 Mini::LOG\n")?;
//! let mut receiver = LogReceiver::default();
//! if let Announced::New(writer) = receiver.announce(&create_writer)? {
//!     assert_eq!(names.stream(writer.stream), "Mini::LOG");
//!     assert_eq!((&*writer.path, &*writer.fields[0].name), (&b"mini"[..], &b"n"[..]));
//! }
//! for received in receiver.entries(&write) {
//!     match received? {
//!         ReceivedEntry::Entry(entry) => assert_eq!(entry.values, [LogValue::Count(7)]),
//!         ReceivedEntry::Dropped(entry) => println!("{}: {}", entry.path, entry.why),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Writing
//!
//! A [`LogFormat`] writes a log as Bro does: in [columns](AsciiFormat) with a header, or as [lines
//! of JSON](JsonFormat). A [`Rotation`] determines when a file is rotated and its new name. A
//! [`LogFile`] combines the two for one log, so that the caller only performs the I/O. A custom
//! writer needs none of these: it receives columns and values.
//!
//! [`CommunicationLog`](crate::node::CommunicationLog) is the log of the communication itself (part
//! 4 §5).

mod ascii;
pub(crate) mod decode;
mod file;
mod format;
#[cfg(feature = "serde")]
mod object;
pub(crate) mod receive;
mod record;
pub(crate) mod stream;
#[cfg(test)]
mod tests;
mod value;
pub(crate) mod values;
pub(crate) mod writer;

pub use ascii::AsciiFormat;
pub use decode::LogError;
pub(crate) use decode::LogErrorKind;
pub use file::{LogFile, LogNames, LogNamesError, Rotation, file_name};
pub use format::{JsonFormat, JsonTimestamps, LogFormat, LogOptionError};
#[cfg(feature = "serde")]
pub use object::LogObject;
pub use receive::LogEntry;
pub(crate) use receive::{
    Announced, DroppedEntry, LogLimits, LogReceiver, Mismatch, ReceivedEntry,
};
pub use record::{LogRecord, NotLoggable, log_fields, log_values};
pub(crate) use stream::{ActiveWriter, EncodedEntry};
pub use stream::{LogStream, LogStreams, StreamError};
pub use value::LogValue;
pub(crate) use values::{LogValues, Unread, entries_in, writer_in};
pub use writer::LogField;
pub(crate) use writer::{LogWriter, WRITER_ASCII, WRITER_NONE, WRITER_SQLITE};
