//! The reader's side of the object cache (2§5).

use std::sync::{Arc, Weak};

use bytes::Bytes;

use crate::data::{
    Attributes, BitVector, BloomFilter, Case, CounterVector, Enclosing, Expr, File, Func, Hasher,
    Id, Name, Pattern, Stmt, Type, TypeDef, TypeTag, Value,
};

use super::super::{Caching, Family, Mode, SerialErrorKind as Kind};
use super::CacheCounters;
use super::index::PidIndex;
use super::lru::{ListId, Lru};

/// How many places of recently used objects are kept at hand; a power of two.
const RECENT: usize = 64;

/// Strings up to this long are kept inside their cache entry.
const SHORT: usize = 30;

/// Holds what the peer has sent and may refer to.
#[derive(Debug)]
pub(in super::super) struct ReadCache {
    lru: Lru<Entry>,
    /// Where objects of the stable and of the unstable list are.
    index: [PidIndex; 2],
    recent: [u32; RECENT],
    /// Objects that leave at the end of the SERIAL: those without bit 15.
    volatile: Vec<u32>,
    /// How many entries a list keeps.
    size: usize,
    full: u64,
    references: u64,
}

#[derive(Debug)]
struct Entry {
    pid: u64,
    extent: Extent,
    object: Object,
}

/// Says how far an object extends, with all that it refers to.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Extent {
    /// How many levels of objects lie below it.
    pub(in super::super) height: u32,
    /// How many objects it stands for, itself aside.
    pub(in super::super) objects: u32,
}

/// Holds an object, or what is known of it while it is being read.
#[derive(Debug)]
pub(in super::super) enum Object {
    /// Its header was read, its body not yet.
    Pending(Family),
    /// A type whose parts are still being read; they may refer to it.
    PendingType(PendingType),
    /// A short string; nearly all values of nearly all events are short.
    Short(u8, [u8; SHORT]),
    Value(Value),
    Type(Type),
    Attributes(Arc<Attributes>),
    Expr(Arc<Expr>),
    Stmt(Arc<Stmt>),
    Case(Arc<Case>),
    File(Arc<File>),
    Func(Arc<Func>),
    Id(Arc<Id>),
    Pattern(Arc<Pattern>),
    BitVector(Arc<BitVector>),
    CounterVector(Arc<CounterVector>),
    BloomFilter(Arc<BloomFilter>),
    Hasher(Arc<Hasher>),
}

#[derive(Debug, Clone)]
pub(in super::super) struct PendingType {
    pub(in super::super) def: Weak<TypeDef>,
    pub(in super::super) name: Name,
    pub(in super::super) tag: TypeTag,
}

impl Object {
    pub(in super::super) fn family(&self) -> Family {
        match self {
            Object::Pending(family) => *family,
            Object::PendingType(_) | Object::Type(_) => Family::Type,
            Object::Short(..) | Object::Value(_) => Family::Val,
            Object::Attributes(_) => Family::Attributes,
            Object::Expr(_) => Family::Expr,
            Object::Stmt(_) => Family::Stmt,
            Object::Case(_) => Family::Case,
            Object::File(_) => Family::File,
            Object::Func(_) => Family::Func,
            Object::Id(_) => Family::Id,
            Object::Pattern(_) => Family::Pattern,
            Object::BitVector(_) => Family::BitVector,
            Object::CounterVector(_) => Family::CounterVector,
            Object::BloomFilter(_) => Family::BloomFilter,
            Object::Hasher(_) => Family::Hasher,
        }
    }

    /// Makes what is kept of a value: strings keep no message's buffer alive.
    #[inline]
    pub(in super::super) fn of_value(value: &Value) -> Object {
        match value {
            Value::String(text) if text.len() <= SHORT => {
                let mut short = [0; SHORT];
                if let Some(to) = short.get_mut(..text.len()) {
                    to.copy_from_slice(text);
                }
                Object::Short(text.len() as u8, short)
            }
            Value::String(text) => Object::Value(Value::String(Bytes::copy_from_slice(text))),
            other => Object::Value(other.clone()),
        }
    }

    pub(in super::super) fn to_value(&self) -> Result<Value, Family> {
        match self {
            Object::Value(value) => Ok(value.clone()),
            Object::Short(len, short) => {
                let text = short.get(..usize::from(*len)).unwrap_or_default();
                Ok(Value::String(Bytes::copy_from_slice(text)))
            }
            other => Err(other.family()),
        }
    }

    #[inline]
    pub(in super::super) fn to_type(&self) -> Result<Type, Family> {
        match self {
            Object::Type(ty) => Ok(ty.clone()),
            Object::PendingType(PendingType { def, name, tag }) => {
                let (def, name, tag) = (def.clone(), name.clone(), *tag);
                Ok(Type::Enclosing(Arc::new(Enclosing { def, name, tag })))
            }
            other => Err(other.family()),
        }
    }
}

impl ReadCache {
    pub(in super::super) fn new(size: usize) -> ReadCache {
        ReadCache {
            lru: Lru::new(),
            index: Default::default(),
            recent: [u32::MAX; RECENT],
            volatile: Vec::new(),
            size,
            full: 0,
            references: 0,
        }
    }

    pub(in super::super) fn set_size(&mut self, size: usize) {
        self.size = size;
    }

    pub(in super::super) fn counters(&self) -> CacheCounters {
        CacheCounters { full: self.full, references: self.references, entries: self.live() as u64 }
    }

    fn live(&self) -> usize {
        self.lru.len(ListId::Stable) + self.lru.len(ListId::Unstable)
    }

    /// Registers an object whose header has been read, before its body; returns its place, if it
    /// is to be kept at all.
    ///
    /// An id that is in the cache already means the newer object from then on, and the older one
    /// only ages: Bro survives this, as the recorded faults show.
    #[inline]
    pub(in super::super) fn register(
        &mut self,
        pid: u64,
        family: Family,
        mode: Mode,
    ) -> Option<u32> {
        self.full += 1;
        if pid == 0 {
            return None;
        }
        let list =
            if mode.stable() && family.is_stable() { ListId::Stable } else { ListId::Unstable };
        if !self.index.iter().all(|index| index.is_above_all(pid)) {
            // The older object is not to be found any more, in whichever list it is.
            if let Some(older) = self.place(pid).and_then(|older| self.lru.get_mut(older)) {
                older.pid = 0;
            }
        }
        let place = self
            .lru
            .push(list, Entry { pid, extent: Extent::default(), object: Object::Pending(family) });
        self.index[list as usize].insert(pid, place);
        self.recent[recent_at(pid)] = place;
        if !family.is_counted() {
            self.volatile.push(place);
        }
        Some(place)
    }

    /// Fills in what an object registered before is, and how far it extends.
    #[inline]
    pub(in super::super) fn store(&mut self, place: Option<u32>, object: Object, extent: Extent) {
        if let Some(entry) = place.and_then(|place| self.lru.get_mut(place)) {
            entry.extent = extent;
            entry.object = object;
        }
    }

    /// Returns the object that a reference means, and how far it extends.
    #[inline]
    pub(in super::super) fn look_up(&mut self, pid: u64) -> Result<(&Object, Extent), Kind> {
        let place = self.place(pid).ok_or(Kind::UnknownObject(pid))?;
        self.recent[recent_at(pid)] = place;
        self.references += 1;
        self.lru.touch(place);
        match self.lru.get(place) {
            Some(Entry { object: Object::Pending(_), .. }) => Err(Kind::Cycle(pid)),
            Some(entry) => Ok((&entry.object, entry.extent)),
            None => Err(Kind::UnknownObject(pid)),
        }
    }

    #[inline]
    fn place(&self, pid: u64) -> Option<u32> {
        let recent = self.recent[recent_at(pid)];
        if self.is_at(pid, recent) {
            return Some(recent);
        }
        let find = |index: &PidIndex| index.find(pid).filter(|place| self.is_at(pid, *place));
        self.index.iter().find_map(find)
    }

    #[inline]
    fn is_at(&self, pid: u64, place: u32) -> bool {
        self.lru.get(place).is_some_and(|entry| entry.pid == pid)
    }

    /// Ends a SERIAL: drops what doesn't outlive it and cuts the lists.
    pub(in super::super) fn end(&mut self, mode: Mode) {
        for place in self.volatile.drain(..) {
            self.lru.remove(place);
        }
        if mode.caching == Caching::Stable {
            for list in [ListId::Stable, ListId::Unstable] {
                while self.lru.len(list) > self.size {
                    self.lru.pop(list);
                }
            }
        } else {
            while self.live() > self.size && self.lru.pop(ListId::Unstable).is_some() {}
        }
        let lru = &self.lru;
        for list in [ListId::Stable, ListId::Unstable] {
            self.index[list as usize]
                .tidy(lru.len(list), |pid, place| lru.get(place).is_some_and(|e| e.pid == pid));
        }
    }
}

const fn recent_at(pid: u64) -> usize {
    pid as usize % RECENT
}
