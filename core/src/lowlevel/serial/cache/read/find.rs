//! Lookup in the cache (2§5).

use bytes::Bytes;

use crate::data::Type;

use super::super::super::kind::val;
use super::super::super::tape::{Item, Known, MISFIT, Message, PENDING};
use super::super::super::{Family, SerialErrorKind as Kind};
use super::super::messages::Notes;
use super::super::{Extent, ListId};
use super::{Entry, ReadCache, Recent};
use crate::serial::cache::Object;

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
                if let Object::Type(Type::Base(tag)) = entry.object
                    && let Some(class) = val::of_scalar(tag)
                {
                    (recent.class, recent.tag) = (class, tag);
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
            return notes.value(chunk, message, tape, objects);
        }
        self.messages.refer(number);
        notes.refers.push(number);
        self.messages.value(number, tape, objects)
    }
}
