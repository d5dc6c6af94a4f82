//! Types in full, copied for values that have their types in full.

use std::sync::Arc;

use super::{Mode, WriteCache};
use crate::data::TypeDef;

/// A type that was written in full without ids.
#[derive(Debug)]
pub(super) struct WrittenType {
    /// The [number](Mode::number) of the mode.
    mode: u32,
    def: Arc<TypeDef>,
    bytes: Box<[u8]>,
    /// The number of objects in it.
    objects: u64,
}

/// The maximum number of types to keep.
const MOST: usize = 8;

/// The maximum length of a kept type in bytes.
const LONGEST: usize = 4096;

impl WriteCache {
    /// Returns the bytes of a type without ids, if they are kept. Counts the objects in it.
    pub(in super::super::super) fn written_type(
        &mut self,
        def: &Arc<TypeDef>,
        mode: Mode,
    ) -> Option<&[u8]> {
        let is_it =
            |known: &&WrittenType| Arc::ptr_eq(&known.def, def) && known.mode == mode.number();
        let known = self.written.iter().find(is_it)?;
        self.nameless += known.objects;
        Some(&known.bytes)
    }

    /// Returns the number of objects that were written in full without ids.
    pub(in super::super::super) fn nameless(&self) -> u64 {
        self.nameless
    }

    /// Keeps the bytes of a type, written after so many objects without ids.
    #[cold]
    pub(in super::super::super) fn keep_type(
        &mut self,
        def: &Arc<TypeDef>,
        mode: Mode,
        bytes: &[u8],
        nameless: u64,
    ) {
        if bytes.len() > LONGEST {
            return;
        }
        let (def, bytes) = (Arc::clone(def), bytes.into());
        let objects = self.nameless - nameless;
        self.written.truncate(MOST - 1);
        self.written.insert(0, WrittenType { mode: mode.number(), def, bytes, objects });
    }

    /// Frees memory that only saves time.
    pub(in super::super::super) fn release(&mut self) {
        self.written = Vec::new();
    }
}
