//! Checks local entries against the columns of their stream, and maps records' fields to columns.

use super::{LogStream, StreamError};
use crate::data::TypeTag;
use crate::logs::receive::mismatch;
use crate::logs::{LogField, LogRecord, LogValue, Mismatch, NotLoggable};

/// The mapping from the fields of one record type to the columns of a stream, by name.
#[derive(Debug)]
pub(super) struct Columns {
    /// Identifies the record type; types with the same function have the same fields.
    of: fn() -> Result<Vec<LogField>, NotLoggable>,
    /// For each column the position of its field in the record, or the column's type if the record
    /// has no such field; `None` if columns and fields are identical.
    places: Option<Vec<Result<usize, TypeTag>>>,
}

impl Columns {
    pub(super) fn new<R: LogRecord>(stream: &LogStream) -> Result<Columns, StreamError> {
        let fields = R::log_fields()?;
        let number = stream.number;
        let names = || stream.fields.iter().map(|column| &column.name);
        if fields.iter().map(|field| &field.name).eq(names()) {
            return Ok(Columns { of: R::log_fields, places: None });
        }
        if let Some(field) = fields.iter().find(|field| names().all(|name| *name != field.name)) {
            return Err(StreamError::NoColumn { stream: number, field: field.name.clone() });
        }
        let place =
            |column: &LogField| match fields.iter().position(|field| field.name == column.name) {
                Some(place) => Ok(Ok(place)),
                None if column.optional => Ok(Err(column.ty)),
                None => Err(StreamError::NoField { stream: number, column: column.name.clone() }),
            };
        let places = stream.fields.iter().map(place).collect::<Result<_, _>>()?;
        Ok(Columns { of: R::log_fields, places: Some(places) })
    }

    /// Returns whether these are the columns for records of this type.
    pub(super) fn are_of<R: LogRecord>(&self) -> bool {
        let of: fn() -> Result<Vec<LogField>, NotLoggable> = R::log_fields;
        std::ptr::fn_addr_eq(self.of, of)
    }

    /// Arranges the values of a record's fields in the order of the columns.
    pub(super) fn arrange(&self, values: Vec<LogValue>) -> Vec<LogValue> {
        let Some(places) = &self.places else { return values };
        let mut values: Vec<Option<LogValue>> = values.into_iter().map(Some).collect();
        let column = |place: &Result<usize, TypeTag>| match place {
            Ok(place) => values.get_mut(*place).and_then(Option::take),
            Err(ty) => Some(LogValue::Unset(*ty)),
        };
        // A missing value is reported as a wrong number of values.
        places.iter().filter_map(column).collect()
    }
}

/// Coerces values to the columns' types, as Bro does for a record that is written to a log: numbers
/// become more general ones, and a non-negative `int` a `count`. Returns `None` if they already
/// have these types.
pub(super) fn coerce(
    fields: &[LogField],
    values: &[LogValue],
) -> Result<Option<Vec<LogValue>>, Mismatch> {
    if fields.len() == values.len() && fields.iter().zip(values).all(fits) {
        return Ok(None);
    }
    let Some(why) = misfit(fields, values) else { return Ok(None) };
    if values.len() != fields.len() {
        return Err(why);
    }
    let coerced = fields.iter().zip(values).map(|(field, value)| column(field, value));
    let coerced: Vec<LogValue> = coerced.collect();
    misfit(fields, &coerced).map_or(Ok(Some(coerced)), Err)
}

/// Returns whether a value has its column's type.
#[inline]
fn fits((field, value): (&LogField, &LogValue)) -> bool {
    field.ty == value.tag() && (field.subtype == TypeTag::Void || elements_fit(field, value))
}

#[inline(never)]
fn elements_fit(field: &LogField, value: &LogValue) -> bool {
    match value {
        LogValue::Set(items) | LogValue::Vector(items) => {
            items.iter().all(|item| item.tag() == field.subtype)
        }
        _ => true,
    }
}

/// Finds a value that does not have its column's type.
fn misfit(fields: &[LogField], values: &[LogValue]) -> Option<Mismatch> {
    mismatch(fields, values).or_else(|| {
        fields.iter().zip(values).enumerate().find_map(|(column, (field, value))| {
            let (LogValue::Set(items) | LogValue::Vector(items)) = value else { return None };
            let mut other = items.iter().map(LogValue::tag).filter(|tag| *tag != field.subtype);
            let (expected, found) = (field.subtype, other.next()?);
            Some(match found {
                // A receiver would end the connection.
                TypeTag::Table | TypeTag::Vector => Mismatch::Nested { column, found },
                _ => Mismatch::Element { column, expected, found },
            })
        })
    })
}

fn column(field: &LogField, value: &LogValue) -> LogValue {
    let all = |items: &[LogValue]| items.iter().map(|item| number(field.subtype, item)).collect();
    match value {
        LogValue::Set(items) => LogValue::Set(all(items)),
        LogValue::Vector(items) => LogValue::Vector(all(items)),
        value => number(field.ty, value),
    }
}

/// Creates a number of this type, if that is possible.
fn number(ty: TypeTag, value: &LogValue) -> LogValue {
    let coerced = match (ty, value) {
        (TypeTag::Int, LogValue::Count(v) | LogValue::Counter(v)) => {
            i64::try_from(*v).ok().map(LogValue::Int)
        }
        (TypeTag::Count, LogValue::Int(v)) => u64::try_from(*v).ok().map(LogValue::Count),
        (TypeTag::Count, LogValue::Counter(v)) => Some(LogValue::Count(*v)),
        (TypeTag::Counter, LogValue::Int(v)) => u64::try_from(*v).ok().map(LogValue::Counter),
        (TypeTag::Counter, LogValue::Count(v)) => Some(LogValue::Counter(*v)),
        (TypeTag::Double, LogValue::Int(v)) => Some(LogValue::Double(*v as f64)),
        (TypeTag::Double, LogValue::Count(v) | LogValue::Counter(v)) => {
            Some(LogValue::Double(*v as f64))
        }
        _ => None,
    };
    coerced.unwrap_or_else(|| value.clone())
}
