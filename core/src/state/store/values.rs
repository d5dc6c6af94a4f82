//! Values in the store: their division into containers, and their assembly.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::Alias;
use crate::data;
use crate::data::{AttributeTag, Attributes, Mutable, Name, Record, Type, Value, Vector};
use crate::state::StateError;
use crate::state::heap::Heap;
use crate::state::stored::{
    Container, Content, Entry, Index, Key, Lifetime, Owner, Owners, Slot, Stored, Table,
};

/// The maximum nesting of containers, as in a SERIAL message.
const MAX_DEPTH: u32 = 64;

/// The maximum number of parts that a value gets from containers in several locations.
const MAX_REPEATED: u64 = 1 << 22;

/// The property of containers in synchronized variables (2§6).
const SYNCHRONIZED: u8 = 2;

/// The origin of a value, which determines the meaning of its containers' unique IDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A local value: all its containers are new.
    Local,
    /// A peer's change: a container with a known ID is the existing one, with its local content
    /// (2§9).
    Peer,
    /// Full state: a container with a known ID is the existing one, and its content is replaced.
    FullState,
    /// The exact state, from a snapshot or from the mirrored node: like full state, but nothing is
    /// merged.
    Snapshot,
}

/// How a value is split.
#[derive(Debug)]
pub(super) struct Absorb {
    pub(super) source: Source,
    /// Whether the containers get unique IDs.
    pub(super) synchronized: bool,
    /// The containers being filled, outermost first.
    within: Vec<Key>,
    /// The local IDs of containers that have other IDs in the value.
    pub(super) aliases: Vec<Alias>,
}

impl Absorb {
    pub(super) fn new(source: Source, synchronized: bool) -> Absorb {
        Absorb { source, synchronized, within: Vec::new(), aliases: Vec::new() }
    }

    /// Records a container's local ID and its ID in the value.
    pub(super) fn note_alias(&mut self, ours: Name, theirs: &Name) {
        if ours != *theirs && !theirs.is_empty() {
            self.aliases.push(Alias { ours, theirs: theirs.compact() });
        }
    }
}

impl Heap {
    /// Converts a value to a slot, which is not attached to a location yet.
    ///
    /// The value must be coerced to the location's type. The attributes are those of the location.
    pub(super) fn absorb(
        &mut self,
        value: &Value,
        attributes: Option<&Arc<Attributes>>,
        how: &mut Absorb,
    ) -> Slot {
        let (mutable, ty, content) = match value {
            Value::Table(table) => {
                (&table.mutable, &table.ty, Content::Table(Table::new(&table.ty)))
            }
            Value::Record(record) => (&record.mutable, &record.ty, Content::Record(Vec::new())),
            Value::Vector(vector) => (&vector.mutable, &vector.ty, Content::Vector(Vec::new())),
            _ => return Slot::Plain(Stored::new(value)),
        };
        let theirs = match how.source {
            Source::Local => None,
            _ => Some(&mutable.unique_id).filter(|id| !id.is_empty()),
        };
        let known = theirs.and_then(|id| self.by_id(id));
        if let Some(key) = known {
            let same = self.get(key).is_some_and(|container| container.ty == *ty);
            // A container that would contain itself is copied instead.
            if same && !how.within.contains(&key) {
                how.note_alias(self.id(key), &mutable.unique_id);
                if how.source != Source::Peer {
                    self.refill(key, value, attributes, how);
                }
                return Slot::Held(key);
            }
        }
        let id = match theirs {
            _ if !how.synchronized => Name::new(),
            Some(id) if known.is_none() => id.compact(),
            _ => self.new_id(),
        };
        let key = self.add(ty.clone(), id, content);
        self.fill(key, value, attributes, how);
        Slot::Held(key)
    }

    /// Replaces a container's content with that of a value.
    fn refill(
        &mut self,
        key: Key,
        value: &Value,
        attributes: Option<&Arc<Attributes>>,
        how: &mut Absorb,
    ) {
        let Some(container) = self.get_mut(key) else { return };
        let empty = match container.content {
            Content::Table(_) => Content::Table(Table::new(&container.ty)),
            Content::Record(_) => Content::Record(Vec::new()),
            Content::Vector(_) => Content::Vector(Vec::new()),
        };
        let old = std::mem::replace(&mut container.content, empty);
        let slots = self.dissolve(key, old);
        self.fill(key, value, attributes, how);
        // Detach the old content last, because the new content may contain some of the same
        // containers.
        for slot in slots {
            self.detach(slot, Owner::Container(key));
        }
    }

    fn fill(
        &mut self,
        key: Key,
        value: &Value,
        attributes: Option<&Arc<Attributes>>,
        how: &mut Absorb,
    ) {
        how.within.push(key);
        match value {
            Value::Table(table) => {
                let attributes = attributes.or(table.attributes.as_ref()).cloned();
                let lifetime = Lifetime::of(attributes.as_deref(), table.expire_time.as_deref());
                if let Some(Content::Table(held)) = self.get_mut(key).map(|c| &mut c.content) {
                    held.attributes = attributes;
                    held.lifetime = lifetime;
                }
                self.add_entries(key, table, how);
            }
            Value::Record(record) => {
                let fields = fields(&record.ty);
                let slots = record.fields.iter().enumerate().map(|(at, field)| {
                    let attributes = fields.get(at).and_then(|field| field.as_ref());
                    field.as_ref().map(|field| self.absorb_into(key, field, attributes, how))
                });
                let slots = slots.collect();
                self.set_slots(key, slots);
            }
            Value::Vector(vector) => {
                let items = vector
                    .items
                    .iter()
                    .map(|item| item.as_ref().map(|item| self.absorb_into(key, item, None, how)));
                let slots = items.collect();
                self.set_slots(key, slots);
            }
            _ => {}
        }
        how.within.pop();
    }

    /// Adds a table's entries to an existing table, overwriting entries with equal indices.
    pub(super) fn add_entries(&mut self, key: Key, table: &crate::data::Table, how: &mut Absorb) {
        for entry in &table.entries {
            let index = Index::new(&entry.index.items);
            let slot = entry.value.as_ref().map(|value| self.absorb(value, None, how));
            let stamps = (self.time_of(entry.last_access), self.time_of(entry.expire_access));
            self.insert(key, index, slot, Some(stamps));
        }
    }

    fn absorb_into(
        &mut self,
        key: Key,
        value: &Value,
        attributes: Option<&Arc<Attributes>>,
        how: &mut Absorb,
    ) -> Slot {
        let slot = self.absorb(value, attributes, how);
        self.attach(&slot, Owner::Container(key));
        slot
    }

    fn set_slots(&mut self, key: Key, slots: Vec<Option<Slot>>) {
        self.cost = self.cost.saturating_add(slots.len());
        let content = self.get_mut(key).map(|container| &mut container.content);
        if let Some(Content::Record(held) | Content::Vector(held)) = content {
            *held = slots;
        }
    }
}

/// Returns the attributes of a record type's fields.
fn fields(ty: &Type) -> Vec<Option<Arc<Attributes>>> {
    ty.fields().unwrap_or_default().iter().map(|field| field.attributes.clone()).collect()
}

/// Assembles one value.
#[derive(Debug)]
pub(super) struct Reading<'h> {
    heap: &'h Heap,
    /// The containers in several locations, and their numbers of parts.
    known: BTreeMap<Key, (Value, u64)>,
    depth: u32,
    /// The cost of the value so far; see [`cost`](crate::state::stored::cost).
    pub(super) parts: u64,
    repeated: u64,
    /// The cost from which entries and elements are omitted.
    most: u64,
    cuts_vectors: bool,
    /// The incomplete containers.
    pub(super) cut: Vec<Rest>,
}

/// The remaining part of an incomplete container.
#[derive(Debug, Clone)]
pub(super) enum Rest {
    /// The entries after the one with this index, or all.
    Entries(Key, Option<Index>),
    /// The elements starting at this one.
    Elements(Key, usize),
}

impl<'h> Reading<'h> {
    /// Reads the whole value.
    pub(super) fn whole(heap: &'h Heap) -> Reading<'h> {
        Reading::new(heap, u64::MAX, false)
    }

    /// Omits entries and elements that can be sent later, once this cost is reached.
    pub(super) fn piece(heap: &'h Heap, most: u64) -> Reading<'h> {
        Reading::new(heap, most, true)
    }

    /// Omits entries, once this cost is reached.
    pub(super) fn piece_of_tables(heap: &'h Heap, most: u64) -> Reading<'h> {
        Reading::new(heap, most, false)
    }

    fn new(heap: &'h Heap, most: u64, cuts_vectors: bool) -> Reading<'h> {
        let (known, cut) = (BTreeMap::new(), Vec::new());
        Reading { heap, known, depth: 0, parts: 0, repeated: 0, most, cuts_vectors, cut }
    }

    /// Returns whether there is room for more entries or elements.
    pub(super) fn has_room(&self) -> bool {
        self.parts < self.most
    }

    fn count(&mut self, cost: usize) {
        self.parts = self.parts.saturating_add(u64::try_from(cost).unwrap_or(u64::MAX));
    }

    pub(super) fn slot(&mut self, slot: &Slot) -> Result<Value, StateError> {
        let key = match slot {
            Slot::Plain(value) => {
                self.count(value.cost());
                return Ok(value.value());
            }
            Slot::Held(key) => *key,
        };
        self.count(1);
        let Some(container) = self.heap.get(key) else {
            return Err(StateError::UnknownTarget(data::Name::new()));
        };
        if let Some((value, parts)) = self.known.get(&key) {
            self.parts = self.parts.saturating_add(*parts);
            self.repeated = self.repeated.saturating_add(*parts);
            if self.repeated > MAX_REPEATED {
                let (target, limit) = (container.id.clone(), MAX_REPEATED);
                return Err(StateError::TooLarge { target, limit });
            }
            return Ok(value.clone());
        }
        if self.depth >= MAX_DEPTH {
            let (target, limit) = (container.id.clone(), MAX_DEPTH);
            return Err(StateError::TooDeep { target, limit });
        }
        self.depth = self.depth.saturating_add(1);
        let before = self.parts;
        let value = self.container(key, container)?;
        self.depth = self.depth.saturating_sub(1);
        if matches!(container.owners, Owners::Many(_)) {
            self.known.insert(key, (value.clone(), self.parts.saturating_sub(before)));
        }
        Ok(value)
    }

    fn container(&mut self, key: Key, container: &Container) -> Result<Value, StateError> {
        let ty = container.ty.clone();
        let properties = if container.id.is_empty() { 0 } else { SYNCHRONIZED };
        let mutable = Mutable { properties, unique_id: container.id.clone() };
        // A container without an ID cannot be continued later.
        let can_be_cut = !container.id.is_empty();
        Ok(match &container.content {
            Content::Record(slots) => {
                let mut fields = Vec::with_capacity(slots.len());
                for slot in slots {
                    self.count(1);
                    fields.push(slot.as_ref().map(|slot| self.slot(slot)).transpose()?);
                }
                Record { ty, mutable, fields }.into()
            }
            Content::Vector(slots) => {
                let mut items = Vec::new();
                for (at, slot) in slots.iter().enumerate() {
                    if can_be_cut && self.cuts_vectors && !self.has_room() {
                        // An element without a value cannot be assigned later.
                        if slots.iter().skip(at).all(Option::is_some) {
                            self.cut.push(Rest::Elements(key, at));
                            break;
                        }
                    }
                    self.count(1);
                    items.push(slot.as_ref().map(|slot| self.slot(slot)).transpose()?);
                }
                Vector { ty, mutable, items }.into()
            }
            Content::Table(table) => {
                let mut last: Option<&Index> = None;
                let mut entries = Vec::new();
                for (index, entry) in &table.entries {
                    if can_be_cut && !self.has_room() {
                        self.cut.push(Rest::Entries(key, last.cloned()));
                        break;
                    }
                    entries.push(self.entry(table, index, entry)?);
                    last = Some(index);
                }
                data::Table {
                    ty,
                    mutable,
                    attributes: table.attributes.clone(),
                    expire_time: expression(table, is_expiry),
                    expire_func: expression(table, |tag| tag == AttributeTag::ExpireFunc),
                    entries,
                }
                .into()
            }
        })
    }

    pub(super) fn entry(
        &mut self,
        table: &Table,
        index: &Index,
        entry: &Entry,
    ) -> Result<data::Entry, StateError> {
        self.count(index.cost());
        Ok(data::Entry {
            index: table.list(index),
            value: entry.slot.as_ref().map(|slot| self.slot(slot)).transpose()?,
            last_access: self.heap.stamp(entry.last_access),
            expire_access: self.heap.stamp(entry.expire_access),
        })
    }
}

fn is_expiry(tag: AttributeTag) -> bool {
    matches!(tag, AttributeTag::CreateExpire | AttributeTag::WriteExpire | AttributeTag::ReadExpire)
}

fn expression(table: &Table, wanted: impl Fn(AttributeTag) -> bool) -> Option<Arc<data::Expr>> {
    let attributes = table.attributes.as_deref()?;
    attributes.list.iter().find(|attribute| wanted(attribute.tag))?.expr.clone()
}
