//! Values as the store keeps them: small, and without the buffer of the message that they came in;
//! and containers, which no operation copies.

use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::net::IpAddr;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::Time;
use crate::data::{
    AttributeTag, Attributes, Expr, Items, List, ListType, Name, Port, Subnet, Type, TypeKind,
    TypeTag, Value, as_ordered, compare_addresses, index_types,
};

/// A value without addressable parts, in 24 bytes if it is not one of the rare kinds.
#[derive(Debug, Clone)]
pub(super) enum Stored {
    Bool(bool),
    Int(i64),
    Count(u64),
    Counter(u64),
    Double(f64),
    Time(f64),
    Interval(f64),
    String(Box<[u8]>),
    Port(Port),
    Addr(IpAddr),
    Subnet(Subnet),
    /// A value of any other kind.
    Other(Box<Value>),
}

impl Stored {
    pub(super) fn new(value: &Value) -> Stored {
        match value {
            Value::Bool(value) => Stored::Bool(*value),
            Value::Int(value) => Stored::Int(*value),
            Value::Count(value) => Stored::Count(*value),
            Value::Counter(value) => Stored::Counter(*value),
            Value::Double(value) => Stored::Double(*value),
            Value::Time(value) => Stored::Time(*value),
            Value::Interval(value) => Stored::Interval(*value),
            Value::String(value) => Stored::String(Box::from(&**value)),
            Value::Port(value) => Stored::Port(*value),
            Value::Addr(value) => Stored::Addr(*value),
            Value::Subnet(value) => Stored::Subnet(*value),
            other => Stored::Other(Box::new(other.compact())),
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Stored::Bool(value) => Value::Bool(*value),
            Stored::Int(value) => Value::Int(*value),
            Stored::Count(value) => Value::Count(*value),
            Stored::Counter(value) => Value::Counter(*value),
            Stored::Double(value) => Value::Double(*value),
            Stored::Time(value) => Value::Time(*value),
            Stored::Interval(value) => Value::Interval(*value),
            Stored::String(value) => Value::String(Bytes::copy_from_slice(value)),
            Stored::Port(value) => Value::Port(*value),
            Stored::Addr(value) => Value::Addr(*value),
            Stored::Subnet(value) => Value::Subnet(*value),
            Stored::Other(value) => Value::clone(value),
        }
    }

    pub(super) fn tag(&self) -> TypeTag {
        match self {
            Stored::String(_) => TypeTag::String,
            Stored::Other(value) => value.tag(),
            plain => plain.value().tag(),
        }
    }

    /// Returns the value's [`cost`].
    pub(super) fn cost(&self) -> usize {
        match self {
            Stored::String(string) => 1usize.saturating_add(string.len() / 64),
            Stored::Other(value) => cost(value),
            _ => 1,
        }
    }
}

/// The same order as that of [`Value`].
impl Ord for Stored {
    fn cmp(&self, other: &Stored) -> Ordering {
        match (self, other) {
            (Stored::Bool(a), Stored::Bool(b)) => a.cmp(b),
            (Stored::Int(a), Stored::Int(b)) => a.cmp(b),
            (Stored::Count(a), Stored::Count(b)) | (Stored::Counter(a), Stored::Counter(b)) => {
                a.cmp(b)
            }
            (Stored::Double(a), Stored::Double(b))
            | (Stored::Time(a), Stored::Time(b))
            | (Stored::Interval(a), Stored::Interval(b)) => a.total_cmp(b),
            (Stored::String(a), Stored::String(b)) => a.cmp(b),
            (Stored::Port(a), Stored::Port(b)) => a.cmp(b),
            (Stored::Addr(a), Stored::Addr(b)) => compare_addresses(*a, *b),
            (Stored::Subnet(a), Stored::Subnet(b)) => a.cmp(b),
            (Stored::Other(a), Stored::Other(b)) => a.cmp(b),
            (a, b) => a.tag().cmp(&b.tag()),
        }
    }
}

/// Returns the cost of a value: one for each of its parts, and one for each 64 bytes of a string.
pub(super) fn cost(value: &Value) -> usize {
    let sum = |values: &mut dyn Iterator<Item = &Value>| {
        values.fold(1usize, |sum, value| sum.saturating_add(cost(value)))
    };
    match value {
        Value::String(string) => 1usize.saturating_add(string.len() / 64),
        Value::Pattern(pattern) => 1usize.saturating_add(pattern.exact.len() / 32),
        Value::List(list) => sum(&mut list.items.iter()),
        Value::Table(table) => {
            let entries = table.entries.iter();
            sum(&mut entries.flat_map(|entry| entry.index.items.iter().chain(&entry.value)))
        }
        // An unset field takes as much memory as a set one.
        Value::Record(record) => {
            sum(&mut record.fields.iter().flatten()).saturating_add(record.fields.len())
        }
        Value::Vector(vector) => {
            sum(&mut vector.items.iter().flatten()).saturating_add(vector.items.len())
        }
        Value::Opaque(_) | Value::Func(..) => 256,
        _ => 1,
    }
}

/// The index of a table's entry.
#[derive(Debug, Clone)]
pub(super) enum Index {
    One(Stored),
    Many(Box<[Stored]>),
}

impl Index {
    pub(super) fn new(components: &[Value]) -> Index {
        match components {
            [only] => Index::One(Stored::new(only)),
            many => Index::Many(many.iter().map(Stored::new).collect()),
        }
    }

    fn components(&self) -> &[Stored] {
        match self {
            Index::One(only) => std::slice::from_ref(only),
            Index::Many(many) => many,
        }
    }

    pub(super) fn values(&self) -> Items {
        match self {
            Index::One(only) => Items::one(only.value()),
            Index::Many(many) => many.iter().map(Stored::value).collect(),
        }
    }

    /// Returns the cost of an entry with this index, without its value.
    pub(super) fn cost(&self) -> usize {
        self.components().iter().map(Stored::cost).fold(1, usize::saturating_add)
    }
}

/// The same order as that of [`List`].
impl Ord for Index {
    fn cmp(&self, other: &Index) -> Ordering {
        match (self, other) {
            (Index::One(a), Index::One(b)) => a.cmp(b),
            (a, b) => a.components().cmp(b.components()),
        }
    }
}

as_ordered! { Stored Index }

/// Identifies a container within a store. Never reused.
pub(super) type Key = u64;

/// The content of a variable, an entry, a field or an element.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    /// A value that is not a container, or whose parts cannot be addressed.
    Plain(Stored),
    /// A container, which may be in several places.
    Held(Key),
}

/// A table, set, record or vector.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) ty: Type,
    /// Its first ID, by which local operations address it. Empty if it is not part of a
    /// synchronized variable.
    pub(super) id: Name,
    /// Its other IDs: those of tables that were merged into it.
    pub(super) aliases: Vec<Name>,
    /// The places that contain it.
    pub(super) owners: Owners,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Table(Table),
    Record(Vec<Option<Slot>>),
    Vector(Vec<Option<Slot>>),
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<Index, Entry>,
    /// The type of the indices.
    index_type: Type,
    pub(super) is_set: bool,
    pub(super) attributes: Option<Arc<Attributes>>,
    pub(super) lifetime: Option<Lifetime>,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// `None` in sets.
    pub(super) slot: Option<Slot>,
    /// When it was last used, in network time.
    pub(super) last_access: f64,
    /// The start of its expiry time, in network time.
    pub(super) expire_access: f64,
    /// `None` if the table's entries do not expire.
    pub(super) expiry: Option<Box<Expiry>>,
}

/// The expiry of an entry.
#[derive(Debug)]
pub(super) struct Expiry {
    /// When peers were last notified of a read, in network time.
    pub(super) read_told: f64,
    /// Its time in the expiry queue.
    pub(super) queued: Time,
}

/// The rest of a table's entries.
pub(super) type Entries<'t> = btree_map::Range<'t, Index, Entry>;

impl Table {
    /// Creates a table or set with this type.
    pub(super) fn new(ty: &Type) -> Table {
        let list = ListType { pure: None, types: index_types(ty).to_vec() };
        let index_type = Type::new("", TypeKind::List(list));
        let (entries, is_set) = (BTreeMap::new(), crate::data::Table::new(ty.clone()).is_set());
        Table { entries, index_type, is_set, attributes: None, lifetime: None }
    }

    /// Returns an index in the form that Bro writes: a list of `any`, with the types of the
    /// components.
    pub(super) fn list(&self, index: &Index) -> Arc<List> {
        let (ty, tag) = (self.index_type.clone(), TypeTag::Any as u8);
        Arc::new(List { ty, tag, items: index.values() })
    }

    /// Iterates over the entries after the one with this index, or over all.
    pub(super) fn after(&self, last: Option<&Index>) -> Entries<'_> {
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.entries.range::<Index, _>((after, Bound::Unbounded))
    }
}

impl Content {
    pub(super) fn tag(&self) -> TypeTag {
        match self {
            Content::Table(_) => TypeTag::Table,
            Content::Record(_) => TypeTag::Record,
            Content::Vector(_) => TypeTag::Vector,
        }
    }
}

/// A place that contains a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// The variable with this number.
    Variable(usize),
    /// A place in this container.
    Container(Key),
}

/// Counts the places that contain a container; usually one.
#[derive(Debug, Default)]
pub(super) enum Owners {
    #[default]
    None,
    One(Owner),
    Many(BTreeMap<Owner, usize>),
}

impl Owners {
    pub(super) fn add(&mut self, owner: Owner) {
        *self = match std::mem::take(self) {
            Owners::None => Owners::One(owner),
            Owners::One(first) => {
                let mut many = BTreeMap::new();
                for owner in [first, owner] {
                    *many.entry(owner).or_insert(0usize) += 1;
                }
                Owners::Many(many)
            }
            Owners::Many(mut many) => {
                *many.entry(owner).or_insert(0) += 1;
                Owners::Many(many)
            }
        };
    }

    /// Removes one place. Returns whether none is left.
    pub(super) fn remove(&mut self, owner: Owner) -> bool {
        match self {
            Owners::None => {}
            Owners::One(only) => {
                if *only == owner {
                    *self = Owners::None;
                }
            }
            Owners::Many(many) => {
                if let btree_map::Entry::Occupied(mut count) = many.entry(owner) {
                    *count.get_mut() = count.get().saturating_sub(1);
                    if *count.get() == 0 {
                        count.remove();
                    }
                }
                if many.is_empty() {
                    *self = Owners::None;
                }
            }
        }
        matches!(self, Owners::None)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Owner> + '_ {
        let (one, many) = match self {
            Owners::None => (None, None),
            Owners::One(owner) => (Some(*owner), None),
            Owners::Many(many) => (None, Some(many.keys().copied())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// The lifetime of a table's entries, and its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lifetime {
    since: Since,
    seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Created,
    Written,
    Read,
}

impl Lifetime {
    /// Returns the lifetime in a table's attributes. Intervals that are not constant are ignored:
    /// expressions are not evaluated.
    pub(super) fn of(attributes: Option<&Attributes>, fallback: Option<&Expr>) -> Option<Lifetime> {
        attributes?.list.iter().find_map(|attribute| {
            let since = match attribute.tag {
                AttributeTag::CreateExpire => Since::Created,
                AttributeTag::WriteExpire => Since::Written,
                AttributeTag::ReadExpire => Since::Read,
                _ => return None,
            };
            let expr = attribute.expr.as_deref().or(fallback)?;
            match expr.as_const() {
                Some(Value::Interval(seconds)) if *seconds >= 0.0 => {
                    Some(Lifetime { since, seconds: *seconds })
                }
                _ => None,
            }
        })
    }

    pub(super) fn counts_from_creation(self) -> bool {
        self.since == Since::Created
    }

    pub(super) fn counts_from_reading(self) -> bool {
        self.since == Since::Read
    }

    /// Returns when an entry expires.
    pub(super) fn end(self, since: f64) -> Time {
        Time::from_secs_f64(since + self.seconds)
    }

    /// Returns the minimum interval between notifications of reads.
    pub(super) fn half(self) -> f64 {
        self.seconds / 2.0
    }
}
