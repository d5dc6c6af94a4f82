//! Decodes the values of a SERIAL that was read before (2§6).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::data::{
    Entry, EnumValue, Items, List, Mutable, Record, Table, Type, TypeKind, TypeTag, Value, Vector,
};

use super::super::SerialErrorKind as Kind;
use super::super::kind::val;
use super::super::scalar::{Sink, scalar_into};
use super::{BASE, Found, Item, Message, What};
use crate::serial::scalar::expiry_of;
use crate::serial::scalar::{Cursor, Result};

/// An impossible error: tape and chunk do not match.
pub(in super::super) const MISFIT: Kind = Kind::Truncated { wanted: 0 };

/// Returns whether a type is a set rather than a table; `None` without the type's parts.
pub(in super::super) fn is_set(ty: &Type) -> Option<bool> {
    match ty.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::Set(_)) => Some(true),
        Some(TypeKind::Table(table)) => Some(table.yields.is_none()),
        _ => None,
    }
}

/// Decodes values from a chunk and its tape.
///
/// The reader has already found all errors, so decoding does not fail.
pub(in super::super) struct Decode<'a> {
    pub(in super::super) cursor: Cursor<'a>,
    message: &'a Message,
    at: u32,
    memo: Option<&'a mut Memo>,
}

/// Keeps decoded containers by their tape position, so that a value with many references is decoded
/// once and all references share it.
#[derive(Debug, Default)]
pub(in super::super) struct Memo(BTreeMap<u32, Done>);

#[derive(Debug)]
struct Done {
    value: Value,
    end: u32,
    next: u32,
}

impl Memo {
    pub(in super::super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the container that was decoded at this position.
    pub(in super::super) fn get(&self, at: u32) -> Option<&Value> {
        self.0.get(&at).map(|done| &done.value)
    }
}

impl<'a> Decode<'a> {
    /// Begins at a tape position of a message with this chunk.
    #[inline]
    pub(in super::super) fn new(chunk: &'a Bytes, message: &'a Message, at: u32) -> Decode<'a> {
        Decode { cursor: Cursor::new(chunk), message, at, memo: None }
    }

    /// Uses the containers decoded before, and adds new ones.
    pub(in super::super) fn with_memo(self, memo: &'a mut Memo) -> Decode<'a> {
        Decode { memo: Some(memo), ..self }
    }

    /// Returns the next item without taking it.
    pub(in super::super) fn peek(&self) -> Option<&'a Item> {
        self.message.item(self.at).map(|(_, item)| item)
    }

    /// Takes the next item.
    #[inline]
    pub(in super::super) fn item(&mut self) -> Result<(&'a Item, Found<'a>)> {
        let (at, item) = self.message.item(self.at).ok_or(MISFIT)?;
        self.at = at + 1;
        self.cursor.seek(item.end);
        Ok((item, self.message.found(item).ok_or(MISFIT)?))
    }

    /// Takes the next item, which is not a value.
    pub(in super::super) fn object(&mut self) -> Result<&'a What> {
        match self.item()?.1 {
            Found::Object(what) => Ok(what),
            Found::Base => Err(MISFIT),
        }
    }

    /// Decodes the next value.
    pub(in super::super) fn value(&mut self) -> Result<Value> {
        let mut value = None;
        self.value_into(&mut value)?;
        value.ok_or(MISFIT)
    }

    /// Decodes the next value into a sink.
    #[inline(always)]
    pub(super) fn value_into<S: Sink>(&mut self, sink: &mut S) -> Result<()> {
        let (at, item) = self.message.item(self.at).ok_or(MISFIT)?;
        self.at = at + 1;
        self.cursor.seek(item.end);
        // IPv4 addresses may be encoded as IPv6 ones in data formats without IPv6.
        if item.what == BASE && self.message.data_format.has_ipv6() {
            let (chunk, content) = (self.cursor.chunk(), self.cursor.rest());
            // The width of a subnet was checked by the reader.
            if let Some(rest) = scalar_into(sink, item.tag, chunk, content, true) {
                self.cursor.set_rest(rest);
                return Ok(());
            }
        }
        let value = self.other(at, item)?;
        sink.put(|| value);
        Ok(())
    }

    #[inline(never)]
    fn other(&mut self, at: u32, item: &'a Item) -> Result<Value> {
        match self.message.found(item).ok_or(MISFIT)? {
            Found::Base => self.content(at, item.class, item.tag, &Type::Base(item.tag)),
            Found::Object(What::Full(ty)) => self.content(at, item.class, item.tag, ty),
            Found::Object(What::Known(known)) => Ok(known.value.clone()),
            Found::Object(_) => Err(MISFIT),
        }
    }

    fn content(&mut self, at: u32, class: u8, tag: TypeTag, ty: &Type) -> Result<Value> {
        Ok(match tag {
            TypeTag::Addr => Value::Addr(self.cursor.addr(self.message.data_format)?),
            // The width was checked by the reader.
            TypeTag::Subnet => Value::Subnet(self.cursor.subnet(self.message.data_format, true)?),
            TypeTag::Enum => Value::Enum(EnumValue { ty: ty.clone(), number: self.cursor.i64()? }),
            TypeTag::Func => match self.object()? {
                What::Func(func) => Value::Func(ty.clone(), Arc::clone(func)),
                _ => return Err(MISFIT),
            },
            TypeTag::File => match self.object()? {
                What::File(file) => Value::File(ty.clone(), Arc::clone(file)),
                _ => return Err(MISFIT),
            },
            TypeTag::Pattern => match self.object()? {
                What::Pattern(pattern) => Value::Pattern(Arc::clone(pattern)),
                _ => return Err(MISFIT),
            },
            TypeTag::List
            | TypeTag::Table
            | TypeTag::Record
            | TypeTag::Vector
            | TypeTag::Opaque => return self.container(at, class, tag, ty),
            tag => {
                let (mut value, chunk) = (None, self.cursor.chunk());
                // The width of a subnet was checked by the reader.
                let rest = scalar_into(&mut value, tag, chunk, self.cursor.rest(), true);
                self.cursor.set_rest(rest.ok_or(MISFIT)?);
                value.ok_or(MISFIT)?
            }
        })
    }

    fn container(&mut self, at: u32, class: u8, tag: TypeTag, ty: &Type) -> Result<Value> {
        if let Some(done) = self.memo.as_ref().and_then(|memo| memo.0.get(&at)) {
            self.at = done.next;
            self.cursor.seek(done.end);
            return Ok(done.value.clone());
        }
        let ty = ty.clone();
        let value = match tag {
            TypeTag::List => Value::List(Arc::new(self.list(ty)?)),
            TypeTag::Table => Value::Table(Arc::new(self.table(ty)?)),
            TypeTag::Record => Value::Record(Arc::new(self.record(ty)?)),
            TypeTag::Vector => Value::Vector(Arc::new(self.vector(ty)?)),
            _ => Value::Opaque(Arc::new(self.opaque(class, ty)?)),
        };
        let (end, next) = (self.cursor.offset(), self.at);
        if let Some(memo) = &mut self.memo {
            memo.0.insert(at, Done { value: value.clone(), end, next });
        }
        Ok(value)
    }

    /// Skips the content of a container.
    pub(in super::super) fn pass_container(
        &mut self,
        class: u8,
        tag: TypeTag,
        ty: &Type,
    ) -> Result<()> {
        self.content(self.at - 1, class, tag, ty).map(drop)
    }

    /// Decodes an element's index, or another list.
    pub(in super::super) fn index(&mut self) -> Result<Arc<List>> {
        match self.value()? {
            Value::List(list) => Ok(list),
            other => Err(Kind::WrongClass { class: val::LIST, tag: other.tag() }),
        }
    }

    fn list(&mut self, ty: Type) -> Result<List> {
        let tag = self.message.data_format.type_in_26(self.cursor.u8()?);
        let count = self.cursor.count(1)?;
        if count == 1 {
            return Ok(List { ty, tag, items: Items::one(self.value()?) });
        }
        let mut items = Vec::with_capacity(count);
        (0..count).try_for_each(|_| self.value_into(&mut items))?;
        Ok(List { ty, tag, items: items.into() })
    }

    fn mutable(&mut self) -> Result<Mutable> {
        Ok(Mutable { properties: self.cursor.u8()?, unique_id: self.cursor.lasting_name()? })
    }

    fn record(&mut self, ty: Type) -> Result<Record> {
        let mutable = self.mutable()?;
        let fields = self.slots()?;
        Ok(Record { ty, mutable, fields })
    }

    fn vector(&mut self, ty: Type) -> Result<Vector> {
        let mutable = self.mutable()?;
        let items = self.slots()?;
        Ok(Vector { ty, mutable, items })
    }

    fn table(&mut self, ty: Type) -> Result<Table> {
        let is_set = is_set(&ty).ok_or(MISFIT)?;
        let mutable = self.mutable()?;
        let expiry = match self.message.data_format.has_expiry_seconds() {
            true => Some(self.cursor.f64()?),
            false => None,
        };
        let attributes = self.optional(|d| match d.object()? {
            What::Attributes(attributes) => Ok(Arc::clone(attributes)),
            _ => Err(MISFIT),
        })?;
        let expire_time = match expiry {
            Some(seconds) => expiry_of(seconds, attributes.as_deref()),
            None => self.optional(Decode::expr)?,
        };
        let expire_func = self.optional(Decode::expr)?;
        let mut table = Table { mutable, attributes, expire_time, expire_func, ..Table::new(ty) };
        while self.cursor.bool()? {
            table.entries.push(Entry {
                index: self.index()?,
                value: if is_set { None } else { Some(self.value()?) },
                last_access: self.cursor.f64()?,
                expire_access: self.cursor.f64()?,
            });
        }
        Ok(table)
    }

    fn expr(&mut self) -> Result<Arc<crate::data::Expr>> {
        match self.object()? {
            What::Expr(expr) => Ok(Arc::clone(expr)),
            _ => Err(MISFIT),
        }
    }

    pub(super) fn ty(&mut self) -> Result<Type> {
        match self.object()? {
            What::Type(ty) => Ok(ty.clone()),
            _ => Err(MISFIT),
        }
    }

    #[inline]
    pub(super) fn optional<T>(
        &mut self,
        decode: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<Option<T>> {
        if self.cursor.bool()? { decode(self).map(Some) } else { Ok(None) }
    }

    /// Decodes the elements of a record or a vector, which may be absent.
    fn slots(&mut self) -> Result<Vec<Option<Value>>> {
        // The reader has read as many elements.
        let count = self.cursor.count(1)?;
        let mut slots: Vec<Option<Value>> = (0..count).map(|_| None).collect();
        for slot in &mut slots {
            if self.cursor.bool()? {
                self.value_into(slot)?;
            }
        }
        Ok(slots)
    }
}
