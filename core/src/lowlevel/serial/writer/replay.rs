//! Writes a SERIAL byte for byte as it was received, and values in one step with their types.

use std::any::Any;
use std::sync::Arc;

use super::MessageWriter;
use super::decide::{Decide, Short};
use crate::data::{Type, TypeTag};
use crate::serial::cache::{Decision, Kept};
use crate::serial::kind::ty;
use crate::serial::lazy::{Location, Mark};
use crate::serial::{Family, Transcript, kind};
use crate::wire::DataFormat;

/// Repeats the decisions of a transcript.
pub(super) struct Replay<'a> {
    transcript: &'a Transcript,
    at: usize,
    /// The position of the value just decided on among the marks, which include locations.
    value: usize,
    types: usize,
    locations: usize,
    serial_type: u16,
    data_format: DataFormat,
}

impl<'a> Replay<'a> {
    pub(super) fn new(transcript: &'a Transcript, data_format: DataFormat) -> Replay<'a> {
        let (at, value, types, locations, serial_type) = (0, 0, 0, 0, 0);
        Replay { transcript, at, value, types, locations, serial_type, data_format }
    }

    fn next(&mut self) -> Decision {
        let mark = self.transcript.marks.get(self.at).copied();
        self.at += 1;
        match mark {
            Some(Mark::Full { pid, serial_type }) => {
                self.serial_type = serial_type;
                Decision::Full(pid)
            }
            Some(Mark::Reference { pid }) => Decision::Reference(pid),
            // The content has more objects than were read. Comparing the bytes reveals this.
            None => Decision::Reference(0),
        }
    }
}

impl Decide for Replay<'_> {
    const USUAL: bool = false;

    fn base(&mut self, _: TypeTag) -> Decision {
        self.next()
    }

    fn may_be_known(&self) -> bool {
        false
    }

    fn value_of_known(&mut self, _: TypeTag) -> Option<(u64, u64)> {
        None
    }

    fn value_and_type(&mut self, _: TypeTag) -> Option<(Short, u64, u64)> {
        None
    }

    fn shared<T: Any + Send + Sync>(&mut self, _: &Arc<T>, _: Family) -> Decision {
        self.next()
    }

    fn container(&mut self, _: usize, _: bool, _: impl FnOnce() -> Kept) -> Decision {
        self.anonymous(Family::Val)
    }

    fn again(&mut self, _: u64) -> Decision {
        self.anonymous(Family::Val)
    }

    fn anonymous(&mut self, family: Family) -> Decision {
        if family == Family::Val {
            self.value = self.at;
        }
        self.next()
    }

    fn serial_type(&self, _: Family, _: u8) -> u16 {
        self.serial_type
    }

    fn refers(&self) -> bool {
        true
    }

    fn data_format(&self) -> DataFormat {
        self.data_format
    }

    fn attribute_exprs(&self) -> bool {
        true
    }

    fn other_type(&mut self) -> Option<Type> {
        let (at, ty) = self.transcript.types.get(self.types)?;
        if *at == self.value {
            self.types += 1;
            Some(ty.clone())
        } else {
            None
        }
    }

    fn location(&mut self) -> Option<Location> {
        let (at, location) = self.transcript.locations.get(self.locations)?;
        if *at + 1 == self.at {
            self.locations += 1;
            Some(location.clone())
        } else {
            None
        }
    }
}

/// The size of a value's header and a reference to its type, with wide and with narrow ids.
const WIDE_HEAD: usize = 22;
const NARROW_HEAD: usize = 14;

/// The maximum size of content that is written with it: an IPv6 address and its number of words.
const CONTENT: usize = 20;

/// The size of a value's header and its type in full, without ids.
const FULL_HEAD: usize = 25;

impl<D: Decide> MessageWriter<'_, D> {
    /// Writes the header of a value of a standard type, that type, and content. Returns whether the
    /// value is written in full.
    #[inline(never)]
    pub(super) fn scalar<const N: usize>(
        &mut self,
        class: u8,
        tag: TypeTag,
        content: [u8; N],
    ) -> bool {
        self.frequent_scalar::<N, true>(class, tag, content)
    }

    /// Does the same without a call, for frequent values.
    #[inline(always)]
    pub(super) fn frequent_scalar<const N: usize, const KNOWN: bool>(
        &mut self,
        class: u8,
        tag: TypeTag,
        content: [u8; N],
    ) -> bool {
        if !KNOWN {
            return self.other_scalar(class, tag, content);
        }
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
        self.other_scalar(class, tag, content)
    }

    /// Does the same if the type is not written as a reference in the usual way.
    #[inline(always)]
    fn other_scalar<const N: usize>(&mut self, class: u8, tag: TypeTag, content: [u8; N]) -> bool {
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
