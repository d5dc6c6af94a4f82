//! The content of containers in calls in the usual form (2§6).

use std::sync::Arc;

use crate::data::{Entry, Items, List, Mutable, Record, Table, Type, TypeTag, Value, Vector};

use super::super::indices::{digest_at, digest_of};
use super::super::scalar::{EAGER, more, word};
use super::super::tape::{Container, is_set};
use super::{LEAST, Output, Types, Walk};
use crate::serial::scalar::lasting_name;

impl<'c, T: Types> Walk<'_, 'c, T> {
    /// Reads a record or a vector.
    #[inline(always)]
    pub(super) fn slots<S: Output, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        content: &'c [u8],
        (ty, tag): (Type, TypeTag),
    ) -> Option<&'c [u8]> {
        let (properties, unique_id, rest) = mutable(content)?;
        let (count, mut rest) = rest.split_first_chunk()?;
        let count = u32::from_be_bytes(*count) as usize;
        if count > rest.len() {
            return None;
        }
        if !S::MAKES {
            return self.values::<S, WIDE, true>(sink, rest, count);
        }
        let mut slots = Vec::with_capacity(count.min(EAGER));
        while slots.len() < count {
            let mut part = more(&mut slots, count);
            let length = part.len();
            rest = self.values::<_, WIDE, true>(&mut part, rest, length)?;
        }
        let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
        if tag == TypeTag::Record {
            let record = Arc::new(Record { ty, mutable, fields: slots });
            self.types.made(Container::Record(Arc::downgrade(&record)));
            sink.put(|| Value::Record(record));
        } else {
            let vector = Arc::new(Vector { ty, mutable, items: slots });
            self.types.made(Container::Vector(Arc::downgrade(&vector)));
            sink.put(|| Value::Vector(vector));
        }
        Some(rest)
    }

    #[inline(always)]
    pub(super) fn list<S: Output, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        content: &'c [u8],
        ty: Type,
    ) -> Option<&'c [u8]> {
        if S::MAKES {
            let (list, rest) = self.items::<WIDE>(content, ty)?;
            sink.put(|| Value::List(Arc::new(list)));
            return Some(rest);
        }
        let (_, count, rest) = items(content)?;
        self.values::<S, WIDE, false>(sink, rest, count)
    }

    #[inline(always)]
    fn items<const WIDE: bool>(&mut self, content: &'c [u8], ty: Type) -> Option<(List, &'c [u8])> {
        let (number, count, rest) = items(content)?;
        let tag = self.mode.data_format.type_in_26(number);
        if count == 1 {
            let mut item = None;
            let rest = self.value::<Option<Value>, WIDE>(&mut item, rest)?;
            return Some((List { ty, tag, items: Items::one(item?) }, rest));
        }
        let mut items = Vec::with_capacity(fitting(count, rest)?);
        let rest = self.values::<_, WIDE, false>(&mut items, rest, count)?;
        Some((List { ty, tag, items: items.into() }, rest))
    }

    /// Reads the index of an entry.
    #[inline(never)]
    fn index<const WIDE: bool>(&mut self, bytes: &'c [u8]) -> Option<(Arc<List>, &'c [u8])> {
        let (class, ty, content) = self.header::<WIDE>(bytes)?;
        let (ty, tag, begun) = self.begin(&mut None::<Value>, class, ty, content)?;
        if tag != TypeTag::List {
            return None;
        }
        let (list, rest) = self.items::<WIDE>(content, ty)?;
        self.end(&mut None::<Value>, begun);
        Some((Arc::new(list), rest))
    }

    /// Reads a table or a set without attributes.
    #[inline(never)]
    pub(super) fn table<S: Output, const WIDE: bool>(
        &mut self,
        sink: &mut S,
        content: &'c [u8],
        ty: Type,
    ) -> Option<&'c [u8]> {
        let is_set = is_set(&ty)?;
        let (properties, unique_id, mut rest) = mutable(content)?;
        if self.mode.data_format.has_expiry_seconds() {
            let (seconds, flags) = word(rest)?;
            rest = Some(flags).filter(|_| seconds == 0)?;
        }
        let flags = if self.mode.data_format.has_expiry_seconds() { 2 } else { 3 };
        let (flags, entries) = rest.split_at_checked(flags)?;
        if flags.contains(&1) {
            return None;
        }
        let mut rest = entries;
        let (first, mut entries) = self.indices.begin();
        loop {
            let (flag, entry) = rest.split_first()?;
            rest = entry;
            if *flag != 1 {
                break;
            }
            self.check_objects(4)?;
            let (mut index, mut value) = (None, None);
            if S::MAKES {
                let (list, after) = self.index::<WIDE>(rest)?;
                self.indices.add(0, digest_of(&list));
                (index, rest) = (Some(list), after);
                if !is_set {
                    rest = self.value::<Option<Value>, WIDE>(&mut value, rest)?;
                }
            } else {
                let place = sink.message()?.tape.len() as u32;
                rest = self.value::<S, WIDE>(sink, rest)?;
                self.indices.add(place, digest_at(sink.message()?, self.chunk, place)?);
                if !is_set {
                    rest = self.value::<S, WIDE>(sink, rest)?;
                }
            }
            let (last_access, times) = word(rest)?;
            let (expire_access, after) = word(times)?;
            rest = after;
            if let Some(index) = index {
                let (last_access, expire_access) =
                    (f64::from_bits(last_access), f64::from_bits(expire_access));
                entries.push(Entry { index, value, last_access, expire_access });
            }
        }
        if self.indices.may_have_equals(first) {
            return None;
        }
        self.indices.forget(first);
        let entries = self.indices.end(entries);
        if S::MAKES {
            let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
            let table = Arc::new(Table { mutable, entries, ..Table::new(ty) });
            self.types.made(Container::Table(Arc::downgrade(&table)));
            sink.put(|| Value::Table(table));
        }
        Some(rest)
    }
}

/// Returns for how many of these values to reserve space, if the bytes can hold all of them.
#[inline(always)]
fn fitting(count: usize, bytes: &[u8]) -> Option<usize> {
    (count <= bytes.len() / LEAST).then_some(count.min(EAGER))
}

/// Splits the beginning of a container: its properties and unique ID.
#[inline(always)]
fn mutable(content: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (properties, rest) = content.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (unique_id, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((*properties, unique_id, rest))
}

/// Splits the beginning of a list: the number of the type of its values, and how many there are.
#[inline(always)]
fn items(content: &[u8]) -> Option<(u8, usize, &[u8])> {
    let ([number, count @ ..], rest) = content.split_first_chunk::<5>()?;
    Some((*number, u32::from_be_bytes(*count) as usize, rest))
}
