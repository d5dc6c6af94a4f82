//! An event for many peers, encoded once.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::{Event, Type, TypeTag};
use crate::wire::{DataFormat, SERIAL_FRAME, serial_frame};

use super::super::cache::{Condition, Decision, Kept, Tags, WriteCache};
use super::super::{Caching, Family, Mode, WriteError, kind};
use super::decide::{Decide, NARROW_TYPE, Short, WIDE_TYPE};
use super::measure::Measure;
use super::supported::Supported;
use super::{MAX_UNCACHED, MessageWriter, Writer, remembered};
use crate::serial::lazy::Location;

/// The templates of one event, by the modes of the peers. There are few modes.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    by_mode: Vec<(Mode, Option<Template>)>,
    /// The position of the last used one.
    last: usize,
}

/// An event encoded for every peer that already has its types, and the positions of the ids, which
/// differ between peers.
#[derive(Debug)]
pub(crate) struct Template {
    /// The SERIAL with its frame, or without if it is too long for one part.
    bytes: Vec<u8>,
    /// The size of the frame.
    frame: usize,
    /// The positions and types of its values, if all of them are simple, with references to their
    /// types.
    scalars: Vec<(usize, TypeTag)>,
    /// Otherwise, the objects in the order of their decisions.
    slots: Vec<Slot>,
    /// The atomic types whose standard instances a cache must have to make the same decisions.
    tags: Tags,
    /// The remaining conditions on the cache.
    conditions: Vec<Condition>,
    /// The number of objects written in full without an id.
    nameless: u64,
    /// The size of the call if its containers are remembered.
    remembered: Option<usize>,
}

/// An object, and the position of its id in the SERIAL.
#[derive(Debug)]
struct Slot {
    at: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A value in full with a reference to its type, a standard instance.
    Scalar(TypeTag),
    /// A reference to the standard instance of an atomic type.
    Base(TypeTag),
    /// A reference to a shared object, by its address.
    Shared(usize),
    /// An object in full.
    Anonymous(Family),
    /// A container in full, by its address.
    Container(usize, Kept),
    /// A reference to a container, by its address.
    Sent(usize),
}

impl Templates {
    /// Returns the template of what [`Writer::event`] would write for this event, if this writer's
    /// cache meets its conditions. All calls must pass the same event.
    #[inline]
    pub(crate) fn get(&mut self, writer: &Writer, mode: Mode, event: &Event) -> Option<&Template> {
        if !self.by_mode.get(self.last).is_some_and(|(of, _)| *of == mode) {
            self.find(writer, mode, event);
        }
        let (_, template) = self.by_mode.get(self.last)?;
        let template = template.as_ref()?;
        let Template { tags, conditions, .. } = template;
        writer.cache.meets(mode, *tags, conditions).then_some(template)
    }

    /// Finds or creates the template for a mode.
    #[inline(never)]
    fn find(&mut self, writer: &Writer, mode: Mode, event: &Event) {
        let known = self.by_mode.iter().position(|(of, _)| *of == mode);
        self.last = known.unwrap_or(self.by_mode.len());
        if known.is_none() {
            self.by_mode.push((mode, Template::new(&writer.cache, mode, event).ok().flatten()));
        }
    }
}

impl Template {
    /// Encodes an event for peers whose caches decide like this one. Returns `None` if other caches
    /// may decide differently.
    fn new(cache: &WriteCache, mode: Mode, event: &Event) -> Result<Option<Template>, WriteError> {
        let Event { name, time, args } = event;
        let mut measure = Measure::new(mode.data_format);
        measure.add(name.len())?;
        measure.values(args)?;
        Supported::check_values(mode, cache, args)?;
        let mut bytes = Vec::with_capacity(SERIAL_FRAME + measure.size());
        bytes.resize(SERIAL_FRAME, 0);
        let most = SERIAL_FRAME.saturating_add(measure.size()).saturating_add(MAX_UNCACHED);
        let remembered = remembered(&measure);
        let decide = Draft {
            cache,
            mode,
            remembered,
            slots: Vec::with_capacity(args.len()),
            placed: 0,
            nameless: 0,
            met: BTreeSet::new(),
            is_unfit: mode.caching != Caching::None && !cache.refers(mode),
        };
        let (out, pid_64bit) = (&mut bytes, mode.pid_64bit);
        let mut writer = MessageWriter { out, decide, pid_64bit, most, overrun: false };
        writer.event(name, *time, args);
        let MessageWriter { decide: Draft { mut slots, nameless, is_unfit, .. }, overrun, .. } =
            writer;
        // A new container could evict one that a later object refers to.
        let (mut tags, mut some_new, mut some_sent) = (Tags::default(), false, false);
        let mut conditions = Vec::new();
        for slot in &slots {
            match &slot.what {
                What::Scalar(tag) | What::Base(tag) => tags.insert(*tag),
                What::Shared(address) => conditions.push(Condition::Shared(*address)),
                What::Anonymous(_) => {}
                What::Container(address, _) => {
                    some_new = true;
                    conditions.push(Condition::New(*address));
                }
                What::Sent(address) => {
                    some_sent = true;
                    conditions.push(Condition::Sent(*address));
                }
            }
        }
        conditions.sort_unstable();
        conditions.dedup();
        if is_unfit || overrun || some_new && some_sent {
            return Ok(None);
        }
        let scalar = |slot: &Slot| match slot.what {
            What::Scalar(tag) => Some((slot.at, tag)),
            _ => None,
        };
        let scalars = slots.iter().map(scalar).collect::<Option<Vec<_>>>().unwrap_or_default();
        if !scalars.is_empty() {
            slots.clear();
        }
        let mut frame = SERIAL_FRAME;
        match (serial_frame(bytes.len() - frame), bytes.first_chunk_mut()) {
            (Some(known), Some(place)) => *place = known,
            _ => drop(bytes.drain(..std::mem::take(&mut frame))),
        }
        Ok(Some(Template { bytes, frame, scalars, slots, tags, conditions, nameless, remembered }))
    }

    /// Returns the size of the SERIAL with its frame, or `None` if it is too long for one part.
    #[inline]
    pub(crate) fn framed(&self) -> Option<usize> {
        (self.frame > 0).then_some(self.bytes.len())
    }

    /// Writes the event with the ids of a writer that meets the conditions, with or without its
    /// frame.
    #[inline]
    pub(crate) fn fill(&self, writer: &mut Writer, mode: Mode, is_framed: bool, out: &mut Vec<u8>) {
        let cache = &mut writer.cache;
        let skipped = if is_framed { 0 } else { self.frame };
        let start = out.len() + self.frame - skipped;
        out.extend_from_slice(self.bytes.get(skipped..).unwrap_or_default());
        let bytes = out.get_mut(start..).unwrap_or_default();
        cache.values_of_known(&self.scalars, mode, |at, pid, type_pid| {
            put_both(bytes.get_mut(at..).unwrap_or_default(), (pid, type_pid), mode);
        });
        for Slot { at, what } in &self.slots {
            let Some(place) = bytes.get_mut(*at..) else { return };
            if let What::Scalar(tag) = what {
                let ids = cache.value_of_known(*tag, mode);
                put_both(place, ids.unwrap_or_default(), mode);
            } else if let Some(pid) = self.decide(what, cache, mode) {
                put(place, pid, mode);
            }
        }
        cache.count_full(self.nameless);
        cache.end(mode);
    }

    /// Repeats the decision on an object that is not a simple value.
    #[inline(never)]
    fn decide(&self, what: &What, cache: &mut WriteCache, mode: Mode) -> Option<u64> {
        let (Decision::Full(pid) | Decision::Reference(pid)) = match what {
            What::Scalar(_) => return None,
            What::Base(tag) => cache.base(*tag, mode),
            What::Shared(address) => return cache.shared_before(*address),
            What::Anonymous(family) => cache.anonymous(*family, mode),
            What::Container(address, kept) => {
                let size = self.remembered.unwrap_or_default();
                cache.new_container(*address, size, mode, || kept.clone())
            }
            What::Sent(address) => return cache.sent_container(*address, mode),
        };
        Some(pid)
    }
}

/// Writes the id of a value and that of its type.
#[inline]
fn put_both(bytes: &mut [u8], (pid, type_pid): (u64, u64), mode: Mode) {
    if mode.pid_64bit {
        if let Some(place) = bytes.first_chunk_mut::<{ WIDE_TYPE + 8 }>() {
            place[..8].copy_from_slice(&pid.to_be_bytes());
            place[WIDE_TYPE..].copy_from_slice(&type_pid.to_be_bytes());
        }
    } else if let Some(place) = bytes.first_chunk_mut::<{ NARROW_TYPE + 4 }>() {
        place[..4].copy_from_slice(&(pid as u32).to_be_bytes());
        place[NARROW_TYPE..].copy_from_slice(&(type_pid as u32).to_be_bytes());
    }
}

/// Writes an id.
#[inline]
fn put(bytes: &mut [u8], pid: u64, mode: Mode) {
    if mode.pid_64bit {
        if let Some(place) = bytes.first_chunk_mut() {
            *place = pid.to_be_bytes();
        }
    } else if let Some(place) = bytes.first_chunk_mut() {
        *place = (pid as u32).to_be_bytes();
    }
}

/// Decides like the cache of a peer that already has all types, and records the decisions.
struct Draft<'a> {
    /// The cache that knows which containers were sent before.
    cache: &'a WriteCache,
    mode: Mode,
    remembered: Option<usize>,
    slots: Vec<Slot>,
    /// The number of objects whose position is known.
    placed: usize,
    nameless: u64,
    /// The shared containers so far, by address.
    met: BTreeSet<usize>,
    /// Whether other peers may decide differently.
    is_unfit: bool,
}

impl Draft<'_> {
    fn full(&mut self, what: What) -> Decision {
        if self.mode.caching == Caching::None {
            self.nameless += 1;
        } else {
            self.slots.push(Slot { at: 0, what });
        }
        Decision::Full(0)
    }

    fn reference(&mut self, what: What) -> Decision {
        match self.full(what) {
            Decision::Full(_) if self.mode.caching != Caching::None => Decision::Reference(0),
            decision => decision,
        }
    }
}

impl Decide for Draft<'_> {
    const USUAL: bool = true;

    fn place(&mut self, at: usize) {
        // Positions count from the start of the SERIAL.
        let at = at - SERIAL_FRAME;
        if let Some(slot) = self.slots.get_mut(self.placed) {
            slot.at = at;
            self.placed += 1;
        }
    }

    fn base(&mut self, tag: TypeTag) -> Decision {
        self.reference(What::Base(tag))
    }

    fn value_of_known(&mut self, tag: TypeTag) -> Option<(u64, u64)> {
        (Short::of(self.mode) == Short::Known).then(|| {
            self.full(What::Scalar(tag));
            (0, 0)
        })
    }

    fn value_and_type(&mut self, tag: TypeTag) -> Option<(Short, u64, u64)> {
        let short = Short::of(self.mode);
        match short {
            // Both ids are at the same positions as without attributes.
            Short::Attributed => drop(self.full(What::Scalar(tag))),
            Short::Full => self.nameless += 2,
            Short::Known | Short::No => return None,
        }
        Some((short, 0, 0))
    }

    fn shared<T: Any + Send + Sync>(&mut self, object: &Arc<T>, family: Family) -> Decision {
        if family.is_stable() {
            self.reference(What::Shared(Arc::as_ptr(object) as usize))
        } else {
            self.anonymous(family)
        }
    }

    fn container(
        &mut self,
        address: usize,
        is_shared: bool,
        keep: impl FnOnce() -> Kept,
    ) -> Decision {
        if self.remembered.is_none() || !self.cache.refers(self.mode) {
            return self.anonymous(Family::Val);
        }
        if is_shared && self.cache.has_sent(address) {
            return self.reference(What::Sent(address));
        }
        self.is_unfit |= is_shared && !self.met.insert(address);
        self.full(What::Container(address, keep()))
    }

    fn again(&mut self, pid: u64) -> Decision {
        self.is_unfit = true;
        Decision::Reference(pid)
    }

    fn anonymous(&mut self, family: Family) -> Decision {
        self.full(What::Anonymous(family))
    }

    fn serial_type(&self, family: Family, class: u8) -> u16 {
        kind::join(family, class, self.mode.stable())
    }

    fn refers(&self) -> bool {
        self.cache.refers(self.mode)
    }

    fn data_format(&self) -> DataFormat {
        self.mode.data_format
    }

    fn attribute_exprs(&self) -> bool {
        !self.mode.to_broccoli
    }

    fn other_type(&mut self) -> Option<Type> {
        None
    }

    fn location(&mut self) -> Option<Location> {
        None
    }
}
