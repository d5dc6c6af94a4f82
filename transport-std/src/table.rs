//! Logs and synchronized tables with Rust types.

use std::borrow::Borrow;
use std::sync::Arc;
use std::time::Instant;

use brocomm::data::{BroType, FromIndex, FromValue, IndexType, Name, ToIndex};
use brocomm::logs::LogRecord;
use brocomm::node::{EventPeer, Raised, WriteLogError};
use brocomm::state::StateError;
use brocomm_transport::ValueOf;

use crate::Changes;
use crate::sleeping::Waiting;

/// A synchronized table, `table[K] of V &synchronized` in Bro, as a map of Rust values.
///
/// Local changes are sent to all peers that share the table, and their changes are applied here.
/// See [`changes`](Self::changes). No method waits.
#[derive(Debug, Clone)]
pub struct Table<K, V>(pub(crate) Waiting<brocomm_transport::Table<K, V>>);

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
        self.0.get(key)
    }

    /// Returns whether a key has a value.
    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: ToIndex + ?Sized,
    {
        self.0.contains(key)
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
        self.0.insert(key, value)
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
        self.0.remove(key)
    }
}

impl<K: FromIndex, V: FromValue> Table<K, V> {
    /// Returns the current entries.
    ///
    /// # Errors
    /// [`StateError::Type`] if a peer's key or value is out of the range of the Rust type.
    pub fn entries(&self) -> Result<Vec<(K, V)>, StateError> {
        self.0.entries()
    }

    /// Subscribes to changes of the table by peers and to expiring entries. Changes by this node
    /// are not included.
    pub fn changes(&self) -> Changes<K, V> {
        Changes(self.0.other(self.0.changes()))
    }
}

/// A log that this node writes, with entries of a Rust type.
#[derive(Debug, Clone)]
pub struct Log<R>(pub(crate) Waiting<brocomm_transport::Log<R>>);

impl<R: LogRecord> Log<R> {
    /// Waits until a connected peer has requested logs, and returns the peer. An entry that is
    /// written before goes to nobody. Returns `None` if the node stops or the deadline passes.
    pub fn requested(&self, deadline: Option<Instant>) -> Option<Arc<EventPeer>> {
        let mut progress = self.0.requesting();
        self.0.wait_for(deadline, |waker| progress.poll(waker)).flatten()
    }

    /// Writes an entry: sends it to every peer that requested logs, as soon as the send queues have
    /// room. Entries are sent in batches, at least once a second.
    ///
    /// # Errors
    /// [`WriteLogError::Stream`] if the entry has a value that a log cannot contain;
    /// [`WriteLogError::Full`] at the deadline. In both cases the entry is not written.
    pub fn write(&self, record: &R, deadline: Option<Instant>) -> Result<Raised, WriteLogError> {
        match self.0.wait_for(deadline, self.0.writing(record)) {
            Some(written) => Ok(written?),
            None => self.0.try_write(record),
        }
    }
}
