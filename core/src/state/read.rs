//! Puts values together of what the store holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StateError;
use super::container::{Container, Content, Entry, Key, Owners, Slot, Table};
use super::heap::Heap;
use crate::data::{self, AttributeTag, List, Mutable, Record, Value, Vector};

/// How deep containers may lie within each other, as in a SERIAL.
const MAX_DEPTH: u32 = 64;

/// How many parts of a value may be there only because a container stands in several places.
const MAX_REPEATED: u64 = 1 << 22;

/// Puts one value together.
#[derive(Debug)]
pub(super) struct Reading<'h> {
    heap: &'h Heap,
    /// The containers that stand in several places, and how many parts they have.
    known: BTreeMap<Key, (Value, u64)>,
    depth: u32,
    parts: u64,
    repeated: u64,
    /// How many entries of a table are taken at most.
    most: usize,
    /// The tables of which some were left out, each with the index of the last that was taken.
    pub(super) cut: Vec<(Key, Arc<List>)>,
}

impl<'h> Reading<'h> {
    pub(super) fn new(heap: &'h Heap, most: usize) -> Reading<'h> {
        let (known, cut) = (BTreeMap::new(), Vec::new());
        Reading { heap, known, depth: 0, parts: 0, repeated: 0, most, cut }
    }

    pub(super) fn slot(&mut self, slot: &Slot) -> Result<Value, StateError> {
        self.parts = self.parts.saturating_add(1);
        let key = match slot {
            Slot::Plain(value) => return Ok(value.clone()),
            Slot::Held(key) => *key,
        };
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
        let mut all = |slots: &[Option<Slot>]| -> Result<Vec<_>, StateError> {
            slots.iter().map(|slot| slot.as_ref().map(|slot| self.slot(slot)).transpose()).collect()
        };
        Ok(match &container.content {
            Content::Record(slots) => Record { ty, mutable, fields: all(slots)? }.into(),
            Content::Vector(slots) => Vector { ty, mutable, items: all(slots)? }.into(),
            Content::Table(table) => {
                // What has no id can't be gone on with.
                let most = if container.id.is_empty() { usize::MAX } else { self.most };
                let mut entries = Vec::with_capacity(table.entries.len().min(most));
                for (index, entry) in table.entries.iter().take(most) {
                    entries.push(self.entry(index, entry)?);
                }
                if let Some(last) = entries.last().filter(|_| entries.len() < table.entries.len()) {
                    self.cut.push((key, Arc::clone(&last.index)));
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
        index: &Arc<List>,
        entry: &Entry,
    ) -> Result<data::Entry, StateError> {
        Ok(data::Entry {
            index: Arc::clone(index),
            value: entry.slot.as_ref().map(|slot| self.slot(slot)).transpose()?,
            last_access: entry.last_access,
            expire_access: entry.expire_access,
        })
    }
}

/// The property of containers that belong to synchronized variables (2§6).
const SYNCHRONIZED: u8 = 2;

fn is_expiry(tag: AttributeTag) -> bool {
    matches!(tag, AttributeTag::CreateExpire | AttributeTag::WriteExpire | AttributeTag::ReadExpire)
}

fn expression(table: &Table, wanted: impl Fn(AttributeTag) -> bool) -> Option<Arc<data::Expr>> {
    let attributes = table.attributes.as_deref()?;
    attributes.list.iter().find(|attribute| wanted(attribute.tag))?.expr.clone()
}
