//! Recording of items on the tape.

use std::sync::Arc;

use crate::data::{Type, TypeTag};

use super::super::cursor::Result;
use super::super::tape::{BASE, Container, Item, JUMP, Made, PENDING, What};
use super::Session;

impl Session<'_> {
    #[inline]
    pub(super) fn tape_end(&self) -> u32 {
        // Each item represents at least one byte of the chunk, so the number fits.
        self.message.tape.len() as u32
    }

    /// Adds an object to the message and returns its number.
    fn note(&mut self, what: What) -> u32 {
        let number = self.message.objects.len() as u32;
        self.message.objects.push(what);
        number
    }

    /// Adds the type of a value to the message and returns its number. A type that was just added
    /// is reused, because the elements of a container usually have the same type.
    #[inline]
    pub(super) fn note_type(&mut self, tag: TypeTag, ty: &Type) -> u32 {
        let def = match ty {
            Type::Base(base) if *base == tag => return BASE,
            Type::Def(def) => def,
            _ => return self.note(What::Full(ty.clone())),
        };
        let noted = self.message.objects.iter().rev().take(2).position(
            |what| matches!(what, What::Full(Type::Def(noted)) if Arc::ptr_eq(noted, def)),
        );
        match noted {
            Some(before) => self.message.objects.len() as u32 - 1 - before as u32,
            None => self.note(What::Full(ty.clone())),
        }
    }

    /// Appends a value whose content is about to be read to the tape; returns its position.
    #[inline]
    pub(super) fn tape_value(&mut self, class: u8, tag: TypeTag, what: u32) -> u32 {
        let (at, end) = (self.tape_end(), self.cursor.offset());
        self.message.tape.push(Item { end, what, objects: PENDING, height: 0, class, tag });
        at
    }

    /// Adds an unfinished container at this tape position; returns its number.
    #[inline]
    pub(super) fn making(&mut self, place: u32) -> usize {
        let number = self.message.made.len();
        self.message.made.push(Made { place, container: Container::Pending });
        number
    }

    /// Records a finished container.
    #[inline]
    pub(super) fn made(&mut self, number: usize, container: Container) {
        if let Some(made) = self.message.made.get_mut(number) {
            made.container = container;
        }
    }

    /// Appends an object that was just read to the tape.
    pub(super) fn tape_object(&mut self, what: What, tag: TypeTag) {
        let number = self.note(what);
        self.message.tape.push(Item::other(self.cursor.offset(), number, tag));
    }

    /// Reads an object, which may contain constants, and appends it to the tape.
    pub(super) fn noted<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T>,
        what: impl FnOnce(&T) -> What,
    ) -> Result<T> {
        let object = self.apart(read)?;
        self.tape_object(what(&object), TypeTag::Void);
        Ok(object)
    }

    /// Reads an object. Items of constants in it are marked to be skipped.
    pub(super) fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let jump = self.message.tape.len();
        self.message.tape.push(Item { class: JUMP, ..Item::other(0, 0, TypeTag::Void) });
        let object = read(self)?;
        let end = self.tape_end();
        if self.message.tape.len() == jump + 1 {
            self.message.tape.pop();
        } else if let Some(item) = self.message.tape.get_mut(jump) {
            item.what = end;
        }
        Ok(object)
    }
}
