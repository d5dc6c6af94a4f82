//! The writer's lists and their eviction order (2§5).

use std::any::Any;
use std::collections::VecDeque;
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
    /// Those of the standard instances of atomic types by tag, then those of the shared objects.
    /// Empty until the first is added.
    entries: Vec<Entry>,
    shared: Vec<Shared>,
    /// The indices of unused shared objects.
    free: Vec<u32>,
    /// The shared objects in chains by address: the index of the first in each chain. The number of
    /// chains is a power of two, and at least that of the objects.
    chains: Vec<u32>,
    /// The types that have a standard instance.
    bases: Tags,
    /// The number of entries in each list without anonymous ones.
    named: PerList<u64>,
    /// The number of evicted anonymous entries, all of the unstable list.
    left: u64,
    /// The places of one list's entries, sorted by last use. Entries used or added since are
    /// younger than all of them. A place is the index of an entry.
    queue: VecDeque<(Use, u32)>,
}

/// A set of tags.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tags(u32);

impl Tags {
    pub(super) fn insert(&mut self, tag: TypeTag) {
        self.0 |= 1 << tag as u8;
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
    /// The id, or 0 if there is no object.
    pub(super) pid: u64,
    pub(super) list: ListId,
    pub(super) used: Use,
}

#[derive(Debug)]
struct Shared {
    /// The address, or 0 if there is no object.
    address: usize,
    /// The object. Kept, so that its address is not reused.
    _object: Option<Arc<dyn Any + Send + Sync>>,
    /// The index of the next in its chain, or [`NONE`].
    next: u32,
}

/// The number of entries of standard instances.
const BASES: usize = TypeTag::ALL.len();

/// The number of shared objects for which there is room at first.
const FEW: usize = 4;

/// No index.
const NONE: u32 = u32::MAX;

impl Entry {
    const NONE: Entry =
        Entry { pid: 0, list: ListId::Stable, used: Use { anonymous: 0, number: 0 } };
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

    /// Returns the number of uses so far.
    pub(super) fn uses(&self) -> u64 {
        self.now.number
    }

    /// Returns the next use.
    #[inline]
    pub(super) fn tick(&mut self) -> Use {
        self.now.number += 1;
        self.now
    }

    /// Uses the standard instance of an atomic type, after adding an anonymous entry if `anonymous`
    /// is true. Returns its id. Does nothing if the instance is not present.
    #[inline]
    pub(super) fn use_base(&mut self, tag: TypeTag, anonymous: bool) -> Option<u64> {
        let entry = self.entries.get_mut(tag as usize).filter(|entry| entry.pid != 0)?;
        self.now.anonymous += u64::from(anonymous);
        self.now.number += 1;
        entry.used = self.now;
        Some(entry.pid)
    }

    /// Returns whether the standard instances of all these types are present.
    #[inline]
    pub(super) fn has_bases(&self, tags: Tags) -> bool {
        tags.0 & !self.bases.0 == 0
    }

    /// Uses the shared object at an address; returns its id, if present.
    #[inline]
    pub(super) fn use_shared(&mut self, address: usize) -> Option<u64> {
        let place = self.find(address)?;
        let used = self.tick();
        let entry = self.entries.get_mut(place as usize)?;
        entry.used = used;
        Some(entry.pid)
    }

    /// Returns the place of the shared object at an address, if present. Looks at place `hint`
    /// first.
    #[inline]
    pub(super) fn place(&self, address: usize, hint: u32) -> Option<u32> {
        match self.shared.get((hint as usize).wrapping_sub(BASES)) {
            Some(shared) if shared.address == address => Some(hint),
            _ => self.find(address),
        }
    }

    /// Uses the entry at this place after this many more anonymous entries and uses. Returns its id.
    #[inline]
    pub(super) fn use_at(&mut self, place: u32, (anonymous, number): (u64, u64)) -> u64 {
        let Some(entry) = self.entries.get_mut(place as usize) else { return 0 };
        let anonymous = self.now.anonymous + anonymous;
        entry.used = Use { anonymous, number: self.now.number + number + 1 };
        entry.pid
    }

    /// Counts anonymous entries and uses.
    #[inline]
    pub(super) fn pass(&mut self, anonymous: u64, uses: u64) {
        self.now.anonymous += anonymous;
        self.now.number += uses;
    }

    /// Returns whether the object at an address is present, without using it.
    pub(super) fn knows(&self, address: usize) -> bool {
        self.find(address).is_some()
    }

    #[inline]
    fn find(&self, address: usize) -> Option<u32> {
        let mut at = *self.chains.get(chain(address, self.chains.len()))?;
        loop {
            let shared = self.shared.get(at as usize)?;
            if shared.address == address {
                return Some(at + BASES as u32);
            }
            at = shared.next;
        }
    }

    pub(super) fn insert_base(&mut self, tag: TypeTag, entry: Entry) {
        self.insert(tag as usize, entry);
        self.bases.insert(tag);
    }

    pub(super) fn insert_shared(&mut self, object: Arc<dyn Any + Send + Sync>, entry: Entry) {
        let address = Arc::as_ptr(&object) as *const () as usize;
        let shared = Shared { address, _object: Some(object), next: NONE };
        // The size of a cache is limited to far less.
        let last = u32::try_from(self.shared.len()).unwrap_or(NONE);
        let at = self.free.pop().unwrap_or(last);
        match self.shared.get_mut(at as usize) {
            Some(unused) => *unused = shared,
            None => self.shared.push(shared),
        }
        self.insert(at as usize + BASES, entry);
        if self.shared.len() > self.chains.len() {
            self.chains = vec![NONE; self.shared.len().next_power_of_two().max(FEW)];
            (0..=last).for_each(|at| self.link(at));
        } else {
            self.link(at);
        }
    }

    fn insert(&mut self, place: usize, entry: Entry) {
        if self.entries.is_empty() {
            self.entries.reserve_exact(BASES + FEW);
        }
        if self.entries.len() <= place {
            self.entries.resize((place + 1).max(BASES), Entry::NONE);
        }
        if let Some(unused) = self.entries.get_mut(place) {
            *unused = entry;
            self.named[entry.list] += 1;
        }
    }

    /// Adds the shared object with this index to its chain.
    fn link(&mut self, at: u32) {
        let Some(shared) = self.shared.get_mut(at as usize).filter(|s| s.address != 0) else {
            return;
        };
        let chain = chain(shared.address, self.chains.len());
        if let Some(first) = self.chains.get_mut(chain) {
            shared.next = std::mem::replace(first, at);
        }
    }

    /// Removes the shared object with this index, which was at this address and before `next`, from
    /// its chain.
    fn unlink(&mut self, at: u32, address: usize, next: u32) {
        let chain = chain(address, self.chains.len());
        let Some(first) = self.chains.get_mut(chain) else { return };
        if *first == at {
            *first = next;
            return;
        }
        let mut before = *first;
        while let Some(shared) = self.shared.get_mut(before as usize) {
            if shared.next == at {
                shared.next = next;
                return;
            }
            before = shared.next;
        }
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
            let places = 0..u32::try_from(self.entries.len()).unwrap_or(NONE);
            places.for_each(|place| self.forget(place, |entry| entry.list == ListId::Unstable));
        }
    }

    /// Evicts the least recently used entries until a list has at most `size`.
    ///
    /// Must be called for the same list until the next [`forget_unstable`](Self::forget_unstable).
    pub(super) fn cut(&mut self, list: ListId, size: u64) {
        while self.len(list) > size {
            let excess = self.len(list) - size;
            let Some((used, place)) = self.queue.front().copied() else {
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
                // Unless it has been used since.
                self.forget(place, |entry| entry.used == used);
            }
        }
    }

    /// Sorts the entries of a list by last use.
    fn line_up(&mut self, list: ListId) {
        let entries = self.entries.iter().zip(0..);
        let entries = entries.filter(|(entry, _)| entry.pid != 0 && entry.list == list);
        self.queue.extend(entries.map(|(entry, place)| (entry.used, place)));
        self.queue.make_contiguous().sort_unstable();
    }

    /// Drops the entry at this place, if there is one and `is_gone` returns true.
    fn forget(&mut self, place: u32, is_gone: impl Fn(&Entry) -> bool) {
        let Some(entry) = self.entries.get_mut(place as usize) else { return };
        if entry.pid == 0 || !is_gone(entry) {
            return;
        }
        let Entry { list, .. } = std::mem::replace(entry, Entry::NONE);
        self.named[list] -= 1;
        let Some(at) = place.checked_sub(BASES as u32) else {
            self.bases.0 &= !(1 << place);
            return;
        };
        let Some(shared) = self.shared.get_mut(at as usize) else { return };
        let gone = Shared { address: 0, _object: None, next: NONE };
        let Shared { address, next, .. } = std::mem::replace(shared, gone);
        self.unlink(at, address, next);
        self.free.push(at);
    }
}

/// Returns the chain of an address, which peers cannot choose, among a power of two.
#[inline]
fn chain(address: usize, chains: usize) -> usize {
    let mixed = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    mixed as usize & chains.wrapping_sub(1)
}
