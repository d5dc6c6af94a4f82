//! The writer's lists and their eviction order (2§5).

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::data::TypeTag;

use super::{ListId, PerList};

/// The entries of both lists.
///
/// Entries are used often and evicted rarely, so a use only records its time; entries are sorted
/// when something is evicted. Anonymous entries, of which there are many, are not stored: they are
/// never used again, so they are evicted in order of insertion, and counting insertions and
/// evictions suffices.
#[derive(Debug, Default)]
pub(super) struct Ages {
    now: Use,
    base: [Option<Entry>; TypeTag::ALL.len()],
    /// The types that have a standard instance.
    bases: Tags,
    shared: HashMap<usize, Shared, BuildHasherDefault<AddressHasher>>,
    /// The number of entries in each list without anonymous ones.
    named: PerList<u64>,
    /// The number of evicted anonymous entries, all of the unstable list.
    left: u64,
    /// The entries of one list as they were sorted by last use. Entries used or added since are
    /// younger than all of them.
    queue: VecDeque<(Use, Key)>,
}

/// A set of tags.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Tags(u32);

impl Tags {
    pub(in super::super) fn insert(&mut self, tag: TypeTag) {
        self.0 |= 1 << tag as u8;
    }

    fn remove(&mut self, tag: TypeTag) {
        self.0 &= !(1 << tag as u8);
    }
}

/// When an entry was used. Uses compare like the positions of their entries in the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    /// The number of anonymous entries inserted before.
    anonymous: u64,
    /// The number of uses before.
    number: u64,
}

/// An object that can be referred to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) pid: u64,
    pub(super) list: ListId,
    pub(super) used: Use,
}

#[derive(Debug)]
struct Shared {
    entry: Entry,
    /// Kept, so that its address is not reused.
    _object: Arc<dyn Any + Send + Sync>,
}

#[derive(Debug, Clone, Copy)]
enum Key {
    /// The standard instance of an atomic type.
    Base(TypeTag),
    /// A shared object, by its address.
    Shared(usize),
}

impl Ages {
    /// Returns the number of entries in a list.
    #[inline]
    pub(super) fn len(&self, list: ListId) -> u64 {
        let named = self.named[list];
        match list {
            ListId::Stable => named,
            ListId::Unstable => named + self.now.anonymous - self.left,
        }
    }

    /// Returns the next use.
    #[inline]
    pub(super) fn tick(&mut self) -> Use {
        self.now.number += 1;
        self.now
    }

    /// Uses the standard instance of an atomic type; returns its id, if present.
    #[inline]
    pub(super) fn use_base(&mut self, tag: TypeTag) -> Option<u64> {
        let used = self.tick();
        let entry = self.base.get_mut(tag as usize)?.as_mut()?;
        entry.used = used;
        Some(entry.pid)
    }

    /// Returns whether the standard instances of all these types are present.
    #[inline]
    pub(super) fn has_bases(&self, tags: Tags) -> bool {
        tags.0 & !self.bases.0 == 0
    }

    pub(super) fn has_shared(&self, address: usize) -> bool {
        self.shared.contains_key(&address)
    }

    /// Does the same as [`use_base`](Self::use_base), after adding an anonymous entry if
    /// `anonymous` is true. Does nothing if the instance is not present.
    #[inline]
    pub(super) fn use_base_after(&mut self, tag: TypeTag, anonymous: bool) -> Option<u64> {
        let entry = self.base.get_mut(tag as usize)?.as_mut()?;
        self.now.anonymous += u64::from(anonymous);
        self.now.number += 1;
        entry.used = self.now;
        Some(entry.pid)
    }

    /// Does the same for several instances that are present. Calls `used` with the id of each.
    #[inline(always)]
    pub(super) fn use_bases<P: Copy>(
        &mut self,
        tags: &[(P, TypeTag)],
        anonymous: bool,
        mut used: impl FnMut(P, u64),
    ) {
        let mut now = self.now;
        for (place, tag) in tags {
            if let Some(Some(entry)) = self.base.get_mut(*tag as usize) {
                now.anonymous += u64::from(anonymous);
                now.number += 1;
                entry.used = now;
                used(*place, entry.pid);
            }
        }
        self.now = now;
    }

    /// Uses the object at an address; returns its id, if present.
    #[inline]
    pub(super) fn use_shared(&mut self, address: usize) -> Option<u64> {
        let used = self.tick();
        let entry = &mut self.shared.get_mut(&address)?.entry;
        entry.used = used;
        Some(entry.pid)
    }

    /// Returns whether the object at an address is present, without using it.
    pub(super) fn knows(&self, address: usize) -> bool {
        self.shared.contains_key(&address)
    }

    pub(super) fn insert_base(&mut self, tag: TypeTag, entry: Entry) {
        if let Some(slot) = self.base.get_mut(tag as usize) {
            *slot = Some(entry);
            self.bases.insert(tag);
            self.named[entry.list] += 1;
        }
    }

    pub(super) fn insert_shared(&mut self, object: Arc<dyn Any + Send + Sync>, entry: Entry) {
        let address = Arc::as_ptr(&object) as *const () as usize;
        self.shared.insert(address, Shared { entry, _object: object });
        self.named[entry.list] += 1;
    }

    /// Adds an anonymous entry to the unstable list.
    #[inline]
    pub(super) fn insert_anonymous(&mut self) {
        self.now.anonymous += 1;
    }

    /// Clears the unstable list.
    pub(super) fn forget_unstable(&mut self) {
        self.queue.clear();
        self.left = self.now.anonymous;
        if self.named[ListId::Unstable] > 0 {
            self.named[ListId::Unstable] = 0;
            for (slot, tag) in self.base.iter_mut().zip(TypeTag::ALL) {
                if slot.take_if(|entry| entry.list == ListId::Unstable).is_some() {
                    self.bases.remove(*tag);
                }
            }
            self.shared.retain(|_, shared| shared.entry.list != ListId::Unstable);
        }
    }

    /// Evicts the least recently used entries until a list has at most `size`.
    ///
    /// Must be called for the same list until the next [`forget_unstable`](Self::forget_unstable).
    pub(super) fn cut(&mut self, list: ListId, size: u64) {
        while self.len(list) > size {
            let excess = self.len(list) - size;
            let Some((used, key)) = self.queue.front().copied() else {
                if self.named[list] == 0 {
                    self.left += excess;
                } else {
                    self.line_up(list);
                }
                continue;
            };
            let older = used.anonymous.saturating_sub(self.left);
            if older > 0 {
                self.left += older.min(excess);
            } else {
                self.queue.pop_front();
                self.forget(list, used, key);
            }
        }
    }

    /// Sorts the entries of a list by last use.
    fn line_up(&mut self, list: ListId) {
        let base = TypeTag::ALL.iter().filter_map(|tag| {
            let entry = self.base.get(*tag as usize)?.as_ref()?;
            Some((entry, Key::Base(*tag)))
        });
        let shared =
            self.shared.iter().map(|(address, shared)| (&shared.entry, Key::Shared(*address)));
        let entries = base.chain(shared).filter(|(entry, _)| entry.list == list);
        self.queue.extend(entries.map(|(entry, key)| (entry.used, key)));
        self.queue.make_contiguous().sort_unstable_by_key(|(used, _)| *used);
    }

    /// Drops an entry, unless it has been used since.
    fn forget(&mut self, list: ListId, used: Use, key: Key) {
        let gone = match key {
            Key::Base(tag) => {
                let slot = self.base.get_mut(tag as usize);
                let gone = slot.and_then(|slot| slot.take_if(|entry| entry.used == used));
                if gone.is_some() {
                    self.bases.remove(tag);
                }
                gone.is_some()
            }
            Key::Shared(address) => {
                let unused = |shared: &Shared| shared.entry.used == used;
                self.shared.get(&address).is_some_and(unused)
                    && self.shared.remove(&address).is_some()
            }
        };
        self.named[list] -= u64::from(gone);
    }
}

/// A hasher for addresses, which peers cannot choose.
#[derive(Debug, Default)]
pub(super) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        let mixed = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
