//! Converts values from Zeek to Bro.

use std::sync::Arc;

use brocomm::data::{
    EnumValue, Field, Name, Pattern, Record, Step, Table, Type, TypeTag, Value, Vector,
};
use brocomm::lowlevel::serial::Func;
use brocomm::lowlevel::types::TypeKind;

use super::to_zeek::{exact_double, kinds};
use super::types::{self, MAX_DEPTH, Resolved};
use super::{Context, Refusal, RefusalKind, time};
use crate::Data;

/// Converts a value from its type on Zeek's side to its type on Bro's side.
pub(super) fn value(
    data: &Data,
    zeek: &Type,
    bro: &Type,
    context: Context<'_>,
    depth: u32,
) -> Result<Value, Refusal> {
    if depth >= MAX_DEPTH {
        return Err(RefusalKind::TooDeep.into());
    }
    let depth = depth + 1;
    let (from, to) = (Resolved::new(zeek), Resolved::new(bro));
    let (Some(zeek_tag), Some(tag)) = (from.tag(), to.tag()) else {
        return Err(mismatch(data, bro));
    };
    if zeek_tag == TypeTag::Any {
        return super::untyped::value(data, bro, context, depth);
    }
    check_kind(data, zeek_tag, zeek)?;
    Ok(match (data, tag) {
        (_, TypeTag::Any) => value(data, zeek, zeek, context, depth)?,
        (Data::Boolean(v), TypeTag::Bool) => Value::Bool(*v),
        (Data::Count(v), TypeTag::Count) => Value::Count(*v),
        (Data::Count(v), TypeTag::Counter) => Value::Counter(*v),
        (Data::Integer(v), TypeTag::Int) => Value::Int(*v),
        (Data::Real(v), TypeTag::Double) => Value::Double(*v),
        (
            Data::Count(_) | Data::Integer(_),
            TypeTag::Int | TypeTag::Count | TypeTag::Counter | TypeTag::Double,
        ) if context.widen => widened(data, tag)?,
        (Data::Timestamp(nanos), TypeTag::Time) => Value::Time(time::time(*nanos)?),
        (Data::Timespan(nanos), TypeTag::Interval) => Value::Interval(time::interval(*nanos)?),
        (Data::String(v), TypeTag::String) => Value::String(v.clone()),
        (Data::Port(v), TypeTag::Port) => Value::Port(*v),
        (Data::Address(v), TypeTag::Addr) => Value::Addr(*v),
        (Data::Subnet(v), TypeTag::Subnet) => Value::Subnet(*v),
        (Data::Enum(name), TypeTag::Enum) => {
            check_constant(name, &from)?;
            let number = number_of(name, &to)?;
            Value::Enum(EnumValue { ty: to.ty(), number })
        }
        (Data::Vector(items), TypeTag::Pattern) => Value::Pattern(Arc::new(pattern(items)?)),
        (Data::Vector(items), TypeTag::Record) => {
            Value::Record(Arc::new(record(items, &from, &to, context, depth)?))
        }
        (Data::Vector(items), TypeTag::Vector) => {
            let (Some(TypeKind::Vector(zeek)), Some(TypeKind::Vector(bro))) =
                (from.kind(), to.kind())
            else {
                return Err(mismatch(data, bro));
            };
            let item = |(at, item)| {
                let item = value(item, zeek, bro, context, depth);
                item.map(Some).map_err(|refusal| refusal.within(Step::Element(at)))
            };
            let items = items.iter().enumerate().map(item).collect::<Result<_, _>>()?;
            Value::Vector(Arc::new(Vector::new(to.ty(), items)))
        }
        (Data::Set(items), TypeTag::Table) => {
            let entries = items.iter().map(|key| (key, None));
            Value::Table(Arc::new(table(entries, &from, &to, context, depth)?))
        }
        (Data::Table(items), TypeTag::Table) => {
            let entries = items.iter().map(|(key, value)| (key, Some(value)));
            Value::Table(Arc::new(table(entries, &from, &to, context, depth)?))
        }
        (Data::Vector(items), TypeTag::Func) => func(items, to.ty(), context)?,
        _ => return Err(mismatch(data, bro)),
    })
}

fn mismatch(found: &Data, expected: &Type) -> Refusal {
    kinds(&types::name_of(expected), found.kind())
}

/// Checks that a value has the kind of its type on Zeek's side.
fn check_kind(data: &Data, tag: TypeTag, ty: &Type) -> Result<(), Refusal> {
    use TypeTag as T;
    let fits = matches!(
        (data, tag),
        (Data::Boolean(_), T::Bool)
            | (Data::Count(_), T::Count | T::Counter)
            | (Data::Integer(_), T::Int)
            | (Data::Real(_), T::Double)
            | (Data::Timespan(_), T::Interval)
            | (Data::Timestamp(_), T::Time)
            | (Data::String(_), T::String | T::File)
            | (Data::Enum(_), T::Enum)
            | (Data::Address(_), T::Addr)
            | (Data::Subnet(_), T::Subnet)
            | (Data::Port(_), T::Port)
            | (Data::Set(_) | Data::Table(_), T::Table)
            | (Data::Vector(_), T::Vector | T::Record | T::Pattern | T::Func)
    );
    if fits {
        return Ok(());
    }
    if tag == T::Opaque {
        return Err(RefusalKind::NoCounterpart(types::name_of(ty)).into());
    }
    Err(mismatch(data, ty))
}

fn widened(data: &Data, tag: TypeTag) -> Result<Value, RefusalKind> {
    let number: i128 = match data {
        Data::Count(v) => (*v).into(),
        Data::Integer(v) => (*v).into(),
        _ => 0,
    };
    let value = match tag {
        TypeTag::Int => i64::try_from(number).ok().map(Value::Int),
        TypeTag::Count => u64::try_from(number).ok().map(Value::Count),
        TypeTag::Counter => u64::try_from(number).ok().map(Value::Counter),
        _ => exact_double(number).map(Value::Double),
    };
    let (number, expected) = (number.to_string(), tag.name().to_owned());
    value.ok_or(RefusalKind::Number { number, expected })
}

fn check_constant(name: &[u8], ty: &Resolved<'_>) -> Result<(), RefusalKind> {
    number_of(name, ty).map(|_| ())
}

pub(super) fn number_of(name: &[u8], ty: &Resolved<'_>) -> Result<i64, RefusalKind> {
    let number = match ty.kind() {
        Some(TypeKind::Enum(names)) => names.number_of(name),
        _ => None,
    };
    number.ok_or_else(|| RefusalKind::Constant {
        ty: ty.ty().name().clone(),
        constant: name.escape_ascii().to_string(),
    })
}

/// Returns a function with only a name. The receiver uses its own function of that name.
fn func(items: &[Data], ty: Type, context: Context<'_>) -> Result<Value, Refusal> {
    // Closures have more than a name, and cannot leave their Zeek.
    let [Data::String(name)] = items else { return Err(kinds("func", "vector")) };
    if !context.functions || !context.zeek.globals.contains(name) {
        return Err(RefusalKind::Function.into());
    }
    let name = Name::from_bytes(name.clone());
    let func =
        Func { bodies: Vec::new(), kind: 1, ty: ty.clone(), name, frame_size: None, id: None };
    Ok(Value::Func(ty, Arc::new(func)))
}

fn pattern(items: &[Data]) -> Result<Pattern, Refusal> {
    let [Data::String(exact), Data::String(anywhere)] = items else {
        return Err(kinds("pattern", "vector"));
    };
    let pattern = Pattern { exact: exact.clone(), anywhere: anywhere.clone() };
    match pattern.check() {
        Ok(()) => Ok(pattern),
        Err(error) => Err(kinds("pattern", &error.to_string())),
    }
}

fn record(
    items: &[Data],
    from: &Resolved<'_>,
    to: &Resolved<'_>,
    context: Context<'_>,
    depth: u32,
) -> Result<Record, Refusal> {
    let (Some(given), Some(wanted)) = (from.fields(), to.fields()) else {
        return Err(kinds(&types::name_of(&to.ty()), "vector"));
    };
    if items.len() < given.len() || (items.len() > given.len() && !context.as_zeek) {
        let (expected, found) = (given.len(), items.len());
        return Err(RefusalKind::Length { expected, found }.into());
    }
    // All fields are checked, even those that Bro's record doesn't have.
    for (field, data) in given.iter().zip(items) {
        let within = |refusal: Refusal| refusal.within(Step::Field(field.name.clone()));
        let is_set = !matches!(data, Data::None);
        if !is_set && !types::may_be_unset(field) && !context.as_zeek {
            return Err(within(RefusalKind::Missing.into()));
        }
        let is_other = wanted.iter().all(|other| other.name != field.name);
        if is_set && is_other {
            value(data, &field.ty, &field.ty, context, depth).map_err(within)?;
            if !context.drop_fields {
                return Err(within(RefusalKind::ExtraField.into()));
            }
        }
    }
    let field = |(at, field): (usize, &Field)| {
        let position = match given.get(at) {
            Some(same) if same.name == field.name => Some(at),
            _ => given.iter().position(|other| other.name == field.name),
        };
        let found = position.and_then(|at| Some((given.get(at)?, items.get(at)?)));
        match found {
            Some((given, data)) if !matches!(data, Data::None) => {
                value(data, &given.ty, &field.ty, context, depth).map(Some)
            }
            _ => match types::default_of(field) {
                Some(default) => Ok(default.coerce(&field.ty).ok()),
                None if types::may_be_unset(field) || context.as_zeek => Ok(None),
                None => Err(RefusalKind::Missing.into()),
            },
        }
        .map_err(|refusal| refusal.within(Step::Field(field.name.clone())))
    };
    let fields = wanted.iter().enumerate().map(field).collect::<Result<_, _>>()?;
    Ok(Record::new(to.ty(), fields))
}

fn table<'d>(
    items: impl Iterator<Item = (&'d Data, Option<&'d Data>)>,
    from: &Resolved<'_>,
    to: &Resolved<'_>,
    context: Context<'_>,
    depth: u32,
) -> Result<Table, Refusal> {
    let (Some((zeek_index, zeek_yields)), Some((bro_index, bro_yields))) =
        (from.table(), to.table())
    else {
        return Err(kinds("table", &types::name_of(&to.ty())));
    };
    if zeek_index.len() != bro_index.len() {
        return Err(kinds(
            &format!("index of {} values", bro_index.len()),
            &format!("{}", zeek_index.len()),
        ));
    }
    let mut table = Table::new(to.ty());
    for (at, (key, item)) in items.enumerate() {
        let within = |refusal: Refusal| refusal.within(Step::Entry(at));
        let components = components(key, zeek_index).map_err(within)?;
        let component = |(at, ((data, zeek), bro)): (usize, ((&Data, &Type), &Type))| {
            value(data, zeek, bro, context, depth)
                .map_err(|refusal| refusal.within(Step::Component(at)))
        };
        let index = components.iter().zip(zeek_index).zip(bro_index).enumerate().map(component);
        let index = index.collect::<Result<Vec<_>, _>>().map_err(within)?;
        let item = match (item, zeek_yields, bro_yields) {
            (None, None, None) => None,
            (Some(item), Some(zeek), Some(bro)) => {
                Some(value(item, zeek, bro, context, depth).map_err(within)?)
            }
            (None, ..) => return Err(within(kinds("table", "set"))),
            (Some(_), ..) => return Err(within(kinds("set", "table"))),
        };
        table.push(index, item);
    }
    // Different numbers or times may have become equal.
    if table.index().len() < table.entries.len() {
        return Err(RefusalKind::SameIndex.into());
    }
    Ok(table)
}

/// Returns the components of an index.
fn components<'d>(key: &'d Data, types: &[Type]) -> Result<&'d [Data], Refusal> {
    match (types, key) {
        // Zeek also accepts a single value in a vector of one, unless it is a vector itself.
        ([only], Data::Vector(items)) if !types::is_vector(only) && items.len() == 1 => Ok(items),
        ([_], only) => Ok(std::slice::from_ref(only)),
        (_, Data::Vector(items)) if items.len() == types.len() => Ok(items),
        _ => Err(kinds(&format!("index of {} values", types.len()), key.kind())),
    }
}
