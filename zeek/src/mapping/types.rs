//! Access to types for a mapping.

use std::sync::Arc;

use brocomm::data::{Field, Type, TypeTag, Value};
use brocomm::lowlevel::syntax::{AttributeTag, ExprKind};
use brocomm::lowlevel::types::{TypeDef, TypeKind};

/// The maximum nesting depth of values. Each level takes two of the levels that Zeek's JSON allows.
pub(super) const MAX_DEPTH: u32 = 64;

/// A type with its definition, if it has one.
pub(super) struct Resolved<'t> {
    ty: &'t Type,
    def: Option<Arc<TypeDef>>,
}

impl<'t> Resolved<'t> {
    pub(super) fn new(ty: &'t Type) -> Resolved<'t> {
        let def = match ty {
            Type::Def(_) | Type::Enclosing(_) => ty.def(),
            Type::Base(_) | Type::Named(_) => None,
        };
        Resolved { ty, def }
    }

    /// Returns the type itself instead of a reference from within it.
    pub(super) fn ty(&self) -> Type {
        self.def.clone().map_or_else(|| self.ty.clone(), Type::Def)
    }

    pub(super) fn tag(&self) -> Option<TypeTag> {
        self.ty.tag()
    }

    pub(super) fn kind(&self) -> Option<&TypeKind> {
        self.def.as_deref().map(|def| &def.kind)
    }

    /// Returns a record's fields.
    pub(super) fn fields(&self) -> Option<&[Field]> {
        match self.kind()? {
            TypeKind::Record(record) => record.fields.as_deref(),
            _ => None,
        }
    }

    /// Returns the types of the indices of a table or set, and the type of its values.
    pub(super) fn table(&self) -> Option<(&[Type], Option<&Type>)> {
        let (index, yields) = match self.kind()? {
            TypeKind::Set(set) => (&set.index, None),
            TypeKind::Table(table) => (&table.index, table.yields.as_ref()),
            _ => return None,
        };
        match index {
            Type::Def(def) => match &def.kind {
                TypeKind::List(list) => Some((&list.types, yields)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Returns a type as text.
pub(super) fn name_of(ty: &Type) -> String {
    match ty.tag() {
        _ if !ty.name().is_empty() => ty.name().to_string(),
        Some(tag) => tag.name().to_owned(),
        None => ty.to_string(),
    }
}

/// Returns whether a field may be left unset.
pub(crate) fn may_be_unset(field: &Field) -> bool {
    let has = |tag| field.attributes.as_ref().is_some_and(|attributes| attributes.has(tag));
    has(AttributeTag::Optional) || has(AttributeTag::Default)
}

/// Returns the default value of a field, if it is a constant.
pub(super) fn default_of(field: &Field) -> Option<&Value> {
    let list = &field.attributes.as_deref()?.list;
    let default = list.iter().find(|attribute| attribute.tag == AttributeTag::Default)?;
    match &default.expr.as_deref()?.kind {
        ExprKind::Const(value) => Some(value),
        _ => None,
    }
}

/// Returns whether Zeek encodes values of this type as vectors. Such a value is not wrapped in
/// another vector if it is the only index.
pub(super) fn is_vector(ty: &Type) -> bool {
    matches!(
        ty.tag(),
        Some(
            TypeTag::Record
                | TypeTag::Pattern
                | TypeTag::Vector
                | TypeTag::Func
                | TypeTag::Opaque
                | TypeTag::List
        ) | None
    )
}
