//! Logs and synchronized tables as Rust values.

use std::time::Instant;

use brocomm::data::{BroType, FromIndex, FromValue, IndexType, Name, ToIndex, ToValue};
use brocomm::logs::LogRecord;
use brocomm::node::{Raised, WriteLogError};
use brocomm::state::StateError;

use crate::Changes;
use crate::sleeping::wait_for;

/// A synchronized table, `table[K] of V &synchronized` in Bro, as a map of Rust values.
///
/// What is changed here is sent to all peers that share it, and what they change is here at once; see
/// [`changes`](Self::changes). Nothing waits.
#[derive(Debug, Clone)]
pub struct Table<K, V>(pub(crate) brocomm_transport::Table<K, V>);

impl<K: IndexType, V: BroType> Table<K, V> {
    /// Returns the name of the variable.
    pub fn name(&self) -> &Name {
        self.0.name()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: ToIndex, V: BroType> Table<K, V> {
    /// Returns the value of a key; `None` if it has none.
    ///
    /// # Errors
    /// [`StateError::Type`] if a peer's value is out of the Rust type's range.
    pub fn get(&self, key: &K) -> Result<Option<V>, StateError>
    where
        V: FromValue,
    {
        self.0.get(key)
    }

    /// Returns whether a key has a value.
    pub fn contains(&self, key: &K) -> bool {
        self.0.contains(key)
    }

    /// Sets the value of a key, and sends the change to all peers that share the table.
    ///
    /// # Errors
    /// [`StateError::Full`]; [`StateError::Type`] if the value is none that a Bro could have.
    pub fn insert(&self, key: &K, value: &V) -> Result<(), StateError>
    where
        V: ToValue,
    {
        self.0.insert(key, value)
    }

    /// Removes a key, and sends the change to all peers that share the table; returns whether it was
    /// there.
    ///
    /// # Errors
    /// [`StateError::Type`] if the key is none that a Bro could have.
    pub fn remove(&self, key: &K) -> Result<bool, StateError> {
        self.0.remove(key)
    }
}

impl<K: FromIndex, V: FromValue> Table<K, V> {
    /// Returns all entries as they are now.
    ///
    /// # Errors
    /// [`StateError::Type`] if what a peer put there is out of a Rust type's range.
    pub fn entries(&self) -> Result<Vec<(K, V)>, StateError> {
        self.0.entries()
    }

    /// Subscribes to what peers change in the table, and to what expires. What this node itself changes
    /// is not among it.
    pub fn changes(&self) -> Changes<K, V> {
        Changes(self.0.changes())
    }
}

/// A log that this node writes, whose entries are made of records of a Rust type.
#[derive(Debug, Clone)]
pub struct Log<R>(pub(crate) brocomm_transport::Log<R>);

impl<R: LogRecord> Log<R> {
    /// Writes an entry: sends it to every peer that requested logs, with others that are written within
    /// a second, as soon as there is room for it.
    ///
    /// # Errors
    /// [`WriteLogError::Stream`] if the entry holds what no log can; [`WriteLogError::Full`] at the
    /// deadline. The entry is not written then.
    pub fn write(&self, record: &R, deadline: Option<Instant>) -> Result<Raised, WriteLogError> {
        match wait_for(deadline, self.0.writing(record)) {
            Some(written) => Ok(written?),
            None => self.0.try_write(record),
        }
    }
}
