//! Equality of values, as Bro compares the indices of tables and sets (2§6).
//!
//! Equality, ordering and hash of a type use the same key, so they are consistent.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::net::{IpAddr, Ipv6Addr};

use super::comparison::Comparison;
use super::{
    Bloom, Cardinality, Entropy, Entry, EnumValue, Event, File, Func, List, Opaque, Record, Subnet,
    Table, TopK, Value, Vector,
};

/// Compares a double by its bits, as Bro's hash tables do.
#[derive(Clone, Copy)]
struct Bits(f64);

/// Returns an address as Bro stores it: 128 bits, IPv4 mapped into IPv6.
fn mapped(addr: IpAddr) -> Ipv6Addr {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped(),
        IpAddr::V6(addr) => addr,
    }
}

/// Implements the other comparison traits by `Ord`.
macro_rules! as_ordered {
    ($($ty:ty)*) => {$(
        impl PartialEq for $ty {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }

        impl Eq for $ty {}

        impl PartialOrd for $ty {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
    )*};
}

/// Compares by a key.
macro_rules! by_key {
    ($($ty:ty, $this:ident => $key:expr;)*) => {$(
        as_ordered! { $ty }

        impl $ty {
            fn key(&self) -> impl Ord + Hash {
                let $this = self;
                $key
            }
        }

        impl Ord for $ty {
            fn cmp(&self, other: &Self) -> Ordering {
                self.key().cmp(&other.key())
            }
        }

        impl Hash for $ty {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.key().hash(state);
            }
        }
    )*};
}

/// Compares types that may contain tables; hashes by a key.
macro_rules! by_parts {
    ($($ty:ty, $compare:ident, $this:ident => $key:expr;)*) => {$(
        as_ordered! { $ty }

        impl Ord for $ty {
            fn cmp(&self, other: &Self) -> Ordering {
                Comparison::default().$compare(self, other)
            }
        }

        impl Hash for $ty {
            fn hash<H: Hasher>(&self, state: &mut H) {
                let $this = self;
                $key.hash(state);
            }
        }
    )*};
}

by_parts! {
    List, lists, this => this.items;
    Entry, entries, this => (&this.index, &this.value);
    Table, tables, this => (this.entries.len(), Comparison::default().sorted(this));
    Record, records, this => this.fields;
    Vector, vectors, this => this.items;
    Opaque, opaques, this => this.state;
    TopK, topks, this => (this.size, this.num_elements, this.pruned, &this.buckets);
}

by_key! {
    EnumValue, this => this.number;
    Subnet, this => {
        let family = if this.prefix.is_ipv4() { 96 } else { 0 };
        (mapped(this.prefix), u16::from(this.width) + family)
    };
    Func, this => &this.name;
    File, this => &this.name;
    Event, this => (&this.name, Bits(this.time), &this.args);
    Entropy, this => (
        (this.counts, this.total, this.mp, this.scc_first),
        (this.monte, this.inmont, this.mcount, this.sums.map(Bits)),
    );
    Bloom, this => &this.filter;
    Cardinality, this => (this.v, Bits(this.alpha_m), &this.buckets);
}

impl PartialEq for Bits {
    fn eq(&self, other: &Bits) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Bits {}

impl PartialOrd for Bits {
    fn partial_cmp(&self, other: &Bits) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bits {
    fn cmp(&self, other: &Bits) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Bits {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl PartialEq for Value {
    /// Compares as Bro compares indices of tables; see [`Value`].
    fn eq(&self, other: &Value) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    /// Orders by the type's tag, then by content: numbers by size, strings by bytes.
    ///
    /// The order is consistent with equality and meant for sorting and ordered maps; Bro defines
    /// none.
    #[inline]
    fn cmp(&self, other: &Value) -> Ordering {
        Comparison::default().values(self, other)
    }
}

impl Value {
    /// Compares values without parts, and values of different types.
    pub(super) fn cmp_scalars(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Count(a), Value::Count(b)) | (Value::Counter(a), Value::Counter(b)) => a.cmp(b),
            (Value::Double(a), Value::Double(b))
            | (Value::Time(a), Value::Time(b))
            | (Value::Interval(a), Value::Interval(b)) => Bits(*a).cmp(&Bits(*b)),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Pattern(a), Value::Pattern(b)) => a.cmp(b),
            (Value::Enum(a), Value::Enum(b)) => a.cmp(b),
            (Value::Port(a), Value::Port(b)) => a.cmp(b),
            (Value::Addr(a), Value::Addr(b)) => mapped(*a).cmp(&mapped(*b)),
            (Value::Subnet(a), Value::Subnet(b)) => a.cmp(b),
            (Value::Func(_, a), Value::Func(_, b)) => a.cmp(b),
            (Value::File(_, a), Value::File(_, b)) => a.cmp(b),
            (a, b) => a.tag().cmp(&b.tag()),
        }
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        match self {
            Value::Bool(value) => value.hash(state),
            Value::Int(value) => value.hash(state),
            Value::Count(value) | Value::Counter(value) => value.hash(state),
            Value::Double(value) | Value::Time(value) | Value::Interval(value) => {
                Bits(*value).hash(state);
            }
            Value::String(value) => value.hash(state),
            Value::Pattern(value) => value.hash(state),
            Value::Enum(value) => value.hash(state),
            Value::Port(value) => value.hash(state),
            Value::Addr(value) => mapped(*value).hash(state),
            Value::Subnet(value) => value.hash(state),
            Value::List(value) => value.hash(state),
            Value::Table(value) => value.hash(state),
            Value::Record(value) => value.hash(state),
            Value::Vector(value) => value.hash(state),
            Value::Func(_, value) => value.hash(state),
            Value::File(_, value) => value.hash(state),
            Value::Opaque(value) => value.hash(state),
        }
    }
}
