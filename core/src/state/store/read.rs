//! Assembly of values from the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{self, AttributeTag, Mutable, Record, Value, Vector};
use crate::state::StateError;
use crate::state::container::{Container, Content, Entry, Key, Owners, Slot, Table};
use crate::state::heap::Heap;
use crate::state::stored::Index;

/// The maximum nesting of containers, as in a SERIAL message.
const MAX_DEPTH: u32 = 64;

/// The maximum number of parts that a value gets from containers in several places.
const MAX_REPEATED: u64 = 1 << 22;

/// Assembles one value.
#[derive(Debug)]
pub(super) struct Reading<'h> {
    heap: &'h Heap,
    /// The containers in several places, and their numbers of parts.
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

/// The property of containers in synchronized variables (2§6).
const SYNCHRONIZED: u8 = 2;

fn is_expiry(tag: AttributeTag) -> bool {
    matches!(tag, AttributeTag::CreateExpire | AttributeTag::WriteExpire | AttributeTag::ReadExpire)
}

fn expression(table: &Table, wanted: impl Fn(AttributeTag) -> bool) -> Option<Arc<data::Expr>> {
    let attributes = table.attributes.as_deref()?;
    attributes.list.iter().find(|attribute| wanted(attribute.tag))?.expr.clone()
}
