//! The containers that were sent recently, for references to them (2§5).

use std::collections::VecDeque;

use bytes::Bytes;

use crate::data::Value;

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
}

/// A container that was sent.
#[derive(Debug)]
pub(super) struct SentValue {
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
pub(in super::super) enum Kept {
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
                // It was used since, so it is added again.
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

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.first = self.first.wrapping_add(self.queue.len() as u32);
        self.queue.clear();
        self.bytes = 0;
    }
}
