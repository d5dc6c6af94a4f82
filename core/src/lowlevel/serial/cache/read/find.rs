//! Lookup in the cache (2§5), of the types of values in the usual form too, and the tapes of such
//! calls (2§6).

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Type, TypeTag, Value};

use super::super::super::tape::{Container, Item, Known, MISFIT, Made, Message, PENDING};
use super::super::super::usual::{STEP, Types, kind_of, tape_of};
use super::super::super::{Family, SerialErrorKind as Kind};
use super::super::messages::Notes;
use super::super::used::Used;
use super::super::{Extent, InternedType, ListId, PerList};
use super::{BTreeMap, Entry, Object, ReadCache, Recent};

impl ReadCache {
    /// Returns the referenced object and its extent, which is unset for a value.
    #[inline]
    pub(in super::super::super) fn look_up(&mut self, pid: u64) -> Result<(&Object, Extent), Kind> {
        self.close_run();
        let stamp = self.clock + 1;
        let recent = match self.recent.hit(pid, stamp) {
            Some(recent) => recent,
            None => {
                let (list, place) = self.find(pid)?;
                self.remember(Recent { pid, stamp, list, place, ..Recent::NONE });
                self.recent.of_mut(pid).ok_or(Kind::UnknownObject(pid))?
            }
        };
        self.clock = stamp;
        self.references += 1;
        match self.used[recent.list].get(recent.place) {
            Some(Entry { object: Object::Pending(_), .. }) => Err(Kind::Cycle(pid)),
            Some(entry) => {
                if let Object::Type(Type::Base(tag)) = entry.object {
                    (recent.kind, recent.tag) = (kind_of(tag), tag);
                }
                Ok((&entry.object, entry.extent))
            }
            None => Err(Kind::UnknownObject(pid)),
        }
    }

    /// Returns the location of the referenced value, its message and its position on that message's
    /// tape, and its extent; `reading` is the message being read, if it is recorded.
    pub(in super::super::super) fn find_value(
        &mut self,
        pid: u64,
        reading: Option<&Message>,
    ) -> Result<((u32, u32), Extent), Kind> {
        let (number, tape) = match self.look_up(pid)? {
            (Object::Value(number, tape), _) => (*number, *tape),
            (other, _) => {
                let found = other.family();
                return Err(Kind::WrongFamily { expected: Family::Val, found });
            }
        };
        let message = if number == self.current { reading } else { self.messages.get(number) };
        match message.and_then(|message| message.tape.get(tape as usize)) {
            Some(Item { objects: PENDING, .. }) => Err(Kind::Cycle(pid)),
            Some(Item { objects, height, .. }) => {
                let (objects, height) = (*objects, u32::from(*height));
                Ok(((number, tape), Extent { height, objects }))
            }
            None => Err(MISFIT),
        }
    }

    fn find(&mut self, pid: u64) -> Result<(ListId, u32), Kind> {
        if pid == 0 {
            return Err(Kind::UnknownObject(pid));
        }
        if let Some(at) = self.ring.call_of(pid) {
            self.tape_call(at);
        }
        match self.ring.take(pid) {
            Some(Err(())) => Err(Kind::Cycle(pid)),
            Some(Ok(value)) => {
                if value.message == self.current {
                    self.live += 1;
                } else {
                    self.messages.refer(value.message);
                }
                let object = Object::Value(value.message, value.tape);
                let extent = Extent::default();
                let entry = Entry { extent, object, bytes: 0, message: value.message };
                Ok((ListId::Unstable, self.insert(ListId::Unstable, pid, value.stamp, entry)))
            }
            None => self.index.get(&pid).copied().ok_or(Kind::UnknownObject(pid)),
        }
    }

    /// Decodes a value of the message being read, or of an earlier message, which then stays alive
    /// as long as this one. The value counts as `objects` objects.
    pub(in super::super::super) fn value(
        &mut self,
        (number, tape): (u32, u32),
        objects: u32,
        (chunk, message): (&Bytes, &Message),
        notes: &mut Option<Box<Notes>>,
    ) -> Option<Known> {
        let notes = notes.get_or_insert_with(|| self.messages.begin_notes());
        if number == self.current {
            let value = notes.value(chunk, message, tape, objects)?;
            return Some(Known { value, from: message.content(chunk, tape)? });
        }
        self.messages.refer(number);
        notes.refers.push(number);
        let value = self.known((number, tape), objects)?;
        Some(Known { value, from: self.content((number, tape))? })
    }

    /// Decodes a value of an earlier message, which counts as `objects` objects.
    pub(in super::super::super) fn known(
        &mut self,
        (number, tape): (u32, u32),
        objects: u32,
    ) -> Option<Value> {
        self.messages.value(number, tape, objects)
    }

    /// Returns the content of a value of an earlier message, and everything after it in its chunk.
    pub(in super::super::super) fn content(&self, (number, tape): (u32, u32)) -> Option<Bytes> {
        let message = self.messages.get(number)?;
        message.content(&message.chunk, tape)
    }
}

/// Finds types and uses them. The uses take effect when the values are added to a run.
impl Types for ReadCache {
    #[inline(always)]
    fn standard(&mut self, kind: u64, pid: u64, stamp: u64) -> Option<TypeTag> {
        let recent = self.recent.of_mut(pid)?;
        if recent.pid != pid || recent.kind != kind {
            return None;
        }
        recent.stamp = stamp;
        Some(recent.tag)
    }

    fn recall(&mut self, pid: u64) -> bool {
        let Some((list, place)) = self.index.get(&pid).copied() else { return false };
        let (tag, kind) = match self.used[list].get(place) {
            Some(Entry { object: Object::Type(Type::Base(tag)), .. }) => (*tag, kind_of(*tag)),
            _ => (TypeTag::Error, 0),
        };
        // Its next use is about to follow.
        self.remember(Recent { pid, stamp: self.clock, kind, list, place, tag });
        true
    }

    #[inline]
    fn other(&mut self, pid: u64, stamp: u64) -> Option<(Type, u32)> {
        self.recent_type(pid, stamp).or_else(|| {
            self.recall(pid);
            self.recent_type(pid, stamp)
        })
    }

    #[inline(always)]
    fn again(&mut self, pid: u64, stamp: u64) -> bool {
        self.recent.hit(pid, stamp).is_some()
    }

    fn in_full(&self, bytes: &[u8]) -> Option<(Type, u32, u32, usize)> {
        let InternedType { ty, bytes, extent, .. } = self.interned(bytes)?;
        Some((ty.clone(), extent.height, extent.objects, bytes.len()))
    }

    #[inline]
    fn made(&mut self, container: Container) {
        self.ring.made(container);
    }

    #[inline(always)]
    fn ended(&mut self, _: u32) {}
}

impl ReadCache {
    /// Uses a type other than a standard instance for the next value of the open run, if it was
    /// used recently; returns it and its height.
    #[inline]
    pub(in super::super::super) fn usual_type(&mut self, pid: u64) -> Option<(Type, u32)> {
        self.recent_type(pid, self.stamp_of_type())
    }

    /// Does the same for a standard instance that matches the value's class; returns its tag.
    #[inline(always)]
    pub(in super::super::super) fn standard_type(
        &mut self,
        kind: u64,
        pid: u64,
    ) -> Option<TypeTag> {
        self.standard(kind, pid, self.stamp_of_type())
    }

    #[inline]
    fn recent_type(&mut self, pid: u64, stamp: u64) -> Option<(Type, u32)> {
        let Recent { list, place, .. } = *self.recent.hit(pid, stamp)?;
        match self.used[list].get(place) {
            Some(Entry { object: Object::Type(ty @ Type::Def(_)), extent, .. }) => {
                Some((ty.clone(), extent.height))
            }
            _ => None,
        }
    }

    /// Returns the stamp for the type of the next value of the open run.
    #[inline(always)]
    fn stamp_of_type(&self) -> u64 {
        self.clock + STEP * (self.ring.opened() + 1)
    }

    /// Records the tapes of all calls in the usual form, because a type is about to leave the cache.
    pub(super) fn tape_calls(&mut self) {
        let mut before = usize::MAX;
        while let Some(at) = self.ring.last_call(before) {
            self.tape_call(at);
            before = at;
        }
    }

    /// Records the tape of the call at this position of the ring.
    #[cold]
    pub(super) fn tape_call(&mut self, at: usize) {
        let ReadCache { ring, index, used, messages, .. } = self;
        let Some((call, containers)) = ring.call(at) else { return };
        let containers: Vec<Container> = containers.cloned().collect();
        let mut types = Kept { index, used, ended: Vec::new() };
        let (mut message, number) = messages.begin();
        if let Some(message) = Arc::get_mut(&mut message) {
            // The call was read with the same types before, so nothing fails.
            let _ = tape_of(message, &call.chunk, call.mode, &mut types);
            let is_made = |at: &u32| {
                let tag = message.tape.get(*at as usize).map(|item| item.tag);
                matches!(tag, Some(TypeTag::Record | TypeTag::Vector | TypeTag::Table))
            };
            let places = types.ended.into_iter().filter(is_made);
            message.made = places
                .zip(containers)
                .map(|(place, container)| Made { place, container })
                .collect();
            message.made.sort_unstable_by_key(|made| made.place);
        }
        messages.hold(number, message, None, 1);
        ring.replace_call(at, number);
    }
}

/// Finds types without using them.
struct Kept<'a> {
    index: &'a BTreeMap<u64, (ListId, u32)>,
    used: &'a PerList<Used<Entry>>,
    /// The positions of the containers on the tape, in the order in which they end.
    ended: Vec<u32>,
}

impl Kept<'_> {
    fn entry(&self, pid: u64) -> Option<&Entry> {
        let (list, place) = self.index.get(&pid)?;
        self.used[*list].get(*place)
    }
}

impl Types for Kept<'_> {
    fn standard(&mut self, kind: u64, pid: u64, _: u64) -> Option<TypeTag> {
        match self.entry(pid)?.object {
            Object::Type(Type::Base(tag)) if kind_of(tag) == kind => Some(tag),
            _ => None,
        }
    }

    fn recall(&mut self, _: u64) -> bool {
        false
    }

    fn other(&mut self, pid: u64, _: u64) -> Option<(Type, u32)> {
        match self.entry(pid)? {
            Entry { object: Object::Type(ty @ Type::Def(_)), extent, .. } => {
                Some((ty.clone(), extent.height))
            }
            _ => None,
        }
    }

    fn again(&mut self, _: u64, _: u64) -> bool {
        false
    }

    fn in_full(&self, _: &[u8]) -> Option<(Type, u32, u32, usize)> {
        None
    }

    fn made(&mut self, _: Container) {}

    fn ended(&mut self, at: u32) {
        self.ended.push(at);
    }
}
