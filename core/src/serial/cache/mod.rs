//! The object cache, one per direction, on either side (2§5).

mod fresh;
mod index;
mod lru;
mod messages;
mod object;
mod read;
mod used;
mod write;

pub(super) use messages::Notes;
pub(super) use object::{Object, PendingType};
pub(super) use read::{Place, ReadCache};
pub(super) use write::{Decision, WriteCache};

/// Says how far an object extends, with all that it refers to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    /// How many levels of objects lie below it.
    pub(super) height: u32,
    /// How many objects it stands for, itself aside.
    pub(super) objects: u32,
}

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
