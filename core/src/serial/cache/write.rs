//! The writer's side of the object cache (2§5).

use std::any::Any;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::data::TypeTag;

use super::super::{Caching, Family, Mode};
use super::CacheCounters;
use super::lru::{ListId, Lru};

/// No place.
const NONE: u32 = u32::MAX;

/// Knows what the peer has in its cache.
///
/// Types and what belongs to them are recognised by their `Arc`; they never change. Values are
/// always written in full: what is sent is the value at the time of sending. So under the new
/// strategy the unstable list needs no keeping at all, only its ids count on.
#[derive(Debug)]
pub(in super::super) struct WriteCache {
    next_pid: u64,
    lru: Lru<Entry>,
    base: [u32; TypeTag::ALL.len()],
    shared: HashMap<usize, u32, BuildHasherDefault<AddressHasher>>,
    size: usize,
    last: Caching,
    full: u64,
    references: u64,
}

#[derive(Debug)]
struct Entry {
    pid: u64,
    key: Key,
}

#[derive(Debug)]
enum Key {
    /// Never referred to; only takes its place in the list.
    Anonymous,
    /// The standard instance of an atomic type.
    Base(TypeTag),
    /// Something shared; held, so that its address is not used again.
    Shared(Arc<dyn Any + Send + Sync>),
}

/// Says what is to be written for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Decision {
    /// A reference to what was sent before.
    Reference(u64),
    /// The object in full under this id.
    Full(u64),
}

impl WriteCache {
    /// `size` is what is announced to the peer. With 0, which some take for "no bound", nothing is
    /// ever referred to.
    pub(in super::super) fn new(size: usize) -> WriteCache {
        WriteCache {
            next_pid: 1,
            lru: Lru::new(),
            base: [NONE; TypeTag::ALL.len()],
            shared: HashMap::default(),
            size,
            last: Caching::Single,
            full: 0,
            references: 0,
        }
    }

    pub(in super::super) fn counters(&self) -> CacheCounters {
        let entries = self.lru.len(ListId::Stable) + self.lru.len(ListId::Unstable);
        CacheCounters { full: self.full, references: self.references, entries: entries as u64 }
    }

    /// Returns whether references are written at all.
    pub(in super::super) fn refers(&self, mode: Mode) -> bool {
        mode.caching != Caching::None && self.size > 0
    }

    /// Begins a SERIAL.
    ///
    /// While the new strategy is in use, the unstable list is not followed, so what is in it must
    /// not be referred to any more; it leaves the receiver's list before all that comes later.
    pub(in super::super) fn begin(&mut self, mode: Mode) {
        if mode.caching != self.last {
            self.last = mode.caching;
            while let Some(entry) = self.lru.pop(ListId::Unstable) {
                self.forget(&entry);
            }
        }
    }

    /// Decides on the standard instance of an atomic type.
    #[inline]
    pub(in super::super) fn base(&mut self, tag: TypeTag, mode: Mode) -> Decision {
        let place = self.base[tag as usize];
        if place != NONE && mode.caching != Caching::None {
            return self.refer(place);
        }
        let (decision, place) = self.register(Family::Type, Key::Base(tag), mode);
        self.base[tag as usize] = place;
        decision
    }

    /// Decides on something shared.
    #[inline]
    pub(in super::super) fn shared<T: Any + Send + Sync>(
        &mut self,
        object: &Arc<T>,
        family: Family,
        mode: Mode,
    ) -> Decision {
        let address = Arc::as_ptr(object) as usize;
        if mode.caching != Caching::None {
            if let Some(place) = self.shared.get(&address) {
                return self.refer(*place);
            }
        }
        if !family.is_stable() {
            return self.anonymous(family, mode);
        }
        let key = Key::Shared(Arc::clone(object) as Arc<dyn Any + Send + Sync>);
        let (decision, place) = self.register(family, key, mode);
        if place != NONE {
            self.shared.insert(address, place);
        }
        decision
    }

    /// Decides on something that is always written in full.
    #[inline]
    pub(in super::super) fn anonymous(&mut self, family: Family, mode: Mode) -> Decision {
        if mode.caching == Caching::Stable {
            self.full += 1;
            return Decision::Full(self.take_pid());
        }
        self.register(family, Key::Anonymous, mode).0
    }

    fn register(&mut self, family: Family, key: Key, mode: Mode) -> (Decision, u32) {
        self.full += 1;
        if mode.caching == Caching::None {
            return (Decision::Full(0), NONE);
        }
        let pid = self.take_pid();
        if self.size == 0 || !family.is_counted() {
            return (Decision::Full(pid), NONE);
        }
        let list =
            if mode.stable() && family.is_stable() { ListId::Stable } else { ListId::Unstable };
        (Decision::Full(pid), self.lru.push(list, Entry { pid, key }))
    }

    fn refer(&mut self, place: u32) -> Decision {
        self.references += 1;
        self.lru.touch(place);
        // Places in `base` and `shared` are those of live entries: `forget` sees to it.
        Decision::Reference(self.lru.get(place).map_or(0, |entry| entry.pid))
    }

    fn take_pid(&mut self) -> u64 {
        let pid = self.next_pid;
        self.next_pid += 1;
        pid
    }

    /// Ends a SERIAL: cuts the lists as the receiver does.
    pub(in super::super) fn end(&mut self, mode: Mode) {
        match mode.caching {
            Caching::None => {}
            Caching::Stable => self.cut(ListId::Stable, self.size),
            Caching::Single => {
                let unstable = self.size.saturating_sub(self.lru.len(ListId::Stable));
                self.cut(ListId::Unstable, unstable);
            }
        }
    }

    fn cut(&mut self, list: ListId, size: usize) {
        while self.lru.len(list) > size {
            if let Some(entry) = self.lru.pop(list) {
                self.forget(&entry);
            }
        }
    }

    fn forget(&mut self, entry: &Entry) {
        match &entry.key {
            Key::Anonymous => {}
            Key::Base(tag) => self.base[*tag as usize] = NONE,
            Key::Shared(object) => {
                self.shared.remove(&(Arc::as_ptr(object) as *const () as usize));
            }
        }
    }
}

/// Spreads addresses, which nobody outside chooses, over a hash map.
#[derive(Debug, Default)]
struct AddressHasher(u64);

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
