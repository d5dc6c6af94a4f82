//! Reads object headers, counts objects (2§3, 2§12), and records items on the tape.

use super::{EAGER, MessageReader};
use crate::data::TypeTag;
use crate::serial::cache::{CacheSlot, Extent};
use crate::serial::lazy::{Location, Mark};
use crate::serial::scalar::Result;
use crate::serial::tape::{Container, Item, JUMP, Made, PENDING, What};
use crate::serial::{Family, SerialErrorKind as Kind, kind};

/// The content of an object's header.
pub(super) enum Head {
    /// A reference to the object with this id.
    Known(u64),
    /// The object follows: its place in the cache, and its class.
    New(CacheSlot, u8),
}

impl MessageReader<'_> {
    /// Returns the minimum size of an object in bytes: that of a reference.
    pub(super) fn least_object(&self) -> u32 {
        if self.mode.pid_64bit { 9 } else { 5 }
    }

    /// Reads an object's header, and the location that counted objects may have (2§3).
    #[inline]
    pub(super) fn head(&mut self, family: Family) -> Result<Head> {
        self.count_objects(1)?;
        let start = self.cursor.offset();
        let full = self.cursor.bool()?;
        let pid =
            if self.mode.pid_64bit { self.cursor.u64()? } else { u64::from(self.cursor.u32()?) };
        if !full {
            if let Some(transcript) = &mut self.transcript {
                transcript.marks.push(Mark::Reference { pid });
            }
            return Ok(Head::Known(pid));
        }
        let serial_type = self.cursor.u16()?;
        let (found, class) =
            kind::split(serial_type).ok_or(Kind::UnknownSerialType(serial_type))?;
        if found != family {
            return Err(Kind::WrongFamily { expected: family, found });
        }
        if let Some(transcript) = &mut self.transcript {
            self.position = transcript.marks.len();
            transcript.marks.push(Mark::Full { pid, serial_type });
        }
        let place = self.cache.register(pid, family, self.mode, start);
        if family.is_counted() && self.cursor.bool()? {
            self.location()?;
        }
        Ok(Head::New(place, class))
    }

    /// Returns the error for a reference where only a full object is allowed.
    pub(super) fn wrong_family(&mut self, expected: Family, pid: u64) -> Kind {
        match self.cache.look_up(pid) {
            Ok((object, _)) => Kind::WrongFamily { expected, found: object.family() },
            Err(kind) => kind,
        }
    }

    #[inline]
    pub(super) fn count_objects(&mut self, objects: u32) -> Result<()> {
        self.objects = self.objects.saturating_add(objects);
        if self.objects > self.limits.objects {
            return Err(Kind::TooManyObjects(self.limits.objects));
        }
        Ok(())
    }

    /// Reads an object's location in a script. Peers never send one, and it is not kept.
    pub(super) fn location(&mut self) -> Result<()> {
        let position = self.position;
        match self.head(Family::Location)? {
            Head::Known(pid) => Err(self.wrong_family(Family::Location, pid)),
            Head::New(..) => {
                let file = self.cursor.string()?;
                let mut numbers = [0; 4];
                for number in &mut numbers {
                    *number = self.cursor.u32()?;
                }
                if let Some(transcript) = &mut self.transcript {
                    transcript.locations.push((position, Location { file, numbers }));
                }
                self.position = position;
                Ok(())
            }
        }
    }

    /// Reads the content of an object, within the nesting limit.
    #[inline]
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        self.reach(Extent::default())?;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Records that an object with this extent lies at the current position.
    ///
    /// A referenced object counts as if it were sent here. Otherwise references, a few per SERIAL,
    /// could nest without limit, or a few messages could represent more objects than anyone can
    /// process.
    #[inline]
    pub(super) fn reach(&mut self, extent: Extent) -> Result<()> {
        let depth = self.depth.saturating_add(extent.height);
        if depth > self.limits.depth {
            return Err(Kind::TooDeep(self.limits.depth));
        }
        self.deepest = self.deepest.max(depth);
        self.count_objects(extent.objects)
    }

    /// Reads an object's body and measures the object's extent.
    #[inline]
    pub(super) fn measured<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Extent)> {
        let around = std::mem::replace(&mut self.deepest, self.depth);
        let before = self.objects;
        let body = read(self)?;
        let extent = Extent { height: self.deepest - self.depth, objects: self.objects - before };
        self.deepest = self.deepest.max(around);
        Ok((body, extent))
    }

    #[inline]
    pub(super) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<Option<T>> {
        if self.cursor.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Reads a number and then as many elements of at least `least` bytes each.
    pub(super) fn several<T>(
        &mut self,
        least: u32,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = self.cursor.count(least)?;
        let mut elements = Vec::with_capacity(count.min(EAGER));
        for _ in 0..count {
            elements.push(read(self)?);
        }
        Ok(elements)
    }
}

/// Defines how objects of a family are read: by reference, or in full by their class.
macro_rules! read_object {
    ($read:ident, $family:ident, $object:ident, $output:ty, $body:ident) => {
        pub(super) fn $read(&mut self) -> Result<Arc<$output>> {
            match self.head(Family::$family)? {
                Head::Known(pid) => match self.cache.look_up(pid)? {
                    (Object::$object(object), extent) => {
                        let object = Arc::clone(object);
                        self.reach(extent)?;
                        Ok(object)
                    }
                    (other, _) => {
                        let found = other.family();
                        Err(Kind::WrongFamily { expected: Family::$family, found })
                    }
                },
                Head::New(place, class) => {
                    let (body, extent) = self.measured(|s| s.nested(|s| s.$body(class)))?;
                    let object = Arc::new(body);
                    self.store(place, Object::$object(Arc::clone(&object)), extent);
                    Ok(object)
                }
            }
        }
    };
}
pub(super) use read_object;

impl MessageReader<'_> {
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
