//! The beginning of calls and of values in the usual form (2§2, 2§3).

use super::super::Mode;
use super::super::kind::val;
use super::super::scalar::word;
use super::{EAGER, LEAST};

/// The header of a value, with the beginning of its type.
pub(in super::super) struct Usual {
    pub(in super::super) pid: u64,
    pub(in super::super) class: u8,
    /// Whether the type is written in full.
    pub(in super::super) is_full: bool,
    /// The type's id.
    pub(in super::super) ty: u64,
}

/// The bytes between the two ids, from the last of the first id, and which of them are always the
/// same: all but the class. They are compared as one word.
const BETWEEN: u64 = u64::from_le_bytes([0, 0x88, 0, 0, 1, 0, 0, 0]);
const SAME: u64 = u64::from_le_bytes([0, 0xff, 0, 0xff, 0xff, 0xfe, 0, 0]);

impl Usual {
    /// Splits a header with ids of 64 bits.
    #[inline(always)]
    pub(in super::super) fn wide(head: &[u8; 22]) -> Option<Usual> {
        let pid = u64::from_be_bytes(*head.get(1..)?.first_chunk()?);
        let ty = u64::from_be_bytes(*head.last_chunk()?);
        Usual::of(head, 8, pid, ty)
    }

    /// Splits a header with ids of 32 bits.
    #[inline(always)]
    pub(in super::super) fn narrow(head: &[u8; 14]) -> Option<Usual> {
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
    /// The id of the first value.
    pub(in super::super) first: u64,
    /// The number of arguments, and all of their bytes.
    pub(super) count: usize,
    pub(super) args: &'c [u8],
}

impl<'c> Call<'c> {
    /// Splits a call with at least one argument.
    #[inline(always)]
    pub(in super::super) fn split(chunk: &'c [u8], mode: Mode) -> Option<Call<'c>> {
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
    pub(in super::super) fn capacity(&self) -> usize {
        self.count.min(EAGER)
    }
}
