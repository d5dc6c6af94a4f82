//! Makes values of a declared type, as Bro coerces what it assigns and passes (§5).

use std::sync::Arc;

use super::convert::{index_types, kind};
use super::scope::default_of;
use super::{
    AttributeTag, ConversionError, ConversionErrorKind, Entry, EnumValue, Field, List, Record,
    Step, Table, Type, TypeKind, TypeTag, Value, Vector,
};

impl Value {
    /// Makes the value one of this very type, as Bro does where a value meets a declared type.
    ///
    /// * Numbers become more general ones: a `count` an `int`, both a `double`; a `count` also a
    ///   `counter`.
    /// * Of a record of another type fields are taken by name (§5); others of its fields are left
    ///   out, and what it lacks is unset if it is `&optional`, or its constant `&default`.
    /// * A constant of an enum becomes that of the same name, which may have another number (2§6).
    /// * A pattern that Bro doesn't compile, and a table or set with an index that Bro refuses, are
    ///   values of no type.
    /// * Containers are gone through, and keep their unique ids, attributes and time stamps.
    /// * `any` takes everything as it is; so does a type of which only the name is known.
    ///
    /// ```
    /// # use brocomm::data::{Type, Value};
    /// assert_eq!(Value::Count(5).coerce(&Type::DOUBLE), Ok(Value::Double(5.0)));
    /// assert!(Value::Double(5.0).coerce(&Type::COUNT).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Says what doesn't fit the type, and where in the value.
    pub fn coerce(&self, ty: &Type) -> Result<Value, ConversionError> {
        let def = match ty {
            // The type itself, not the reference to it, is what the value is to have.
            Type::Enclosing(_) => ty.def().map(Type::Def),
            _ => None,
        };
        let ty = def.as_ref().unwrap_or(ty);
        let Some(expected) = ty.tag() else { return Ok(self.clone()) };
        Ok(match (expected, self) {
            (TypeTag::Any, _) => {
                possible(self)?;
                self.clone()
            }
            (TypeTag::Int, Value::Count(v)) => {
                let out = || ConversionErrorKind::OutOfRange { value: self.clone(), target: "int" };
                Value::Int(i64::try_from(*v).map_err(|_| out())?)
            }
            (TypeTag::Counter, Value::Count(v)) => Value::Counter(*v),
            (TypeTag::Double, Value::Count(v)) => Value::Double(*v as f64),
            (TypeTag::Double, Value::Int(v)) => Value::Double(*v as f64),
            _ if expected != self.tag() => return Err(ConversionError::mismatch(expected, self)),
            (_, Value::Enum(constant)) => Value::Enum(enumeration(constant, ty)?),
            (_, Value::List(list)) => {
                let types = match kind(ty) {
                    Some(TypeKind::List(types)) => types.types.as_slice(),
                    _ => return Ok(self.clone()),
                };
                Value::List(Arc::new(index(list, ty, types)?))
            }
            (_, Value::Table(table)) => Value::Table(Arc::new(entries(table, ty)?)),
            (_, Value::Record(record)) => Value::Record(Arc::new(fields(record, ty)?)),
            (_, Value::Vector(vector)) => Value::Vector(Arc::new(elements(vector, ty)?)),
            (_, Value::Pattern(pattern)) => {
                pattern.check().map_err(ConversionErrorKind::Pattern)?;
                self.clone()
            }
            (_, Value::Opaque(opaque)) => match (kind(ty), kind(&opaque.ty)) {
                (Some(TypeKind::Opaque(expected)), Some(TypeKind::Opaque(found)))
                    if expected != found =>
                {
                    let expected = expected.clone();
                    return Err(ConversionErrorKind::Opaque { expected }.into());
                }
                _ => self.clone(),
            },
            _ => self.clone(),
        })
    }
}

/// Checks that Bro's own scripts could have made a value: its patterns, and its tables' indices.
fn possible(value: &Value) -> Result<(), ConversionErrorKind> {
    match value {
        Value::Pattern(pattern) => pattern.check().map_err(ConversionErrorKind::Pattern),
        Value::Table(table) => {
            let types = index_types(&table.ty);
            types.iter().try_for_each(Type::check_index).map_err(ConversionErrorKind::IndexType)?;
            table.entries.iter().flat_map(|entry| &entry.value).try_for_each(possible)
        }
        Value::Record(record) => record.fields.iter().flatten().try_for_each(possible),
        Value::Vector(vector) => vector.items.iter().flatten().try_for_each(possible),
        _ => Ok(()),
    }
}

fn enumeration(constant: &EnumValue, ty: &Type) -> Result<EnumValue, ConversionError> {
    let Some(TypeKind::Enum(names)) = kind(ty) else { return Ok(constant.clone()) };
    let number = match constant.name() {
        Some(name) => names.number_of(&name),
        None => names.name_of(constant.number).map(|_| constant.number),
    };
    match number {
        Some(number) => Ok(EnumValue { ty: ty.clone(), number }),
        None => {
            let name = ty.name().compact();
            Err(ConversionErrorKind::NotInEnum { constant: Box::new(constant.clone()), name }
                .into())
        }
    }
}

/// Makes an index of these types, the components of the list type `ty`.
fn index(list: &List, ty: &Type, types: &[Type]) -> Result<List, ConversionError> {
    let (expected, found) = (types.len(), list.items.len());
    if expected != found {
        return Err(ConversionErrorKind::Length { expected, found }.into());
    }
    let component = |(at, (item, ty)): (usize, (&Value, &Type))| {
        item.coerce(ty).map_err(|error| error.within(Step::Component(at)))
    };
    let items = list.items.iter().zip(types).enumerate().map(component);
    Ok(List { ty: ty.clone(), tag: list.tag, items: items.collect::<Result<_, _>>()? })
}

fn entries(table: &Table, ty: &Type) -> Result<Table, ConversionError> {
    let (index_list, yields) = match kind(ty) {
        Some(TypeKind::Set(set)) => (&set.index, None),
        Some(TypeKind::Table(table)) => (&table.index, table.yields.as_ref()),
        _ => return Ok(table.clone()),
    };
    let types = index_types(ty);
    types.iter().try_for_each(Type::check_index).map_err(ConversionErrorKind::IndexType)?;
    let entry = |(at, entry): (usize, &Entry)| {
        let value = match (&entry.value, yields) {
            (None, None) => Ok(None),
            (Some(value), Some(ty)) => value.coerce(ty).map(Some),
            (Some(_), None) => Err(ConversionErrorKind::NotASet.into()),
            (None, Some(_)) => Err(ConversionErrorKind::NotATable.into()),
        };
        let within = |error: ConversionError| error.within(Step::Entry(at));
        let index = Arc::new(index(&entry.index, index_list, types).map_err(within)?);
        let value = value.map_err(within)?;
        Ok(Entry { index, value, ..*entry })
    };
    let entries = table.entries.iter().enumerate().map(entry);
    Ok(Table {
        entries: entries.collect::<Result<_, ConversionError>>()?,
        ty: ty.clone(),
        mutable: table.mutable.clone(),
        attributes: table.attributes.clone(),
        expire_time: table.expire_time.clone(),
        expire_func: table.expire_func.clone(),
    })
}

fn fields(record: &Record, ty: &Type) -> Result<Record, ConversionError> {
    let Some(wanted) = ty.fields() else { return Ok(record.clone()) };
    let is_same = same(&record.ty, ty) && record.fields.len() == wanted.len();
    let field = |(at, field): (usize, &Field)| {
        let found = if is_same { record.fields.get(at)?.as_ref() } else { by_name(record, field) };
        match found {
            Some(value) => Some(value.coerce(&field.ty)),
            None if is_same => None,
            None => default_of(field).cloned().map(Ok),
        }
        .or_else(|| {
            let may_lack = field.attributes.as_ref().is_some_and(|attributes| {
                attributes.has(AttributeTag::Optional) || attributes.has(AttributeTag::Default)
            });
            // A record of the same type is as its owner left it.
            (!is_same && !may_lack).then(|| Err(ConversionErrorKind::Missing.into()))
        })
        .map(|result| result.map_err(|error| error.within(Step::Field(field.name.clone()))))
    };
    let fields = wanted.iter().enumerate().map(|one| field(one).transpose());
    let fields = fields.collect::<Result<_, ConversionError>>()?;
    Ok(Record { ty: ty.clone(), mutable: record.mutable.clone(), fields })
}

fn by_name<'r>(record: &'r Record, field: &Field) -> Option<&'r Value> {
    let def = record.ty.def()?;
    let TypeKind::Record(ty) = &def.kind else { return None };
    let position = ty.fields.as_ref()?.iter().position(|other| other.name == field.name)?;
    record.fields.get(position)?.as_ref()
}

/// Returns whether two record types have the same fields, whatever these are.
fn same(a: &Type, b: &Type) -> bool {
    match (a.def(), b.def()) {
        (Some(a), Some(b)) if Arc::ptr_eq(&a, &b) => true,
        (Some(a), Some(b)) => match (&a.kind, &b.kind) {
            (TypeKind::Record(a), TypeKind::Record(b)) => {
                let (a, b) = (a.fields.iter().flatten(), b.fields.iter().flatten());
                a.map(|field| &field.name).eq(b.map(|field| &field.name))
            }
            _ => false,
        },
        // Only its name is known: the sender relies on the receiver's own type.
        (None, _) => true,
        _ => false,
    }
}

fn elements(vector: &Vector, ty: &Type) -> Result<Vector, ConversionError> {
    let Some(TypeKind::Vector(element)) = kind(ty) else { return Ok(vector.clone()) };
    let items = vector.items.iter().enumerate().map(|(at, item)| {
        let item = item.as_ref().map(|item| item.coerce(element)).transpose();
        item.map_err(|error| error.within(Step::Element(at)))
    });
    let items = items.collect::<Result<_, _>>()?;
    Ok(Vector { ty: ty.clone(), mutable: vector.mutable.clone(), items })
}

#[cfg(test)]
mod tests;
