//! The index of cache entries by object id.

use std::collections::{BTreeMap, VecDeque};

/// Maps object ids to places; the cache itself detects removed entries.
///
/// Writers number objects in ascending order, so the ids are in an append-only queue with binary
/// search. Ids out of order, which only unusual peers send, are in a tree: no choice of ids makes a
/// lookup slow.
#[derive(Debug, Default)]
pub(super) struct PidIndex {
    ascending: VecDeque<(u64, u32)>,
    strays: BTreeMap<u64, u32>,
}

impl PidIndex {
    /// Returns whether an id is above all earlier ones, and so not in the cache.
    #[inline]
    pub(super) fn is_above_all(&self, pid: u64) -> bool {
        self.ascending.back().is_none_or(|(last, _)| pid > *last)
    }

    pub(super) fn insert(&mut self, pid: u64, place: u32) {
        if self.is_above_all(pid) {
            self.ascending.push_back((pid, place));
        } else {
            self.strays.insert(pid, place);
        }
    }

    /// Returns the last place of the object with this id.
    pub(super) fn find(&self, pid: u64) -> Option<u32> {
        if let Some(place) = self.strays.get(&pid) {
            return Some(*place);
        }
        let at = self.ascending.binary_search_by_key(&pid, |(pid, _)| *pid).ok()?;
        self.ascending.get(at).map(|(_, place)| *place)
    }

    /// Forgets entries that are gone: at the front at once, for there they mostly are, and
    /// elsewhere once they are in the majority.
    #[inline]
    pub(super) fn tidy(&mut self, live: usize, is_live: impl Fn(u64, u32) -> bool) {
        while self.ascending.len() > 1 {
            match self.ascending.front() {
                Some((pid, place)) if !is_live(*pid, *place) => self.ascending.pop_front(),
                _ => break,
            };
        }
        if self.ascending.len().max(self.strays.len()) > 64 {
            self.compact(live, is_live);
        }
    }

    fn compact(&mut self, live: usize, is_live: impl Fn(u64, u32) -> bool) {
        let most = live.saturating_mul(2).saturating_add(64);
        if self.ascending.len() > most {
            let last = self.ascending.back().copied();
            self.ascending.retain(|(pid, place)| is_live(*pid, *place));
            // The last one stays whatever it is: it marks up to where ids have been used.
            if let Some(last) = last.filter(|last| self.ascending.back() != Some(last)) {
                self.ascending.push_back(last);
            }
        }
        if self.strays.len() > most {
            self.strays.retain(|pid, place| is_live(*pid, *place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_ascending_and_stray_ids() {
        let mut index = PidIndex::default();
        for (pid, place) in [(5, 0), (6, 1), (900, 2), (7, 3), (901, 4)] {
            index.insert(pid, place);
        }
        for (pid, place) in [(5, Some(0)), (6, Some(1)), (7, Some(3)), (8, None), (901, Some(4))] {
            assert_eq!(index.find(pid), place, "{pid}");
        }
        assert!(!index.is_above_all(901));
        assert!(index.is_above_all(902));
    }

    #[test]
    fn forgets_what_is_gone_but_not_how_far_ids_went() {
        let mut index = PidIndex::default();
        for pid in 1..=1000 {
            index.insert(pid, pid as u32);
        }
        index.tidy(10, |pid, _| pid <= 10);
        assert_eq!(index.ascending.len(), 11);
        index.tidy(5, |pid, _| pid > 5);
        assert_eq!(index.find(5), None, "what is gone at the front is forgotten at once");
        assert_eq!(index.find(10), Some(10));
        assert_eq!(index.find(11), None);
        assert!(!index.is_above_all(1000));
    }
}
