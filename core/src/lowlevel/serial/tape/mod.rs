//! The result of skimming a SERIAL message, for decoding its values later.
//!
//! Skimming walks through all of a chunk, once, checks everything and keeps the cache in step; it
//! builds types and all else that isn't a value, but no values. For each value it puts an item on
//! the tape, in the order of the bytes: what the value's type is, and where its content lies; and
//! for what the content holds besides values, or by reference, the object itself. So decoding needs
//! neither the cache, which may have given up a type by then, nor the headers.

mod decode;
mod opaque;

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{
    Attributes, BloomFilter, Event, Expr, File, Func, Name, Pattern, Type, TypeTag, Value,
};

pub(super) use decode::{Decode, MISFIT, Memo, is_set};

/// An item found at one position of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Where in the chunk to go on: at the content of a value in full, behind all else.
    pub(super) end: u32,
    /// Where on the tape to go on: constants in a type have left items of their own.
    pub(super) next: u32,
    /// What was found, by its number; [`BASE`]: a value of a standard type, in full.
    pub(super) what: u32,
    /// The value's class.
    pub(super) class: u8,
    /// The tag of the value's type.
    pub(super) tag: TypeTag,
}

/// Marks a value of a standard type without further data.
pub(super) const BASE: u32 = u32::MAX;

/// The kinds of items.
#[derive(Debug)]
pub(super) enum What {
    /// A value in full, of this type.
    Full(Type),
    /// A reference to a value.
    Known(Value),
    /// A type that is not a value's own.
    Type(Type),
    Attributes(Arc<Attributes>),
    Expr(Arc<Expr>),
    Func(Arc<Func>),
    File(Arc<File>),
    Pattern(Arc<Pattern>),
    BloomFilter(Arc<BloomFilter>),
}

/// The meaning of an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    /// A value of a standard type, in full.
    Base,
    /// Something else.
    Object(&'a What),
}

/// A skimmed SERIAL message.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) chunk: Bytes,
    pub(super) tape: Vec<Item>,
    /// The objects to which items refer by number.
    pub(super) objects: Vec<What>,
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
    pub(super) fn clear(&mut self) {
        const USUAL: usize = 256;
        self.chunk = Bytes::new();
        self.tape.clear();
        self.tape.shrink_to(USUAL);
        self.objects.clear();
        self.objects.shrink_to(USUAL);
        self.args.clear();
        self.args.shrink_to(USUAL);
    }

    pub(super) fn name_bytes(&self) -> &[u8] {
        let (start, end) = self.name;
        self.chunk.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Returns a call's name, shared with the chunk.
    pub(super) fn name(&self) -> Name {
        Name::from_bytes(self.chunk.slice_ref(self.name_bytes()))
    }

    /// Decodes a call.
    pub(super) fn event(&self) -> Event {
        let mut args = Vec::with_capacity(self.args.len());
        for at in &self.args {
            // None fails, as skimming has found all errors.
            if let Ok(arg) = Decode::new(self, *at).value() {
                args.push(arg);
            }
        }
        Event { name: self.name(), time: self.time, args }
    }

    /// Returns an argument of a call.
    pub(super) fn arg(&self, position: usize) -> Option<Value> {
        let at = *self.args.get(position)?;
        Decode::new(self, at).value().ok()
    }

    /// Returns the item that an argument of a call begins with.
    pub(super) fn arg_item(&self, position: usize) -> Option<&Item> {
        self.tape.get(*self.args.get(position)? as usize)
    }

    /// The meaning of an item.
    #[inline]
    pub(super) fn found(&self, item: &Item) -> Option<Found<'_>> {
        if item.what == BASE {
            return Some(Found::Base);
        }
        self.objects.get(item.what as usize).map(Found::Object)
    }
}
