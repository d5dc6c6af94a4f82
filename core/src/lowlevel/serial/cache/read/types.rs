//! The types of values in the usual form, and the tapes of such calls (2§6).

use std::sync::Arc;

use crate::data::{Type, TypeTag};

use super::super::super::kind::val;
use super::super::super::tape::{Container, Made};
use super::super::super::usual::{STEP, Types, tape_of};
use super::super::used::Used;
use super::super::{ListId, PerList};
use super::{BTreeMap, Entry, NO_CLASS, Object, ReadCache, Recent};

/// Finds types and uses them. The uses take effect when the values are added to a run.
impl Types for ReadCache {
    #[inline(always)]
    fn standard(&mut self, class: u8, pid: u64, stamp: u64) -> Option<TypeTag> {
        let recent = self.recent.of_mut(pid)?;
        if recent.pid != pid || recent.class != class {
            return None;
        }
        recent.stamp = stamp;
        Some(recent.tag)
    }

    fn recall(&mut self, pid: u64) -> bool {
        let Some((list, place)) = self.index.get(&pid).copied() else { return false };
        let (tag, class) = match self.used[list].get(place) {
            Some(Entry { object: Object::Type(Type::Base(tag)), .. }) => {
                (*tag, val::of_scalar(*tag).unwrap_or(NO_CLASS))
            }
            _ => (TypeTag::Error, NO_CLASS),
        };
        // Its next use is about to follow.
        self.remember(Recent { pid, stamp: self.clock, list, place, class, tag });
        true
    }

    #[inline]
    fn other(&mut self, pid: u64, stamp: u64) -> Option<(Type, u32)> {
        self.recent_type(pid, stamp).or_else(|| {
            self.recall(pid);
            self.recent_type(pid, stamp)
        })
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
        class: u8,
        pid: u64,
    ) -> Option<TypeTag> {
        self.standard(class, pid, self.stamp_of_type())
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
    fn standard(&mut self, class: u8, pid: u64, _: u64) -> Option<TypeTag> {
        match self.entry(pid)?.object {
            Object::Type(Type::Base(tag)) => {
                Some(tag).filter(|tag| val::of_scalar(*tag) == Some(class))
            }
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

    fn made(&mut self, _: Container) {}

    fn ended(&mut self, at: u32) {
        self.ended.push(at);
    }
}
