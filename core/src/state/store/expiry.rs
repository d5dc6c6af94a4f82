//! The expiry of entries (2§9).

use std::sync::Arc;

use super::Store;
use crate::Time;
use crate::data::{AttributeTag, Expr, List, Name, Opcode, StateAccess, Value};
use crate::state::container::Key;
use crate::state::stored::Index;

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
