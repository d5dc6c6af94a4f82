//! Types that are sent in full repeatedly (2§4).

use crate::data::Type;

use super::Extent;

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
pub(in super::super) struct InternedType {
    key: u64,
    bytes: Box<[u8]>,
    pub(in super::super) ty: Type,
    pub(in super::super) extent: Extent,
    /// The number of objects in the type's encoding.
    pub(in super::super) full: u64,
}

impl InternedType {
    /// Returns the length of the type's encoding in bytes.
    pub(in super::super) fn len(&self) -> u32 {
        self.bytes.len() as u32
    }
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
    pub(super) fn add(&mut self, bytes: &[u8], ty: Type, extent: Extent, full: u64, limit: usize) {
        let Some(key) = key(bytes).filter(|_| bytes.len() <= LONGEST) else { return };
        let gone = match self.types.get(self.next) {
            Some(known) => known.bytes.len(),
            None => 0,
        };
        let all = self.bytes - gone + bytes.len();
        if all > limit {
            return;
        }
        let known = InternedType { key, bytes: bytes.into(), ty, extent, full };
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
        let extent = Extent::default();
        for last in 0..40 {
            let ty = Type::named(last.to_string());
            interned.add(&bytes(last), ty, extent, u64::from(last), 10_000);
        }
        assert_eq!((interned.types.len(), interned.bytes()), (MOST, MOST * 51));
        for last in 0..40 {
            let bytes = [bytes(last), vec![1, 2, 3]].concat();
            let found = interned.find(&bytes).map(|known| (known.full, known.len()));
            // The last ones have replaced the first.
            assert_eq!(found, (last >= 8).then_some((u64::from(last), 51)));
        }
        assert!(interned.find(&bytes(9)[..50]).is_none());
        assert!(interned.find(&bytes(9)[..20]).is_none());
    }

    #[test]
    fn the_stored_bytes_are_bounded() {
        let mut interned = Interned::default();
        let mut add = |length: usize, limit| {
            let (ty, extent) = (Type::COUNT, Extent::default());
            interned.add(&vec![length as u8; length], ty, extent, 1, limit);
            interned.bytes()
        };
        assert_eq!(add(LONGEST + 1, usize::MAX), 0);
        assert_eq!(add(HASHED - 1, usize::MAX), 0);
        assert_eq!(add(100, 99), 0);
        assert_eq!(add(100, 100), 100);
        assert_eq!(add(101, 200), 100);
    }
}
