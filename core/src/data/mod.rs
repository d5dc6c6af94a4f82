//! Bro's types and values (2§4, 2§6).
//!
//! [`Value`] represents all values, [`Type`] all types. Their encoding on the wire is in
//! [`serial`](crate::serial). [`types_table`] shows each type in all its forms.
//!
//! ```
//! use std::net::IpAddr;
//!
//! use brocomm::data::{Declarations, Event, Value};
//!
//! let mut known = Declarations::new();
//! known.read(
//!     "type Host: record { addr: addr; ports: set[port]; note: string &optional; };
//!      event host_seen(host: Host, times: count);",
//! )?;
//!
//! // Parse a value or a whole event in the notation of Bro's scripts.
//! let text = r#"[$addr=10.0.0.1, $ports=set(22/tcp)]"#;
//! let host = Value::parse(text, known.ty("Host"), &known)?;
//! assert_eq!(host.to_string(), "[addr=10.0.0.1, ports={\n\t22/tcp\n}, note=<uninitialized>]");
//! let event = Event::parse(&format!("host_seen({text}, 3)"), &known)?;
//! assert_eq!(event.args, [host.clone(), Value::Count(3)]);
//!
//! // Convert Bro's values to Rust values.
//! assert_eq!(event.arg(1), Ok(3u64));
//! let Value::Record(record) = host else { unreachable!() };
//! assert_eq!(record.field("addr"), Ok(IpAddr::from([10, 0, 0, 1])));
//! assert_eq!(record.field("note"), Ok(None::<String>));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod coerce;
mod comparison;
mod container;
mod convert;
mod declaration;
#[cfg(feature = "derive")]
#[doc(hidden)]
pub mod derived;
mod describe;
mod equality;
mod event;
mod fits;
mod global;
mod handlers;
mod index_type;
mod name;
pub(crate) mod object;
pub(crate) mod opaque;
mod open;
mod scalar;
pub(crate) mod syntax;
mod tag;
pub(crate) mod types;
#[doc = include_str!("types_table.md")]
pub mod types_table {}
mod value;

pub(crate) use coerce::Origin;
pub(crate) use convert::{ConversionErrorKind, index_types};
pub(crate) use declaration::check_arguments;
pub(crate) use describe::Short;
pub(crate) use global::default_of;
// Lower-level types, exported in [`lowlevel`](crate::lowlevel).
pub(crate) use object::{File, Func, Id, Opcode, Packet, Serial, StateAccess};
pub(crate) use opaque::{
    BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Entropy, Hasher,
    Opaque, OpaqueState, TopK,
};
pub(crate) use syntax::{
    Attribute, AttributeTag, Attributes, BinaryClass, Case, Expr, ExprKind, Stmt, StmtKind,
    UnaryClass,
};
pub(crate) use types::{
    Enclosing, EnumType, FuncType, ListType, RecordType, SetType, TableType, TypeDef, TypeKind,
};

pub use container::{Entry, List, Mutable, Record, Table, Vector};
pub use convert::{
    BroType, ConversionError, FromIndex, FromSlot, FromValue, IndexType, Step, ToIndex, ToSlot,
    ToValue,
};
pub use declaration::{CallError, CallMismatch, Declarations, EventDecl, VariableError};
pub use event::{Event, EventType};
pub use global::{Global, Globals};
pub use handlers::{DispatchError, Handler, Handlers, SignatureError, SignatureErrorKind};
pub use name::Name;
pub use scalar::{EnumValue, Pattern, Port, Subnet, Transport};
pub use tag::TypeTag;
pub use types::{Field, Type};
pub use value::Value;
