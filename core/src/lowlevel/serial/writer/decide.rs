//! Decides whether each object is written in full or as a reference, and writes its header (2§3).

use std::any::Any;
use std::sync::Arc;

use crate::data::{Type, TypeDef, TypeTag};

use super::super::cache::{Decision, Kept, WriteCache};
use super::super::{Caching, Family, Mode, kind};
use super::MessageWriter;
use crate::serial::lazy::Location;
use crate::wire::DataFormat;

/// The offset of the type's id from the value's id.
pub(super) const WIDE_TYPE: usize = 13;
pub(super) const NARROW_TYPE: usize = 9;

/// How a value of a standard type is written in one step with its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// With a reference to the type.
    Known,
    /// With a reference to the type, in data formats in which values have attributes.
    Attributed,
    /// With the type in full, without ids.
    Full,
    /// Not in one step.
    No,
}

impl Short {
    #[inline]
    pub(super) fn of(mode: Mode) -> Short {
        match mode.caching != Caching::None && !mode.data_format.has_value_attributes() {
            true => Short::Known,
            false => Short::unusual(mode),
        }
    }

    #[cold]
    fn unusual(mode: Mode) -> Short {
        match (mode.data_format.has_value_attributes(), mode.caching) {
            (true, Caching::Single | Caching::Stable) => Short::Attributed,
            (false, Caching::None) if !mode.pid_64bit => Short::Full,
            _ => Short::No,
        }
    }
}

/// Decides how objects are written, from a cache or a transcript.
pub(super) trait Decide {
    /// Whether values and types are always written in the usual way: with their usual class,
    /// without a location, and addresses and subnets in Bro's form (2§1). Otherwise they are
    /// written byte for byte as they were received.
    const USUAL: bool;
    /// Records the position of the id of the first decision that has no position yet.
    #[inline]
    fn place(&mut self, _at: usize) {}
    /// Decides on the standard instance of an atomic type.
    fn base(&mut self, tag: TypeTag) -> Decision;
    /// Returns whether [`value_of_known`](Self::value_of_known) may decide on anything.
    fn may_be_known(&self) -> bool;
    /// Decides on a value and its type, a standard instance, if the value is written in the usual
    /// way and the type as a reference. Returns the ids of both. Otherwise decides nothing.
    fn value_of_known(&mut self, tag: TypeTag) -> Option<(u64, u64)>;
    /// Decides on a value and its type, a standard instance, if they are written in one of the
    /// other ways that take one step. Returns the way and the ids of both. Otherwise decides
    /// nothing.
    fn value_and_type(&mut self, tag: TypeTag) -> Option<(Short, u64, u64)>;
    /// Decides on a shared object.
    fn shared<T: Any + Send + Sync>(&mut self, object: &Arc<T>, family: Family) -> Decision;
    /// Returns the bytes of a type in full without ids, if they are known. Decides on its parts.
    #[inline]
    fn written_type(&mut self, _def: &Arc<TypeDef>) -> Option<&[u8]> {
        None
    }
    /// Returns the number of objects without ids so far, for [`keep_type`](Self::keep_type).
    #[inline]
    fn nameless(&self) -> u64 {
        0
    }
    /// Keeps the bytes of a type in full, which was written after so many objects without ids.
    #[inline]
    fn keep_type(&mut self, _def: &Arc<TypeDef>, _bytes: &[u8], _nameless: u64) {}
    /// Decides on a container, by its address and by whether it is shared. `keep` returns what
    /// prevents the address from being reused.
    fn container(
        &mut self,
        address: usize,
        is_shared: bool,
        keep: impl FnOnce() -> Kept,
    ) -> Decision;
    /// Decides on a value nested in itself, which is written under this id.
    fn again(&mut self, pid: u64) -> Decision;
    /// Decides on an object that nothing refers to later.
    fn anonymous(&mut self, family: Family) -> Decision;
    /// Returns the serial type of the object just decided on, whose usual class is `class`.
    fn serial_type(&self, family: Family, class: u8) -> u16;
    /// Returns whether a recursive type may be referred to.
    fn refers(&self) -> bool;
    /// Returns the data format.
    fn data_format(&self) -> DataFormat;
    /// Returns whether attributes are written with their expressions.
    fn attribute_exprs(&self) -> bool;
    /// Returns the type to write for the value just decided on, if it is not the usual one for a
    /// value of its kind.
    fn other_type(&mut self) -> Option<Type>;
    /// Returns the location to write for the object just decided on.
    fn location(&mut self) -> Option<Location>;
}

/// Decides from the cache of a live connection.
pub(super) struct Live<'a> {
    pub(super) cache: &'a mut WriteCache,
    pub(super) mode: Mode,
    /// See [`remembered`](super::remembered).
    pub(super) remembered: Option<usize>,
    /// Whether containers are dropped after this, so that they cannot be sent again.
    pub(super) is_owned: bool,
    /// How values may be written in one step with their types.
    pub(super) short: Short,
}

impl Decide for Live<'_> {
    const USUAL: bool = true;

    #[inline]
    fn base(&mut self, tag: TypeTag) -> Decision {
        self.cache.base(tag, self.mode)
    }

    #[inline]
    fn may_be_known(&self) -> bool {
        self.short == Short::Known
    }

    #[inline]
    fn value_of_known(&mut self, tag: TypeTag) -> Option<(u64, u64)> {
        match self.short {
            Short::Known => self.cache.value_of_known(tag, self.mode),
            _ => None,
        }
    }

    #[inline]
    fn value_and_type(&mut self, tag: TypeTag) -> Option<(Short, u64, u64)> {
        match self.short {
            Short::Attributed => {
                let (pid, type_pid) = self.cache.value_of_known(tag, self.mode)?;
                Some((Short::Attributed, pid, type_pid))
            }
            Short::Full => {
                self.cache.count_nameless(2);
                Some((Short::Full, 0, 0))
            }
            Short::Known | Short::No => None,
        }
    }

    #[inline]
    fn shared<T: Any + Send + Sync>(&mut self, object: &Arc<T>, family: Family) -> Decision {
        self.cache.shared(object, family, self.mode)
    }

    fn written_type(&mut self, def: &Arc<TypeDef>) -> Option<&[u8]> {
        self.cache.written_type(def, self.mode)
    }

    fn nameless(&self) -> u64 {
        self.cache.nameless()
    }

    fn keep_type(&mut self, def: &Arc<TypeDef>, bytes: &[u8], nameless: u64) {
        self.cache.keep_type(def, self.mode, bytes, nameless);
    }

    #[inline]
    fn container(
        &mut self,
        address: usize,
        is_shared: bool,
        keep: impl FnOnce() -> Kept,
    ) -> Decision {
        match self.remembered {
            Some(size) if self.is_owned => self.cache.owned_container(size, self.mode),
            Some(size) => self.cache.container(address, is_shared, size, self.mode, keep),
            None => self.cache.anonymous(Family::Val, self.mode),
        }
    }

    fn again(&mut self, pid: u64) -> Decision {
        self.cache.again(pid, self.mode)
    }

    #[inline]
    fn anonymous(&mut self, family: Family) -> Decision {
        self.cache.anonymous(family, self.mode)
    }

    #[inline]
    fn serial_type(&self, family: Family, class: u8) -> u16 {
        kind::join(family, class, self.mode.stable())
    }

    fn refers(&self) -> bool {
        self.cache.refers(self.mode)
    }

    #[inline]
    fn data_format(&self) -> DataFormat {
        self.mode.data_format
    }

    fn attribute_exprs(&self) -> bool {
        !self.mode.to_broccoli
    }

    #[inline]
    fn other_type(&mut self) -> Option<Type> {
        None
    }

    /// Peers never send a location.
    #[inline]
    fn location(&mut self) -> Option<Location> {
        None
    }
}

impl<D: Decide> MessageWriter<'_, D> {
    /// Writes the header of a shared object. Returns whether its body must follow.
    #[inline]
    pub(super) fn shared<T: Any + Send + Sync>(
        &mut self,
        object: &Arc<T>,
        family: Family,
        class: u8,
    ) -> bool {
        let decision = self.decide.shared(object, family);
        self.header(decision, family, class) && self.has_room()
    }

    /// Writes the header of an object that nothing refers to later. Returns whether its body must
    /// follow.
    #[inline]
    pub(super) fn anonymous(&mut self, family: Family, class: u8) -> bool {
        let decision = self.decide.anonymous(family);
        self.header(decision, family, class)
    }

    /// Writes the header of a value of any type, that type, and content. Returns whether the value
    /// is written in full.
    pub(super) fn typed<const N: usize>(&mut self, class: u8, ty: &Type, content: [u8; N]) -> bool {
        let value = self.decide.anonymous(Family::Val);
        self.decided_value(value, class, ty, content)
    }

    /// Writes a value whose decision was already made, its type, and content. Returns whether the
    /// value is written in full.
    pub(super) fn decided_value<const N: usize>(
        &mut self,
        value: Decision,
        class: u8,
        ty: &Type,
        content: [u8; N],
    ) -> bool {
        let Decision::Full(pid) = value else {
            return self.header(value, Family::Val, class);
        };
        match ty {
            Type::Def(def) if D::USUAL => {
                let ty = self.decide.shared(def, Family::Type);
                if let Decision::Reference(type_pid) = ty {
                    let at = self.out.len() + 1;
                    let type_at = if self.pid_64bit { WIDE_TYPE } else { NARROW_TYPE };
                    self.decide.place(at);
                    self.decide.place(at + type_at);
                    match self.decide.data_format().has_value_attributes() {
                        false => self.head::<N, false>(pid, class, type_pid, content),
                        true => self.head::<N, true>(pid, class, type_pid, content),
                    }
                    return true;
                }
                self.header(value, Family::Val, class);
                self.bool(true);
                self.type_of_value(ty, def);
            }
            _ => {
                self.header(value, Family::Val, class);
                match self.decide.other_type() {
                    Some(ty) => self.ty(&ty),
                    None => self.ty(ty),
                }
            }
        }
        self.no_value_attributes();
        self.append(content);
        true
    }

    /// Writes a type after the decision on it. Without a cache, a value's type is always written in
    /// full and with the same bytes, so they are copied from an earlier value.
    fn type_of_value(&mut self, ty: Decision, def: &Arc<TypeDef>) {
        if ty != Decision::Full(0) {
            return self.decided_def(ty, def);
        }
        if !self.has_room() {
            return;
        }
        if let Some(bytes) = self.decide.written_type(def) {
            return self.out.extend_from_slice(bytes);
        }
        let (start, nameless) = (self.out.len(), self.decide.nameless());
        self.decided_def(ty, def);
        if !self.overrun {
            let bytes = self.out.get(start..).unwrap_or_default();
            self.decide.keep_type(def, bytes, nameless);
        }
    }

    /// Writes the flag that a value has no attributes, in data formats that have it.
    #[inline]
    pub(super) fn no_value_attributes(&mut self) {
        if self.decide.data_format().has_value_attributes() {
            self.bool(false);
        }
    }

    #[inline]
    pub(super) fn header(&mut self, decision: Decision, family: Family, class: u8) -> bool {
        self.decide.place(self.out.len() + 1);
        let pid = match decision {
            Decision::Full(pid) => pid,
            Decision::Reference(pid) => {
                if self.pid_64bit {
                    let mut bytes = [0; 9];
                    bytes[1..].copy_from_slice(&pid.to_be_bytes());
                    self.append(bytes);
                } else {
                    let mut bytes = [0; 5];
                    // The id exceeds 32 bits only after 2³² objects.
                    bytes[1..].copy_from_slice(&(pid as u32).to_be_bytes());
                    self.append(bytes);
                }
                return false;
            }
        };
        let kind = self.decide.serial_type(family, class).to_be_bytes();
        if self.pid_64bit {
            let mut bytes = [1; 11];
            bytes[1..9].copy_from_slice(&pid.to_be_bytes());
            bytes[9..].copy_from_slice(&kind);
            self.append(bytes);
        } else {
            let mut bytes = [1; 7];
            bytes[1..5].copy_from_slice(&(pid as u32).to_be_bytes());
            bytes[5..].copy_from_slice(&kind);
            self.append(bytes);
        }
        if family.is_counted() {
            match self.decide.location() {
                None => self.bool(false),
                Some(location) => self.location(&location),
            }
        }
        true
    }

    #[cold]
    fn location(&mut self, location: &Location) {
        self.bool(true);
        if self.anonymous(Family::Location, 1) {
            self.string(&location.file);
            location.numbers.iter().for_each(|number| self.u32(*number));
        }
    }
}
