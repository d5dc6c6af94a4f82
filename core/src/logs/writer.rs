//! Log writers with their columns, and their announcement (3§1).

use std::fmt;

use bytes::Bytes;

use super::{LogError, decode, encode};
use crate::data::{Name, TypeTag};

/// Bro's number for its ASCII writer.
pub const WRITER_ASCII: i32 = 1;

/// Bro's number for the writer that discards entries, without writers from plugins.
pub const WRITER_NONE: i32 = 2;

/// Bro's number for the SQLite writer, without writers from plugins.
pub const WRITER_SQLITE: i32 = 3;

/// A log writer, as announced by LOG_CREATE_WRITER (3§1).
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
    /// The sender's own rotation time, in seconds of the day; ignored by receivers.
    pub rotation_base: f64,
    /// The sender's own rotation interval in seconds, 0 for never; ignored by receivers.
    pub rotation_interval: f64,
    /// The sender's network time when the writer was created, in seconds since the Unix epoch.
    pub network_time: f64,
    /// The writer's options, see [`LogFormat::configured`](crate::logs::LogFormat::configured).
    pub options: Vec<(Name, Bytes)>,
    /// The columns.
    pub fields: Vec<LogField>,
}

impl LogWriter {
    /// Decodes the argument of a LOG_CREATE_WRITER; the result does not share its buffer.
    ///
    /// # Errors
    /// The error says what is wrong with it.
    pub fn decode(argument: &Bytes) -> Result<LogWriter, LogError> {
        decode::writer(argument)
    }

    /// Appends the argument of a LOG_CREATE_WRITER.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::writer(self, out);
    }
}

/// A column of a log (3§1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogField {
    /// The column's name; the parts of a nested record's are joined by a dot, as in `id.orig_h`.
    pub name: Name,
    /// A second name, used only by Bro's input framework.
    pub secondary_name: Option<Name>,
    /// The type; [`TypeTag::Table`] for sets.
    pub ty: TypeTag,
    /// The type of the elements of a set or vector; otherwise [`TypeTag::Void`].
    pub subtype: TypeTag,
    /// Whether the column may be unset.
    pub optional: bool,
}

impl LogField {
    /// Creates a required column that is neither a set nor a vector.
    pub fn new(name: impl Into<Name>, ty: TypeTag) -> LogField {
        let name = name.into();
        LogField { name, secondary_name: None, ty, subtype: TypeTag::Void, optional: false }
    }

    /// Creates a column of sets.
    pub fn set(name: impl Into<Name>, elements: TypeTag) -> LogField {
        LogField { subtype: elements, ..LogField::new(name, TypeTag::Table) }
    }

    /// Creates a column of vectors.
    pub fn vector(name: impl Into<Name>, elements: TypeTag) -> LogField {
        LogField { subtype: elements, ..LogField::new(name, TypeTag::Vector) }
    }

    /// Makes the column optional.
    #[must_use]
    pub fn optional(mut self) -> LogField {
        self.optional = true;
        self
    }

    /// Returns the type as written in the header line `#types`: `count`, `set[string]`,
    /// `vector[addr]` (3§3).
    pub fn type_name(&self) -> impl fmt::Display + use<> {
        TypeName { ty: self.ty, subtype: self.subtype }
    }
}

struct TypeName {
    ty: TypeTag,
    subtype: TypeTag,
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            TypeTag::Table => write!(f, "set[{}]", self.subtype),
            TypeTag::Vector => write!(f, "vector[{}]", self.subtype),
            ty => ty.fmt(f),
        }
    }
}

/// Returns whether a column can have this type (3§2).
pub(super) const fn is_loggable(tag: TypeTag) -> bool {
    is_element(tag) || matches!(tag, TypeTag::Table | TypeTag::Vector)
}

/// Returns whether a set or vector in a column can have elements of this type.
pub(super) const fn is_element(tag: TypeTag) -> bool {
    matches!(
        tag,
        TypeTag::Bool
            | TypeTag::Int
            | TypeTag::Count
            | TypeTag::Counter
            | TypeTag::Double
            | TypeTag::Time
            | TypeTag::Interval
            | TypeTag::String
            | TypeTag::Enum
            | TypeTag::Func
            | TypeTag::File
            | TypeTag::Port
            | TypeTag::Addr
            | TypeTag::Subnet
    )
}
