//! Local operations.

use super::Store;
use super::location::checked_add;
use super::location::{Location, nothing};
use super::values::Source;
use crate::data::{AttributeTag, Name, Opcode, StateAccess, Value};
use crate::state::stored::{Content, Index, Key, Slot, Stored};
use crate::state::{Part, Path, StateError};

/// The result of [`Store::touch`].
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Touched {
    /// Whether the entry exists.
    pub found: bool,
    /// Its value; `None` in sets.
    pub value: Option<Value>,
    /// The operation to send to peers, if any.
    pub access: Option<StateAccess>,
}

/// Local operations. Each takes effect immediately and returns the operation to send to all peers
/// that have requested state, or `None` if the variable is not `&synchronized`.
///
/// Assigned containers, and all within them, are new and get new unique IDs, regardless of IDs in
/// the value (2§9).
impl Store {
    /// Assigns to a variable, a table's entry, a record's field or a vector's element.
    ///
    /// # Errors
    ///
    /// [`StateError::Type`] if the value, or an index in the path, does not have the declared type;
    /// those of [`Store::get`] if the path does not exist, but the last step may lead to a new
    /// entry or element; [`StateError::AssignToContainer`], [`StateError::Gap`],
    /// [`StateError::Full`].
    pub fn assign(
        &mut self,
        path: impl Into<Path>,
        value: impl Into<Value>,
    ) -> Result<Option<StateAccess>, StateError> {
        let path = path.into();
        let location = self.location(&path)?;
        if let Location::Entry(key, _) = &location {
            self.require_table(*key, Opcode::AssignIdx, true)?;
        }
        let (value, ty) = (value.into(), self.ty(&location));
        let old = self.old_value(&location);
        self.assign_to(&location, &value, Source::Local).map_err(|e| e.named_by(&path))?;
        let new = if value.is_plain(&ty) { Some(value) } else { self.value_of(&location) };
        Ok(self.assignment(&location, new, old))
    }

    /// Unsets a record's field: `delete r$field`.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`]; [`StateError::WrongKind`] if the path is not that of a field;
    /// [`StateError::NotOptional`] if the field must have a value.
    pub fn unset(&mut self, path: impl Into<Path>) -> Result<Option<StateAccess>, StateError> {
        let path = path.into();
        let location = self.location(&path)?;
        let (Location::Field(..), Some(Part::Field(field))) = (&location, path.parts.last()) else {
            return Err(self.wrong_kind(Opcode::Del, &location));
        };
        let attributes = self.attributes(&location);
        let has = |tag| attributes.as_ref().is_some_and(|attributes| attributes.has(tag));
        if !has(AttributeTag::Optional) && !has(AttributeTag::Default) {
            let (target, field) = (self.name(&location), field.clone());
            return Err(StateError::NotOptional { target, field });
        }
        let old = self.old_value(&location);
        self.put(&location, None);
        Ok(self.assignment(&location, None, old))
    }

    /// Adds to an `int`, `count` or `counter`: `++n` with 1, `--n` with -1.
    ///
    /// Peers apply the difference, so increments on both sides at once add up.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`]; [`StateError::WrongKind`] if the value is not such a number;
    /// [`StateError::OutOfRange`].
    pub fn increment(
        &mut self,
        path: impl Into<Path>,
        difference: i64,
    ) -> Result<Option<StateAccess>, StateError> {
        let path = path.into();
        let location = self.location(&path)?;
        let old = match self.slot(&location) {
            Some(Slot::Plain(value)) => value.value(),
            Some(Slot::Held(_)) => return Err(self.wrong_kind(Opcode::Incr, &location)),
            None => return Err(nothing(&path.target, &location)),
        };
        let new = match checked_add(&old, difference) {
            Some(Some(new)) => new,
            Some(None) => return Err(StateError::OutOfRange(path.target)),
            None => return Err(self.wrong_kind(Opcode::Incr, &location)),
        };
        self.put(&location, Some(Slot::Plain(Stored::new(&new))));
        if !self.is_synchronized(&location) {
            return Ok(None);
        }
        let target = self.name(&location);
        Ok(Some(match self.operand(&location) {
            Some(op1) => {
                let (op2, op3) = (Some(new), Some(old));
                StateAccess { opcode: Opcode::IncrIdx, target, op1, op2, op3 }
            }
            None => {
                let op2 = Some(old);
                StateAccess { opcode: Opcode::Incr, target, op1: new, op2, op3: None }
            }
        }))
    }

    /// Adds an element to the set at a path: `add s[index]`.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`]; [`StateError::WrongKind`] if the value is not a set;
    /// [`StateError::Type`] if the index does not have the set's index type; [`StateError::Full`].
    pub fn add(
        &mut self,
        path: impl Into<Path>,
        index: impl Into<Vec<Value>>,
    ) -> Result<Option<StateAccess>, StateError> {
        let (key, index) = self.entry(Opcode::Add, &path.into(), index.into())?;
        self.require_table(key, Opcode::Add, false)?;
        self.heap.check_room(index.cost())?;
        let was_there = self.was_there(key, &index);
        let access = self.operation(Opcode::Add, key, &index, was_there);
        self.heap.insert(key, index, None, None);
        Ok(access)
    }

    /// Deletes an entry or element of the table or set at a path: `delete t[index]`. It need not
    /// exist here, because a peer may have it.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`]; [`StateError::WrongKind`] if the value is not a table or set;
    /// [`StateError::Type`] if the index does not have its index type.
    pub fn delete(
        &mut self,
        path: impl Into<Path>,
        index: impl Into<Vec<Value>>,
    ) -> Result<Option<StateAccess>, StateError> {
        let (key, index) = self.entry(Opcode::Del, &path.into(), index.into())?;
        let old = self.old_entry(key, &index);
        self.heap.remove(key, &index);
        Ok(self.operation(Opcode::Del, key, &index, old))
    }

    /// Reads an entry of the table or set at a path, like a script: this renews its lifetime under
    /// `&read_expire`. Peers are notified, but not of every read.
    ///
    /// # Errors
    ///
    /// See [`Store::delete`].
    pub fn touch(
        &mut self,
        path: impl Into<Path>,
        index: impl Into<Vec<Value>>,
    ) -> Result<Touched, StateError> {
        let (key, index) = self.entry(Opcode::ReadIdx, &path.into(), index.into())?;
        let Some(entry) = self.heap.table(key).and_then(|table| table.entries.get(&index)) else {
            return Ok(Touched::default());
        };
        let value = entry.slot.as_ref().map(|slot| self.read(slot)).transpose()?;
        let is_news = self.heap.touch(key, &index);
        let access =
            if is_news { self.operation(Opcode::ReadIdx, key, &index, None) } else { None };
        Ok(Touched { found: true, value, access })
    }

    fn entry(
        &self,
        operation: Opcode,
        path: &Path,
        index: Vec<Value>,
    ) -> Result<(Key, Index), StateError> {
        let key = self.container(path)?;
        if self.heap.table(key).is_none() {
            let found = self.heap.get(key).map(|container| container.content.tag());
            let target = path.target.clone();
            let found = found.unwrap_or(crate::data::TypeTag::Void);
            return Err(StateError::WrongKind { operation, target, found });
        }
        Ok((key, self.index(key, &index).map_err(|error| error.named_by(path))?))
    }

    /// Checks that a container is a table with values, or a set.
    pub(super) fn require_table(
        &self,
        key: Key,
        operation: Opcode,
        values: bool,
    ) -> Result<(), StateError> {
        let Some(container) = self.heap.get(key) else {
            return Err(StateError::UnknownTarget(Name::new()));
        };
        match &container.content {
            Content::Table(table) if table.is_set != values => Ok(()),
            content => Err(StateError::WrongKind {
                operation,
                target: container.id.clone(),
                found: content.tag(),
            }),
        }
    }

    /// Returns the old value for an element of a set, if operations carry old values.
    fn was_there(&self, key: Key, index: &Index) -> Option<Value> {
        let there = self.heap.table(key)?.entries.contains_key(index);
        (self.checks_consistency && there).then_some(Value::Int(1))
    }

    fn old_entry(&self, key: Key, index: &Index) -> Option<Value> {
        match &self.heap.table(key)?.entries.get(index)?.slot {
            None => self.was_there(key, index),
            Some(_) => self.old_value(&Location::Entry(key, index.clone())),
        }
    }

    /// Creates an operation on a table's entry, if the table is synchronized.
    fn operation(
        &self,
        opcode: Opcode,
        key: Key,
        index: &Index,
        op2: Option<Value>,
    ) -> Option<StateAccess> {
        let target = self.heap.id(key);
        let op1 = Value::List(self.heap.table(key)?.list(index));
        (!target.is_empty()).then_some(StateAccess { opcode, target, op1, op2, op3: None })
    }
}
