//! The store of variables.

pub(crate) mod apply;
pub(crate) mod full;
pub(crate) mod local;
mod location;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::values::{Absorb, Reading, Source};
use super::heap::Heap;
use super::stored::{Content, Index, Key, Owner, Slot};
use super::{Path, StateError, StoreLimits};
use crate::Time;
use crate::data::{
    AttributeTag, Attributes, ConversionErrorKind, Declarations, Expr, File, Global, List, Name,
    Opcode, StateAccess, Type, Value,
};

/// A store of variables shared with peers (2§9, §3.4).
///
/// The store is independent of connections: it returns operations to send, and applies received
/// ones. The duration of an operation does not depend on the size of containers.
///
/// Variables that are not `&synchronized` can be declared too; operations on them return nothing to
/// send.
#[derive(Debug)]
pub struct Store {
    pub(super) variables: Vec<Variable>,
    names: BTreeMap<Name, usize>,
    pub(super) heap: Heap,
    pub(super) checks_consistency: bool,
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: Name,
    pub(super) ty: Type,
    pub(super) attributes: Option<Arc<Attributes>>,
    pub(super) synchronized: bool,
    pub(super) slot: Option<Slot>,
    initial: Option<Value>,
}

/// The target of an operation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Variable(usize),
    Container(Key),
}

impl Store {
    /// Creates a store without variables.
    ///
    /// `prefix` is the prefix of the unique IDs of local containers, `#host#pid#` in Bro. It must
    /// be different for each node that shares state. It must also change when a node restarts,
    /// unless the node restores its [snapshot](Store::snapshot).
    pub fn new(prefix: impl Into<String>, limits: StoreLimits) -> Store {
        Store {
            variables: Vec::new(),
            names: BTreeMap::new(),
            heap: Heap::new(prefix.into(), limits),
            checks_consistency: false,
        }
    }

    /// Declares all `&synchronized` variables and constants of the declarations, in order.
    ///
    /// # Errors
    ///
    /// See [`Store::declare`]; for the first variable that cannot be declared.
    pub fn declare_synchronized(&mut self, declarations: &Declarations) -> Result<(), StateError> {
        let globals = declarations.globals.iter();
        globals.filter(|g| g.has(AttributeTag::Synchronized)).try_for_each(|g| self.declare(g))
    }

    /// Declares a variable with its initial value. Without one, containers are empty and record
    /// fields have their defaults, as in Bro; other variables have no value.
    ///
    /// A variable that is already declared is unchanged. The full state is sent in order of
    /// declaration.
    ///
    /// # Errors
    ///
    /// [`StateError::Type`] if the initial value does not have the type, or the type has an index
    /// that Bro rejects; [`StateError::Full`].
    pub fn declare(&mut self, global: &Global) -> Result<(), StateError> {
        if self.names.contains_key(&global.name) {
            return Ok(());
        }
        global.ty.check_indices(&mut Default::default()).map_err(|tag| StateError::Type {
            target: global.name.clone(),
            error: ConversionErrorKind::IndexType(tag).into(),
        })?;
        let initial = match &global.init {
            Some(value) => {
                let value = value.coerce(&global.ty).map_err(StateError::value(&global.name))?;
                Some(with_attributes(value, global))
            }
            None => global.ty.initial_value(),
        };
        self.heap.check_room(initial.as_ref().map_or(0, crate::state::stored::cost))?;
        let number = self.variables.len();
        let synchronized = global.has(AttributeTag::Synchronized);
        self.names.insert(global.name.clone(), number);
        let (name, ty) = (global.name.clone(), global.ty.clone());
        let attributes = global.attributes.clone();
        let slot = None;
        self.variables.push(Variable { name, ty, attributes, synchronized, slot, initial });
        self.initialize_one(number);
        Ok(())
    }

    /// Assigns its initial value to a variable without a value.
    pub(super) fn initialize_one(&mut self, number: usize) {
        let Some(variable) = self.variables.get_mut(number) else { return };
        if let (None, Some(initial)) = (&variable.slot, &variable.initial) {
            let mut how = Absorb::new(Source::Local, variable.synchronized);
            let slot = self.heap.absorb(initial, variable.attributes.as_ref(), &mut how);
            self.heap.attach(&slot, Owner::Variable(number));
            variable.slot = Some(slot);
        }
    }

    /// Sets whether operations carry old values, and received ones are compared with the local
    /// values (`remote_check_sync_consistency`, §6). Without it, only increments carry old values.
    pub fn set_check_consistency(&mut self, check: bool) {
        self.checks_consistency = check;
    }

    /// Returns the variables' names in order of declaration.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.variables.iter().map(|variable| &variable.name)
    }

    /// Returns the value at a path. [`Store::len`] and [`Store::contains`] are cheaper.
    ///
    /// A container's value is assembled from its parts, which takes time proportional to their
    /// number.
    ///
    /// # Errors
    ///
    /// [`StateError::UnknownTarget`], [`StateError::NoValue`], [`StateError::NoSuchEntry`],
    /// [`StateError::UnknownField`] or [`StateError::NoPart`] if there is nothing at the path;
    /// [`StateError::TooDeep`] or [`StateError::TooLarge`] if peers have nested containers too
    /// deeply or too often.
    pub fn get(&self, path: impl Into<Path>) -> Result<Value, StateError> {
        let path = path.into();
        self.read(&self.slot_at(&path)?)
    }

    /// Returns the number of entries or elements of the container at a path; `None` if there is no
    /// container.
    ///
    /// # Errors
    ///
    /// See [`Store::get`].
    pub fn len(&self, path: impl Into<Path>) -> Result<Option<usize>, StateError> {
        let path = path.into();
        let Slot::Held(key) = self.slot_at(&path)? else { return Ok(None) };
        Ok(self.heap.get(key).map(|container| match &container.content {
            Content::Table(table) => table.entries.len(),
            Content::Record(slots) | Content::Vector(slots) => slots.len(),
        }))
    }

    /// Returns whether the table or set at a path has an entry with this index.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`]; [`StateError::Type`] if the index does not have the table's index
    /// type.
    pub fn contains(
        &self,
        path: impl Into<Path>,
        index: impl Into<Vec<Value>>,
    ) -> Result<bool, StateError> {
        let path = path.into();
        let key = self.container(&path)?;
        let index: Vec<Value> = index.into();
        let index = self.index(key, &index).map_err(|error| error.named_by(&path))?;
        Ok(self.heap.table(key).is_some_and(|table| table.entries.contains_key(&index)))
    }

    /// Returns the names of the variables to which the target of an operation belongs: the variable
    /// itself, or those that contain the container.
    pub fn variables_of(&self, target: &[u8]) -> Vec<Name> {
        match self.target(target) {
            Ok(Target::Variable(number)) => self
                .variables
                .get(number)
                .map(|variable| variable.name.clone())
                .into_iter()
                .collect(),
            Ok(Target::Container(key)) => self.names_of(key),
            Err(_) => Vec::new(),
        }
    }

    /// Returns the unique ID by which our operations address the container with this ID; `None` if
    /// there is none.
    pub fn id_of(&self, id: &[u8]) -> Option<Name> {
        self.heap.by_id(id).map(|key| self.heap.id(key))
    }

    /// Returns the unique ID by which our operations address the container at a path.
    ///
    /// # Errors
    ///
    /// Those of [`Store::get`]; [`StateError::NoPart`] if there is no container.
    pub fn id_at(&self, path: impl Into<Path>) -> Result<Name, StateError> {
        self.container(&path.into()).map(|key| self.heap.id(key))
    }

    /// Returns the total cost of the content; see [`StoreLimits::cost`].
    pub fn cost(&self) -> usize {
        self.heap.cost
    }

    pub(super) fn names_of(&self, key: Key) -> Vec<Name> {
        let variables = self.heap.variables_of(key).into_iter();
        variables.filter_map(|number| Some(self.variables.get(number)?.name.clone())).collect()
    }

    /// Finds the variable with this name, or the container with this unique ID.
    pub(super) fn target(&self, name: &[u8]) -> Result<Target, StateError> {
        if let Some(number) = self.names.get(name) {
            return Ok(Target::Variable(*number));
        }
        let unknown = || StateError::UnknownTarget(bytes::Bytes::copy_from_slice(name).into());
        self.heap.by_id(name).map(Target::Container).ok_or_else(unknown)
    }

    /// Assembles the value of a slot.
    pub(super) fn read(&self, slot: &Slot) -> Result<Value, StateError> {
        Reading::whole(&self.heap).slot(slot)
    }
}

/// Gives the variable's attributes to a file in its initial value, as Bro does.
fn with_attributes(value: Value, global: &Global) -> Value {
    let Value::File(ty, file) = value else { return value };
    let File { name, buffered, access, ty: of, attributes } = &*file;
    let attributes = attributes.as_ref().or(global.attributes.as_ref()).cloned();
    let (name, access, of) = (name.clone(), access.clone(), of.clone());
    Value::File(ty, Arc::new(File { name, buffered: *buffered, access, ty: of, attributes }))
}

/// An entry that has expired and was deleted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Expired {
    /// The variables that contain the table.
    pub variables: Vec<Name>,
    /// The table's unique ID, empty if it is not synchronized.
    pub id: Name,
    /// The entry's index.
    pub index: Arc<List>,
    /// The entry's value; `None` in sets.
    pub value: Option<Value>,
    /// The table's `&expire_func`, to be called with the table and the index. Ignore its result.
    pub func: Option<Arc<Expr>>,
    /// The operation to send; `None` if the table is not synchronized, or if a peer's operation
    /// caused the expiry.
    pub access: Option<StateAccess>,
}

impl Store {
    /// Records the time. A time before the last one is treated as the last one. Entries expire only
    /// in [`Store::poll_expired`].
    pub fn feed_time(&mut self, now: Time) {
        self.heap.now = self.heap.now.max(now);
    }

    /// Records how far the wall clock is ahead of the fed time, in nanoseconds.
    pub(crate) fn feed_wall_clock(&mut self, ahead: i128) {
        self.heap.wall_ahead = ahead as f64 / 1e9;
    }

    /// Returns when to call [`Store::poll_expired`] next.
    pub fn next_expiry(&self) -> Option<Time> {
        self.heap.queue.first().map(|(time, ..)| *time)
    }

    /// Deletes an expired entry and returns it. Call this until it returns `None`.
    #[must_use = "peers must be notified"]
    pub fn poll_expired(&mut self) -> Option<Expired> {
        loop {
            let (key, index) = self.heap.next_expired()?;
            if let Some(expired) = self.expire_entry(key, &index, true) {
                return Some(expired);
            }
        }
    }

    /// Deletes an entry as expired, if it exists.
    pub(super) fn expire_entry(&mut self, key: Key, index: &Index, own: bool) -> Option<Expired> {
        let table = self.heap.table(key)?;
        let (found, entry) = table.entries.get_key_value(index)?;
        let list = table.list(found);
        let value = entry.slot.as_ref().and_then(|slot| self.read(slot).ok());
        let attributes = table.attributes.as_deref();
        let func = attributes.and_then(|attributes| {
            let func = attributes.list.iter().find(|a| a.tag == AttributeTag::ExpireFunc)?;
            func.expr.clone()
        });
        let variables = self.names_of(key);
        let id = self.heap.id(key);
        self.heap.remove(key, index);
        let access = (own && !id.is_empty()).then(|| StateAccess {
            opcode: Opcode::Expire,
            target: id.clone(),
            op1: Value::List(Arc::clone(&list)),
            op2: None,
            op3: None,
        });
        Some(Expired { variables, id, index: list, value, func, access })
    }
}
