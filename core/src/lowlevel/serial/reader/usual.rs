//! Reads calls in the usual form.

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Event, Name, Serial};

use super::super::cache::ReadCache;
use super::super::usual::{Call, Walk};
use super::super::{Caching, LazyEvent, Mode, SerialError};
use super::Reader;

/// The maximum length of a chunk that is kept in memory with an unused message.
const SPARE: usize = 8 << 10;

impl Reader {
    /// Splits a call that may be in the usual form.
    ///
    /// If it turns out not to be, it must be read in the general way. Until then, nothing but the
    /// use of some types has changed, just as when it is read in the general way.
    #[inline(always)]
    pub(super) fn usual_call<'c>(&self, chunk: &'c Bytes, mode: Mode) -> Option<Call<'c>> {
        if mode.caching == Caching::None {
            return None;
        }
        Call::split(chunk, mode).filter(|call| self.cache.is_new(call.first))
    }

    #[inline(always)]
    fn walk<'a, 'c>(
        &'a mut self,
        chunk: &'c Bytes,
        mode: Mode,
        call: &Call<'c>,
    ) -> Walk<'a, 'c, ReadCache> {
        let Reader { limits, cache, indices, lenient, .. } = self;
        let clock = cache.clock();
        let mut walk = Walk::new(chunk, mode, limits, cache, indices, (call.first, clock));
        walk.lenient = *lenient;
        walk
    }

    #[inline(never)]
    pub(super) fn read_usual(&mut self, chunk: Bytes, mode: Mode) -> Result<Serial, SerialError> {
        if let Some(call) = self.usual_call(&chunk, mode) {
            let (made, mut args) = (self.cache.containers(), Vec::with_capacity(call.capacity()));
            let mut walk = self.walk(&chunk, mode, &call);
            if walk.args(&mut args, &call).is_some() {
                let (count, (start, end)) = (walk.count(), call.name);
                let name = Name::from_bytes(chunk.slice(start as usize..end as usize));
                let (time, first) = (call.time, call.first);
                self.cache.end_call(chunk, mode, (first, count), made);
                return Ok(Serial::Event(Event { name, time, args }));
            }
            self.cache.unmake(made);
            self.indices.forget(0);
        }
        self.read_any(chunk, mode)
    }

    /// Records a call in the usual form. Returns it with the number of its values.
    #[inline(always)]
    pub(super) fn tape<'c>(
        &mut self,
        chunk: &'c Bytes,
        mode: Mode,
        call: &Call<'c>,
    ) -> Option<(LazyEvent, u32)> {
        let mut message = self.spare.take().unwrap_or_default();
        let unshared = match Arc::get_mut(&mut message) {
            Some(unshared) => unshared,
            None => {
                message = Arc::default();
                Arc::get_mut(&mut message)?
            }
        };
        unshared.clear();
        unshared.data_format = mode.data_format;
        let mut walk = self.walk(chunk, mode, call);
        walk.args(unshared, call)?;
        let (count, deepest) = (walk.count(), walk.deepest);
        (unshared.name, unshared.time) = (call.name, call.time);
        (unshared.depth, unshared.chunk) = (deepest, chunk.clone());
        if chunk.len() <= SPARE {
            self.spare = Some(Arc::clone(&message));
        }
        Some((LazyEvent::new(message), count))
    }
}
