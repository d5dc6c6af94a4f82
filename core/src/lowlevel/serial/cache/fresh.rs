//! The values of the unstable list without references so far (2§5).

use std::collections::{BTreeMap, VecDeque};

use super::Extent;

/// The tape position of a run whose value is being read.
const PENDING: u32 = u32::MAX;

/// The distance of stamps within a run: after each value its type is used.
pub(super) const STEP: u64 = 2;

/// Values in order of arrival, which is the order of their ids.
///
/// Nearly all values are never referred to: they enter at one end and leave at the other. So they
/// are stored as runs, and exceptions separately.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    runs: VecDeque<Run>,
    /// The run to which plain values are added, if any; it must be closed before other operations.
    open: Run,
    /// The ids of values in runs that have changed.
    exceptions: BTreeMap<u64, Exception>,
    len: usize,
    /// The number added since the beginning of the message.
    new: usize,
}

/// Values of one message, with consecutive ids, consecutive positions on its tape, and stamps
/// [`STEP`] apart.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    pid: u64,
    stamp: u64,
    message: u32,
    tape: u32,
    count: u32,
    /// The extent of each of them.
    extent: Extent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exception {
    /// It was referred to and moved elsewhere.
    Gone,
    /// Its id belongs to a newer object; it only ages.
    Replaced,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreshValue {
    /// Its stamp in the cache.
    pub(super) stamp: u64,
    /// Its message.
    pub(super) message: u32,
    /// Its position on that message's tape.
    pub(super) tape: u32,
    pub(super) extent: Extent,
}

impl Run {
    /// Drops the oldest of them.
    fn advance(&mut self, count: u32) {
        self.pid = self.pid.wrapping_add(u64::from(count));
        self.stamp += STEP * u64::from(count);
        self.tape = self.tape.wrapping_add(count);
        self.count -= count;
    }
}

impl Fresh {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a plain value to the open run, if its id and tape position continue the run.
    #[inline(always)]
    pub(super) fn extend(&mut self, pid: u64, tape: u32) -> bool {
        let Run { pid: first, count, .. } = self.open;
        let goes_on = pid > first
            && pid - first == u64::from(count)
            && self.open.tape.wrapping_add(count) == tape;
        self.open.count += u32::from(goes_on);
        goes_on
    }

    /// Opens a run with a plain value, whose id is above all earlier ones.
    pub(super) fn open(&mut self, pid: u64, stamp: u64, message: u32, tape: u32) {
        self.open = Run { pid, stamp, message, tape, count: 1, extent: Extent::default() };
    }

    /// Returns the number of values in the open run.
    #[inline(always)]
    pub(super) fn opened(&self) -> u64 {
        u64::from(self.open.count)
    }

    /// Closes the open run.
    pub(super) fn close(&mut self) {
        let run = std::mem::take(&mut self.open);
        if run.count > 0 {
            self.new += run.count as usize;
            self.len += run.count as usize;
            self.runs.push_back(run);
        }
    }

    /// Registers a value that is about to be read, with an id above all before it, while no run is
    /// open; returns its place, which holds until the next [`pop`](Self::pop).
    #[inline]
    pub(super) fn push(&mut self, pid: u64, stamp: u64, message: u32) -> usize {
        let extent = Extent::default();
        self.runs.push_back(Run { pid, stamp, message, tape: PENDING, count: 1, extent });
        self.len += 1;
        self.new += 1;
        self.runs.len() - 1
    }

    /// Returns where on its message's tape a value is, once it has been read.
    #[inline]
    pub(super) fn store(&mut self, place: usize, tape: u32, extent: Extent) {
        if let Some(run) = self.runs.get_mut(place) {
            (run.tape, run.extent) = (tape, extent);
        }
    }

    /// Ends a message, of which no run is open; returns how many values came with it.
    #[inline]
    pub(super) fn end(&mut self) -> usize {
        std::mem::take(&mut self.new)
    }

    fn find(&mut self, pid: u64) -> Option<FreshValue> {
        let after = self.runs.partition_point(|run| run.pid <= pid);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let position = u32::try_from(pid - run.pid).ok().filter(|at| *at < run.count)?;
        if self.exceptions.contains_key(&pid) {
            return None;
        }
        Some(FreshValue {
            stamp: run.stamp + STEP * u64::from(position),
            message: run.message,
            // One that is being read is alone.
            tape: run.tape.saturating_add(position),
            extent: run.extent,
        })
    }

    /// Lets an id mean nothing here any more; the value only ages.
    pub(super) fn replace(&mut self, pid: u64) {
        if self.find(pid).is_some() {
            self.exceptions.insert(pid, Exception::Replaced);
        }
    }

    /// Takes the value with this id, if present; `Err` if it is still being read.
    pub(super) fn take(&mut self, pid: u64) -> Option<Result<FreshValue, ()>> {
        let value = self.find(pid)?;
        if value.tape == PENDING {
            return Some(Err(()));
        }
        self.exceptions.insert(pid, Exception::Gone);
        self.len -= 1;
        Some(Ok(value))
    }

    /// Returns the stamp of the oldest value.
    #[inline]
    pub(super) fn oldest(&mut self) -> Option<u64> {
        loop {
            let (pid, stamp) = self.runs.front().map(|run| (run.pid, run.stamp))?;
            if self.exceptions.is_empty() || self.exceptions.get(&pid) != Some(&Exception::Gone) {
                return Some(stamp);
            }
            self.exceptions.remove(&pid);
            self.drop_front(1);
        }
    }

    fn drop_front(&mut self, count: u32) {
        if let Some(run) = self.runs.front_mut() {
            run.advance(count);
            if run.count == 0 {
                self.runs.pop_front();
            }
        }
    }

    /// Takes the oldest values, if they came before then: those that came with one message, but at
    /// most so many. Returns the message and their number.
    #[inline]
    pub(super) fn pop(&mut self, most: usize, before: u64) -> Option<(u32, usize)> {
        self.oldest()?;
        let message = self.runs.front()?.message;
        let mut count = 0;
        while count < most {
            match self.pop_run(message, most - count, before) {
                0 => break,
                popped => count += popped,
            }
        }
        self.len -= count;
        (count > 0).then_some((message, count))
    }

    /// Takes values off the first run, if they came with this message and before then.
    #[inline]
    fn pop_run(&mut self, message: u32, most: usize, before: u64) -> usize {
        let Some(run) = self.runs.front() else { return 0 };
        if run.message != message || run.stamp >= before {
            return 0;
        }
        let mut count = run.count.min(u32::try_from(most).unwrap_or(u32::MAX));
        if before != u64::MAX {
            let older = (before - run.stamp).div_ceil(STEP);
            count = count.min(u32::try_from(older).unwrap_or(u32::MAX));
        }
        if !self.exceptions.is_empty() {
            count = self.pop_exception(run.pid, count);
        }
        self.drop_front(count);
        count as usize
    }

    /// Forgets that the value with this id was replaced, if it was, for it is about to leave;
    /// returns how many, at most so many, may leave with it. None, if it is gone already.
    fn pop_exception(&mut self, pid: u64, most: u32) -> u32 {
        match self.exceptions.first_key_value() {
            Some((first, Exception::Gone)) if *first == pid => 0,
            Some((first, Exception::Replaced)) if *first == pid => {
                self.exceptions.remove(&pid);
                most.min(1)
            }
            Some((first, _)) => {
                most.min(u32::try_from(first.saturating_sub(pid)).unwrap_or(u32::MAX))
            }
            None => most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes runs of ids 1 to 5 and 6 to 8 of one message and 9 of another, with stamps from 10 on.
    fn runs() -> Fresh {
        let mut fresh = Fresh::default();
        for pid in 1..=8 {
            let tape = pid as u32 + u32::from(pid > 5);
            if !fresh.extend(pid, tape) {
                fresh.close();
                fresh.open(pid, 8 + STEP * pid, 0, tape);
            }
        }
        fresh.close();
        assert_eq!(fresh.end(), 8);
        let place = fresh.push(9, 26, 1);
        assert_eq!(fresh.take(9).unwrap().unwrap_err(), ());
        fresh.store(place, 3, Extent { height: 1, objects: 2 });
        assert_eq!(fresh.end(), 1);
        assert_eq!((fresh.runs.len(), fresh.len()), (3, 9));
        fresh
    }

    #[test]
    fn values_are_found_in_their_runs() {
        let mut fresh = runs();
        let value = fresh.take(7).unwrap().unwrap();
        assert_eq!((value.stamp, value.message, value.tape), (22, 0, 8));
        let value = fresh.take(9).unwrap().unwrap();
        assert_eq!((value.stamp, value.message, value.tape, value.extent.objects), (26, 1, 3, 2));
        assert!(fresh.take(7).is_none() && fresh.take(0).is_none() && fresh.take(10).is_none());
        assert_eq!(fresh.len(), 7);
    }

    #[test]
    fn values_leave_from_the_oldest_on_and_message_by_message() {
        let mut fresh = runs();
        assert_eq!(fresh.pop(100, 15), Some((0, 3)), "what came before then");
        assert_eq!(fresh.pop(100, 16), None);
        assert_eq!(fresh.pop(1, u64::MAX), Some((0, 1)));
        assert_eq!(fresh.pop(100, u64::MAX), Some((0, 4)), "over the end of a run");
        assert_eq!(fresh.pop(100, u64::MAX), Some((1, 1)));
        assert_eq!((fresh.pop(100, u64::MAX), fresh.len()), (None, 0));
    }

    #[test]
    fn what_was_taken_does_not_leave_and_what_was_replaced_does() {
        let mut fresh = runs();
        fresh.replace(3);
        assert!(fresh.take(3).is_none());
        assert!(fresh.take(1).is_some() && fresh.take(4).is_some());
        assert_eq!((fresh.len(), fresh.oldest()), (7, Some(12)));
        assert_eq!(fresh.pop(100, u64::MAX), Some((0, 2)), "up to what is gone");
        assert_eq!(fresh.oldest(), Some(18));
        assert_eq!(fresh.pop(100, u64::MAX), Some((0, 4)));
        assert_eq!(fresh.pop(100, u64::MAX), Some((1, 1)));
        assert!(fresh.exceptions.is_empty() && fresh.runs.is_empty() && fresh.len() == 0);
    }
}
