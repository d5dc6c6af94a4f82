//! Local log streams (part 3).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use super::receive::mismatch;
use super::record::{log_value, value_of};
use super::writer::{Usual, entry_in, is_element, is_loggable};
use super::{LogField, LogRecord, LogValue, LogWriter, Mismatch, NotLoggable, WRITER_ASCII};
use crate::Time;
use crate::data::{Name, Type, TypeTag};

/// The declaration of a log stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStream {
    /// The stream's number. Bro interprets it as one of its own `Log::ID`, so it must be the
    /// receivers' number for such a stream.
    pub number: i32,
    /// The kind of writer; [`WRITER_ASCII`].
    pub writer: i32,
    /// The path of the log, such as `conn`.
    pub path: Name,
    /// The columns.
    pub fields: Vec<LogField>,
    /// Options for the receiver's writer, see
    /// [`LogFormat::configured`](super::LogFormat::configured).
    pub options: Vec<(Name, Bytes)>,
}

impl LogStream {
    /// Declares a stream for ASCII writers with these columns.
    pub fn new(number: i32, path: impl Into<Name>, fields: Vec<LogField>) -> LogStream {
        let path = path.into();
        LogStream { number, writer: WRITER_ASCII, path, fields, options: Vec::new() }
    }

    /// Declares a stream for ASCII writers whose columns are the `&log` fields of a record.
    ///
    /// # Errors
    /// Fails if logs do not support the type of a field. The error names the field.
    pub fn of<T: LogRecord>(number: i32, path: impl Into<Name>) -> Result<LogStream, NotLoggable> {
        Ok(LogStream::new(number, path, T::log_fields()?))
    }
}

/// The log streams of a node, and its active writers (3§1).
///
/// Each entry is encoded once for all receivers:
///
/// ```
/// use brocomm::Time;
/// use brocomm::data::TypeTag;
/// use brocomm::logs::{LogField, LogStream, LogStreams, LogValue};
///
/// let mut streams = LogStreams::new();
/// let fields = vec![LogField::new("ts", TypeTag::Time), LogField::new("msg", TypeTag::String)];
/// streams.declare(LogStream::new(14, "mini", fields))?;
///
/// let now = Time::from_secs_f64(1_500_000_000.0);
/// let entry = streams.write(14, &[LogValue::Time(1.0), LogValue::string("first")], now)?;
/// // For `Connection::send_log_create_writer` and `Connection::send_log_write`.
/// let (announcement, entry) = (entry.active_writer().announcement(), entry.as_bytes());
/// assert!(!announcement.is_empty() && !entry.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct LogStreams {
    streams: BTreeMap<i32, Declared>,
    /// In order of creation.
    writers: Vec<Arc<ActiveWriter>>,
    /// The latest entry.
    pub(crate) entry: Vec<u8>,
}

#[derive(Debug)]
struct Declared {
    stream: LogStream,
    /// The positions of its active writers, by their paths.
    writers: BTreeMap<Name, usize>,
    /// The mapping for the last record type.
    columns: Option<Columns>,
}

/// An active writer, with its announcement.
#[derive(Debug)]
pub struct ActiveWriter {
    /// The announced writer.
    pub writer: LogWriter,
    /// Its position among the active writers.
    pub(crate) place: usize,
    announcement: Bytes,
}

/// An encoded entry, ready to be sent to any number of peers.
#[derive(Debug, Clone, Copy)]
pub struct EncodedEntry<'a> {
    pub(crate) writer: &'a Arc<ActiveWriter>,
    pub(crate) bytes: &'a [u8],
}

impl<'a> EncodedEntry<'a> {
    /// Returns the writer that the entry belongs to.
    pub fn writer(&self) -> &'a LogWriter {
        &self.writer.writer
    }

    /// Returns the active writer that the entry belongs to.
    pub fn active_writer(&self) -> &'a Arc<ActiveWriter> {
        self.writer
    }

    /// Returns the encoded entry (3§2).
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl LogStreams {
    /// Creates a registry without streams.
    pub fn new() -> LogStreams {
        LogStreams::default()
    }

    /// Adds a stream.
    ///
    /// # Errors
    /// [`StreamError::Declared`] if its number is in use; [`StreamError::BadField`] if a column has
    /// a type that logs do not support. Nothing changes on error.
    pub fn declare(&mut self, stream: LogStream) -> Result<(), StreamError> {
        if self.streams.contains_key(&stream.number) {
            return Err(StreamError::Declared { stream: stream.number });
        }
        let fits = |field: &&LogField| match field.ty {
            TypeTag::Table | TypeTag::Vector => is_element(field.subtype),
            ty => is_loggable(ty) && field.subtype == TypeTag::Void,
        };
        if let Some(field) = stream.fields.iter().find(|field| !fits(field)) {
            let (ty, subtype) = (field.ty, field.subtype);
            return Err(StreamError::BadField { name: field.name.clone(), ty, subtype });
        }
        self.streams
            .insert(stream.number, Declared { stream, writers: BTreeMap::new(), columns: None });
        Ok(())
    }

    /// Iterates over the declared streams.
    pub fn streams(&self) -> impl Iterator<Item = &LogStream> {
        self.streams.values().map(|declared| &declared.stream)
    }

    /// Iterates over the active writers in order of creation. They are announced to a peer that
    /// requests logs when the handshake is complete (1§3.3).
    pub fn writers(&self) -> impl ExactSizeIterator<Item = &Arc<ActiveWriter>> {
        self.writers.iter()
    }

    /// Encodes an entry from the values of its columns. The first entry creates the stream's
    /// writer.
    ///
    /// # Errors
    /// [`StreamError`], if the values do not match the columns.
    pub fn write(
        &mut self,
        stream: i32,
        values: &[LogValue],
        now: Time,
    ) -> Result<EncodedEntry<'_>, StreamError> {
        self.write_at(stream, None, values, now)
    }

    /// Encodes an entry from a record, whose fields are matched to columns by name. Columns without
    /// a field are unset, if they are optional.
    ///
    /// # Errors
    /// As [`LogStreams::write`]; [`StreamError::NoColumn`] and [`StreamError::NoField`] if the
    /// names differ; [`StreamError::NotLoggable`].
    pub fn write_record<R: LogRecord>(
        &mut self,
        stream: i32,
        record: &R,
        now: Time,
    ) -> Result<EncodedEntry<'_>, StreamError> {
        let declared = self.streams.get_mut(&stream).ok_or(StreamError::Unknown { stream })?;
        let columns = match declared.columns.take() {
            Some(columns) if columns.are_of::<R>() => columns,
            _ => Columns::new::<R>(&declared.stream)?,
        };
        let values = declared.columns.insert(columns).arrange(record.log_values());
        self.write(stream, &values, now)
    }

    /// Encodes an entry, for a log with another path than the stream's if one is given, as with
    /// Bro's path functions.
    ///
    /// # Errors
    /// [`StreamError::Unknown`] for an undeclared stream; [`StreamError::Mismatch`] if the values
    /// do not have the columns' types and cannot be coerced to them: numbers become more general
    /// ones, and a non-negative `int` a `count`. Nothing changes on error.
    pub(crate) fn write_at(
        &mut self,
        number: i32,
        path: Option<&Name>,
        values: &[LogValue],
        now: Time,
    ) -> Result<EncodedEntry<'_>, StreamError> {
        let unknown = || StreamError::Unknown { stream: number };
        let Declared { stream, writers, .. } = self.streams.get_mut(&number).ok_or_else(unknown)?;
        let coerced = coerce(&stream.fields, values).map_err(|mismatch| {
            let field = mismatch.column().and_then(|column| stream.fields.get(column));
            let column = field.map(|field| field.name.clone());
            StreamError::Mismatch { path: stream.path.clone(), column, mismatch }
        })?;
        let values = coerced.as_deref().unwrap_or(values);
        let path = path.unwrap_or(&stream.path);
        self.entry.clear();
        entry_in::<Usual>(stream.number, stream.writer, path, values, &mut self.entry);
        let place = writers.get(path).copied().unwrap_or_else(|| {
            let place = self.writers.len();
            self.writers.push(Arc::new(ActiveWriter::new(stream, path, now, place)));
            writers.insert(path.clone(), place);
            place
        });
        let writer = self.writers.get(place).ok_or_else(unknown)?;
        Ok(EncodedEntry { writer, bytes: &self.entry })
    }
}

impl ActiveWriter {
    /// Returns the argument of the LOG_CREATE_WRITER that announces it (3§1).
    pub fn announcement(&self) -> &Bytes {
        &self.announcement
    }

    fn new(stream: &LogStream, path: &Name, now: Time, place: usize) -> ActiveWriter {
        let LogStream { number, writer, fields, options, .. } = stream.clone();
        let writer = LogWriter::new(number, writer, path.clone(), fields);
        let writer = LogWriter { network_time: now.as_secs_f64(), options, ..writer };
        let mut announcement = Vec::new();
        writer.encode(&mut announcement);
        ActiveWriter { writer, place, announcement: announcement.into() }
    }
}

/// The reason why a local stream or entry is invalid.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StreamError {
    /// A stream with this number is already declared.
    #[error("log stream {stream} is declared already")]
    Declared {
        /// The number.
        stream: i32,
    },
    /// A column has a type that logs do not support (3§1).
    #[error("column {name} of type {ty}[{subtype}], which logs don't have")]
    BadField {
        /// The column.
        name: Name,
        /// Its type.
        ty: TypeTag,
        /// The type of its elements.
        subtype: TypeTag,
    },
    /// No stream with this number is declared.
    #[error("log stream {stream} is not declared")]
    Unknown {
        /// The number.
        stream: i32,
    },
    /// No stream with this path is declared.
    #[error("log {path} is not declared")]
    NoLog {
        /// The path.
        path: Name,
    },
    /// A record has a field for which the stream has no column.
    #[error("log {path} has no column {field}, which the record has")]
    NoColumn {
        /// The stream's path.
        path: Name,
        /// The field.
        field: Name,
    },
    /// A record lacks a column that is not optional.
    #[error("log {path} has the column {column}, for which the record has no field")]
    NoField {
        /// The stream's path.
        path: Name,
        /// The column.
        column: Name,
    },
    /// A record cannot be written to any log.
    #[error(transparent)]
    NotLoggable(#[from] NotLoggable),
    /// An entry does not match the stream's columns.
    #[error("entry for log {path}{}: {mismatch}", Column(column))]
    Mismatch {
        /// The stream's path.
        path: Name,
        /// The name of the column that does not match, if a single one is the cause.
        column: Option<Name>,
        /// The mismatch.
        mismatch: Mismatch,
    },
}

crate::errors::debug_as_display!(StreamError);

/// Writes the name of a column, if there is one.
struct Column<'a>(&'a Option<Name>);

impl fmt::Display for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, ", column {name}"),
            None => Ok(()),
        }
    }
}

/// The mapping from the fields of one record type to the columns of a stream, by name.
#[derive(Debug)]
pub(super) struct Columns {
    /// Identifies the record type; types with the same function have the same fields.
    of: fn() -> Result<Vec<LogField>, NotLoggable>,
    /// For each column the position of its field in the record, or the column's type if the record
    /// has no such field; `None` if columns and fields are identical.
    places: Option<Vec<Result<usize, TypeTag>>>,
}

impl Columns {
    pub(super) fn new<R: LogRecord>(stream: &LogStream) -> Result<Columns, StreamError> {
        let fields = R::log_fields()?;
        let path = || stream.path.clone();
        let names = || stream.fields.iter().map(|column| &column.name);
        if fields.iter().map(|field| &field.name).eq(names()) {
            return Ok(Columns { of: R::log_fields, places: None });
        }
        if let Some(field) = fields.iter().find(|field| names().all(|name| *name != field.name)) {
            return Err(StreamError::NoColumn { path: path(), field: field.name.clone() });
        }
        let place =
            |column: &LogField| match fields.iter().position(|field| field.name == column.name) {
                Some(place) => Ok(Ok(place)),
                None if column.optional => Ok(Err(column.ty)),
                None => Err(StreamError::NoField { path: path(), column: column.name.clone() }),
            };
        let places = stream.fields.iter().map(place).collect::<Result<_, _>>()?;
        Ok(Columns { of: R::log_fields, places: Some(places) })
    }

    /// Returns whether these are the columns for records of this type.
    fn are_of<R: LogRecord>(&self) -> bool {
        let of: fn() -> Result<Vec<LogField>, NotLoggable> = R::log_fields;
        std::ptr::fn_addr_eq(self.of, of)
    }

    /// Arranges the values of a record's fields in the order of the columns.
    fn arrange(&self, values: Vec<LogValue>) -> Vec<LogValue> {
        let Some(places) = &self.places else { return values };
        let mut values: Vec<Option<LogValue>> = values.into_iter().map(Some).collect();
        let column = |place: &Result<usize, TypeTag>| match place {
            Ok(place) => values.get_mut(*place).and_then(Option::take),
            Err(ty) => Some(LogValue::Unset(*ty)),
        };
        // A missing value is reported as a wrong number of values.
        places.iter().filter_map(column).collect()
    }
}

/// Coerces values to the columns' types, as Bro does for a record that is written to a log: numbers
/// become more general ones, and a non-negative `int` a `count`. Returns `None` if they already
/// have these types.
fn coerce(fields: &[LogField], values: &[LogValue]) -> Result<Option<Vec<LogValue>>, Mismatch> {
    if fields.len() == values.len() && fields.iter().zip(values).all(fits) {
        return Ok(None);
    }
    let Some(why) = misfit(fields, values) else { return Ok(None) };
    if values.len() != fields.len() {
        return Err(why);
    }
    let coerced = fields.iter().zip(values).map(|(field, value)| column(field, value));
    let coerced: Vec<LogValue> = coerced.collect();
    misfit(fields, &coerced).map_or(Ok(Some(coerced)), Err)
}

/// Returns whether a value has its column's type.
#[inline]
fn fits((field, value): (&LogField, &LogValue)) -> bool {
    field.ty == value.tag() && (field.subtype == TypeTag::Void || elements_fit(field, value))
}

#[inline(never)]
fn elements_fit(field: &LogField, value: &LogValue) -> bool {
    match value {
        LogValue::Set(items) | LogValue::Vector(items) => {
            items.iter().all(|item| item.tag() == field.subtype)
        }
        _ => true,
    }
}

/// Finds a value that does not have its column's type.
fn misfit(fields: &[LogField], values: &[LogValue]) -> Option<Mismatch> {
    mismatch(fields, values).or_else(|| {
        fields.iter().zip(values).enumerate().find_map(|(column, (field, value))| {
            let (LogValue::Set(items) | LogValue::Vector(items)) = value else { return None };
            let mut other = items.iter().map(LogValue::tag).filter(|tag| *tag != field.subtype);
            let (expected, found) = (field.subtype, other.next()?);
            Some(match found {
                // A receiver would end the connection.
                TypeTag::Table | TypeTag::Vector => Mismatch::Nested { column, found },
                _ => Mismatch::Element { column, expected, found },
            })
        })
    })
}

fn column(field: &LogField, value: &LogValue) -> LogValue {
    let all = |items: &[LogValue]| items.iter().map(|item| number(field.subtype, item)).collect();
    match value {
        LogValue::Set(items) => LogValue::Set(all(items)),
        LogValue::Vector(items) => LogValue::Vector(all(items)),
        value => number(field.ty, value),
    }
}

/// Creates a number of this type, if that is possible.
fn number(ty: TypeTag, value: &LogValue) -> LogValue {
    let number = match ty {
        TypeTag::Int | TypeTag::Count | TypeTag::Counter | TypeTag::Double => {
            value_of(value, &Type::ANY).and_then(|value| value.coerce(&Type::Base(ty)).ok())
        }
        _ => None,
    };
    number.as_ref().and_then(log_value).unwrap_or_else(|| value.clone())
}
