//! The object cache, one per direction, on either side (2§5).
//!
//! Both sides order entries by their last use: a use only records its time, and entries are sorted
//! only when some must be evicted. Otherwise they have little in common, so each has its own
//! implementation. The reader ([`used`], [`ring`]) must find any entry by an id that the peer
//! chose, and holds the entry's content. The writer ([`ages`], [`sent`]) finds types and containers
//! by their address, and only counts all other entries.

mod ages;
mod interned;
mod messages;
mod object;
mod read;
mod ring;
mod sent;
mod used;
mod write;

use std::ops::{Index, IndexMut};

pub(super) use ages::Tags;
pub(super) use messages::Notes;
pub(super) use object::{Object, PendingType};
pub(super) use read::{Place, ReadCache};
pub(super) use sent::Kept;
pub(super) use write::{Condition, Decision, WriteCache};

/// One of the two lists of entries in order of use (2§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListId {
    /// Types and other long-lived objects, only under the new strategy.
    Stable,
    /// Everything else.
    Unstable,
}

/// A value for each of the two lists.
#[derive(Debug, Default)]
struct PerList<T> {
    stable: T,
    unstable: T,
}

impl<T> Index<ListId> for PerList<T> {
    type Output = T;

    #[inline(always)]
    fn index(&self, list: ListId) -> &T {
        match list {
            ListId::Stable => &self.stable,
            ListId::Unstable => &self.unstable,
        }
    }
}

impl<T> IndexMut<ListId> for PerList<T> {
    #[inline(always)]
    fn index_mut(&mut self, list: ListId) -> &mut T {
        match list {
            ListId::Stable => &mut self.stable,
            ListId::Unstable => &mut self.unstable,
        }
    }
}

/// The extent of an object, including all that it refers to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    /// The number of levels of objects below it.
    pub(super) height: u32,
    /// The number of objects in it, not counting itself.
    pub(super) objects: u32,
}

/// Counters of a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheCounters {
    /// Objects sent in full.
    pub full: u64,
    /// References to objects sent before: the cache's hits.
    pub references: u64,
    /// The current number of entries.
    pub entries: u64,
}

impl std::ops::AddAssign for CacheCounters {
    /// Adds all counters, including the current entries.
    fn add_assign(&mut self, other: CacheCounters) {
        self.full += other.full;
        self.references += other.references;
        self.entries += other.entries;
    }
}
