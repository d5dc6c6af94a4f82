//! Events, functions, files, IDs, operations on state and packets (2§2, 2§8, 2§9), and opaque values
//! (2§7).

use std::sync::Arc;

use bytes::Bytes;

use super::{Attributes, Stmt, Type, Value};
use crate::data::Name;
use crate::numbered::numbered;

/// An event call (2§2).
#[derive(Debug, Clone)]
pub struct Event {
    /// The event's full name.
    pub name: Name,
    /// The sender's network time in seconds since the Unix epoch.
    pub time: f64,
    /// The arguments.
    pub args: Vec<Value>,
}

/// A function as sent in a value (2§8).
///
/// Compares by name.
#[derive(Debug, Clone)]
pub struct Func {
    /// The bodies with their priorities; empty for built-in functions.
    pub bodies: Vec<(Arc<Stmt>, i32)>,
    /// 0 for a script function, 1 for a built-in one.
    pub kind: u8,
    /// The function's type.
    pub ty: Type,
    /// The function's full name.
    pub name: Name,
    /// The size of a script function's frame; `None` for a built-in function, which is sent by name
    /// only.
    pub frame_size: Option<i32>,
    /// The ID that a Bro up to 2.1 sends with a script function (2§13); its value is absent if it
    /// is the function itself. Otherwise `None`.
    pub id: Option<Arc<Id>>,
}

/// A file as sent in a value (2§8).
///
/// Compares by name.
#[derive(Debug, Clone)]
pub struct File {
    /// The file's name.
    pub name: Name,
    /// Whether writing is buffered.
    pub buffered: bool,
    /// The mode it was opened with.
    pub access: Option<Name>,
    /// The file's type.
    pub ty: Type,
    /// The file's attributes.
    pub attributes: Option<Arc<Attributes>>,
}

/// An identifier: a global variable, constant, local variable or type name (2§8).
#[derive(Debug, Clone, PartialEq)]
pub struct Id {
    /// The full name.
    pub name: Name,
    /// 0 for function, 1 for module, 2 for global.
    pub scope: u8,
    /// Whether it is exported from its module.
    pub is_export: bool,
    /// Whether it is a constant.
    pub is_const: i32,
    /// Whether it is an enum constant.
    pub is_enum_const: i32,
    /// Whether it names a type.
    pub is_type: i32,
    /// The position in a function's frame.
    pub offset: i32,
    /// Whether a function's result type is taken from its body.
    pub infer_return_type: bool,
    /// Bro's flag for weak references.
    pub weak_ref: bool,
    /// The type.
    pub ty: Type,
    /// The attributes.
    pub attributes: Option<Arc<Attributes>>,
    /// The value.
    pub value: Option<Value>,
}

impl Id {
    /// Creates a global variable or constant as it is sent in an ID.
    pub fn global(name: impl Into<Name>, ty: Type, value: Option<Value>) -> Id {
        Id {
            name: name.into(),
            scope: 2,
            is_export: false,
            is_const: 0,
            is_enum_const: 0,
            is_type: 0,
            offset: 0,
            infer_return_type: false,
            weak_ref: false,
            ty,
            attributes: None,
            value,
        }
    }
}

numbered! {
    /// An operation on synchronized state (2§9), by number.
    Opcode {
        /// Assigns to a variable.
        Assign = 1, "assign";
        /// Assigns to an element or field.
        AssignIdx = 2, "assign_idx";
        /// Adds to a set.
        Add = 3, "add";
        /// Increments a variable.
        Incr = 4, "incr";
        /// Increments an element or field.
        IncrIdx = 5, "incr_idx";
        /// Deletes an element.
        Del = 6, "del";
        /// Prints; never sent.
        Print = 7, "print";
        /// Expires an element.
        Expire = 8, "expire";
        /// Notifies that an element was read.
        ReadIdx = 9, "read_idx";
    }
}

impl Opcode {
    /// Returns whether the first operand is an index: of a table or set, a field name or a
    /// position.
    pub(crate) const fn has_index(self) -> bool {
        !matches!(self, Opcode::Assign | Opcode::Incr | Opcode::Print)
    }
}

/// One operation on synchronized state (2§9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateAccess {
    /// The operation.
    pub opcode: Opcode,
    /// A variable's global name, or a container's unique ID.
    pub target: Name,
    /// The first operand.
    pub op1: Value,
    /// The second operand.
    pub op2: Option<Value>,
    /// The third operand.
    pub op3: Option<Value>,
}

impl StateAccess {
    /// Returns the index of the table entry that the operation changes, with its new value, or with
    /// `None` if it is removed. Returns `None` for operations that change no entry.
    pub fn entry(&self) -> Option<(&[Value], Option<&Value>)> {
        match (self.opcode, &self.op1, &self.op2) {
            (Opcode::AssignIdx | Opcode::IncrIdx, Value::List(index), Some(value)) => {
                Some((&index.items, Some(value)))
            }
            (Opcode::Del | Opcode::Expire, Value::List(index), _) => Some((&index.items, None)),
            _ => None,
        }
    }
}

/// A captured packet (2§2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The time stamp's whole seconds since the Unix epoch.
    pub sec: u32,
    /// The time stamp's microseconds.
    pub usec: u32,
    /// The packet's length on the wire, in bytes.
    pub len: u32,
    /// The link type, as a number of libpcap.
    pub link_type: u32,
    /// A user-defined tag.
    pub tag: Name,
    /// The captured bytes.
    pub data: Bytes,
}

/// The content of a SERIAL message (2§2).
#[derive(Debug, Clone, PartialEq)]
pub enum Serial {
    /// `e`: a call.
    Event(Event),
    /// `i`: an identifier with its value.
    Id(Arc<Id>),
    /// `s`: an operation on synchronized state.
    StateAccess(Box<StateAccess>),
    /// `p`: a packet.
    Packet(Packet),
}

/// A value whose content only Bro's own functions interpret.
#[derive(Debug, Clone)]
pub struct Opaque {
    /// The value's type, an opaque type.
    pub ty: Type,
    /// The content.
    pub state: OpaqueState,
}

/// The kind of an opaque value, with its content (2§7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OpaqueState {
    /// An MD5 in progress: A, B, C, D, Nl, Nh, 16 words of data, num. `None` if not started.
    Md5(Option<Box<[u32; 23]>>),
    /// A SHA-1 in progress: h0–h4, Nl, Nh, 16 words of data, num.
    Sha1(Option<Box<[u32; 24]>>),
    /// A SHA-256 in progress: 8 × h, Nl, Nh, 16 words of data, num, md_len.
    Sha256(Option<Box<[u32; 28]>>),
    /// A test for randomness in progress.
    Entropy(Box<Entropy>),
    /// The most frequent elements seen.
    TopK(TopK),
    /// A Bloom filter.
    Bloom(Bloom),
    /// A HyperLogLog counter of distinct elements.
    Cardinality(Cardinality),
    /// A certificate in DER.
    X509(Bytes),
}

/// The state of a test for randomness.
#[derive(Debug, Clone)]
pub struct Entropy {
    /// How often each byte was seen.
    pub counts: [i64; 256],
    /// How many bytes were seen.
    pub total: i64,
    /// The Monte-Carlo test's position.
    pub mp: i32,
    /// Whether the serial correlation test has not begun.
    pub scc_first: i32,
    /// The Monte-Carlo test's bytes.
    pub monte: [u32; 6],
    /// The number of points inside the circle.
    pub inmont: i64,
    /// The total number of points.
    pub mcount: i64,
    /// `cexp, montex, montey, montepi, sccu0, scclast, scct1, scct2, scct3`
    pub sums: [f64; 9],
}

/// The most frequent elements seen.
#[derive(Debug, Clone)]
pub struct TopK {
    /// The number of elements to report.
    pub size: u64,
    /// The number of stored elements.
    pub num_elements: u64,
    /// Whether elements were dropped.
    pub pruned: bool,
    /// The elements' type, known after the first element.
    pub ty: Option<Type>,
    /// Elements grouped by count.
    pub buckets: Vec<Bucket>,
}

/// Elements with the same count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// The count.
    pub count: u64,
    /// The elements, each with its possible overestimate.
    pub elements: Vec<(u64, Value)>,
}

/// A Bloom filter.
#[derive(Debug, Clone)]
pub struct Bloom {
    /// The elements' type, known after the first element.
    pub ty: Option<Type>,
    /// The filter.
    pub filter: Arc<BloomFilter>,
}

/// A Bloom filter's hash functions and bits or counters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BloomFilter {
    /// The hash functions.
    pub hasher: Arc<Hasher>,
    /// The bits or counters.
    pub cells: BloomCells,
}

/// The cells of a basic or counting Bloom filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BloomCells {
    /// A bit per cell.
    Basic(Arc<BitVector>),
    /// A counter per cell.
    Counting(Arc<CounterVector>),
}

/// The parameters of a Bloom filter's hash functions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hasher {
    /// Whether two hash functions are combined (class 3), instead of k independent ones (class 2).
    pub double: bool,
    /// The number of hash functions.
    pub k: u16,
    /// The seeds: two, or one from a Bro up to 2.4, which has other hash functions.
    pub seed: Vec<u64>,
}

/// A bit vector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitVector {
    /// The bits, 64 per block.
    pub blocks: Vec<u64>,
    /// The number of bits.
    pub num_bits: u64,
}

/// A vector of counters of equal width.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterVector {
    /// The counters' bits.
    pub bits: Arc<BitVector>,
    /// The width of a counter in bits.
    pub width: u64,
}

/// A HyperLogLog counter.
#[derive(Debug, Clone)]
pub struct Cardinality {
    /// The elements' type, known after the first element.
    pub ty: Option<Type>,
    /// The number of buckets that are still empty.
    pub v: u64,
    /// The correction factor.
    pub alpha_m: f64,
    /// The buckets; their number is m.
    pub buckets: Bytes,
}
