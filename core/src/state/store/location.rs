//! Locations in the state, and changes at them.

use std::cell::Cell;
use std::sync::Arc;

use super::apply::Alias;
use super::values::{Absorb, Source};
use super::{Store, Target};
use crate::data::{
    AttributeTag, Attributes, Field, List, Name, Opcode, Origin, StateAccess, Type, TypeKind,
    TypeTag, Value, index_types,
};
use crate::serial;
use crate::state::stored::{Content, Index, Key, Owner, Slot, cost};
use crate::state::{Part, Path, StateError};

/// The maximum number of elements beyond a vector's end that an assignment may set.
const MAX_GAP: usize = 1 << 16;

/// A location for a slot, whether or not it is occupied.
#[derive(Debug, Clone)]
pub(super) enum Location {
    Variable(usize),
    Entry(Key, Index),
    Field(Key, usize),
    Element(Key, usize),
}

impl Store {
    /// Returns the slot in a location.
    pub(super) fn slot(&self, location: &Location) -> Option<&Slot> {
        match location {
            Location::Variable(number) => self.variables.get(*number)?.slot.as_ref(),
            Location::Entry(key, index) => self.heap.table(*key)?.entries.get(index)?.slot.as_ref(),
            Location::Field(key, at) | Location::Element(key, at) => {
                match &self.heap.get(*key)?.content {
                    Content::Record(slots) | Content::Vector(slots) => slots.get(*at)?.as_ref(),
                    Content::Table(_) => None,
                }
            }
        }
    }

    /// Replaces the slot in a location.
    pub(super) fn put(&mut self, location: &Location, slot: Option<Slot>) {
        let owner = match location {
            Location::Variable(number) => Owner::Variable(*number),
            Location::Entry(key, index) => {
                self.heap.insert(*key, index.clone(), slot, None);
                return;
            }
            Location::Field(key, _) | Location::Element(key, _) => Owner::Container(*key),
        };
        if let Some(slot) = &slot {
            self.heap.attach(slot, owner);
        }
        let old = match location {
            Location::Variable(number) => {
                let variable = self.variables.get_mut(*number);
                variable.and_then(|variable| std::mem::replace(&mut variable.slot, slot))
            }
            Location::Entry(..) => None,
            Location::Field(key, at) | Location::Element(key, at) => {
                let content = self.heap.get_mut(*key).map(|container| &mut container.content);
                let Some(Content::Record(slots) | Content::Vector(slots)) = content else { return };
                let grown = at.saturating_add(1).saturating_sub(slots.len());
                if grown > 0 {
                    slots.resize(at.saturating_add(1), None);
                }
                let old = slots.get_mut(*at).and_then(|location| std::mem::replace(location, slot));
                self.heap.cost = self.heap.cost.saturating_add(grown);
                old
            }
        };
        if let Some(old) = old {
            self.heap.detach(old, owner);
        }
    }

    /// Returns the declared type of a location.
    pub(super) fn ty(&self, location: &Location) -> Type {
        let ty = match location {
            Location::Variable(number) => {
                self.variables.get(*number).map(|variable| variable.ty.clone())
            }
            Location::Entry(key, _) => self.kind(*key, |kind| kind.table_parts()?.1.cloned()),
            Location::Field(key, at) => self.of_field(*key, *at, |field| Some(field.ty.clone())),
            Location::Element(key, _) => self.kind(*key, |kind| match kind {
                TypeKind::Vector(element) => Some(element.clone()),
                _ => None,
            }),
        };
        ty.unwrap_or(Type::ANY)
    }

    /// Returns the declared attributes of a location.
    pub(super) fn attributes(&self, location: &Location) -> Option<Arc<Attributes>> {
        match location {
            Location::Variable(number) => self.variables.get(*number)?.attributes.clone(),
            Location::Field(key, at) => self.of_field(*key, *at, |field| field.attributes.clone()),
            Location::Entry(..) | Location::Element(..) => None,
        }
    }

    fn kind<T>(&self, key: Key, part: impl FnOnce(&TypeKind) -> Option<T>) -> Option<T> {
        part(&self.heap.get(key)?.ty.def()?.kind)
    }

    fn of_field<T>(
        &self,
        key: Key,
        at: usize,
        part: impl FnOnce(&Field) -> Option<T>,
    ) -> Option<T> {
        self.kind(key, |kind| match kind {
            TypeKind::Record(record) => part(record.fields.as_ref()?.get(at)?),
            _ => None,
        })
    }

    /// Returns the name of a location's variable or container.
    pub(super) fn name(&self, location: &Location) -> Name {
        match location {
            Location::Variable(number) => self
                .variables
                .get(*number)
                .map(|variable| variable.name.clone())
                .unwrap_or_default(),
            Location::Entry(key, _) | Location::Field(key, _) | Location::Element(key, _) => {
                self.heap.id(*key)
            }
        }
    }

    /// Returns whether changes of a location are sent to peers.
    pub(super) fn is_synchronized(&self, location: &Location) -> bool {
        match location {
            Location::Variable(number) => {
                self.variables.get(*number).is_some_and(|variable| variable.synchronized)
            }
            _ => !self.name(location).is_empty(),
        }
    }

    /// Creates the index of a location in its container.
    pub(super) fn operand(&self, location: &Location) -> Option<Value> {
        Some(match location {
            Location::Variable(_) => return None,
            Location::Entry(key, index) => Value::List(self.heap.table(*key)?.list(index)),
            Location::Element(_, at) => Value::Count(u64::try_from(*at).unwrap_or(u64::MAX)),
            Location::Field(key, at) => self
                .of_field(*key, *at, |field| Some(Value::String(field.name.as_bytes().clone())))?,
        })
    }

    /// Creates the operation that assigns a value to a location.
    pub(super) fn assignment(
        &self,
        location: &Location,
        new: Option<Value>,
        old: Option<Value>,
    ) -> Option<StateAccess> {
        if !self.is_synchronized(location) {
            return None;
        }
        let target = self.name(location);
        Some(match self.operand(location) {
            Some(op1) => StateAccess { opcode: Opcode::AssignIdx, target, op1, op2: new, op3: old },
            None => StateAccess { opcode: Opcode::Assign, target, op1: new?, op2: old, op3: None },
        })
    }

    /// Finds the slot at a path.
    pub(super) fn slot_at(&self, path: &Path) -> Result<Slot, StateError> {
        if let ([], Target::Container(key)) = (path.parts.as_slice(), self.target(&path.target)?) {
            return Ok(Slot::Held(key));
        }
        let location = self.location(path)?;
        self.slot(&location).cloned().ok_or_else(|| nothing(&path.target, &location))
    }

    /// Finds the location at a path.
    pub(super) fn location(&self, path: &Path) -> Result<Location, StateError> {
        let mut target = self.target(&path.target)?;
        let mut location = match target {
            Target::Variable(number) => Some(Location::Variable(number)),
            Target::Container(_) => None,
        };
        for part in &path.parts {
            if let Some(location) = &location {
                target = match self.slot(location) {
                    Some(Slot::Held(key)) => Target::Container(*key),
                    Some(Slot::Plain(value)) => return Err(wrong_part(path, value.tag())),
                    None => return Err(nothing(&path.target, location)),
                };
            }
            let Target::Container(key) = target else {
                return Err(StateError::UnknownTarget(path.target.clone()));
            };
            location = Some(self.part(path, key, part)?);
        }
        location.ok_or_else(|| StateError::AssignToContainer(path.target.clone()))
    }

    fn part(&self, path: &Path, key: Key, part: &Part) -> Result<Location, StateError> {
        let Some(container) = self.heap.get(key) else {
            return Err(StateError::UnknownTarget(path.target.clone()));
        };
        Ok(match (&container.content, part) {
            (Content::Table(_), Part::Index(index)) => {
                let index = self.index(key, index);
                Location::Entry(key, index.map_err(|error| error.named_by(path))?)
            }
            (Content::Record(_), Part::Field(field)) => {
                Location::Field(key, self.field(key, field)?)
            }
            (Content::Vector(_), Part::Element(at)) => self.element(key, *at)?,
            (content, _) => return Err(wrong_part(path, content.tag())),
        })
    }

    /// Finds the container at a path.
    pub(super) fn container(&self, path: &Path) -> Result<Key, StateError> {
        match self.slot_at(path)? {
            Slot::Held(key) => Ok(key),
            Slot::Plain(value) => Err(wrong_part(path, value.tag())),
        }
    }

    /// Creates an index of a table or set from its components.
    pub(super) fn index(&self, key: Key, items: &[Value]) -> Result<Index, StateError> {
        let id = || self.heap.id(key);
        let Some(container) = self.heap.get(key) else {
            return Err(StateError::UnknownTarget(id()));
        };
        let types = index_types(&container.ty);
        let is_plain = |(item, ty): (&Value, &Type)| item.is_plain(ty);
        let usual = !types.is_empty() && types.len() == items.len();
        if usual && items.iter().zip(types).all(is_plain) {
            return Ok(Index::new(items));
        }
        let declared = self.kind(key, |kind| Some(kind.table_parts()?.0.clone()));
        let ty = declared.unwrap_or(Type::ANY);
        let (tag, items) = (TypeTag::Any as u8, items.to_vec().into());
        let index = Value::from(List { ty: ty.clone(), tag, items });
        match index.coerce(&ty).map_err(StateError::value(&id()))? {
            Value::List(list) => Ok(Index::new(&list.items)),
            _ => Err(StateError::UnknownTarget(id())),
        }
    }

    /// Returns the position of a record's field.
    pub(super) fn field(&self, key: Key, field: &[u8]) -> Result<usize, StateError> {
        let position = self.kind(key, |kind| match kind {
            TypeKind::Record(record) => {
                record.fields.as_ref()?.iter().position(|one| *one.name == *field)
            }
            _ => None,
        });
        position.ok_or_else(|| StateError::UnknownField {
            target: self.heap.id(key),
            field: bytes::Bytes::copy_from_slice(field).into(),
        })
    }

    /// Returns the location of a vector's element. It may be up to [`MAX_GAP`] elements beyond the
    /// end.
    pub(super) fn element(&self, key: Key, index: u64) -> Result<Location, StateError> {
        let length = match self.heap.get(key).map(|container| &container.content) {
            Some(Content::Vector(slots)) => slots.len(),
            _ => 0,
        };
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if at >= length.saturating_add(MAX_GAP) {
            let (target, limit) = (self.heap.id(key), MAX_GAP);
            return Err(StateError::Gap { target, index, length, limit });
        }
        Ok(Location::Element(key, at))
    }
}

/// Creates the error that a path leads to a part that its container cannot have.
fn wrong_part(path: &Path, found: crate::data::TypeTag) -> StateError {
    StateError::NoPart { target: path.target.clone(), found }
}

/// Creates the error that a location on a path is empty.
pub(super) fn nothing(target: &Name, location: &Location) -> StateError {
    let target = target.clone();
    match location {
        Location::Entry(..) | Location::Element(..) => StateError::NoSuchEntry(target),
        Location::Variable(_) | Location::Field(..) => StateError::NoValue(target),
    }
}

impl Store {
    /// Assigns a value to a location, coerced to the location's type. Returns the local IDs of containers
    /// that have other IDs in the value.
    pub(super) fn assign_to(
        &mut self,
        location: &Location,
        value: &Value,
        source: Source,
    ) -> Result<Vec<Alias>, StateError> {
        let name = self.name(location);
        let room = Cell::new(serial::ReaderLimits::default().objects);
        let origin = match source {
            Source::Local => Origin::Own,
            Source::Peer | Source::FullState | Source::Snapshot => Origin::Peer { room: &room },
        };
        let value =
            value.coerce_from(origin, &self.ty(location)).map_err(StateError::value(&name))?;
        self.check_room_for(location, &value)?;
        let attributes = self.attributes(location);
        let synchronized = self.is_synchronized(location);
        let mut how = Absorb::new(source, synchronized);
        let merges = matches!(source, Source::Peer | Source::FullState);
        if !merges || self.merge(location, &value, &mut how).is_none() {
            let slot = self.heap.absorb(&value, attributes.as_ref(), &mut how);
            self.put(location, Some(slot));
        }
        Ok(how.aliases)
    }

    fn check_room_for(&self, location: &Location, value: &Value) -> Result<(), StateError> {
        let gap = match location {
            Location::Element(key, at) => match self.heap.get(*key).map(|c| &c.content) {
                Some(Content::Vector(slots)) => at.saturating_add(1).saturating_sub(slots.len()),
                _ => 0,
            },
            Location::Entry(_, index) => index.cost(),
            Location::Variable(_) | Location::Field(..) => 0,
        };
        // The ID of a merged table is kept.
        self.heap.check_room(cost(value).saturating_add(gap).saturating_add(1))
    }

    /// Merges a table into the existing one, if both are `&mergeable` (2§9).
    fn merge(&mut self, location: &Location, value: &Value, how: &mut Absorb) -> Option<()> {
        let Value::Table(new) = value else { return None };
        let Slot::Held(key) = self.slot(location)? else { return None };
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

    /// Returns the value of a location, if it can be assembled.
    pub(super) fn value_of(&self, location: &Location) -> Option<Value> {
        self.read(self.slot(location)?).ok()
    }

    /// Returns the value of a location, if operations carry old values.
    pub(super) fn old_value(&self, location: &Location) -> Option<Value> {
        if self.checks_consistency { self.value_of(location) } else { None }
    }

    /// Creates the error that an operation does not apply to the value in a location.
    pub(super) fn wrong_kind(&self, operation: Opcode, location: &Location) -> StateError {
        let target = self.name(location);
        match self.slot(location) {
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
