//! Lookup in the cache (2§5).

use bytes::Bytes;

use crate::data::{Type, TypeTag};

use super::super::super::kind::val;
use super::super::super::tape::{Item, Known, MISFIT, Message, PENDING};
use super::super::super::{Family, SerialErrorKind as Kind};
use super::super::messages::Notes;
use super::super::object::Object;
use super::super::ring::STEP;
use super::super::{Extent, ListId};
use super::{Entry, ReadCache, Recent};

impl ReadCache {
    /// Returns the referenced object and its extent, which is unset for a value.
    #[inline]
    pub(in super::super::super) fn look_up(&mut self, pid: u64) -> Result<(&Object, Extent), Kind> {
        self.close_run();
        let Recent { mut list, mut place, .. } = self.recent.of(pid);
        if !self.used[list].is(place, pid) {
            (list, place) = self.find(pid)?;
        }
        self.references += 1;
        let stamp = self.tick();
        match self.used[list].hit(place, pid, stamp) {
            Some(Entry { object: Object::Pending(_), .. }) => Err(Kind::Cycle(pid)),
            Some(entry) => {
                if let Object::Type(Type::Base(tag)) = entry.object
                    && let Some(class) = val::of_scalar(tag)
                {
                    *self.recent.of_mut(pid) = Recent { list, place, class, tag: Some(tag) };
                }
                Ok((&entry.object, entry.extent))
            }
            None => Err(Kind::UnknownObject(pid)),
        }
    }

    /// Returns the location of the referenced value, its message and its position on that message's
    /// tape, and its extent; `reading` is the message being read.
    pub(in super::super::super) fn find_value(
        &mut self,
        pid: u64,
        reading: &Message,
    ) -> Result<((u32, u32), Extent), Kind> {
        let (number, tape) = match self.look_up(pid)? {
            (Object::Value(number, tape), _) => (*number, *tape),
            (other, _) => {
                let found = other.family();
                return Err(Kind::WrongFamily { expected: Family::Val, found });
            }
        };
        let message =
            if number == self.current { Some(reading) } else { self.messages.get(number) };
        match message.and_then(|message| message.tape.get(tape as usize)) {
            Some(Item { objects: PENDING, .. }) => Err(Kind::Cycle(pid)),
            Some(Item { objects, height, .. }) => {
                let (objects, height) = (*objects, u32::from(*height));
                Ok(((number, tape), Extent { height, objects }))
            }
            None => Err(MISFIT),
        }
    }

    /// Returns the tag of a value's type if the type is a standard instance that matches the
    /// value's class and was used recently.
    ///
    /// The use takes effect when the value is [added to the open run](Self::register_in_run). If
    /// this returns `None`, the type must be [looked up](Self::look_up).
    #[inline(always)]
    pub(in super::super::super) fn standard_type(
        &mut self,
        class: u8,
        pid: u64,
    ) -> Option<TypeTag> {
        let Recent { list, place, class: own, tag } = self.recent.of(pid);
        let stamp = self.next_stamp();
        if class == own && self.used[list].touch(place, pid, stamp) { tag } else { None }
    }

    /// Does the same for other types; returns the type and its height.
    #[inline]
    pub(in super::super::super) fn usual_type(&mut self, pid: u64) -> Option<(Type, u32)> {
        let Recent { list, place, .. } = self.recent.of(pid);
        let stamp = self.next_stamp();
        match self.used[list].hit(place, pid, stamp) {
            Some(Entry { object: Object::Type(ty @ Type::Def(_)), extent, .. }) => {
                Some((ty.clone(), extent.height))
            }
            _ => None,
        }
    }

    /// Returns the time of use for the type of the next value in the open run.
    #[inline(always)]
    fn next_stamp(&self) -> u64 {
        self.clock + STEP * (self.ring.opened() + 1)
    }

    fn find(&mut self, pid: u64) -> Result<(ListId, u32), Kind> {
        if pid == 0 {
            return Err(Kind::UnknownObject(pid));
        }
        let (list, place) = match self.ring.take(pid) {
            Some(Err(())) => return Err(Kind::Cycle(pid)),
            Some(Ok(value)) => {
                if value.message == self.current {
                    self.live += 1;
                } else {
                    self.messages.refer(value.message);
                }
                let object = Object::Value(value.message, value.tape);
                let extent = Extent::default();
                let entry = Entry { extent, object, bytes: 0, message: value.message };
                (ListId::Unstable, self.insert(ListId::Unstable, pid, value.stamp, entry))
            }
            None => *self.index.get(&pid).ok_or(Kind::UnknownObject(pid))?,
        };
        *self.recent.of_mut(pid) = Recent { list, place, class: 0, tag: None };
        Ok((list, place))
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
        let notes = notes.get_or_insert_default();
        if number == self.current {
            return notes.value(chunk, message, tape, objects);
        }
        self.messages.refer(number);
        notes.refers.push(number);
        self.messages.value(number, tape, objects)
    }
}
