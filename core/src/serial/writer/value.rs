//! Writes values (2§6).

use std::net::IpAddr;

use crate::data::{List, Mutable, OpaqueState, Table, Value};

use super::super::Family;
use super::super::kind::val;
use super::decide::Decide;
use super::{Arc, Session};

impl<D: Decide> Session<'_, D> {
    /// Writes a value.
    #[inline]
    pub(super) fn value(&mut self, value: &Value) {
        if !self.anonymous(Family::Val, class(value)) {
            return;
        }
        match self.decide.other_type() {
            Some(ty) => self.ty(&ty),
            None => match value {
                Value::Enum(value) => self.ty(&value.ty),
                Value::List(list) => self.ty(&list.ty),
                Value::Table(table) => self.ty(&table.ty),
                Value::Record(record) => self.ty(&record.ty),
                Value::Vector(vector) => self.ty(&vector.ty),
                Value::Func(ty, _) | Value::File(ty, _) => self.ty(ty),
                Value::Opaque(opaque) => self.ty(&opaque.ty),
                scalar => self.base_type(scalar.tag()),
            },
        }
        self.content(value);
    }

    fn content(&mut self, value: &Value) {
        match value {
            Value::Bool(value) => self.i64(i64::from(*value)),
            Value::Int(value) => self.i64(*value),
            Value::Count(value) | Value::Counter(value) => self.u64(*value),
            Value::Double(value) | Value::Time(value) | Value::Interval(value) => self.f64(*value),
            Value::String(value) => self.string(value),
            Value::Pattern(pattern) => {
                if self.shared(pattern, Family::Pattern, 1) {
                    self.string(&pattern.anywhere);
                    self.string(&pattern.exact);
                }
            }
            Value::Enum(value) => self.i64(value.number),
            Value::Port(value) => self.u64(value.to_wire()),
            Value::Addr(value) => self.addr(*value),
            Value::Subnet(value) => {
                self.addr(value.prefix);
                self.u32(u32::from(value.width));
            }
            Value::List(list) => self.list(list),
            Value::Table(table) => self.table(table),
            Value::Record(record) => {
                self.mutable(&record.mutable);
                self.slots(&record.fields);
            }
            Value::Vector(vector) => {
                self.mutable(&vector.mutable);
                self.slots(&vector.items);
            }
            Value::Func(_, func) => self.func(func),
            Value::File(_, file) => self.file(file),
            Value::Opaque(opaque) => self.opaque(&opaque.state),
        }
    }

    fn addr(&mut self, addr: IpAddr) {
        match addr {
            IpAddr::V4(addr) => {
                self.u32(1);
                self.out.extend_from_slice(&addr.octets());
            }
            IpAddr::V6(addr) => {
                self.u32(4);
                self.out.extend_from_slice(&addr.octets());
            }
        }
    }

    fn mutable(&mut self, mutable: &Mutable) {
        self.u8(mutable.properties);
        self.string(&mutable.unique_id);
    }

    fn slots(&mut self, slots: &[Option<Value>]) {
        self.several(slots, |s, slot| s.optional(slot.as_ref(), |s, value| s.value(value)));
    }

    fn list(&mut self, list: &List) {
        self.u8(list.tag);
        self.several(&list.items, |s, value| s.value(value));
    }

    fn table(&mut self, table: &Table) {
        self.mutable(&table.mutable);
        self.optional(table.attributes.as_ref(), |s, attributes| s.attributes(attributes));
        self.optional(table.expire_time.as_ref(), |s, expr| s.expr(expr));
        self.optional(table.expire_func.as_ref(), |s, expr| s.expr(expr));
        for entry in &table.entries {
            self.bool(true);
            self.value(&Value::List(Arc::clone(&entry.index)));
            if let Some(value) = &entry.value {
                self.value(value);
            }
            self.f64(entry.last_access);
            self.f64(entry.expire_access);
        }
        self.bool(false);
    }
}

/// Returns the class that Bro writes a value of this kind as.
#[inline]
fn class(value: &Value) -> u8 {
    match value {
        Value::Interval(_) => val::INTERVAL,
        Value::Port(_) => val::PORT,
        Value::Addr(_) => val::ADDR,
        Value::Subnet(_) => val::SUBNET,
        Value::String(_) => val::STRING,
        Value::Pattern(_) => val::PATTERN,
        Value::List(_) => val::LIST,
        Value::Table(_) => val::TABLE,
        Value::Record(_) => val::RECORD,
        Value::Enum(_) => val::ENUM,
        Value::Vector(_) => val::VECTOR,
        Value::Opaque(opaque) => match opaque.state {
            OpaqueState::Md5(_) => val::MD5,
            OpaqueState::Sha1(_) => val::SHA1,
            OpaqueState::Sha256(_) => val::SHA256,
            OpaqueState::Entropy(_) => val::ENTROPY,
            OpaqueState::TopK(_) => val::TOPK,
            OpaqueState::Bloom(_) => val::BLOOM,
            OpaqueState::Cardinality(_) => val::CARDINALITY,
            OpaqueState::X509(_) => val::X509,
        },
        _ => val::PLAIN,
    }
}
