//! Converts values from Bro to Zeek.

use std::collections::BTreeSet;

use brocomm::data::{Field, Record, Step, Table, Type, TypeTag, Value, Vector};
use brocomm::lowlevel::types::TypeKind;

use super::time::{interval_nanos, time_nanos};
use super::types::{self, MAX_DEPTH, Resolved};
use super::{Context, Refusal, RefusalKind};
use crate::Data;

/// Converts a value to its type on Zeek's side.
pub(super) fn data(
    value: &Value,
    ty: &Type,
    context: Context<'_>,
    depth: u32,
) -> Result<Data, Refusal> {
    if depth >= MAX_DEPTH {
        return Err(RefusalKind::TooDeep.into());
    }
    let depth = depth + 1;
    let expected = Resolved::new(ty);
    let Some(tag) = expected.tag() else {
        return Err(mismatch(value, ty));
    };
    Ok(match (tag, value) {
        (TypeTag::Any, _) => super::untyped::data(value, context, depth)?,
        (TypeTag::Bool, Value::Bool(v)) => Data::Boolean(*v),
        (TypeTag::Int, Value::Int(v)) => Data::Integer(*v),
        (TypeTag::Count | TypeTag::Counter, Value::Count(v) | Value::Counter(v)) => Data::Count(*v),
        (TypeTag::Double, Value::Double(v)) => Data::Real(*v),
        (
            TypeTag::Int | TypeTag::Count | TypeTag::Double,
            Value::Int(_) | Value::Count(_) | Value::Counter(_),
        ) if context.widen => widened(value, tag)?,
        (TypeTag::Time, Value::Time(v)) => Data::Timestamp(time_nanos(*v)?),
        (TypeTag::Interval, Value::Interval(v)) => Data::Timespan(interval_nanos(*v)?),
        (TypeTag::String, Value::String(v)) => Data::String(v.clone()),
        (TypeTag::String | TypeTag::File, Value::File(_, file)) => {
            Data::String(file.name.as_bytes().clone())
        }
        (TypeTag::Pattern, Value::Pattern(pattern)) => Data::Vector(vec![
            Data::String(pattern.exact.clone()),
            Data::String(pattern.anywhere.clone()),
        ]),
        (TypeTag::Port, Value::Port(v)) => Data::Port(*v),
        (TypeTag::Addr, Value::Addr(v)) => Data::Address(*v),
        (TypeTag::Subnet, Value::Subnet(v)) => Data::Subnet(*v),
        (TypeTag::Enum, Value::Enum(constant)) => {
            let number = constant.number.to_string();
            let unknown = |constant| RefusalKind::Constant { ty: ty.name().clone(), constant };
            let name = constant.name().ok_or_else(|| unknown(number))?;
            match expected.kind() {
                Some(TypeKind::Enum(names)) if names.number_of(&name).is_none() => {
                    return Err(unknown(name.to_string()).into());
                }
                _ => Data::Enum(name),
            }
        }
        (TypeTag::Record, Value::Record(found)) => record(found, &expected, context, depth)?,
        (TypeTag::Vector, Value::Vector(found)) => {
            let Some(TypeKind::Vector(element)) = expected.kind() else {
                return Err(mismatch(value, ty));
            };
            Data::Vector(vector(found, element, context, depth)?)
        }
        (TypeTag::Table, Value::Table(found)) => table(found, &expected, context, depth)?,
        (TypeTag::Func, Value::Func(_, func))
            if context.functions && context.zeek.globals.contains(&func.name) =>
        {
            Data::Vector(vec![Data::String(func.name.as_bytes().clone())])
        }
        (TypeTag::Func, Value::Func(..)) => return Err(RefusalKind::Function.into()),
        (_, Value::Opaque(_)) => {
            return Err(RefusalKind::NoCounterpart(types::name_of(&value.ty())).into());
        }
        _ => return Err(mismatch(value, ty)),
    })
}

pub(super) fn mismatch(found: &Value, expected: &Type) -> Refusal {
    let (expected, found) = (types::name_of(expected), types::name_of(&found.ty()));
    RefusalKind::Type { expected, found }.into()
}

/// Converts a number to another type if it stays the same.
fn widened(value: &Value, tag: TypeTag) -> Result<Data, RefusalKind> {
    let number: i128 = match value {
        Value::Int(v) => (*v).into(),
        Value::Count(v) | Value::Counter(v) => (*v).into(),
        _ => 0,
    };
    let data = match tag {
        TypeTag::Int => i64::try_from(number).ok().map(Data::Integer),
        TypeTag::Count => u64::try_from(number).ok().map(Data::Count),
        _ => exact_double(number).map(Data::Real),
    };
    let (number, expected) = (number.to_string(), tag.name().to_owned());
    data.ok_or(RefusalKind::Number { number, expected })
}

/// Converts an integer to a double, if that is exact.
pub(super) fn exact_double(number: i128) -> Option<f64> {
    let double = number as f64;
    (double as i128 == number).then_some(double)
}

fn record(
    found: &Record,
    expected: &Resolved<'_>,
    context: Context<'_>,
    depth: u32,
) -> Result<Data, Refusal> {
    let given = Resolved::new(&found.ty);
    let (Some(given), Some(wanted)) = (given.fields(), expected.fields()) else {
        let (found, expected) = (types::name_of(&found.ty), types::name_of(&expected.ty()));
        return Err(RefusalKind::NoCounterpart(format!("{found} (for {expected})")).into());
    };
    if !context.drop_fields {
        no_others(given, found, wanted)?;
    }
    let field = |(at, field): (usize, &Field)| {
        // Usually both sides have the same fields at the same positions.
        let position = match given.get(at) {
            Some(same) if same.name == field.name => Some(at),
            _ => given.iter().position(|other| other.name == field.name),
        };
        match position.and_then(|at| found.fields.get(at)?.as_ref()) {
            Some(value) => data(value, &field.ty, context, depth),
            None => unset(field, context, depth),
        }
        .map_err(|refusal| refusal.within(Step::Field(field.name.clone())))
    };
    wanted.iter().enumerate().map(field).collect::<Result<_, _>>().map(Data::Vector)
}

/// Returns the value for an unset field.
fn unset(field: &Field, context: Context<'_>, depth: u32) -> Result<Data, Refusal> {
    match types::default_of(field) {
        Some(default) if context.as_zeek => data(default, &field.ty, context, depth),
        // Zeek itself fills in the default.
        _ if types::may_be_unset(field) || context.as_zeek => Ok(Data::None),
        _ => Err(RefusalKind::Missing.into()),
    }
}

/// Checks that the other side has all set fields.
fn no_others(given: &[Field], found: &Record, wanted: &[Field]) -> Result<(), Refusal> {
    let is_other = |field: &Field| wanted.iter().all(|other| other.name != field.name);
    let mut set = given.iter().zip(&found.fields).filter(|(_, value)| value.is_some());
    match set.find(|(field, _)| is_other(field)) {
        None => Ok(()),
        Some((field, _)) => {
            Err(Refusal::from(RefusalKind::ExtraField).within(Step::Field(field.name.clone())))
        }
    }
}

fn vector(
    found: &Vector,
    element: &Type,
    context: Context<'_>,
    depth: u32,
) -> Result<Vec<Data>, Refusal> {
    let mut items = Vec::with_capacity(found.items.len());
    for (at, item) in found.items.iter().enumerate() {
        let within = |refusal: Refusal| refusal.within(Step::Element(at));
        match item {
            Some(item) => items.push(data(item, element, context, depth).map_err(within)?),
            None if context.drop_holes => {}
            None => return Err(within(RefusalKind::Hole.into())),
        }
    }
    Ok(items)
}

fn table(
    found: &Table,
    expected: &Resolved<'_>,
    context: Context<'_>,
    depth: u32,
) -> Result<Data, Refusal> {
    let Some((index_types, yields)) = expected.table() else {
        return Err(mismatch(&Value::from(found.clone()), &expected.ty()));
    };
    let key = |index: &[Value]| -> Result<Data, Refusal> {
        if index.len() != index_types.len() {
            let (expected, found) = (index_types.len(), index.len());
            return Err(RefusalKind::Type {
                expected: format!("index of {expected} values"),
                found: format!("{found}"),
            }
            .into());
        }
        let component = |(at, (value, ty)): (usize, (&Value, &Type))| {
            data(value, ty, context, depth).map_err(|refusal| refusal.within(Step::Component(at)))
        };
        let mut components = index.iter().zip(index_types).enumerate().map(component);
        match (index_types.len(), components.next()) {
            (1, Some(only)) => only,
            (_, None) => Ok(Data::Vector(Vec::new())),
            (_, Some(first)) => {
                let mut items = vec![first?];
                for item in components {
                    items.push(item?);
                }
                Ok(Data::Vector(items))
            }
        }
    };
    let mut entries = Vec::with_capacity(found.entries.len());
    for (at, entry) in found.entries.iter().enumerate() {
        let within = |refusal: Refusal| refusal.within(Step::Entry(at));
        let index = key(&entry.index.items).map_err(within)?;
        let value = match (&entry.value, yields) {
            (None, None) => Data::None,
            (Some(value), Some(ty)) => data(value, ty, context, depth).map_err(within)?,
            (Some(_), None) => return Err(within(kinds("set", "table"))),
            (None, Some(_)) => return Err(within(kinds("table", "set"))),
        };
        entries.push((index, value));
    }
    let mut seen = BTreeSet::new();
    if !entries.iter().all(|(index, _)| seen.insert(index)) {
        return Err(RefusalKind::SameIndex.into());
    }
    drop(seen);
    Ok(match yields {
        Some(_) => Data::Table(entries),
        None => Data::Set(entries.into_iter().map(|(index, _)| index).collect()),
    })
}

pub(super) fn kinds(expected: &str, found: &str) -> Refusal {
    RefusalKind::Type { expected: expected.to_owned(), found: found.to_owned() }.into()
}
