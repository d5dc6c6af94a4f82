//! Why a value is not what a Rust type can hold.

use std::fmt;

use crate::data::Short;
use crate::data::{EnumValue, Name, Type, TypeTag, Value};
use crate::pattern::PatternError;

/// Says why a value is not what a Rust type can hold, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", Prefix(path))]
#[non_exhaustive]
pub struct ConversionError {
    /// The way from the converted value to the part that is wrong; empty for the value itself.
    pub path: Vec<Step>,
    pub(crate) kind: ConversionErrorKind,
}

/// Says what is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConversionErrorKind {
    /// The value is of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the Rust type needs.
        expected: TypeTag,
        /// What there is.
        found: TypeTag,
    },
    /// The value is a table with values, not a set.
    #[error("expected a set, found a table")]
    NotASet,
    /// The value is a set, not a table with values.
    #[error("expected a table, found a set")]
    NotATable,
    /// The value is too small or too great, or not a number.
    #[error("{value} is out of the range of {target}")]
    OutOfRange {
        /// The value.
        value: Value,
        /// The Rust type.
        target: &'static str,
    },
    /// A string is not UTF-8; `Bytes` or `Vec<u8>` hold any.
    #[error("string is not UTF-8 after byte {valid_up_to}")]
    NotUtf8 {
        /// How many bytes are.
        valid_up_to: usize,
    },
    /// A field or element is not set or not there, and the Rust type has no `Option` there.
    #[error("missing")]
    Missing,
    /// A field is given that the declared record type doesn't have.
    #[error("{ty} has no such field")]
    NoSuchField {
        /// The declared type.
        ty: Box<str>,
    },
    /// Records that a peer sent lack more fields, all in all, than it may have made.
    #[error("too many fields are missing")]
    TooManyFields,
    /// There are more or fewer arguments, elements or components of an index.
    #[error("expected {expected} values, found {found}")]
    Length {
        /// How many the Rust type has.
        expected: usize,
        /// How many there are.
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
    /// The opaque value is one of another kind.
    #[error("expected opaque of {expected}, found another")]
    Opaque {
        /// The kind that is declared.
        expected: Name,
    },
    /// Values of this type can't be in an index; see
    /// [`Type::check_index`](crate::data::Type::check_index).
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    /// Two indices of a table or set become the same one.
    #[error("two entries with the same index")]
    SameIndex,
    /// The pattern is one that Bro doesn't compile.
    #[error("error compiling pattern: {0}")]
    Pattern(PatternError),
    /// The event is another.
    #[error("expected event {expected}, found {found}")]
    Event {
        /// The Rust type's event.
        expected: &'static str,
        /// The event that there is.
        found: Name,
    },
}

/// Leads from a value to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// To a record's field, written `$name`.
    Field(Name),
    /// To a vector's element by its position, written `[0]`.
    Element(usize),
    /// To a table's or set's entry by its place in [`Table::entries`](crate::data::Table::entries),
    /// written `{0}`.
    Entry(usize),
    /// To a component of an entry's index, written `[0]`.
    Component(usize),
    /// To an event's argument by its position, written `argument 0`.
    Argument(usize),
}

impl ConversionError {
    /// Makes the error that the value is of another type.
    pub fn mismatch(expected: TypeTag, found: &Value) -> ConversionError {
        ConversionErrorKind::Type { expected, found: found.tag() }.into()
    }

    /// Makes the error that a field is given which a declared record type doesn't have.
    pub(in crate::data) fn no_such_field(ty: &Type, field: &[u8]) -> ConversionError {
        let ty = Short(ty).to_string().into();
        ConversionError::from(ConversionErrorKind::NoSuchField { ty })
            .within(Step::Field(Name::copy_of(field)))
    }

    /// Returns the error as that of a value of which the present one is a part.
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

/// Writes a path, and a colon if there is one.
struct Prefix<'a>(&'a [Step]);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| step.fmt(f))?;
        if self.0.is_empty() { Ok(()) } else { f.write_str(": ") }
    }
}

/// Writes a constant by its name if that is known.
struct Constant<'a>(&'a EnumValue);

impl fmt::Display for Constant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => name.fmt(f),
            None => self.0.number.fmt(f),
        }
    }
}
