//! The headers of calls and values in the usual form (2§6).

use super::super::Mode;
use super::super::kind::val;
use super::super::scalar::{EAGER, word};
use super::LEAST;
use crate::data::TypeTag;

/// The forms of values: with ids of 64 bits and a reference to the type, the same with ids of 32
/// bits, and without ids and with the type in full, as a writer without a cache sends them.
pub(in super::super) const WIDE: u8 = 0;
pub(in super::super) const NARROW: u8 = 1;
pub(super) const IN_FULL: u8 = 2;

/// The header of a value with an id, and with a reference to its type.
pub(in super::super) struct Usual {
    pub(in super::super) pid: u64,
    /// The five bytes between the two ids.
    pub(in super::super) kind: u64,
    /// The type's id.
    pub(in super::super) ty: u64,
}

impl Usual {
    /// Splits a header in one of the forms with ids. Its kind must be checked.
    #[inline(always)]
    pub(in super::super) fn split<const FORM: u8>(bytes: &[u8]) -> Option<(Usual, &[u8])> {
        const KIND: u64 = 0xff_ffff_ffff;
        if FORM == WIDE {
            let ([flag, head @ ..], content) = bytes.split_first_chunk::<22>()?;
            let pid = u64::from_be_bytes(*head.first_chunk()?);
            let kind = u64::from_le_bytes(*head.get(8..)?.first_chunk()?) & KIND;
            let ty = u64::from_be_bytes(*head.last_chunk()?);
            return (*flag == 1).then_some((Usual { pid, kind, ty }, content));
        }
        let ([flag, head @ ..], content) = bytes.split_first_chunk::<14>()?;
        let pid = u32::from_be_bytes(*head.first_chunk()?).into();
        let kind = u64::from_le_bytes(*head.get(4..)?.first_chunk()?) & KIND;
        let ty = u32::from_be_bytes(*head.last_chunk()?).into();
        (*flag == 1).then_some((Usual { pid, kind, ty }, content))
    }
}

/// The bytes between the ids of a value of class 0 and of its type, as a number with the first byte
/// last: the value's serial type, no location, and a reference to a type.
const KIND: u64 = 0x01_00_00_88;

/// Returns those bytes for a value of a standard type with this tag, or 0 if it would not be simple.
#[inline]
pub(in super::super) fn kind_of(tag: TypeTag) -> u64 {
    val::of_scalar(tag).map_or(0, |class| KIND | u64::from(class) << 8)
}

/// Returns the class of a value from those bytes.
#[inline(always)]
pub(in super::super) fn class_of(kind: u64) -> Option<u8> {
    (kind & !0xff00 == KIND).then_some((kind >> 8) as u8)
}

/// Splits the header of a value without an id. Returns its kind and the bytes from its type on.
#[inline(always)]
pub(super) fn kind_in_full(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let ([1, 0, 0, 0, 0, kind @ ..], rest) = bytes.split_first_chunk::<8>()? else { return None };
    let [serial_type, class, location] = *kind;
    Some((u64::from_le_bytes([serial_type, class, location, 1, 0, 0, 0, 0]), rest))
}

/// Splits the header of a value of a standard type that is sent in full, without ids. Returns the
/// class, the type's tag, and the content.
#[inline(always)]
pub(super) fn standard_in_full(bytes: &[u8]) -> Option<(u8, TypeTag, &[u8])> {
    // The header of the value, the header of the type, the kind of the type, and its name.
    let (head, content) = bytes.split_first_chunk::<25>()?;
    let (value, rest) = word(head)?;
    let (type_head, rest) = word(rest)?;
    let (kind, name) = word(rest)?;
    let [.., class, _] = value.to_be_bytes();
    let [_, tag, ..] = kind.to_be_bytes();
    let tag = TypeTag::from_u8(tag).filter(|tag| val::of_scalar(*tag) == Some(class))?;
    let order = u8::from(tag == TypeTag::Port);
    let standard = u64::from_be_bytes([0, tag as u8, tag.internal() as u8, order, 1, 0, 0, 0]);
    let is_usual = value & !0xff00 == 0x0100_0000_0088_0000
        && type_head | 0x4000 == 0x0101_0000_0000_ca01
        && kind == standard
        && name == [0];
    is_usual.then_some((class, tag, content))
}

/// Returns whether a value of this class may be an IPv4 address or subnet written as an IPv6 one,
/// in a data format without IPv6.
pub(super) fn may_be_mapped(class: u8, content: &[u8]) -> bool {
    match class {
        val::ADDR => !content.starts_with(&1_u32.to_be_bytes()),
        class => class == val::SUBNET,
    }
}

/// The parts of a call before its first value.
pub(in super::super) struct Call<'c> {
    /// The range of the name in the chunk.
    pub(in super::super) name: (u32, u32),
    pub(in super::super) time: f64,
    /// The number of arguments.
    pub(in super::super) arity: usize,
    /// The references with which they begin.
    pub(in super::super) references: &'c [u8],
    /// The number of the others, the id of the first of them, and all of their bytes.
    pub(in super::super) count: usize,
    pub(in super::super) first: u64,
    pub(in super::super) args: &'c [u8],
}

impl<'c> Call<'c> {
    /// Splits a call with at least one argument. Only if `REFERS` is true, the arguments may begin with references.
    #[inline(always)]
    pub(in super::super) fn split<const REFERS: bool>(
        chunk: &'c [u8],
        mode: Mode,
    ) -> Option<Call<'c>> {
        let (b'e', rest) = chunk.split_first()? else { return None };
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length);
        let (time, rest) = word(rest.get(length as usize..)?)?;
        let (count, all) = rest.split_first_chunk()?;
        let (name, time) = ((5, 5 + length), f64::from_bits(time));
        let arity = u32::from_be_bytes(*count) as usize;
        let (mut count, mut args) = (arity, all);
        while REFERS && count > 0 && args.first() == Some(&0) {
            args = args.get(reference_length(mode)..)?;
            count -= 1;
        }
        let references = all.get(..all.len() - args.len())?;
        let first = if REFERS && count == 0 { 0 } else { id(1, args, mode)? };
        if arity == 0 || (args.len() as u64) < count as u64 * LEAST as u64 {
            return None;
        }
        Some(Call { name, time, arity, references, count, first, args })
    }

    /// Returns the ids of the objects referred to.
    pub(in super::super) fn referred(&self, mode: Mode) -> impl Iterator<Item = u64> {
        let references = self.references.chunks_exact(reference_length(mode));
        references.filter_map(move |reference| id(0, reference, mode))
    }

    /// Returns for how many arguments to reserve space.
    #[inline(always)]
    pub(in super::super) fn capacity(&self) -> usize {
        self.arity.min(EAGER)
    }
}

/// Returns the length of a reference.
#[inline(always)]
const fn reference_length(mode: Mode) -> usize {
    if mode.pid_64bit { 9 } else { 5 }
}

/// Returns the id in an object's header that begins with this flag.
#[inline(always)]
fn id(flag: u8, object: &[u8], mode: Mode) -> Option<u64> {
    let (first, id) = object.split_first()?;
    if *first != flag {
        return None;
    }
    match mode.pid_64bit {
        true => Some(word(id)?.0),
        false => Some(u32::from_be_bytes(*id.first_chunk()?).into()),
    }
}
