//! The reader's side of the object cache (2§5).

use std::sync::Arc;

use crate::data::{Type, TypeTag, Value};

use super::super::tape::Message;
use super::super::{Caching, Family, Limits, Mode, SerialErrorKind as Kind};
use super::ListId;
use super::fresh::Fresh;
use super::index::PidIndex;
use super::messages::{EACH, Messages, Notes};
use super::object::{Object, PendingType};
use super::used::Used;
use super::{CacheCounters, Extent};

/// How many places of recently used objects are kept at hand; a power of two.
const RECENT: usize = 64;

/// No message.
const NONE: u32 = u32::MAX;

/// Holds what the peer has sent and may refer to.
///
/// Of the unstable list, the values that nothing has referred to yet lie in a queue of their own;
/// stamps tell which is older, of one of these and of one of the others. Values are kept as the
/// bytes that they came in, and decoded when they are referred to.
#[derive(Debug)]
pub(in super::super) struct ReadCache {
    fresh: Fresh,
    /// The other entries, of the stable and of the unstable list.
    used: [Used<Entry>; 2],
    /// Where they are.
    index: [PidIndex; 2],
    recent: [(ListId, u32); RECENT],
    messages: Messages,
    /// The number of the message that is being read, and how many entries refer to it.
    current: u32,
    live: usize,
    /// Objects of the unstable list that leave at the end of the SERIAL: those without bit 15.
    volatile: Vec<u32>,
    /// Counts registrations and uses.
    clock: u64,
    /// The greatest id so far: what is above can't be in the cache.
    highest: u64,
    /// How many entries a list keeps.
    size: usize,
    /// How many bytes the entries of both lists keep alive, messages aside, and at most with them.
    bytes: usize,
    limit: usize,
    full: u64,
    references: u64,
    given_up: u64,
}

#[derive(Debug)]
struct Entry {
    extent: Extent,
    object: Object,
    /// What it costs, in bytes; while it is being read, where in the chunk it began.
    bytes: u32,
    /// The message that it shares the bytes of.
    message: u32,
}

/// Says where an object that is being read will lie.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Place(Where);

#[derive(Debug, Clone, Copy)]
enum Where {
    /// It has no id.
    Nowhere,
    Fresh(usize),
    Used(ListId, u32),
}

impl ReadCache {
    pub(in super::super) fn new(limits: &Limits) -> ReadCache {
        ReadCache {
            fresh: Fresh::default(),
            used: [Used::new(), Used::new()],
            index: Default::default(),
            recent: [(ListId::Stable, NONE); RECENT],
            messages: Messages::default(),
            current: NONE,
            live: 0,
            volatile: Vec::new(),
            clock: 0,
            highest: 0,
            size: limits.cache as usize,
            bytes: 0,
            limit: usize::try_from(limits.cache_bytes).unwrap_or(usize::MAX),
            full: 0,
            references: 0,
            given_up: 0,
        }
    }

    pub(in super::super) fn set_size(&mut self, size: usize) {
        self.size = size;
    }

    pub(in super::super) fn counters(&self) -> CacheCounters {
        let entries = (self.used[ListId::Stable as usize].len() + self.unstable()) as u64;
        CacheCounters { full: self.full, references: self.references, entries }
    }

    /// Returns how many bytes are kept alive, roughly.
    pub(in super::super) fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.messages.bytes())
    }

    /// Returns how many entries were given up before their time, for the limit on bytes.
    pub(in super::super) fn given_up(&self) -> u64 {
        self.given_up
    }

    fn unstable(&self) -> usize {
        self.fresh.len() + self.used[ListId::Unstable as usize].len()
    }

    /// Begins a SERIAL: returns a message to be filled.
    #[inline]
    pub(in super::super) fn begin(&mut self) -> Message {
        let (message, number) = self.messages.begin();
        self.current = number;
        self.live = 0;
        message
    }

    #[inline]
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Registers an object whose header has been read, which began here in the chunk, before its
    /// body.
    ///
    /// An id that is in the cache already means the newer object from then on, and the older one
    /// only ages: Bro survives this, as the recorded faults show.
    #[inline]
    pub(in super::super) fn register(
        &mut self,
        pid: u64,
        family: Family,
        mode: Mode,
        start: u32,
    ) -> Place {
        self.full += 1;
        if pid == 0 {
            return Place(Where::Nowhere);
        }
        let stamp = self.tick();
        if pid > self.highest {
            self.highest = pid;
            if family == Family::Val {
                self.live += 1;
                return Place(Where::Fresh(self.fresh.push(pid, stamp, self.current)));
            }
        } else {
            self.replace(pid);
        }
        let list =
            if mode.stable() && family.is_stable() { ListId::Stable } else { ListId::Unstable };
        let object = Object::Pending(family);
        // A value that is being read is not known by its message yet.
        let entry = Entry { extent: Extent::default(), object, bytes: start, message: NONE };
        let place = self.insert(list, pid, stamp, entry);
        if !family.is_counted() {
            self.volatile.push(place);
        }
        Place(Where::Used(list, place))
    }

    fn insert(&mut self, list: ListId, pid: u64, stamp: u64, entry: Entry) -> u32 {
        let place = self.used[list as usize].insert(pid, stamp, entry);
        self.index[list as usize].insert(pid, place);
        self.recent[recent_at(pid)] = (list, place);
        place
    }

    /// Lets an id mean none of the objects that are in the cache.
    #[cold]
    fn replace(&mut self, pid: u64) {
        if let Some((list, place)) = self.find_used(pid) {
            self.used[list as usize].replace(place);
        } else {
            self.fresh.replace(pid);
        }
    }

    /// Says what a value registered before is: its place on the tape, and how far it extends.
    #[inline]
    pub(in super::super) fn store_value(&mut self, place: Place, tape: u32, extent: Extent) {
        match place.0 {
            Where::Fresh(place) => self.fresh.store(place, tape, extent),
            Where::Nowhere => {}
            Where::Used(..) => {
                // Its message is what it costs.
                self.live += 1;
                self.fill(place, Object::Value(self.current, tape), extent, self.current, |_| 0);
            }
        }
    }

    /// Says what an object registered before is, how far it extends, and where in the chunk it
    /// ends; it may be the last.
    pub(in super::super) fn store(
        &mut self,
        place: Place,
        object: Object,
        extent: Extent,
        end: u32,
    ) {
        let message = match object {
            Object::Id(_) if !matches!(place.0, Where::Nowhere) => {
                self.live += 1;
                self.current
            }
            _ => NONE,
        };
        self.fill(place, object, extent, message, |start| {
            end.saturating_sub(start).saturating_add(EACH as u32)
        });
    }

    fn fill(
        &mut self,
        place: Place,
        object: Object,
        extent: Extent,
        message: u32,
        cost: impl FnOnce(u32) -> u32,
    ) {
        let Where::Used(list, place) = place.0 else { return };
        if let Some(entry) = self.used[list as usize].get_mut(place) {
            let bytes = cost(entry.bytes);
            self.bytes = self.bytes.saturating_add(bytes as usize);
            *entry = Entry { extent, object, bytes, message };
        }
    }

    /// Says what is known of a type whose parts are about to be read.
    pub(in super::super) fn store_pending(&mut self, place: Place, pending: PendingType) {
        if let Where::Used(list, place) = place.0 {
            if let Some(entry) = self.used[list as usize].get_mut(place) {
                entry.object = Object::PendingType(pending);
            }
        }
    }

    /// Returns the object that a reference means, and how far it extends.
    #[inline]
    pub(in super::super) fn look_up(&mut self, pid: u64) -> Result<(&Object, Extent), Kind> {
        let (mut list, mut place) = self.recent[recent_at(pid)];
        if !self.used[list as usize].is(place, pid) {
            (list, place) = self.find(pid)?;
        }
        self.references += 1;
        let stamp = self.tick();
        match self.used[list as usize].hit(place, pid, stamp) {
            Some(Entry { object: Object::Pending(_), .. }) => Err(Kind::Cycle(pid)),
            Some(entry) => Ok((&entry.object, entry.extent)),
            None => Err(Kind::UnknownObject(pid)),
        }
    }

    /// Returns the tag that a reference means, if it means the standard instance of an atomic type
    /// and was used of late.
    #[inline(always)]
    pub(in super::super) fn look_up_base(&mut self, pid: u64) -> Option<TypeTag> {
        let (list, place) = self.recent[recent_at(pid)];
        let stamp = self.clock + 1;
        match self.used[list as usize].hit(place, pid, stamp)?.object {
            Object::Type(Type::Base(tag)) => {
                self.clock = stamp;
                self.references += 1;
                Some(tag)
            }
            _ => None,
        }
    }

    fn find(&mut self, pid: u64) -> Result<(ListId, u32), Kind> {
        if pid == 0 {
            return Err(Kind::UnknownObject(pid));
        }
        let (list, place) = match self.fresh.take(pid) {
            Some(Err(())) => return Err(Kind::Cycle(pid)),
            Some(Ok(value)) => {
                let (message, extent) = (value.message, value.extent);
                let object = Object::Value(message, value.tape);
                let entry = Entry { extent, object, bytes: 0, message };
                (ListId::Unstable, self.insert(ListId::Unstable, pid, value.stamp, entry))
            }
            None => self.find_used(pid).ok_or(Kind::UnknownObject(pid))?,
        };
        self.recent[recent_at(pid)] = (list, place);
        Ok((list, place))
    }

    fn find_used(&self, pid: u64) -> Option<(ListId, u32)> {
        [ListId::Stable, ListId::Unstable].into_iter().find_map(|list| {
            let place = self.index[list as usize].find(pid)?;
            self.used[list as usize].is(place, pid).then_some((list, place))
        })
    }

    /// Decodes a value of the message being read, or of one before it, which stands for so many
    /// objects; the message holds on to the other.
    pub(in super::super) fn value(
        &mut self,
        (number, tape): (u32, u32),
        objects: u32,
        message: &Message,
        notes: &mut Notes,
    ) -> Option<Value> {
        if number == self.current {
            return notes.value(message, tape, objects);
        }
        self.messages.refer(number);
        notes.refers.push(number);
        self.messages.value(number, tape, objects)
    }

    /// Ends a SERIAL: drops what doesn't outlive it and cuts the lists. Returns its message, which
    /// has to be given [back](Self::done).
    #[inline]
    pub(in super::super) fn end(
        &mut self,
        message: Message,
        notes: Notes,
        mode: Mode,
    ) -> Arc<Message> {
        let message = self.messages.share(message);
        if self.live > 0 {
            self.messages.hold(Arc::clone(&message), notes, self.live);
        } else {
            notes.refers.iter().for_each(|number| self.messages.release(*number, 1));
        }
        while let Some(place) = self.volatile.pop() {
            let entry = self.used[ListId::Unstable as usize].remove(place);
            self.forget(entry);
        }
        let stable = self.used[ListId::Stable as usize].len();
        if mode.caching == Caching::Stable {
            (self.size..stable).for_each(|_| self.pop_stable());
            self.cut_unstable(self.size);
        } else {
            self.cut_unstable(self.size.saturating_sub(stable));
        }
        while self.bytes() > self.limit && self.pop_oldest() {
            self.given_up += 1;
        }
        for (used, index) in self.used.iter().zip(&mut self.index) {
            index.tidy(used.len(), |pid, place| used.is(place, pid));
        }
        message
    }

    /// Takes back the message of a SERIAL.
    #[inline]
    pub(in super::super) fn done(&mut self, message: Arc<Message>) {
        self.messages.spare(message);
    }

    fn pop_stable(&mut self) {
        let entry = self.used[ListId::Stable as usize].pop();
        self.forget(entry);
    }

    /// Drops the oldest entries of the unstable list until it has this size.
    #[inline]
    fn cut_unstable(&mut self, size: usize) {
        while self.unstable() > size {
            let over = self.unstable() - size;
            let used = &mut self.used[ListId::Unstable as usize];
            let before = used.oldest().unwrap_or(u64::MAX);
            if self.fresh.oldest().is_some_and(|fresh| fresh < before) {
                if let Some((message, count)) = self.fresh.pop(over, before) {
                    self.messages.release(message, count);
                }
            } else {
                let entry = used.pop();
                self.forget(entry);
            }
        }
    }

    /// Drops the oldest entry of all; returns whether there was one.
    fn pop_oldest(&mut self) -> bool {
        let [stable, unstable] = &mut self.used;
        let stable = stable.oldest().unwrap_or(u64::MAX);
        let unstable = unstable.oldest().unwrap_or(u64::MAX);
        let unstable = unstable.min(self.fresh.oldest().unwrap_or(u64::MAX));
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

    fn forget(&mut self, entry: Option<Entry>) {
        if let Some(entry) = entry {
            // Locations and state accesses are registered but never stored.
            if !matches!(entry.object, Object::Pending(_)) {
                self.bytes = self.bytes.saturating_sub(entry.bytes as usize);
            }
            if entry.message != NONE {
                self.messages.release(entry.message, 1);
            }
        }
    }
}

const fn recent_at(pid: u64) -> usize {
    pid as usize % RECENT
}
