//! Entries in the order of their last use (2§5).

use std::collections::VecDeque;

/// Holds entries, each at one place while it lives.
///
/// What is used gets a newer stamp and another position in the queue; older positions of it mean
/// nothing any more and go when they come to the front, or are in the majority.
#[derive(Debug)]
pub(super) struct Used<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    queue: VecDeque<(u64, u32)>,
    len: usize,
}

#[derive(Debug)]
struct Slot<T> {
    /// The id, or 0 if it means something else by now.
    pid: u64,
    stamp: u64,
    item: Option<T>,
}

impl<T> Used<T> {
    pub(super) fn new() -> Used<T> {
        Used { slots: Vec::new(), free: Vec::new(), queue: VecDeque::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts an entry at the end of the order and returns its place.
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
                // A cache is bounded far below this.
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.len += 1;
        self.enqueue(stamp, place);
        place
    }

    #[inline]
    fn enqueue(&mut self, stamp: u64, place: u32) {
        self.queue.push_back((stamp, place));
        if self.queue.len() > self.len.saturating_mul(2).saturating_add(256) {
            let slots = &self.slots;
            self.queue.retain(|at| is_at(slots, *at));
        }
    }

    /// Returns whether the entry at this place is the one with this id.
    #[inline]
    pub(super) fn is(&self, place: u32, pid: u64) -> bool {
        self.slots.get(place as usize).is_some_and(|slot| slot.pid == pid && slot.item.is_some())
    }

    #[inline]
    pub(super) fn get(&self, place: u32) -> Option<&T> {
        self.slots.get(place as usize)?.item.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.slots.get_mut(place as usize)?.item.as_mut()
    }

    /// Lets the id of an entry mean nothing here any more; the entry only ages.
    pub(super) fn replace(&mut self, place: u32) {
        if let Some(slot) = self.slots.get_mut(place as usize) {
            slot.pid = 0;
        }
    }

    /// Moves an entry to the end of the order.
    #[inline]
    pub(super) fn touch(&mut self, place: u32, stamp: u64) {
        let Some(slot) = self.slots.get_mut(place as usize) else { return };
        slot.stamp = stamp;
        match self.queue.back_mut() {
            Some(last) if last.1 == place => last.0 = stamp,
            _ => self.enqueue(stamp, place),
        }
    }

    /// Returns when the entry was used that wasn't for the longest time.
    #[inline]
    pub(super) fn oldest(&mut self) -> Option<u64> {
        loop {
            let at = *self.queue.front()?;
            if is_at(&self.slots, at) {
                return Some(at.0);
            }
            self.queue.pop_front();
        }
    }

    /// Takes the entry that wasn't used for the longest time.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.oldest()?;
        let (_, place) = self.queue.pop_front()?;
        self.remove(place)
    }

    /// Takes an entry.
    pub(super) fn remove(&mut self, place: u32) -> Option<T> {
        let slot = self.slots.get_mut(place as usize)?;
        let item = slot.item.take()?;
        slot.stamp = 0;
        self.free.push(place);
        self.len -= 1;
        Some(item)
    }
}

/// Returns whether a position in the queue means the entry there.
#[inline]
fn is_at<T>(slots: &[Slot<T>], (stamp, place): (u64, u32)) -> bool {
    slots.get(place as usize).is_some_and(|slot| slot.stamp == stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_leave_in_order_of_last_use() {
        let mut used = Used::new();
        let places: Vec<u32> = (0..5).map(|i| used.insert(i, i + 1, i)).collect();
        used.touch(places[0], 6);
        used.touch(places[4], 7);
        used.touch(places[4], 8);
        used.touch(places[2], 9);
        assert_eq!(used.remove(places[3]), Some(3));
        assert_eq!(used.remove(places[3]), None);
        assert_eq!(used.len(), 4);
        assert_eq!(used.oldest(), Some(2));
        let order: Vec<u64> = std::iter::from_fn(|| used.pop()).collect();
        assert_eq!(order, [1, 0, 4, 2]);
        assert_eq!(used.len(), 0);
    }

    #[test]
    fn places_are_used_again_and_mean_the_newer_entry() {
        let mut used = Used::new();
        let a = used.insert(7, 1, 'a');
        used.insert(8, 2, 'b');
        assert_eq!(used.remove(a), Some('a'));
        assert!(!used.is(a, 7));
        assert_eq!(used.insert(9, 3, 'c'), a);
        assert!(used.is(a, 9));
        assert_eq!([used.pop(), used.pop(), used.pop()], [Some('b'), Some('c'), None]);
    }

    #[test]
    fn the_queue_stays_in_proportion() {
        let mut used = Used::new();
        let places = [used.insert(1, 1, ()), used.insert(2, 2, ())];
        for stamp in 3..10_000 {
            used.touch(places[stamp as usize % 2], stamp);
            assert!(used.queue.len() <= 2 * 2 + 256);
        }
        assert_eq!(used.oldest(), Some(9998));
    }
}
