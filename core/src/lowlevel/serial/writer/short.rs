//! Values that are written in one step with their types.

use crate::data::TypeTag;

use super::super::kind::ty;
use super::super::{Family, kind};
use super::Session;
use super::decide::{Decide, Short};

/// The size of a value's header and a reference to its type, with wide and with narrow ids.
const WIDE_HEAD: usize = 22;
const NARROW_HEAD: usize = 14;

/// The maximum size of content that is written with it: an IPv6 address and its number of words.
const CONTENT: usize = 20;

/// The size of a value's header and its type in full, without ids.
const FULL_HEAD: usize = 25;

impl<D: Decide> Session<'_, D> {
    /// Writes the header of a value of a standard type, that type, and content. Returns whether the
    /// value is written in full.
    #[inline(never)]
    pub(super) fn scalar<const N: usize>(
        &mut self,
        class: u8,
        tag: TypeTag,
        content: [u8; N],
    ) -> bool {
        match self.decide.value_of_known(tag) {
            Some((pid, type_pid)) => {
                self.decide.place(self.out.len() + 1);
                self.head::<N, false>(pid, class, type_pid, content);
                true
            }
            None => self.any_scalar(class, tag, content),
        }
    }

    #[inline(never)]
    fn any_scalar<const N: usize>(&mut self, class: u8, tag: TypeTag, content: [u8; N]) -> bool {
        match self.decide.value_and_type(tag) {
            Some((Short::Attributed, pid, type_pid)) => {
                self.decide.place(self.out.len() + 1);
                self.head::<N, true>(pid, class, type_pid, content);
                return true;
            }
            Some(_) => {
                self.full_head(class, tag, content);
                return true;
            }
            None => {}
        }
        let value = self.decide.anonymous(Family::Val);
        let full = self.header(value, Family::Val, class);
        if full {
            match self.decide.other_type() {
                Some(ty) => self.ty(&ty),
                None => self.base_type(tag),
            }
            self.no_value_attributes();
            self.append(content);
        }
        full
    }

    /// Writes in one step everything before a value's content, with its type as a reference (the
    /// usual case), and the part of the content that has a fixed size. In some data formats, a flag
    /// for absent attributes is in between.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the first line sees to it while compiling")]
    pub(super) fn head<const N: usize, const ATTRIBUTED: bool>(
        &mut self,
        pid: u64,
        class: u8,
        type_pid: u64,
        content: [u8; N],
    ) {
        const { assert!(N <= CONTENT) };
        let between = usize::from(ATTRIBUTED);
        let [high, low] = kind::join(Family::Val, class, false).to_be_bytes();
        if self.pid_64bit {
            let mut bytes = [1; WIDE_HEAD + 1 + CONTENT];
            bytes[1..9].copy_from_slice(&pid.to_be_bytes());
            bytes[9..14].copy_from_slice(&[high, low, 0, 1, 0]);
            bytes[14..WIDE_HEAD].copy_from_slice(&type_pid.to_be_bytes());
            bytes[WIDE_HEAD..WIDE_HEAD + between].fill(0);
            let at = WIDE_HEAD + between;
            bytes[at..at + N].copy_from_slice(&content);
            self.out.extend_from_slice(&bytes[..at + N]);
        } else {
            let mut bytes = [1; NARROW_HEAD + 1 + CONTENT];
            bytes[1..5].copy_from_slice(&(pid as u32).to_be_bytes());
            bytes[5..10].copy_from_slice(&[high, low, 0, 1, 0]);
            bytes[10..NARROW_HEAD].copy_from_slice(&(type_pid as u32).to_be_bytes());
            bytes[NARROW_HEAD..NARROW_HEAD + between].fill(0);
            let at = NARROW_HEAD + between;
            bytes[at..at + N].copy_from_slice(&content);
            self.out.extend_from_slice(&bytes[..at + N]);
        }
    }

    /// Writes everything before a value's content, and the content, if neither the value nor its
    /// type, a standard instance, has an id.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the first line sees to it while compiling")]
    fn full_head<const N: usize>(&mut self, class: u8, tag: TypeTag, content: [u8; N]) {
        const { assert!(N <= CONTENT) };
        let [high, low] = kind::join(Family::Val, class, false).to_be_bytes();
        let [type_high, type_low] = kind::join(Family::Type, ty::ATOMIC, false).to_be_bytes();
        let mut bytes = [0; FULL_HEAD + CONTENT];
        bytes[..10].copy_from_slice(&[1, 0, 0, 0, 0, high, low, 0, 1, 1]);
        bytes[14..16].copy_from_slice(&[type_high, type_low]);
        let is_port = u8::from(tag == TypeTag::Port);
        bytes[17..21].copy_from_slice(&[tag as u8, tag.internal() as u8, is_port, 1]);
        bytes[FULL_HEAD..FULL_HEAD + N].copy_from_slice(&content);
        self.out.extend_from_slice(&bytes[..FULL_HEAD + N]);
    }
}
