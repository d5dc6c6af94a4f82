//! Receiving logs (3§1, 3§2).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::decode::{RawEntry, Unread};
use super::{LogError, LogErrorKind, LogField, LogValue, LogWriter};
use crate::data::{Name, TypeTag};
use crate::wire::MessageType;

/// Bounds what a peer's logs can cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// How many writers a peer may announce. Default 1024; a Bro with all its scripts has some
    /// 50, and each may be a file to whoever writes them.
    pub writers: u32,
    /// How many bytes the announcements of all of them may take; in memory they take some six
    /// times as much. Default 4 MiB; a writer of 30 columns takes 1 KB.
    pub announced: u32,
    /// How many values an entry may have, elements of sets and vectors included; each takes 40
    /// bytes while the entry is looked at. Default 1,048,576.
    pub values: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        LogLimits { writers: 1024, announced: 4 << 20, values: 1 << 20 }
    }
}

/// Understands the logs that one peer sends on one connection.
///
/// Keeps the writers that were announced; entries pass through.
#[derive(Debug, Default)]
pub struct LogReceiver {
    limits: LogLimits,
    /// The writers by stream, kind and path.
    writers: BTreeMap<(i32, i32), BTreeMap<Name, Arc<LogWriter>>>,
    number: u32,
    bytes: u64,
}

/// What an announcement means.
#[derive(Debug, Clone, PartialEq)]
pub enum Announced {
    /// A writer came up: its log begins.
    New(Arc<LogWriter>),
    /// It is known already, and stays as it was; a writer that comes up late in the handshake is
    /// announced twice.
    Again(Arc<LogWriter>),
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// It belongs to a writer, and has that writer's columns.
    Entry(LogEntry),
    /// It was dropped; the connection and the entries after it stay, where a Bro drops those too.
    /// A Bro logs `write error for log entry`.
    Dropped(DroppedEntry),
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// The writer that it belongs to.
    pub writer: Arc<LogWriter>,
    /// What each of the writer's columns holds. Strings share the message's buffer.
    pub values: Vec<LogValue>,
}

impl LogEntry {
    /// Returns what the column of this name holds, such as `id.orig_h`.
    pub fn get(&self, column: &str) -> Option<&LogValue> {
        let place = self.writer.fields.iter().position(|field| field.name == column)?;
        self.values.get(place)
    }
}

/// An entry that fits no writer.
#[derive(Debug, Clone, PartialEq)]
pub struct DroppedEntry {
    /// The stream that it was written to.
    pub stream: i32,
    /// The kind of writer.
    pub writer: i32,
    /// The log's path.
    pub path: Name,
    /// Its values. Strings share the message's buffer.
    pub values: Vec<LogValue>,
    /// The reason.
    pub why: Mismatch,
}

/// Why an entry was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// No such writer was announced.
    #[error("unknown writer")]
    UnknownWriter,
    /// It has more or fewer values than the writer has columns.
    #[error("{values} values for {columns} columns")]
    Count {
        /// How many values it has.
        values: usize,
        /// How many columns the writer has.
        columns: usize,
    },
    /// A value is of another type than its column.
    #[error("value of type {found} in column {column} of type {expected}")]
    Type {
        /// Which column, from 0.
        column: usize,
        /// The column's type.
        expected: TypeTag,
        /// The value's.
        found: TypeTag,
    },
    /// An element of a set or vector is of another type than the column's elements, of an entry of
    /// our own.
    #[error("element of type {found} in column {column} with elements of type {expected}")]
    Element {
        /// Which column, from 0.
        column: usize,
        /// The type of the column's elements.
        expected: TypeTag,
        /// The element's.
        found: TypeTag,
    },
    /// An element of a set or vector is a set or vector itself, of an entry of our own; a peer's is
    /// a [`LogErrorKind::Nested`].
    #[error("{found} within the set or vector in column {column}")]
    Nested {
        /// Which column, from 0.
        column: usize,
        /// The element's type.
        found: TypeTag,
    },
}

impl Mismatch {
    /// Returns the column that does not fit, if it is one.
    pub fn column(&self) -> Option<usize> {
        match self {
            Mismatch::Type { column, .. }
            | Mismatch::Element { column, .. }
            | Mismatch::Nested { column, .. } => Some(*column),
            Mismatch::UnknownWriter | Mismatch::Count { .. } => None,
        }
    }
}

impl LogReceiver {
    /// Creates a receiver for a new connection.
    pub fn new(limits: LogLimits) -> LogReceiver {
        LogReceiver { limits, ..LogReceiver::default() }
    }

    /// Records the writer that a LOG_CREATE_WRITER announces.
    ///
    /// # Errors
    /// The error says what is wrong with the argument, or which limit it passes; the connection cannot go on.
    pub fn announce(&mut self, argument: &Bytes) -> Result<Announced, LogError> {
        let writer = LogWriter::decode(argument)?;
        let of_stream = self.writers.entry((writer.stream, writer.writer)).or_default();
        if let Some(known) = of_stream.get(&writer.path) {
            return Ok(Announced::Again(Arc::clone(known)));
        }
        let (bytes, limits) = (self.bytes.saturating_add(argument.len() as u64), self.limits);
        let error = |kind| LogError { kind, message: MessageType::LogCreateWriter, offset: 0 };
        if self.number >= limits.writers {
            return Err(error(LogErrorKind::TooManyWriters { limit: limits.writers }));
        }
        if bytes > u64::from(limits.announced) {
            let limit = limits.announced;
            return Err(error(LogErrorKind::AnnouncedTooMuch { bytes, limit }));
        }
        (self.number, self.bytes) = (self.number.saturating_add(1), bytes);
        let writer = Arc::new(writer);
        of_stream.insert(writer.path.clone(), Arc::clone(&writer));
        Ok(Announced::New(writer))
    }

    /// Returns the entries of a LOG_WRITE, in order. One is read at a time; after an error there
    /// are no more, and the connection cannot go on.
    pub fn entries(
        &self,
        argument: &Bytes,
    ) -> impl Iterator<Item = Result<Received, LogError>> + use<'_> {
        let mut unread = Unread::new(argument.clone());
        std::iter::from_fn(move || self.next(&mut unread))
    }

    /// Reads the next entry of a LOG_WRITE.
    pub(crate) fn next(&self, unread: &mut Unread) -> Option<Result<Received, LogError>> {
        let entry = unread.next(self.limits.values)?;
        Some(entry.map(|entry| self.receive(entry)))
    }

    /// Returns the writers that were announced, by stream, kind and path.
    pub fn writers(&self) -> impl Iterator<Item = &Arc<LogWriter>> {
        self.writers.values().flat_map(BTreeMap::values)
    }

    fn receive(&self, entry: RawEntry) -> Received {
        let RawEntry { stream, writer, path, values } = entry;
        let known = self.writers.get(&(stream, writer)).and_then(|paths| paths.get(&*path));
        let why = match known {
            None => Mismatch::UnknownWriter,
            Some(known) => match mismatch(&known.fields, &values) {
                None => return Received::Entry(LogEntry { writer: Arc::clone(known), values }),
                Some(why) => why,
            },
        };
        let path = Name::from_bytes(path);
        Received::Dropped(DroppedEntry { stream, writer, path, values, why })
    }
}

/// Compares an entry's values with the columns.
pub(super) fn mismatch(fields: &[LogField], values: &[LogValue]) -> Option<Mismatch> {
    if values.len() != fields.len() {
        return Some(Mismatch::Count { values: values.len(), columns: fields.len() });
    }
    let columns = fields.iter().zip(values).enumerate();
    let mut other = columns.filter(|(_, (field, value))| field.ty != value.tag());
    other.next().map(|(column, (field, value))| Mismatch::Type {
        column,
        expected: field.ty,
        found: value.tag(),
    })
}
