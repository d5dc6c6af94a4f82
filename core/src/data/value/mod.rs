//! Values, and the tags of their types (2§4, 2§6).

mod container;
mod equality;
pub(crate) mod object;
mod scalar;
pub(crate) mod syntax;
pub(crate) mod types;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::numbered::numbered;

pub use container::{Entry, Items, List, Mutable, Record, Table, Vector};
pub(crate) use equality::{as_ordered, compare_addresses};
pub use object::Event;
pub(crate) use object::*;
pub use scalar::{EnumValue, Pattern, Port, Subnet, Transport};
pub(crate) use syntax::*;
pub(crate) use types::*;
pub use types::{Field, Type};

/// A value of any of Bro's types.
///
/// Containers are shared and cheap to clone. A received string shares its message's buffer; to
/// store a value for long, copy it with [`Value::compact`].
///
/// Rust values are converted by `From` and [`ToValue`](crate::data::ToValue), and back by
/// [`Value::to`]; [`Value::parse`] parses text.
///
/// ```
/// # use brocomm::data::{TypeTag, Value};
/// let value = Value::from(443u16);
/// assert_eq!(value, Value::Count(443));
/// assert_eq!(value.tag(), TypeTag::Count);
/// assert_eq!(value.to::<u16>(), Ok(443));
///
/// let ports = Value::from(vec![22u64, 443]);
/// assert_eq!(ports.ty().to_string(), "vector of count");
/// assert_eq!(ports.to_string(), "[22, 443]");
/// ```
///
/// # Equality
///
/// Values are equal, and have the same hash, if Bro treats them as the same index of a table or
/// element of a set:
///
/// * doubles, times and intervals are compared by their bits: a NaN equals itself, 0.0 and -0.0
///   differ;
/// * addresses and subnets as IPv6 ones: `::ffff:1.2.3.4` equals `1.2.3.4`;
/// * enum constants by number, functions and files by name;
/// * records field by field in order, tables and sets regardless of the order of entries;
/// * opaque values by content.
///
/// Values of different kinds differ (`Count(1)` does not equal `Int(1)`). The comparison ignores
/// other properties of types, attributes, time stamps of entries, and the properties and unique IDs
/// in [`Mutable`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `count`
    Count(u64),
    /// `counter`
    Counter(u64),
    /// `double`
    Double(f64),
    /// `time`: seconds since the Unix epoch.
    Time(f64),
    /// `interval`: seconds.
    Interval(f64),
    /// `string`: any bytes.
    String(Bytes),
    /// `pattern`
    Pattern(Arc<Pattern>),
    /// A constant of an enum.
    Enum(EnumValue),
    /// `port`
    Port(Port),
    /// `addr`
    Addr(IpAddr),
    /// `subnet`
    Subnet(Subnet),
    /// A list of values: a table's index.
    List(Arc<List>),
    /// A table or a set.
    Table(Arc<Table>),
    /// A record.
    Record(Arc<Record>),
    /// A vector.
    Vector(Arc<Vector>),
    /// A function, with the type given in the value.
    Func(Type, Arc<Func>),
    /// A file, with the type given in the value.
    File(Type, Arc<File>),
    /// A value whose content only its own functions interpret.
    Opaque(Arc<Opaque>),
}

impl Value {
    /// Creates a string from text or bytes.
    pub fn string(text: impl AsRef<[u8]>) -> Value {
        Value::String(Bytes::copy_from_slice(text.as_ref()))
    }

    /// Returns the tag of the value's type.
    pub fn tag(&self) -> TypeTag {
        match self {
            Value::Bool(_) => TypeTag::Bool,
            Value::Int(_) => TypeTag::Int,
            Value::Count(_) => TypeTag::Count,
            Value::Counter(_) => TypeTag::Counter,
            Value::Double(_) => TypeTag::Double,
            Value::Time(_) => TypeTag::Time,
            Value::Interval(_) => TypeTag::Interval,
            Value::String(_) => TypeTag::String,
            Value::Pattern(_) => TypeTag::Pattern,
            Value::Enum(_) => TypeTag::Enum,
            Value::Port(_) => TypeTag::Port,
            Value::Addr(_) => TypeTag::Addr,
            Value::Subnet(_) => TypeTag::Subnet,
            Value::List(_) => TypeTag::List,
            Value::Table(_) => TypeTag::Table,
            Value::Record(_) => TypeTag::Record,
            Value::Vector(_) => TypeTag::Vector,
            Value::Func(..) => TypeTag::Func,
            Value::File(..) => TypeTag::File,
            Value::Opaque(_) => TypeTag::Opaque,
        }
    }

    /// Returns the value's type.
    pub fn ty(&self) -> Type {
        match self {
            Value::Enum(value) => value.ty.clone(),
            Value::List(list) => list.ty.clone(),
            Value::Table(table) => table.ty.clone(),
            Value::Record(record) => record.ty.clone(),
            Value::Vector(vector) => vector.ty.clone(),
            Value::Func(ty, _) | Value::File(ty, _) => ty.clone(),
            Value::Opaque(opaque) => opaque.ty.clone(),
            _ => Type::Base(self.tag()),
        }
    }

    /// Returns a copy that does not share a message's buffer.
    ///
    /// Strings are copied, including those inside containers; everything else is shared.
    #[must_use]
    pub fn compact(&self) -> Value {
        match self {
            Value::String(s) => Value::String(Bytes::copy_from_slice(s)),
            Value::List(list) => Value::List(Arc::new(list.compact())),
            Value::Table(table) => Value::Table(Arc::new(table.compact())),
            Value::Record(record) => Value::Record(Arc::new(record.compact())),
            Value::Vector(vector) => Value::Vector(Arc::new(vector.compact())),
            other => other.clone(),
        }
    }
}

numbered! {
    /// The tag of a type, on the wire and by name in scripts (2§4).
    TypeTag {
        /// No value.
        Void = 0, "void";
        /// `T` or `F`.
        Bool = 1, "bool";
        /// A signed 64-bit integer.
        Int = 2, "int";
        /// An unsigned 64-bit integer.
        Count = 3, "count";
        /// An unsigned 64-bit integer that can only increase.
        Counter = 4, "counter";
        /// An IEEE 754 double.
        Double = 5, "double";
        /// Seconds since the Unix epoch.
        Time = 6, "time";
        /// A length of time in seconds.
        Interval = 7, "interval";
        /// Bytes, including NULs.
        String = 8, "string";
        /// A regular expression.
        Pattern = 9, "pattern";
        /// A named constant.
        Enum = 10, "enum";
        /// A timer internal to Bro; never a value.
        Timer = 11, "timer";
        /// A transport-layer port.
        Port = 12, "port";
        /// An IP address.
        Addr = 13, "addr";
        /// An address with a prefix width.
        Subnet = 14, "subnet";
        /// Any type.
        Any = 15, "any";
        /// A table, or a set.
        Table = 16, "table";
        /// Unused by Bro.
        Union = 17, "union";
        /// Named fields.
        Record = 18, "record";
        /// A list of types: a table's index, a function's parameters.
        List = 19, "types";
        /// A function, event or hook.
        Func = 20, "func";
        /// A file.
        File = 21, "file";
        /// Elements by position.
        Vector = 22, "vector";
        /// A value whose content only its own functions interpret.
        Opaque = 23, "opaque";
        /// A type as a value.
        Type = 24, "type";
        /// The type of an erroneous expression.
        Error = 25, "error";
    }
}

impl TypeTag {
    /// Returns whether the standard type of this tag has no parts of its own.
    ///
    /// These types are encoded as a bare `BroType` (2§4), and both sides share instances of them.
    pub const fn is_atomic(self) -> bool {
        !matches!(
            self,
            TypeTag::Enum
                | TypeTag::Table
                | TypeTag::Union
                | TypeTag::Record
                | TypeTag::List
                | TypeTag::Func
                | TypeTag::File
                | TypeTag::Vector
                | TypeTag::Opaque
        )
    }

    /// Returns the internal representation of values of this type, which determines their encoding
    /// (2§6).
    pub(crate) const fn internal(self) -> InternalTag {
        match self {
            TypeTag::Void => InternalTag::Void,
            TypeTag::Bool | TypeTag::Int | TypeTag::Enum => InternalTag::Int,
            TypeTag::Count | TypeTag::Counter | TypeTag::Port => InternalTag::Unsigned,
            TypeTag::Double | TypeTag::Time | TypeTag::Interval => InternalTag::Double,
            TypeTag::String => InternalTag::String,
            TypeTag::Addr => InternalTag::Addr,
            TypeTag::Subnet => InternalTag::Subnet,
            TypeTag::Error => InternalTag::Error,
            _ => InternalTag::Other,
        }
    }
}

/// Bro's internal representation of a value (2§4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum InternalTag {
    /// Nothing.
    Void = 0,
    /// A signed 64-bit integer.
    Int = 1,
    /// An unsigned 64-bit integer.
    Unsigned = 2,
    /// A double.
    Double = 3,
    /// Bytes.
    String = 4,
    /// An address.
    Addr = 5,
    /// An address and a width.
    Subnet = 6,
    /// A separate object.
    Other = 7,
    /// The error type.
    Error = 8,
}
