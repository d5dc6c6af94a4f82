//! Compatibility of declared types with Rust types.

use super::{ConversionError, ConversionErrorKind, Step};
use crate::data::{AttributeTag, Field, Type, TypeKind, TypeTag};

/// Checks that values of the declared type can be converted to the wanted type.
///
/// Does not cover ranges of numbers and unset fields, which depend on the value.
pub(in crate::data) fn fit(wanted: &Type, declared: &Type) -> Result<(), ConversionError> {
    let (Some(expected), Some(found)) = (wanted.tag(), declared.tag()) else { return Ok(()) };
    let fits = match (expected, found) {
        (TypeTag::Any, _) | (_, TypeTag::Any) => true,
        (TypeTag::Count, TypeTag::Counter) => true,
        (TypeTag::Double, TypeTag::Time | TypeTag::Interval) => true,
        _ => expected == found,
    };
    if !fits {
        return Err(ConversionErrorKind::Type { expected, found }.into());
    }
    let (Some(wants), Some(has)) = (kind(wanted), kind(declared)) else { return Ok(()) };
    match (wants, has) {
        (TypeKind::Vector(wanted), TypeKind::Vector(declared)) => {
            fit(wanted, declared).map_err(|error| error.within(Step::Element(0)))
        }
        (TypeKind::Record(wanted), TypeKind::Record(declared)) => {
            match (&wanted.fields, &declared.fields) {
                (Some(wanted), Some(declared)) => fields(wanted, declared),
                _ => Ok(()),
            }
        }
        (TypeKind::Set(_) | TypeKind::Table(_), TypeKind::Set(_) | TypeKind::Table(_)) => {
            tables(wanted, declared)
        }
        _ => Ok(()),
    }
}

fn fields(wanted: &[Field], declared: &[Field]) -> Result<(), ConversionError> {
    for field in wanted {
        let result = match declared.iter().find(|other| other.name == field.name) {
            Some(other) => fit(&field.ty, &other.ty),
            None if may_lack(field) => Ok(()),
            None => Err(ConversionErrorKind::Missing.into()),
        };
        result.map_err(|error| error.within(Step::Field(field.name.clone())))?;
    }
    Ok(())
}

fn may_lack(field: &Field) -> bool {
    field.attributes.as_ref().is_some_and(|attributes| {
        attributes.has(AttributeTag::Optional) || attributes.has(AttributeTag::Default)
    })
}

fn tables(wanted: &Type, declared: &Type) -> Result<(), ConversionError> {
    let yields = match (yields(wanted), yields(declared)) {
        (None, Some(_)) => return Err(ConversionErrorKind::NotASet.into()),
        (Some(_), None) => return Err(ConversionErrorKind::NotATable.into()),
        (None, None) => Ok(()),
        (Some(wanted), Some(declared)) => fit(wanted, declared),
    };
    let (wanted, declared) = (index_types(wanted), index_types(declared));
    let index = if wanted.len() == declared.len() {
        let component = |(at, (wanted, declared))| {
            fit(wanted, declared).map_err(|error| error.within(Step::Component(at)))
        };
        wanted.iter().zip(declared).enumerate().try_for_each(component)
    } else {
        let (expected, found) = (wanted.len(), declared.len());
        Err(ConversionErrorKind::Length { expected, found }.into())
    };
    index.and(yields).map_err(|error| error.within(Step::Entry(0)))
}

/// Returns the kind of a type, if its definition is available.
pub(in crate::data) fn kind(ty: &Type) -> Option<&TypeKind> {
    match ty {
        Type::Def(def) => Some(&def.kind),
        _ => None,
    }
}

fn yields(ty: &Type) -> Option<&Type> {
    match kind(ty)? {
        TypeKind::Table(table) => table.yields.as_ref(),
        _ => None,
    }
}

/// Returns the types of a table's or set's index.
pub(crate) fn index_types(ty: &Type) -> &[Type] {
    let index = match kind(ty) {
        Some(TypeKind::Set(set)) => &set.index,
        Some(TypeKind::Table(table)) => &table.index,
        _ => return &[],
    };
    match kind(index) {
        Some(TypeKind::List(list)) => &list.types,
        _ => &[],
    }
}
