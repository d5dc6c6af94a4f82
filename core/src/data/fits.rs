//! Checks whether values already have a declared type, so that no coercion is needed.
//!
//! This check runs for every event that is sent or received and nearly always succeeds, so it does
//! not allocate.

use std::sync::Arc;

use super::convert::{index_types, kind, yields};
use super::{Field, Name, Record, StateAccess, Table, Type, TypeDef, TypeKind, TypeTag, Value};

impl Value {
    /// Returns whether the value and all its parts have this type, so that
    /// [coercing](Value::coerce) it would replace nothing but the instances of its types.
    #[inline]
    pub(crate) fn is_of(&self, ty: &Type) -> bool {
        match ty {
            Type::Base(tag) => *tag == self.tag() || *tag == TypeTag::Any,
            Type::Def(def) => self.is_of_kind(ty, &def.kind),
            Type::Enclosing(up) => match up.def.upgrade() {
                Some(def) => self.is_of(&Type::Def(def)),
                None => up.tag == self.tag(),
            },
            // Only the receiver can check a type given by name.
            Type::Named(_) => true,
        }
    }

    fn is_of_kind(&self, ty: &Type, expected: &TypeKind) -> bool {
        let tag = expected.tag();
        if tag != self.tag() {
            return tag == TypeTag::Any;
        }
        match (self, expected) {
            (Value::Enum(constant), TypeKind::Enum(names)) => {
                let expected = names.name_of(constant.number);
                match kind(&constant.ty) {
                    Some(TypeKind::Enum(own)) if !std::ptr::eq(own, names) => {
                        expected.is_some() && own.name_of(constant.number) == expected
                    }
                    _ => expected.is_some(),
                }
            }
            (Value::List(list), TypeKind::List(types)) => all_of(&list.items, &types.types),
            (Value::Vector(vector), TypeKind::Vector(element)) => {
                same_type(&vector.ty, ty)
                    && vector.items.iter().flatten().all(|item| item.is_of(element))
            }
            (Value::Record(record), TypeKind::Record(_)) => is_record_of(record, ty),
            (Value::Table(table), _) => is_table_of(table, ty),
            (Value::Opaque(opaque), TypeKind::Opaque(expected)) => match kind(&opaque.ty) {
                Some(TypeKind::Opaque(found)) => found == expected,
                _ => true,
            },
            _ => true,
        }
    }
}

fn all_of(values: &[Value], types: &[Type]) -> bool {
    values.len() == types.len() && values.iter().zip(types).all(|(value, ty)| value.is_of(ty))
}

fn is_record_of(record: &Record, ty: &Type) -> bool {
    let Some(wanted) = ty.fields() else { return true };
    let is_field = |(value, field): (&Option<Value>, &Field)| match value {
        Some(value) => value.is_of(&field.ty),
        None => true,
    };
    record.fields.len() == wanted.len()
        && same_fields(&record.ty, ty)
        && record.fields.iter().zip(wanted).all(is_field)
}

fn is_table_of(table: &Table, ty: &Type) -> bool {
    let yields = yields(ty);
    let is_value = |value: &Option<Value>| match (value, yields) {
        (None, None) => true,
        (Some(value), Some(ty)) => value.is_of(ty),
        _ => false,
    };
    let index = index_types(ty);
    same_type(&table.ty, ty)
        && table
            .entries
            .iter()
            .all(|entry| all_of(&entry.index.items, index) && is_value(&entry.value))
}

/// Returns whether two container types are equal apart from names and attributes. Compares only
/// what the elements do not determine: the field names of records, but not the constants of enums.
fn same_type(found: &Type, expected: &Type) -> bool {
    if let (Type::Def(a), Type::Def(b)) = (found, expected)
        && Arc::ptr_eq(a, b)
    {
        return true;
    }
    let (found_tag, expected_tag) = (found.tag(), expected.tag());
    if expected_tag == Some(TypeTag::Any) {
        return true;
    }
    match (kind(found), kind(expected)) {
        (Some(TypeKind::Vector(a)), Some(TypeKind::Vector(b))) => same_type(a, b),
        (Some(TypeKind::Record(_)), Some(TypeKind::Record(_))) => same_fields(found, expected),
        (
            Some(TypeKind::Set(_) | TypeKind::Table(_)),
            Some(TypeKind::Set(_) | TypeKind::Table(_)),
        ) => {
            let (a, b) = (index_types(found), index_types(expected));
            let same_yields = match (yields(found), yields(expected)) {
                (None, None) => true,
                (Some(a), Some(b)) => same_type(a, b),
                _ => false,
            };
            same_yields && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_type(a, b))
        }
        // Nothing more is known of a type given only by name, or of a reference from within it.
        _ => found_tag.is_none() || found_tag == expected_tag,
    }
}

/// Returns whether two record types have the same fields. A record whose type is known only by name
/// was built with the receiver's own type.
pub(super) fn same_fields(found: &Type, expected: &Type) -> bool {
    match (found, expected) {
        (Type::Def(found), Type::Def(expected)) => same_names(found, expected),
        _ => match (found.def(), expected.def()) {
            (None, _) => true,
            (Some(found), Some(expected)) => same_names(&found, &expected),
            (Some(_), None) => false,
        },
    }
}

fn same_names(found: &Arc<TypeDef>, expected: &Arc<TypeDef>) -> bool {
    if Arc::ptr_eq(found, expected) {
        return true;
    }
    let (TypeKind::Record(found), TypeKind::Record(expected)) = (&found.kind, &expected.kind)
    else {
        return false;
    };
    let found = found.fields.as_deref().unwrap_or_default();
    let expected = expected.fields.as_deref().unwrap_or_default();
    let same = |(a, b): (&Field, &Field)| a.name == b.name;
    found.len() == expected.len() && found.iter().zip(expected).all(same)
}

impl StateAccess {
    /// Returns the unique IDs of the operands' containers whose type is not determined yet. A Bro
    /// creates such containers for `&default=set()`. They are empty, and a Bro adds no elements to
    /// them. It accepts another container in their place.
    pub fn open_containers(&self) -> Vec<Name> {
        let mut open = Vec::new();
        for value in [Some(&self.op1), self.op2.as_ref()].into_iter().flatten() {
            collect(value, &mut open);
        }
        open
    }
}

fn collect(value: &Value, open: &mut Vec<Name>) {
    let mutable = match value {
        Value::Table(table) => {
            let values = table.entries.iter().filter_map(|entry| entry.value.as_ref());
            values.for_each(|value| collect(value, open));
            &table.mutable
        }
        Value::Record(record) => {
            record.fields.iter().flatten().for_each(|value| collect(value, open));
            &record.mutable
        }
        Value::Vector(vector) => {
            vector.items.iter().flatten().for_each(|value| collect(value, open));
            &vector.mutable
        }
        _ => return,
    };
    if !mutable.unique_id.is_empty() && is_open(&value.ty()) {
        open.push(mutable.unique_id.compact());
    }
}

fn is_open(container: &Type) -> bool {
    let Some(def) = container.def() else { return false };
    let index = match &def.kind {
        TypeKind::Table(table) => &table.index,
        TypeKind::Set(set) => &set.index,
        TypeKind::Vector(elements) => return elements.tag() == Some(TypeTag::Void),
        _ => return false,
    };
    index.def().is_some_and(|index| matches!(&index.kind, TypeKind::List(l) if l.types.is_empty()))
}
