//! A slab with keys that are never reused.

use std::fmt;

/// A key of an item in a [`Slab`], ordered by number.
///
/// A slot may be reused, but the number distinguishes items, so an old key finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub(super) number: u64,
    slot: u32,
}

impl Key {
    /// Returns the slot, which no other item has at the same time.
    pub(super) fn slot(self) -> usize {
        self.slot as usize
    }
}

/// A collection with reusable slots.
pub(super) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

struct Slot<T> {
    number: u64,
    value: Option<T>,
}

impl<T: fmt::Debug> fmt::Debug for Slab<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, value)| (key.number, value))).finish()
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Adds an item under an unused number.
    pub(super) fn insert(&mut self, number: u64, value: T) -> Key {
        let slot = Slot { number, value: Some(value) };
        // Memory is exhausted before the indices are.
        let at = self.free.pop().unwrap_or(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        match self.slots.get_mut(at as usize) {
            Some(place) => *place = slot,
            None => self.slots.push(slot),
        }
        Key { number, slot: at }
    }

    pub(super) fn get(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.slot as usize)?;
        slot.value.as_ref().filter(|_| slot.number == key.number)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        slot.value.as_mut().filter(|_| slot.number == key.number)
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.slot as usize).filter(|s| s.number == key.number)?;
        let value = slot.value.take()?;
        self.free.push(key.slot);
        Some(value)
    }

    /// Iterates over all items, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        (0..).zip(&self.slots).filter_map(|(slot, Slot { number, value })| {
            Some((Key { number: *number, slot }, value.as_ref()?))
        })
    }

    /// Iterates over all items, in no particular order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Key, &mut T)> {
        (0..).zip(&mut self.slots).filter_map(|(slot, Slot { number, value })| {
            Some((Key { number: *number, slot }, value.as_mut()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused_but_old_keys_find_nothing() {
        let mut slab = Slab::default();
        let (first, second) = (slab.insert(1, "first"), slab.insert(2, "second"));
        assert_eq!(slab.remove(first), Some("first"));
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.remove(first), None);
        let third = slab.insert(3, "third");
        assert_eq!(third.slot, first.slot);
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(third), Some(&"third"));
        assert_eq!(slab.iter().collect::<Vec<_>>(), [(third, &"third"), (second, &"second")]);
        assert_eq!(slab.slots.len(), 2);
        assert!(first < second && second < third);
    }
}
