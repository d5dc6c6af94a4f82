//! Checks that entries of our own have the columns of their stream.

use super::receive::mismatch;
use super::{LogField, LogValue, Mismatch};
use crate::data::TypeTag;

/// Makes values of the columns' types, as Bro does with the record that is written to a log: numbers
/// become more general ones, and an `int` that is not negative a `count`. Returns `None` if they are
/// of these types already.
pub(super) fn coerce(
    fields: &[LogField],
    values: &[LogValue],
) -> Result<Option<Vec<LogValue>>, Mismatch> {
    let Some(why) = misfit(fields, values) else { return Ok(None) };
    if values.len() != fields.len() {
        return Err(why);
    }
    let coerced = fields.iter().zip(values).map(|(field, value)| column(field, value));
    let coerced: Vec<LogValue> = coerced.collect();
    misfit(fields, &coerced).map_or(Ok(Some(coerced)), Err)
}

/// Finds what is not of its column's type.
fn misfit(fields: &[LogField], values: &[LogValue]) -> Option<Mismatch> {
    mismatch(fields, values).or_else(|| {
        fields.iter().zip(values).enumerate().find_map(|(column, (field, value))| {
            let (LogValue::Set(items) | LogValue::Vector(items)) = value else { return None };
            let mut other = items.iter().map(LogValue::tag).filter(|tag| *tag != field.subtype);
            let (expected, found) = (field.subtype, other.next()?);
            Some(match found {
                // A receiver ends the connection.
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

/// Makes a number of this type, if that is possible.
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
