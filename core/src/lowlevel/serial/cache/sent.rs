//! The containers that were sent of late, for references to them (2§5).

use std::collections::VecDeque;

use bytes::Bytes;

use crate::data::Value;

/// The maximum number of containers to remember.
const MOST: usize = 1024;

/// The maximum size in bytes, as they were sent, of the calls whose containers are remembered. Each
/// container may keep all of its call in memory.
const BYTES: usize = 1 << 20;

/// The number of chains; a power of two.
const CHAINS: usize = 1024;

/// Remembers containers by where they lie in our memory.
///
/// Nearly all are never looked for, so they only wait in a queue for their turn to leave, where each
/// knows the one before it in its chain. Nothing is moved or searched when one comes or goes, so
/// that this takes the same time wherever the containers lie.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// In the order in which they came here.
    queue: VecDeque<SentValue>,
    /// The number of the first in the queue; numbers are consecutive.
    first: u32,
    /// The number of the last in each chain. Numbers of those that have left lie before the first.
    chains: Vec<u32>,
    /// The sizes of their calls together.
    bytes: usize,
}

/// A container that was sent.
#[derive(Debug)]
pub(super) struct SentValue {
    address: usize,
    pub(super) pid: u64,
    /// When it was used last, as the cache counts.
    pub(super) used: u64,
    /// The same when it came to its place in the queue.
    came: u64,
    /// The size of its call.
    size: usize,
    _kept: Kept,
    /// The number of the one before it in its chain.
    before: u32,
}

/// What keeps an address from being used again, and the container from being changed there.
#[derive(Debug, Clone)]
pub(in super::super) enum Kept {
    /// The container.
    Value {
        /// Never looked at.
        _value: Value,
    },
    /// The chunk that it came in.
    Chunk {
        /// Never looked at.
        _chunk: Bytes,
    },
}

/// Returns the chain of an address.
#[inline]
const fn chain(address: usize) -> usize {
    ((address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize & (CHAINS - 1)
}

impl Sent {
    /// Returns what was sent from this address last.
    #[inline]
    pub(super) fn find(&mut self, address: usize) -> Option<&mut SentValue> {
        let at = self.place(address)?;
        self.queue.get_mut(at)
    }

    /// Returns when what was sent from this address last was used.
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
            // One that has left lies further back than any that is here.
            at = Some(place(sent.before)).filter(|before| *before < at)?;
        }
    }

    /// Remembers what was sent in a call of this size, and forgets what the peer may have forgotten
    /// and what is too much.
    #[inline]
    pub(super) fn insert(
        &mut self,
        address: usize,
        (pid, used): (u64, u64),
        size: usize,
        kept: Kept,
        is_there: impl Fn(u64) -> bool,
    ) {
        self.bytes += size;
        self.push(SentValue { address, pid, used, came: used, size, _kept: kept, before: 0 });
        while let Some(SentValue { came, used, size, .. }) = self.queue.front() {
            if self.queue.len() <= MOST && self.bytes <= BYTES && is_there(*came) {
                return;
            }
            let (came, used, size) = (*came, *used, *size);
            let gone = self.queue.pop_front();
            self.first = self.first.wrapping_add(1);
            match gone.filter(|_| used > came) {
                // It was used since, and has its turn again.
                Some(sent) => self.push(SentValue { came: used, ..sent }),
                None => self.bytes -= size,
            }
        }
    }

    #[inline]
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

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.first = self.first.wrapping_add(self.queue.len() as u32);
        self.queue.clear();
        self.bytes = 0;
    }
}
