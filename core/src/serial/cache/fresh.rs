//! The values of the unstable list that nothing has referred to yet (2§5).

use std::collections::VecDeque;

use super::Extent;

/// What a value is, that is still being read.
const PENDING: u32 = u32::MAX;
/// What a value is, that was referred to and so lies elsewhere.
const GONE: u32 = u32::MAX - 1;
/// What a value is, whose id means a newer object.
const REPLACED: u32 = u32::MAX - 2;

/// Holds values in the order in which they came, which is that of their ids.
///
/// Nearly all values are never referred to: they come in at one end and leave at the other.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    ring: VecDeque<FreshValue>,
    gone: usize,
}

/// Says where a value is.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreshValue {
    pid: u64,
    /// When it came, as the cache counts.
    pub(super) stamp: u64,
    /// The message that it came with.
    pub(super) message: u32,
    /// Where on that message's tape it is.
    pub(super) tape: u32,
    pub(super) extent: Extent,
}

impl Fresh {
    pub(super) fn len(&self) -> usize {
        self.ring.len() - self.gone
    }

    /// Registers a value, with an id above all before it; returns its place, which holds until
    /// the next [`pop`](Self::pop).
    #[inline]
    pub(super) fn push(&mut self, pid: u64, stamp: u64, message: u32) -> usize {
        let extent = Extent::default();
        self.ring.push_back(FreshValue { pid, stamp, message, tape: PENDING, extent });
        self.ring.len() - 1
    }

    /// Says where on its message's tape a value is, once it has been read.
    #[inline]
    pub(super) fn store(&mut self, place: usize, tape: u32, extent: Extent) {
        if let Some(value) = self.ring.get_mut(place) {
            value.extent = extent;
            if value.tape == PENDING {
                value.tape = tape;
            }
        }
    }

    #[inline]
    fn find(&mut self, pid: u64) -> Option<&mut FreshValue> {
        let first = self.ring.front()?.pid;
        let guess = usize::try_from(pid.checked_sub(first)?).unwrap_or(usize::MAX);
        let place = match self.ring.get(guess) {
            Some(value) if value.pid == pid => guess,
            _ => self.ring.binary_search_by_key(&pid, |value| value.pid).ok()?,
        };
        self.ring.get_mut(place).filter(|value| value.tape != GONE && value.tape != REPLACED)
    }

    /// Lets an id mean nothing here any more; the value only ages.
    pub(super) fn replace(&mut self, pid: u64) {
        if let Some(value) = self.find(pid) {
            value.tape = REPLACED;
        }
    }

    /// Takes the value with this id, if there is one; `Err` if it is still being read.
    pub(super) fn take(&mut self, pid: u64) -> Option<Result<FreshValue, ()>> {
        let value = self.find(pid)?;
        if value.tape == PENDING {
            return Some(Err(()));
        }
        let taken = *value;
        value.tape = GONE;
        self.gone += 1;
        Some(Ok(taken))
    }

    /// Returns when the oldest value came.
    #[inline]
    pub(super) fn oldest(&mut self) -> Option<u64> {
        loop {
            let value = self.ring.front()?;
            if value.tape != GONE {
                return Some(value.stamp);
            }
            self.ring.pop_front();
            self.gone -= 1;
        }
    }

    /// Takes the oldest values that came with one message, at most so many, and only such as came
    /// before then; returns the message and their number.
    #[inline]
    pub(super) fn pop(&mut self, most: usize, before: u64) -> Option<(u32, usize)> {
        self.oldest()?;
        let message = self.ring.front()?.message;
        let next = |value: &&FreshValue| {
            value.message == message && value.stamp < before && value.tape != GONE
        };
        let count = self.ring.iter().take(most).take_while(next).count();
        self.ring.drain(..count);
        Some((message, count))
    }
}
