//! Writes values (2§6).

use std::net::IpAddr;

use crate::data::{List, Mutable, OpaqueState, Table, Type, TypeTag, Value};

use super::super::Family;
use super::super::kind::val;
use super::Session;
use super::decide::Decide;

impl<D: Decide> Session<'_, D> {
    /// Writes a value.
    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Count(number) => {
                if self.scalar(val::PLAIN, TypeTag::Count) {
                    self.u64(*number);
                }
            }
            Value::String(text) => {
                if self.scalar(val::STRING, TypeTag::String) {
                    self.string(text);
                }
            }
            Value::Addr(addr) => {
                if self.scalar(val::ADDR, TypeTag::Addr) {
                    self.addr(*addr);
                }
            }
            Value::Port(port) => {
                if self.scalar(val::PORT, TypeTag::Port) {
                    self.u64(port.to_wire());
                }
            }
            Value::Bool(value) => {
                if self.scalar(val::PLAIN, TypeTag::Bool) {
                    self.i64(i64::from(*value));
                }
            }
            Value::Int(number) => {
                if self.scalar(val::PLAIN, TypeTag::Int) {
                    self.i64(*number);
                }
            }
            Value::Counter(number) => {
                if self.scalar(val::PLAIN, TypeTag::Counter) {
                    self.u64(*number);
                }
            }
            Value::Double(number) => {
                if self.scalar(val::PLAIN, TypeTag::Double) {
                    self.f64(*number);
                }
            }
            Value::Time(seconds) => {
                if self.scalar(val::PLAIN, TypeTag::Time) {
                    self.f64(*seconds);
                }
            }
            Value::Interval(seconds) => {
                if self.scalar(val::INTERVAL, TypeTag::Interval) {
                    self.f64(*seconds);
                }
            }
            Value::Subnet(subnet) => {
                if self.scalar(val::SUBNET, TypeTag::Subnet) {
                    self.addr(subnet.prefix);
                    self.u32(u32::from(subnet.width));
                }
            }
            Value::Pattern(pattern) => {
                if self.scalar(val::PATTERN, TypeTag::Pattern)
                    && self.shared(pattern, Family::Pattern, 1)
                {
                    self.string(&pattern.anywhere);
                    self.string(&pattern.exact);
                }
            }
            Value::Enum(value) => {
                if self.typed(val::ENUM, &value.ty) {
                    self.i64(value.number);
                }
            }
            Value::List(list) => {
                if self.typed(val::LIST, &list.ty) {
                    self.list(list);
                }
            }
            Value::Table(table) => {
                if self.typed(val::TABLE, &table.ty) {
                    self.table(table);
                }
            }
            Value::Record(record) => {
                if self.typed(val::RECORD, &record.ty) {
                    self.mutable(&record.mutable);
                    self.slots(&record.fields);
                }
            }
            Value::Vector(vector) => {
                if self.typed(val::VECTOR, &vector.ty) {
                    self.mutable(&vector.mutable);
                    self.slots(&vector.items);
                }
            }
            Value::Func(ty, func) => {
                if self.typed(val::PLAIN, ty) {
                    self.func(func);
                }
            }
            Value::File(ty, file) => {
                if self.typed(val::PLAIN, ty) {
                    self.file(file);
                }
            }
            Value::Opaque(opaque) => {
                if self.typed(opaque_class(&opaque.state), &opaque.ty) {
                    self.opaque(&opaque.state);
                }
            }
        }
    }

    /// Writes the header of a value, and its type; returns whether the content is to follow.
    fn typed(&mut self, class: u8, ty: &Type) -> bool {
        let full = self.anonymous(Family::Val, class);
        if full {
            match self.decide.other_type() {
                Some(ty) => self.ty(&ty),
                None => self.ty(ty),
            }
        }
        full
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
            if self.typed(val::LIST, &entry.index.ty) {
                self.list(&entry.index);
            }
            if let Some(value) = &entry.value {
                self.value(value);
            }
            self.f64(entry.last_access);
            self.f64(entry.expire_access);
        }
        self.bool(false);
    }
}

const fn opaque_class(state: &OpaqueState) -> u8 {
    match state {
        OpaqueState::Md5(_) => val::MD5,
        OpaqueState::Sha1(_) => val::SHA1,
        OpaqueState::Sha256(_) => val::SHA256,
        OpaqueState::Entropy(_) => val::ENTROPY,
        OpaqueState::TopK(_) => val::TOPK,
        OpaqueState::Bloom(_) => val::BLOOM,
        OpaqueState::Cardinality(_) => val::CARDINALITY,
        OpaqueState::X509(_) => val::X509,
    }
}
