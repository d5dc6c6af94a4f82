//! The values of the unstable list without references so far (2§5).

use std::collections::{BTreeMap, VecDeque};

/// What a run's place on the tape is while the type of its value is being read.
const PENDING: u32 = u32::MAX;

/// The distance of stamps within a run: after each value its type is used.
pub(super) const STEP: u64 = 2;

/// Values in order of arrival, which is the order of their ids.
///
/// Nearly all values are never referred to: they come in at one end and leave at the other. So a
/// message's are kept as one run, and which of them are something else by now is noted apart.
#[derive(Debug, Default)]
pub(super) struct Ring {
    runs: VecDeque<Run>,
    /// The run that values are added to, if any; it has to be closed before all else.
    open: Run,
    /// The ids of values in runs that have changed.
    exceptions: BTreeMap<u64, Exception>,
    len: usize,
    /// The number of runs added since the beginning of the message.
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
pub(super) struct RingValue {
    /// Its stamp in the cache.
    pub(super) stamp: u64,
    /// Its message.
    pub(super) message: u32,
    /// Its position on that message's tape.
    pub(super) tape: u32,
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

impl Ring {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a value to the open run, if it goes on with this id at this place of the tape.
    #[inline(always)]
    pub(super) fn extend(&mut self, pid: u64, tape: u32) -> bool {
        let Run { pid: first, count, .. } = self.open;
        let goes_on = pid > first
            && pid - first == u64::from(count)
            && self.open.tape.wrapping_add(count) == tape;
        self.open.count += u32::from(goes_on);
        goes_on
    }

    /// Opens a run with a value with an id above all before it.
    pub(super) fn open(&mut self, pid: u64, stamp: u64, message: u32, tape: u32) {
        self.open = Run { pid, stamp, message, tape, count: 1 };
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
            self.new += 1;
            self.len += run.count as usize;
            self.runs.push_back(run);
        }
    }

    /// Registers a value whose type is about to be read, with an id above all before it, while no run is
    /// open; returns its place, which holds until the next [`pop`](Self::pop).
    #[inline]
    pub(super) fn push(&mut self, pid: u64, stamp: u64, message: u32) -> usize {
        self.runs.push_back(Run { pid, stamp, message, tape: PENDING, count: 1 });
        self.len += 1;
        self.new += 1;
        self.runs.len() - 1
    }

    /// Returns where on its message's tape a value is, once its type has been read.
    pub(super) fn store(&mut self, place: usize, tape: u32) {
        if let Some(run) = self.runs.get_mut(place) {
            run.tape = tape;
        }
    }

    /// Ends a message, of which no run is open; returns how many runs came with it.
    #[inline]
    pub(super) fn end(&mut self) -> usize {
        std::mem::take(&mut self.new)
    }

    fn find(&mut self, pid: u64) -> Option<RingValue> {
        let after = self.runs.partition_point(|run| run.pid <= pid);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let position = u32::try_from(pid - run.pid).ok().filter(|at| *at < run.count)?;
        if self.exceptions.contains_key(&pid) {
            return None;
        }
        Some(RingValue {
            stamp: run.stamp + STEP * u64::from(position),
            message: run.message,
            // One whose type is being read is alone.
            tape: run.tape.saturating_add(position),
        })
    }

    /// Lets an id mean nothing here any more; the value only ages.
    pub(super) fn replace(&mut self, pid: u64) {
        if self.find(pid).is_some() {
            self.exceptions.insert(pid, Exception::Replaced);
        }
    }

    /// Takes the value with this id, if there is one; `Err` if its type is still being read.
    pub(super) fn take(&mut self, pid: u64) -> Option<Result<RingValue, ()>> {
        let value = self.find(pid)?;
        if value.tape == PENDING {
            return Some(Err(()));
        }
        self.exceptions.insert(pid, Exception::Gone);
        self.len -= 1;
        Some(Ok(value))
    }

    /// Returns the stamp of the oldest value, or of one before it that has gone.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.runs.front().map(|run| run.stamp)
    }

    /// Takes the oldest values, if they came before then: those of one run, but at most so many.
    /// Returns their number, none if there was but one that has gone, and the message whose run ends
    /// with them.
    #[inline(always)]
    pub(super) fn pop(&mut self, most: usize, before: u64) -> Option<(usize, Option<u32>)> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let (count, gone) = if before == u64::MAX && self.exceptions.is_empty() {
            (self.runs.front()?.count.min(most), 0)
        } else {
            self.leaving(most, before)?
        };
        let run = self.runs.front_mut().filter(|_| count + gone > 0)?;
        run.advance(count + gone);
        self.len -= count as usize;
        let message = if run.count == 0 { Some(run.message) } else { None };
        if message.is_some() {
            self.runs.pop_front();
        }
        Some((count as usize, message))
    }

    /// Returns how many values of the first run may leave, if they came before then, but at most so
    /// many; or instead of them how many that have gone.
    #[inline(never)]
    fn leaving(&mut self, most: u32, before: u64) -> Option<(u32, u32)> {
        let Run { pid, stamp, count, .. } = *self.runs.front().filter(|run| run.stamp < before)?;
        let older = u32::try_from((before - stamp).div_ceil(STEP)).unwrap_or(u32::MAX);
        let count = count.min(most).min(older);
        let Some((first, exception)) = self.exceptions.first_key_value() else {
            return Some((count, 0));
        };
        if *first != pid {
            let before_it = u32::try_from(first.saturating_sub(pid)).unwrap_or(u32::MAX);
            return Some((count.min(before_it), 0));
        }
        let leaving = match exception {
            Exception::Gone => (0, 1),
            Exception::Replaced => (count.min(1), 0),
        };
        if leaving != (0, 0) {
            self.exceptions.pop_first();
        }
        Some(leaving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes runs of ids 1 to 5 and 6 to 8 of one message and 9 of another, with stamps from 10 on.
    fn runs() -> Ring {
        let mut ring = Ring::default();
        for pid in 1..=8 {
            let tape = pid as u32 + u32::from(pid > 5);
            if !ring.extend(pid, tape) {
                ring.close();
                ring.open(pid, 8 + STEP * pid, 0, tape);
            }
        }
        ring.close();
        assert_eq!(ring.end(), 2);
        let place = ring.push(9, 26, 1);
        assert_eq!(ring.take(9).unwrap().unwrap_err(), ());
        ring.store(place, 3);
        assert_eq!(ring.end(), 1);
        assert_eq!((ring.runs.len(), ring.len()), (3, 9));
        ring
    }

    #[test]
    fn values_are_found_in_their_runs() {
        let mut ring = runs();
        let value = ring.take(7).unwrap().unwrap();
        assert_eq!((value.stamp, value.message, value.tape), (22, 0, 8));
        let value = ring.take(9).unwrap().unwrap();
        assert_eq!((value.stamp, value.message, value.tape), (26, 1, 3));
        assert!(ring.take(7).is_none() && ring.take(0).is_none() && ring.take(10).is_none());
        assert_eq!(ring.len(), 7);
    }

    #[test]
    fn values_leave_from_the_oldest_on_and_run_by_run() {
        let mut ring = runs();
        assert_eq!(ring.pop(100, 15), Some((3, None)), "what came before then");
        assert_eq!(ring.pop(100, 16), None);
        assert_eq!(ring.pop(1, u64::MAX), Some((1, None)));
        assert_eq!(ring.pop(0, u64::MAX), None);
        assert_eq!(ring.pop(100, u64::MAX), Some((1, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((3, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((1, Some(1))));
        assert_eq!((ring.pop(100, u64::MAX), ring.len()), (None, 0));
    }

    #[test]
    fn what_was_taken_does_not_leave_and_what_was_replaced_does() {
        let mut ring = runs();
        ring.replace(3);
        assert!(ring.take(3).is_none());
        assert!(ring.take(1).is_some() && ring.take(4).is_some() && ring.take(9).is_some());
        assert_eq!((ring.len(), ring.oldest()), (6, Some(10)));
        assert_eq!(ring.pop(0, u64::MAX), Some((0, None)), "what is gone");
        assert_eq!(ring.pop(100, u64::MAX), Some((1, None)), "up to what was replaced");
        assert_eq!(ring.pop(100, u64::MAX), Some((1, None)), "that");
        assert_eq!(ring.pop(100, u64::MAX), Some((0, None)), "what is gone");
        assert_eq!(ring.pop(100, u64::MAX), Some((1, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((3, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((0, Some(1))));
        assert!(ring.exceptions.is_empty() && ring.runs.is_empty() && ring.len() == 0);
    }
}
