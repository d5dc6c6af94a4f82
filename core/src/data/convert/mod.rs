//! Conversions between values and Rust types, and their errors.

mod containers;
mod scalars;

use std::fmt;

use super::{EnumValue, Name, Record, Short, Type, TypeTag, Value};
use crate::pattern::PatternError;

pub(crate) use containers::index_types;
pub use containers::{FromIndex, FromSlot, IndexType, ToIndex, ToSlot};
pub(in crate::data) use containers::{fit, kind, table_parts, yields};

/// A Rust type with a corresponding Bro type.
///
/// | Rust | Bro |
/// | --- | --- |
/// | `bool` | `bool` |
/// | `i8`–`i64`, `isize`; `u8`–`u64`, `usize` | `int`; `count` |
/// | `f32`, `f64` | `double` |
/// | `SystemTime`, [`Time`](crate::Time); `Duration` | `time`; `interval` |
/// | `String`, `&str`, `Bytes`, `Vec<u8>`, `[u8; N]` | `string` |
/// | `IpAddr`, `Ipv4Addr`, `Ipv6Addr` | `addr` |
/// | [`Port`](super::Port), [`Subnet`](super::Subnet), [`Pattern`](super::Pattern) | as named |
/// | `Vec<T>`, `[T; N]` | `vector of T` |
/// | `BTreeSet<T>`, `HashSet<T>` | `set[T]` |
/// | `BTreeMap<K, V>`, `HashMap<K, V>` | `table[K] of V` |
/// | `(A, B)` in place of `T` or `K` above | an index of several components |
/// | `Option<T>` as a field or a vector's element | `T`, or nothing |
/// | [`Value`] | `any` |
///
/// The feature `derive` adds structs (records) and enums.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no Bro type",
    note = "supported: bool, i8 to i64, isize, u8 to u64, usize, f32, f64, String, Bytes, IpAddr, Ipv4Addr, Ipv6Addr, \
            SystemTime, Duration, Time, Port, Subnet, Pattern, Value, and vectors, sets and maps of these",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait BroType {
    /// Whether the value may be absent. True for `Option` only.
    const OPTIONAL: bool = false;

    /// Always false. It is computed from the constants of all parts, so a type that contains itself
    /// causes a cycle, which the compiler rejects. Such a type could never be created.
    #[doc(hidden)]
    const CONTAINS_ITSELF: bool = false;

    /// Returns the type.
    ///
    /// For containers this is a new instance each time. See [`ToValue::to_value_as`].
    fn bro_type() -> Type;

    /// Returns the type of a sequence of such values. A sequence of bytes is a string.
    #[doc(hidden)]
    fn sequence_type() -> Type {
        Type::vector(Self::bro_type())
    }
}

/// Conversion from a Rust value to a Bro value.
///
/// ```
/// # use brocomm::data::{ToValue, Value};
/// assert_eq!(443u64.to_value(), Value::Count(443));
/// assert_eq!(vec![Some(1i64), None].to_value().ty().to_string(), "vector of int");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be converted to a Bro value",
    note = "supported: bool, i8 to i64, isize, u8 to u64, usize, f32, f64, String, Bytes, IpAddr, Ipv4Addr, Ipv6Addr, \
            SystemTime, Duration, Time, Port, Subnet, Pattern, Value, and vectors, sets and maps of these",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait ToValue: BroType {
    /// Creates the value, using this instance of its type.
    ///
    /// A connection recognizes a type that it has sent before by its `Arc`, and then sends a short
    /// reference. So to send vectors, sets or tables repeatedly, call [`BroType::bro_type`] once,
    /// keep the result, and pass it here. Derived records do this for their fields. A type of
    /// another kind than `bro_type` is ignored.
    ///
    /// ```
    /// # use brocomm::data::{BroType, ToValue, Type};
    /// let ty = Vec::<u64>::bro_type();
    /// let (one, other) = (vec![1u64].to_value_as(&ty), vec![2u64].to_value_as(&ty));
    /// # let (Type::Def(one), Type::Def(other)) = (one.ty(), other.ty()) else { panic!() };
    /// # assert!(std::sync::Arc::ptr_eq(&one, &other));
    /// ```
    fn to_value_as(&self, ty: &Type) -> Value;

    /// Creates the value.
    fn to_value(&self) -> Value {
        self.to_value_as(&Self::bro_type())
    }

    /// Creates the value of a sequence of such values.
    #[doc(hidden)]
    fn sequence_to_value(items: &[Self], ty: &Type) -> Value
    where
        Self: Sized,
    {
        containers::to_vector(items, ty, Self::sequence_type, |item, ty| Some(item.to_value_as(ty)))
    }
}

/// Conversion from a Bro value to a Rust value.
///
/// An unsigned number is converted from a `count` or `counter`, a signed one from an `int`, an
/// `f64` from a `double`, `time` or `interval`. There is no conversion to `f32`. For equal indices
/// in a set or table, the later entry is used.
#[diagnostic::on_unimplemented(
    message = "a Bro value cannot be converted to `{Self}`",
    note = "supported: bool, i8 to i64, isize, u8 to u64, usize, f64, String, Bytes, IpAddr, Ipv4Addr, Ipv6Addr, \
            SystemTime, Duration, Time, Port, Subnet, Pattern, Value, and vectors, sets and maps of these",
    note = "add `#[derive(Record)]` to a struct of your own, `#[derive(Enum)]` to an enum"
)]
pub trait FromValue: BroType + Sized {
    /// Creates the Rust value.
    ///
    /// # Errors
    ///
    /// Returns what does not match, and its position in the value.
    fn from_value(value: &Value) -> Result<Self, ConversionError>;

    /// Creates a sequence of such values.
    #[doc(hidden)]
    fn sequence_from_value(value: &Value) -> Result<Vec<Self>, ConversionError> {
        containers::from_vector(value, |item| match item {
            Some(item) => Self::from_value(item),
            None => Err(ConversionErrorKind::Missing.into()),
        })
    }
}

impl Value {
    /// Converts the value to a Rust type.
    ///
    /// # Errors
    ///
    /// Returns what does not match, and its position in the value.
    ///
    /// ```
    /// # use brocomm::data::Value;
    /// assert_eq!(Value::Count(443).to::<u16>(), Ok(443));
    /// let error = Value::Count(70_000).to::<u16>().unwrap_err();
    /// assert_eq!(error.to_string(), "70000 is out of the range of u16");
    /// ```
    pub fn to<T: FromValue>(&self) -> Result<T, ConversionError> {
        T::from_value(self)
    }
}

impl Record {
    /// Converts the field with this name to a Rust type.
    ///
    /// # Errors
    ///
    /// Returns what does not match, and its position in the field. An unset or missing field
    /// matches only an `Option`.
    pub fn field<T: FromSlot>(&self, name: &str) -> Result<T, ConversionError> {
        T::from_slot(self.get(name)).map_err(|error| error.within(Step::Field(name.into())))
    }
}

/// References are converted like their targets, so that types with parts support them.
impl<T: BroType + ?Sized> BroType for &T {
    const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

    fn bro_type() -> Type {
        T::bro_type()
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value_as(&self, ty: &Type) -> Value {
        (**self).to_value_as(ty)
    }
}

impl<T: BroType> BroType for Box<T> {
    const CONTAINS_ITSELF: bool = T::CONTAINS_ITSELF;

    fn bro_type() -> Type {
        T::bro_type()
    }
}

impl<T: ToValue> ToValue for Box<T> {
    fn to_value_as(&self, ty: &Type) -> Value {
        (**self).to_value_as(ty)
    }
}

impl<T: FromValue> FromValue for Box<T> {
    fn from_value(value: &Value) -> Result<Self, ConversionError> {
        T::from_value(value).map(Box::new)
    }
}

/// An error converting a value, with its position in the value.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}", Prefix(path))]
#[non_exhaustive]
pub struct ConversionError {
    /// The path from the converted value to the wrong part, empty for the value itself.
    pub path: Vec<Step>,
    pub(crate) kind: ConversionErrorKind,
}

crate::errors::debug_as_display!(ConversionError);

/// The kind of conversion error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConversionErrorKind {
    #[error("expected {expected}, found {found}")]
    Type { expected: TypeTag, found: TypeTag },
    /// The types of containers, whose tags do not say the difference.
    #[error("expected {expected}, found {found}")]
    Types { expected: Box<str>, found: Box<str> },
    #[error("expected a set, found a table")]
    NotASet,
    #[error("expected a table, found a set")]
    NotATable,
    #[error("{value} is out of the range of {target}")]
    OutOfRange { value: Value, target: &'static str },
    /// A string is not UTF-8. Use `Bytes` or `Vec<u8>` for any bytes.
    #[error("string is not UTF-8 after byte {valid_up_to}")]
    NotUtf8 { valid_up_to: usize },
    #[error("unset or absent")]
    Missing,
    #[error("{ty} has no such field")]
    NoSuchField { ty: Box<str> },
    /// Records from a peer lack more fields in total than may be created.
    #[error("too many fields are missing")]
    TooManyFields,
    #[error("expected {expected} {}, found {found}", if *expected == 1 { "value" } else { "values" })]
    Length { expected: usize, found: usize },
    #[cfg(feature = "derive")]
    #[error("{target} has no constant {}", Constant(constant))]
    UnknownConstant { constant: EnumValue, target: &'static str },
    #[error("{name} has no constant {}", Constant(constant))]
    NotInEnum { constant: Box<EnumValue>, name: Name },
    #[error("expected opaque of {expected}, found another")]
    Opaque { expected: Name },
    #[error("bad index type: no {0} can be, or be part of, the index of a table or set")]
    IndexType(TypeTag),
    #[error("two entries with the same index")]
    SameIndex,
    #[error("error compiling pattern: {0}")]
    Pattern(PatternError),
    #[error("expected event {expected}, found {found}")]
    Event { expected: &'static str, found: Name },
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
    /// [`Table::entries`](crate::data::Table::entries), written `entry 0`.
    Entry(usize),
    /// To a component of an entry's index, written `index 0`.
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
            Step::Element(position) => write!(f, "[{position}]"),
            Step::Entry(position) => write!(f, "entry {position}"),
            Step::Component(position) => write!(f, "index {position}"),
            Step::Argument(position) => write!(f, "argument {position}"),
        }
    }
}

/// Displays a path, followed by a colon if it is not empty.
struct Prefix<'a>(&'a [Step]);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            let is_word = !matches!(step, Step::Field(_) | Step::Element(_));
            f.write_str(if is_word && at > 0 { ", " } else { "" })?;
            step.fmt(f)?;
        }
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
