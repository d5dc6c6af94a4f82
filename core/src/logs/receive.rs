//! Receiving logs (3§1, 3§2).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::decode::RawEntry;
use super::values::Unread;
use super::writer::LayoutKind;
use super::{LogError, LogErrorKind, LogField, LogValue, LogValues, LogWriter};
use crate::data::{Name, TypeTag};
use crate::wire::{DataFormat, MessageType};

/// Limits on the resources used for a peer's logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// The maximum number of writers that a peer may announce. Default: 1024; a Bro with all its
    /// scripts has about 50, and each may be written to a file.
    pub writers: u32,
    /// The maximum size of all announcements in bytes; they take about six times as much memory.
    /// Default: 4 MiB; a writer of 30 columns takes 1 KB.
    pub announced: u32,
    /// The maximum number of values in an entry, including elements of sets and vectors; each takes
    /// 40 bytes while the entry is processed. Default: 1,048,576.
    pub values: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        LogLimits { writers: 1024, announced: 4 << 20, values: 1 << 20 }
    }
}

/// Decodes the logs that one peer sends on one connection.
///
/// Stores the announced writers, but no entries.
#[derive(Debug, Default)]
pub struct LogReceiver {
    limits: LogLimits,
    data_format: DataFormat,
    /// The layout of entries, once it is known: Bro 2.5 and 2.6 announce the same data format.
    layout: Option<LayoutKind>,
    /// The writers by stream, kind and path.
    writers: BTreeMap<(i32, i32), BTreeMap<Name, Arc<LogWriter>>>,
    number: u32,
    bytes: u64,
}

/// The result of an announcement.
#[derive(Debug, Clone, PartialEq)]
pub enum Announced {
    /// A new writer: its log begins.
    New(Arc<LogWriter>),
    /// The writer was announced before. A writer created late in the handshake is announced twice.
    Again(Arc<LogWriter>),
}

/// The result of receiving an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceivedEntry {
    /// The entry matches its writer's columns.
    Entry(LogEntry),
    /// The entry was dropped. The connection and the following entries are kept; Bro drops those
    /// too and logs `write error for log entry`.
    Dropped(Box<DroppedEntry>),
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// The writer that it belongs to.
    pub writer: Arc<LogWriter>,
    /// The values of the writer's columns. They share the message's buffer.
    pub values: LogValues,
}

impl LogEntry {
    /// Returns the value of the column with this name, such as `id.orig_h`.
    pub fn get(&self, column: &str) -> Option<&LogValue> {
        let place = self.writer.fields.iter().position(|field| field.name == column)?;
        self.values.get(place)
    }
}

/// An entry that matches no writer.
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

/// The reason why an entry was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// No such writer was announced.
    #[error("unknown writer")]
    UnknownWriter,
    /// The number of values differs from the number of columns.
    #[error("{values} values for {columns} columns")]
    Count {
        /// The number of values.
        values: usize,
        /// The number of the writer's columns.
        columns: usize,
    },
    /// A value does not have its column's type.
    #[error("value of type {found} in column {column} of type {expected}")]
    Type {
        /// The column's position, from 0.
        column: usize,
        /// The column's type.
        expected: TypeTag,
        /// The value's type.
        found: TypeTag,
    },
    /// An element of a set or vector in a local entry does not have the type of the column's
    /// elements.
    #[error("element of type {found} in column {column} with elements of type {expected}")]
    Element {
        /// The column's position, from 0.
        column: usize,
        /// The type of the column's elements.
        expected: TypeTag,
        /// The element's type.
        found: TypeTag,
    },
    /// An element of a set or vector in a local entry is itself a set or vector; in a peer's entry
    /// this is a [`LogErrorKind::Nested`].
    #[error("{found} within the set or vector in column {column}")]
    Nested {
        /// The column's position, from 0.
        column: usize,
        /// The element's type.
        found: TypeTag,
    },
}

impl Mismatch {
    /// Returns the column that does not match, if a single one is the cause.
    pub fn column(&self) -> Option<usize> {
        match self {
            Mismatch::Type { column, .. }
            | Mismatch::Element { column, .. }
            | Mismatch::Nested { column, .. } => Some(*column),
            Mismatch::UnknownWriter | Mismatch::Count { .. } => None,
        }
    }
}

/// The number of consecutive entries after which a layout that fits them is certain.
const ENOUGH: u32 = 4;

impl LogReceiver {
    /// Creates a receiver for a new connection.
    pub fn new(limits: LogLimits) -> LogReceiver {
        LogReceiver { limits, ..LogReceiver::default() }
    }

    /// Sets the data format of the connection. Default 26. The numbers of kinds of writers are
    /// converted to those of data format 26.
    #[must_use]
    pub fn with_data_format(self, data_format: DataFormat) -> LogReceiver {
        let layout = (data_format != DataFormat::V26).then(|| LayoutKind::from(data_format));
        LogReceiver { data_format, layout, ..self }
    }

    /// Records the writer that a LOG_CREATE_WRITER announces.
    ///
    /// # Errors
    /// Fails if the argument is invalid or exceeds a limit; the connection cannot continue.
    pub fn announce(&mut self, argument: &Bytes) -> Result<Announced, LogError> {
        let mut writer = LogWriter::decode_in(argument, self.data_format)?;
        writer.writer = self.data_format.writer_in_26(writer.writer);
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

    /// Iterates over the entries of a LOG_WRITE, decoding one at a time. An error is the last item,
    /// and the connection cannot continue.
    pub fn entries(
        &self,
        argument: &Bytes,
    ) -> impl Iterator<Item = Result<ReceivedEntry, LogError>> + use<'_> {
        let layout = self.layout.unwrap_or_else(|| self.find_layout(argument).0);
        let mut unread = Unread::new(argument.clone(), layout);
        std::iter::from_fn(move || self.next(&mut unread))
    }

    /// Returns whether the layout of entries is not known yet.
    #[cfg(test)]
    pub(super) fn is_undecided(&self) -> bool {
        self.layout.is_none()
    }

    /// Begins to read a LOG_WRITE.
    pub(crate) fn begin(&mut self, argument: Bytes) -> Unread {
        let layout = self.layout.unwrap_or_else(|| {
            let (layout, is_sure) = self.find_layout(&argument);
            self.layout = Some(layout).filter(|_| is_sure);
            layout
        });
        Unread::new(argument, layout)
    }

    /// Returns the layout of a LOG_WRITE, that of Bro 2.5 or that of 2.6, and whether it is
    /// certain. A layout fits if entries match the announced writers, up to [`ENOUGH`] of them or
    /// to the last byte.
    #[cold]
    fn find_layout(&self, argument: &Bytes) -> (LayoutKind, bool) {
        let fits = |layout| {
            let (mut unread, mut values) = (Unread::new(argument.clone(), layout), 0);
            let (mut known, mut all_known) = (0, true);
            while let Some(entry) = self.next(&mut unread) {
                match entry.ok()? {
                    ReceivedEntry::Entry(entry) => {
                        values += entry.values.len();
                        known += 1;
                    }
                    // Its columns are unknown, so it is sufficient that it can be read.
                    ReceivedEntry::Dropped(dropped) if dropped.why == Mismatch::UnknownWriter => {
                        all_known = false;
                    }
                    ReceivedEntry::Dropped(_) => return None,
                }
                if all_known && known == ENOUGH && values > 0 {
                    break;
                }
            }
            Some(values)
        };
        match fits(LayoutKind::Usual) {
            // Without values, both layouts are the same.
            Some(values) => (LayoutKind::Usual, values > 0),
            None if fits(LayoutKind::WithSubtypes).is_some() => (LayoutKind::WithSubtypes, true),
            None => (LayoutKind::Usual, false),
        }
    }

    /// Reads the next entry of a LOG_WRITE.
    #[inline]
    pub(crate) fn next(&self, unread: &mut Unread) -> Option<Result<ReceivedEntry, LogError>> {
        let limit = self.limits.values;
        let received = match unread.next_alike(limit) {
            Some((writer, values)) => Ok(ReceivedEntry::Entry(LogEntry { writer, values })),
            None => unread.next(limit)?.map(|entry| self.receive(entry, unread)),
        };
        unread.release();
        Some(received)
    }

    /// Iterates over the announced writers, ordered by stream, kind and path.
    pub fn writers(&self) -> impl Iterator<Item = &Arc<LogWriter>> {
        self.writers.values().flat_map(BTreeMap::values)
    }

    pub(super) fn receive(&self, entry: RawEntry, unread: &mut Unread) -> ReceivedEntry {
        let writer = self.data_format.writer_in_26(entry.writer);
        let path = unread.path(&entry);
        let is_its = |known: &Arc<LogWriter>| {
            known.stream == entry.stream && known.writer == writer && *known.path == *path
        };
        if !unread.last.as_ref().is_some_and(is_its) {
            let paths = self.writers.get(&(entry.stream, writer));
            unread.last = paths.and_then(|paths| paths.get(path)).cloned();
        }
        let why = match &unread.last {
            None => Mismatch::UnknownWriter,
            Some(known) => match mismatch(&known.fields, &entry.values) {
                None => {
                    let writer = Arc::clone(known);
                    let values = entry.values.into();
                    return ReceivedEntry::Entry(LogEntry { writer, values });
                }
                Some(why) => why,
            },
        };
        let path = Name::from_bytes(unread.argument.slice_ref(unread.path(&entry)));
        let RawEntry { stream, values, .. } = entry;
        ReceivedEntry::Dropped(Box::new(DroppedEntry { stream, writer, path, values, why }))
    }
}

/// Compares an entry's values with the columns.
#[inline]
pub(super) fn mismatch(fields: &[LogField], values: &[LogValue]) -> Option<Mismatch> {
    let fits = |(field, value): (&LogField, &LogValue)| field.ty == value.tag();
    if fields.len() == values.len() && fields.iter().zip(values).all(fits) {
        return None;
    }
    find_mismatch(fields, values)
}

#[cold]
fn find_mismatch(fields: &[LogField], values: &[LogValue]) -> Option<Mismatch> {
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
