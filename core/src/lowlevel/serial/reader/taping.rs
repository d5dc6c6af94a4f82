//! Recording of items on the tape.

use crate::data::TypeTag;

use super::super::cursor::Result;
use super::super::tape::{Container, Item, JUMP, Made, PENDING, What};
use super::Session;

impl Session<'_> {
    #[inline]
    pub(super) fn tape_end(&self) -> u32 {
        // Each item represents at least one byte of the chunk, so the number fits.
        self.message.tape.len() as u32
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
        let number = self.message.note(what);
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
