//! Reading primitives (2§1) off one chunk.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use nom::bytes::complete::take;
use nom::{IResult, Parser};

use crate::data::{Name, Subnet};

use super::SerialErrorKind as Kind;

/// Walks through a chunk; what it hands out as bytes shares the chunk.
pub(super) struct Cursor<'a> {
    chunk: &'a Bytes,
    rest: &'a [u8],
}

/// What a primitive is wrong with: the caller adds where and what was being read.
pub(super) type Result<T> = std::result::Result<T, Kind>;

impl<'a> Cursor<'a> {
    pub(super) fn new(chunk: &'a Bytes) -> Cursor<'a> {
        Cursor { chunk, rest: chunk }
    }

    /// Returns the number of bytes read; the length of a chunk fits 32 bits (§1.1).
    #[inline]
    pub(super) fn offset(&self) -> u32 {
        self.chunk.len().wrapping_sub(self.rest.len()) as u32
    }

    /// Returns the number of bytes left.
    pub(super) fn left(&self) -> u32 {
        u32::try_from(self.rest.len()).unwrap_or(u32::MAX)
    }

    #[inline(always)]
    fn leaf<T>(
        &mut self,
        wanted: u32,
        mut parser: impl Parser<&'a [u8], Output = T, Error = ()>,
    ) -> Result<T> {
        let parsed: IResult<&'a [u8], T, ()> = parser.parse(self.rest);
        match parsed {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(_) => Err(self.truncated(wanted)),
        }
    }

    /// Reads a fixed number of bytes; nom would walk them one by one.
    #[inline(always)]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(self.truncated(N as u32)),
        }
    }

    /// Returns all that is left.
    #[inline(always)]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Goes on with an end of what was [left](Self::rest).
    #[inline(always)]
    pub(super) fn set_rest(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// Goes to this many bytes from the beginning.
    #[inline]
    pub(super) fn seek(&mut self, offset: u32) {
        self.rest = self.chunk.get(offset as usize..).unwrap_or_default();
    }

    /// Passes over this many bytes.
    #[inline]
    pub(super) fn pass(&mut self, length: u32) -> Result<()> {
        match self.rest.get(length as usize..) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.truncated(length)),
        }
    }

    /// Passes over a string.
    #[inline]
    pub(super) fn pass_string(&mut self) -> Result<()> {
        let length = self.u32()?;
        self.pass(length)
    }

    #[cold]
    fn truncated(&self, wanted: u32) -> Kind {
        Kind::Truncated { wanted: wanted.saturating_sub(self.left()) }
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_be_bytes)
    }

    /// Only 1 is true; Bro reads anything else as false.
    #[inline]
    pub(super) fn bool(&mut self) -> Result<bool> {
        Ok(self.u8()? == 1)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    #[inline]
    pub(super) fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    #[inline]
    pub(super) fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    #[inline]
    pub(super) fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_be_bytes)
    }

    /// Reads this many bytes, shared with the chunk.
    #[inline]
    pub(super) fn take(&mut self, length: u32) -> Result<Bytes> {
        let start = self.chunk.len() - self.rest.len();
        self.pass(length)?;
        // What was passed lies inside the chunk, so this never panics.
        Ok(self.chunk.slice(start..start + length as usize))
    }

    #[inline]
    pub(super) fn string(&mut self) -> Result<Bytes> {
        let length = self.u32()?;
        self.take(length)
    }

    /// Reads a string, borrowed.
    #[inline]
    pub(super) fn string_bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()?;
        self.leaf(length, take(length))
    }

    /// Reads a name and shares it with the chunk: for what lives as long as the message.
    #[inline]
    pub(super) fn name(&mut self) -> Result<Name> {
        Ok(Name::from_bytes(self.string()?))
    }

    /// Reads a name into a buffer of its own: for what outlives the message, as types do.
    pub(super) fn lasting_name(&mut self) -> Result<Name> {
        Ok(Name::from_bytes(Bytes::copy_from_slice(self.string_bytes()?)))
    }

    pub(super) fn addr(&mut self) -> Result<IpAddr> {
        match self.u32()? {
            1 => Ok(IpAddr::V4(Ipv4Addr::from(self.u32()?))),
            4 => Ok(IpAddr::V6(Ipv6Addr::from(self.array().map(u128::from_be_bytes)?))),
            words => Err(Kind::BadAddr(words)),
        }
    }

    /// Reads a subnet. `lenient` accepts an IPv4 width that was counted in 128 bits, which some
    /// Broccoli programs send.
    pub(super) fn subnet(&mut self, lenient: bool) -> Result<Subnet> {
        let prefix = self.addr()?;
        let width = self.u32()?;
        let bits = if lenient { 128 } else { Subnet::max_width(prefix) };
        match u8::try_from(width) {
            Ok(width) if width <= bits => Ok(Subnet { prefix, width }),
            _ => Err(Kind::BadWidth { width, bits }),
        }
    }

    /// Reads a number of elements and checks it against the bytes left, each element taking
    /// `least` bytes at least.
    #[inline]
    pub(super) fn count(&mut self, least: u32) -> Result<usize> {
        let count = self.u32()?;
        self.check_count(u64::from(count), least)
    }

    /// Checks a number of elements against the bytes left.
    #[inline]
    pub(super) fn check_count(&self, count: u64, least: u32) -> Result<usize> {
        let left = self.left();
        match count.checked_mul(u64::from(least)) {
            Some(bytes) if bytes <= u64::from(left) => {
                usize::try_from(count).map_err(|_| Kind::TooManyElements { count, left })
            }
            _ => Err(Kind::TooManyElements { count, left }),
        }
    }
}
