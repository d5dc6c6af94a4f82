//! Recording of items on the tape.

use crate::data::TypeTag;

use super::super::cursor::Result;
use super::super::tape::{BASE, Item, What};
use super::Session;

impl Session<'_> {
    #[inline]
    pub(super) fn tape_end(&self) -> u32 {
        // An item is put there for at least one byte of a chunk.
        self.message.tape.len() as u32
    }

    /// Makes room on the tape for what is about to be read.
    #[inline]
    pub(super) fn reserve(&mut self) -> u32 {
        let at = self.tape_end();
        let (class, tag) = (0, TypeTag::Void);
        self.message.tape.push(Item { end: 0, next: 0, what: BASE, class, tag });
        at
    }

    /// Puts what has been read on the tape, where room was made for it.
    #[inline]
    pub(super) fn fill(&mut self, at: u32, class: u8, tag: TypeTag, what: What) {
        let number = self.message.objects.len() as u32;
        self.message.objects.push(what);
        self.fill_with(at, class, tag, number);
    }

    #[inline]
    pub(super) fn fill_with(&mut self, at: u32, class: u8, tag: TypeTag, what: u32) {
        let (end, next) = (self.cursor.offset(), self.tape_end());
        if let Some(item) = self.message.tape.get_mut(at as usize) {
            *item = Item { end, next, what, class, tag };
        }
    }

    /// Reads something and puts it on the tape.
    pub(super) fn noted<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T>,
        what: impl FnOnce(T) -> What,
    ) -> Result<()> {
        let at = self.reserve();
        let object = read(self)?;
        self.fill(at, 0, TypeTag::Void, what(object));
        Ok(())
    }
}
