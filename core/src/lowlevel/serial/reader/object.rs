//! Reads functions, files and IDs (2§8).

use crate::data::{File, Func, Id, Type, Value};

use super::super::cursor::Result;
use super::super::{Family, SerialErrorKind as Kind};
use super::{Arc, Head, Object, Session, read_object};

/// The class number of script functions.
const SCRIPT: u8 = 2;
/// The class number of built-in functions.
const BUILTIN: u8 = 4;

impl Session<'_> {
    read_object!(func, Func, Func, Func, func_body);
    read_object!(file, File, File, File, file_body);
    read_object!(id, Id, Id, Id, id_body);

    fn func_body(&mut self, class: u8) -> Result<Func> {
        if class != SCRIPT && class != BUILTIN {
            return Err(Kind::UnknownClass(Family::Func, class));
        }
        let bodies = self.several(self.least_object(), |s| Ok((s.stmt()?, s.cursor.i32()?)))?;
        let kind = self.cursor.u8()?;
        let (ty, name, id) = if self.mode.data_format.has_function_types() {
            (self.ty()?, self.cursor.lasting_name()?, None)
        } else if class == SCRIPT {
            let id = self.function_id()?;
            (id.ty.clone(), id.name.clone(), Some(id))
        } else {
            let ty = self.function.as_ref().map_or(Type::ANY, |function| function.ty.clone());
            (ty, self.cursor.lasting_name()?, None)
        };
        let frame_size = if class == SCRIPT { Some(self.cursor.i32()?) } else { None };
        Ok(Func { bodies, kind, ty, name, frame_size, id })
    }

    fn file_body(&mut self, class: u8) -> Result<File> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::File, class));
        }
        Ok(File {
            name: self.cursor.lasting_name()?,
            buffered: self.cursor.bool()?,
            access: self.optional(|s| s.cursor.lasting_name())?,
            ty: self.ty()?,
            attributes: self.optional(Session::attributes)?,
        })
    }

    fn id_body(&mut self, class: u8) -> Result<Id> {
        // The value of a nested ID may outlive the message as part of the enclosing object.
        self.id_with_value(class, |s| {
            let value = s.value()?;
            Ok(Some(if s.depth > 1 { value.compact() } else { value }))
        })
    }

    pub(super) fn id_with_value(
        &mut self,
        class: u8,
        value: impl FnOnce(&mut Self) -> Result<Option<Value>>,
    ) -> Result<Id> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::Id, class));
        }
        Ok(Id {
            name: self.cursor.lasting_name()?,
            scope: self.cursor.u8()?,
            is_export: self.cursor.bool()?,
            is_const: self.cursor.i32()?,
            is_enum_const: self.cursor.i32()?,
            is_type: self.cursor.i32()?,
            offset: self.cursor.i32()?,
            infer_return_type: self.cursor.bool()?,
            weak_ref: self.cursor.bool()?,
            ty: self.ty()?,
            attributes: self.optional(Session::attributes)?,
            value: self.optional(value)?.flatten(),
        })
    }
}
