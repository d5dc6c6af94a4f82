//! Entries of tables and sets.

use std::sync::Arc;

use super::container::{Content, Entry, Key, Owner, Slot, Table};
use super::heap::{Heap, index_cost};
use crate::Time;
use crate::data::List;

impl Heap {
    pub(super) fn table(&self, key: Key) -> Option<&Table> {
        match &self.get(key)?.content {
            Content::Table(table) => Some(table),
            _ => None,
        }
    }

    fn table_mut(&mut self, key: Key) -> Option<&mut Table> {
        match &mut self.get_mut(key)?.content {
            Content::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Inserts or replaces an entry. Its time stamps are the received ones, if any.
    pub(super) fn insert(
        &mut self,
        key: Key,
        index: Arc<List>,
        slot: Option<Slot>,
        stamps: Option<(f64, f64)>,
    ) {
        if let Some(slot) = &slot {
            self.attach(slot, Owner::Container(key));
        }
        let now = self.now.as_secs_f64();
        let Some(table) = self.table_mut(key) else { return };
        let lifetime = table.lifetime;
        let old = table.entries.remove_entry(&*index);
        let (index, old) = match old {
            Some((index, entry)) => (index, Some(entry)),
            None => (index, None),
        };
        let kept = old.as_ref().filter(|_| lifetime.is_some_and(|l| l.counts_from_creation()));
        // Ignores time stamps from before the sender knew the time, or from the future.
        let came = stamps.filter(|(_, expire)| *expire > 0.0 && (*expire <= now || now == 0.0));
        let (last_access, expire_access) = match (came, kept) {
            (Some(stamps), _) => stamps,
            (None, Some(old)) => (now, old.expire_access),
            (None, None) => (now, now),
        };
        let queued = lifetime.map(|lifetime| lifetime.end(expire_access));
        let entry = Entry { slot, last_access, expire_access, read_told: now, queued };
        table.entries.insert(Arc::clone(&index), entry);
        if let Some(time) = queued {
            self.enqueue(time, key, &index, old.as_ref().and_then(|old| old.queued));
        }
        match old {
            Some(old) => {
                if let Some(slot) = old.slot {
                    self.detach(slot, Owner::Container(key));
                }
            }
            None => self.cost = self.cost.saturating_add(index_cost(&index)),
        }
    }

    /// Deletes an entry; returns whether it existed.
    pub(super) fn remove(&mut self, key: Key, index: &List) -> bool {
        let Some(table) = self.table_mut(key) else { return false };
        let Some((index, entry)) = table.entries.remove_entry(index) else { return false };
        self.cost = self.cost.saturating_sub(index_cost(&index));
        if let Some(time) = entry.queued {
            self.queue.remove(&(time, key, index));
        }
        if let Some(slot) = entry.slot {
            self.detach(slot, Owner::Container(key));
        }
        true
    }

    /// Records that an entry was read; returns whether to notify peers, at most once per half of an
    /// entry's lifetime.
    pub(super) fn touch(&mut self, key: Key, index: &List) -> bool {
        let now = self.now.as_secs_f64();
        let Some(table) = self.table_mut(key) else { return false };
        let lifetime = table.lifetime.filter(|lifetime| lifetime.counts_from_reading());
        let Some(entry) = table.entries.get_mut(index) else { return false };
        entry.last_access = now;
        let Some(lifetime) = lifetime else { return false };
        // It is still queued under an earlier time, at which it is checked.
        entry.expire_access = now;
        let is_news = now - entry.read_told >= lifetime.half();
        if is_news {
            entry.read_told = now;
        }
        is_news
    }

    /// Adds an entry to the expiry queue, once.
    fn enqueue(&mut self, time: Time, key: Key, index: &Arc<List>, before: Option<Time>) {
        if let Some(before) = before {
            self.queue.remove(&(before, key, Arc::clone(index)));
        }
        self.queue.insert((time, key, Arc::clone(index)));
    }

    /// Removes the next expired entry from the queue.
    pub(super) fn next_expired(&mut self) -> Option<(Key, Arc<List>)> {
        while self.queue.first().is_some_and(|(time, ..)| *time <= self.now) {
            let (_, key, index) = self.queue.pop_first()?;
            let now = self.now;
            let Some(table) = self.table_mut(key) else { continue };
            let Some(lifetime) = table.lifetime else { continue };
            let Some(entry) = table.entries.get_mut(&*index) else { continue };
            if entry.expire_access == 0.0 {
                // It was created before the time was known.
                entry.expire_access = now.as_secs_f64();
            }
            let end = lifetime.end(entry.expire_access);
            if end <= now {
                entry.queued = None;
                return Some((key, index));
            }
            entry.queued = Some(end);
            self.queue.insert((end, key, index));
        }
        None
    }
}
