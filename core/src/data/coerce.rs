//! Coercion of values to declared types, as Bro does in assignments and calls (§5).

use std::cell::Cell;
use std::sync::Arc;

use super::convert::{index_types, kind, table_parts};
use super::fits::same_fields;
use super::{
    AttributeTag, ConversionError, ConversionErrorKind, Entry, EnumValue, Field, Items, List,
    Opcode, Record, RecordType, StateAccess, Step, Table, Type, TypeDef, TypeKind, TypeTag, Value,
    Vector, default_of,
};

/// The origin of a value that is coerced. It decides what happens to fields that only one of two
/// record types has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// The application, with the rules for expressions in scripts: an unknown field is an error,
    /// and so is a missing field without `&optional` and `&default`.
    Own,
    /// A peer, with Bro's rules for received values: its record types may have more or fewer
    /// fields. Additional fields are dropped. Missing fields get the value that they have in a new
    /// record, if any.
    Peer {
        /// How many missing fields may still be created. A short message could require very many of
        /// them.
        room: &'a Cell<u32>,
    },
}

impl Origin<'_> {
    /// Counts the fields that are created for a record against the limit.
    fn make(self, fields: usize) -> Result<(), ConversionError> {
        if let Origin::Peer { room } = self {
            let fields = u32::try_from(fields).unwrap_or(u32::MAX);
            let left = room.get().checked_sub(fields);
            room.set(left.ok_or(ConversionErrorKind::TooManyFields)?);
        }
        Ok(())
    }
}

impl Value {
    /// Coerces the value to this type, as Bro does for declared types.
    ///
    /// * Numbers become more general: a `counter` becomes a `count`, both become an `int`, and all
    ///   of them a `double`. Since an integer in Rust is an `int` by default, a non-negative `int`
    ///   also becomes a `count`, and a `count` a `counter`.
    /// * The fields of a record of another type are matched by name (§5). A missing field is unset
    ///   if it is `&optional`, or gets its constant `&default`. A field that the type does not have
    ///   is an error.
    /// * An enum constant becomes the constant with the same name, which may have another number
    ///   (2§6).
    /// * A pattern that Bro cannot compile, and a table or set with an index that Bro rejects, are
    ///   errors.
    /// * The elements of containers are coerced. Containers keep their unique IDs, attributes and
    ///   time stamps. Empty containers may have any type.
    /// * `any` accepts every value unchanged, and so does a type known only by its name.
    ///
    /// ```
    /// # use brocomm::data::{Type, Value};
    /// assert_eq!(Value::Count(5).coerce(&Type::DOUBLE), Ok(Value::Double(5.0)));
    /// assert_eq!(Value::Int(5).coerce(&Type::COUNT), Ok(Value::Count(5)));
    /// assert!(Value::Int(-5).coerce(&Type::COUNT).is_err());
    /// assert!(Value::Double(5.0).coerce(&Type::COUNT).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Returns what does not match the type, and its position in the value.
    pub fn coerce(&self, ty: &Type) -> Result<Value, ConversionError> {
        self.coerce_from(Origin::Own, ty)
    }

    /// Returns whether the value has no parts and no type of its own, and is of this type, so that
    /// coercion keeps it.
    pub(crate) fn is_plain(&self, ty: &Type) -> bool {
        let tag = self.tag();
        tag.is_atomic() && tag != TypeTag::Pattern && ty.tag() == Some(tag)
    }

    /// Coerces the value to this type, with the rules for this origin.
    pub(crate) fn coerce_from(
        &self,
        origin: Origin<'_>,
        ty: &Type,
    ) -> Result<Value, ConversionError> {
        let def = match ty {
            // The result must have the type itself, not a reference to it.
            Type::Enclosing(_) => ty.def().map(Type::Def),
            _ => None,
        };
        let ty = def.as_ref().unwrap_or(ty);
        let Some(expected) = ty.tag() else { return Ok(self.clone()) };
        Ok(match (expected, self) {
            (TypeTag::Any, _) => {
                self.check_possible()?;
                self.clone()
            }
            (TypeTag::Int, Value::Count(v) | Value::Counter(v)) => {
                Value::Int(i64::try_from(*v).map_err(|_| self.out_of_range("int"))?)
            }
            (TypeTag::Count, Value::Counter(v)) => Value::Count(*v),
            (TypeTag::Counter, Value::Count(v)) => Value::Counter(*v),
            (TypeTag::Count, Value::Int(v)) => {
                Value::Count(u64::try_from(*v).map_err(|_| self.out_of_range("count"))?)
            }
            (TypeTag::Counter, Value::Int(v)) => {
                Value::Counter(u64::try_from(*v).map_err(|_| self.out_of_range("counter"))?)
            }
            (TypeTag::Double, Value::Count(v) | Value::Counter(v)) => Value::Double(*v as f64),
            (TypeTag::Double, Value::Int(v)) => Value::Double(*v as f64),
            _ if expected != self.tag() => return Err(ConversionError::mismatch(expected, self)),
            (_, Value::Enum(constant)) => Value::Enum(enumeration(origin, constant, ty)?),
            (_, Value::List(list)) => {
                let types = match kind(ty) {
                    Some(TypeKind::List(types)) => types.types.as_slice(),
                    _ => return Ok(self.clone()),
                };
                Value::List(Arc::new(index(origin, list, ty, types)?))
            }
            (_, Value::Table(table)) => Value::Table(Arc::new(entries(origin, table, ty)?)),
            (_, Value::Record(record)) => Value::Record(Arc::new(fields(origin, record, ty)?)),
            (_, Value::Vector(vector)) => Value::Vector(Arc::new(elements(origin, vector, ty)?)),
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

    /// Checks that Bro's scripts could have created the patterns and the tables' indices in the
    /// value.
    #[inline]
    pub(crate) fn check_possible(&self) -> Result<(), ConversionErrorKind> {
        match self {
            Value::Pattern(pattern) => pattern.check().map_err(ConversionErrorKind::Pattern),
            Value::Table(table) => {
                check_index_types(&table.ty)?;
                all_possible(table.entries.iter().map(|entry| &entry.value))
            }
            Value::List(list) => list.items.iter().try_for_each(Value::check_possible),
            Value::Record(record) => all_possible(&record.fields),
            Value::Vector(vector) => all_possible(&vector.items),
            _ => Ok(()),
        }
    }

    fn out_of_range(&self, target: &'static str) -> ConversionError {
        ConversionErrorKind::OutOfRange { value: self.clone(), target }.into()
    }
}

fn check_index_types(ty: &Type) -> Result<(), ConversionErrorKind> {
    index_types(ty).iter().try_for_each(Type::check_index).map_err(ConversionErrorKind::IndexType)
}

fn all_possible<'v>(
    values: impl IntoIterator<Item = &'v Option<Value>>,
) -> Result<(), ConversionErrorKind> {
    values.into_iter().flatten().try_for_each(Value::check_possible)
}

fn enumeration(
    origin: Origin<'_>,
    constant: &EnumValue,
    ty: &Type,
) -> Result<EnumValue, ConversionError> {
    let Some(TypeKind::Enum(names)) = kind(ty) else { return Ok(constant.clone()) };
    let number = match constant.name() {
        Some(name) => names.number_of(&name),
        None => names.name_of(constant.number).map(|_| constant.number),
    };
    match number {
        Some(number) => Ok(EnumValue { ty: ty.clone(), number }),
        // The peer's enum may have been extended by a `redef`.
        None if origin != Origin::Own => Ok(constant.clone()),
        None => {
            let (name, constant) = (ty.name().compact(), Box::new(constant.clone()));
            Err(ConversionErrorKind::NotInEnum { constant, name }.into())
        }
    }
}

/// Coerces an index to these types, the components of the list type `ty`.
fn index(
    origin: Origin<'_>,
    list: &List,
    ty: &Type,
    types: &[Type],
) -> Result<List, ConversionError> {
    let (expected, found) = (types.len(), list.items.len());
    if expected != found {
        return Err(ConversionErrorKind::Length { expected, found }.into());
    }
    let component = |(at, (item, ty)): (usize, (&Value, &Type))| {
        item.coerce_from(origin, ty).map_err(|error| error.within(Step::Component(at)))
    };
    let items = list.items.iter().zip(types).enumerate().map(component);
    let items = items.collect::<Result<Items, _>>()?;
    // The tag is that of the coerced component. A peer's different tag is kept.
    let tag =
        if list.tag == List::usual_tag(&list.items) { List::usual_tag(&items) } else { list.tag };
    Ok(List { ty: ty.clone(), tag, items })
}

fn entries(origin: Origin<'_>, table: &Table, ty: &Type) -> Result<Table, ConversionError> {
    let Some((index_list, yields)) = table_parts(ty) else { return Ok(table.clone()) };
    check_index_types(ty)?;
    let types = index_types(ty);
    let entry = |(at, entry): (usize, &Entry)| {
        let value = match (&entry.value, yields) {
            (None, None) => Ok(None),
            (Some(value), Some(ty)) => value.coerce_from(origin, ty).map(Some),
            (Some(_), None) => Err(ConversionErrorKind::NotASet.into()),
            (None, Some(_)) => Err(ConversionErrorKind::NotATable.into()),
        };
        let within = |error: ConversionError| error.within(Step::Entry(at));
        let index = Arc::new(index(origin, &entry.index, index_list, types).map_err(within)?);
        let value = value.map_err(within)?;
        Ok(Entry { index, value, ..*entry })
    };
    let entries = table.entries.iter().enumerate().map(entry);
    let entries = entries.collect::<Result<_, ConversionError>>()?;
    let mut coerced = Table { ty: ty.clone(), ..table.with_entries(entries) };
    // Large counts may become the same double, and records may lose fields.
    let changed = |(old, new): (&Entry, &Entry)| old.index != new.index;
    if table.entries.iter().zip(&coerced.entries).any(changed) && coerced.has_duplicates() {
        match origin {
            Origin::Own => return Err(ConversionErrorKind::SameIndex.into()),
            Origin::Peer { .. } => coerced.keep_last_of_equals(),
        }
    }
    Ok(coerced)
}

fn fields(origin: Origin<'_>, record: &Record, ty: &Type) -> Result<Record, ConversionError> {
    let Some(wanted) = ty.fields() else { return Ok(record.clone()) };
    let (expected, found) = (wanted.len(), record.fields.len());
    let is_same = same_fields(&record.ty, ty) && expected == found;
    if !is_same {
        let Some(given) = record.ty.def() else {
            // The fields of such a record are known only by position.
            return Err(ConversionErrorKind::Length { expected, found }.into());
        };
        if origin == Origin::Own {
            no_others(record, &given, ty, wanted)?;
        }
        origin.make(expected)?;
    }
    let field = |(at, field): (usize, &Field)| {
        let found =
            if is_same { record.fields.get(at)?.as_ref() } else { record.find(&field.name) };
        match found {
            Some(value) => Some(value.coerce_from(origin, &field.ty)),
            // A record of the same type is unchanged.
            None if is_same => None,
            None => absent(origin, field),
        }
        .map(|result| result.map_err(|error| error.within(Step::Field(field.name.clone()))))
    };
    let fields = wanted.iter().enumerate().map(|one| field(one).transpose());
    let fields = fields.collect::<Result<_, ConversionError>>()?;
    Ok(Record { ty: ty.clone(), mutable: record.mutable.clone(), fields })
}

/// Returns the value of a field that is missing in a record of another type.
fn absent(origin: Origin<'_>, field: &Field) -> Option<Result<Value, ConversionError>> {
    match (default_of(field), origin) {
        (Some(value), _) => Some(value.coerce(&field.ty)),
        // The receiver evaluates defaults that are not constants.
        (None, _) if field.may_lack() => None,
        (None, Origin::Peer { .. }) => {
            let value = field.ty.initial_value()?;
            Some(origin.make(count_fields(&value)).map(|()| value))
        }
        (None, Origin::Own) => Some(Err(ConversionErrorKind::Missing.into())),
    }
}

/// Returns the number of fields in the records of an initial value.
fn count_fields(value: &Value) -> usize {
    let Value::Record(record) = value else { return 0 };
    let within = record.fields.iter().flatten().map(count_fields);
    within.fold(record.fields.len(), usize::saturating_add)
}

/// Checks that every field that is set exists in the type.
fn no_others(
    record: &Record,
    given: &TypeDef,
    ty: &Type,
    wanted: &[Field],
) -> Result<(), ConversionError> {
    let TypeKind::Record(RecordType { fields: Some(given), .. }) = &given.kind else {
        return Ok(());
    };
    let mut set = given.iter().zip(&record.fields).filter(|(_, value)| value.is_some());
    match set.find(|(given, _)| wanted.iter().all(|field| field.name != given.name)) {
        None => Ok(()),
        Some((field, _)) => Err(ConversionError::no_such_field(ty, &field.name)),
    }
}

fn elements(origin: Origin<'_>, vector: &Vector, ty: &Type) -> Result<Vector, ConversionError> {
    let Some(TypeKind::Vector(element)) = kind(ty) else { return Ok(vector.clone()) };
    let items = vector.items.iter().enumerate().map(|(at, item)| {
        let item = item.as_ref().map(|item| item.coerce_from(origin, element)).transpose();
        item.map_err(|error| error.within(Step::Element(at)))
    });
    let items = items.collect::<Result<_, _>>()?;
    Ok(Vector { ty: ty.clone(), mutable: vector.mutable.clone(), items })
}

impl Type {
    /// Returns the value that a variable of this type has in Bro if its declaration gives none:
    /// containers are empty, records have their fields' defaults, other types have no value.
    ///
    /// A record's other fields that are not `&optional` are initialized in the same way.
    pub(crate) fn initial_value(&self) -> Option<Value> {
        let Type::Def(def) = self else { return None };
        match &def.kind {
            TypeKind::Set(_) | TypeKind::Table(_) => Some(Table::new(self.clone()).into()),
            TypeKind::Vector(_) => Some(Vector::new(self.clone(), Vec::new()).into()),
            TypeKind::Record(record) => {
                let fields = record.fields.iter().flatten().map(|field| {
                    let default = default_of(field).and_then(|value| value.coerce(&field.ty).ok());
                    let is_optional = field.has(AttributeTag::Optional);
                    default.or_else(|| if is_optional { None } else { field.ty.initial_value() })
                });
                Some(Record::new(self.clone(), fields.collect()).into())
            }
            _ => None,
        }
    }
}

pub(super) fn coerce_operands(
    ty: &Type,
    access: &StateAccess,
) -> Result<Option<StateAccess>, ConversionError> {
    let StateAccess { opcode, op1, op2, op3, .. } = access;
    let operand = |operand: &Option<Value>, ty: &Type| match operand {
        Some(value) => coerced(value, ty),
        None => Ok(None),
    };
    let (one, two, three) = match opcode {
        Opcode::Assign | Opcode::Incr => (coerced(op1, ty)?, operand(op2, ty)?, None),
        Opcode::AssignIdx | Opcode::IncrIdx => {
            let (index, part) = part(ty, op1)?;
            (index, operand(op2, &part)?, operand(op3, &part)?)
        }
        // The old value is the entry's value in tables, but a flag in sets.
        Opcode::Add | Opcode::Del | Opcode::Expire | Opcode::ReadIdx => {
            (table_index(ty, op1)?, None, None)
        }
        Opcode::Print => (None, None, None),
    };
    if one.is_none() && two.is_none() && three.is_none() {
        return Ok(None);
    }
    let mut access = access.clone();
    access.op1 = one.unwrap_or(access.op1);
    access.op2 = two.or(access.op2);
    access.op3 = three.or(access.op3);
    Ok(Some(access))
}

pub(super) fn coerced(value: &Value, ty: &Type) -> Result<Option<Value>, ConversionError> {
    if value.is_of(ty) { Ok(None) } else { value.coerce(ty).map(Some) }
}

/// Returns the coerced index, or `None` if it needs no coercion, and the type of the element.
fn part(ty: &Type, index: &Value) -> Result<(Option<Value>, Type), ConversionError> {
    if let Some((_, yields)) = table_parts(ty) {
        let yields = yields.ok_or(ConversionErrorKind::NotATable)?;
        return Ok((table_index(ty, index)?, yields.clone()));
    }
    match kind(ty) {
        Some(TypeKind::Vector(element)) => Ok((coerced(index, &Type::COUNT)?, element.clone())),
        Some(TypeKind::Record(_)) => {
            let Value::String(name) = index else {
                return Err(ConversionError::mismatch(TypeTag::String, index));
            };
            let mut fields = ty.fields().unwrap_or_default().iter();
            match fields.find(|field| *field.name == **name) {
                Some(field) => Ok((None, field.ty.clone())),
                None => Err(ConversionError::no_such_field(ty, name)),
            }
        }
        _ => Err(not_a_table(ty)),
    }
}

fn table_index(ty: &Type, index: &Value) -> Result<Option<Value>, ConversionError> {
    let (list, _) = table_parts(ty).ok_or_else(|| not_a_table(ty))?;
    match (index, index_types(ty)) {
        (Value::List(_), _) => coerced(index, list),
        (_, [only]) => coerced(index, only),
        (_, types) => Err(ConversionErrorKind::Length { expected: types.len(), found: 1 }.into()),
    }
}

/// Returns the error for a type without entries.
fn not_a_table(ty: &Type) -> ConversionError {
    let found = ty.tag().unwrap_or(TypeTag::Any);
    ConversionErrorKind::Type { expected: TypeTag::Table, found }.into()
}

#[cfg(test)]
mod tests;
