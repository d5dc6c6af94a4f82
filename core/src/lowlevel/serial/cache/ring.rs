//! The values of the unstable list that have not been referenced (2§5).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::super::Mode;
use super::super::tape::Container;
use super::super::usual::STEP;
use super::messages::{EACH, MADE};

/// The tape position of a run while the type of its only value is being read.
const PENDING: u32 = u32::MAX;

/// Values in order of arrival, which is the order of their ids.
///
/// Nearly all values are never referenced: they enter at one end and leave at the other. So the
/// values of a message are stored as one run, and exceptions are stored separately.
#[derive(Debug, Default)]
pub(super) struct Ring {
    runs: VecDeque<Run>,
    /// The number of runs of calls without a tape.
    calls: usize,
    /// The containers created from such calls, in the order of the runs and in which they end; and
    /// how many were removed.
    containers: VecDeque<Container>,
    removed: u32,
    /// The cost of such calls in bytes.
    bytes: usize,
    /// The run to which values are being added, if any. It must be closed before all other
    /// operations.
    open: Run,
    /// The ids of values in runs that have changed.
    exceptions: BTreeMap<u64, Exception>,
    len: usize,
    /// The number of runs added since the start of the message.
    new: usize,
}

/// Values of one message, with consecutive ids, consecutive positions on its tape, and stamps
/// [`STEP`] apart.
#[derive(Debug, Default)]
struct Run {
    pid: u64,
    stamp: u64,
    tape: u32,
    count: u32,
    /// The number of its containers among those of the ring.
    made: u32,
    message: Source,
}

/// The message of a run.
#[derive(Debug)]
enum Source {
    /// The number of the message.
    Message(u32),
    /// A call in the usual form, whose only run this is. Its tape is recorded on demand.
    Call(Call),
}

impl Default for Source {
    fn default() -> Source {
        Source::Message(0)
    }
}

/// A call in the usual form.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) chunk: Bytes,
    pub(super) mode: Mode,
    /// The number of its first container.
    first: u32,
}

impl Call {
    fn cost(&self, made: u32) -> usize {
        self.chunk.len() + made as usize * MADE + EACH
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exception {
    /// It was referenced and moved elsewhere.
    Gone,
    /// Its id belongs to a newer object; it only ages.
    Replaced,
}

/// The location of a value.
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
    /// Drops the oldest values.
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

    /// Frees unused memory.
    pub(super) fn release(&mut self) {
        self.runs.shrink_to_fit();
        self.containers.shrink_to_fit();
    }

    /// Returns the cost of the calls without a tape in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a container of the call being read.
    #[inline]
    pub(super) fn made(&mut self, container: Container) {
        self.containers.push_back(container);
    }

    /// Returns the number of containers.
    #[inline]
    pub(super) fn containers(&self) -> usize {
        self.containers.len()
    }

    /// Drops the containers from this number on.
    pub(super) fn unmake(&mut self, number: usize) {
        self.containers.truncate(number);
    }

    /// Adds a call in the usual form with this number of values, the first with this id, which is
    /// greater than all before it. Its containers are all from `made` on. No run may be open.
    #[inline]
    pub(super) fn push_call(
        &mut self,
        (pid, stamp, count): (u64, u64, u32),
        (chunk, mode): (Bytes, Mode),
        made: usize,
    ) {
        let first = self.removed.wrapping_add(made as u32);
        let made = (self.containers.len() - made) as u32;
        let call = Call { chunk, mode, first };
        self.bytes += call.cost(made);
        self.calls += 1;
        self.len += count as usize;
        self.runs.push_back(Run { pid, stamp, tape: 0, count, made, message: Source::Call(call) });
    }

    /// Returns the position of the run with this id if it is a call without a tape.
    pub(super) fn call_of(&self, pid: u64) -> Option<usize> {
        let at = self.runs.partition_point(|run| run.pid <= pid).checked_sub(1)?;
        self.call(at).is_some().then_some(at)
    }

    /// Returns the positions of the calls without a tape, the last first.
    pub(super) fn last_call(&self, before: usize) -> Option<usize> {
        if self.calls == 0 {
            return None;
        }
        (0..before.min(self.runs.len())).rev().find(|at| self.call(*at).is_some())
    }

    /// Returns the call without a tape at this position, with its containers.
    pub(super) fn call(&self, at: usize) -> Option<(&Call, impl Iterator<Item = &Container>)> {
        let Run { message: Source::Call(call), made, .. } = self.runs.get(at)? else { return None };
        let first = call.first.wrapping_sub(self.removed) as usize;
        Some((call, self.containers.iter().skip(first).take(*made as usize)))
    }

    /// Replaces the call at this position by the message with its tape.
    pub(super) fn replace_call(&mut self, at: usize, message: u32) {
        if let Some(run) = self.runs.get_mut(at)
            && let Source::Call(call) =
                std::mem::replace(&mut run.message, Source::Message(message))
        {
            self.calls -= 1;
            self.bytes -= call.cost(run.made);
        }
    }

    /// Adds a value to the open run, if this id and tape position continue it.
    #[inline(always)]
    pub(super) fn extend(&mut self, pid: u64, tape: u32) -> bool {
        let Run { pid: first, count, .. } = self.open;
        let goes_on = pid > first
            && pid - first == u64::from(count)
            && self.open.tape.wrapping_add(count) == tape;
        self.open.count += u32::from(goes_on);
        goes_on
    }

    /// Opens a run with a value whose id is greater than all before it.
    pub(super) fn open(&mut self, pid: u64, stamp: u64, message: u32, tape: u32) {
        self.open = Run { pid, stamp, tape, count: 1, made: 0, message: Source::Message(message) };
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

    /// Adds a value whose type is about to be read, and whose id is greater than all before it. No
    /// run may be open. Returns the value's position, which is valid until the next
    /// [`pop`](Self::pop).
    #[inline]
    pub(super) fn push(&mut self, pid: u64, stamp: u64, message: u32) -> usize {
        let message = Source::Message(message);
        self.runs.push_back(Run { pid, stamp, tape: PENDING, count: 1, made: 0, message });
        self.len += 1;
        self.new += 1;
        self.runs.len() - 1
    }

    /// Records the tape position of a value, now that its type has been read.
    pub(super) fn store(&mut self, place: usize, tape: u32) {
        if let Some(run) = self.runs.get_mut(place) {
            run.tape = tape;
        }
    }

    /// Ends a message. No run may be open. Returns how many runs the message added.
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
        let message = match run.message {
            Source::Message(message) => message,
            Source::Call(_) => u32::MAX,
        };
        Some(RingValue {
            stamp: run.stamp + STEP * u64::from(position),
            message,
            // A value whose type is being read is alone in its run.
            tape: run.tape.saturating_add(position),
        })
    }

    /// Removes the id of a value, which then only ages.
    pub(super) fn replace(&mut self, pid: u64) {
        if self.find(pid).is_some() {
            self.exceptions.insert(pid, Exception::Replaced);
        }
    }

    /// Removes and returns the value with this id, if there is one; `Err` if its type is still
    /// being read.
    pub(super) fn take(&mut self, pid: u64) -> Option<Result<RingValue, ()>> {
        let value = self.find(pid)?;
        if value.tape == PENDING {
            return Some(Err(()));
        }
        self.exceptions.insert(pid, Exception::Gone);
        self.len -= 1;
        Some(Ok(value))
    }

    /// Returns the stamp of the oldest value, or of an older one that was removed.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.runs.front().map(|run| run.stamp)
    }

    /// Evicts the oldest values, at most `most` and only from the first run, if their stamps are
    /// below `before`. Returns their number, which is 0 if a value that was already removed was
    /// skipped, and the message of the run if this was the end of the run.
    pub(super) fn pop(&mut self, most: usize, before: u64) -> Option<(usize, Option<u32>)> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let (count, gone) = self.leaving(most, before)?;
        let run = self.runs.front_mut().filter(|_| count + gone > 0)?;
        run.advance(count + gone);
        self.len -= count as usize;
        let message = if run.count == 0 { self.pop_run() } else { None };
        Some((count as usize, message))
    }

    /// Evicts the oldest values, this many or all, if none was removed or replaced. Calls `release`
    /// with the number of the message at the end of each run that has one.
    #[inline(always)]
    pub(super) fn pop_many(&mut self, mut count: usize, mut release: impl FnMut(u32)) {
        while count > 0 {
            match self.runs.front_mut() {
                None => return,
                Some(run) if run.count as usize > count => {
                    run.advance(count as u32);
                    self.len -= count;
                    return;
                }
                Some(run) => {
                    count -= run.count as usize;
                    self.len -= run.count as usize;
                    self.pop_run().into_iter().for_each(&mut release);
                }
            }
        }
    }

    /// Returns whether no value was removed or replaced.
    #[inline(always)]
    pub(super) fn is_regular(&self) -> bool {
        self.exceptions.is_empty()
    }

    /// Removes the first run; returns the number of its message, if it has one.
    #[inline(always)]
    fn pop_run(&mut self) -> Option<u32> {
        let run = self.runs.pop_front()?;
        for _ in 0..run.made {
            self.containers.pop_front();
        }
        self.removed = self.removed.wrapping_add(run.made);
        match run.message {
            Source::Message(message) => Some(message),
            Source::Call(call) => {
                self.calls -= 1;
                self.bytes -= call.cost(run.made);
                None
            }
        }
    }

    /// Returns how many values at the start of the first run can be evicted, at most `most` and
    /// with stamps below `before`, or how many that were already removed can be skipped.
    fn leaving(&mut self, most: u32, before: u64) -> Option<(u32, u32)> {
        let Run { pid, stamp, count, .. } = self.runs.front().filter(|run| run.stamp < before)?;
        let (pid, stamp, count) = (*pid, *stamp, *count);
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

    /// Creates a ring with the ids 1 to 5 and 6 to 8 in two runs of one message, and 9 of another
    /// message. Stamps start at 10.
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
    fn the_oldest_values_are_evicted_first_run_by_run() {
        let mut ring = runs();
        assert_eq!(ring.pop(100, 15), Some((3, None)), "values with lower stamps");
        assert_eq!(ring.pop(100, 16), None);
        assert_eq!(ring.pop(1, u64::MAX), Some((1, None)));
        assert_eq!(ring.pop(0, u64::MAX), None);
        assert_eq!(ring.pop(100, u64::MAX), Some((1, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((3, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((1, Some(1))));
        assert_eq!((ring.pop(100, u64::MAX), ring.len()), (None, 0));
    }

    #[test]
    fn taken_values_are_not_evicted_but_replaced_ones_are() {
        let mut ring = runs();
        ring.replace(3);
        assert!(ring.take(3).is_none());
        assert!(ring.take(1).is_some() && ring.take(4).is_some() && ring.take(9).is_some());
        assert_eq!((ring.len(), ring.oldest()), (6, Some(10)));
        assert_eq!(ring.pop(0, u64::MAX), Some((0, None)), "a taken value");
        assert_eq!(ring.pop(100, u64::MAX), Some((1, None)), "up to the replaced value");
        assert_eq!(ring.pop(100, u64::MAX), Some((1, None)), "the replaced value");
        assert_eq!(ring.pop(100, u64::MAX), Some((0, None)), "a taken value");
        assert_eq!(ring.pop(100, u64::MAX), Some((1, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((3, Some(0))));
        assert_eq!(ring.pop(100, u64::MAX), Some((0, Some(1))));
        assert!(ring.exceptions.is_empty() && ring.runs.is_empty() && ring.len() == 0);
    }
}
