//! All containers of a store, by key and by unique id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::container::{Container, Content, Key, Owner, Owners, Slot, cost};
use super::{Limits, StateError};
use crate::Time;
use crate::data::{List, Name, Type};

#[derive(Debug)]
pub(super) struct Heap {
    containers: BTreeMap<Key, Container>,
    ids: BTreeMap<Name, Key>,
    next_key: Key,
    /// The prefix of local unique ids: `#host#pid#`.
    prefix: String,
    /// The number of the last local unique id.
    pub(super) last_id: u64,
    /// The total cost; see [`cost`].
    pub(super) cost: usize,
    pub(super) limits: Limits,
    pub(super) now: Time,
    /// How far the wall clock is ahead of it, in seconds: time stamps are in wall-clock time
    /// outside, and in fed time inside, so that lifetimes do not depend on the clock.
    pub(super) wall_ahead: f64,
    /// The expiry queue.
    pub(super) queue: BTreeSet<(Time, Key, Arc<List>)>,
}

impl Heap {
    pub(super) fn new(prefix: String, limits: Limits) -> Heap {
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

    /// Returns the container with this id.
    pub(super) fn by_id(&self, id: &[u8]) -> Option<Key> {
        self.ids.get(id).copied()
    }

    /// Returns the id by which a container is addressed.
    pub(super) fn id(&self, key: Key) -> Name {
        self.get(key).map(|container| container.id.clone()).unwrap_or_default()
    }

    /// Adds an empty container that is in no place yet.
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

    /// Creates an unused unique id.
    pub(super) fn new_id(&mut self) -> Name {
        loop {
            self.last_id = self.last_id.saturating_add(1);
            let id = Name::from(format!("{}{}", self.prefix, self.last_id));
            // A peer may have used ids like ours.
            if !self.ids.contains_key(&id) || self.last_id == u64::MAX {
                return id;
            }
        }
    }

    /// Adds another id to a container (2§9); the oldest of too many is dropped.
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
            Slot::Plain(value) => self.cost = self.cost.saturating_add(cost(value)),
            Slot::Held(key) => {
                if let Some(container) = self.containers.get_mut(key) {
                    container.owners.add(owner);
                }
            }
        }
    }

    /// Records that a slot was removed from a place; drops containers without a place.
    pub(super) fn detach(&mut self, slot: Slot, owner: Owner) {
        let mut pending = vec![(slot, owner)];
        while let Some((slot, owner)) = pending.pop() {
            let key = match slot {
                Slot::Plain(value) => {
                    self.cost = self.cost.saturating_sub(cost(&value));
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

    /// Removes the records of a container's content and returns its slots.
    pub(super) fn dissolve(&mut self, key: Key, content: Content) -> Vec<Slot> {
        match content {
            Content::Table(table) => {
                let mut slots = Vec::new();
                for (index, entry) in table.entries {
                    self.cost = self.cost.saturating_sub(index_cost(&index));
                    if let Some(time) = entry.queued {
                        self.queue.remove(&(time, key, index));
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

/// Returns the cost of an entry without its value.
pub(super) fn index_cost(index: &List) -> usize {
    index.items.iter().map(cost).fold(1, usize::saturating_add)
}
