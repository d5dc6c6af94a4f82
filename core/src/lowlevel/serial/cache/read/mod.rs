//! The reader's side of the object cache (2§5).

mod end;
mod find;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Type, TypeTag};

use super::super::tape::Message;
use super::super::usual::STEP;
use super::super::{Family, Mode, ReaderLimits};
use super::messages::{EACH, Messages};
use super::ring::Ring;
use super::used::Used;
use super::{CacheCounters, Extent, ListId, PerList};
use super::{Interned, InternedType};
use super::{Object, PendingType};

/// The number of recently used places to remember; a power of two.
const RECENT: usize = 64;

/// No message, or no place.
const NONE: u32 = u32::MAX;

/// The objects that the peer has sent and may refer to.
///
/// Values in the unstable list that have not been referenced are kept in a separate queue; stamps
/// determine their order relative to the other entries. Values are stored as their encodings and
/// decoded when they are first referenced.
#[derive(Debug)]
pub(in super::super) struct ReadCache {
    ring: Ring,
    /// All other entries of the stable and of the unstable list.
    used: PerList<Used<Entry>>,
    /// No entry of the unstable list that is not in the ring was last used before this.
    oldest_used: u64,
    /// The positions of these entries by id. The peer chooses the ids, and no choice makes lookups
    /// slow.
    index: BTreeMap<u64, (ListId, u32)>,
    recent: Recents,
    messages: Messages,
    interned: Interned,
    /// The number of the message being read, and how many entries other than new values refer to
    /// it.
    current: u32,
    live: usize,
    /// Entries of the unstable list that are dropped at the end of the SERIAL: those without bit
    /// 15.
    volatile: Vec<u32>,
    /// Counts registrations and uses. Those of the open run are not yet included here, nor in the
    /// other counters.
    clock: u64,
    /// The greatest id so far. Greater ids cannot be in the cache.
    highest: u64,
    /// The maximum number of entries in a list.
    size: usize,
    /// The memory in bytes that the entries of both lists keep alive, without messages; and the
    /// limit, which includes messages.
    bytes: usize,
    limit: usize,
    full: u64,
    references: u64,
    given_up: u64,
}

/// A recently used object.
#[derive(Debug, Clone, Copy)]
struct Recent {
    pid: u64,
    /// When it was used last. The entry's own stamp is only updated by [`ReadCache::settle`].
    stamp: u64,
    /// The [kind](super::super::usual::kind_of) of the type's values if it is a simple standard type
    /// and was looked up before, or 0.
    kind: u64,
    list: ListId,
    place: u32,
    /// Its tag.
    tag: TypeTag,
}

impl Recent {
    /// No object.
    const NONE: Recent = Recent {
        pid: 0,
        stamp: 0,
        kind: 0,
        list: ListId::Stable,
        place: NONE,
        tag: TypeTag::Error,
    };
}

/// The object used last for each remainder of ids, once there is one.
#[derive(Debug, Default)]
struct Recents(Option<Box<[Recent; RECENT]>>);

impl Recents {
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a remainder lies within")]
    fn of_mut(&mut self, pid: u64) -> Option<&mut Recent> {
        Some(&mut self.0.as_mut()?[pid as usize % RECENT])
    }

    /// Uses the object with this id, if it was used recently.
    #[inline(always)]
    fn hit(&mut self, pid: u64, stamp: u64) -> Option<&mut Recent> {
        let recent = self.of_mut(pid)?;
        if recent.pid != pid {
            return None;
        }
        recent.stamp = stamp;
        Some(recent)
    }
}

#[derive(Debug)]
struct Entry {
    extent: Extent,
    object: Object,
    /// Its cost in bytes. While it is being read: its offset in the chunk.
    bytes: u32,
    /// The message whose bytes it shares.
    message: u32,
}

/// The state of the cache before a call.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Mark {
    /// The number of containers of calls in the usual form.
    made: usize,
    clock: u64,
    references: u64,
}

/// The future place of an object that is being read.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct CacheSlot(Where);

#[derive(Debug, Clone, Copy)]
enum Where {
    /// It has no id.
    Nowhere,
    InRing(usize),
    Used(ListId, u32),
}

impl ReadCache {
    pub(in super::super) fn new(limits: &ReaderLimits) -> ReadCache {
        ReadCache {
            ring: Ring::default(),
            used: PerList::default(),
            oldest_used: 0,
            index: BTreeMap::new(),
            recent: Recents::default(),
            messages: Messages::default(),
            interned: Interned::default(),
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
        let entries = (self.used[ListId::Stable].len() + self.unstable()) as u64;
        // After an error a run may still be open.
        let opened = self.ring.opened();
        CacheCounters { full: self.full + opened, references: self.references + opened, entries }
    }

    /// Returns the estimated number of bytes kept alive.
    pub(in super::super) fn bytes(&self) -> usize {
        let messages = self.messages.bytes().saturating_add(self.ring.bytes());
        self.bytes.saturating_add(messages).saturating_add(self.interned.bytes())
    }

    /// Returns how many entries were evicted early because of the limit on bytes.
    pub(in super::super) fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Frees unused memory.
    pub(in super::super) fn release(&mut self) {
        self.settle();
        self.recent = Recents::default();
        self.ring.release();
        self.used.stable.release();
        self.used.unstable.release();
        self.messages.shrink();
        self.volatile.shrink_to_fit();
    }

    fn unstable(&self) -> usize {
        self.ring.len() + self.used[ListId::Unstable].len()
    }

    /// Begins a SERIAL. Returns an unshared message to fill.
    #[inline]
    pub(in super::super) fn begin(&mut self) -> Arc<Message> {
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

    /// Registers an object, which begins at `start` in the chunk, after its header was read and
    /// before its body is.
    ///
    /// An id that is already in the cache belongs to the newer object from then on, and the older
    /// object only ages. Bro accepts this, as the recorded faults show.
    #[inline]
    pub(in super::super) fn register(
        &mut self,
        pid: u64,
        family: Family,
        mode: Mode,
        start: u32,
    ) -> CacheSlot {
        self.close_run();
        self.full += 1;
        if pid == 0 {
            return CacheSlot(Where::Nowhere);
        }
        let stamp = self.tick();
        if pid > self.highest {
            self.highest = pid;
            if family == Family::Val {
                return CacheSlot(Where::InRing(self.ring.push(pid, stamp, self.current)));
            }
        } else {
            self.replace(pid);
        }
        let list =
            if mode.stable() && family.is_stable() { ListId::Stable } else { ListId::Unstable };
        let object = Object::Pending(family);
        // The message of a value that is being read is not stored yet.
        let entry = Entry { extent: Extent::default(), object, bytes: start, message: NONE };
        let place = self.insert(list, pid, stamp, entry);
        if !family.is_counted() {
            self.volatile.push(place);
        }
        CacheSlot(Where::Used(list, place))
    }

    /// Registers the full value that comes next, at this tape position. Its type was just looked up
    /// by [`usual_type`](Self::usual_type) or [`standard_type`](Self::standard_type). Returns false
    /// if the value's id is not a new one, so that the value must be [registered](Self::register).
    #[inline(always)]
    pub(in super::super) fn register_in_run(&mut self, pid: u64, tape: u32) -> bool {
        self.ring.extend(pid, tape) || self.open_run(pid, tape)
    }

    fn open_run(&mut self, pid: u64, tape: u32) -> bool {
        self.close_run();
        if pid <= self.highest {
            return false;
        }
        self.highest = pid - 1;
        self.ring.open(pid, self.clock + 1, self.current, tape);
        true
    }

    /// Closes the open run, if there is one, and updates the counters.
    #[inline]
    fn close_run(&mut self) {
        let opened = self.ring.opened();
        if opened > 0 {
            self.count_run(self.highest + 1, opened);
            self.ring.close();
        }
    }

    /// Counts the values of a run, the first with this id, and their types.
    #[inline(always)]
    fn count_run(&mut self, pid: u64, count: u64) {
        self.clock += STEP * count;
        self.highest = pid - 1 + count;
        self.full += count;
        self.references += count;
    }

    /// Returns whether no object has had this id, or a greater one, and greater ones follow it.
    #[inline(always)]
    pub(in super::super) fn is_new(&self, pid: u64) -> bool {
        pid > self.highest && pid <= u64::MAX / 2
    }

    /// Returns the state before a call that may be in the usual form.
    #[inline]
    pub(in super::super) fn mark(&self) -> Mark {
        Mark { made: self.ring.containers(), clock: self.clock, references: self.references }
    }

    /// Returns to the state before a call that is not in the usual form, and that may refer to
    /// values. Other traces of it do not matter, because reading it in the general way leaves the
    /// same.
    #[inline(always)]
    pub(in super::super) fn back_to(&mut self, mark: Mark, refers: bool) {
        self.ring.unmake(mark.made);
        if refers {
            (self.clock, self.references) = (mark.clock, mark.references);
        }
    }

    /// Returns the kept type whose encoding these bytes begin with, if any.
    pub(in super::super) fn interned(&self, bytes: &[u8]) -> Option<&InternedType> {
        self.interned.find(bytes)
    }

    /// Keeps a type that was sent in full with this encoding, unless the encoding contains ids.
    /// `full` and `ids` are the counters from before the type was read.
    pub(in super::super) fn intern(
        &mut self,
        bytes: &[u8],
        ty: &Type,
        extent: Extent,
        (full, ids): (u64, u64),
    ) {
        // Absent elements of constants make more objects.
        let all_full = self.full - full == u64::from(extent.objects);
        if self.ids() == ids && all_full && matches!(ty, Type::Def(_)) {
            self.interned.add(bytes, ty.clone(), extent, self.limit / 8);
        }
    }

    /// Returns the number of objects sent in full.
    pub(in super::super) fn full(&self) -> u64 {
        self.full
    }

    /// Returns the stamp of the last use. No run may be open.
    #[inline(always)]
    pub(in super::super) fn clock(&self) -> u64 {
        self.clock
    }

    /// Returns a number that grows with each id.
    pub(in super::super) fn ids(&self) -> u64 {
        self.clock + STEP * self.ring.opened()
    }

    /// Drops all kept types.
    pub(in super::super) fn forget_interned(&mut self) {
        self.interned = Interned::default();
    }

    /// Counts this many full objects without ids.
    #[inline(always)]
    pub(in super::super) fn count_nameless(&mut self, objects: u64) {
        self.full += objects;
    }

    fn insert(&mut self, list: ListId, pid: u64, stamp: u64, entry: Entry) -> u32 {
        let place = self.used[list].insert(pid, stamp, entry);
        self.index.insert(pid, (list, place));
        self.remember(Recent { pid, stamp, list, place, ..Recent::NONE });
        place
    }

    /// Adds an object that is used now to the recent ones.
    fn remember(&mut self, recent: Recent) {
        self.recent.0.get_or_insert_with(|| Box::new([Recent::NONE; RECENT]));
        if let Some(place) = self.recent.of_mut(recent.pid) {
            let before = std::mem::replace(place, recent);
            self.used[before.list].touch(before.place, before.pid, before.stamp);
        }
    }

    /// Removes an object from the recent ones.
    fn forget_recent(&mut self, pid: u64) {
        if let Some(recent) = self.recent.of_mut(pid)
            && recent.pid == pid
        {
            let Recent { list, place, stamp, .. } = std::mem::replace(recent, Recent::NONE);
            self.used[list].touch(place, pid, stamp);
        }
    }

    /// Updates the stamps of all entries. Entries must not be sorted before.
    fn settle(&mut self) {
        for Recent { pid, stamp, list, place, .. } in
            self.recent.0.iter().flat_map(|recent| recent.iter())
        {
            self.used[*list].touch(*place, *pid, *stamp);
        }
    }

    /// Removes an id from the objects in the cache. They only age.
    #[cold]
    fn replace(&mut self, pid: u64) {
        if self.index.contains_key(&pid) {
            self.tape_calls();
        }
        if let Some((list, place)) = self.index.remove(&pid) {
            self.forget_recent(pid);
            self.used[list].replace(place);
        } else {
            self.ring.replace(pid);
        }
    }

    /// Records the position on the tape of a registered value, now that its type is known.
    pub(in super::super) fn store_value(&mut self, place: CacheSlot, tape: u32) {
        match place.0 {
            Where::InRing(place) => self.ring.store(place, tape),
            Where::Nowhere => {}
            Where::Used(..) => {
                // The cost and the extent of a value are those in its message.
                self.live += 1;
                let (object, extent) = (Object::Value(self.current, tape), Extent::default());
                self.fill(place, object, extent, self.current, |_| 0);
            }
        }
    }

    /// Stores a registered object, its extent, and the offset at which it ends in the chunk.
    pub(in super::super) fn store(
        &mut self,
        place: CacheSlot,
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
        place: CacheSlot,
        object: Object,
        extent: Extent,
        message: u32,
        cost: impl FnOnce(u32) -> u32,
    ) {
        let Where::Used(list, place) = place.0 else { return };
        if let Some(entry) = self.used[list].get_mut(place) {
            let bytes = cost(entry.bytes);
            self.bytes = self.bytes.saturating_add(bytes as usize);
            *entry = Entry { extent, object, bytes, message };
        }
    }

    /// Stores the known parts of a type whose other parts are about to be read.
    pub(in super::super) fn store_pending(&mut self, place: CacheSlot, pending: PendingType) {
        if let Where::Used(list, place) = place.0
            && let Some(entry) = self.used[list].get_mut(place)
        {
            entry.object = Object::PendingType(pending);
        }
    }
}
