//! Application of operations received from peers.

use super::Expired;
use super::Store;
use super::Target;
use super::location::{Location, nothing};
use super::location::{difference, wrapping_add};
use super::values::Source;
use crate::data::{Id, Name, Opcode, StateAccess, Value};
use crate::state::StateError;
use crate::state::stored::{Content, Index, Key, Slot, Stored};

/// The result of applying a peer's operation.
///
/// The caller raises `remote_state_access_performed` with the operation's target and its value from
/// [`Store::get`] (2§9).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Applied {
    /// A difference from the peer's expected old value, if [checks are
    /// enabled](Store::set_check_consistency). The operation was applied nevertheless.
    pub inconsistency: Option<Inconsistency>,
    /// The entry that the operation expired.
    pub expired: Option<Expired>,
    /// The containers that have other IDs at the peer. It may know them only by these.
    pub aliases: Vec<Alias>,
}

/// A second unique ID of a container, because a table was merged into another (2§9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The ID used in local operations.
    pub ours: Name,
    /// The ID used by the peer.
    pub theirs: Name,
}

/// A difference between the local value and a peer's expected old value:
/// `remote_state_inconsistency` (§6).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Inconsistency {
    /// `assign`, `index assign`, `add`, `delete` or `read`.
    pub operation: &'static str,
    /// The variable's name or the container's unique ID.
    pub id: Name,
    /// The index, field's name or position within the container.
    pub index: Option<Value>,
    /// The old value at the peer; in sets 1 for an element.
    pub expected_old: Option<Value>,
    /// The local value; in sets 1 for an element.
    pub real_old: Option<Value>,
}

impl Store {
    /// Applies an operation that a peer sent in phase Running (2§9).
    ///
    /// A container in the operation with a known unique ID is the local container, and its sent
    /// content is ignored. Increments add the peer's difference.
    ///
    /// # Errors
    ///
    /// Fails if the operation cannot be applied. No such error requires closing the connection.
    pub fn apply(&mut self, access: &StateAccess) -> Result<Applied, StateError> {
        self.replay(access, Source::Peer)
    }

    /// Applies an operation that a peer sent in phase Sync, as part of its full state (§3.4).
    ///
    /// Unlike in phase Running, the content of a known container is replaced by the peer's; changes
    /// made while the two were not connected would otherwise remain different forever.
    ///
    /// # Errors
    ///
    /// See [`Store::apply`].
    pub fn apply_full(&mut self, access: &StateAccess) -> Result<Applied, StateError> {
        self.replay(access, Source::FullState)
    }

    /// Applies an operation to a store that mirrors the sending node.
    ///
    /// The operation describes the node's state: known containers get the content in the operation,
    /// and nothing is merged, because the node has already merged it. Increments add the
    /// difference.
    ///
    /// # Errors
    ///
    /// See [`Store::apply`].
    pub fn apply_sent(&mut self, access: &StateAccess) -> Result<Applied, StateError> {
        self.replay(access, Source::Snapshot)
    }

    /// Applies an ID with its value, as sent by `send_id`: assigns the value to the variable with
    /// that name, if the type matches (2§8). IDs without a value change nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Store::apply`]; [`StateError::UnknownTarget`] if there is no such variable.
    pub fn apply_id(&mut self, id: &Id) -> Result<Applied, StateError> {
        let Target::Variable(number) = self.target(&id.name)? else {
            return Err(StateError::UnknownTarget(id.name.clone()));
        };
        let aliases = match &id.value {
            Some(value) => self.assign_to(&Location::Variable(number), value, Source::Peer)?,
            None => Vec::new(),
        };
        Ok(Applied { aliases, ..Applied::default() })
    }

    pub(super) fn replay(
        &mut self,
        access: &StateAccess,
        source: Source,
    ) -> Result<Applied, StateError> {
        let target = self.target(&access.target)?;
        let missing = || StateError::MissingOperand {
            operation: access.opcode,
            target: access.target.clone(),
        };
        let mut applied = Applied::default();
        match access.opcode {
            Opcode::Assign => {
                let Target::Variable(number) = target else {
                    return Err(StateError::AssignToContainer(access.target.clone()));
                };
                let location = Location::Variable(number);
                applied.inconsistency = self.compare(access, None, access.op2.as_ref(), &location);
                applied.aliases = self.assign_to(&location, &access.op1, source)?;
            }
            Opcode::Incr => {
                let Target::Variable(number) = target else {
                    return Err(StateError::AssignToContainer(access.target.clone()));
                };
                let old = access.op2.as_ref().ok_or_else(missing)?;
                self.increase(access, &Location::Variable(number), &access.op1, old)?;
            }
            Opcode::AssignIdx => {
                let location = self.indexed(access, target)?;
                let index = Some(&access.op1);
                applied.inconsistency = self.compare(access, index, access.op3.as_ref(), &location);
                match (&access.op2, &location) {
                    (Some(value), _) => {
                        applied.aliases = self.assign_to(&location, value, source)?
                    }
                    (None, Location::Field(..)) => self.put(&location, None),
                    (None, _) => return Err(missing()),
                }
            }
            Opcode::IncrIdx => {
                let location = self.indexed(access, target)?;
                let new = access.op2.as_ref().ok_or_else(missing)?;
                let old = access.op3.as_ref().ok_or_else(missing)?;
                self.increase(access, &location, new, old)?;
            }
            Opcode::Add | Opcode::Del | Opcode::Expire | Opcode::ReadIdx => {
                let key = self.held(access, target)?;
                let index = self.table_index(access, key)?;
                self.replay_on_entry(access, key, index, &mut applied)?;
            }
            Opcode::Print => return Err(self.unsuitable(access, target)),
        }
        if let Target::Container(key) = target {
            let ours = self.heap.id(key);
            if !ours.is_empty() && ours != access.target {
                applied.aliases.push(Alias { ours, theirs: access.target.compact() });
            }
        }
        Ok(applied)
    }

    fn replay_on_entry(
        &mut self,
        access: &StateAccess,
        key: Key,
        index: Index,
        applied: &mut Applied,
    ) -> Result<(), StateError> {
        match access.opcode {
            Opcode::Add => {
                self.require_table(key, Opcode::Add, false)?;
                self.heap.check_room(index.cost())?;
                applied.inconsistency = self.compare_entry(access, "add", key, &index);
                self.heap.insert(key, index, None, None);
            }
            Opcode::Del => {
                applied.inconsistency = self.compare_entry(access, "delete", key, &index);
                self.heap.remove(key, &index);
            }
            Opcode::Expire => applied.expired = self.expire_entry(key, &index, false),
            _ => {
                let table = self.heap.table(key);
                let there = table.is_some_and(|table| table.entries.contains_key(&index));
                if self.checks_consistency && !there {
                    applied.inconsistency = Some(Inconsistency {
                        operation: "read",
                        id: access.target.clone(),
                        index: Some(access.op1.clone()),
                        expected_old: None,
                        real_old: None,
                    });
                }
                self.heap.touch(key, &index);
            }
        }
        Ok(())
    }

    /// Adds the difference of two values, if the variable is integral.
    fn increase(
        &mut self,
        access: &StateAccess,
        location: &Location,
        new: &Value,
        old: &Value,
    ) -> Result<(), StateError> {
        let present = match self.slot(location) {
            Some(Slot::Plain(present)) => present.value(),
            Some(Slot::Held(_)) => return Err(self.wrong_kind(access.opcode, location)),
            None => return Err(nothing(&access.target, location)),
        };
        let sum = difference(new, old).and_then(|difference| wrapping_add(&present, difference));
        match sum {
            Some(sum) => {
                self.put(location, Some(Slot::Plain(Stored::new(&sum))));
                Ok(())
            }
            None => Err(self.wrong_kind(access.opcode, location)),
        }
    }

    /// Finds the container of an operation.
    fn held(&self, access: &StateAccess, target: Target) -> Result<Key, StateError> {
        match target {
            Target::Container(key) => Ok(key),
            Target::Variable(number) => match self.slot(&Location::Variable(number)) {
                Some(Slot::Held(key)) => Ok(*key),
                Some(Slot::Plain(_)) => Err(self.unsuitable(access, target)),
                None => Err(StateError::NoValue(access.target.clone())),
            },
        }
    }

    /// Finds the location within a container of an operation.
    fn indexed(&self, access: &StateAccess, target: Target) -> Result<Location, StateError> {
        let key = self.held(access, target)?;
        let content = self.heap.get(key).map(|container| &container.content);
        match (content, &access.op1) {
            (Some(Content::Table(_)), _) => {
                self.require_table(key, access.opcode, true)?;
                Ok(Location::Entry(key, self.table_index(access, key)?))
            }
            (Some(Content::Record(_)), Value::String(field)) => {
                Ok(Location::Field(key, self.field(key, field)?))
            }
            (Some(Content::Vector(_)), Value::Count(at)) => self.element(key, *at),
            (Some(Content::Vector(_)), Value::Int(at)) if *at >= 0 => {
                self.element(key, at.unsigned_abs())
            }
            _ => Err(self.unsuitable(access, Target::Container(key))),
        }
    }

    fn table_index(&self, access: &StateAccess, key: Key) -> Result<Index, StateError> {
        if self.heap.table(key).is_none() {
            return Err(self.unsuitable(access, Target::Container(key)));
        }
        self.index(
            key,
            match &access.op1 {
                Value::List(list) => &list.items,
                only => std::slice::from_ref(only),
            },
        )
    }

    /// Creates the error that an operation does not apply to its target.
    fn unsuitable(&self, access: &StateAccess, target: Target) -> StateError {
        let key = match target {
            Target::Variable(number) => {
                return self.wrong_kind(access.opcode, &Location::Variable(number));
            }
            Target::Container(key) => key,
        };
        let (operation, target) = (access.opcode, access.target.clone());
        match self.heap.get(key) {
            Some(container) => {
                StateError::WrongKind { operation, target, found: container.content.tag() }
            }
            None => StateError::UnknownTarget(target),
        }
    }

    /// Compares the value in a location with the peer's old value.
    fn compare(
        &self,
        access: &StateAccess,
        index: Option<&Value>,
        expected: Option<&Value>,
        location: &Location,
    ) -> Option<Inconsistency> {
        if !self.checks_consistency {
            return None;
        }
        let operation = if index.is_none() { "assign" } else { "index assign" };
        self.inconsistency(access, operation, index, expected, self.value_of(location))
    }

    fn compare_entry(
        &self,
        access: &StateAccess,
        operation: &'static str,
        key: Key,
        index: &Index,
    ) -> Option<Inconsistency> {
        if !self.checks_consistency {
            return None;
        }
        let entry = self.heap.table(key).and_then(|table| table.entries.get(index));
        let real = match entry.map(|entry| &entry.slot) {
            None => None,
            Some(None) => Some(Value::Int(1)),
            Some(Some(slot)) => self.read(slot).ok(),
        };
        self.inconsistency(access, operation, Some(&access.op1), access.op2.as_ref(), real)
    }

    /// Returns a difference in presence, or in a value without parts. Other values are not
    /// compared.
    fn inconsistency(
        &self,
        access: &StateAccess,
        operation: &'static str,
        index: Option<&Value>,
        expected: Option<&Value>,
        real: Option<Value>,
    ) -> Option<Inconsistency> {
        let is_atomic = |value: &Value| {
            !matches!(
                value,
                Value::Table(_)
                    | Value::Record(_)
                    | Value::Vector(_)
                    | Value::List(_)
                    | Value::Opaque(_)
                    | Value::Func(..)
                    | Value::File(..)
            )
        };
        let same = match (expected, &real) {
            (None, None) => true,
            (Some(expected), Some(real)) if is_atomic(expected) && is_atomic(real) => {
                expected == real
            }
            (Some(_), Some(_)) => true,
            _ => false,
        };
        (!same).then(|| Inconsistency {
            operation,
            id: access.target.clone(),
            index: index.cloned(),
            expected_old: expected.cloned(),
            real_old: real,
        })
    }
}
