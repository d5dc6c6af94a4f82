//! The record of a SERIAL that was read, for decoding its values later.
//!
//! The reader walks through a chunk once, checks everything and updates the cache. In the order of
//! the bytes, it appends an item to the tape for each value: the value's type and the position of
//! its content. Referenced values, and objects in the content that are not values, get items that
//! hold the objects themselves. So decoding needs neither the cache, which may have evicted a type
//! by then, nor the headers.

mod decode;

use std::sync::{Arc, Weak};

use bytes::Bytes;

use super::SerialErrorKind as Kind;
use super::kind::val;
use super::scalar::Result;
use crate::data::{
    Attributes, Bloom, BloomFilter, Bucket, Cardinality, Entropy, Event, Expr, File, Func, Name,
    Opaque, OpaqueState, Pattern, Record, Table, TopK, Type, TypeTag, Value, Vector,
};
use crate::wire::DataFormat;

pub(super) use decode::{Decode, MISFIT, Memo, is_set};

/// An item found at one position of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// The offset in the chunk at which to continue: before the content of a full value, otherwise
    /// after the object.
    pub(super) end: u32,
    /// The number of the object. [`BASE`]: a full value of a standard type. For a [`JUMP`]: the
    /// tape position at which to continue.
    pub(super) what: u32,
    /// The number of objects in a value, not counting itself; [`PENDING`] while it is being read.
    pub(super) objects: u32,
    /// The number of levels of objects below a value.
    pub(super) height: u16,
    /// The value's class.
    pub(super) class: u8,
    /// The tag of the value's type.
    pub(super) tag: TypeTag,
}

/// Marks a value of a standard type without further data.
pub(super) const BASE: u32 = u32::MAX;

/// The class of an item that skips the items of constants within a type.
pub(super) const JUMP: u8 = u8::MAX;

/// The number of objects in a value that is being read.
pub(super) const PENDING: u32 = u32::MAX;

impl Item {
    /// Creates an item of an object that is not a value, or of a referenced value.
    pub(super) fn other(end: u32, what: u32, tag: TypeTag) -> Item {
        Item { end, what, objects: 0, height: 0, class: 0, tag }
    }
}

/// The kinds of items.
#[derive(Debug)]
pub(super) enum What {
    /// A value in full, of this type.
    Full(Type),
    /// A reference to a value.
    Known(Box<Known>),
    /// A type that is not a value's own.
    Type(Type),
    Attributes(Arc<Attributes>),
    Expr(Arc<Expr>),
    Func(Arc<Func>),
    File(Arc<File>),
    Pattern(Arc<Pattern>),
    BloomFilter(Arc<BloomFilter>),
}

/// A referenced value.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) value: Value,
    /// Its content and everything after it in its chunk.
    pub(super) from: Bytes,
}

/// The meaning of an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    /// A value of a standard type, in full.
    Base,
    /// Something else.
    Object(&'a What),
}

/// A SERIAL that was read.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The chunk, once it has been read.
    pub(super) chunk: Bytes,
    /// The data format of the chunk.
    pub(super) data_format: DataFormat,
    pub(super) tape: Vec<Item>,
    /// The objects to which items refer by number.
    pub(super) objects: Vec<What>,
    /// The containers created from it, in the order of the tape.
    pub(super) made: Vec<Made>,
    /// The tape positions of a call's arguments.
    pub(super) args: Vec<u32>,
    /// The range of a call's name in the chunk.
    pub(super) name: (u32, u32),
    /// The time of a call.
    pub(super) time: f64,
    /// The nesting depth of objects, including referenced ones.
    pub(super) depth: u32,
}

impl Message {
    /// Clears the message for the next, releasing unusually large buffers.
    #[inline]
    pub(super) fn clear(&mut self) {
        const USUAL: usize = 256;
        #[inline]
        fn clear<T>(list: &mut Vec<T>) {
            list.clear();
            if list.capacity() > USUAL {
                list.shrink_to(USUAL);
            }
        }
        self.chunk = Bytes::new();
        clear(&mut self.tape);
        clear(&mut self.objects);
        clear(&mut self.made);
        clear(&mut self.args);
    }

    /// Adds an object and returns its number.
    pub(super) fn note(&mut self, what: What) -> u32 {
        let number = self.objects.len() as u32;
        self.objects.push(what);
        number
    }

    /// Adds the type of a value and returns its number. A type that was just added is reused,
    /// because the elements of a container usually have the same type.
    #[inline]
    pub(super) fn note_type(&mut self, tag: TypeTag, ty: &Type) -> u32 {
        let def = match ty {
            Type::Base(base) if *base == tag => return BASE,
            Type::Def(def) => def,
            _ => return self.note(What::Full(ty.clone())),
        };
        let noted = self.objects.iter().rev().take(2).position(
            |what| matches!(what, What::Full(Type::Def(noted)) if Arc::ptr_eq(noted, def)),
        );
        match noted {
            Some(before) => self.objects.len() as u32 - 1 - before as u32,
            None => self.note(What::Full(ty.clone())),
        }
    }

    /// Adds an argument of a call that is a reference. Nothing is read from the chunk after it.
    pub(super) fn argument(&mut self, known: Known) {
        self.args.push(self.tape.len() as u32);
        let tag = known.value.tag();
        let number = self.note(What::Known(Box::new(known)));
        self.tape.push(Item::other(0, number, tag));
    }

    /// Returns the content of the value at this tape position, and everything after it in its chunk.
    pub(super) fn content(&self, chunk: &Bytes, at: u32) -> Option<Bytes> {
        let end = self.tape.get(at as usize)?.end as usize;
        // The value's header and type, which end here, have already been read.
        Some(chunk.slice(end.min(chunk.len())..))
    }

    /// Records the extent of the value at this tape position, after it was read.
    #[inline]
    pub(super) fn measure(&mut self, at: u32, objects: u32, height: u32) {
        if let Some(item) = self.tape.get_mut(at as usize) {
            item.height = u16::try_from(height).unwrap_or(u16::MAX);
            item.objects = objects;
        }
    }

    pub(super) fn name_bytes(&self) -> &[u8] {
        let (start, end) = self.name;
        self.chunk.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Returns a call's name, shared with the chunk.
    pub(super) fn name(&self) -> Name {
        self.name_of(&self.chunk)
    }

    /// Returns a call's name, shared with the chunk that the call is read from.
    #[inline]
    pub(super) fn name_of(&self, chunk: &Bytes) -> Name {
        let (start, end) = self.name;
        // The name was read, so it is within the chunk.
        Name::from_bytes(chunk.slice(start as usize..end as usize))
    }

    /// Decodes a call.
    pub(super) fn event(&self) -> Event {
        let mut args = Vec::with_capacity(self.args.len());
        for at in &self.args {
            // The reader has already found all errors, so none fails.
            let _ = Decode::new(&self.chunk, self, *at).value_into(&mut args);
        }
        Event { name: self.name(), time: self.time, args }
    }

    /// Returns an argument of a call.
    pub(super) fn arg(&self, position: usize) -> Option<Value> {
        let at = *self.args.get(position)?;
        Decode::new(&self.chunk, self, at).value().ok()
    }

    /// Returns the item of an argument of a call.
    pub(super) fn arg_item(&self, position: usize) -> Option<&Item> {
        self.item(*self.args.get(position)?).map(|(_, item)| item)
    }

    /// Returns the item at this position, or after the skipped ones, and its position.
    #[inline]
    pub(super) fn item(&self, at: u32) -> Option<(u32, &Item)> {
        match self.tape.get(at as usize)? {
            Item { class: JUMP, what, .. } => Some((*what, self.tape.get(*what as usize)?)),
            item => Some((at, item)),
        }
    }

    /// Returns the container at this tape position, if it was created and still exists.
    pub(super) fn made(&self, place: u32) -> Option<Value> {
        let at = self.made.binary_search_by_key(&place, |made| made.place).ok()?;
        self.made.get(at)?.container.get()
    }

    /// Returns the meaning of an item.
    #[inline]
    pub(super) fn found(&self, item: &Item) -> Option<Found<'_>> {
        if item.what == BASE {
            return Some(Found::Base);
        }
        self.objects.get(item.what as usize).map(Found::Object)
    }
}

/// A container created from a SERIAL.
///
/// All references to it share it as long as it exists. A changed container is a different one.
#[derive(Debug)]
pub(in crate::lowlevel::serial) struct Made {
    /// Its position on the tape.
    pub(in crate::lowlevel::serial) place: u32,
    pub(in crate::lowlevel::serial) container: Container,
}

#[derive(Debug, Clone)]
pub(in crate::lowlevel::serial) enum Container {
    /// It is being read.
    Pending,
    Record(Weak<Record>),
    Vector(Weak<Vector>),
    Table(Weak<Table>),
    Opaque(Weak<Opaque>),
}

impl Container {
    /// Returns the container, if it still exists.
    pub(super) fn get(&self) -> Option<Value> {
        match self {
            Container::Pending => None,
            Container::Record(record) => record.upgrade().map(Value::Record),
            Container::Vector(vector) => vector.upgrade().map(Value::Vector),
            Container::Table(table) => table.upgrade().map(Value::Table),
            Container::Opaque(opaque) => opaque.upgrade().map(Value::Opaque),
        }
    }
}

impl Decode<'_> {
    pub(super) fn opaque(&mut self, class: u8, ty: Type) -> Result<Opaque> {
        let state = match class {
            val::MD5 => OpaqueState::Md5(self.hash()?),
            val::SHA1 => OpaqueState::Sha1(self.hash()?),
            val::SHA256 => OpaqueState::Sha256(self.hash()?),
            val::ENTROPY => OpaqueState::Entropy(Box::new(self.entropy()?)),
            val::TOPK => OpaqueState::TopK(self.topk()?),
            val::BLOOM => OpaqueState::Bloom(Bloom {
                ty: self.optional(Decode::ty)?,
                filter: match self.object()? {
                    What::BloomFilter(filter) => Arc::clone(filter),
                    _ => return Err(MISFIT),
                },
            }),
            val::CARDINALITY => OpaqueState::Cardinality(self.cardinality()?),
            val::X509 => OpaqueState::X509(self.cursor.string()?),
            _ => return Err(MISFIT),
        };
        Ok(Opaque { ty, state })
    }

    /// Decodes an unfinished hash, whose parts are all 32 bits wide.
    fn hash<const N: usize>(&mut self) -> Result<Option<Box<[u32; N]>>> {
        self.optional(|d| {
            let mut words = Box::new([0; N]);
            for word in words.iter_mut() {
                *word = d.cursor.u32()?;
            }
            Ok(words)
        })
    }

    fn entropy(&mut self) -> Result<Entropy> {
        let mut counts = [0; 256];
        for count in &mut counts {
            *count = self.cursor.i64()?;
        }
        let total = self.cursor.i64()?;
        let mp = self.cursor.i32()?;
        let scc_first = self.cursor.i32()?;
        let mut monte = [0; 6];
        for word in &mut monte {
            *word = self.cursor.u32()?;
        }
        let inmont = self.cursor.i64()?;
        let mcount = self.cursor.i64()?;
        let mut sums = [0.0; 9];
        for sum in &mut sums {
            *sum = self.cursor.f64()?;
        }
        Ok(Entropy { counts, total, mp, scc_first, monte, inmont, mcount, sums })
    }

    fn topk(&mut self) -> Result<TopK> {
        let size = self.cursor.u64()?;
        let num_elements = self.cursor.u64()?;
        let pruned = self.cursor.bool()?;
        let ty = self.optional(Decode::ty)?;
        let mut buckets = Vec::new();
        let mut read = 0;
        while read < num_elements {
            let elements = self.cursor.u32()?;
            let mut bucket = Bucket { count: self.cursor.u64()?, elements: Vec::new() };
            for _ in 0..elements {
                bucket.elements.push((self.cursor.u64()?, self.value()?));
            }
            read = u64::from(elements).saturating_add(read);
            buckets.push(bucket);
        }
        Ok(TopK { size, num_elements, pruned, ty, buckets })
    }

    fn cardinality(&mut self) -> Result<Cardinality> {
        let ty = self.optional(Decode::ty)?;
        let m = self.cursor.u64()?;
        let v = self.cursor.u64()?;
        let alpha_m = self.cursor.f64()?;
        let m = u32::try_from(m).map_err(|_| Kind::Truncated { wanted: u32::MAX })?;
        Ok(Cardinality { ty, v, alpha_m, buckets: self.cursor.take(m)? })
    }
}
