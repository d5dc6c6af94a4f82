//! Places in the state.

use std::sync::Arc;

use super::Store;
use super::Target;
use crate::data::{
    Attributes, List, Name, Opcode, StateAccess, Type, TypeKind, TypeTag, Value, index_types,
};
use crate::state::container::{Content, Key, Owner, Slot};
use crate::state::path::Part;
use crate::state::stored::Index;
use crate::state::{Path, StateError};

/// The maximum number of elements beyond a vector's end that an assignment may set.
const MAX_GAP: usize = 1 << 16;

/// A place for a slot, whether or not it is occupied.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Variable(usize),
    Entry(Key, Index),
    Field(Key, usize),
    Element(Key, usize),
}

impl Store {
    /// Returns the slot in a place.
    pub(super) fn slot(&self, place: &Place) -> Option<&Slot> {
        match place {
            Place::Variable(number) => self.variables.get(*number)?.slot.as_ref(),
            Place::Entry(key, index) => self.heap.table(*key)?.entries.get(index)?.slot.as_ref(),
            Place::Field(key, at) | Place::Element(key, at) => {
                match &self.heap.get(*key)?.content {
                    Content::Record(slots) | Content::Vector(slots) => slots.get(*at)?.as_ref(),
                    Content::Table(_) => None,
                }
            }
        }
    }

    /// Replaces the slot in a place.
    pub(super) fn put(&mut self, place: &Place, slot: Option<Slot>) {
        let owner = match place {
            Place::Variable(number) => Owner::Variable(*number),
            Place::Entry(key, index) => {
                self.heap.insert(*key, index.clone(), slot, None);
                return;
            }
            Place::Field(key, _) | Place::Element(key, _) => Owner::Container(*key),
        };
        if let Some(slot) = &slot {
            self.heap.attach(slot, owner);
        }
        let old = match place {
            Place::Variable(number) => {
                let variable = self.variables.get_mut(*number);
                variable.and_then(|variable| std::mem::replace(&mut variable.slot, slot))
            }
            Place::Entry(..) => None,
            Place::Field(key, at) | Place::Element(key, at) => {
                let content = self.heap.get_mut(*key).map(|container| &mut container.content);
                let Some(Content::Record(slots) | Content::Vector(slots)) = content else { return };
                let grown = at.saturating_add(1).saturating_sub(slots.len());
                if grown > 0 {
                    slots.resize(at.saturating_add(1), None);
                }
                let old = slots.get_mut(*at).and_then(|place| std::mem::replace(place, slot));
                self.heap.cost = self.heap.cost.saturating_add(grown);
                old
            }
        };
        if let Some(old) = old {
            self.heap.detach(old, owner);
        }
    }

    /// Returns the declared type of a place.
    pub(super) fn ty(&self, place: &Place) -> Type {
        let ty = match place {
            Place::Variable(number) => {
                self.variables.get(*number).map(|variable| variable.ty.clone())
            }
            Place::Entry(key, _) => self.kind(*key, |kind| match kind {
                TypeKind::Table(table) => table.yields.clone(),
                _ => None,
            }),
            Place::Field(key, at) => self.kind(*key, |kind| match kind {
                TypeKind::Record(record) => Some(record.fields.as_ref()?.get(*at)?.ty.clone()),
                _ => None,
            }),
            Place::Element(key, _) => self.kind(*key, |kind| match kind {
                TypeKind::Vector(element) => Some(element.clone()),
                _ => None,
            }),
        };
        ty.unwrap_or(Type::ANY)
    }

    /// Returns the declared attributes of a place.
    pub(super) fn attributes(&self, place: &Place) -> Option<Arc<Attributes>> {
        match place {
            Place::Variable(number) => self.variables.get(*number)?.attributes.clone(),
            Place::Field(key, at) => self.kind(*key, |kind| match kind {
                TypeKind::Record(record) => record.fields.as_ref()?.get(*at)?.attributes.clone(),
                _ => None,
            }),
            Place::Entry(..) | Place::Element(..) => None,
        }
    }

    fn kind<T>(&self, key: Key, part: impl FnOnce(&TypeKind) -> Option<T>) -> Option<T> {
        part(&self.heap.get(key)?.ty.def()?.kind)
    }

    /// Returns the name of a place's variable or container.
    pub(super) fn name(&self, place: &Place) -> Name {
        match place {
            Place::Variable(number) => self
                .variables
                .get(*number)
                .map(|variable| variable.name.clone())
                .unwrap_or_default(),
            Place::Entry(key, _) | Place::Field(key, _) | Place::Element(key, _) => {
                self.heap.id(*key)
            }
        }
    }

    /// Returns whether changes of a place are sent to peers.
    pub(super) fn is_synchronized(&self, place: &Place) -> bool {
        match place {
            Place::Variable(number) => {
                self.variables.get(*number).is_some_and(|variable| variable.synchronized)
            }
            _ => !self.name(place).is_empty(),
        }
    }

    /// Creates the index of a place in its container.
    pub(super) fn operand(&self, place: &Place) -> Option<Value> {
        Some(match place {
            Place::Variable(_) => return None,
            Place::Entry(key, index) => Value::List(self.heap.table(*key)?.list(index)),
            Place::Element(_, at) => Value::Count(u64::try_from(*at).unwrap_or(u64::MAX)),
            Place::Field(key, at) => self.kind(*key, |kind| match kind {
                TypeKind::Record(record) => {
                    Some(Value::String(record.fields.as_ref()?.get(*at)?.name.as_bytes().clone()))
                }
                _ => None,
            })?,
        })
    }

    /// Creates the operation that assigns a value to a place.
    pub(super) fn assignment(
        &self,
        place: &Place,
        new: Option<Value>,
        old: Option<Value>,
    ) -> Option<StateAccess> {
        if !self.is_synchronized(place) {
            return None;
        }
        let target = self.name(place);
        Some(match self.operand(place) {
            Some(op1) => StateAccess { opcode: Opcode::AssignIdx, target, op1, op2: new, op3: old },
            None => StateAccess { opcode: Opcode::Assign, target, op1: new?, op2: old, op3: None },
        })
    }

    /// Finds the slot at a path.
    pub(super) fn slot_at(&self, path: &Path) -> Result<Slot, StateError> {
        if let ([], Target::Container(key)) = (path.parts.as_slice(), self.target(&path.target)?) {
            return Ok(Slot::Held(key));
        }
        let place = self.place(path)?;
        self.slot(&place).cloned().ok_or_else(|| nothing(&path.target, &place))
    }

    /// Finds the place at a path.
    pub(super) fn place(&self, path: &Path) -> Result<Place, StateError> {
        let mut target = self.target(&path.target)?;
        let mut place = match target {
            Target::Variable(number) => Some(Place::Variable(number)),
            Target::Container(_) => None,
        };
        for part in &path.parts {
            if let Some(place) = &place {
                target = match self.slot(place) {
                    Some(Slot::Held(key)) => Target::Container(*key),
                    Some(Slot::Plain(value)) => return Err(wrong_part(path, value.tag())),
                    None => return Err(nothing(&path.target, place)),
                };
            }
            let Target::Container(key) = target else {
                return Err(StateError::UnknownTarget(path.target.clone()));
            };
            place = Some(self.part(path, key, part)?);
        }
        place.ok_or_else(|| StateError::AssignToContainer(path.target.clone()))
    }

    fn part(&self, path: &Path, key: Key, part: &Part) -> Result<Place, StateError> {
        let Some(container) = self.heap.get(key) else {
            return Err(StateError::UnknownTarget(path.target.clone()));
        };
        Ok(match (&container.content, part) {
            (Content::Table(_), Part::Index(index)) => {
                let index = self.index(key, index);
                Place::Entry(key, index.map_err(|error| error.named_by(path))?)
            }
            (Content::Record(_), Part::Field(field)) => Place::Field(key, self.field(key, field)?),
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
        let declared = self.kind(key, |kind| match kind {
            TypeKind::Set(set) => Some(set.index.clone()),
            TypeKind::Table(table) => Some(table.index.clone()),
            _ => None,
        });
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

    /// Returns the place of a vector's element. It may be up to [`MAX_GAP`] elements beyond the
    /// end.
    pub(super) fn element(&self, key: Key, index: u64) -> Result<Place, StateError> {
        let length = match self.heap.get(key).map(|container| &container.content) {
            Some(Content::Vector(slots)) => slots.len(),
            _ => 0,
        };
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if at >= length.saturating_add(MAX_GAP) {
            let (target, limit) = (self.heap.id(key), MAX_GAP);
            return Err(StateError::Gap { target, index, length, limit });
        }
        Ok(Place::Element(key, at))
    }
}

/// Creates the error that a path leads to a part that its container cannot have.
fn wrong_part(path: &Path, found: crate::data::TypeTag) -> StateError {
    StateError::NoPart { target: path.target.clone(), found }
}

/// Creates the error that a place on a path is empty.
pub(super) fn nothing(target: &Name, place: &Place) -> StateError {
    let target = target.clone();
    match place {
        Place::Entry(..) | Place::Element(..) => StateError::NoSuchEntry(target),
        Place::Variable(_) | Place::Field(..) => StateError::NoValue(target),
    }
}
