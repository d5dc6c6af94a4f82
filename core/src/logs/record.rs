//! Records as log entries (3§1).

use thiserror::Error;

use super::writer::is_element;
use super::{LogEntry, LogField, LogValue};
use crate::data::{
    AttributeTag, BroType, ConversionError, EnumValue, Field, FromValue, Name, Record, Table,
    ToValue, Type, TypeKind, TypeTag, Value, Vector, index_types,
};

/// A type that can be written to a log: a record whose `&log` fields are the columns.
///
/// With the feature `derive`, implement it with `#[derive(brocomm::Record)]` and `#[bro(log)]` on
/// the struct or on fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a log entry",
    note = "add `#[derive(Record)]` to the struct, and `#[bro(log)]` to it or to each field that is a column"
)]
pub trait LogRecord {
    /// Returns the columns.
    ///
    /// # Errors
    /// Fails if logs do not support the type of a field. The error names the field.
    fn log_fields() -> Result<Vec<LogField>, NotLoggable>;

    /// Returns the values of the columns.
    fn log_values(&self) -> Vec<LogValue>;
}

impl<T: ToValue> LogRecord for T {
    fn log_fields() -> Result<Vec<LogField>, NotLoggable> {
        log_fields(&<T as BroType>::bro_type())
    }

    fn log_values(&self) -> Vec<LogValue> {
        match self.to_value() {
            Value::Record(record) => log_values(&record),
            _ => Vec::new(),
        }
    }
}

/// Returns the columns for a log of these records: the fields with `&log`; names of nested fields
/// are joined by a dot.
///
/// # Errors
/// Fails if logs do not support the type of a field. The error names the field.
pub fn log_fields(record: &Type) -> Result<Vec<LogField>, NotLoggable> {
    let mut fields = Vec::new();
    collect_fields(record, &[], 0, &mut fields)?;
    if fields.is_empty() {
        return Err(NotLoggable::NoField { ty: Name::from(record.to_string()) });
    }
    Ok(fields)
}

/// Returns the values of a record's columns, in the order of [`log_fields`].
pub fn log_values(record: &Record) -> Vec<LogValue> {
    let mut values = Vec::new();
    collect_values(&record.ty, Some(record), 0, &mut values);
    values
}

/// The maximum nesting of records. Valid record types are not recursive.
const DEPTH: u32 = 16;

fn collect_fields(
    record: &Type,
    prefix: &[u8],
    depth: u32,
    fields: &mut Vec<LogField>,
) -> Result<(), NotLoggable> {
    let logged = |field: &&Field| field.has(AttributeTag::Log);
    for field in record.fields().unwrap_or_default().iter().filter(logged) {
        let name = [prefix, &*field.name].concat();
        if field.ty.tag() == Some(TypeTag::Record) && depth < DEPTH {
            let prefix = [&name[..], b"."].concat();
            collect_fields(&field.ty, &prefix, depth.saturating_add(1), fields)?;
            continue;
        }
        let not_loggable = || NotLoggable::Field {
            name: Name::from_bytes(name.clone().into()),
            ty: Name::from(field.ty.to_string()),
        };
        let (ty, subtype) = column(&field.ty).ok_or_else(not_loggable)?;
        let optional = field.has(AttributeTag::Optional);
        let name = Name::from_bytes(name.into());
        fields.push(LogField { name, secondary_name: None, ty, subtype, optional });
    }
    Ok(())
}

/// Collects a record's columns, all unset if there is no record.
fn collect_values(ty: &Type, record: Option<&Record>, depth: u32, values: &mut Vec<LogValue>) {
    let Some(all) = ty.fields() else { return };
    for (position, field) in all.iter().enumerate() {
        if !field.has(AttributeTag::Log) {
            continue;
        }
        let value = record.and_then(|record| record.fields.get(position)?.as_ref());
        if field.ty.tag() == Some(TypeTag::Record) && depth < DEPTH {
            let nested = match value {
                Some(Value::Record(nested)) => Some(&**nested),
                _ => None,
            };
            collect_values(&field.ty, nested, depth.saturating_add(1), values);
        } else if let Some((tag, _)) = column(&field.ty) {
            values.push(value.and_then(log_value).unwrap_or(LogValue::Unset(tag)));
        }
    }
}

/// Returns the types of a column and of its elements.
fn column(ty: &Type) -> Option<(TypeTag, TypeTag)> {
    let tag = ty.tag()?;
    if is_element(tag) {
        return Some((tag, TypeTag::Void));
    }
    let element = match &ty.def()?.kind {
        TypeKind::Vector(element) => element.tag()?,
        TypeKind::Table(table) if table.yields.is_some() => return None,
        _ => only_index(ty)?.tag()?,
    };
    is_element(element).then_some((tag, element))
}

pub(super) fn log_value(value: &Value) -> Option<LogValue> {
    Some(match value {
        Value::Bool(value) => LogValue::Bool(*value),
        Value::Int(value) => LogValue::Int(*value),
        Value::Count(value) => LogValue::Count(*value),
        Value::Counter(value) => LogValue::Counter(*value),
        Value::Double(value) => LogValue::Double(*value),
        Value::Time(value) => LogValue::Time(*value),
        Value::Interval(value) => LogValue::Interval(*value),
        Value::String(text) => LogValue::String(text.clone()),
        // Bro's text for a constant without a name.
        Value::Enum(constant) => LogValue::Enum(
            constant.name().map_or("<undefined>".into(), |name| name.as_bytes().clone()),
        ),
        Value::Func(_, func) => LogValue::Func(func.name.as_bytes().clone()),
        Value::File(_, file) => LogValue::File(file.name.as_bytes().clone()),
        Value::Port(port) => LogValue::Port(*port),
        Value::Addr(addr) => (*addr).into(),
        Value::Subnet(subnet) => (*subnet).into(),
        Value::Table(table) => LogValue::Set(
            table.entries.iter().filter_map(|e| log_value(e.index.items.first()?)).collect(),
        ),
        Value::Vector(vector) => {
            let unset = match vector.ty.def().as_deref().map(|def| &def.kind) {
                Some(TypeKind::Vector(element)) => element.tag().unwrap_or(TypeTag::Void),
                _ => TypeTag::Void,
            };
            let element = |item: &Option<Value>| item.as_ref().and_then(log_value);
            let element = |item| element(item).unwrap_or(LogValue::Unset(unset));
            LogValue::Vector(vector.items.iter().map(element).collect())
        }
        Value::Pattern(_) | Value::List(_) | Value::Record(_) | Value::Opaque(_) => return None,
    })
}

impl LogEntry {
    /// Converts the entry to a Rust struct that is a Bro record. Each field gets the value of the
    /// column with its name, and the fields of a nested record those of the columns `outer.inner`.
    /// Other columns are ignored. An enum column can be converted to a Rust enum or a string.
    ///
    /// # Errors
    /// Fails if a column is missing, unset or of another type. The error names the column.
    ///
    /// ```
    /// # #[cfg(feature = "derive")] {
    /// use std::net::IpAddr;
    /// use brocomm::Record;
    /// use brocomm::logs::LogEntry;
    ///
    /// #[derive(Record)]
    /// struct Id { orig_h: IpAddr, resp_h: IpAddr }
    ///
    /// #[derive(Record)]
    /// struct Conn { id: Id, proto: String, service: Option<String> }
    ///
    /// fn show(entry: &LogEntry) -> Result<String, brocomm::data::ConversionError> {
    ///     let Conn { id, proto, .. } = entry.to()?;
    ///     Ok(format!("{} -> {} ({proto})", id.orig_h, id.resp_h))
    /// }
    /// # }
    /// ```
    pub fn to<T: FromValue>(&self) -> Result<T, ConversionError> {
        let record = self.record(&T::bro_type(), &[], 0);
        T::from_value(&Value::from(record))
    }

    /// Creates a record of this type from the columns for its fields.
    fn record(&self, ty: &Type, prefix: &[u8], depth: u32) -> Record {
        let field = |field: &Field| {
            let name = [prefix, &*field.name].concat();
            if field.ty.tag() == Some(TypeTag::Record) && depth < DEPTH {
                let prefix = [&name[..], b"."].concat();
                let record = self.record(&field.ty, &prefix, depth.saturating_add(1));
                let optional = field.has(AttributeTag::Optional);
                let is_set = !optional || record.fields.iter().any(Option::is_some);
                return is_set.then(|| record.into());
            }
            let place = self.writer.fields.iter().position(|column| *column.name == *name)?;
            value_of(self.values.get(place)?, &field.ty)
        };
        Record::new(ty.clone(), ty.fields().unwrap_or_default().iter().map(field).collect())
    }
}

/// Converts a column's value to this type, or to the column's own type if the two do not match.
pub(super) fn value_of(value: &LogValue, ty: &Type) -> Option<Value> {
    let def = ty.def();
    let kind = def.as_ref().map(|def| &def.kind);
    Some(match value {
        LogValue::Unset(_) => return None,
        LogValue::Bool(value) => Value::Bool(*value),
        LogValue::Int(value) => Value::Int(*value),
        LogValue::Count(value) => Value::Count(*value),
        LogValue::Counter(value) => Value::Counter(*value),
        LogValue::Double(value) => Value::Double(*value),
        LogValue::Time(value) => Value::Time(*value),
        LogValue::Interval(value) => Value::Interval(*value),
        LogValue::Enum(name) => match kind {
            Some(TypeKind::Enum(constants)) if constants.number_of(name).is_some() => {
                let number = constants.number_of(name).unwrap_or_default();
                Value::Enum(EnumValue { ty: ty.clone(), number })
            }
            _ => Value::String(name.clone()),
        },
        LogValue::String(text) | LogValue::Func(text) | LogValue::File(text) => {
            Value::String(text.clone())
        }
        LogValue::Port(port) => Value::Port(*port),
        LogValue::Addr(addr) => Value::Addr(*addr),
        LogValue::Subnet(subnet) => Value::Subnet(*subnet),
        LogValue::Set(items) => {
            let element = only_index(ty);
            let of = |item: &LogValue| value_of(item, element.unwrap_or(&Type::ANY));
            let mut table = Table::new(Type::set(element.into_iter().cloned().collect()));
            items.iter().filter_map(of).for_each(|item| table.push(vec![item], None));
            table.into()
        }
        LogValue::Vector(items) => {
            let element = match kind {
                Some(TypeKind::Vector(element)) => element.clone(),
                _ => Type::ANY,
            };
            let items = items.iter().map(|item| value_of(item, &element)).collect();
            Vector::new(Type::vector(element), items).into()
        }
    })
}

/// Returns the type of a set's elements, if the index has one component.
fn only_index(ty: &Type) -> Option<&Type> {
    match index_types(ty) {
        [only] => Some(only),
        _ => None,
    }
}

/// The reason why a record cannot be written to a log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotLoggable {
    /// A field has a type that logs do not support (3§1).
    #[error("field {name} of type {ty}, which logs don't have")]
    Field {
        /// The field.
        name: Name,
        /// Its type.
        ty: Name,
    },
    /// There is no field with `&log`.
    #[error("{ty} has no field with &log, in Rust `#[bro(log)]`")]
    NoField {
        /// The record's type.
        ty: Name,
    },
}
