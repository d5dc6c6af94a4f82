//! An event for many peers, encoded once.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::{Event, Type, TypeTag};
use crate::wire::DataFormat;

use super::super::cache::{Condition, Decision, Kept, WriteCache};
use super::super::transcript::Location;
use super::super::{Caching, Family, Mode, WriteError, kind};
use super::decide::{Decide, NARROW_TYPE, WIDE_TYPE};
use super::measure::Measure;
use super::supported::Supported;
use super::{MAX_UNCACHED, Session, Writer, is_short, remembered};

/// The templates of one event, by the mode of the peers.
#[derive(Debug, Default)]
pub(crate) struct Templates(Vec<(Mode, Option<Template>)>);

/// An event as it is sent to every peer that has been sent its types, and with the places of the ids,
/// which differ.
#[derive(Debug)]
struct Template {
    bytes: Vec<u8>,
    /// The objects, in the order in which they are decided on.
    slots: Vec<Slot>,
    /// What has to be true of a cache, so that it decides the same.
    conditions: Vec<Condition>,
    /// The number of objects in full, of those that have no id.
    full: u64,
    /// The size of the call, if its containers are remembered.
    remembered: Option<usize>,
}

/// An object, and where its id is.
#[derive(Debug)]
struct Slot {
    at: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A value in full, and its type, a standard instance, as a reference.
    Scalar(TypeTag),
    /// A reference to the standard instance of an atomic type.
    Base(TypeTag),
    /// A reference to something shared, by its address.
    Shared(usize),
    /// Something in full.
    Anonymous(Family),
    /// A container in full, by its address.
    Container(usize, Kept),
    /// A reference to a container, by its address.
    Sent(usize),
}

impl Templates {
    /// Encodes an event as [`Writer::event`] does, with the help of what was encoded before: the event
    /// is always the same.
    pub(crate) fn write(
        &mut self,
        writer: &mut Writer,
        mode: Mode,
        event: &Event,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        if !self.0.iter().any(|(of, _)| *of == mode) {
            self.0.push((mode, Template::new(&writer.cache, mode, event).ok().flatten()));
        }
        let template = self.0.iter().find(|(of, _)| *of == mode).and_then(|(_, t)| t.as_ref());
        match template {
            Some(template) if writer.cache.meets(mode, &template.conditions) => {
                template.fill(&mut writer.cache, mode, out);
                Ok(())
            }
            _ => writer.event(mode, &event.name, event.time, &event.args, out),
        }
    }
}

impl Template {
    /// Encodes an event for peers of which this cache is typical; none if that is not possible.
    fn new(cache: &WriteCache, mode: Mode, event: &Event) -> Result<Option<Template>, WriteError> {
        let Event { name, time, args } = event;
        let mut measure = Measure::new(mode.data_format);
        measure.add(name.len())?;
        measure.values(args)?;
        Supported::check_values(mode, args)?;
        let mut bytes = Vec::new();
        let most = measure.size().saturating_add(MAX_UNCACHED);
        let remembered = remembered(&measure);
        let decide = Draft {
            cache,
            mode,
            remembered,
            slots: Vec::new(),
            placed: 0,
            full: 0,
            met: BTreeSet::new(),
            is_unfit: mode.caching != Caching::None && !cache.refers(mode),
        };
        let (out, pid_64bit) = (&mut bytes, mode.pid_64bit);
        let mut session = Session { out, decide, pid_64bit, most, overrun: false };
        session.event(name, *time, args);
        let Session { decide: Draft { slots, full, is_unfit, .. }, overrun, .. } = session;
        let mut conditions: Vec<Condition> = slots.iter().filter_map(Slot::condition).collect();
        conditions.sort_unstable();
        conditions.dedup();
        // A container could make the cache forget one that comes later.
        let (mut some_new, mut some_sent) = (false, false);
        for condition in &conditions {
            some_new |= matches!(condition, Condition::New(_));
            some_sent |= matches!(condition, Condition::Sent(_));
        }
        let is_fit = !(is_unfit || overrun || some_new && some_sent);
        Ok(is_fit.then_some(Template { bytes, slots, conditions, full, remembered }))
    }

    /// Writes the event with the ids of a cache that meets the conditions.
    fn fill(&self, cache: &mut WriteCache, mode: Mode, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        let bytes = out.get_mut(start..).unwrap_or_default();
        let full = |decision| match decision {
            Decision::Full(pid) | Decision::Reference(pid) => Some(pid),
        };
        for Slot { at, what } in &self.slots {
            let pid = match what {
                What::Scalar(tag) => cache.value_of_known(*tag, mode).map(|(pid, type_pid)| {
                    let at = at + if mode.pid_64bit { WIDE_TYPE } else { NARROW_TYPE };
                    put(bytes, at, type_pid, mode);
                    pid
                }),
                What::Base(tag) => full(cache.base(*tag, mode)),
                What::Shared(address) => cache.shared_before(*address),
                What::Anonymous(family) => full(cache.anonymous(*family, mode)),
                What::Container(address, kept) => {
                    let size = self.remembered.unwrap_or_default();
                    full(cache.new_container(*address, size, mode, || kept.clone()))
                }
                What::Sent(address) => cache.sent_container(*address, mode),
            };
            // There is one: the conditions are met.
            if let Some(pid) = pid {
                put(bytes, *at, pid, mode);
            }
        }
        cache.count_full(self.full);
        cache.end(mode);
    }
}

/// Writes an id.
#[inline]
fn put(bytes: &mut [u8], at: usize, pid: u64, mode: Mode) {
    let Some(bytes) = bytes.get_mut(at..) else { return };
    if mode.pid_64bit {
        bytes.first_chunk_mut().into_iter().for_each(|place| *place = pid.to_be_bytes());
    } else {
        bytes.first_chunk_mut().into_iter().for_each(|place| *place = (pid as u32).to_be_bytes());
    }
}

impl Slot {
    /// Returns what has to be true of a cache.
    fn condition(&self) -> Option<Condition> {
        match &self.what {
            What::Scalar(tag) | What::Base(tag) => Some(Condition::Base(*tag)),
            What::Shared(address) => Some(Condition::Shared(*address)),
            What::Anonymous(_) => None,
            What::Container(address, _) => Some(Condition::New(*address)),
            What::Sent(address) => Some(Condition::Sent(*address)),
        }
    }
}

/// Decides as the cache of a peer that has been sent all types, and notes what it decides.
struct Draft<'a> {
    /// The cache that tells which containers were sent before.
    cache: &'a WriteCache,
    mode: Mode,
    remembered: Option<usize>,
    slots: Vec<Slot>,
    /// How many objects have been written.
    placed: usize,
    full: u64,
    /// The containers that are shared with anybody.
    met: BTreeSet<usize>,
    /// Whether other peers may decide otherwise.
    is_unfit: bool,
}

impl Draft<'_> {
    fn full(&mut self, what: What) -> Decision {
        if self.mode.caching == Caching::None {
            self.full += 1;
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
        if let Some(slot) = self.slots.get_mut(self.placed) {
            slot.at = at;
            self.placed += 1;
        }
    }

    fn base(&mut self, tag: TypeTag) -> Decision {
        self.reference(What::Base(tag))
    }

    fn value_of_known(&mut self, tag: TypeTag) -> Option<(u64, u64)> {
        is_short(self.mode).then(|| {
            self.full(What::Scalar(tag));
            (0, 0)
        })
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
