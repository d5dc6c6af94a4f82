//! The object cache, one per direction, on either side (2§5).
//!
//! Both sides order entries by their last use: a use only records its time, and entries are sorted
//! only when some must be evicted. Otherwise they have little in common, so each has its own
//! implementation. The reader ([`used`], [`ring`]) must find any entry by an id that the peer
//! chose, and holds the entry's content. The writer ([`ages`], [`messages`]) finds types and containers
//! by their address, and only counts all other entries.

mod ages;
mod messages;
mod read;
mod ring;
mod used;
mod write;

use std::ops::{Index, IndexMut};
use std::sync::{Arc, Weak};

use super::Family;
use crate::data::{
    Attributes, BitVector, BloomFilter, Case, CounterVector, Enclosing, Expr, File, Func, Hasher,
    Id, Name, Pattern, Stmt, Type, TypeDef, TypeTag,
};

pub(super) use messages::{Kept, Notes};
pub(super) use read::{CacheSlot, Mark, ReadCache};
pub(super) use write::{Decision, Recipe, WriteCache};

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

/// An object, or its known parts while it is being read.
#[derive(Debug)]
pub(in crate::lowlevel::serial) enum Object {
    /// Its header was read, its body not yet.
    Pending(Family),
    /// A type whose parts are still being read; they may refer to it.
    PendingType(PendingType),
    /// A value: the number of its message, and its position on that message's tape.
    Value(u32, u32),
    Type(Type),
    Attributes(Arc<Attributes>),
    Expr(Arc<Expr>),
    Stmt(Arc<Stmt>),
    Case(Arc<Case>),
    File(Arc<File>),
    Func(Arc<Func>),
    Id(Arc<Id>),
    Pattern(Arc<Pattern>),
    BitVector(Arc<BitVector>),
    CounterVector(Arc<CounterVector>),
    BloomFilter(Arc<BloomFilter>),
    Hasher(Arc<Hasher>),
}

#[derive(Debug, Clone)]
pub(in crate::lowlevel::serial) struct PendingType {
    pub(in crate::lowlevel::serial) def: Weak<TypeDef>,
    pub(in crate::lowlevel::serial) name: Name,
    pub(in crate::lowlevel::serial) tag: TypeTag,
}

impl Object {
    pub(in crate::lowlevel::serial) fn family(&self) -> Family {
        match self {
            Object::Pending(family) => *family,
            Object::PendingType(_) | Object::Type(_) => Family::Type,
            Object::Value(..) => Family::Val,
            Object::Attributes(_) => Family::Attributes,
            Object::Expr(_) => Family::Expr,
            Object::Stmt(_) => Family::Stmt,
            Object::Case(_) => Family::Case,
            Object::File(_) => Family::File,
            Object::Func(_) => Family::Func,
            Object::Id(_) => Family::Id,
            Object::Pattern(_) => Family::Pattern,
            Object::BitVector(_) => Family::BitVector,
            Object::CounterVector(_) => Family::CounterVector,
            Object::BloomFilter(_) => Family::BloomFilter,
            Object::Hasher(_) => Family::Hasher,
        }
    }

    #[inline]
    pub(in crate::lowlevel::serial) fn to_type(&self) -> Result<Type, Family> {
        match self {
            Object::Type(ty) => Ok(ty.clone()),
            Object::PendingType(PendingType { def, name, tag }) => {
                let (def, name, tag) = (def.clone(), name.clone(), *tag);
                Ok(Type::Enclosing(Arc::new(Enclosing { def, name, tag })))
            }
            other => Err(other.family()),
        }
    }
}

/// The maximum number of types to keep.
const MOST: usize = 32;

/// The maximum length of a kept type's encoding in bytes.
const LONGEST: usize = 4096;

/// How many bytes of a type are hashed; the others are compared only if these are equal.
const HASHED: usize = 40;

/// Keeps types by their encodings. A writer without a cache sends a type in full with each value,
/// and building a type takes many times as long as comparing its bytes.
///
/// The same bytes always encode the same type, provided that they contain no ids.
#[derive(Debug, Default)]
pub(super) struct Interned {
    types: Vec<InternedType>,
    /// The index of the type to replace next.
    next: usize,
    bytes: usize,
}

#[derive(Debug)]
pub(in crate::lowlevel::serial) struct InternedType {
    key: u64,
    /// The type's encoding.
    pub(in crate::lowlevel::serial) bytes: Box<[u8]>,
    pub(in crate::lowlevel::serial) ty: Type,
    /// Its height, and the number of objects in its encoding.
    pub(in crate::lowlevel::serial) extent: Extent,
}

impl Interned {
    /// Returns the size of all kept encodings in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the type whose encoding these bytes begin with, if any.
    pub(super) fn find(&self, bytes: &[u8]) -> Option<&InternedType> {
        let key = key(bytes)?;
        self.types.iter().find(|known| known.key == key && bytes.starts_with(&known.bytes))
    }

    /// Keeps a type with this encoding, unless all kept encodings would then exceed `limit` bytes.
    pub(super) fn add(&mut self, bytes: &[u8], ty: Type, extent: Extent, limit: usize) {
        let Some(key) = key(bytes).filter(|_| bytes.len() <= LONGEST) else { return };
        let gone = match self.types.get(self.next) {
            Some(known) => known.bytes.len(),
            None => 0,
        };
        let all = self.bytes - gone + bytes.len();
        if all > limit {
            return;
        }
        let known = InternedType { key, bytes: bytes.into(), ty, extent };
        match self.types.get_mut(self.next) {
            Some(place) => *place = known,
            None => self.types.push(known),
        }
        self.next = (self.next + 1) % MOST;
        self.bytes = all;
    }
}

/// Hashes the first bytes.
fn key(bytes: &[u8]) -> Option<u64> {
    let hashed: &[u8; HASHED] = bytes.first_chunk()?;
    let mix = |key: u64, word: &[u8]| {
        let word = word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        (key ^ word).rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    Some(hashed.chunks_exact(8).fold(0, mix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_all_of_their_bytes() {
        let mut interned = Interned::default();
        let bytes = |last: u8| [&[7; 50][..], &[last]].concat();
        for last in 0..40 {
            let extent = Extent { height: 1, objects: u32::from(last) };
            let ty = Type::named(last.to_string());
            interned.add(&bytes(last), ty, extent, 10_000);
        }
        assert_eq!((interned.types.len(), interned.bytes()), (MOST, MOST * 51));
        for last in 0..40 {
            let bytes = [bytes(last), vec![1, 2, 3]].concat();
            let found =
                interned.find(&bytes).map(|known| (known.extent.objects, known.bytes.len()));
            // The last ones have replaced the first.
            assert_eq!(found, (last >= 8).then_some((u32::from(last), 51)));
        }
        assert!(interned.find(&bytes(9)[..50]).is_none());
        assert!(interned.find(&bytes(9)[..20]).is_none());
    }

    #[test]
    fn the_stored_bytes_are_bounded() {
        let mut interned = Interned::default();
        let mut add = |length: usize, limit| {
            let (ty, extent) = (Type::COUNT, Extent::default());
            interned.add(&vec![length as u8; length], ty, extent, limit);
            interned.bytes()
        };
        assert_eq!(add(LONGEST + 1, usize::MAX), 0);
        assert_eq!(add(HASHED - 1, usize::MAX), 0);
        assert_eq!(add(100, 99), 0);
        assert_eq!(add(100, 100), 100);
        assert_eq!(add(101, 200), 100);
    }
}
