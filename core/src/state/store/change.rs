//! Changes made by both local and remote operations.

use std::cell::Cell;

use super::Store;
use super::absorb::{Absorb, Source};
use super::apply::Alias;
use super::place::Place;
use crate::data::{AttributeTag, Opcode, Origin, Value};
use crate::serial;
use crate::state::StateError;
use crate::state::container::{Content, Slot};
use crate::state::stored::cost;

impl Store {
    /// Assigns a value to a place, coerced to the place's type. Returns the local IDs of containers
    /// that have other IDs in the value.
    pub(super) fn assign_to(
        &mut self,
        place: &Place,
        value: &Value,
        source: Source,
    ) -> Result<Vec<Alias>, StateError> {
        let name = self.name(place);
        let room = Cell::new(serial::ReaderLimits::default().objects);
        let origin = match source {
            Source::Local => Origin::Own,
            Source::Peer | Source::FullState | Source::Snapshot => Origin::Peer { room: &room },
        };
        let value = value.coerce_from(origin, &self.ty(place)).map_err(StateError::value(&name))?;
        self.check_room_for(place, &value)?;
        let attributes = self.attributes(place);
        let synchronized = self.is_synchronized(place);
        let mut how = Absorb::new(source, synchronized);
        let merges = matches!(source, Source::Peer | Source::FullState);
        if !merges || self.merge(place, &value, &mut how).is_none() {
            let slot = self.heap.absorb(&value, attributes.as_ref(), &mut how);
            self.put(place, Some(slot));
        }
        Ok(how.aliases)
    }

    fn check_room_for(&self, place: &Place, value: &Value) -> Result<(), StateError> {
        let gap = match place {
            Place::Element(key, at) => match self.heap.get(*key).map(|c| &c.content) {
                Some(Content::Vector(slots)) => at.saturating_add(1).saturating_sub(slots.len()),
                _ => 0,
            },
            Place::Entry(_, index) => index.cost(),
            Place::Variable(_) | Place::Field(..) => 0,
        };
        // The ID of a merged table is kept.
        self.heap.check_room(cost(value).saturating_add(gap).saturating_add(1))
    }

    /// Merges a table into the existing one, if both are `&mergeable` (2§9).
    fn merge(&mut self, place: &Place, value: &Value, how: &mut Absorb) -> Option<()> {
        let Value::Table(new) = value else { return None };
        let Slot::Held(key) = self.slot(place)? else { return None };
        let key = *key;
        let ours = self.heap.table(key)?.attributes.as_deref()?.has(AttributeTag::Mergeable);
        let theirs = new.attributes.as_deref()?.has(AttributeTag::Mergeable);
        if !ours || !theirs {
            return None;
        }
        match self.heap.by_id(&new.mutable.unique_id) {
            // It already is the same container. The content in a change is ignored.
            Some(known) if known == key && how.source == Source::Peer => {
                how.note_alias(self.heap.id(key), &new.mutable.unique_id);
                return Some(());
            }
            // It is another local container, which replaces the existing one.
            Some(known) if known != key => return None,
            _ => {}
        }
        self.heap.add_entries(key, new, how);
        if how.synchronized {
            self.heap.add_alias(key, &new.mutable.unique_id);
            how.note_alias(self.heap.id(key), &new.mutable.unique_id);
        }
        Some(())
    }

    /// Returns the value of a place, if it can be assembled.
    pub(super) fn value_of(&self, place: &Place) -> Option<Value> {
        self.read(self.slot(place)?).ok()
    }

    /// Returns the value of a place, if operations carry old values.
    pub(super) fn old_value(&self, place: &Place) -> Option<Value> {
        if self.checks_consistency { self.value_of(place) } else { None }
    }

    /// Creates the error that an operation does not apply to the value in a place.
    pub(super) fn wrong_kind(&self, operation: Opcode, place: &Place) -> StateError {
        let target = self.name(place);
        match self.slot(place) {
            None => StateError::NoValue(target),
            Some(Slot::Plain(value)) => {
                StateError::WrongKind { operation, target, found: value.tag() }
            }
            Some(Slot::Held(key)) => match self.heap.get(*key) {
                Some(container) => {
                    StateError::WrongKind { operation, target, found: container.content.tag() }
                }
                None => StateError::NoValue(target),
            },
        }
    }
}

/// Returns an integral value with a difference added, wrapping around as in Bro, so that increments
/// commute.
pub(super) fn wrapping_add(value: &Value, difference: i64) -> Option<Value> {
    Some(match value {
        Value::Int(v) => Value::Int(v.wrapping_add(difference)),
        Value::Count(v) => Value::Count(v.wrapping_add_signed(difference)),
        Value::Counter(v) => Value::Counter(v.wrapping_add_signed(difference)),
        _ => return None,
    })
}

/// Returns an integral value with a difference added, if it stays in the range of its type.
pub(super) fn checked_add(value: &Value, difference: i64) -> Option<Option<Value>> {
    Some(match value {
        Value::Int(v) => v.checked_add(difference).map(Value::Int),
        Value::Count(v) => v.checked_add_signed(difference).map(Value::Count),
        Value::Counter(v) => v.checked_add_signed(difference).map(Value::Counter),
        _ => return None,
    })
}

/// Returns the difference of two integral values of the same type.
pub(super) fn difference(new: &Value, old: &Value) -> Option<i64> {
    let integer = |value: &Value| match value {
        Value::Int(v) => Some(*v),
        Value::Count(v) | Value::Counter(v) => Some(*v as i64),
        _ => None,
    };
    Some(integer(new)?.wrapping_sub(integer(old)?))
}
