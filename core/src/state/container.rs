//! Containers as the store holds them: so that no operation has to copy them.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::Bound;
use std::sync::Arc;

use super::expiry::Lifetime;
use crate::Time;
use crate::data::{Attributes, List, ListType, Name, Type, TypeKind, TypeTag, Value};

/// Names a container within a store; never used again for another.
pub(super) type Key = u64;

/// What stands in a variable, an entry, a field or an element.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    /// A value that is no container, or whose parts nothing addresses.
    Plain(Value),
    /// A container, which may stand in several places.
    Held(Key),
}

/// A table, set, record or vector.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) ty: Type,
    /// The id that it got first, by which our accesses address it; empty if it belongs to nothing
    /// synchronized.
    pub(super) id: Name,
    /// The other ids that it answers to, of tables that were merged into it.
    pub(super) aliases: Vec<Name>,
    /// Where it stands.
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
    pub(super) entries: BTreeMap<Arc<List>, Entry>,
    /// The type of the indices.
    index_type: Type,
    pub(super) attributes: Option<Arc<Attributes>>,
    pub(super) lifetime: Option<Lifetime>,
}

#[derive(Debug)]
pub(super) struct Entry {
    /// `None` in sets.
    pub(super) slot: Option<Slot>,
    /// When it was last used, in network time.
    pub(super) last_access: f64,
    /// What expiry counts from, in network time.
    pub(super) expire_access: f64,
    /// When it was last told to peers that it was read, in network time.
    pub(super) read_told: f64,
    /// Under which time it stands in the queue of what may expire.
    pub(super) queued: Option<Time>,
}

impl Table {
    /// Creates a table or set of this type.
    pub(super) fn new(ty: &Type) -> Table {
        let declared = match ty.def().as_deref().map(|def| &def.kind) {
            Some(TypeKind::Set(set)) => Some(set.index.clone()),
            Some(TypeKind::Table(table)) => Some(table.index.clone()),
            _ => None,
        };
        let types = match declared.as_ref().and_then(Type::def).as_deref().map(|def| &def.kind) {
            Some(TypeKind::List(list)) => list.types.clone(),
            _ => Vec::new(),
        };
        let index_type = Type::new("", TypeKind::List(ListType { pure: None, types }));
        Table { entries: BTreeMap::new(), index_type, attributes: None, lifetime: None }
    }

    /// Creates an index as Bro writes it, whatever the sender of it did: a list of anything, with the
    /// types of the components.
    pub(super) fn usual_index(&self, index: List) -> Arc<List> {
        Arc::new(List { ty: self.index_type.clone(), tag: TypeTag::Any as u8, ..index })
    }

    /// Returns the entries after the one with this index, or all.
    pub(super) fn after(
        &self,
        last: Option<&Arc<List>>,
    ) -> impl Iterator<Item = (&Arc<List>, &Entry)> {
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.entries.range::<Arc<List>, _>((after, Bound::Unbounded))
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

/// Where a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// In the variable with this number.
    Variable(usize),
    /// Somewhere in this container.
    Container(Key),
}

/// Counts how often a container stands where; most stand in one place.
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

    /// Takes one away; returns whether none is left.
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

/// Returns how much a value costs: one for each of its parts, and one for each 64 bytes of a string.
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
        // An unset field takes as much room as any.
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
