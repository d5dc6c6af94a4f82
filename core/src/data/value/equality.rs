//! Equality of values, as Bro compares the indices of tables and sets (2§6).
//!
//! Equality, ordering and hash of a type use the same key, so they are consistent.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::{
    Bloom, Bucket, Cardinality, Entropy, Entry, EnumValue, Event, File, Func, List, Opaque,
    OpaqueState, Record, Subnet, Table, TopK, Value, Vector,
};

/// Compares a double by its bits, as Bro's hash tables do.
#[derive(Clone, Copy)]
struct Bits(f64);

/// Returns an address as Bro stores it: 128 bits, IPv4 mapped into IPv6.
fn mapped(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => 0xffff_0000_0000 | u128::from(addr.to_bits()),
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

/// Compares addresses as Bro stores them. Most are IPv4, where this is cheaper.
pub(crate) fn compare_addresses(a: IpAddr, b: IpAddr) -> Ordering {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.cmp(&b),
        (a, b) => mapped(a).cmp(&mapped(b)),
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
pub(crate) use as_ordered;

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

as_ordered! { Bits Value }

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

impl Ord for Value {
    /// Orders by the type's tag, then by content: numbers by size, strings by bytes.
    ///
    /// The order is consistent with equality and meant for sorting and ordered maps; Bro defines
    /// none.
    #[inline]
    fn cmp(&self, other: &Value) -> Ordering {
        match self {
            Value::List(_)
            | Value::Table(_)
            | Value::Record(_)
            | Value::Vector(_)
            | Value::Opaque(_) => Comparison::default().values(self, other),
            _ => self.cmp_scalars(other),
        }
    }
}

impl Value {
    /// Compares values without parts, and values of different types.
    fn cmp_scalars(&self, other: &Value) -> Ordering {
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
            (Value::Addr(a), Value::Addr(b)) => compare_addresses(*a, *b),
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

// Comparison of values that may contain tables.
//
// Entries have no fixed order, so two tables are compared in the order of their indices. An index
// may contain tables, which contain others: if each were sorted for each comparison, the work
// would multiply with each level, and a small message could take extremely long. So results for a
// table are cached until the comparison ends.

/// A comparison of any number of values.
#[derive(Default)]
struct Comparison<'v> {
    /// The sorted entries of tables, by the tables' addresses.
    sorted: BTreeMap<*const Table, Rc<[&'v Entry]>>,
    /// The results for pairs of tables.
    compared: BTreeMap<[*const Table; 2], Ordering>,
}

impl<'v> Comparison<'v> {
    pub(super) fn values(&mut self, a: &'v Value, b: &'v Value) -> Ordering {
        match (a, b) {
            (Value::List(a), Value::List(b)) => shared(a, b, |a, b| self.lists(a, b)),
            (Value::Table(a), Value::Table(b)) => shared(a, b, |a, b| self.tables(a, b)),
            (Value::Record(a), Value::Record(b)) => shared(a, b, |a, b| self.records(a, b)),
            (Value::Vector(a), Value::Vector(b)) => shared(a, b, |a, b| self.vectors(a, b)),
            (Value::Opaque(a), Value::Opaque(b)) => shared(a, b, |a, b| self.opaques(a, b)),
            (a, b) => a.cmp_scalars(b),
        }
    }

    fn lists(&mut self, a: &'v List, b: &'v List) -> Ordering {
        self.all(&a.items, &b.items, Self::values)
    }

    pub(super) fn records(&mut self, a: &'v Record, b: &'v Record) -> Ordering {
        self.all(&a.fields, &b.fields, Self::slots)
    }

    pub(super) fn vectors(&mut self, a: &'v Vector, b: &'v Vector) -> Ordering {
        self.all(&a.items, &b.items, Self::slots)
    }

    pub(super) fn tables(&mut self, a: &'v Table, b: &'v Table) -> Ordering {
        let lengths = a.entries.len().cmp(&b.entries.len());
        if lengths.is_ne() {
            return lengths;
        }
        let pair = [a, b].map(std::ptr::from_ref);
        if let Some(known) = self.compared.get(&pair) {
            return *known;
        }
        let (left, right) = (self.sorted(a), self.sorted(b));
        let ordering = self.all(&left, &right, |c, a, b| c.entries(a, b));
        self.compared.insert(pair, ordering);
        ordering
    }

    pub(super) fn entries(&mut self, a: &'v Entry, b: &'v Entry) -> Ordering {
        let indices = self.lists(&a.index, &b.index);
        indices.then_with(|| self.slots(&a.value, &b.value))
    }

    fn opaques(&mut self, a: &'v Opaque, b: &'v Opaque) -> Ordering {
        match (&a.state, &b.state) {
            (OpaqueState::TopK(a), OpaqueState::TopK(b)) => self.topks(a, b),
            (a, b) => a.cmp(b),
        }
    }

    fn topks(&mut self, a: &'v TopK, b: &'v TopK) -> Ordering {
        let key = |topk: &TopK| (topk.size, topk.num_elements, topk.pruned);
        let keys = key(a).cmp(&key(b));
        keys.then_with(|| self.all(&a.buckets, &b.buckets, Self::buckets))
    }

    fn buckets(&mut self, a: &'v Bucket, b: &'v Bucket) -> Ordering {
        let counts = a.count.cmp(&b.count);
        counts.then_with(|| {
            self.all(&a.elements, &b.elements, |c, (a_epsilon, a), (b_epsilon, b)| {
                a_epsilon.cmp(b_epsilon).then_with(|| c.values(a, b))
            })
        })
    }

    /// Returns a table's entries in the order of their indices.
    fn sorted(&mut self, table: &'v Table) -> Rc<[&'v Entry]> {
        let address = std::ptr::from_ref(table);
        if let Some(sorted) = self.sorted.get(&address) {
            return Rc::clone(sorted);
        }
        let mut entries: Vec<&Entry> = table.entries.iter().collect();
        entries.sort_by(|a, b| self.lists(&a.index, &b.index));
        let sorted = Rc::from(entries);
        self.sorted.insert(address, Rc::clone(&sorted));
        sorted
    }

    fn slots(&mut self, a: &'v Option<Value>, b: &'v Option<Value>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.values(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// Compares element by element. The shorter one is less.
    fn all<'s, T>(
        &mut self,
        a: &'s [T],
        b: &'s [T],
        mut compare: impl FnMut(&mut Self, &'s T, &'s T) -> Ordering,
    ) -> Ordering {
        let mut pairs = a.iter().zip(b).map(|(a, b)| compare(self, a, b));
        let first = pairs.find(|ordering| ordering.is_ne());
        first.unwrap_or_else(|| a.len().cmp(&b.len()))
    }
}

impl Table {
    /// Returns whether two entries have equal indices.
    pub(crate) fn has_duplicates(&self) -> bool {
        let mut comparison = Comparison::default();
        let sorted = comparison.sorted(self);
        sorted.windows(2).any(|pair| match pair {
            [a, b] => comparison.lists(&a.index, &b.index).is_eq(),
            _ => false,
        })
    }

    /// Keeps only the last of entries with equal indices, as if they were assigned in order.
    pub(crate) fn keep_last_of_equals(&mut self) {
        let mut comparison = Comparison::default();
        let mut sorted: Vec<(usize, &Entry)> = self.entries.iter().enumerate().collect();
        // The sort is stable, so entries with equal indices keep their order.
        sorted.sort_by(|(_, a), (_, b)| comparison.lists(&a.index, &b.index));
        let overwritten = sorted.windows(2).filter_map(|pair| match pair {
            [(at, a), (_, b)] => comparison.lists(&a.index, &b.index).is_eq().then_some(*at),
            _ => None,
        });
        let overwritten: BTreeSet<usize> = overwritten.collect();
        let mut at = 0..;
        self.entries.retain(|_| at.next().is_none_or(|at| !overwritten.contains(&at)));
    }
}

/// Compares values that may be the same instance.
fn shared<'v, T>(
    a: &'v Arc<T>,
    b: &'v Arc<T>,
    compare: impl FnOnce(&'v T, &'v T) -> Ordering,
) -> Ordering {
    if Arc::ptr_eq(a, b) { Ordering::Equal } else { compare(a, b) }
}
