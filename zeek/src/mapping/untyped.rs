//! Values of type `any`, whose type is that of the value.

use std::sync::Arc;

use brocomm::data::{Step, Table, Type, TypeTag, Value, Vector};

use super::to_zeek::kinds;
use super::types::{self, MAX_DEPTH, Resolved};
use super::{Context, Refusal, RefusalKind, to_zeek};
use crate::Data;

/// Converts a value to Zeek whose type is not declared there.
pub(super) fn data(value: &Value, context: Context<'_>, depth: u32) -> Result<Data, Refusal> {
    // Use the value's own type.
    let ty = match value {
        Value::Counter(_) => Type::COUNT,
        Value::File(..) => Type::STRING,
        Value::List(_) => return Err(RefusalKind::NoCounterpart("list".to_owned()).into()),
        _ => value.ty(),
    };
    if ty.tag() == Some(TypeTag::Any) {
        return Err(RefusalKind::NoCounterpart("any".to_owned()).into());
    }
    to_zeek::data(value, &ty, context, depth)
}

/// Converts a value to Bro whose type is not declared on Zeek's side.
pub(super) fn value(
    data: &Data,
    bro: &Type,
    context: Context<'_>,
    depth: u32,
) -> Result<Value, Refusal> {
    if bro.tag() != Some(TypeTag::Any) {
        // It must have the type that Bro expects.
        return super::to_bro::value(data, bro, bro, context, depth);
    }
    guess(data, depth)
}

fn guess(data: &Data, depth: u32) -> Result<Value, Refusal> {
    if depth >= MAX_DEPTH {
        return Err(RefusalKind::TooDeep.into());
    }
    let depth = depth + 1;
    Ok(match data {
        Data::Boolean(v) => Value::Bool(*v),
        Data::Count(v) => Value::Count(*v),
        Data::Integer(v) => Value::Int(*v),
        Data::Real(v) => Value::Double(*v),
        Data::Timespan(v) => Value::Interval(super::time::interval(*v)?),
        Data::Timestamp(v) => Value::Time(super::time::time(*v)?),
        Data::String(v) => Value::String(v.clone()),
        Data::Address(v) => Value::Addr(*v),
        Data::Subnet(v) => Value::Subnet(*v),
        Data::Port(v) => Value::Port(*v),
        Data::Vector(items) => {
            // It may be a record with unset fields.
            let item = |(at, item): (usize, &Data)| match item {
                Data::None => Ok(None),
                item => guess(item, depth)
                    .map(Some)
                    .map_err(|refusal| refusal.within(Step::Element(at))),
            };
            let items = items.iter().enumerate().map(item).collect::<Result<Vec<_>, _>>()?;
            let element = common(items.iter().flatten()).unwrap_or(Type::ANY);
            Value::Vector(Arc::new(Vector::new(Type::vector(element), items)))
        }
        Data::Set(items) => {
            let items = guess_all(items, depth)?;
            let index = common(items.iter()).ok_or(RefusalKind::Mixed)?;
            let mut set = Table::new(checked(Type::set(vec![index]))?);
            items.into_iter().for_each(|item| set.push(vec![item], None));
            Value::Table(Arc::new(set))
        }
        Data::Table(entries) => {
            let keys = guess_all(entries.iter().map(|(key, _)| key), depth)?;
            let values = guess_all(entries.iter().map(|(_, value)| value), depth)?;
            let index = common(keys.iter()).ok_or(RefusalKind::Mixed)?;
            let yields = common(values.iter()).ok_or(RefusalKind::Mixed)?;
            let mut table = Table::new(checked(Type::table(vec![index], yields))?);
            keys.into_iter()
                .zip(values)
                .for_each(|(key, value)| table.push(vec![key], Some(value)));
            Value::Table(Arc::new(table))
        }
        Data::None | Data::Enum(_) => return Err(kinds("a value with a type", data.kind())),
    })
}

fn guess_all<'d>(
    items: impl IntoIterator<Item = &'d Data>,
    depth: u32,
) -> Result<Vec<Value>, Refusal> {
    let item = |(at, item)| guess(item, depth).map_err(|refusal| refusal.within(Step::Element(at)));
    items.into_iter().enumerate().map(item).collect()
}

/// Returns the common type of all values, if there is one.
fn common<'v>(mut values: impl Iterator<Item = &'v Value>) -> Option<Type> {
    let first = values.next()?.ty();
    values.all(|value| value.ty() == first).then_some(first)
}

/// Checks that Bro supports such a table or set.
fn checked(ty: Type) -> Result<Type, Refusal> {
    let indices = Resolved::new(&ty).table().map(|(index, _)| index.to_vec()).unwrap_or_default();
    match indices.iter().find(|index| index.check_index().is_err()) {
        Some(index) => Err(RefusalKind::NoCounterpart(types::name_of(index)).into()),
        None => Ok(ty),
    }
}
