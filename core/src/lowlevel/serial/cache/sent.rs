//! The containers that were sent of late, for references to them (2§5).

use bytes::Bytes;

use crate::data::Value;

/// How many containers are remembered at most, and at first; powers of two.
const MOST: usize = 512;
const FIRST: usize = 16;

/// Remembers containers by where they lie in our memory.
///
/// Each has one place that it can take, by its address. So some are forgotten for others before the
/// peer has forgotten them, which only means that they go in full again.
#[derive(Debug, Default)]
pub(super) struct Sent {
    places: Vec<Option<SentValue>>,
}

/// A container that was sent.
#[derive(Debug)]
pub(super) struct SentValue {
    address: usize,
    pub(super) pid: u64,
    /// When it was used last, as the cache counts.
    pub(super) used: u64,
    _kept: Kept,
}

/// What keeps an address from being used again, and the container from being changed there.
#[derive(Debug)]
pub(in super::super) enum Kept {
    /// The container.
    Value {
        /// Never looked at.
        _value: Value,
    },
    /// The chunk that it came in.
    Chunk {
        /// Never looked at.
        _chunk: Bytes,
    },
}

impl Sent {
    /// Returns what was sent from this address.
    #[inline]
    pub(super) fn find(&mut self, address: usize) -> Option<&mut SentValue> {
        let place = place_of(address, self.places.len());
        self.places.get_mut(place)?.as_mut().filter(|sent| sent.address == address)
    }

    /// Remembers what was sent, in place of what the peer may have forgotten rather than of what it
    /// still has.
    #[inline]
    pub(super) fn insert(
        &mut self,
        address: usize,
        pid: u64,
        used: u64,
        kept: Kept,
        is_there: impl Fn(u64) -> bool,
    ) {
        loop {
            let length = self.places.len();
            match self.places.get_mut(place_of(address, length)) {
                Some(Some(other)) if length < MOST && is_there(other.used) => self.grow(),
                Some(place) => {
                    *place = Some(SentValue { address, pid, used, _kept: kept });
                    return;
                }
                None => self.grow(),
            }
        }
    }

    #[cold]
    fn grow(&mut self) {
        let length = if self.places.is_empty() { FIRST } else { self.places.len() * 2 };
        let mut places = Vec::new();
        places.resize_with(length, || None);
        for sent in self.places.drain(..).flatten() {
            if let Some(place) = places.get_mut(place_of(sent.address, length)) {
                *place = Some(sent);
            }
        }
        self.places = places;
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.places.clear();
    }
}

/// Returns the place that an address has among so many, a power of two.
#[inline]
fn place_of(address: usize, places: usize) -> usize {
    let mixed = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    mixed as usize & places.wrapping_sub(1)
}
