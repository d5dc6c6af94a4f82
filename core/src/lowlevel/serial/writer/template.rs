//! An event for many peers, encoded once.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::data::{Entry, Event, Type, TypeTag, Value};
use crate::wire::{DataFormat, SERIAL_FRAME, serial_frame};

use super::super::cache::{Decision, Kept, Recipe, WriteCache};
use super::super::{Caching, Family, Mode, WriteError, kind};
use super::decide::{Decide, NARROW_TYPE, Short, WIDE_TYPE};
use super::measure::{DEPTH, Measure};
use super::supported::Supported;
use super::{MAX_UNCACHED, MessageWriter, Writer, remembered};
use crate::serial::lazy::Location;

/// The templates of one event, by the modes of the peers. There are few modes.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    /// The last used one.
    last: Template,
    others: Vec<Template>,
    /// Whether the event's containers are dropped with it, so that they cannot be sent again.
    is_owned: bool,
}

/// An event encoded for the last peer, for every peer that already has its types.
#[derive(Debug, Default)]
pub(crate) struct Template {
    /// The [number](Mode::number) of the mode, or `None` before there is one.
    mode: Option<u32>,
    /// Whether other peers decide alike. Otherwise it cannot be used.
    is_fit: bool,
    /// The SERIAL with its frame, or without if it is too long for one part.
    bytes: Vec<u8>,
    /// The size of the frame.
    frame: usize,
    recipe: Recipe,
    ids: Ids,
}

/// The positions of the ids in a SERIAL.
#[derive(Debug, Default)]
struct Ids {
    /// Those of the objects in full, in order. Their ids are consecutive.
    new: Vec<u32>,
    /// Those of references to types, with the numbers of the types.
    types: Vec<(u32, u32)>,
    /// Those of references to containers, with the numbers of the containers.
    sent: Vec<(u32, usize)>,
}

/// The capacity of the buffers that are kept for the next event, in bytes.
const KEPT: usize = 64 << 10;

impl Templates {
    /// Prepares for an event, which must be dropped after it was sent, once to each peer.
    pub(crate) fn begin(&mut self, event: &Event) {
        self.is_owned = are_owned(&event.args, DEPTH);
    }

    /// Forgets the event, but keeps the buffers.
    pub(crate) fn clear(&mut self) {
        if self.last.bytes.capacity() > KEPT {
            self.last = Template::default();
        }
        self.last.mode = None;
        self.last.recipe.clear(0);
        self.others.clear();
    }

    /// Returns whether the event's containers cannot be sent again.
    pub(crate) fn is_owned(&self) -> bool {
        self.is_owned
    }

    /// Returns the template of what [`Writer::event`] would write for this event, if this writer's
    /// cache meets its conditions.
    #[inline]
    pub(crate) fn get(
        &mut self,
        writer: &Writer,
        mode: Mode,
        event: &Event,
    ) -> Option<&mut Template> {
        if self.last.mode != Some(mode.number()) {
            self.find(writer, mode, event);
        }
        let template = &mut self.last;
        (template.is_fit && writer.cache.meets(&mut template.recipe, mode)).then_some(template)
    }

    /// Finds or creates the template for a mode.
    #[inline(never)]
    fn find(&mut self, writer: &Writer, mode: Mode, event: &Event) {
        let number = Some(mode.number());
        if self.last.mode.is_some() {
            let known = self.others.iter().position(|other| other.mode == number);
            let template = known.map(|at| self.others.swap_remove(at)).unwrap_or_default();
            self.others.push(std::mem::replace(&mut self.last, template));
        }
        if self.last.mode.is_none() {
            let is_fit = self.last.encode(&writer.cache, mode, event, self.is_owned);
            (self.last.mode, self.last.is_fit) = (number, is_fit.is_ok_and(|is_fit| is_fit));
        }
    }
}

impl Template {
    /// Encodes an event for peers whose caches decide like this one. Returns whether other caches
    /// decide alike.
    fn encode(
        &mut self,
        cache: &WriteCache,
        mode: Mode,
        event: &Event,
        is_owned: bool,
    ) -> Result<bool, WriteError> {
        let Event { name, time, args } = event;
        let mut measure = Measure::new(mode.data_format);
        measure.add(name.len())?;
        measure.values(args)?;
        Supported::check_values(mode, cache, args)?;
        let Template { bytes, frame, recipe, ids, .. } = self;
        bytes.clear();
        bytes.reserve(SERIAL_FRAME + measure.size());
        bytes.resize(SERIAL_FRAME, 0);
        recipe.clear(measure.size());
        ids.clear();
        let most = SERIAL_FRAME.saturating_add(measure.size()).saturating_add(MAX_UNCACHED);
        let decide = Draft {
            cache,
            mode,
            remembers: remembered(&measure).is_some() && cache.refers(mode),
            is_owned,
            recipe,
            bases: [None; TypeTag::ALL.len()],
            shared: BTreeMap::new(),
            unplaced: [None; UNPLACED],
            ids,
            is_unfit: mode.caching != Caching::None && !cache.refers(mode),
        };
        let pid_64bit = mode.pid_64bit;
        let mut writer = MessageWriter { out: bytes, decide, pid_64bit, most, overrun: false };
        writer.event(name, *time, args);
        let is_unfit = writer.decide.is_unfit || writer.overrun;
        if is_unfit || recipe.is_uncertain() {
            return Ok(false);
        }
        *frame = SERIAL_FRAME;
        match (serial_frame(bytes.len() - *frame), bytes.first_chunk_mut()) {
            (Some(known), Some(place)) => *place = known,
            _ => drop(bytes.drain(..std::mem::take(frame))),
        }
        Ok(true)
    }

    /// Returns whether it has a frame: the SERIAL is not too long for one part.
    #[inline]
    pub(crate) fn is_framed(&self) -> bool {
        self.frame > 0
    }

    /// Writes the event and its frame with the ids of a writer that meets the conditions. Returns
    /// its size.
    #[inline]
    pub(crate) fn fill_framed(
        &mut self,
        writer: &mut Writer,
        mode: Mode,
        out: &mut Vec<u8>,
    ) -> usize {
        self.update(writer, mode);
        out.extend_from_slice(&self.bytes);
        self.bytes.len()
    }

    /// Writes the event without a frame.
    pub(crate) fn fill(&mut self, writer: &mut Writer, mode: Mode, out: &mut Vec<u8>) {
        self.update(writer, mode);
        out.extend_from_slice(self.bytes.get(self.frame..).unwrap_or_default());
    }

    #[inline]
    fn update(&mut self, writer: &mut Writer, mode: Mode) {
        if writer.cache.repeat(&mut self.recipe, mode) {
            self.put_ids(mode);
        }
    }

    #[inline(never)]
    fn put_ids(&mut self, mode: Mode) {
        let Template { bytes, frame, recipe, ids, .. } = self;
        let bytes = bytes.get_mut(*frame..).unwrap_or_default();
        ids.new.iter().zip(recipe.first_pid()..).for_each(|(at, pid)| put(bytes, *at, pid, mode));
        ids.types.iter().for_each(|(at, ty)| put(bytes, *at, recipe.type_pid(*ty), mode));
        ids.sent.iter().for_each(|(at, sent)| put(bytes, *at, recipe.sent_pid(*sent), mode));
    }
}

impl Ids {
    fn clear(&mut self) {
        self.new.clear();
        self.types.clear();
        self.sent.clear();
    }
}

/// Writes an id.
#[inline]
fn put(bytes: &mut [u8], at: u32, pid: u64, mode: Mode) {
    let Some(place) = bytes.get_mut(at as usize..) else { return };
    if mode.pid_64bit {
        if let Some(place) = place.first_chunk_mut() {
            *place = pid.to_be_bytes();
        }
    } else if let Some(place) = place.first_chunk_mut() {
        *place = (pid as u32).to_be_bytes();
    }
}

/// Returns whether nothing else refers to the containers in these values, so that they are dropped
/// with them. Containers that are rarely sent, or below this depth, are not looked at.
fn are_owned(values: &[Value], depth: u32) -> bool {
    values.iter().all(|value| is_owned(value, depth))
}

fn is_owned(value: &Value, depth: u32) -> bool {
    let inner = depth.saturating_sub(1);
    let slots = |slots: &[Option<Value>]| slots.iter().flatten().all(|slot| is_owned(slot, inner));
    match value {
        Value::Record(record) => depth > 0 && is_unshared(record) && slots(&record.fields),
        Value::Vector(vector) => depth > 0 && is_unshared(vector) && slots(&vector.items),
        Value::Table(table) => {
            let entry = |Entry { index, value, .. }: &Entry| {
                let value = are_owned(value.as_slice(), inner);
                value && is_unshared(index) && are_owned(&index.items, inner)
            };
            depth > 0 && is_unshared(table) && table.entries.iter().all(entry)
        }
        Value::List(_) | Value::Func(..) | Value::Opaque(_) => false,
        _ => true,
    }
}

fn is_unshared<T>(container: &Arc<T>) -> bool {
    Arc::strong_count(container) == 1 && Arc::weak_count(container) == 0
}

/// The maximum number of objects whose positions are not known yet: a value and its type.
const UNPLACED: usize = 2;

/// Decides like the cache of a peer that already has all types, and records the decisions.
struct Draft<'a> {
    /// The cache that knows which containers were sent before.
    cache: &'a WriteCache,
    mode: Mode,
    /// Whether containers are remembered.
    remembers: bool,
    /// Whether they cannot be sent again.
    is_owned: bool,
    recipe: &'a mut Recipe,
    /// The numbers of the atomic types so far.
    bases: [Option<u32>; TypeTag::ALL.len()],
    /// The numbers of the shared objects so far, by address; those of containers are not used.
    shared: BTreeMap<usize, u32>,
    /// The objects whose positions are not known yet, in order.
    unplaced: [Option<What>; UNPLACED],
    ids: &'a mut Ids,
    /// Whether other peers may decide differently.
    is_unfit: bool,
}

/// What the id at a position is.
#[derive(Debug, Clone, Copy)]
enum What {
    /// A new one.
    New,
    /// A new one, followed by that of the value's type with this number.
    Value(u32),
    /// That of the type with this number.
    Type(u32),
    /// That of the container with this number.
    Sent(usize),
}

impl Draft<'_> {
    /// Decides on an object in full.
    fn full(&mut self, family: Family) -> Decision {
        self.recipe.full(family, self.mode);
        self.new_id()
    }

    fn new_id(&mut self) -> Decision {
        self.push(What::New);
        Decision::Full(0)
    }

    fn push(&mut self, what: What) {
        if self.mode.caching != Caching::None {
            match self.unplaced.iter_mut().find(|place| place.is_none()) {
                Some(place) => *place = Some(what),
                None => self.is_unfit = true,
            }
        }
    }

    /// Decides on the standard instance of an atomic type.
    fn known_base(&mut self, tag: TypeTag) -> u32 {
        let known = self.bases.get(tag as usize).copied().flatten();
        let number = self.recipe.base(tag, known);
        if let Some(known) = self.bases.get_mut(tag as usize) {
            *known = Some(number);
        }
        number
    }

    /// Decides on a value with a reference to its type.
    fn value_of_base(&mut self, tag: TypeTag) {
        self.recipe.full(Family::Val, self.mode);
        let number = self.known_base(tag);
        self.push(What::Value(number));
    }
}

impl Decide for Draft<'_> {
    const USUAL: bool = true;

    fn place(&mut self, at: usize) {
        // Positions count from the start of the SERIAL, whose size is limited to less than 32 bits.
        let at = (at - SERIAL_FRAME) as u32;
        self.unplaced.rotate_left(1);
        match self.unplaced.last_mut().and_then(Option::take) {
            Some(What::New) => self.ids.new.push(at),
            Some(What::Value(number)) => {
                let to_type = if self.mode.pid_64bit { WIDE_TYPE } else { NARROW_TYPE };
                self.ids.new.push(at);
                self.ids.types.push((at + to_type as u32, number));
            }
            Some(What::Type(number)) => self.ids.types.push((at, number)),
            Some(What::Sent(number)) => self.ids.sent.push((at, number)),
            None => {}
        }
    }

    fn base(&mut self, tag: TypeTag) -> Decision {
        if self.mode.caching == Caching::None {
            return self.full(Family::Type);
        }
        let number = self.known_base(tag);
        self.push(What::Type(number));
        Decision::Reference(0)
    }

    fn may_be_known(&self) -> bool {
        Short::of(self.mode) == Short::Known
    }

    fn value_of_known(&mut self, tag: TypeTag) -> Option<(u64, u64)> {
        (Short::of(self.mode) == Short::Known).then(|| {
            self.value_of_base(tag);
            (0, 0)
        })
    }

    fn value_and_type(&mut self, tag: TypeTag) -> Option<(Short, u64, u64)> {
        let short = Short::of(self.mode);
        match short {
            // Both ids are at the same positions as without attributes.
            Short::Attributed => self.value_of_base(tag),
            Short::Full => {
                self.recipe.full(Family::Val, self.mode);
                self.recipe.full(Family::Type, self.mode);
            }
            Short::Known | Short::No => return None,
        }
        Some((short, 0, 0))
    }

    fn shared<T: Any + Send + Sync>(&mut self, object: &Arc<T>, family: Family) -> Decision {
        if self.mode.caching == Caching::None || !family.is_stable() {
            return self.full(family);
        }
        let address = Arc::as_ptr(object) as usize;
        let number = self.recipe.shared(address, self.shared.get(&address).copied());
        self.shared.insert(address, number);
        self.push(What::Type(number));
        Decision::Reference(0)
    }

    fn container(
        &mut self,
        address: usize,
        is_shared: bool,
        keep: impl FnOnce() -> Kept,
    ) -> Decision {
        if !self.remembers {
            return self.full(Family::Val);
        }
        if is_shared && self.cache.has_sent(address) {
            let number = self.recipe.sent(address, self.mode);
            self.push(What::Sent(number));
            return Decision::Reference(0);
        }
        self.is_unfit |= is_shared && self.shared.insert(address, 0).is_some();
        if self.is_owned {
            self.recipe.pass(self.mode);
        } else {
            self.recipe.container(address, keep(), self.mode);
        }
        self.new_id()
    }

    fn again(&mut self, pid: u64) -> Decision {
        self.is_unfit = true;
        Decision::Reference(pid)
    }

    fn anonymous(&mut self, family: Family) -> Decision {
        self.full(family)
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
