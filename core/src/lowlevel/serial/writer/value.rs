//! Writes values (2§6) and types (2§4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::decide::Decide;
use super::{Arc, MessageWriter, length};
use crate::data::{
    Attribute, Attributes, EnumValue, Field, File, Func, List, Mutable, Name, Opaque, OpaqueState,
    Pattern, Record, Subnet, Table, Type, TypeDef, TypeKind, TypeTag, Value, Vector,
};
use crate::serial::Family;
use crate::serial::cache::{Decision, Kept};
use crate::serial::kind::{ty, val};
use crate::serial::scalar::expiry_seconds;

impl<D: Decide> MessageWriter<'_, D> {
    /// Writes values.
    #[inline]
    pub(super) fn values(&mut self, values: &[Value]) {
        if self.decide.may_be_known() {
            values.iter().for_each(|value| self.value_as::<true>(value));
        } else {
            values.iter().for_each(|value| self.value_as::<false>(value));
        }
    }

    /// Writes a value.
    #[inline]
    pub(super) fn value(&mut self, value: &Value) {
        self.values(std::slice::from_ref(value));
    }

    /// Writes a value. `KNOWN` says whether its type may be written as a reference in the usual way.
    #[inline(never)]
    fn value_as<const KNOWN: bool>(&mut self, value: &Value) {
        let (class, tag, number) = match value {
            Value::Bool(value) => (val::PLAIN, TypeTag::Bool, u64::from(*value)),
            Value::Int(number) => (val::PLAIN, TypeTag::Int, *number as u64),
            Value::Count(number) => (val::PLAIN, TypeTag::Count, *number),
            Value::Counter(number) => (val::PLAIN, TypeTag::Counter, *number),
            Value::Double(number) => (val::PLAIN, TypeTag::Double, number.to_bits()),
            Value::Time(seconds) => (val::PLAIN, TypeTag::Time, seconds.to_bits()),
            Value::Interval(seconds) => (val::INTERVAL, TypeTag::Interval, seconds.to_bits()),
            Value::Port(port) => (val::PORT, TypeTag::Port, port.to_wire()),
            // One word of address and its count are the size of a number.
            Value::Addr(IpAddr::V4(addr)) => {
                (val::ADDR, TypeTag::Addr, u64::from_be_bytes(addr_v4(*addr)))
            }
            Value::Addr(addr) => return self.addr(*addr),
            Value::String(text) => return self.text::<KNOWN>(text),
            Value::Subnet(subnet) => return self.subnet(*subnet),
            Value::Pattern(pattern) => return self.pattern(pattern),
            Value::Enum(value) => return self.constant(value),
            Value::List(list) => return self.list(list),
            Value::Table(table) => return self.table(value, table),
            Value::Record(record) => return self.record(value, record),
            Value::Vector(vector) => return self.vector(value, vector),
            Value::Func(ty, func) => return self.func_value(ty, func),
            Value::File(ty, file) => return self.file_value(ty, file),
            Value::Opaque(opaque) => return self.opaque_value(value, opaque),
        };
        self.frequent_scalar::<_, KNOWN>(class, tag, number.to_be_bytes());
    }

    #[inline(always)]
    fn text<const KNOWN: bool>(&mut self, text: &[u8]) {
        if self.frequent_scalar::<_, KNOWN>(val::STRING, TypeTag::String, length(text)) {
            self.bytes(text);
        }
    }

    /// Writes an address. To a peer, an IPv4-mapped address is written as IPv4, as Bro does.
    #[inline(never)]
    pub(super) fn addr(&mut self, addr: IpAddr) {
        let addr = if D::USUAL { addr.to_canonical() } else { addr };
        self.prefix(val::ADDR, TypeTag::Addr, addr);
    }

    /// Writes a subnet. To a peer, it is written in Bro's form.
    #[inline(never)]
    pub(super) fn subnet(&mut self, subnet: Subnet) {
        let Subnet { prefix, width } = if D::USUAL { subnet.canonical() } else { subnet };
        if self.prefix(val::SUBNET, TypeTag::Subnet, prefix) {
            self.u32(u32::from(width));
        }
    }

    fn prefix(&mut self, class: u8, tag: TypeTag, addr: IpAddr) -> bool {
        match addr {
            IpAddr::V4(addr) => self.scalar(class, tag, addr_v4(addr)),
            IpAddr::V6(addr) => self.scalar(class, tag, addr_v6(addr)),
        }
    }

    #[inline(never)]
    fn pattern(&mut self, pattern: &Arc<Pattern>) {
        if self.scalar(val::PATTERN, TypeTag::Pattern, [])
            && self.shared(pattern, Family::Pattern, 1)
        {
            self.string(&pattern.anywhere);
            self.string(&pattern.exact);
        }
    }

    #[inline(never)]
    fn constant(&mut self, value: &EnumValue) {
        self.typed(val::ENUM, &value.ty, value.number.to_be_bytes());
    }

    #[inline(never)]
    fn func_value(&mut self, ty: &Type, func: &Arc<Func>) {
        let value = self.decide.anonymous(Family::Val);
        if self.decided_value(value, val::PLAIN, ty, []) {
            let pid = if let Decision::Full(pid) = value { pid } else { 0 };
            self.func(func, pid);
        }
    }

    #[inline(never)]
    fn file_value(&mut self, ty: &Type, file: &Arc<File>) {
        if self.typed(val::PLAIN, ty, []) {
            self.file(file);
        }
    }

    #[inline(never)]
    fn opaque_value(&mut self, value: &Value, opaque: &Arc<Opaque>) {
        let value = self.container(value, opaque);
        if self.decided_value(value, opaque_class(&opaque.state), &opaque.ty, []) {
            self.opaque(&opaque.state);
        }
    }

    /// Decides on the container in a value.
    #[inline]
    fn container<T>(&mut self, value: &Value, container: &Arc<T>) -> Decision {
        let address = Arc::as_ptr(container) as usize;
        let is_shared = Arc::strong_count(container) > 1;
        self.decide.container(address, is_shared, || Kept::Value { _value: value.clone() })
    }

    /// Writes a container without its elements, after the decision on it. Returns whether the
    /// elements must follow.
    fn mutable(&mut self, value: Decision, class: u8, ty: &Type, mutable: &Mutable) -> bool {
        let [a, b, c, d] = length(&mutable.unique_id);
        let full = self.decided_value(value, class, ty, [mutable.properties, a, b, c, d]);
        if full {
            self.bytes(&mutable.unique_id);
        }
        full
    }

    #[inline(never)]
    fn record(&mut self, value: &Value, record: &Arc<Record>) {
        let value = self.container(value, record);
        if self.mutable(value, val::RECORD, &record.ty, &record.mutable) {
            self.slots(&record.fields);
        }
    }

    #[inline(never)]
    fn vector(&mut self, value: &Value, vector: &Arc<Vector>) {
        let value = self.container(value, vector);
        if self.mutable(value, val::VECTOR, &vector.ty, &vector.mutable) {
            self.slots(&vector.items);
        }
    }

    fn slots(&mut self, slots: &[Option<Value>]) {
        self.several(slots, |s, slot| s.optional(slot.as_ref(), |s, value| s.value(value)));
    }

    #[inline(never)]
    fn list(&mut self, list: &List) {
        let [a, b, c, d] = length(&list.items);
        let tag = self.decide.data_format().type_number(list.tag);
        if self.typed(val::LIST, &list.ty, [tag, a, b, c, d]) {
            list.items.iter().for_each(|value| self.value(value));
        }
    }

    #[inline(never)]
    fn table(&mut self, value: &Value, table: &Arc<Table>) {
        let value = self.container(value, table);
        if !self.mutable(value, val::TABLE, &table.ty, &table.mutable) {
            return;
        }
        let has_seconds = self.decide.data_format().has_expiry_seconds();
        if has_seconds {
            self.f64(expiry_seconds(table.expire_time.as_ref()));
        }
        self.optional(table.attributes.as_ref(), |s, attributes| s.attributes(attributes));
        if !has_seconds {
            self.optional(table.expire_time.as_ref(), |s, expr| s.expr(expr));
        }
        self.optional(table.expire_func.as_ref(), |s, expr| s.expr(expr));
        for entry in &table.entries {
            self.bool(true);
            self.list(&entry.index);
            if let Some(value) = &entry.value {
                self.value(value);
            }
            let [a, b, c, d, e, f, g, h] = entry.last_access.to_be_bytes();
            let [i, j, k, l, m, n, o, p] = entry.expire_access.to_be_bytes();
            self.append([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]);
        }
        self.bool(false);
    }
}

/// Returns the number of words of an address and the words.
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

impl<D: Decide> MessageWriter<'_, D> {
    /// Writes a type in full, by reference or by name.
    #[inline]
    pub(super) fn ty(&mut self, ty: &Type) {
        match ty {
            Type::Base(tag) => self.base_type(*tag),
            Type::Def(def) => self.def(def),
            Type::Enclosing(up) => match up.def.upgrade() {
                // Without references, a recursive type would never end, so only its name is
                // written.
                Some(def) if self.decide.refers() => self.def(&def),
                _ => self.named(&up.name),
            },
            Type::Named(name) => self.named(name),
        }
    }

    /// Writes the standard instance of an atomic type.
    #[inline]
    pub(super) fn base_type(&mut self, tag: TypeTag) {
        self.bool(true);
        let decision = self.decide.base(tag);
        if self.header(decision, Family::Type, ty::ATOMIC) {
            self.type_head(tag, tag == TypeTag::Port, true, b"");
        }
    }

    fn named(&mut self, name: &Name) {
        self.bool(false);
        self.string(name);
    }

    fn def(&mut self, def: &Arc<TypeDef>) {
        self.bool(true);
        let decision = self.decide.shared(def, Family::Type);
        self.decided_def(decision, def);
    }

    /// Writes a type after the decision on it.
    pub(super) fn decided_def(&mut self, decision: Decision, def: &TypeDef) {
        let class = match &def.kind {
            TypeKind::Atomic(_) => ty::ATOMIC,
            TypeKind::List(_) => ty::LIST,
            TypeKind::Table(_) => ty::TABLE,
            TypeKind::Set(_) => ty::SET,
            TypeKind::Func(_) => ty::FUNC,
            TypeKind::Record(_) => ty::RECORD,
            TypeKind::File(_) => ty::FILE,
            TypeKind::Enum(_) => ty::ENUM,
            TypeKind::Vector(_) => ty::VECTOR,
            TypeKind::Opaque(_) => ty::OPAQUE,
        };
        if self.header(decision, Family::Type, class) && self.has_room() {
            self.type_head(def.kind.tag(), def.network_order, def.base, &def.name);
            self.parts(&def.kind);
        }
    }

    #[inline]
    fn type_head(&mut self, tag: TypeTag, network_order: bool, base: bool, name: &[u8]) {
        if !self.decide.data_format().has_type_names() {
            return self.nameless_head(tag, network_order, base);
        }
        let (network_order, base) = (u8::from(network_order), u8::from(base));
        let [a, b, c, d] = length(name);
        self.append([tag as u8, tag.internal() as u8, network_order, base, a, b, c, d]);
        self.bytes(name);
    }

    #[cold]
    #[inline(never)]
    fn nameless_head(&mut self, tag: TypeTag, network_order: bool, base: bool) {
        let number = self.decide.data_format().type_number(tag as u8);
        let (network_order, base) = (u8::from(network_order), u8::from(base));
        self.append([number, tag.internal() as u8, network_order, base, 0, 0]);
    }

    fn parts(&mut self, kind: &TypeKind) {
        match kind {
            TypeKind::Atomic(_) => {}
            TypeKind::List(list) => {
                self.optional(list.pure.as_ref(), |s, ty| s.ty(ty));
                self.several(&list.types, |s, ty| s.ty(ty));
            }
            TypeKind::Table(table) => {
                self.optional(table.yields.as_ref(), |s, ty| s.ty(ty));
                self.ty(&table.index);
            }
            TypeKind::Set(set) => {
                self.optional(set.yields.as_ref(), |s, ty| s.ty(ty));
                self.ty(&set.index);
                self.optional(set.elements.as_ref(), |s, expr| s.expr(expr));
            }
            TypeKind::Func(func) => {
                self.optional(func.yields.as_ref(), |s, ty| s.ty(ty));
                self.ty(&func.args);
                self.ty(&func.arg_types);
                self.i32(func.flavor);
            }
            TypeKind::Record(record) => {
                self.u32(record.num_fields);
                self.optional(record.fields.as_deref(), |s, fields| {
                    s.several(fields, |s, field| s.field(field));
                });
            }
            TypeKind::File(yields) | TypeKind::Vector(yields) => self.ty(yields),
            TypeKind::Enum(ty) => {
                self.i64(ty.counter);
                self.append(length(&ty.names));
                self.bool(false);
                for (name, number) in &ty.names {
                    self.string(name);
                    self.i64(*number);
                }
            }
            TypeKind::Opaque(name) => self.string(name),
        }
    }

    pub(super) fn field(&mut self, field: &Field) {
        self.optional(field.attributes.as_ref(), |s, attributes| s.attributes(attributes));
        self.ty(&field.ty);
        self.string(&field.name);
    }

    pub(super) fn attributes(&mut self, attributes: &Arc<Attributes>) {
        if self.shared(attributes, Family::Attributes, 1) {
            self.ty(&attributes.ty);
            let format = self.decide.data_format();
            // Attributes that the format lacks are omitted: its releases do not know them.
            let number = |attribute: &Attribute| format.attribute_number(attribute.tag as u8);
            let numbers = attributes.list.iter().map(number);
            let known = numbers.clone().flatten().count();
            self.u32(u32::try_from(known).unwrap_or(u32::MAX));
            for (attribute, number) in attributes.list.iter().zip(numbers) {
                let Some(number) = number else { continue };
                let expr = attribute.expr.as_ref().filter(|_| self.decide.attribute_exprs());
                self.optional(expr, |s, expr| s.expr(expr));
                self.u8(number);
            }
        }
    }
}
