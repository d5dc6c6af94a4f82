//! The object cache, one per direction, on either side (2§5).

mod ages;
mod index;
mod lru;
mod read;
mod write;

pub(super) use read::{Extent, Object, PendingType, ReadCache};
pub(super) use write::{Decision, WriteCache};

/// Counts what passed through a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
