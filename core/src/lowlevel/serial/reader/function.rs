//! Functions as sent by Bros up to 2.1: with an ID whose value is the function (2§13).

use crate::data::{Func, Id, Type, TypeTag, Value};

use super::super::cursor::Result;
use super::super::kind::val;
use super::super::tape::{Item, What};
use super::super::{Family, SerialErrorKind as Kind};
use super::{Arc, Cursor, Head, Object, Session, read_object};

/// A function being read, in data formats in which the value of its ID is the function.
pub(super) struct Function {
    /// The id of the value that contains it, and its own id.
    value_pid: u64,
    pid: u64,
    /// The value's type.
    pub(super) ty: Type,
    /// The indices of the message's objects to set to it once it is read.
    places: Vec<u32>,
    /// The enclosing function.
    around: Option<Box<Function>>,
}

impl Session<'_> {
    /// Reads the function of a value, after the value's type, `ty`.
    pub(super) fn function(&mut self, ty: &Type) -> Result<Arc<Func>> {
        if self.mode.data_format.has_function_types() {
            return self.func();
        }
        self.function = Some(Box::new(Function {
            value_pid: self.pid_at(self.value_start),
            pid: self.pid_at(self.cursor.offset()),
            ty: ty.clone(),
            places: Vec::new(),
            around: self.function.take(),
        }));
        let func = self.func()?;
        // After an error nothing more is read.
        if let Some(function) = self.function.take() {
            self.function = function.around;
            for place in function.places {
                if let Some(object) = self.message.objects.get_mut(place as usize) {
                    *object = What::Func(Arc::clone(&func));
                }
            }
        }
        Ok(func)
    }

    /// Returns the id in the object header at this offset of the chunk, or 0 if it has none.
    fn pid_at(&self, start: u32) -> u64 {
        let mut cursor = Cursor::new(self.cursor.chunk());
        cursor.seek(start.saturating_add(1));
        let pid = match self.mode.pid_64bit {
            true => cursor.u64(),
            false => cursor.u32().map(u64::from),
        };
        pid.unwrap_or(0)
    }

    /// Returns the id of the reference at the current position, if there is one.
    fn reference(&self) -> Option<u64> {
        let is_full = *self.cursor.rest().first()? == 1;
        Some(self.pid_at(self.cursor.offset())).filter(|pid| !is_full && *pid != 0)
    }

    read_object!(function_id, Id, Id, Id, function_id_body);

    /// Reads the ID of the function being read. The ID's value is `None` if it is that function.
    fn function_id_body(&mut self, class: u8) -> Result<Id> {
        self.id_with_value(class, Session::function_value)
    }

    fn function_value(&mut self) -> Result<Option<Value>> {
        let pid = match (&self.function, self.reference()) {
            (Some(function), Some(pid)) if pid == function.value_pid => {
                self.head(Family::Val)?;
                return Ok(None);
            }
            (Some(function), None) => function.pid,
            _ => return self.value().map(|value| Some(value.compact())),
        };
        let place = match self.head(Family::Val)? {
            Head::New(place, val::PLAIN) => place,
            Head::New(_, class) => {
                return Err(Kind::WrongClass { class, tag: TypeTag::Func });
            }
            Head::Known(pid) => return Err(Kind::UnknownObject(pid)),
        };
        let ty = self.apart(Session::ty)?;
        self.no_value_attributes()?;
        if self.reference() != Some(pid) {
            return Err(Kind::WrongClass { class: val::PLAIN, tag: TypeTag::Func });
        }
        self.head(Family::Func)?;
        self.cache.store_value(place, self.tape_end());
        let what = self.message.note_type(TypeTag::Func, &ty);
        let end = self.cursor.offset();
        let (class, tag) = (val::PLAIN, TypeTag::Func);
        self.message.tape.push(Item { end, what, objects: 1, height: 1, class, tag });
        self.tape_object(What::Full(ty), TypeTag::Void);
        let number = self.message.objects.len() as u32 - 1;
        if let Some(function) = &mut self.function {
            function.places.push(number);
        }
        Ok(None)
    }

    /// Reads the flag that a value has no attributes, in data formats that have it.
    pub(super) fn no_value_attributes(&mut self) -> Result<()> {
        if self.mode.data_format.has_value_attributes() && self.cursor.bool()? {
            return Err(Kind::ValueAttributes);
        }
        Ok(())
    }
}
