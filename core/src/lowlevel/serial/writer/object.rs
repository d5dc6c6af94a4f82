//! Writes functions, files and IDs (2§8).

use crate::data::{File, Func, Id};

use super::super::Family;
use super::decide::Decide;
use super::{Arc, Session};

impl<D: Decide> Session<'_, D> {
    pub(super) fn func(&mut self, func: &Arc<Func>) {
        let class = if func.frame_size.is_some() { 2 } else { 4 };
        if self.shared(func, Family::Func, class) {
            self.several(&func.bodies, |s, (body, priority)| {
                s.stmt(body);
                s.i32(*priority);
            });
            self.u8(func.kind);
            self.ty(&func.ty);
            self.string(&func.name);
            if let Some(frame_size) = func.frame_size {
                self.i32(frame_size);
            }
        }
    }

    pub(super) fn file(&mut self, file: &Arc<File>) {
        if self.shared(file, Family::File, 1) {
            self.string(&file.name);
            self.bool(file.buffered);
            self.optional(file.access.as_ref(), |s, access| s.string(access));
            self.ty(&file.ty);
            self.optional(file.attributes.as_ref(), |s, attributes| s.attributes(attributes));
        }
    }

    pub(super) fn id(&mut self, id: &Arc<Id>) {
        if self.shared(id, Family::Id, 1) {
            self.string(&id.name);
            self.u8(id.scope);
            self.bool(id.is_export);
            for word in [id.is_const, id.is_enum_const, id.is_type, id.offset] {
                self.i32(word);
            }
            self.bool(id.infer_return_type);
            self.bool(id.weak_ref);
            self.ty(&id.ty);
            self.optional(id.attributes.as_ref(), |s, attributes| s.attributes(attributes));
            self.optional(id.value.as_ref(), |s, value| s.value(value));
        }
    }
}
