//! Entries in order of their last use (2§5).

use std::collections::VecDeque;

/// Entries at fixed positions.
///
/// Using an entry only updates its stamp. When one must be evicted, entries are sorted and then
/// evicted from the oldest on, except those used since.
#[derive(Debug)]
pub(super) struct Used<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    /// Positions with the stamps at the last sort, in that order.
    sorted: VecDeque<(u64, u32)>,
    /// Positions whose stamps are greater than all of those. Both lists may contain empty
    /// positions.
    unsorted: Vec<u32>,
    len: usize,
}

#[derive(Debug)]
struct Slot<T> {
    /// The id, or 0 if it now belongs to another object.
    pid: u64,
    stamp: u64,
    item: Option<T>,
}

impl<T> Default for Used<T> {
    fn default() -> Used<T> {
        let (sorted, unsorted) = (VecDeque::new(), Vec::new());
        Used { slots: Vec::new(), free: Vec::new(), sorted, unsorted, len: 0 }
    }
}

impl<T> Used<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        self.slots.shrink_to_fit();
        self.free.shrink_to_fit();
        self.sorted.shrink_to_fit();
        self.unsorted.shrink_to_fit();
    }

    /// Adds an entry at the end of the order and returns its position.
    pub(super) fn insert(&mut self, pid: u64, stamp: u64, item: T) -> u32 {
        let slot = Slot { pid, stamp, item: Some(item) };
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(free) = self.slots.get_mut(place as usize) {
                    *free = slot;
                }
                place
            }
            None => {
                self.slots.push(slot);
                // The size of a cache is limited to far less.
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.len += 1;
        self.unsorted.push(place);
        if self.unsorted.len() > self.len.saturating_mul(2).saturating_add(64) {
            self.unsorted.sort_unstable();
            self.unsorted.dedup();
            let slots = &self.slots;
            self.unsorted.retain(|place| stamp_at(slots, *place) != 0);
        }
        place
    }

    /// Uses the entry at this position, if it has this id. Returns whether it has.
    #[inline]
    pub(super) fn touch(&mut self, place: u32, pid: u64, stamp: u64) -> bool {
        match self.slots.get_mut(place as usize) {
            Some(slot) if slot.pid == pid && pid != 0 => {
                slot.stamp = stamp;
                true
            }
            _ => false,
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.slots.get_mut(place as usize)?.item.as_mut()
    }

    /// Removes the id of an entry, which then only ages.
    pub(super) fn replace(&mut self, place: u32) {
        if let Some(slot) = self.slots.get_mut(place as usize) {
            slot.pid = 0;
        }
    }

    /// Returns the stamp of the least recently used entry.
    #[inline]
    pub(super) fn oldest(&mut self) -> Option<u64> {
        if self.len == 0 { None } else { self.find_oldest() }
    }

    /// Returns the least recently used entry.
    pub(super) fn oldest_item(&mut self) -> Option<&T> {
        self.oldest()?;
        let (_, place) = self.sorted.front()?;
        self.get(*place)
    }

    pub(super) fn get(&self, place: u32) -> Option<&T> {
        self.slots.get(place as usize)?.item.as_ref()
    }

    fn find_oldest(&mut self) -> Option<u64> {
        loop {
            match self.sorted.front() {
                Some((stamp, place)) => match stamp_at(&self.slots, *place) {
                    now if now == *stamp => return Some(now),
                    0 => {}
                    _ => self.unsorted.push(*place),
                },
                None if self.unsorted.is_empty() => return None,
                None => self.sort(),
            }
            if self.sorted.front().is_some_and(|at| stamp_at(&self.slots, at.1) != at.0) {
                self.sorted.pop_front();
            }
        }
    }

    fn sort(&mut self) {
        let slots = &self.slots;
        let places = self.unsorted.drain(..).map(|place| (stamp_at(slots, place), place));
        self.sorted.extend(places.filter(|(stamp, _)| *stamp != 0));
        self.sorted.make_contiguous().sort_unstable();
    }

    /// Removes the least recently used entry.
    pub(super) fn pop(&mut self) -> Option<(u64, T)> {
        self.oldest()?;
        let (_, place) = self.sorted.pop_front()?;
        self.remove(place)
    }

    /// Removes an entry. Returns it with its id, or with 0 if the id now belongs to another object.
    pub(super) fn remove(&mut self, place: u32) -> Option<(u64, T)> {
        let slot = self.slots.get_mut(place as usize)?;
        let item = slot.item.take()?;
        let pid = std::mem::take(&mut slot.pid);
        slot.stamp = 0;
        self.free.push(place);
        self.len -= 1;
        Some((pid, item))
    }
}

/// Returns the stamp of an entry, or 0 if there is none.
#[inline]
fn stamp_at<T>(slots: &[Slot<T>], place: u32) -> u64 {
    slots.get(place as usize).map_or(0, |slot| slot.stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_evicted_in_order_of_last_use() {
        let mut used = Used::default();
        let places: Vec<u32> = (1..=5).map(|i| used.insert(i, i, i)).collect();
        assert!(used.touch(places[0], 1, 6));
        assert!(!used.touch(places[0], 0, 6));
        used.touch(places[4], 5, 7);
        used.touch(places[4], 5, 8);
        assert_eq!(used.oldest(), Some(2));
        used.touch(places[2], 3, 9);
        assert_eq!(used.remove(places[3]), Some((4, 4)));
        assert_eq!(used.remove(places[3]), None);
        assert_eq!(used.len(), 4);
        assert_eq!(used.oldest(), Some(2));
        let order: Vec<u64> = std::iter::from_fn(|| used.pop()).map(|(_, item)| item).collect();
        assert_eq!(order, [2, 1, 5, 3]);
        assert_eq!(used.len(), 0);
    }

    #[test]
    fn positions_are_reused_for_newer_entries() {
        let mut used = Used::default();
        let a = used.insert(7, 1, 'a');
        used.insert(8, 2, 'b');
        assert_eq!(used.remove(a), Some((7, 'a')));
        assert!(!used.touch(a, 7, 3));
        assert_eq!(used.insert(9, 3, 'c'), a);
        assert!(used.touch(a, 9, 3));
        assert_eq!([used.pop(), used.pop(), used.pop()], [Some((8, 'b')), Some((9, 'c')), None]);
    }

    #[test]
    fn entries_used_during_eviction_are_kept() {
        let mut used = Used::default();
        let places: Vec<u32> = (1..=6).map(|i| used.insert(i, i, i)).collect();
        assert_eq!(used.pop(), Some((1, 1)));
        used.touch(places[1], 2, 7);
        used.insert(8, 8, 8);
        used.touch(places[3], 4, 9);
        let order: Vec<u64> = std::iter::from_fn(|| used.pop()).map(|(_, item)| item).collect();
        assert_eq!(order, [3, 5, 6, 2, 8, 4]);
    }

    #[test]
    fn removed_entries_leave_nothing_behind() {
        let mut used = Used::default();
        used.insert(1, 1, ());
        for stamp in 2..10_000 {
            let place = used.insert(stamp, stamp, ());
            used.remove(place);
            assert!(used.unsorted.len() <= 2 * 2 + 64 && used.slots.len() == 2);
        }
        assert_eq!(used.oldest(), Some(1));
    }
}
