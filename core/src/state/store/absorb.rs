//! Splitting of values into containers of the store.

use std::sync::Arc;

use super::apply::Alias;
use crate::data::{Attributes, Name, Type, Value};
use crate::state::container::Lifetime;
use crate::state::container::{Content, Key, Owner, Slot, Table};
use crate::state::heap::Heap;

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
    /// Converts a value to a slot, which is not attached to a place yet.
    ///
    /// The value must be coerced to the place's type. The attributes are those of the place.
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
            _ => return Slot::Plain(value.compact()),
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
            let Some(held) = self.table(key) else { return };
            let index = held.usual_index(entry.index.compact());
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
