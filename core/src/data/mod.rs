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

mod coerce;
mod convert;
mod declaration;
#[cfg(feature = "derive")]
#[doc(hidden)]
pub mod derived;
mod event;
mod fits;
mod name;
#[doc = include_str!("types_table.md")]
pub mod types_table {}
pub(crate) mod value;

pub(crate) use coerce::Origin;
pub(crate) use convert::{ConversionErrorKind, index_types};
pub(crate) use declaration::check_arguments;
pub(crate) use value::{
    Attribute, AttributeTag, Attributes, BinaryClass, BitVector, Bloom, BloomCells, BloomFilter,
    Bucket, Cardinality, Case, CounterVector, Enclosing, Entropy, EnumType, Expr, ExprKind, File,
    Func, FuncType, Hasher, Id, ListType, Opaque, OpaqueState, Opcode, Packet, RecordType, Serial,
    SetType, Short, StateAccess, Stmt, StmtKind, TableType, TopK, TypeDef, TypeKind, UnaryClass,
    as_ordered, compare_addresses, default_of,
};

pub use convert::{
    BroType, ConversionError, FromIndex, FromSlot, FromValue, IndexType, Step, ToIndex, ToSlot,
    ToValue,
};
pub use declaration::{
    CallError, CallMismatch, Declarations, EventDecl, Global, Globals, VariableError,
};
pub use event::{DispatchError, EventType, Handler, Handlers, SignatureError, SignatureErrorKind};
pub use name::Name;
// Created from a vector and used as a slice, so users need not name it.
#[doc(hidden)]
pub use value::Items;
pub use value::{
    Entry, EnumValue, Event, Field, List, Mutable, Pattern, Port, Record, Subnet, Table, Transport,
    Type, TypeTag, Value, Vector,
};
