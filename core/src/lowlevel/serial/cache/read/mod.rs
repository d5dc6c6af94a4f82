//! The reader's side of the object cache (2§5).

mod end;
mod find;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Type, TypeTag};

use super::super::tape::Message;
use super::super::{Family, Mode, ReaderLimits};
use super::interned::{Interned, InternedType};
use super::messages::{EACH, Messages};
use super::object::{Object, PendingType};
use super::ring::{Ring, STEP};
use super::used::Used;
use super::{CacheCounters, Extent, ListId, PerList};

/// The number of recently used places to remember; a power of two.
const RECENT: usize = 64;

/// No message.
const NONE: u32 = u32::MAX;

/// The objects that the peer has sent and may refer to.
///
/// Of the unstable list, the values that nothing has referred to yet lie in a queue of their own;
/// stamps tell which is older, of one of these and of one of the others. Values are kept as the
/// bytes that they came in, and decoded when they are referred to.
#[derive(Debug)]
pub(in super::super) struct ReadCache {
    ring: Ring,
    /// The other entries, of the stable and of the unstable list.
    used: PerList<Used<Entry>>,
    /// Where they are by their ids, of which the peer can choose any without making this slow.
    index: BTreeMap<u64, (ListId, u32)>,
    recent: Recents,
    messages: Messages,
    interned: Interned,
    /// The number of the message that is being read, and how many entries refer to it, fresh values
    /// aside.
    current: u32,
    live: usize,
    /// Objects of the unstable list that leave at the end of the SERIAL: those without bit 15.
    volatile: Vec<u32>,
    /// Counts registrations and uses; those of the open run come on top of this, as they do of the
    /// other counters.
    clock: u64,
    /// The greatest id so far: what is above cannot be in the cache.
    highest: u64,
    /// The maximum number of entries in a list.
    size: usize,
    /// How many bytes the entries of both lists keep alive, messages aside, and at most with them.
    bytes: usize,
    limit: usize,
    full: u64,
    references: u64,
    given_up: u64,
}

/// The place of a recently used object.
#[derive(Debug, Clone, Copy)]
struct Recent {
    list: ListId,
    place: u32,
    /// The standard type that it is, if it is a simple one and was looked up before.
    tag: Option<TypeTag>,
    /// The class of that type's values.
    class: u8,
}

/// The last used object for each remainder of ids.
#[derive(Debug)]
struct Recents([Recent; RECENT]);

impl Recents {
    const fn new() -> Recents {
        Recents([Recent { list: ListId::Stable, place: NONE, class: 0, tag: None }; RECENT])
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a remainder lies within")]
    const fn of(&self, pid: u64) -> Recent {
        self.0[pid as usize % RECENT]
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a remainder lies within")]
    const fn of_mut(&mut self, pid: u64) -> &mut Recent {
        &mut self.0[pid as usize % RECENT]
    }
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

/// The future place of an object that is being read.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Place(Where);

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
            index: BTreeMap::new(),
            recent: Recents::new(),
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
        // After an error there may be a run left.
        let opened = self.ring.opened();
        CacheCounters { full: self.full + opened, references: self.references + opened, entries }
    }

    /// Returns the estimated number of bytes kept alive.
    pub(in super::super) fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.messages.bytes()).saturating_add(self.interned.bytes())
    }

    /// Returns how many entries were evicted early because of the limit on bytes.
    pub(in super::super) fn given_up(&self) -> u64 {
        self.given_up
    }

    fn unstable(&self) -> usize {
        self.ring.len() + self.used[ListId::Unstable].len()
    }

    /// Begins a SERIAL: returns a message to be filled, which nobody shares yet.
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
        self.close_run();
        self.full += 1;
        if pid == 0 {
            return Place(Where::Nowhere);
        }
        let stamp = self.tick();
        if pid > self.highest {
            self.highest = pid;
            if family == Family::Val {
                return Place(Where::InRing(self.ring.push(pid, stamp, self.current)));
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

    /// Registers a value in full that comes next on the tape, there, and whose type was just looked
    /// up as a [usual](Self::usual_type) one. Returns whether it could be done: not if anything about
    /// its id is unusual.
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

    /// Closes the open run, if there is one, and makes up for what it put off.
    #[inline]
    fn close_run(&mut self) {
        let opened = self.ring.opened();
        if opened > 0 {
            self.clock += STEP * opened;
            self.highest += opened;
            self.full += opened;
            self.references += opened;
            self.ring.close();
        }
    }

    /// Returns the type that comes in full and without ids, if it came so before.
    pub(in super::super) fn interned(&self, bytes: &[u8]) -> Option<&InternedType> {
        self.interned.find(bytes)
    }

    /// Keeps a type that came in full, in these bytes, after so many objects in full and so many ids,
    /// unless there were any ids in it.
    pub(in super::super) fn intern(
        &mut self,
        bytes: &[u8],
        ty: &Type,
        extent: Extent,
        (full, ids): (u64, u64),
    ) {
        if self.ids() == ids && matches!(ty, Type::Def(_)) {
            self.interned.add(bytes, ty.clone(), extent, self.full - full, self.limit / 8);
        }
    }

    /// Returns how many objects have come in full.
    pub(in super::super) fn full(&self) -> u64 {
        self.full
    }

    /// Returns a number that grows with each id.
    pub(in super::super) fn ids(&self) -> u64 {
        self.clock + STEP * self.ring.opened()
    }

    /// Forgets what was kept of types.
    pub(in super::super) fn forget_interned(&mut self) {
        self.interned = Interned::default();
    }

    /// Counts so many objects in full that have no id.
    #[inline(always)]
    pub(in super::super) fn count_nameless(&mut self, objects: u64) {
        self.full += objects;
    }

    fn insert(&mut self, list: ListId, pid: u64, stamp: u64, entry: Entry) -> u32 {
        let place = self.used[list].insert(pid, stamp, entry);
        self.index.insert(pid, (list, place));
        *self.recent.of_mut(pid) = Recent { list, place, class: 0, tag: None };
        place
    }

    /// Lets an id mean none of the objects that are in the cache.
    #[cold]
    fn replace(&mut self, pid: u64) {
        if let Some((list, place)) = self.index.remove(&pid) {
            self.used[list].replace(place);
        } else {
            self.ring.replace(pid);
        }
    }

    /// Returns where on its message's tape a value registered before is, now that its type is known.
    pub(in super::super) fn store_value(&mut self, place: Place, tape: u32) {
        match place.0 {
            Where::InRing(place) => self.ring.store(place, tape),
            Where::Nowhere => {}
            Where::Used(..) => {
                // Its message is what it costs, and says how far it extends.
                self.live += 1;
                let (object, extent) = (Object::Value(self.current, tape), Extent::default());
                self.fill(place, object, extent, self.current, |_| 0);
            }
        }
    }

    /// Returns what an object registered before is, how far it extends, and where in the chunk it
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
        if let Some(entry) = self.used[list].get_mut(place) {
            let bytes = cost(entry.bytes);
            self.bytes = self.bytes.saturating_add(bytes as usize);
            *entry = Entry { extent, object, bytes, message };
        }
    }

    /// Returns what is known of a type whose parts are about to be read.
    pub(in super::super) fn store_pending(&mut self, place: Place, pending: PendingType) {
        if let Where::Used(list, place) = place.0
            && let Some(entry) = self.used[list].get_mut(place)
        {
            entry.object = Object::PendingType(pending);
        }
    }
}
