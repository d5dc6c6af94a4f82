//! Decoding primitives of a chunk (2§1).

use std::marker::PhantomData;

use bytes::Bytes;

/// A cursor over a chunk. Returned bytes share the chunk's memory. The caller defines the error
/// type and adds position and context.
#[derive(Debug)]
pub(crate) struct Cursor<'a, E> {
    chunk: &'a Bytes,
    rest: &'a [u8],
    error: PhantomData<E>,
}

/// The chunk ends too early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truncated {
    /// The minimum number of missing bytes.
    pub(crate) wanted: u32,
}

impl<'a, E: From<Truncated>> Cursor<'a, E> {
    pub(crate) fn new(chunk: &'a Bytes) -> Cursor<'a, E> {
        Cursor { chunk, rest: chunk, error: PhantomData }
    }

    /// Returns the chunk.
    pub(crate) fn chunk(&self) -> &'a Bytes {
        self.chunk
    }

    /// Returns the number of bytes read. The length of a chunk fits 32 bits (§1.1).
    #[inline]
    pub(crate) fn offset(&self) -> u32 {
        self.chunk.len().wrapping_sub(self.rest.len()) as u32
    }

    /// Returns the number of remaining bytes.
    pub(crate) fn left(&self) -> u32 {
        u32::try_from(self.rest.len()).unwrap_or(u32::MAX)
    }

    /// Reads a fixed number of bytes.
    #[inline(always)]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], E> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(self.truncated(N as u32)),
        }
    }

    /// Returns the remaining bytes.
    #[inline(always)]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Continues with `rest`, an end of the [remaining bytes](Self::rest).
    #[inline(always)]
    pub(crate) fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// Moves to an offset of the chunk.
    #[inline]
    pub(crate) fn seek(&mut self, offset: u32) {
        self.rest = self.chunk.get(offset as usize..).unwrap_or_default();
    }

    /// Skips this many bytes.
    #[inline]
    pub(crate) fn pass(&mut self, length: u32) -> Result<(), E> {
        match self.rest.get(length as usize..) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.truncated(length)),
        }
    }

    /// Skips a string.
    #[inline]
    pub(crate) fn pass_string(&mut self) -> Result<(), E> {
        let length = self.u32()?;
        self.pass(length)
    }

    #[cold]
    fn truncated(&self, wanted: u32) -> E {
        Truncated { wanted: wanted.saturating_sub(self.left()) }.into()
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, E> {
        self.array().map(u8::from_be_bytes)
    }

    /// Reads a boolean. Only 1 is true; Bro reads anything else as false.
    #[inline]
    pub(crate) fn bool(&mut self) -> Result<bool, E> {
        Ok(self.u8()? == 1)
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Result<u16, E> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, E> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Result<u64, E> {
        self.array().map(u64::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i32(&mut self) -> Result<i32, E> {
        self.array().map(i32::from_be_bytes)
    }

    #[inline]
    pub(crate) fn i64(&mut self) -> Result<i64, E> {
        self.array().map(i64::from_be_bytes)
    }

    #[inline]
    pub(crate) fn f64(&mut self) -> Result<f64, E> {
        self.array().map(f64::from_be_bytes)
    }

    /// Reads this many bytes, shared with the chunk.
    #[inline]
    pub(crate) fn take(&mut self, length: u32) -> Result<Bytes, E> {
        let start = self.chunk.len() - self.rest.len();
        self.pass(length)?;
        // These bytes were skipped and so are within the chunk. This never panics.
        Ok(self.chunk.slice(start..start + length as usize))
    }

    #[inline]
    pub(crate) fn string(&mut self) -> Result<Bytes, E> {
        let length = self.u32()?;
        self.take(length)
    }

    /// Reads a string, borrowed.
    #[inline]
    pub(crate) fn string_bytes(&mut self) -> Result<&'a [u8], E> {
        let length = self.u32()?;
        match self.rest.split_at_checked(length as usize) {
            Some((string, rest)) => {
                self.rest = rest;
                Ok(string)
            }
            None => Err(self.truncated(length)),
        }
    }

    /// Returns the number of elements if the remaining bytes can hold that many, each taking at
    /// least `least` bytes.
    #[inline]
    pub(crate) fn fitting(&self, count: u64, least: u32) -> Option<usize> {
        let bytes = count.checked_mul(u64::from(least))?;
        usize::try_from(count).ok().filter(|_| bytes <= u64::from(self.left()))
    }
}
