//! Calls in the usual form (2§6).
//!
//! In nearly all calls, each value is sent in full, with the id that follows that of the value
//! before it, and with a reference to its type. Only the first arguments may be references to earlier
//! values. Without a cache, values have no ids, and their types are sent in full. A [`Walk`] reads the
//! arguments of such a call after the references. It ends at anything else, including an error; the
//! call must then be read in the general way.
//!
//! The values of such a call can be found again from its bytes and the types alone, so its
//! [tape](tape_of) is only recorded when one of them is referred to.

mod containers;
mod header;

use bytes::Bytes;

pub(super) use header::{Call, NARROW, Usual, WIDE, class_of, kind_of};
use header::{IN_FULL, kind_in_full, may_be_mapped, standard_in_full};

use super::indices::Indices;
use super::kind::val;
use super::scalar::{Sink, scalar_into, word};
use super::tape::{BASE, Container, Item, Message};
use super::{Caching, Mode, ReaderLimits};
use crate::data::{EnumValue, Type, TypeTag, Value};

/// The smallest size of a value in bytes.
const LEAST: usize = 14;

/// The distance between the stamps of the values of a call, or of a run: 2, because each value is
/// followed by a use of its type.
pub(super) const STEP: u64 = 2;

/// Finds the types of values by their ids, and takes the containers that are created.
pub(super) trait Types {
    /// Uses the type of a simple value of this [kind](kind_of); returns its tag if the type is a
    /// standard instance of the kind, and can be found at once.
    fn standard(&mut self, kind: u64, pid: u64, stamp: u64) -> Option<TypeTag>;

    /// Prepares a type that could not be found at once. Returns whether there is one.
    fn recall(&mut self, pid: u64) -> bool;

    /// Uses another type; returns it and its height.
    fn other(&mut self, pid: u64, stamp: u64) -> Option<(Type, u32)>;

    /// Uses a type once more that was just used. Returns whether it could be found at once.
    fn again(&mut self, pid: u64, stamp: u64) -> bool;

    /// Finds the type whose encoding these bytes begin with; returns it with its height, the number
    /// of its objects, and the length of its encoding.
    fn in_full(&self, bytes: &[u8]) -> Option<(Type, u32, u32, usize)>;

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

impl Output for Vec<Option<Value>> {}

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
    absent: u64,
    /// The number of objects in references, and in types in full so far, less one for each such
    /// type.
    parts: u64,
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
        (objects, height): (u32, u32),
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
            parts: objects.into(),
            depth: 0,
            deepest: height,
        }
    }

    /// Reads the arguments of a call after the references.
    #[inline(always)]
    pub(super) fn args<S: Output>(&mut self, args: &mut S, call: &Call<'c>) -> Option<()> {
        let Call { count, args: bytes, .. } = *call;
        match self.mode {
            Mode { caching: Caching::None, .. } => {
                self.check_depth()?;
                self.values::<S, IN_FULL, false>(args, bytes, count)?
            }
            Mode { pid_64bit: true, .. } => self.values::<S, WIDE, false>(args, bytes, count)?,
            _ => self.values::<S, NARROW, false>(args, bytes, count)?,
        };
        self.check_objects(0)
    }

    /// Reads this number of values, or of elements that may be absent. Returns the bytes after them.
    // Inlined into a larger function, its variables would not fit the registers.
    #[inline(never)]
    fn values<S: Output, const FORM: u8, const SLOTS: bool>(
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
            rest = self.value::<S, FORM>(sink, rest)?;
        }
        Some(rest)
    }

    /// Reads a value. Returns the bytes after it.
    #[inline(always)]
    fn value<S: Output, const FORM: u8>(
        &mut self,
        sink: &mut S,
        bytes: &'c [u8],
    ) -> Option<&'c [u8]> {
        if FORM == IN_FULL {
            if let Some((class, tag, content)) = standard_in_full(bytes) {
                self.deepest = self.deepest.max(self.depth + 1);
                return self.simple(sink, class, tag, content);
            }
            let (kind, content) = kind_in_full(bytes)?;
            return self.composite::<S, FORM>(sink, kind, 0, content);
        }
        let (kind, ty, content) = self.header::<FORM>(bytes)?;
        match self.types.standard(kind, ty, self.stamp()) {
            Some(tag) => self.simple(sink, (kind >> 8) as u8, tag, content),
            None => self.composite::<S, FORM>(sink, kind, ty, content),
        }
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

    /// Reads the header of a value with the next id. Returns its kind, the id of its type, and the
    /// bytes after it.
    #[inline(always)]
    fn header<const FORM: u8>(&mut self, bytes: &'c [u8]) -> Option<(u64, u64, &'c [u8])> {
        let (Usual { pid, kind, ty }, mut content) = Usual::split::<FORM>(bytes)?;
        if pid != self.next {
            return None;
        }
        if self.is_old {
            content = self.old_content(kind, content)?;
        }
        Some((kind, ty, content))
    }

    /// Returns the content of a value after its attributes, which are absent.
    #[inline(never)]
    fn old_content(&self, kind: u64, content: &'c [u8]) -> Option<&'c [u8]> {
        let content = content.strip_prefix(&[0])?;
        let is_mapped =
            !self.mode.data_format.has_ipv6() && may_be_mapped(class_of(kind)?, content);
        (!is_mapped).then_some(content)
    }

    /// Reads the content of a value that is not simple, or whose type was not found at once.
    #[inline(always)]
    fn composite<S: Output, const FORM: u8>(
        &mut self,
        sink: &mut S,
        kind: u64,
        ty: u64,
        content: &'c [u8],
    ) -> Option<&'c [u8]> {
        if !S::MAKES {
            return self.composite_into::<S, FORM>(sink, kind, ty, content);
        }
        let mut value = None::<Value>;
        let rest = self.composite_into::<_, FORM>(&mut value, kind, ty, content)?;
        let value = value?;
        sink.put(|| value);
        Some(rest)
    }

    #[inline(never)]
    fn composite_into<S: Output, const FORM: u8>(
        &mut self,
        sink: &mut S,
        kind: u64,
        ty: u64,
        content: &'c [u8],
    ) -> Option<&'c [u8]> {
        let class = class_of(kind)?;
        if !val::is_composite(class) {
            let found = self.types.recall(ty);
            let tag = self.types.standard(kind, ty, self.stamp()).filter(|_| found)?;
            return self.simple(sink, class, tag, content);
        }
        let objects = self.objects();
        let (ty, height, content) = self.type_of::<FORM>(ty, content)?;
        let tag = ty.tag().filter(|tag| val::of(*tag) == class)?;
        let mut begun = Begun { at: 0, depth: self.depth, objects, deepest: self.deepest };
        self.next += 1;
        self.enter(height, tag != TypeTag::Enum)?;
        if let Some(message) = sink.message() {
            begun.at = message.tape.len() as u32;
            let what = message.note_type(tag, &ty);
            self.tape(sink, content, class, tag, what, 0);
        }
        let rest = match tag {
            TypeTag::Record | TypeTag::Vector => self.slots::<S, FORM>(sink, content, (ty, tag)),
            TypeTag::List => self.list::<S, FORM>(sink, content, ty),
            TypeTag::Table => self.table::<S, FORM>(sink, content, ty),
            _ => {
                let (number, rest) = word(content)?;
                sink.put(|| Value::Enum(EnumValue { ty, number: number as i64 }));
                Some(rest)
            }
        };
        self.end(sink, begun);
        rest
    }

    /// Finds the type with this id, or the one in full at the start of the content. Returns it, its
    /// height, and the bytes after it.
    #[inline(always)]
    fn type_of<const FORM: u8>(
        &mut self,
        ty: u64,
        content: &'c [u8],
    ) -> Option<(Type, u32, &'c [u8])> {
        if FORM != IN_FULL {
            let (ty, height) = self.types.other(ty, self.stamp())?;
            return Some((ty, height, content));
        }
        let (ty, height, objects, length) = self.types.in_full(content)?;
        self.parts += u64::from(objects.saturating_sub(1));
        Some((ty, height, content.get(length..)?))
    }

    /// Enters a value that is not simple, with a type of this height.
    #[inline(always)]
    fn enter(&mut self, height: u32, has_parts: bool) -> Option<()> {
        let levels = u32::from(has_parts);
        self.deepest = self.depth + height.max(levels);
        self.depth += levels;
        self.check_depth()
    }

    /// Ends the walk if there is not another level for the types of simple values.
    #[inline(always)]
    fn check_depth(&self) -> Option<()> {
        let is_in_full = self.mode.caching == Caching::None;
        let least = self.depth + u32::from(is_in_full);
        (self.deepest.max(least) <= self.limits.depth).then_some(())
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

    /// Returns the number of objects that were sent in full, in a call without ids.
    pub(super) fn full(&self) -> u64 {
        2 * self.next.wrapping_sub(self.first) + self.parts
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
        2 * self.next.wrapping_sub(self.first) + self.absent + self.parts
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
    let (call, mut indices) = (Call::split::<true>(chunk, mode)?, Indices::default());
    let mut walk = Walk::new(chunk, mode, &ANY, types, &mut indices, (call.first, 0), (0, 0));
    // The widths of subnets have been checked.
    walk.lenient = true;
    walk.args(message, &call)
}
