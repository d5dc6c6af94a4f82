//! The writer's side of the object cache (2§5).

use std::any::Any;
use std::sync::Arc;

use crate::data::TypeTag;

use super::super::{Caching, Family, Mode};
use super::CacheCounters;
use super::ListId;
use super::ages::{Ages, Entry};

/// Tracks the content of the peer's cache.
///
/// Types and what belongs to them are recognised by their `Arc`; they never change. Values are
/// always written in full: what is sent is the value at the time of sending. So under the new
/// strategy the unstable list needs no keeping at all, only its ids count on.
#[derive(Debug)]
pub(in super::super) struct WriteCache {
    next_pid: u64,
    ages: Ages,
    size: usize,
    last: Caching,
    full: u64,
    references: u64,
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
    /// `size` is what is announced to the peer. With 0, which some take for "no bound", nothing is
    /// ever referred to.
    pub(in super::super) fn new(size: usize) -> WriteCache {
        WriteCache {
            next_pid: 1,
            ages: Ages::default(),
            size,
            last: Caching::Single,
            full: 0,
            references: 0,
        }
    }

    pub(in super::super) fn counters(&self) -> CacheCounters {
        let entries = self.ages.len(ListId::Stable) + self.ages.len(ListId::Unstable);
        CacheCounters { full: self.full, references: self.references, entries }
    }

    /// Returns whether references are written at all.
    pub(in super::super) fn refers(&self, mode: Mode) -> bool {
        mode.caching != Caching::None && self.size > 0
    }

    /// Begins a SERIAL.
    ///
    /// While the new strategy is in use, the unstable list is not followed, so what is in it must
    /// not be referred to any more; it leaves the receiver's list before all that comes later.
    #[inline]
    pub(in super::super) fn begin(&mut self, mode: Mode) {
        if mode.caching != self.last {
            self.last = mode.caching;
            self.ages.forget_unstable();
        }
    }

    /// Decides on the standard instance of an atomic type.
    #[inline]
    pub(in super::super) fn base(&mut self, tag: TypeTag, mode: Mode) -> Decision {
        if mode.caching == Caching::None {
            self.full += 1;
            return Decision::Full(0);
        }
        if let Some(pid) = self.ages.use_base(tag) {
            self.references += 1;
            return Decision::Reference(pid);
        }
        let entry = self.register(mode);
        if self.size > 0 {
            self.ages.insert_base(tag, entry);
        }
        Decision::Full(entry.pid)
    }

    /// Decides on a value and on its type, a standard instance, if that goes as a reference: gives
    /// the ids of both. Otherwise decides nothing.
    #[inline]
    pub(in super::super) fn value_of_known(
        &mut self,
        tag: TypeTag,
        mode: Mode,
    ) -> Option<(u64, u64)> {
        if mode.caching == Caching::None || !self.ages.has_base(tag) {
            return None;
        }
        let pid = self.next_pid;
        self.anonymous(Family::Val, mode);
        self.references += 1;
        Some((pid, self.ages.use_base(tag)?))
    }

    /// Decides on something shared.
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
        if let Some(pid) = self.ages.use_shared(Arc::as_ptr(object) as usize) {
            self.references += 1;
            return Decision::Reference(pid);
        }
        let entry = self.register(mode);
        if self.size > 0 {
            self.ages.insert_shared(Arc::clone(object) as Arc<dyn Any + Send + Sync>, entry);
        }
        Decision::Full(entry.pid)
    }

    /// Decides on something that is always written in full.
    #[inline]
    pub(in super::super) fn anonymous(&mut self, family: Family, mode: Mode) -> Decision {
        self.full += 1;
        match mode.caching {
            Caching::None => return Decision::Full(0),
            Caching::Single if family.is_counted() => self.ages.insert_anonymous(),
            Caching::Single | Caching::Stable => {}
        }
        Decision::Full(self.take_pid())
    }

    /// Creates the entry of something of a lasting family that goes in full.
    fn register(&mut self, mode: Mode) -> Entry {
        self.full += 1;
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
        match mode.caching {
            Caching::None => {}
            Caching::Stable if stable <= size => {}
            Caching::Stable => self.ages.cut(ListId::Stable, size),
            Caching::Single => self.ages.cut(ListId::Unstable, size.saturating_sub(stable)),
        }
    }
}

#[cfg(test)]
mod tests;
