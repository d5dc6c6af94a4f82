//! The containers that were sent of late, for references to them (2§5).

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use bytes::Bytes;

use super::ages::AddressHasher;
use crate::data::Value;

/// How many containers are remembered at most.
const MOST: usize = 1024;

/// How many bytes the calls may take, as they were sent, of which containers are remembered. Each of
/// them may keep all of its call in memory.
const BYTES: usize = 1 << 20;

/// Remembers containers by where they lie in our memory.
#[derive(Debug, Default)]
pub(super) struct Sent {
    values: HashMap<usize, SentValue, BuildHasherDefault<AddressHasher>>,
    /// Their addresses, and when they had been used last when they came here.
    order: VecDeque<(usize, u64)>,
    /// The sizes of their calls together.
    bytes: usize,
}

/// A container that was sent.
#[derive(Debug)]
pub(super) struct SentValue {
    pub(super) pid: u64,
    /// When it was used last, as the cache counts.
    pub(super) used: u64,
    /// The size of its call.
    size: usize,
    _kept: Kept,
}

/// What keeps an address from being used again, and the container from being changed there.
#[derive(Debug)]
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

impl Sent {
    /// Returns what was sent from this address.
    #[inline]
    pub(super) fn find(&mut self, address: usize) -> Option<&mut SentValue> {
        self.values.get_mut(&address)
    }

    /// Remembers what was sent in a call of this size, and forgets what the peer may have forgotten
    /// and what is too much.
    pub(super) fn insert(
        &mut self,
        address: usize,
        (pid, used): (u64, u64),
        size: usize,
        kept: Kept,
        is_there: impl Fn(u64) -> bool,
    ) {
        self.forget(address);
        self.values.insert(address, SentValue { pid, used, size, _kept: kept });
        self.bytes += size;
        self.order.push_back((address, used));
        while let Some((address, used)) = self.order.front().copied() {
            if self.order.len() <= MOST && self.bytes <= BYTES && is_there(used) {
                return;
            }
            self.order.pop_front();
            match self.values.get(&address) {
                // It was used since, and has its turn again.
                Some(sent) if sent.used > used => self.order.push_back((address, sent.used)),
                _ => self.forget(address),
            }
        }
    }

    fn forget(&mut self, address: usize) {
        if let Some(sent) = self.values.remove(&address) {
            self.bytes -= sent.size;
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.order.clear();
        self.bytes = 0;
    }
}
