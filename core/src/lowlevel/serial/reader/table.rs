//! Reads tables and sets (2§6).

use std::sync::Arc;

use crate::data::{Entry, Mutable, Table, Type, TypeTag, Value};

use super::super::SerialErrorKind as Kind;
use super::super::indices::{digest_at, digest_of};
use super::super::kind::val;
use super::super::scalar::Sink;
use super::super::tape::{Container, Decode, What, is_set};
use super::MessageReader;
use super::value::unknown_type;
use crate::serial::scalar::expiry_of;
use crate::serial::scalar::{Result, lasting_name};

impl MessageReader<'_> {
    pub(super) fn table<S: Sink>(&mut self, sink: &mut S, at: u32, ty: Type) -> Result<()> {
        let is_set = is_set(&ty).ok_or_else(|| unknown_type(&ty))?;
        let (properties, unique_id) = (self.cursor.u8()?, self.cursor.string_bytes()?);
        let expiry = match self.mode.data_format.has_expiry_seconds() {
            true => Some(self.cursor.f64()?),
            false => None,
        };
        let attributes = self.optional(|s| {
            s.noted(MessageReader::attributes, |attributes| {
                What::Attributes(Arc::clone(attributes))
            })
        })?;
        let expr = |s: &mut Self| s.noted(MessageReader::expr, |expr| What::Expr(Arc::clone(expr)));
        let expire_time = match expiry {
            Some(seconds) => expiry_of(seconds, attributes.as_deref()),
            None => self.optional(expr)?,
        };
        let expire_func = self.optional(expr)?;
        let making = if S::MAKES { self.making(at) } else { 0 };
        let (first, mut entries) = self.indices.begin();
        while self.cursor.bool()? {
            let place = self.tape_end();
            let mut index = None;
            let mut value = None;
            if S::MAKES {
                self.any_into(&mut index)?;
            } else {
                self.any_into(&mut ())?;
            }
            match (&index, S::MAKES) {
                (Some(Value::List(list)), _) => self.indices.add(place, digest_of(list)),
                (_, true) => return Err(self.no_index(place)),
                (_, false) => self.skimmed_index(place)?,
            }
            match (is_set, S::MAKES) {
                (true, _) => {}
                (_, true) => self.value_into(&mut value)?,
                (_, false) => self.value_into(&mut ())?,
            }
            let (last_access, expire_access) = (self.cursor.f64()?, self.cursor.f64()?);
            if let Some(Value::List(index)) = index {
                entries.push(Entry { index, value, last_access, expire_access });
            }
        }
        self.check_indices(first)?;
        let entries = self.indices.end(entries);
        if S::MAKES {
            let mutable = Mutable { properties, unique_id: lasting_name(unique_id) };
            let table = Table { ty, mutable, attributes, expire_time, expire_func, entries };
            let table = Arc::new(table);
            self.made(making, Container::Table(Arc::downgrade(&table)));
            sink.put(|| Value::Table(table));
        }
        Ok(())
    }

    /// Returns the error for an item at this position of the tape that is not an index.
    #[cold]
    fn no_index(&self, at: u32) -> Kind {
        let tag = self.message.item(at).map_or(TypeTag::Error, |(_, item)| item.tag);
        Kind::WrongClass { class: val::LIST, tag }
    }

    /// Adds the index at this position of the tape without decoding it.
    fn skimmed_index(&mut self, at: u32) -> Result<()> {
        match digest_at(self.message, self.cursor.chunk(), at) {
            Some(digest) => {
                self.indices.add(at, digest);
                Ok(())
            }
            None => Err(self.no_index(at)),
        }
    }

    /// Checks that no two of a table's indices, all since `first`, are equal.
    ///
    /// Their digests are compared first, and are rarely equal.
    fn check_indices(&mut self, first: usize) -> Result<()> {
        let checked = match self.indices.may_have_equals(first) {
            true => self.compare(self.indices.since(first)),
            false => Ok(()),
        };
        self.indices.forget(first);
        checked
    }

    fn compare(&self, indices: &[(u64, u32)]) -> Result<()> {
        let decode =
            |(_, at): &(u64, u32)| Decode::new(self.cursor.chunk(), self.message, *at).index();
        let mut lists = indices.iter().map(decode).collect::<Result<Vec<_>>>()?;
        lists.sort();
        match lists.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            true => Err(Kind::DuplicateIndex),
            false => Ok(()),
        }
    }
}
