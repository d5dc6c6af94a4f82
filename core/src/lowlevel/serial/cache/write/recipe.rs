//! The decisions on a call, repeated for other peers.

use super::super::ages::Tags;
use super::{Caching, Family, Kept, Mode, TypeTag, WriteCache, is_there};

/// The decisions on the objects of a call for a peer that already has all of its types, in their
/// order. They are the same for every peer that [meets](WriteCache::meets) the conditions; only the
/// ids differ.
#[derive(Debug, Default)]
pub(in super::super::super) struct Recipe {
    /// The types, and parts of types, that are written as references.
    types: Vec<Known>,
    /// The atomic types among them.
    bases: Tags,
    /// The numbers and addresses of the others.
    shared: Vec<(u32, usize)>,
    /// The containers in full that must be remembered.
    new: Vec<New>,
    /// The containers that are written as references.
    sent: Vec<Again>,
    /// Whether there are any of these two.
    has_containers: bool,
    /// The other containers in full: the number of entries that were added to the end of the list of
    /// values up to each.
    passed: Vec<u64>,
    /// The size of the call.
    size: usize,
    /// The number of objects in full that get an id.
    ids: u64,
    /// The number of other objects in full.
    nameless: u64,
    /// The number of references to types.
    uses: u64,
    /// The number of anonymous entries.
    anonymous: u64,
    /// The id of the first object in full for the last peer.
    first: u64,
}

/// A type that the peer must have.
#[derive(Debug)]
struct Known {
    /// The place of its entry in the last peer's cache.
    place: u32,
    /// Its id in the last peer's cache.
    pid: u64,
    /// The number of anonymous entries, and of references, before its last use.
    before: (u64, u64),
}

/// A container in full. The peer must not have it.
#[derive(Debug)]
struct New {
    address: usize,
    kept: Kept,
    /// The number of new ids before its own.
    ids: u64,
    /// The number of entries that were added to the end of the list of values up to it.
    before: u64,
}

/// A container that the peer must have.
#[derive(Debug)]
struct Again {
    address: usize,
    /// Its id in the last peer's cache.
    pid: u64,
    /// The number of entries that were added to the end of the list of values up to it.
    before: u64,
}

impl Recipe {
    /// Makes this the recipe of a call of this size without objects.
    pub(in super::super::super) fn clear(&mut self, size: usize) {
        self.types.clear();
        self.bases = Tags::default();
        self.shared.clear();
        self.has_containers = false;
        self.new.clear();
        self.passed.clear();
        self.sent.clear();
        self.size = size;
        (self.ids, self.nameless, self.uses, self.anonymous, self.first) = (0, 0, 0, 0, 0);
    }

    /// Adds a reference to the standard instance of an atomic type, or another reference to the
    /// type with this number. Returns its number.
    pub(in super::super::super) fn base(&mut self, tag: TypeTag, known: Option<u32>) -> u32 {
        self.bases.insert(tag);
        self.reference(tag as u32, known)
    }

    /// Does the same for a shared object.
    pub(in super::super::super) fn shared(&mut self, address: usize, known: Option<u32>) -> u32 {
        let number = self.reference(u32::MAX, known);
        if known.is_none() {
            self.shared.push((number, address));
        }
        number
    }

    fn reference(&mut self, place: u32, known: Option<u32>) -> u32 {
        let before = (self.anonymous, self.uses);
        self.uses += 1;
        let number = known.unwrap_or(self.types.len() as u32);
        match self.types.get_mut(number as usize) {
            Some(known) => known.before = before,
            None => self.types.push(Known { place, pid: 0, before }),
        }
        number
    }

    /// Adds an object in full.
    pub(in super::super::super) fn full(&mut self, family: Family, mode: Mode) {
        match mode.caching {
            Caching::None => self.nameless += 1,
            Caching::Single | Caching::Stable => self.ids += 1,
        }
        self.anonymous += u64::from(mode.caching == Caching::Single && family.is_counted());
    }

    /// Adds a container in full that must be remembered.
    pub(in super::super::super) fn container(&mut self, address: usize, kept: Kept, mode: Mode) {
        let (ids, before) = (self.ids, self.ids + 1 + self.moved(mode));
        self.new.push(New { address, kept, ids, before });
        self.has_containers = true;
        self.full(Family::Val, mode);
    }

    /// Adds a container in full that cannot be sent again.
    pub(in super::super::super) fn pass(&mut self, mode: Mode) {
        self.passed.push(self.ids + 1 + self.moved(mode));
        self.full(Family::Val, mode);
    }

    /// Adds a container that is written as a reference. Returns its number.
    pub(in super::super::super) fn sent(&mut self, address: usize, mode: Mode) -> usize {
        let before = self.ids + 1 + self.moved(mode);
        self.sent.push(Again { address, pid: 0, before });
        self.has_containers = true;
        self.anonymous += u64::from(mode.caching == Caching::Single);
        self.sent.len() - 1
    }

    /// Counts the references so far that moved an entry of the list of values.
    fn moved(&self, mode: Mode) -> u64 {
        let types = if mode.caching == Caching::Single { self.uses } else { 0 };
        types + self.sent.len() as u64
    }

    /// Returns whether other peers may need other decisions: a new container could evict one that a
    /// later object refers to.
    pub(in super::super::super) fn is_uncertain(&self) -> bool {
        !(self.passed.is_empty() && self.new.is_empty() || self.sent.is_empty())
    }

    /// Returns the id of the first object in full for the last peer.
    pub(in super::super::super) fn first_pid(&self) -> u64 {
        self.first
    }

    /// Returns the id of a type in the last peer's cache, by its number.
    #[inline]
    pub(in super::super::super) fn type_pid(&self, number: u32) -> u64 {
        self.types.get(number as usize).map_or(0, |known| known.pid)
    }

    /// Returns the id of a container in the last peer's cache, by its number.
    pub(in super::super::super) fn sent_pid(&self, number: usize) -> u64 {
        self.sent.get(number).map_or(0, |sent| sent.pid)
    }
}

impl WriteCache {
    /// Returns whether a recipe applies to the next SERIAL.
    #[inline]
    pub(in super::super::super) fn meets(&self, recipe: &mut Recipe, mode: Mode) -> bool {
        mode.caching == self.last
            && self.ages.has_bases(recipe.bases)
            && (recipe.shared.is_empty() || self.find_shared(recipe))
            && (!recipe.has_containers || self.decides_alike(recipe))
    }

    #[inline]
    fn find_shared(&self, recipe: &mut Recipe) -> bool {
        recipe.shared.iter().all(|(number, address)| {
            let Some(known) = recipe.types.get_mut(*number as usize) else { return false };
            let place = self.ages.place(*address, known.place);
            place.inspect(|place| known.place = *place).is_some()
        })
    }

    #[inline(never)]
    fn decides_alike(&self, recipe: &Recipe) -> bool {
        recipe.new.iter().all(|new| !self.has_sent(new.address))
            && recipe.sent.iter().all(|sent| self.has_sent(sent.address))
    }

    /// Makes the decisions of a recipe that [applies](Self::meets), for a whole SERIAL. Returns
    /// whether any ids differ from those for the last peer.
    #[inline(always)]
    pub(in super::super::super) fn repeat(&mut self, recipe: &mut Recipe, mode: Mode) -> bool {
        if recipe.has_containers || !recipe.passed.is_empty() && !self.sent.is_empty() {
            self.repeat_containers(recipe, mode);
        }
        let first = self.next_pid;
        let mut is_other = first != recipe.first || recipe.has_containers;
        recipe.first = first;
        for known in &mut recipe.types {
            let pid = self.ages.use_at(known.place, known.before);
            is_other |= pid != known.pid;
            known.pid = pid;
        }
        self.ages.pass(recipe.anonymous, recipe.uses);
        self.next_pid += recipe.ids;
        self.nameless += recipe.nameless;
        self.end(mode);
        is_other
    }

    #[inline(never)]
    fn repeat_containers(&mut self, recipe: &mut Recipe, mode: Mode) {
        let (first, now, cut) = (self.next_pid, self.now(mode), self.cut);
        let is_there = |used| is_there(used, cut);
        for before in &recipe.passed {
            self.sent.pass(now + before, recipe.size, is_there);
        }
        for New { address, kept, ids, before } in &recipe.new {
            let added = (first + ids, now + before);
            self.sent.insert(*address, added, recipe.size, kept.clone(), is_there);
        }
        for Again { address, pid, before } in &mut recipe.sent {
            if let Some(sent) = self.sent.find(*address) {
                sent.used = now + *before;
                *pid = sent.pid;
            }
        }
        self.moved += recipe.sent.len() as u64;
    }
}
