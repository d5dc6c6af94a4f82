//! The content of containers in calls in the usual form (2§6).

use std::sync::Arc;

use crate::data::{Entry, Items, List, Mutable, Record, Table, Type, TypeTag, Value, Vector};

use super::super::indices::{digest_at, digest_of, digest_of_one};
use super::super::kind::val;
use super::super::scalar::{EAGER, Sink, word};
use super::super::tape::{Container, is_set};
use super::{IN_FULL, LEAST, Output, Types, Walk, class_of, kind_in_full};
use crate::serial::scalar::lasting_name;

impl<'c, T: Types> Walk<'_, 'c, T> {
    /// Reads a record or a vector.
    #[inline(always)]
    pub(super) fn slots<S: Output, const FORM: u8>(
        &mut self,
        sink: &mut S,
        content: &'c [u8],
        (ty, tag): (Type, TypeTag),
    ) -> Option<&'c [u8]> {
        let (properties, unique_id, rest) = mutable(content)?;
        let (count, rest) = rest.split_first_chunk()?;
        let count = u32::from_be_bytes(*count) as usize;
        if count > rest.len() {
            return None;
        }
        if !S::MAKES {
            return self.values::<S, FORM, true>(sink, rest, count);
        }
        let mut slots = Vec::with_capacity(count.min(EAGER));
        let rest = self.values::<_, FORM, true>(&mut slots, rest, count)?;
        let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
        if tag == TypeTag::Record {
            let record = Arc::new(Record { ty, mutable, fields: slots });
            if FORM != IN_FULL {
                self.types.made(Container::Record(Arc::downgrade(&record)));
            }
            sink.put(|| Value::Record(record));
        } else {
            let vector = Arc::new(Vector { ty, mutable, items: slots });
            if FORM != IN_FULL {
                self.types.made(Container::Vector(Arc::downgrade(&vector)));
            }
            sink.put(|| Value::Vector(vector));
        }
        Some(rest)
    }

    #[inline(always)]
    pub(super) fn list<S: Output, const FORM: u8>(
        &mut self,
        sink: &mut S,
        content: &'c [u8],
        ty: Type,
    ) -> Option<&'c [u8]> {
        if !S::MAKES {
            let (_, count, rest) = items(content)?;
            return self.values::<S, FORM, false>(sink, rest, count);
        }
        let mut list = ListOf { ty: &ty, list: None, digest: 0, tag: 0 };
        let rest = self.items::<FORM>(&mut list, content)?;
        let list = list.list?;
        sink.put(|| Value::List(list));
        Some(rest)
    }

    /// Reads the content of a list.
    #[inline(always)]
    fn items<const FORM: u8>(
        &mut self,
        list: &mut ListOf<'_>,
        content: &'c [u8],
    ) -> Option<&'c [u8]> {
        let (number, count, rest) = items(content)?;
        list.tag = self.mode.data_format.type_in_26(number);
        if count == 1 {
            return self.value::<_, FORM>(list, rest);
        }
        self.several::<FORM>(list, rest, count)
    }

    #[inline(never)]
    fn several<const FORM: u8>(
        &mut self,
        list: &mut ListOf<'_>,
        rest: &'c [u8],
        count: usize,
    ) -> Option<&'c [u8]> {
        let mut items = Vec::with_capacity(fitting(count, rest)?);
        let rest = self.values::<_, FORM, false>(&mut items, rest, count)?;
        list.set(items.into());
        list.digest = list.list.as_deref().map_or(0, digest_of);
        Some(rest)
    }

    /// Reads a table or a set without attributes.
    #[inline(never)]
    pub(super) fn table<S: Output, const FORM: u8>(
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
        let (flags, rest) = rest.split_at_checked(flags)?;
        if flags.contains(&1) {
            return None;
        }
        let (first, mut entries) = self.indices.begin();
        let rest = match S::MAKES {
            true => self.entries::<FORM>(&mut entries, is_set, rest)?,
            false => self.taped_entries::<S, FORM>(sink, is_set, rest)?,
        };
        if self.indices.may_have_equals(first) {
            return None;
        }
        self.indices.forget(first);
        let entries = self.indices.end(entries);
        if S::MAKES {
            let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
            let table = Arc::new(Table { mutable, entries, ..Table::new(ty) });
            if FORM != IN_FULL {
                self.types.made(Container::Table(Arc::downgrade(&table)));
            }
            sink.put(|| Value::Table(table));
        }
        Some(rest)
    }

    /// Reads the entries of a table onto the tape.
    #[inline(always)]
    fn taped_entries<S: Output, const FORM: u8>(
        &mut self,
        sink: &mut S,
        is_set: bool,
        mut rest: &'c [u8],
    ) -> Option<&'c [u8]> {
        while let ([1], entry) = rest.split_first_chunk()? {
            self.check_objects(4)?;
            let place = sink.message()?.tape.len() as u32;
            rest = self.value::<S, FORM>(sink, entry)?;
            self.indices.add(place, digest_at(sink.message()?, self.chunk, place)?);
            if !is_set {
                rest = self.value::<S, FORM>(sink, rest)?;
            }
            rest = rest.get(16..)?;
        }
        rest.get(1..)
    }

    /// Reads the entries of a table.
    #[inline(always)]
    fn entries<const FORM: u8>(
        &mut self,
        entries: &mut Vec<Entry>,
        is_set: bool,
        mut rest: &'c [u8],
    ) -> Option<&'c [u8]> {
        // The indices of all entries have the same type.
        let (mut pid, mut encoding, mut ty, mut parts) = (0, &[][..], Type::ANY, 0);
        while let ([1], entry) = rest.split_first_chunk()? {
            let (kind, id, mut content) = match FORM {
                IN_FULL => kind_in_full(entry).map(|(kind, content)| (kind, 0, content))?,
                _ => self.header::<FORM>(entry)?,
            };
            let known = match FORM {
                IN_FULL => content.strip_prefix(encoding).filter(|_| !encoding.is_empty()),
                _ => (id == pid && self.types.again(id, self.stamp())).then_some(content),
            };
            if let Some(known) = known {
                content = known;
                self.parts += parts;
            } else {
                let before = self.parts;
                let (new, height, after) = self.type_of::<FORM>(id, content)?;
                self.enter(height, true)?;
                self.depth -= 1;
                (encoding, pid, ty) = (content.get(..content.len() - after.len())?, id, new);
                (content, parts) = (after, self.parts - before);
            }
            if class_of(kind)? != val::LIST || ty.tag() != Some(TypeTag::List) {
                return None;
            }
            self.next += 1;
            self.depth += 1;
            let mut list = ListOf { ty: &ty, list: None, digest: 0, tag: 0 };
            rest = self.items::<FORM>(&mut list, content)?;
            self.depth -= 1;
            self.indices.add(0, list.digest);
            let mut value = None::<Value>;
            if !is_set {
                rest = self.value::<_, FORM>(&mut value, rest)?;
            }
            let (last_access, times) = word(rest)?;
            let (expire_access, after) = word(times)?;
            rest = after;
            entries.push(Entry {
                index: list.list?,
                value,
                last_access: f64::from_bits(last_access),
                expire_access: f64::from_bits(expire_access),
            });
        }
        rest.get(1..)
    }
}

/// Takes the only value of a list of this type.
struct ListOf<'t> {
    ty: &'t Type,
    tag: u8,
    list: Option<Arc<List>>,
    /// The list's digest as an index.
    digest: u64,
}

impl ListOf<'_> {
    #[inline(always)]
    fn set(&mut self, items: Items) {
        self.list = Some(Arc::new(List { ty: self.ty.clone(), tag: self.tag, items }));
    }
}

impl Sink for ListOf<'_> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, make: impl FnOnce() -> Value) {
        let value = make();
        self.digest = digest_of_one(&value);
        self.set(Items::one(value));
    }
}

impl Output for ListOf<'_> {}

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
