//! Operations that came from peers.

use std::sync::Arc;

use super::absorb::Source;
use super::change::{difference, wrapping_add};
use super::container::{Content, Key, Slot};
use super::place::{Place, nothing};
use super::store::Target;
use super::{Expired, StateError, Store};
use crate::data::{Id, List, Name, Opcode, StateAccess, Value};

/// Returns what came of an operation of a peer.
///
/// `remote_state_access_performed` is to be raised with the operation's target, and its value as
/// [`Store::get`] gives it (2§9).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Applied {
    /// What is not here as the peer took it to be, if that is
    /// [looked at](Store::set_check_consistency); the operation was carried out all the same.
    pub inconsistency: Option<Inconsistency>,
    /// The entry that was expired.
    pub expired: Option<Expired>,
    /// The containers that the peer calls otherwise than we do: it may know them by no other id.
    pub aliases: Vec<Alias>,
}

/// Tells that a container goes by two unique ids, because a table was merged into another (2§9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// By which our operations address it.
    pub ours: Name,
    /// By which the peer called it.
    pub theirs: Name,
}

/// Tells that a peer changed what was not here as it took it to be: `remote_state_inconsistency`
/// (§6).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Inconsistency {
    /// `assign`, `index assign`, `add`, `delete` or `read`.
    pub operation: &'static str,
    /// The variable's name or the container's unique id.
    pub id: Name,
    /// The index, field's name or position within the container.
    pub index: Option<Value>,
    /// What the peer had there; in sets 1 for an element.
    pub expected_old: Option<Value>,
    /// What is there; in sets 1 for an element.
    pub real_old: Option<Value>,
}

impl Store {
    /// Carries out an operation that a peer sent in Running (2§9).
    ///
    /// A container in it that is known here by its unique id is the one that is here, whatever
    /// content came with it. Increments add the peer's difference.
    ///
    /// # Errors
    ///
    /// The error says why it was not carried out. None of these is a reason to close the connection.
    pub fn apply(&mut self, access: &StateAccess) -> Result<Applied, StateError> {
        self.replay(access, Source::Peer)
    }

    /// Carries out an operation that a peer sent in Sync, as part of its full state (§3.4).
    ///
    /// Other than in Running, a container that is known here becomes as it is at the peer: what was
    /// changed while the two were not connected would stay different forever otherwise.
    ///
    /// # Errors
    ///
    /// As [`Store::apply`].
    pub fn apply_full(&mut self, access: &StateAccess) -> Result<Applied, StateError> {
        self.replay(access, Source::FullState)
    }

    /// Carries out an operation in a store that follows a node from outside, by what the node is
    /// seen to send.
    ///
    /// What the node sends is how things are there: containers that are known become as they are
    /// in the operation, and nothing is merged, for the node did that before it sent. Increments
    /// add the difference.
    ///
    /// # Errors
    ///
    /// As [`Store::apply`].
    pub fn apply_sent(&mut self, access: &StateAccess) -> Result<Applied, StateError> {
        self.replay(access, Source::Snapshot)
    }

    /// Takes an ID with its value, as `send_id` sends it: the variable of that name gets the value
    /// if that is of its type (2§8). IDs without a value change nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::apply`]; [`StateError::UnknownTarget`] if there is no such variable.
    pub fn apply_id(&mut self, id: &Id) -> Result<Applied, StateError> {
        let Target::Variable(number) = self.target(&id.name)? else {
            return Err(StateError::UnknownTarget(id.name.clone()));
        };
        let aliases = match &id.value {
            Some(value) => self.assign_to(&Place::Variable(number), value, Source::Peer)?,
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
                let place = Place::Variable(number);
                applied.inconsistency = self.compare(access, None, access.op2.as_ref(), &place);
                applied.aliases = self.assign_to(&place, &access.op1, source)?;
            }
            Opcode::Incr => {
                let Target::Variable(number) = target else {
                    return Err(StateError::AssignToContainer(access.target.clone()));
                };
                let old = access.op2.as_ref().ok_or_else(missing)?;
                self.increase(access, &Place::Variable(number), &access.op1, old)?;
            }
            Opcode::AssignIdx => {
                let place = self.indexed(access, target)?;
                let index = Some(&access.op1);
                applied.inconsistency = self.compare(access, index, access.op3.as_ref(), &place);
                match (&access.op2, &place) {
                    (Some(value), _) => applied.aliases = self.assign_to(&place, value, source)?,
                    (None, Place::Field(..)) => self.put(&place, None),
                    (None, _) => return Err(missing()),
                }
            }
            Opcode::IncrIdx => {
                let place = self.indexed(access, target)?;
                let new = access.op2.as_ref().ok_or_else(missing)?;
                let old = access.op3.as_ref().ok_or_else(missing)?;
                self.increase(access, &place, new, old)?;
            }
            Opcode::Add | Opcode::Del | Opcode::Expire | Opcode::ReadIdx => {
                let key = self.held(access, target)?;
                let index = self.table_index(access, key)?;
                self.replay_on_entry(access, key, index, &mut applied)?;
            }
            Opcode::Print => return Err(self.unfit(access, target)),
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
        index: Arc<List>,
        applied: &mut Applied,
    ) -> Result<(), StateError> {
        let there = self.heap.table(key).is_some_and(|table| table.entries.contains_key(&index));
        match access.opcode {
            Opcode::Add => {
                self.require_table(key, Opcode::Add, false)?;
                self.heap.check_room(super::heap::index_cost(&index))?;
                applied.inconsistency = self.compare_entry(access, "add", key, &index);
                self.heap.insert(key, index, None, None);
            }
            Opcode::Del => {
                applied.inconsistency = self.compare_entry(access, "delete", key, &index);
                self.heap.remove(key, &index);
            }
            Opcode::Expire => applied.expired = self.expire_entry(key, &index, false),
            _ => {
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

    /// Adds the difference of two values; to what is no integral number, nothing.
    fn increase(
        &mut self,
        access: &StateAccess,
        place: &Place,
        new: &Value,
        old: &Value,
    ) -> Result<(), StateError> {
        let present = match self.slot(place) {
            Some(Slot::Plain(present)) => present,
            Some(Slot::Held(_)) => return Err(self.wrong_kind(access.opcode, place)),
            None => return Err(nothing(&access.target, place)),
        };
        let sum = difference(new, old).and_then(|difference| wrapping_add(present, difference));
        match sum {
            Some(sum) => {
                self.put(place, Some(Slot::Plain(sum)));
                Ok(())
            }
            None => Err(self.wrong_kind(access.opcode, place)),
        }
    }

    /// Finds the container that an operation is on.
    fn held(&self, access: &StateAccess, target: Target) -> Result<Key, StateError> {
        match target {
            Target::Container(key) => Ok(key),
            Target::Variable(number) => match self.slot(&Place::Variable(number)) {
                Some(Slot::Held(key)) => Ok(*key),
                Some(Slot::Plain(_)) => Err(self.unfit(access, target)),
                None => Err(StateError::NoValue(access.target.clone())),
            },
        }
    }

    /// Finds the place within a container that an operation is on.
    fn indexed(&self, access: &StateAccess, target: Target) -> Result<Place, StateError> {
        let key = self.held(access, target)?;
        let content = self.heap.get(key).map(|container| &container.content);
        match (content, &access.op1) {
            (Some(Content::Table(_)), _) => {
                self.require_table(key, access.opcode, true)?;
                Ok(Place::Entry(key, self.table_index(access, key)?))
            }
            (Some(Content::Record(_)), Value::String(field)) => {
                Ok(Place::Field(key, self.field(key, field)?))
            }
            (Some(Content::Vector(_)), Value::Count(at)) => self.element(key, *at),
            (Some(Content::Vector(_)), Value::Int(at)) if *at >= 0 => {
                self.element(key, at.unsigned_abs())
            }
            _ => Err(self.unfit(access, Target::Container(key))),
        }
    }

    fn table_index(&self, access: &StateAccess, key: Key) -> Result<Arc<List>, StateError> {
        if self.heap.table(key).is_none() {
            return Err(self.unfit(access, Target::Container(key)));
        }
        let components = match &access.op1 {
            Value::List(list) => list.items.clone(),
            only => vec![only.clone()],
        };
        self.index(key, components)
    }

    /// Says that an operation is not for its target.
    fn unfit(&self, access: &StateAccess, target: Target) -> StateError {
        let (operation, target_name) = (access.opcode, access.target.clone());
        let key = match target {
            Target::Variable(number) => match self.slot(&Place::Variable(number)) {
                Some(Slot::Plain(value)) => {
                    let found = value.tag();
                    return StateError::WrongKind { operation, target: target_name, found };
                }
                Some(Slot::Held(key)) => *key,
                None => return StateError::NoValue(target_name),
            },
            Target::Container(key) => key,
        };
        match self.heap.get(key) {
            Some(container) => {
                let found = container.content.tag();
                StateError::WrongKind { operation, target: target_name, found }
            }
            None => StateError::UnknownTarget(target_name),
        }
    }

    /// Compares what is in a place with what a peer had there.
    fn compare(
        &self,
        access: &StateAccess,
        index: Option<&Value>,
        expected: Option<&Value>,
        place: &Place,
    ) -> Option<Inconsistency> {
        if !self.checks_consistency {
            return None;
        }
        let operation = if index.is_none() { "assign" } else { "index assign" };
        self.inconsistency(access, operation, index, expected, self.value_of(place))
    }

    fn compare_entry(
        &self,
        access: &StateAccess,
        operation: &'static str,
        key: Key,
        index: &Arc<List>,
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

    /// Tells of a difference in presence, or in a value without parts; others are not compared.
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
