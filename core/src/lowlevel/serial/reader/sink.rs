//! Where values go that are read.

use crate::data::Value;

/// Takes values as they are read, or does without them.
///
/// Each is put there where it is made: to return it would move it, byte by byte.
pub(super) trait Sink {
    /// Whether values are made at all.
    const MAKES: bool;

    /// Takes a value.
    fn put(&mut self, value: Value);

    /// Records a value that is absent.
    fn skip(&mut self) {}

    /// Makes room for so many, before the first.
    fn reserve(&mut self, _: usize) {}
}

/// Nothing is made of what is read.
impl Sink for () {
    const MAKES: bool = false;

    #[inline(always)]
    fn put(&mut self, _: Value) {}
}

impl Sink for Vec<Value> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, value: Value) {
        self.push(value);
    }

    #[inline]
    fn reserve(&mut self, count: usize) {
        *self = Vec::with_capacity(count);
    }
}

impl Sink for Vec<Option<Value>> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, value: Value) {
        self.push(Some(value));
    }

    #[inline]
    fn skip(&mut self) {
        self.push(None);
    }
}

/// Takes one value.
impl Sink for Option<Value> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, value: Value) {
        *self = Some(value);
    }
}
