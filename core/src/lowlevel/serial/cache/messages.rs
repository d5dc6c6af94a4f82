//! Messages with values in the cache, received and sent.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Table, Value};
use crate::serial::tape::{Decode, Item, Made, Memo, Message};

/// The estimated overhead of a message, and of a decoded object, in bytes.
pub(super) const EACH: usize = 64;

/// The estimated overhead of a container in bytes. One that nothing else references keeps its
/// allocation because of the weak reference.
pub(super) const MADE: usize = size_of::<Made>() + size_of::<Table>();

/// How many unused messages are kept for reuse.
const SPARE: usize = 16;

/// The messages to which the cache, or another stored message, refers.
#[derive(Debug, Default)]
pub(super) struct Messages {
    held: Vec<Held>,
    /// The unreferenced ones. Some hold a cleared message for reuse.
    free: Vec<u32>,
    /// The total cost of those referred to in bytes.
    bytes: usize,
    /// Empty notes for reuse.
    notes: Option<Box<Notes>>,
}

#[derive(Debug, Default)]
struct Held {
    message: Option<Arc<Message>>,
    notes: Option<Box<Notes>>,
    /// The number of references to it.
    live: usize,
    /// The cost in bytes, without the notes.
    bytes: usize,
}

/// The records of a message that refers to values or is referred to.
#[derive(Debug, Default)]
pub(in super::super) struct Notes {
    /// Its decoded parts that were referred to.
    pub(in super::super) memo: Memo,
    /// The messages that it refers to, once for each reference.
    pub(in super::super) refers: Vec<u32>,
    /// The cost of the memo in bytes.
    bytes: usize,
}

/// Returns the cost of a message in bytes.
fn cost(message: &Message) -> usize {
    let made = message.made.len() * MADE;
    message.chunk.len() + message.tape.len() * size_of::<Item>() + made + EACH
}

impl Messages {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns an unshared message to fill, and the number under which to [store](Self::hold) it.
    #[inline]
    pub(super) fn begin(&mut self) -> (Arc<Message>, u32) {
        let number = match self.free.pop() {
            Some(number) => number,
            None => self.add(),
        };
        let held = self.held.get_mut(number as usize);
        (held.and_then(|held| held.message.take()).unwrap_or_default(), number)
    }

    /// Frees unused memory.
    pub(super) fn shrink(&mut self) {
        for number in &self.free {
            if let Some(held) = self.held.get_mut(*number as usize) {
                held.message = None;
            }
        }
        self.held.shrink_to_fit();
        self.free.shrink_to_fit();
    }

    #[cold]
    fn add(&mut self) -> u32 {
        self.held.push(Held::default());
        u32::try_from(self.held.len() - 1).unwrap_or(u32::MAX)
    }

    /// Stores a message that was begun with this number, with this number of references. With none,
    /// it is released for reuse.
    #[inline]
    pub(super) fn hold(
        &mut self,
        number: u32,
        message: Arc<Message>,
        notes: Option<Box<Notes>>,
        live: usize,
    ) {
        if let Some(held) = self.held.get_mut(number as usize) {
            let bytes = cost(&message);
            self.bytes += bytes + notes.as_ref().map_or(0, |notes| notes.bytes);
            *held = Held { message: Some(message), live, notes, bytes };
            if live == 0 {
                self.drop_unreferred(number);
            }
        }
    }

    /// Returns a stored message.
    pub(super) fn get(&self, number: u32) -> Option<&Message> {
        self.held.get(number as usize)?.message.as_deref()
    }

    /// Records another reference to a message.
    pub(super) fn refer(&mut self, number: u32) {
        if let Some(held) = self.held.get_mut(number as usize) {
            held.live += 1;
        }
    }

    /// Removes a reference to a message, and drops it after the last.
    #[inline]
    pub(super) fn release(&mut self, number: u32) {
        if self.leave(number) {
            self.drop_unreferred(number);
        }
    }

    #[inline]
    fn drop_unreferred(&mut self, number: u32) {
        let Some(held) = self.held.get_mut(number as usize) else { return };
        self.bytes = self.bytes.saturating_sub(held.bytes);
        let notes = held.notes.take();
        // Reuses the message, unless an event still shares it.
        match held.message.as_mut().and_then(Arc::get_mut) {
            Some(message) if self.free.len() < SPARE => message.clear(),
            _ => held.message = None,
        }
        self.free.push(number);
        if let Some(notes) = notes {
            self.drop_notes(notes);
        }
    }

    /// Releases everything to which only a dropped message referred. Keeps its notes for reuse.
    #[cold]
    fn drop_notes(&mut self, mut notes: Box<Notes>) {
        let mut gone = Vec::new();
        loop {
            self.bytes = self.bytes.saturating_sub(notes.bytes);
            for number in notes.refers.drain(..) {
                if self.leave(number) {
                    let held = self.held.get_mut(number as usize).map(std::mem::take);
                    self.free.push(number);
                    if let Some(held) = held {
                        self.bytes = self.bytes.saturating_sub(held.bytes);
                        gone.extend(held.notes);
                    }
                }
            }
            let Some(next) = gone.pop() else { break };
            notes = next;
        }
        if notes.refers.capacity() <= SPARE {
            (notes.memo, notes.bytes) = Default::default();
            self.notes = Some(notes);
        }
    }

    /// Returns empty notes.
    pub(super) fn begin_notes(&mut self) -> Box<Notes> {
        self.notes.take().unwrap_or_default()
    }

    /// Removes a reference to a message; returns whether it was the last.
    #[inline]
    fn leave(&mut self, number: u32) -> bool {
        self.held.get_mut(number as usize).is_some_and(|held| {
            held.live = held.live.saturating_sub(1);
            held.live == 0
        })
    }

    /// Decodes the value at this position of a message's tape, which counts as `objects` objects.
    pub(super) fn value(&mut self, number: u32, tape: u32, objects: u32) -> Option<Value> {
        let held = self.held.get_mut(number as usize)?;
        let message = held.message.as_ref()?;
        let notes = held.notes.get_or_insert_default();
        let before = notes.bytes;
        let value = notes.value(&message.chunk, message, tape, objects);
        self.bytes += notes.bytes - before;
        value
    }
}

impl Notes {
    /// Decodes the value at this position of a message's tape, which counts as `objects` objects.
    pub(in super::super) fn value(
        &mut self,
        chunk: &Bytes,
        message: &Message,
        tape: u32,
        objects: u32,
    ) -> Option<Value> {
        if let Some(value) = message.made(tape).or_else(|| self.memo.get(tape).cloned()) {
            return Some(value);
        }
        let before = self.memo.len();
        let decode = Decode::new(chunk, message, tape);
        let value = decode.with_memo(&mut self.memo).value().ok()?;
        if self.memo.len() > before {
            let objects = usize::try_from(objects).unwrap_or(usize::MAX);
            self.bytes = self.bytes.saturating_add(objects.saturating_mul(EACH));
        }
        Some(value)
    }
}

/// The maximum number of containers to remember.
const MOST: usize = 1024;

/// The maximum total size in bytes, as sent, of the calls whose containers are remembered. Each
/// container may keep its whole call in memory.
const BYTES: usize = 1 << 20;

/// The number of chains; a power of two.
const CHAINS: usize = 1024;

/// Finds sent containers by their memory address.
///
/// Nearly all are never looked up, so they wait in a queue until they are dropped. Each stores the
/// number of the previous one in its chain. Adding or dropping one neither moves nor searches
/// others, so the cost does not depend on the addresses.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The containers in order of insertion.
    queue: VecDeque<SentValue>,
    /// The number of the first in the queue; numbers are consecutive.
    first: u32,
    /// The number of the last container in each chain. Numbers of dropped containers are below
    /// `first`.
    chains: Vec<u32>,
    /// The total size of their calls.
    bytes: usize,
    /// The number of containers that can be sent again. Without any, the queue is empty.
    live: usize,
}

/// A container that was sent.
#[derive(Debug)]
pub(super) struct SentValue {
    /// Its address, or 0 if it cannot be sent again.
    address: usize,
    pub(super) pid: u64,
    /// The cache's counter when it was last used.
    pub(super) used: u64,
    /// The counter when it was added to the queue.
    came: u64,
    /// The size of its call.
    size: usize,
    _kept: Kept,
    /// The number of the previous container in its chain.
    before: u32,
}

/// Prevents an address from being reused and the container there from being changed.
#[derive(Debug, Clone)]
pub(in crate::lowlevel::serial) enum Kept {
    /// The container.
    Value {
        /// Never read.
        _value: Value,
    },
    /// The chunk that contains it.
    Chunk {
        /// Never read.
        _chunk: Bytes,
    },
    /// It is not kept, because it cannot be sent again.
    Nothing,
}

/// Returns the chain of an address.
#[inline]
const fn chain(address: usize) -> usize {
    ((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & (CHAINS - 1)
}

impl Sent {
    /// Returns the container that was last sent from this address.
    #[inline]
    pub(super) fn find(&mut self, address: usize) -> Option<&mut SentValue> {
        let at = self.place(address)?;
        self.queue.get_mut(at)
    }

    /// Returns when that container was last used.
    pub(super) fn used(&self, address: usize) -> Option<u64> {
        self.queue.get(self.place(address)?).map(|sent| sent.used)
    }

    #[inline]
    fn place(&self, address: usize) -> Option<usize> {
        let first = self.first;
        let place = |number: u32| number.wrapping_sub(first) as usize;
        let mut at = place(*self.chains.get(chain(address))?);
        loop {
            let sent = self.queue.get(at)?;
            if sent.address == address {
                return Some(at);
            }
            // A dropped container has a number below all present ones.
            at = Some(place(sent.before)).filter(|before| *before < at)?;
        }
    }

    /// Adds a container of a call of this size. Drops the oldest ones that the peer may have
    /// evicted or that exceed a limit.
    #[inline]
    pub(super) fn insert(
        &mut self,
        address: usize,
        (pid, used): (u64, u64),
        size: usize,
        kept: Kept,
        is_there: impl Fn(u64) -> bool,
    ) {
        self.live += 1;
        self.bytes += size;
        self.push(SentValue { address, pid, used, came: used, size, _kept: kept, before: 0 });
        self.drop_oldest(is_there);
    }

    /// Adds a container that cannot be sent again: only counts it for the limits.
    pub(super) fn pass(&mut self, used: u64, size: usize, is_there: impl Fn(u64) -> bool) {
        if self.live > 0 {
            self.bytes += size;
            let (came, _kept) = (used, Kept::Nothing);
            let passed = SentValue { address: 0, pid: 0, used, came, size, _kept, before: 0 };
            self.queue.push_back(passed);
            self.drop_oldest(is_there);
        }
    }

    #[inline]
    fn drop_oldest(&mut self, is_there: impl Fn(u64) -> bool) {
        while let Some(SentValue { address, came, used, size, .. }) = self.queue.front() {
            if self.queue.len() <= MOST && self.bytes <= BYTES && is_there(*came) {
                return;
            }
            let (is_live, is_used, size) = (*address != 0, used > came, *size);
            let gone = self.queue.pop_front();
            self.first = self.first.wrapping_add(1);
            match gone.filter(|_| is_used) {
                // It was used since, so it is added again.
                Some(sent) => self.push(SentValue { came: sent.used, ..sent }),
                None => {
                    self.bytes -= size;
                    self.live -= usize::from(is_live);
                }
            }
            if self.live == 0 {
                self.clear();
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, mut sent: SentValue) {
        if self.chains.is_empty() {
            self.chains = vec![self.first.wrapping_sub(1); CHAINS];
        }
        if let Some(last) = self.chains.get_mut(chain(sent.address)) {
            let number = self.first.wrapping_add(self.queue.len() as u32);
            sent.before = std::mem::replace(last, number);
        }
        self.queue.push_back(sent);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.first = self.first.wrapping_add(self.queue.len() as u32);
        self.queue.clear();
        (self.bytes, self.live) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use brocomm_conformance::strategies::on_few;
    use proptest::prelude::*;

    use super::*;

    /// What happens to a container.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        /// One that can be sent again is sent, from this address.
        Remember(usize),
        /// One that cannot be sent again is sent.
        Pass,
        /// It is sent again.
        Again(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1..9_usize).prop_map(Step::Remember),
            Just(Step::Pass),
            (1..9_usize).prop_map(Step::Again),
        ]
    }

    fn kept() -> Kept {
        Kept::Chunk { _chunk: Bytes::new() }
    }

    proptest! {
        #![proptest_config(on_few(256))]

        #[test]
        fn containers_that_are_not_remembered_make_no_difference(
            steps in prop::collection::vec((step(), 1..8_usize), 1..200),
            room in prop_oneof![5..50_u64, Just(u64::MAX)],
        ) {
            let (mut sent, mut all) = (Sent::default(), Sent::default());
            for ((step, size), now) in steps.into_iter().zip(1_u64..) {
                let is_there = |used| now - used < room;
                // Together, few calls exceed the limit.
                let size = size * BYTES / 64;
                match step {
                    Step::Remember(address) => {
                        sent.insert(address, (now, now), size, kept(), is_there);
                        all.insert(address, (now, now), size, kept(), is_there);
                    }
                    Step::Pass => {
                        sent.pass(now, size, is_there);
                        all.insert(100, (now, now), size, kept(), is_there);
                    }
                    Step::Again(address) => {
                        for sent in [&mut sent, &mut all] {
                            if let Some(sent) = sent.find(address).filter(|s| is_there(s.used)) {
                                sent.used = now;
                            }
                        }
                    }
                }
                for address in 1..9 {
                    let used = |sent: &Sent| sent.used(address).filter(|used| is_there(*used));
                    prop_assert_eq!(used(&sent), used(&all), "{}", address);
                }
            }
        }
    }
}
