//! Values (2§6).

mod container;
mod equality;
mod index_type;
pub(crate) mod object;
pub(crate) mod opaque;
mod scalar;
pub(crate) mod syntax;
pub(crate) mod types;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

pub use container::Items;
pub use container::{Entry, List, Mutable, Record, Table, Vector};
pub(crate) use equality::{as_ordered, compare_addresses};
pub(crate) use index_type::CheckedTypes;
pub use object::Event;
pub(crate) use object::{File, Func, Id, Opcode, Packet, Serial, StateAccess};
pub(crate) use opaque::{
    BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Entropy, Hasher,
    Opaque, OpaqueState, TopK,
};
pub use scalar::{EnumValue, Pattern, Port, Subnet, Transport};
pub(crate) use syntax::{
    Attribute, AttributeTag, Attributes, BinaryClass, Case, Expr, ExprKind, Stmt, StmtKind,
    UnaryClass,
};
pub(crate) use types::Short;
pub(crate) use types::{
    Enclosing, EnumType, FuncType, ListType, RecordType, SetType, TableType, TypeDef, TypeKind,
};
pub use types::{Field, Type};

use crate::data::TypeTag;

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
