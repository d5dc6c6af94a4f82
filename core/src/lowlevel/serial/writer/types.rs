//! Writes types and attributes (2§4).

use crate::data::{Attribute, Attributes, Field, Name, Type, TypeDef, TypeKind, TypeTag};

use super::super::Family;
use super::super::cache::Decision;
use super::super::kind::ty;
use super::decide::Decide;
use super::{Arc, Session, length};

impl<D: Decide> Session<'_, D> {
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
