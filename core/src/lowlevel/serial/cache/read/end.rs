//! Eviction at the end of a SERIAL message (2§5).

use std::sync::Arc;

use bytes::Bytes;

use super::super::super::tape::Message;
use super::super::super::{Caching, Mode};
use super::super::messages::Notes;
use super::super::{ListId, PerList};
use super::{Entry, Mark, NONE, ReadCache};
use crate::serial::cache::Object;

impl ReadCache {
    /// Ends a SERIAL: drops what does not outlive it and cuts the lists.
    #[inline]
    pub(in super::super::super) fn end(
        &mut self,
        message: Arc<Message>,
        notes: Option<Box<Notes>>,
        mode: Mode,
    ) {
        self.close_run();
        self.messages.hold(self.current, message, notes, self.live + self.ring.end());
        self.current = NONE;
        while let Some(place) = self.volatile.pop() {
            let gone = self.used[ListId::Unstable].remove(place);
            self.forget(gone);
        }
        self.cut(mode);
    }

    /// Ends a call that was read in the usual form, with `count` values in full, the first with the id
    /// `pid`, and with all containers from the mark on.
    #[inline(always)]
    pub(in super::super::super) fn end_call(
        &mut self,
        chunk: Bytes,
        mode: Mode,
        (pid, count): (u64, u32),
        mark: Mark,
    ) {
        self.ring.push_call((pid, self.clock + 1, count), (chunk, mode), mark.made);
        self.count_run(pid, u64::from(count));
        self.cut(mode);
    }

    /// Cuts the lists.
    #[inline(always)]
    pub(in super::super::super) fn cut(&mut self, mode: Mode) {
        let stable = self.used[ListId::Stable].len();
        if mode.caching == Caching::Stable {
            if stable > self.size {
                self.settle();
                (self.size..stable).for_each(|_| self.pop_stable());
            }
            self.cut_unstable(self.size);
        } else {
            self.cut_unstable(self.size.saturating_sub(stable));
        }
        if self.bytes() > self.limit {
            self.cut_bytes();
        }
    }

    #[cold]
    fn cut_bytes(&mut self) {
        self.settle();
        while self.bytes() > self.limit && self.pop_oldest() {
            self.given_up += 1;
        }
    }

    /// Drops the oldest entry of the stable list. All must be [settled](Self::settle).
    fn pop_stable(&mut self) {
        self.tape_calls();
        let gone = self.used[ListId::Stable].pop();
        self.forget(gone);
    }

    /// Drops the oldest entries of the unstable list until it has this size.
    #[inline(always)]
    fn cut_unstable(&mut self, size: usize) {
        let over = self.unstable().saturating_sub(size);
        if self.used[ListId::Unstable].len() == 0 && self.ring.is_regular() {
            let messages = &mut self.messages;
            self.ring.pop_many(over, |message| messages.release(message));
        } else if over > 0 {
            self.drop_unstable(over);
        }
    }

    /// Drops this number of the oldest entries of the unstable list.
    #[inline(never)]
    fn drop_unstable(&mut self, mut over: usize) {
        let (mut before, mut is_settled) = (self.oldest_used, false);
        while over > 0 {
            if let Some((count, message)) = self.ring.pop(over, before) {
                over = over.saturating_sub(count);
                if let Some(message) = message {
                    self.messages.release(message);
                }
                continue;
            }
            if !is_settled {
                self.settle();
                is_settled = true;
            }
            let used = &mut self.used[ListId::Unstable];
            let oldest = used.oldest();
            self.oldest_used = oldest.unwrap_or(self.oldest_used);
            if oldest.unwrap_or(u64::MAX) > before {
                before = oldest.unwrap_or(u64::MAX);
                continue;
            }
            if used.oldest_item().is_some_and(|entry| matches!(entry.object, Object::Type(_))) {
                self.tape_calls();
            }
            let gone = self.used[ListId::Unstable].pop();
            self.forget(gone);
            over -= 1;
        }
    }

    /// Evicts the oldest of all entries, which must be [settled](Self::settle); returns whether there
    /// was one.
    fn pop_oldest(&mut self) -> bool {
        // Values that moved elsewhere are no longer entries of the ring.
        while let Some((_, message)) = self.ring.pop(0, u64::MAX) {
            message.into_iter().for_each(|message| self.messages.release(message));
        }
        let PerList { stable, unstable } = &mut self.used;
        let stable = stable.oldest().unwrap_or(u64::MAX);
        let unstable = unstable.oldest().unwrap_or(u64::MAX);
        let unstable = unstable.min(self.ring.oldest().unwrap_or(u64::MAX));
        if stable.min(unstable) == u64::MAX {
            return false;
        }
        if stable < unstable {
            self.pop_stable();
        } else {
            self.cut_unstable(self.unstable().saturating_sub(1));
        }
        true
    }

    /// Drops an entry that was removed from its list, and its id if that still belongs to it.
    fn forget(&mut self, gone: Option<(u64, Entry)>) {
        if let Some((pid, entry)) = gone {
            if pid != 0 {
                self.index.remove(&pid);
                self.forget_recent(pid);
            }
            // Locations and state accesses are registered but never stored.
            if !matches!(entry.object, Object::Pending(_)) {
                self.bytes = self.bytes.saturating_sub(entry.bytes as usize);
            }
            if entry.message != NONE {
                self.messages.release(entry.message);
            }
        }
    }
}
