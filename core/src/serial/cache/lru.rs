//! The cache's two lists, in order of use (2§5).

/// Stands for the end of a list.
const NONE: u32 = u32::MAX;

/// Names one of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListId {
    /// Types and other lasting objects, under the new strategy only.
    Stable = 0,
    /// Everything else.
    Unstable = 1,
}

/// Holds entries in two lists; each entry stays at one place in memory while it lives.
#[derive(Debug)]
pub(super) struct Lru<T> {
    slots: Vec<Slot<T>>,
    free: u32,
    lists: [Ends; 2],
}

#[derive(Debug)]
struct Slot<T> {
    prev: u32,
    next: u32,
    list: ListId,
    item: Option<T>,
}

#[derive(Debug, Clone, Copy)]
struct Ends {
    head: u32,
    tail: u32,
    len: usize,
}

const EMPTY: Ends = Ends { head: NONE, tail: NONE, len: 0 };

impl<T> Lru<T> {
    pub(super) fn new() -> Lru<T> {
        Lru { slots: Vec::new(), free: NONE, lists: [EMPTY; 2] }
    }

    pub(super) fn len(&self, list: ListId) -> usize {
        self.lists[list as usize].len
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize)?.item.as_ref()
    }

    /// Puts an entry at the tail of a list and returns its place.
    #[inline]
    pub(super) fn push(&mut self, list: ListId, item: T) -> u32 {
        let slot = Slot { prev: NONE, next: NONE, list, item: Some(item) };
        let place = if self.free == NONE {
            // A cache is bounded far below this.
            let place = u32::try_from(self.slots.len()).unwrap_or(NONE);
            self.slots.push(slot);
            place
        } else {
            let place = self.free;
            self.free = self.slots[place as usize].next;
            self.slots[place as usize] = slot;
            place
        };
        self.link(place);
        place
    }

    /// Moves an entry to the tail of its list.
    #[inline]
    pub(super) fn touch(&mut self, place: u32) {
        let list = self.slots[place as usize].list;
        if self.lists[list as usize].tail != place {
            self.unlink(place);
            self.link(place);
        }
    }

    /// Takes the entry at the head of a list.
    pub(super) fn pop(&mut self, list: ListId) -> Option<T> {
        let head = self.lists[list as usize].head;
        if head == NONE { None } else { self.remove(head) }
    }

    /// Takes an entry.
    pub(super) fn remove(&mut self, place: u32) -> Option<T> {
        self.slots.get(place as usize)?.item.as_ref()?;
        self.unlink(place);
        let free = self.free;
        self.free = place;
        let slot = &mut self.slots[place as usize];
        slot.next = free;
        slot.item.take()
    }

    #[inline]
    fn link(&mut self, place: u32) {
        let list = self.slots[place as usize].list as usize;
        let tail = self.lists[list].tail;
        self.slots[place as usize].prev = tail;
        self.slots[place as usize].next = NONE;
        match self.slots.get_mut(tail as usize) {
            Some(slot) => slot.next = place,
            None => self.lists[list].head = place,
        }
        self.lists[list].tail = place;
        self.lists[list].len += 1;
    }

    #[inline]
    fn unlink(&mut self, place: u32) {
        let Slot { prev, next, list, .. } = self.slots[place as usize];
        let list = list as usize;
        match self.slots.get_mut(prev as usize) {
            Some(slot) => slot.next = next,
            None => self.lists[list].head = next,
        }
        match self.slots.get_mut(next as usize) {
            Some(slot) => slot.prev = prev,
            None => self.lists[list].tail = prev,
        }
        self.lists[list].len -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(lru: &mut Lru<u32>, list: ListId) -> Vec<u32> {
        std::iter::from_fn(|| lru.pop(list)).collect()
    }

    #[test]
    fn entries_leave_in_order_of_last_use() {
        let mut lru = Lru::new();
        let places: Vec<u32> = (0..5).map(|i| lru.push(ListId::Unstable, i)).collect();
        lru.touch(places[0]);
        lru.touch(places[4]);
        lru.touch(places[2]);
        assert_eq!(lru.remove(places[3]), Some(3));
        assert_eq!(lru.remove(places[3]), None);
        assert_eq!(lru.len(ListId::Unstable), 4);
        assert_eq!(drain(&mut lru, ListId::Unstable), [1, 0, 4, 2]);
        assert_eq!(lru.len(ListId::Unstable), 0);
    }

    #[test]
    fn the_lists_are_apart_and_places_are_used_again() {
        let mut lru = Lru::new();
        let a = lru.push(ListId::Stable, 1);
        lru.push(ListId::Unstable, 2);
        assert_eq!(lru.remove(a), Some(1));
        assert_eq!(lru.push(ListId::Stable, 3), a);
        assert_eq!(lru.get(a), Some(&3));
        assert_eq!(drain(&mut lru, ListId::Stable), [3]);
        assert_eq!(drain(&mut lru, ListId::Unstable), [2]);
    }
}
