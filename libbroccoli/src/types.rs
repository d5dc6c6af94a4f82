//! Types of sent values.

use std::ffi::c_int;

use brocomm::data::{Field, Type, TypeTag};
use brocomm::lowlevel::types::{RecordType, SetType, TableType, TypeDef, TypeKind};

use crate::layout::tag;

/// Returns the number of a type.
pub(crate) fn number(ty: &Type) -> c_int {
    match ty.tag() {
        Some(TypeTag::Table) if is_set(ty) => tag::SET,
        Some(tag) if tag <= TypeTag::Vector => c_int::from(tag as u8),
        _ => tag::UNKNOWN,
    }
}

/// Returns whether a table type is a set.
pub(crate) fn is_set(ty: &Type) -> bool {
    match ty.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::Set(_)) => true,
        Some(TypeKind::Table(table)) => table.yields.is_none(),
        _ => false,
    }
}

/// Returns whether programs can pass and receive values of this type.
pub(crate) fn has_values(number: c_int) -> bool {
    matches!(
        number,
        tag::BOOL..=tag::STRING
            | tag::ENUM
            | tag::PORT..=tag::SUBNET
            | tag::TABLE
            | tag::RECORD
            | tag::VECTOR
            | tag::SET
    )
}

/// Returns the standard type with a number, or `any` for types with parts.
pub(crate) fn standard(number: c_int) -> Type {
    let tag = u8::try_from(number).ok().and_then(TypeTag::from_u8);
    Type::Base(tag.filter(|tag| tag.is_atomic()).unwrap_or(TypeTag::Any))
}

/// Returns the type without attributes. A Bro sends them to us without their expressions, and in
/// that form no Bro could read them.
pub(crate) fn without_attributes(ty: &Type) -> Type {
    let Type::Def(def) = ty else { return ty.clone() };
    let kind = match &def.kind {
        TypeKind::Record(RecordType { num_fields, fields: Some(fields) }) => {
            let plain =
                |field: &Field| Field::new(field.name.clone(), without_attributes(&field.ty));
            let fields = Some(fields.iter().map(plain).collect());
            TypeKind::Record(RecordType { num_fields: *num_fields, fields })
        }
        TypeKind::Table(TableType { yields, index }) => TypeKind::Table(TableType {
            yields: yields.as_ref().map(without_attributes),
            index: without_attributes(index),
        }),
        TypeKind::Set(SetType { yields, index, .. }) => TypeKind::Set(SetType {
            yields: yields.as_ref().map(without_attributes),
            index: without_attributes(index),
            elements: None,
        }),
        TypeKind::List(list) => {
            return Type::list(list.types.iter().map(without_attributes).collect());
        }
        TypeKind::Vector(yields) => TypeKind::Vector(without_attributes(yields)),
        _ => return ty.clone(),
    };
    let TypeDef { name, base, network_order, .. } = def.as_ref();
    let (name, base, network_order) = (name.clone(), *base, *network_order);
    Type::Def(std::sync::Arc::new(TypeDef { name, base, network_order, kind }))
}
