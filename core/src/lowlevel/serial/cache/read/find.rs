//! Lookup in the cache (2§5).

use crate::data::{Type, TypeTag, Value};

use super::super::super::SerialErrorKind as Kind;
use super::super::super::tape::Message;
use super::super::fresh::STEP;
use super::super::messages::Notes;
use super::super::object::Object;
use super::super::{Extent, ListId};
use super::{Entry, ReadCache, Recent};

impl ReadCache {
    /// Returns the object of a reference, and its extent.
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
                if let Object::Type(Type::Base(tag)) = entry.object {
                    self.recent.of_mut(pid).tag = Some(tag);
                }
                Ok((&entry.object, entry.extent))
            }
            None => Err(Kind::UnknownObject(pid)),
        }
    }

    /// Returns the tag that the type of a plain value means, if it is the standard instance of an
    /// atomic type and was used of late.
    ///
    /// It is used then as [`register_plain`](Self::register_plain) has it. What comes to nothing
    /// has to be [looked up](Self::look_up) all the same.
    #[inline(always)]
    pub(in super::super::super) fn standard_type(&mut self, pid: u64) -> Option<TypeTag> {
        let Recent { list, place, tag } = self.recent.of(pid);
        let stamp = self.clock + STEP * (self.fresh.opened() + 1);
        if self.used[list].touch(place, pid, stamp) { tag } else { None }
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
        *self.recent.of_mut(pid) = Recent { list, place, tag: None };
        Ok((list, place))
    }

    pub(super) fn find_used(&self, pid: u64) -> Option<(ListId, u32)> {
        [ListId::Stable, ListId::Unstable].into_iter().find_map(|list| {
            let place = self.index[list].find(pid)?;
            self.used[list].is(place, pid).then_some((list, place))
        })
    }

    /// Decodes a value of the message being read, or of one before it, which stands for so many
    /// objects; the message holds on to the other.
    pub(in super::super::super) fn value(
        &mut self,
        (number, tape): (u32, u32),
        objects: u32,
        message: &Message,
        notes: &mut Option<Box<Notes>>,
    ) -> Option<Value> {
        let notes = notes.get_or_insert_default();
        if number == self.current {
            return notes.value(message, tape, objects);
        }
        self.messages.refer(number);
        notes.refers.push(number);
        self.messages.value(number, tape, objects)
    }
}
