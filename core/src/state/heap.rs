//! All containers of a store, by key and by unique ID.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::stored::{
    Container, Content, Entry, Expiry, Index, Key, Lifetime, Owner, Owners, Slot, Table,
};
use super::{StateError, StoreLimits};
use crate::Time;
use crate::data::{Name, Type};

#[derive(Debug)]
pub(super) struct Heap {
    containers: BTreeMap<Key, Container>,
    ids: BTreeMap<Name, Key>,
    next_key: Key,
    /// The prefix of local unique IDs: `#host#pid#`.
    prefix: String,
    /// The number of the last local unique ID.
    pub(super) last_id: u64,
    /// The total cost; see [`cost`](super::stored::cost).
    pub(super) cost: usize,
    pub(super) limits: StoreLimits,
    pub(super) now: Time,
    /// How far the wall clock is ahead of the fed time, in seconds. Time stamps are in wall-clock
    /// time outside the store and in fed time inside, so that lifetimes do not depend on the wall
    /// clock.
    pub(super) wall_ahead: f64,
    /// The expiry queue.
    pub(super) queue: BTreeSet<(Time, Key, Index)>,
}

impl Heap {
    pub(super) fn new(prefix: String, limits: StoreLimits) -> Heap {
        Heap {
            containers: BTreeMap::new(),
            ids: BTreeMap::new(),
            next_key: 0,
            prefix,
            last_id: 0,
            cost: 0,
            limits,
            now: Time::EPOCH,
            wall_ahead: 0.0,
            queue: BTreeSet::new(),
        }
    }

    /// Converts a time to a wall-clock time stamp; 0 means none.
    pub(super) fn stamp(&self, time: f64) -> f64 {
        if time == 0.0 { time } else { time + self.wall_ahead }
    }

    /// Converts a received time stamp to a time.
    pub(super) fn time_of(&self, stamp: f64) -> f64 {
        if stamp == 0.0 { stamp } else { stamp - self.wall_ahead }
    }

    pub(super) fn get(&self, key: Key) -> Option<&Container> {
        self.containers.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Container> {
        self.containers.get_mut(&key)
    }

    /// Returns the container with this ID.
    pub(super) fn by_id(&self, id: &[u8]) -> Option<Key> {
        self.ids.get(id).copied()
    }

    /// Returns the ID by which a container is addressed.
    pub(super) fn id(&self, key: Key) -> Name {
        self.get(key).map(|container| container.id.clone()).unwrap_or_default()
    }

    /// Adds an empty container that is not in any place yet.
    pub(super) fn add(&mut self, ty: Type, id: Name, content: Content) -> Key {
        let key = self.next_key;
        self.next_key = self.next_key.saturating_add(1);
        if !id.is_empty() {
            self.ids.insert(id.clone(), key);
        }
        self.cost = self.cost.saturating_add(1);
        let (aliases, owners) = (Vec::new(), Owners::None);
        self.containers.insert(key, Container { ty, id, aliases, owners, content });
        key
    }

    /// Creates an unused unique ID.
    pub(super) fn new_id(&mut self) -> Name {
        loop {
            self.last_id = self.last_id.saturating_add(1);
            let id = Name::from(format!("{}{}", self.prefix, self.last_id));
            // A peer may have used IDs like ours.
            if !self.ids.contains_key(&id) || self.last_id == u64::MAX {
                return id;
            }
        }
    }

    /// Adds another ID to a container (2§9). If there are too many, the oldest is dropped.
    pub(super) fn add_alias(&mut self, key: Key, id: &Name) {
        const MAX_ALIASES: usize = 1024;
        if id.is_empty() || self.ids.contains_key(id) {
            return;
        }
        let Some(container) = self.containers.get_mut(&key) else { return };
        let id = id.compact();
        self.ids.insert(id.clone(), key);
        container.aliases.push(id);
        if container.aliases.len() > MAX_ALIASES {
            self.ids.remove(&container.aliases.remove(0));
        } else {
            self.cost = self.cost.saturating_add(1);
        }
    }

    /// Records an additional place of a container.
    pub(super) fn attach(&mut self, slot: &Slot, owner: Owner) {
        match slot {
            Slot::Plain(value) => self.cost = self.cost.saturating_add(value.cost()),
            Slot::Held(key) => {
                if let Some(container) = self.containers.get_mut(key) {
                    container.owners.add(owner);
                }
            }
        }
    }

    /// Records that a slot was removed from a place. Drops containers that are no longer in any
    /// place.
    pub(super) fn detach(&mut self, slot: Slot, owner: Owner) {
        let mut pending = vec![(slot, owner)];
        while let Some((slot, owner)) = pending.pop() {
            let key = match slot {
                Slot::Plain(value) => {
                    self.cost = self.cost.saturating_sub(value.cost());
                    continue;
                }
                Slot::Held(key) => key,
            };
            let Some(container) = self.containers.get_mut(&key) else { continue };
            if !container.owners.remove(owner) {
                continue;
            }
            if let Some(container) = self.containers.remove(&key) {
                self.cost = self.cost.saturating_sub(container.aliases.len().saturating_add(1));
                for id in container.aliases.iter().chain([&container.id]) {
                    self.ids.remove(id);
                }
                let slots = self.dissolve(key, container.content);
                pending.extend(slots.into_iter().map(|slot| (slot, Owner::Container(key))));
            }
        }
    }

    /// Removes a container's content from the cost and the expiry queue. Returns its slots.
    pub(super) fn dissolve(&mut self, key: Key, content: Content) -> Vec<Slot> {
        match content {
            Content::Table(table) => {
                let mut slots = Vec::new();
                for (index, entry) in table.entries {
                    self.cost = self.cost.saturating_sub(index.cost());
                    if let Some(expiry) = entry.expiry {
                        self.queue.remove(&(expiry.queued, key, index));
                    }
                    slots.extend(entry.slot);
                }
                slots
            }
            Content::Record(slots) | Content::Vector(slots) => {
                self.cost = self.cost.saturating_sub(slots.len());
                slots.into_iter().flatten().collect()
            }
        }
    }

    /// Checks that this additional cost is within the limit.
    pub(super) fn check_room(&self, more: usize) -> Result<(), StateError> {
        let (cost, limit) = (self.cost, self.limits.cost);
        if cost.saturating_add(more) > limit {
            return Err(StateError::Full { cost, more, limit });
        }
        Ok(())
    }

    /// Returns the numbers of the variables that contain a container, at any depth.
    pub(super) fn variables_of(&self, key: Key) -> BTreeSet<usize> {
        let (mut variables, mut seen, mut pending) = (BTreeSet::new(), BTreeSet::new(), vec![key]);
        while let Some(key) = pending.pop() {
            if !seen.insert(key) {
                continue;
            }
            for owner in self.get(key).iter().flat_map(|container| container.owners.iter()) {
                match owner {
                    Owner::Variable(number) => {
                        variables.insert(number);
                    }
                    Owner::Container(key) => pending.push(key),
                }
            }
        }
        variables
    }
}

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
        index: Index,
        slot: Option<Slot>,
        stamps: Option<(f64, f64)>,
    ) {
        if let Some(slot) = &slot {
            self.attach(slot, Owner::Container(key));
        }
        let now = self.now.as_secs_f64();
        let Some(table) = self.table_mut(key) else { return };
        let lifetime = table.lifetime;
        // Ignore time stamps from before the sender knew the time, and from the future.
        let came = stamps.filter(|(_, expire)| *expire > 0.0 && (*expire <= now || now == 0.0));
        let (last_access, expire_access) = came.unwrap_or((now, now));
        let mut entry = Entry { slot, last_access, expire_access, expiry: None };
        let queued = lifetime.map(|lifetime| (lifetime, index.clone()));
        let mut more = 0;
        let (entry, old) = match table.entries.entry(index) {
            btree_map::Entry::Vacant(place) => {
                more = place.key().cost();
                (place.insert(entry), None)
            }
            btree_map::Entry::Occupied(mut place) => {
                if came.is_none() && lifetime.is_some_and(Lifetime::counts_from_creation) {
                    entry.expire_access = place.get().expire_access;
                }
                let old = place.insert(entry);
                (place.into_mut(), Some(old))
            }
        };
        if let Some((lifetime, index)) = queued {
            let time = lifetime.end(entry.expire_access);
            entry.expiry = Some(Box::new(Expiry { read_told: now, queued: time }));
            let before = old.as_ref().and_then(|old| old.expiry.as_ref()).map(|old| old.queued);
            let mut item = (before.unwrap_or(time), key, index);
            self.queue.remove(&item);
            item.0 = time;
            self.queue.insert(item);
        }
        self.cost = self.cost.saturating_add(more);
        if let Some(slot) = old.and_then(|old| old.slot) {
            self.detach(slot, Owner::Container(key));
        }
    }

    /// Deletes an entry. Returns whether it existed.
    pub(super) fn remove(&mut self, key: Key, index: &Index) -> bool {
        let Some(table) = self.table_mut(key) else { return false };
        let Some((index, entry)) = table.entries.remove_entry(index) else { return false };
        self.cost = self.cost.saturating_sub(index.cost());
        if let Some(expiry) = entry.expiry {
            self.queue.remove(&(expiry.queued, key, index));
        }
        if let Some(slot) = entry.slot {
            self.detach(slot, Owner::Container(key));
        }
        true
    }

    /// Records that an entry was read. Returns whether to notify peers: at most once per half of an
    /// entry's lifetime.
    pub(super) fn touch(&mut self, key: Key, index: &Index) -> bool {
        let now = self.now.as_secs_f64();
        let Some(table) = self.table_mut(key) else { return false };
        let lifetime = table.lifetime.filter(|lifetime| lifetime.counts_from_reading());
        let Some(entry) = table.entries.get_mut(index) else { return false };
        entry.last_access = now;
        let (Some(lifetime), Some(expiry)) = (lifetime, &mut entry.expiry) else { return false };
        // It remains queued under an earlier time, when it is checked again.
        entry.expire_access = now;
        let is_news = now - expiry.read_told >= lifetime.half();
        if is_news {
            expiry.read_told = now;
        }
        is_news
    }

    /// Removes the next expired entry from the queue.
    pub(super) fn next_expired(&mut self) -> Option<(Key, Index)> {
        while self.queue.first().is_some_and(|(time, ..)| *time <= self.now) {
            let (_, key, index) = self.queue.pop_first()?;
            let now = self.now;
            let Some(table) = self.table_mut(key) else { continue };
            let Some(lifetime) = table.lifetime else { continue };
            let Some(entry) = table.entries.get_mut(&index) else { continue };
            if entry.expire_access == 0.0 {
                // It was created before the time was known.
                entry.expire_access = now.as_secs_f64();
            }
            let end = lifetime.end(entry.expire_access);
            if end <= now {
                return Some((key, index));
            }
            if let Some(expiry) = &mut entry.expiry {
                expiry.queued = end;
            }
            self.queue.insert((end, key, index));
        }
        None
    }
}
