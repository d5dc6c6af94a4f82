//! Calls in the usual form (2§6).
//!
//! In nearly all calls, each value is sent in full, with the id that follows that of the value
//! before it, and with a reference to its type. A [`Walk`] reads the arguments of such a call. It
//! ends at anything else, including an error; the call must then be read in the general way.
//!
//! The values of such a call can be found again from its bytes and the types alone, so its
//! [tape](tape_of) is only recorded when one of them is referred to.

mod containers;

use std::sync::Arc;

use bytes::Bytes;

use super::indices::Indices;
use super::kind::val;
use super::scalar::{Sink, scalar_into, word};
use super::tape::{BASE, Container, Item, Message};
use super::{Mode, ReaderLimits};
use crate::data::{EnumValue, Record, Type, TypeTag, Value, Vector};

/// The maximum number of elements for which space is reserved before the first is read.
const EAGER: usize = 256;

/// The smallest size of a value in bytes.
const LEAST: usize = 14;

/// Finds the types of values by their ids, and takes the containers that are created.
pub(super) trait Types {
    /// Uses the type of a simple value of this class; returns its tag if the type is a standard
    /// instance that matches the class, and can be found at once. `before` is the number of values
    /// before this one.
    fn standard(&mut self, class: u8, pid: u64, before: u32) -> Option<TypeTag>;

    /// Prepares a type that could not be found at once. Returns whether there is one.
    fn recall(&mut self, pid: u64) -> bool;

    /// Uses another type; returns it and its height.
    fn other(&mut self, pid: u64, before: u32) -> Option<(Type, u32)>;

    /// Adds a container that was created.
    fn made(&mut self, container: Container);

    /// Records that a container that is not created ends, with its position on the tape.
    fn ended(&mut self, at: u32);
}

/// Reads the values of a call.
pub(super) struct Walk<'a, 'c, T> {
    pub(super) chunk: &'c Bytes,
    pub(super) mode: Mode,
    /// Whether values may have attributes, which are always absent.
    pub(super) is_old: bool,
    pub(super) lenient: bool,
    pub(super) limits: &'a ReaderLimits,
    pub(super) types: &'a mut T,
    pub(super) indices: &'a mut Indices,
    /// The message whose tape is recorded if values are not created.
    pub(super) message: Option<&'a mut Message>,
    /// The id of the first value.
    pub(super) first: u64,
    /// The number of values so far.
    pub(super) count: u32,
    /// The number of absent elements so far.
    pub(super) absent: u32,
    pub(super) depth: u32,
    /// The greatest depth within the value being read.
    pub(super) deepest: u32,
}

/// The state at the start of a value.
struct Begun {
    /// Its position on the tape.
    at: u32,
    depth: u32,
    objects: u32,
    deepest: u32,
}

impl<'a, 'c, T: Types> Walk<'a, 'c, T> {
    #[inline(always)]
    pub(super) fn new(
        chunk: &'c Bytes,
        mode: Mode,
        limits: &'a ReaderLimits,
        types: &'a mut T,
        indices: &'a mut Indices,
        first: u64,
    ) -> Walk<'a, 'c, T> {
        Walk {
            chunk,
            mode,
            is_old: mode.data_format.has_value_attributes(),
            lenient: false,
            limits,
            types,
            indices,
            message: None,
            first,
            count: 0,
            absent: 0,
            depth: 0,
            deepest: 0,
        }
    }

    /// Reads the arguments of a call.
    #[inline(always)]
    pub(super) fn args<S: Sink>(&mut self, args: &mut S, call: &Call<'c>) -> Option<()> {
        let Call { count, args: bytes, .. } = *call;
        match self.mode.pid_64bit {
            true => self.values::<S, true, false>(args, bytes, count)?,
            false => self.values::<S, false, false>(args, bytes, count)?,
        };
        self.check_objects(0)
    }

    /// Reads this number of values, or of elements that may be absent. Returns the bytes after them.
    // Inlined into a larger function, its variables would not fit the registers.
    #[inline(never)]
    fn values<S: Sink, const WIDE: bool, const SLOTS: bool>(
        &mut self,
        sink: &mut S,
        mut rest: &'c [u8],
        count: usize,
    ) -> Option<&'c [u8]> {
        self.check_objects(count)?;
        for _ in 0..count {
            if SLOTS {
                let (flag, value) = rest.split_first()?;
                rest = value;
                if *flag != 1 {
                    self.absent += 1;
                    sink.skip();
                    continue;
                }
            }
            if !S::MAKES && !SLOTS && self.depth == 0 {
                let at = self.tape_end();
                self.message.as_mut()?.args.push(at);
            }
            rest = self.value::<S, WIDE>(sink, rest)?;
        }
        Some(rest)
    }

    /// Reads a value. Returns the bytes after it.
    #[inline(always)]
    fn value<S: Sink, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        bytes: &'c [u8],
    ) -> Option<&'c [u8]> {
        let (class, ty, content) = self.header::<WIDE>(bytes)?;
        let before = self.count;
        let tag = match self.types.standard(class, ty, before) {
            Some(tag) => tag,
            None if val::is_composite(class) => {
                return self.composite::<S, WIDE>(sink, class, ty, content);
            }
            None => self.recalled(class, ty)?,
        };
        self.count = before + 1;
        let rest = scalar_into(sink, tag, self.chunk, content, self.lenient)?;
        if !S::MAKES {
            self.tape(content, class, tag, BASE, 1);
        }
        Some(rest)
    }

    /// Reads the header of a value with the next id. Returns its class, the id of its type, and the
    /// bytes after it.
    #[inline(always)]
    fn header<const WIDE: bool>(&mut self, bytes: &'c [u8]) -> Option<(u8, u64, &'c [u8])> {
        let (usual, mut content) = Usual::split::<WIDE>(bytes)?;
        let Usual { pid, class, ty, .. } = usual;
        if self.is_old {
            content = self.old_content(class, content)?;
        }
        let is_next = pid.wrapping_sub(self.first) == u64::from(self.count);
        is_next.then_some((class, ty, content))
    }

    /// Returns the content of a value after its attributes, which are absent.
    #[inline(never)]
    fn old_content(&self, class: u8, content: &'c [u8]) -> Option<&'c [u8]> {
        let content = content.strip_prefix(&[0])?;
        let is_mapped = !self.mode.data_format.has_ipv6() && may_be_mapped(class, content);
        (!is_mapped).then_some(content)
    }

    #[cold]
    #[inline(never)]
    fn recalled(&mut self, class: u8, ty: u64) -> Option<TypeTag> {
        let found = self.types.recall(ty);
        if found { self.types.standard(class, ty, self.count) } else { None }
    }

    /// Reads the content of a value that is not simple.
    #[inline(never)]
    fn composite<S: Sink, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        class: u8,
        ty: u64,
        content: &'c [u8],
    ) -> Option<&'c [u8]> {
        let (ty, tag, begun) = self.begin::<S>(class, ty, content)?;
        let rest = match tag {
            TypeTag::Record => self.slots::<S, WIDE>(sink, content, |mutable, fields| {
                let record = Arc::new(Record { ty, mutable, fields });
                (Container::Record(Arc::downgrade(&record)), Value::Record(record))
            }),
            TypeTag::Vector => self.slots::<S, WIDE>(sink, content, |mutable, items| {
                let vector = Arc::new(Vector { ty, mutable, items });
                (Container::Vector(Arc::downgrade(&vector)), Value::Vector(vector))
            }),
            TypeTag::List => self.list::<S, WIDE>(sink, content, ty),
            TypeTag::Table => self.table::<S, WIDE>(sink, content, ty),
            _ => {
                let (number, rest) = word(content)?;
                sink.put(Value::Enum(EnumValue { ty, number: number as i64 }));
                Some(rest)
            }
        };
        self.end::<S>(begun);
        rest
    }

    /// Begins a value of this class that is not simple. Returns its type.
    #[inline(always)]
    fn begin<S: Sink>(
        &mut self,
        class: u8,
        ty: u64,
        content: &[u8],
    ) -> Option<(Type, TypeTag, Begun)> {
        let (ty, height) = self.types.other(ty, self.count)?;
        let tag = ty.tag().filter(|tag| val::of(*tag) == class)?;
        let mut begun =
            Begun { at: 0, depth: self.depth, objects: self.objects(), deepest: self.deepest };
        self.count += 1;
        let levels = u32::from(tag != TypeTag::Enum);
        self.deepest = self.depth + height.max(levels);
        self.depth += levels;
        if self.deepest > self.limits.depth {
            return None;
        }
        if !S::MAKES {
            begun.at = self.tape_end();
            let what = self.message.as_mut()?.note_type(tag, &ty);
            self.tape(content, class, tag, what, 0);
        }
        Some((ty, tag, begun))
    }

    /// Ends a value that is not simple.
    #[inline(always)]
    fn end<S: Sink>(&mut self, begun: Begun) {
        let Begun { at, depth, objects, deepest } = begun;
        self.depth = depth;
        if !S::MAKES {
            let (objects, height) = (self.objects() - objects - 1, self.deepest - depth);
            if let Some(message) = &mut self.message {
                message.measure(at, objects, height);
            }
            self.types.ended(at);
            self.deepest = self.deepest.max(deepest);
        }
    }

    /// Returns the number of objects so far: values, their types, and absent elements.
    #[inline(always)]
    fn objects(&self) -> u32 {
        // A value takes several bytes of a chunk, whose length fits 32 bits.
        (2 * self.count).saturating_add(self.absent)
    }

    /// Ends the walk if so many more objects exceed the limit.
    #[inline(always)]
    fn check_objects(&self, more: usize) -> Option<()> {
        (u64::from(self.objects()) + 2 * more as u64 <= u64::from(self.limits.objects))
            .then_some(())
    }

    #[inline(always)]
    fn tape_end(&self) -> u32 {
        self.message.as_ref().map_or(0, |message| message.tape.len() as u32)
    }

    /// Appends the item of a value whose content begins here.
    #[inline(always)]
    fn tape(&mut self, content: &[u8], class: u8, tag: TypeTag, what: u32, objects: u32) {
        let end = (self.chunk.len() - content.len()) as u32;
        if let Some(message) = &mut self.message {
            message.tape.push(Item { end, what, objects, height: 0, class, tag });
        }
    }
}

/// Records the tape of a call that was read in the usual form before, with the same types.
pub(super) fn tape_of(
    message: &mut Message,
    chunk: &Bytes,
    mode: Mode,
    types: &mut impl Types,
) -> Option<()> {
    const ANY: ReaderLimits =
        ReaderLimits { depth: u32::MAX, objects: u32::MAX, cache: 0, cache_bytes: 0 };
    message.chunk = chunk.clone();
    message.data_format = mode.data_format;
    let (call, mut indices) = (Call::split(chunk, mode)?, Indices::default());
    let mut walk = Walk::new(chunk, mode, &ANY, types, &mut indices, call.first);
    walk.message = Some(message);
    // The widths of subnets have been checked.
    walk.lenient = true;
    walk.args(&mut (), &call)
}

/// The header of a value, with the beginning of its type.
pub(in crate::lowlevel::serial) struct Usual {
    pub(in crate::lowlevel::serial) pid: u64,
    pub(in crate::lowlevel::serial) class: u8,
    /// Whether the type is written in full.
    pub(in crate::lowlevel::serial) is_full: bool,
    /// The type's id.
    pub(in crate::lowlevel::serial) ty: u64,
}

/// The bytes between the two ids, from the last of the first id, and which of them are always the
/// same: all but the class. They are compared as one word.
const BETWEEN: u64 = u64::from_le_bytes([0, 0x88, 0, 0, 1, 0, 0, 0]);
const SAME: u64 = u64::from_le_bytes([0, 0xff, 0, 0xff, 0xff, 0xfe, 0, 0]);

impl Usual {
    /// Splits a header with ids of 64 bits.
    #[inline(always)]
    pub(in crate::lowlevel::serial) fn wide(head: &[u8; 22]) -> Option<Usual> {
        let pid = u64::from_be_bytes(*head.get(1..)?.first_chunk()?);
        let ty = u64::from_be_bytes(*head.last_chunk()?);
        Usual::of(head, 8, pid, ty)
    }

    /// Splits a header with ids of 32 bits.
    #[inline(always)]
    pub(in crate::lowlevel::serial) fn narrow(head: &[u8; 14]) -> Option<Usual> {
        let pid = u32::from_be_bytes(*head.get(1..)?.first_chunk()?);
        let ty = u32::from_be_bytes(*head.last_chunk()?);
        Usual::of(head, 4, pid.into(), ty.into())
    }

    /// Checks the bytes between the ids, from the last of the first id, which is at `last`.
    #[inline(always)]
    fn of(head: &[u8], last: usize, pid: u64, ty: u64) -> Option<Usual> {
        let between = u64::from_le_bytes(*head.get(last..)?.first_chunk()?);
        let is_usual = head.first() == Some(&1) && between & SAME == BETWEEN;
        let (class, is_full) = ((between >> 16) as u8, (between >> 40) as u8 == 1);
        is_usual.then_some(Usual { pid, class, is_full, ty })
    }

    #[inline(always)]
    pub(super) fn split<const WIDE: bool>(bytes: &[u8]) -> Option<(Usual, &[u8])> {
        let (usual, content) = if WIDE {
            let (head, content) = bytes.split_first_chunk()?;
            (Usual::wide(head)?, content)
        } else {
            let (head, content) = bytes.split_first_chunk()?;
            (Usual::narrow(head)?, content)
        };
        (!usual.is_full).then_some((usual, content))
    }
}

/// Returns whether a value of this class may be an IPv4 address or subnet written as an IPv6 one,
/// in a data format without IPv6.
fn may_be_mapped(class: u8, content: &[u8]) -> bool {
    match class {
        val::ADDR => !content.starts_with(&1_u32.to_be_bytes()),
        class => class == val::SUBNET,
    }
}

/// The parts of a call before its first value.
pub(in crate::lowlevel::serial) struct Call<'c> {
    /// The range of the name in the chunk.
    pub(in crate::lowlevel::serial) name: (u32, u32),
    pub(in crate::lowlevel::serial) time: f64,
    /// The id of the first value.
    pub(in crate::lowlevel::serial) first: u64,
    /// The number of arguments, and all of their bytes.
    pub(super) count: usize,
    pub(super) args: &'c [u8],
}

impl<'c> Call<'c> {
    /// Splits a call with at least one argument.
    #[inline(always)]
    pub(in crate::lowlevel::serial) fn split(chunk: &'c [u8], mode: Mode) -> Option<Call<'c>> {
        let (b'e', rest) = chunk.split_first()? else { return None };
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length);
        let (time, rest) = word(rest.get(length as usize..)?)?;
        let (count, args) = rest.split_first_chunk()?;
        let (_, id) = args.split_first()?;
        let first = match mode.pid_64bit {
            true => word(id)?.0,
            false => u32::from_be_bytes(*id.first_chunk()?).into(),
        };
        let count = u32::from_be_bytes(*count) as usize;
        if count == 0 || args.len() / LEAST < count {
            return None;
        }
        let (name, time) = ((5, 5 + length), f64::from_bits(time));
        Some(Call { name, time, first, count, args })
    }

    /// Returns for how many arguments to reserve space.
    #[inline(always)]
    pub(in crate::lowlevel::serial) fn capacity(&self) -> usize {
        self.count.min(EAGER)
    }
}
