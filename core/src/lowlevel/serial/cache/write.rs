//! The writer's side of the object cache (2§5).

mod recipe;
mod written;

use std::any::Any;
use std::sync::Arc;

use crate::data::TypeTag;

use super::super::{Caching, Family, Mode};
use super::CacheCounters;
use super::ListId;
use super::ages::{Ages, Entry};
use super::messages::{Kept, Sent};
pub(in super::super) use recipe::Recipe;
use written::WrittenType;

/// Tracks the content of the peer's cache.
///
/// Types and their parts are recognized by their `Arc`; they never change. Containers of calls are
/// also recognized by their `Arc`: they are kept alive here, so a changed one has another `Arc` and
/// is written in full. Other values are always written in full. So under the new strategy the
/// unstable list need not be kept: it suffices to count the entries added after a container. If
/// there are more than a list holds, the peer may have evicted the container.
#[derive(Debug)]
pub(in super::super) struct WriteCache {
    next_pid: u64,
    ages: Ages,
    sent: Sent,
    /// The number of references to values that were written; all others are uses of types.
    moved: u64,
    /// The value of [`now`](Self::now) at the end of the last SERIAL after which there were
    /// containers, and the number of entries in the list of values that remain after it.
    cut: (u64, u64),
    size: usize,
    last: Caching,
    /// The number of objects written in full without an id.
    nameless: u64,
    /// Types that were written in full without an id.
    written: Vec<WrittenType>,
    /// The number of types and parts of types written in full.
    registered: u64,
}

/// What to write for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Decision {
    /// A reference to an object sent before.
    Reference(u64),
    /// The object in full under this id.
    Full(u64),
}

impl WriteCache {
    /// Creates an empty cache. `size` is the size announced to the peer. With 0, which some peers
    /// read as "no bound", no references are written.
    pub(in super::super) fn new(size: usize) -> WriteCache {
        WriteCache {
            next_pid: 1,
            ages: Ages::default(),
            sent: Sent::default(),
            moved: 0,
            cut: (0, 0),
            size,
            last: Caching::Single,
            nameless: 0,
            written: Vec::new(),
            registered: 0,
        }
    }

    pub(in super::super) fn counters(&self) -> CacheCounters {
        let entries = self.ages.len(ListId::Stable) + self.ages.len(ListId::Unstable);
        let full = self.next_pid - 1 + self.nameless;
        CacheCounters { full, references: self.references(), entries }
    }

    /// Returns the number of references that were written.
    fn references(&self) -> u64 {
        self.ages.uses() - self.registered + self.moved
    }

    /// Returns whether references are written at all.
    pub(in super::super) fn refers(&self, mode: Mode) -> bool {
        mode.caching != Caching::None && self.size > 0
    }

    /// Begins a SERIAL.
    ///
    /// While the new strategy is in use, the unstable list is not tracked, so its entries must not
    /// be referred to any more. They leave the receiver's list before all later ones.
    #[inline]
    pub(in super::super) fn begin(&mut self, mode: Mode) {
        if mode.caching != self.last {
            self.last = mode.caching;
            self.ages.forget_unstable();
            self.sent.clear();
        }
    }

    /// Decides on the standard instance of an atomic type.
    #[inline]
    pub(in super::super) fn base(&mut self, tag: TypeTag, mode: Mode) -> Decision {
        if mode.caching == Caching::None {
            self.nameless += 1;
            return Decision::Full(0);
        }
        match self.ages.use_base(tag, false) {
            Some(pid) => Decision::Reference(pid),
            None => self.new_base(tag, mode),
        }
    }

    #[cold]
    fn new_base(&mut self, tag: TypeTag, mode: Mode) -> Decision {
        let entry = self.register(mode);
        if self.size > 0 {
            self.ages.insert_base(tag, entry);
        }
        Decision::Full(entry.pid)
    }

    /// Decides on a value and its type, a standard instance, if the type is written as a reference,
    /// and returns the ids of both. Otherwise decides nothing and returns `None`. Must not be
    /// called [without a cache](Caching::None).
    #[inline]
    pub(in super::super) fn value_of_known(
        &mut self,
        tag: TypeTag,
        mode: Mode,
    ) -> Option<(u64, u64)> {
        let type_pid = self.ages.use_base(tag, mode.caching == Caching::Single)?;
        Some((self.take_pid(), type_pid))
    }

    /// Returns whether the shared object with this address is written as a reference.
    pub(in super::super) fn knows(&self, address: usize) -> bool {
        self.ages.knows(address)
    }

    /// Decides on a shared object.
    #[inline]
    pub(in super::super) fn shared<T: Any + Send + Sync>(
        &mut self,
        object: &Arc<T>,
        family: Family,
        mode: Mode,
    ) -> Decision {
        if mode.caching == Caching::None || !family.is_stable() {
            return self.anonymous(family, mode);
        }
        match self.ages.use_shared(Arc::as_ptr(object) as usize) {
            Some(pid) => Decision::Reference(pid),
            None => {
                let object = Arc::clone(object) as Arc<dyn Any + Send + Sync>;
                self.new_shared(object, mode)
            }
        }
    }

    #[cold]
    fn new_shared(&mut self, object: Arc<dyn Any + Send + Sync>, mode: Mode) -> Decision {
        let entry = self.register(mode);
        if self.size > 0 {
            self.ages.insert_shared(object, entry);
        }
        Decision::Full(entry.pid)
    }

    /// Decides on a container of a call of this size, by its address. `keep` returns what prevents
    /// the address from being reused. A container that is not shared cannot have been sent before.
    pub(in super::super) fn container(
        &mut self,
        address: usize,
        is_shared: bool,
        size: usize,
        mode: Mode,
        keep: impl FnOnce() -> Kept,
    ) -> Decision {
        if !self.refers(mode) {
            return self.anonymous(Family::Val, mode);
        }
        if is_shared && let Some(pid) = self.sent_container(address, mode) {
            return Decision::Reference(pid);
        }
        let decision = self.anonymous(Family::Val, mode);
        if let Decision::Full(pid) = decision {
            let (used, cut) = (self.now(mode), self.cut);
            let is_there = |used| is_there(used, cut);
            self.sent.insert(address, (pid, used), size, keep(), is_there);
        }
        decision
    }

    /// Decides on a container of a call of this size that was never sent and cannot be sent again.
    pub(in super::super) fn owned_container(&mut self, size: usize, mode: Mode) -> Decision {
        let decision = self.anonymous(Family::Val, mode);
        if self.refers(mode) {
            let cut = self.cut;
            self.sent.pass(self.now(mode), size, |used| is_there(used, cut));
        }
        decision
    }

    /// Decides on a container, but only if it is written as a reference. Returns its id.
    pub(in super::super) fn sent_container(&mut self, address: usize, mode: Mode) -> Option<u64> {
        let now = self.now(mode) + 1;
        let sent = self.sent.find(address).filter(|sent| is_there(sent.used, self.cut))?;
        sent.used = now;
        self.moved += 1;
        if mode.caching == Caching::Single {
            // It is at the end now. Counting its old place as well only evicts types sooner.
            self.ages.insert_anonymous();
        }
        Some(sent.pid)
    }

    pub(in super::super) fn has_sent(&self, address: usize) -> bool {
        self.sent.used(address).is_some_and(|used| is_there(used, self.cut))
    }

    /// Counts objects that were written in full without ids.
    #[inline]
    pub(in super::super) fn count_nameless(&mut self, objects: u64) {
        self.nameless += objects;
    }

    /// Decides on a value nested in itself, which is written under this id.
    pub(in super::super) fn again(&mut self, pid: u64, mode: Mode) -> Decision {
        self.moved += 1;
        if mode.caching == Caching::Single {
            self.ages.insert_anonymous();
        }
        Decision::Reference(pid)
    }

    /// Counts the entries added at the end of the list of values: possibly too many, never too few.
    #[inline]
    fn now(&self, mode: Mode) -> u64 {
        let moved = if mode.caching == Caching::Single { self.references() } else { self.moved };
        self.next_pid + moved
    }

    /// Decides on an object that is always written in full.
    #[inline]
    pub(in super::super) fn anonymous(&mut self, family: Family, mode: Mode) -> Decision {
        match mode.caching {
            Caching::None => {
                self.nameless += 1;
                return Decision::Full(0);
            }
            Caching::Single if family.is_counted() => self.ages.insert_anonymous(),
            Caching::Single | Caching::Stable => {}
        }
        Decision::Full(self.take_pid())
    }

    /// Creates the entry of an object of a stable family that is written in full.
    fn register(&mut self, mode: Mode) -> Entry {
        self.registered += 1;
        let list = if mode.stable() { ListId::Stable } else { ListId::Unstable };
        Entry { pid: self.take_pid(), list, used: self.ages.tick() }
    }

    #[inline]
    fn take_pid(&mut self) -> u64 {
        let pid = self.next_pid;
        self.next_pid += 1;
        pid
    }

    /// Ends a SERIAL: cuts the lists as the receiver does.
    #[inline]
    pub(in super::super) fn end(&mut self, mode: Mode) {
        let size = self.size as u64;
        let stable = self.ages.len(ListId::Stable);
        if !self.sent.is_empty() {
            let room = if mode.stable() { size } else { size.saturating_sub(stable) };
            self.cut = (self.now(mode), room);
        }
        match mode.caching {
            Caching::None => {}
            Caching::Stable if stable <= size => {}
            Caching::Stable => self.ages.cut(ListId::Stable, size),
            Caching::Single => self.ages.cut(ListId::Unstable, size.saturating_sub(stable)),
        }
    }
}

/// Returns whether the peer certainly has an object that was last used at this time: after the last
/// eviction, or before it with too few entries in between to evict it.
#[inline]
fn is_there(used: u64, (cut, room): (u64, u64)) -> bool {
    used > cut || cut - used < room
}

#[cfg(test)]
mod tests;
