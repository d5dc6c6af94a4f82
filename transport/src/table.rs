//! Synchronized tables as maps of Rust values.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use brocomm::data::{
    BroType, ConversionError, Entry, FromIndex, FromValue, IndexType, Name, ToIndex, ToValue, Value,
};
use brocomm::lowlevel::driver::Subscription;
use brocomm::node::Notification;
use brocomm::state::{Path, StateError, Store};
use futures_core::Stream;

use crate::{Handle, Notifications};

/// A synchronized table, `table[K] of V &synchronized` in Bro, as a map of Rust values.
///
/// Local changes are sent to all peers that share the table, and their changes are applied here.
/// See [`changes`](Self::changes). No method waits.
pub struct Table<K, V> {
    handle: Handle,
    name: Name,
    types: PhantomData<fn(K) -> V>,
}

/// What a table with values of the type `V` accepts: a `V`, a `&V`, and a `&str` as a `String`.
pub trait ValueOf<V> {
    /// Returns Bro's value.
    fn value(&self) -> Value;
}

impl<V: ToValue> ValueOf<V> for V {
    fn value(&self) -> Value {
        self.to_value()
    }
}

impl<V: ToValue> ValueOf<V> for &V {
    fn value(&self) -> Value {
        self.to_value()
    }
}

impl ValueOf<String> for &str {
    fn value(&self) -> Value {
        self.to_value()
    }
}

impl<K: IndexType, V: BroType> Table<K, V> {
    /// Looks up a table.
    pub(crate) fn new(handle: Handle, name: Name) -> Result<Table<K, V>, StateError> {
        let global = handle.with(|node, _| {
            let is_shared = node.store().is_some_and(|store| store.names().any(|n| *n == name));
            node.declarations().globals.get(&name).filter(|_| is_shared).cloned()
        });
        let global = global.ok_or_else(|| StateError::UnknownTarget(name.clone()))?;
        global.check::<BTreeMap<K, V>>().map_err(|error| misfit(&name, error))?;
        Ok(Table { handle, name, types: PhantomData })
    }

    /// Returns the name of the variable.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.handle.with(|node, _| {
            let len = node.store().and_then(|store| store.len(self.path()).ok().flatten());
            len.unwrap_or_default()
        })
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: IndexType, V: BroType> Table<K, V> {
    /// Returns the value of a key.
    ///
    /// # Errors
    /// [`StateError::Type`] if a peer's value is out of the range of the Rust type.
    pub fn get<Q>(&self, key: &Q) -> Result<Option<V>, StateError>
    where
        K: Borrow<Q>,
        Q: ToIndex + ?Sized,
        V: FromValue,
    {
        let index = key.to_index(&K::index_types());
        let path = self.path().index(index.clone());
        let value = self.handle.with(|node, _| node.store().map(|store| store.get(path)));
        match value {
            Some(Ok(value)) => {
                V::from_value(&value).map(Some).map_err(|error| self.misfit(&index, error))
            }
            Some(Err(StateError::NoSuchEntry { .. })) | None => Ok(None),
            Some(Err(error)) => Err(error),
        }
    }

    /// Returns whether a key has a value.
    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: ToIndex + ?Sized,
    {
        let index = key.to_index(&K::index_types());
        self.handle.with(|node, _| {
            node.store().is_some_and(|store| store.contains(self.path(), index) == Ok(true))
        })
    }

    /// Sets the value of a key, and sends the change to all peers that share the table.
    ///
    /// # Errors
    /// [`StateError::Full`]; [`StateError::Type`] if Bro cannot represent the key or the value.
    pub fn insert<Q>(&self, key: &Q, value: impl ValueOf<V>) -> Result<(), StateError>
    where
        K: Borrow<Q>,
        Q: ToIndex + ?Sized,
    {
        let path = self.path().index(key.to_index(&K::index_types()));
        let value = value.value();
        self.handle.with(|node, now| node.change_state(now, |store| store.assign(path, value)))
    }

    /// Removes a key, and sends the change to all peers that share the table. Returns whether the
    /// key existed.
    ///
    /// # Errors
    /// [`StateError::Type`] if Bro cannot represent the key.
    pub fn remove<Q>(&self, key: &Q) -> Result<bool, StateError>
    where
        K: Borrow<Q>,
        Q: ToIndex + ?Sized,
    {
        let index = key.to_index(&K::index_types());
        self.handle.with(|node, now| {
            let store = node.store();
            let was = store.map(|store| store.contains(self.path(), index.clone())).transpose()?;
            node.change_state(now, |store| store.delete(self.path(), index))?;
            Ok(was.unwrap_or_default())
        })
    }
}

impl<K: FromIndex, V: FromValue> Table<K, V> {
    /// Returns the current entries.
    ///
    /// # Errors
    /// [`StateError::Type`] if a peer's key or value is out of the range of the Rust type.
    pub fn entries(&self) -> Result<Vec<(K, V)>, StateError> {
        let value = self.handle.with(|node, _| node.store().map(|store| store.get(self.path())));
        let Some(Value::Table(table)) = value.transpose()? else { return Ok(Vec::new()) };
        let entry = |entry: &Entry| {
            let value = entry.value.as_ref().ok_or_else(|| self.unknown())?;
            self.pair(&entry.index.items, value)
        };
        table.entries.iter().map(entry).collect()
    }

    /// Subscribes to changes of the table by peers and to expiring entries. Changes by this node
    /// are not included.
    pub fn changes(&self) -> Changes<K, V> {
        let subscription = Subscription::new(format!("changes of {}", self.name)).state();
        let notifications = Notifications::new(self.handle.clone(), subscription);
        Changes { notifications, table: self.clone() }
    }
}

impl<K, V> Table<K, V> {
    fn path(&self) -> Path {
        Path::to(self.name.clone())
    }

    /// Converts an entry.
    fn pair(&self, index: &[Value], value: &Value) -> Result<(K, V), StateError>
    where
        K: FromIndex,
        V: FromValue,
    {
        let value = V::from_value(value).map_err(|error| self.misfit(index, error))?;
        Ok((self.key(index)?, value))
    }

    fn key(&self, index: &[Value]) -> Result<K, StateError>
    where
        K: FromIndex,
    {
        K::from_index(index).map_err(|error| self.misfit(index, error))
    }

    /// Returns the error for an entry that does not fit the Rust types.
    fn misfit(&self, index: &[Value], error: ConversionError) -> StateError {
        let index: Vec<String> = index.iter().map(Value::to_string).collect();
        misfit(&format!("{}[{}]", self.name, index.join(", ")).into(), error)
    }

    fn unknown(&self) -> StateError {
        StateError::UnknownTarget(self.name.clone())
    }
}

fn misfit(name: &Name, error: ConversionError) -> StateError {
    StateError::Type { target: name.clone(), error }
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Table<K, V> {
        Table { handle: self.handle.clone(), name: self.name.clone(), types: PhantomData }
    }
}

impl<K, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Table").field(&self.name).finish()
    }
}

/// A change of a synchronized table by a peer or by expiration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<K, V> {
    /// A key was added, or its value changed.
    Set(K, V),
    /// A key was removed, or its entry expired.
    Removed(K),
    /// The whole table was replaced, for example when a connection is established, or a part of a
    /// value changed. Read [`Table::entries`] again.
    Replaced,
}

/// A subscriber that returns the changes of a table in order. See [`Table::changes`].
pub struct Changes<K, V> {
    notifications: Notifications,
    table: Table<K, V>,
}

impl<K: FromIndex, V: FromValue> Changes<K, V> {
    /// Waits for the next change. Returns `None` when the node has stopped.
    ///
    /// An error means that a peer's value is out of the range of the Rust type, or that the peer
    /// declares the table with other types, so that its change was not applied. Later changes are
    /// not affected. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Change<K, V>, StateError>> {
        poll_fn(|cx| self.poll_change(cx.waker())).await
    }

    /// Returns the next change, or registers the waker.
    pub fn poll_change(&mut self, waker: &Waker) -> Poll<Option<Result<Change<K, V>, StateError>>> {
        loop {
            let change = match self.notifications.poll_notification(waker) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Notification::StateAccessPerformed { access, .. })) => {
                    self.of_access(&access.target, access.entry())
                }
                Poll::Ready(Some(Notification::StateAccessRejected { target, error, .. })) => {
                    match *error {
                        StateError::Type { error, .. } if self.is_part(&target) => {
                            Some(Err(misfit(&self.table.name, error)))
                        }
                        // Operations crossed.
                        _ => None,
                    }
                }
                Poll::Ready(Some(Notification::Expired(expired))) => {
                    let is_ours = expired.variables.contains(&self.table.name);
                    is_ours.then(|| self.table.key(&expired.index.items).map(Change::Removed))
                }
                Poll::Ready(Some(_)) => None,
            };
            if let Some(change) = change {
                return Poll::Ready(Some(change));
            }
        }
    }

    /// Returns the change that an operation made to the table, if any.
    fn of_access(
        &self,
        target: &Name,
        entry: Option<(&[Value], Option<&Value>)>,
    ) -> Option<Result<Change<K, V>, StateError>> {
        let name = &self.table.name;
        if target == name {
            return Some(Ok(Change::Replaced));
        }
        let is_entry = self.table.handle.with(|node, _| {
            let found =
                |store: &Store| Some((store.id_of(target)?, store.id_at(self.table.path()).ok()?));
            node.store().and_then(found).is_some_and(|(found, id)| found == id)
        });
        if !is_entry {
            return self.is_part(target).then_some(Ok(Change::Replaced));
        }
        let (index, value) = entry?;
        Some(match value {
            Some(value) => {
                self.table.pair(index, value).map(|(key, value)| Change::Set(key, value))
            }
            None => self.table.key(index).map(Change::Removed),
        })
    }

    /// Returns whether an operation's target is the table, or a container in it.
    fn is_part(&self, target: &Name) -> bool {
        let is_in = |store: &Store| store.variables_of(target).contains(&self.table.name);
        self.table.handle.with(|node, _| node.store().is_some_and(is_in))
    }
}

impl<K: FromIndex, V: FromValue> Stream for Changes<K, V> {
    type Item = Result<Change<K, V>, StateError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_change(cx.waker())
    }
}

impl<K, V> fmt::Debug for Changes<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Changes").field(&self.table.name).finish()
    }
}
