//! Calls in the usual form (2§6).
//!
//! In nearly all calls, each value is sent in full, with the id that follows that of the value
//! before it, and with a reference to its type. A [`Walk`] reads the arguments of such a call. It
//! ends at anything else, including an error; the call must then be read in the general way.
//!
//! The values of such a call can be found again from its bytes and the types alone, so its
//! [tape](tape_of) is only recorded when one of them is referred to.

mod containers;

use std::slice::IterMut;

use bytes::Bytes;

use super::indices::Indices;
use super::kind::val;
use super::scalar::{EAGER, Sink, scalar_into, word};
use super::tape::{BASE, Container, Item, Message};
use super::{Mode, ReaderLimits};
use crate::data::{EnumValue, Type, TypeTag, Value};

/// The smallest size of a value in bytes.
const LEAST: usize = 14;

/// The distance between the stamps of the values of a call, or of a run: 2, because each value is
/// followed by a use of its type.
pub(super) const STEP: u64 = 2;

/// Finds the types of values by their ids, and takes the containers that are created.
pub(super) trait Types {
    /// Uses the type of a simple value of this class; returns its tag if the type is a standard
    /// instance that matches the class, and can be found at once.
    fn standard(&mut self, class: u8, pid: u64, stamp: u64) -> Option<TypeTag>;

    /// Prepares a type that could not be found at once. Returns whether there is one.
    fn recall(&mut self, pid: u64) -> bool;

    /// Uses another type; returns it and its height.
    fn other(&mut self, pid: u64, stamp: u64) -> Option<(Type, u32)>;

    /// Adds a container that was created.
    fn made(&mut self, container: Container);

    /// Records that a container that is not created ends, with its position on the tape.
    fn ended(&mut self, at: u32);
}

/// Takes values, or the tape with which to create them later.
pub(super) trait Output: Sink {
    /// Returns the message whose tape is recorded, unless values are created.
    #[inline(always)]
    fn message(&mut self) -> Option<&mut Message> {
        None
    }
}

impl Output for Vec<Value> {}

impl Output for IterMut<'_, Option<Value>> {}

impl Output for Option<Value> {}

impl Sink for Message {
    const MAKES: bool = false;

    #[inline(always)]
    fn put(&mut self, _: impl FnOnce() -> Value) {}
}

impl Output for Message {
    #[inline(always)]
    fn message(&mut self) -> Option<&mut Message> {
        Some(self)
    }
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
    /// The id of the first value, and of the next.
    first: u64,
    next: u64,
    /// The stamp of the next value's type, less [`STEP`] times the value's id.
    stamps: u64,
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
    objects: u64,
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
        (first, clock): (u64, u64),
    ) -> Walk<'a, 'c, T> {
        Walk {
            chunk,
            mode,
            is_old: mode.data_format.has_value_attributes(),
            lenient: false,
            limits,
            types,
            indices,
            first,
            next: first,
            stamps: (clock + STEP).wrapping_sub(STEP.wrapping_mul(first)),
            absent: 0,
            depth: 0,
            deepest: 0,
        }
    }

    /// Reads the arguments of a call.
    #[inline(always)]
    pub(super) fn args<S: Output>(&mut self, args: &mut S, call: &Call<'c>) -> Option<()> {
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
    fn values<S: Output, const WIDE: bool, const SLOTS: bool>(
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
                    sink.absent();
                    continue;
                }
            }
            if !SLOTS
                && let Some(message) = sink.message()
                && self.depth == 0
            {
                message.args.push(message.tape.len() as u32);
            }
            rest = self.value::<S, WIDE>(sink, rest)?;
        }
        Some(rest)
    }

    /// Reads a value. Returns the bytes after it.
    #[inline(always)]
    fn value<S: Output, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        bytes: &'c [u8],
    ) -> Option<&'c [u8]> {
        let (class, ty, content) = self.header::<WIDE>(bytes)?;
        let Some(tag) = self.types.standard(class, ty, self.stamp()) else {
            return self.composite::<S, WIDE>(sink, class, ty, content);
        };
        self.simple(sink, class, tag, content)
    }

    /// Reads the content of a simple value.
    #[inline(always)]
    fn simple<S: Output>(
        &mut self,
        sink: &mut S,
        class: u8,
        tag: TypeTag,
        content: &'c [u8],
    ) -> Option<&'c [u8]> {
        self.next += 1;
        self.tape(sink, content, class, tag, BASE, 1);
        scalar_into(sink, tag, self.chunk, content, self.lenient)
    }

    /// Reads the header of a value with the next id. Returns its class, the id of its type, and the
    /// bytes after it.
    #[inline(always)]
    fn header<const WIDE: bool>(&mut self, bytes: &'c [u8]) -> Option<(u8, u64, &'c [u8])> {
        let (Usual { pid, class, is_full, ty }, mut content) = Usual::split::<WIDE>(bytes)?;
        if is_full || pid != self.next {
            return None;
        }
        if self.is_old {
            content = self.old_content(class, content)?;
        }
        Some((class, ty, content))
    }

    /// Returns the content of a value after its attributes, which are absent.
    #[inline(never)]
    fn old_content(&self, class: u8, content: &'c [u8]) -> Option<&'c [u8]> {
        let content = content.strip_prefix(&[0])?;
        let is_mapped = !self.mode.data_format.has_ipv6() && may_be_mapped(class, content);
        (!is_mapped).then_some(content)
    }

    /// Reads the content of a value that is not simple, or whose type was not found at once.
    #[inline(never)]
    fn composite<S: Output, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        class: u8,
        ty: u64,
        content: &'c [u8],
    ) -> Option<&'c [u8]> {
        if !val::is_composite(class) {
            let found = self.types.recall(ty);
            let tag = self.types.standard(class, ty, self.stamp()).filter(|_| found)?;
            return self.simple(sink, class, tag, content);
        }
        let (ty, tag, begun) = self.begin(sink, class, ty, content)?;
        let rest = match tag {
            TypeTag::Record | TypeTag::Vector => self.slots::<S, WIDE>(sink, content, (ty, tag)),
            TypeTag::List => self.list::<S, WIDE>(sink, content, ty),
            TypeTag::Table => self.table::<S, WIDE>(sink, content, ty),
            _ => {
                let (number, rest) = word(content)?;
                sink.put(|| Value::Enum(EnumValue { ty, number: number as i64 }));
                Some(rest)
            }
        };
        self.end(sink, begun);
        rest
    }

    /// Begins a value of this class that is not simple. Returns its type.
    #[inline(always)]
    fn begin<S: Output>(
        &mut self,
        sink: &mut S,
        class: u8,
        ty: u64,
        content: &[u8],
    ) -> Option<(Type, TypeTag, Begun)> {
        let (ty, height) = self.types.other(ty, self.stamp())?;
        let tag = ty.tag().filter(|tag| val::of(*tag) == class)?;
        let mut begun =
            Begun { at: 0, depth: self.depth, objects: self.objects(), deepest: self.deepest };
        self.next += 1;
        let levels = u32::from(tag != TypeTag::Enum);
        self.deepest = self.depth + height.max(levels);
        self.depth += levels;
        if self.deepest > self.limits.depth {
            return None;
        }
        if let Some(message) = sink.message() {
            begun.at = message.tape.len() as u32;
            let what = message.note_type(tag, &ty);
            self.tape(sink, content, class, tag, what, 0);
        }
        Some((ty, tag, begun))
    }

    /// Ends a value that is not simple.
    #[inline(always)]
    fn end<S: Output>(&mut self, sink: &mut S, begun: Begun) {
        let Begun { at, depth, objects, deepest } = begun;
        self.depth = depth;
        if let Some(message) = sink.message() {
            // Each object takes bytes of a chunk, whose length fits 32 bits.
            let objects = (self.objects() - objects - 1) as u32;
            message.measure(at, objects, self.deepest - depth);
            self.types.ended(at);
            self.deepest = self.deepest.max(deepest);
        }
    }

    /// Returns the number of values so far.
    #[inline(always)]
    pub(super) fn count(&self) -> u32 {
        // A value takes several bytes of a chunk, whose length fits 32 bits.
        self.next.wrapping_sub(self.first) as u32
    }

    /// Returns the stamp of the next value's type.
    #[inline(always)]
    fn stamp(&self) -> u64 {
        self.stamps.wrapping_add(STEP.wrapping_mul(self.next))
    }

    /// Returns the number of objects so far: values, their types, and absent elements.
    #[inline(always)]
    fn objects(&self) -> u64 {
        2 * self.next.wrapping_sub(self.first) + u64::from(self.absent)
    }

    /// Ends the walk if so many more objects exceed the limit.
    #[inline(always)]
    fn check_objects(&self, more: usize) -> Option<()> {
        (self.objects() + 2 * more as u64 <= u64::from(self.limits.objects)).then_some(())
    }

    /// Appends the item of a value whose content begins here, if a tape is recorded.
    #[inline(always)]
    fn tape<S: Output>(
        &self,
        sink: &mut S,
        content: &[u8],
        class: u8,
        tag: TypeTag,
        what: u32,
        objects: u32,
    ) {
        if let Some(message) = sink.message() {
            let end = (self.chunk.len() - content.len()) as u32;
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
    let mut walk = Walk::new(chunk, mode, &ANY, types, &mut indices, (call.first, 0));
    // The widths of subnets have been checked.
    walk.lenient = true;
    walk.args(message, &call)
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
        if head.first() != Some(&1) || between & SAME != BETWEEN {
            return None;
        }
        Some(Usual { pid, class: (between >> 16) as u8, is_full: (between >> 40) as u8 == 1, ty })
    }

    #[inline(always)]
    pub(super) fn split<const WIDE: bool>(bytes: &[u8]) -> Option<(Usual, &[u8])> {
        if WIDE {
            let (head, content) = bytes.split_first_chunk()?;
            Some((Usual::wide(head)?, content))
        } else {
            let (head, content) = bytes.split_first_chunk()?;
            Some((Usual::narrow(head)?, content))
        }
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
        if count == 0 || (args.len() as u64) < count as u64 * LEAST as u64 {
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
