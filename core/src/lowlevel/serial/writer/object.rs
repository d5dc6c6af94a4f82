//! Writes functions, files and IDs (2§8).

use crate::data::{File, Func, Id};

use super::super::Family;
use super::super::kind::val;
use super::decide::Decide;
use super::{Arc, Session};

impl<D: Decide> Session<'_, D> {
    /// Writes the function of a value with this id.
    pub(super) fn func(&mut self, func: &Arc<Func>, value: u64) {
        let class = if func.frame_size.is_some() { 2 } else { 4 };
        if self.shared(func, Family::Func, class) {
            self.several(&func.bodies, |s, (body, priority)| {
                s.stmt(body);
                s.i32(*priority);
            });
            self.u8(func.kind);
            if self.decide.data_format().has_function_types() {
                self.ty(&func.ty);
                self.string(&func.name);
            } else if func.frame_size.is_some() {
                self.function_id(func, value);
            } else {
                self.string(&func.name);
            }
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

    /// Writes the ID of a function, whose value is the function (2§13).
    fn function_id(&mut self, func: &Arc<Func>, value: u64) {
        let made = || Arc::new(Id::global(func.name.clone(), func.ty.clone(), None));
        let id = func.id.clone().unwrap_or_else(made);
        if !self.shared(&id, Family::Id, 1) {
            return;
        }
        self.id_without_value(&id);
        self.bool(true);
        match &id.value {
            Some(value) => self.value(value),
            None => {
                let again = self.decide.again(value);
                if self.header(again, Family::Val, val::PLAIN) {
                    self.ty(&id.ty);
                    self.no_value_attributes();
                    self.func(func, value);
                }
            }
        }
    }

    pub(super) fn id(&mut self, id: &Arc<Id>) {
        if self.shared(id, Family::Id, 1) {
            self.id_without_value(id);
            self.optional(id.value.as_ref(), |s, value| s.value(value));
        }
    }

    fn id_without_value(&mut self, id: &Id) {
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
    }
}
