//! Writes values (2§6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::data::{List, Mutable, OpaqueState, Table, Type, TypeTag, Value};

use super::super::Family;
use super::super::kind::val;
use super::decide::Decide;
use super::{Session, length};

impl<D: Decide> Session<'_, D> {
    /// Writes a value.
    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                if self.scalar(val::STRING, TypeTag::String, length(text)) {
                    self.bytes(text);
                }
            }
            Value::Count(number) => self.number(val::PLAIN, TypeTag::Count, *number),
            Value::Int(number) => self.number(val::PLAIN, TypeTag::Int, *number as u64),
            Value::Bool(value) => self.number(val::PLAIN, TypeTag::Bool, u64::from(*value)),
            Value::Counter(number) => self.number(val::PLAIN, TypeTag::Counter, *number),
            Value::Double(number) => self.number(val::PLAIN, TypeTag::Double, number.to_bits()),
            Value::Time(seconds) => self.number(val::PLAIN, TypeTag::Time, seconds.to_bits()),
            Value::Interval(seconds) => {
                self.number(val::INTERVAL, TypeTag::Interval, seconds.to_bits());
            }
            Value::Port(port) => self.number(val::PORT, TypeTag::Port, port.to_wire()),
            Value::Addr(IpAddr::V4(addr)) => {
                self.scalar(val::ADDR, TypeTag::Addr, addr_v4(*addr));
            }
            Value::Addr(IpAddr::V6(addr)) => {
                self.scalar(val::ADDR, TypeTag::Addr, addr_v6(*addr));
            }
            Value::Subnet(subnet) => {
                let full = match subnet.prefix {
                    IpAddr::V4(addr) => self.scalar(val::SUBNET, TypeTag::Subnet, addr_v4(addr)),
                    IpAddr::V6(addr) => self.scalar(val::SUBNET, TypeTag::Subnet, addr_v6(addr)),
                };
                if full {
                    self.u32(u32::from(subnet.width));
                }
            }
            Value::Pattern(pattern) => {
                if self.scalar(val::PATTERN, TypeTag::Pattern, [])
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

    /// Writes a value whose content is one number of 64 bits.
    #[inline]
    fn number(&mut self, class: u8, tag: TypeTag, number: u64) {
        self.scalar(class, tag, number.to_be_bytes());
    }

    fn mutable(&mut self, mutable: &Mutable) {
        let [a, b, c, d] = length(&mutable.unique_id);
        self.append([mutable.properties, a, b, c, d]);
        self.bytes(&mutable.unique_id);
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

/// The number of words and the words of an address.
fn addr_v4(addr: Ipv4Addr) -> [u8; 8] {
    let [a, b, c, d] = addr.octets();
    [0, 0, 0, 1, a, b, c, d]
}

fn addr_v6(addr: Ipv6Addr) -> [u8; 20] {
    let mut words = [0; 20];
    words[..4].copy_from_slice(&4_u32.to_be_bytes());
    words[4..].copy_from_slice(&addr.octets());
    words
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
