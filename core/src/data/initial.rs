//! Default initial values of variables.

use super::{AttributeTag, ExprKind, Field, Record, Table, Type, TypeKind, Value, Vector};

impl Type {
    /// Returns the value that a variable of this type has in Bro if its declaration gives none:
    /// containers are empty, records have their fields' defaults, other types have no value.
    ///
    /// A record's fields that are not `&optional` are initialised in the same way.
    pub fn initial_value(&self) -> Option<Value> {
        let Type::Def(def) = self else { return None };
        match &def.kind {
            TypeKind::Set(_) => Some(Table::new(self.clone()).into()),
            TypeKind::Table(_) => Some(Table::new(self.clone()).into()),
            TypeKind::Vector(_) => Some(Vector::new(self.clone(), Vec::new()).into()),
            TypeKind::Record(record) => {
                let fields = record.fields.iter().flatten().map(|field| {
                    let attributes = field.attributes.as_deref();
                    let optional = attributes.is_some_and(|a| a.has(AttributeTag::Optional));
                    let default = default_of(field).and_then(|value| value.coerce(&field.ty).ok());
                    default.or_else(|| if optional { None } else { field.ty.initial_value() })
                });
                Some(Record::new(self.clone(), fields.collect()).into())
            }
            _ => None,
        }
    }
}

/// Returns the constant that a field has if it is not set.
pub(crate) fn default_of(field: &Field) -> Option<&Value> {
    let attributes = field.attributes.as_deref()?;
    let default = attributes.list.iter().find(|a| a.tag == AttributeTag::Default)?;
    match &default.expr.as_deref()?.kind {
        ExprKind::Const(value) => Some(value),
        _ => None,
    }
}
