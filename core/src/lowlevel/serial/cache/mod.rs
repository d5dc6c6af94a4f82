//! The object cache, one per direction, on either side (2§5).
//!
//! Either side keeps entries in the order of their last use by noting when that was, and sorts only
//! when some have to leave. Beyond that they have little in common, and so each has its own: the
//! reader ([`used`], [`fresh`]) has to find any entry by an id that the peer chose, and holds what it
//! means; the writer ([`ages`]) refers to types only, finds them by their address, and of all else
//! need but count how many there are.

mod ages;
mod fresh;
mod index;
mod messages;
mod object;
mod read;
mod used;
mod write;

use std::ops::{Index, IndexMut};

pub(super) use messages::Notes;
pub(super) use object::{Object, PendingType};
pub(super) use read::{Place, ReadCache};
pub(super) use write::{Decision, WriteCache};

/// Names one of the two lists in which entries lie in order of use (2§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListId {
    /// Types and other lasting objects, under the new strategy only.
    Stable,
    /// Everything else.
    Unstable,
}

/// Holds something for each of the two lists.
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

/// How far an object extends, with all that it refers to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    /// How many levels of objects lie below it.
    pub(super) height: u32,
    /// How many objects it stands for, itself aside.
    pub(super) objects: u32,
}

/// Counts what passed through a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheCounters {
    /// Objects in full.
    pub full: u64,
    /// References to objects sent before: the cache's hits.
    pub references: u64,
    /// Entries held now.
    pub entries: u64,
}

impl std::ops::AddAssign for CacheCounters {
    /// Adds what passed; what is held now is the sum of what both hold.
    fn add_assign(&mut self, other: CacheCounters) {
        self.full += other.full;
        self.references += other.references;
        self.entries += other.entries;
    }
}
