//! Errors of conversions between values and Rust types.

use std::fmt;

use crate::data::Short;
use crate::data::{EnumValue, Name, Type, TypeTag, Value};
use crate::pattern::PatternError;

/// An error converting a value, with its position in the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", Prefix(path))]
#[non_exhaustive]
pub struct ConversionError {
    /// The path from the converted value to the wrong part, empty for the value itself.
    pub path: Vec<Step>,
    pub(crate) kind: ConversionErrorKind,
}

/// The kind of conversion error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConversionErrorKind {
    /// The value has another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The type that corresponds to the Rust type.
        expected: TypeTag,
        /// The actual type.
        found: TypeTag,
    },
    /// The value is a table with values, not a set.
    #[error("expected a set, found a table")]
    NotASet,
    /// The value is a set, not a table with values.
    #[error("expected a table, found a set")]
    NotATable,
    /// The value is out of range or not a number.
    #[error("{value} is out of the range of {target}")]
    OutOfRange {
        /// The value.
        value: Value,
        /// The Rust type.
        target: &'static str,
    },
    /// A string is not UTF-8. Use `Bytes` or `Vec<u8>` for any bytes.
    #[error("string is not UTF-8 after byte {valid_up_to}")]
    NotUtf8 {
        /// The number of valid bytes.
        valid_up_to: usize,
    },
    /// A field or element is unset or missing, and the Rust type is not an `Option`.
    #[error("missing")]
    Missing,
    /// The declared record type does not have the field.
    #[error("{ty} has no such field")]
    NoSuchField {
        /// The declared type.
        ty: Box<str>,
    },
    /// Records from a peer lack more fields in total than may be created.
    #[error("too many fields are missing")]
    TooManyFields,
    /// The number of arguments, elements or index components is wrong.
    #[error("expected {expected} values, found {found}")]
    Length {
        /// The expected number.
        expected: usize,
        /// The actual number.
        found: usize,
    },
    #[cfg(feature = "derive")]
    /// The Rust enum has no such constant.
    #[error("{target} has no constant {}", Constant(constant))]
    UnknownConstant {
        /// The constant.
        constant: EnumValue,
        /// The Rust enum's full name in Bro.
        target: &'static str,
    },
    /// The declared enum has no such constant.
    #[error("{name} has no constant {}", Constant(constant))]
    NotInEnum {
        /// The constant.
        constant: Box<EnumValue>,
        /// The enum's full name.
        name: Name,
    },
    /// The opaque value has another kind.
    #[error("expected opaque of {expected}, found another")]
    Opaque {
        /// The declared kind.
        expected: Name,
    },
    /// Values of this type cannot be in an index. See
    /// [`Type::check_index`](crate::data::Type::check_index).
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    /// Two indices of a table or set become equal.
    #[error("two entries with the same index")]
    SameIndex,
    /// Bro cannot compile the pattern.
    #[error("error compiling pattern: {0}")]
    Pattern(PatternError),
    /// The event is a different one.
    #[error("expected event {expected}, found {found}")]
    Event {
        /// The Rust type's event.
        expected: &'static str,
        /// The actual event.
        found: Name,
    },
}

/// A step from a value to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// To a record's field, written `$name`.
    Field(Name),
    /// To a vector's element by its position, written `[0]`.
    Element(usize),
    /// To an entry of a table or set by its position in
    /// [`Table::entries`](crate::data::Table::entries), written `{0}`.
    Entry(usize),
    /// To a component of an entry's index, written `[0]`.
    Component(usize),
    /// To an event's argument by its position, written `argument 0`.
    Argument(usize),
}

impl ConversionError {
    /// Creates the error for a value with another type.
    pub fn mismatch(expected: TypeTag, found: &Value) -> ConversionError {
        ConversionErrorKind::Type { expected, found: found.tag() }.into()
    }

    /// Creates the error for a field that a declared record type does not have.
    pub(in crate::data) fn no_such_field(ty: &Type, field: &[u8]) -> ConversionError {
        let ty = Short(ty).to_string().into();
        ConversionError::from(ConversionErrorKind::NoSuchField { ty })
            .within(Step::Field(Name::copy_of(field)))
    }

    /// Returns the error with the path from an enclosing value.
    #[must_use]
    pub fn within(mut self, step: Step) -> ConversionError {
        self.path.insert(0, step);
        self
    }
}

impl From<ConversionErrorKind> for ConversionError {
    fn from(kind: ConversionErrorKind) -> ConversionError {
        ConversionError { path: Vec::new(), kind }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => write!(f, "${name}"),
            Step::Element(position) | Step::Component(position) => write!(f, "[{position}]"),
            Step::Entry(position) => write!(f, "{{{position}}}"),
            Step::Argument(position) => write!(f, "argument {position}"),
        }
    }
}

/// Displays a path, followed by a colon if it is not empty.
struct Prefix<'a>(&'a [Step]);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| step.fmt(f))?;
        if self.0.is_empty() { Ok(()) } else { f.write_str(": ") }
    }
}

/// Displays a constant by its name if known.
struct Constant<'a>(&'a EnumValue);

impl fmt::Display for Constant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => name.fmt(f),
            None => self.0.number.fmt(f),
        }
    }
}
