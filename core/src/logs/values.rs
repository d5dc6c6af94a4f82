//! The values of received log entries (3§2).

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use bytes::Bytes;

use super::decode::decode_values;
use super::{LogField, LogValue};
use crate::data::TypeTag;

/// The values of a log entry: a slice of [`LogValue`]s.
///
/// Received values are checked at once, but decoded when they are first looked at, by the task that
/// needs them.
#[derive(Clone, Default)]
pub struct LogValues {
    decoded: OnceLock<Vec<LogValue>>,
    /// The values as they came, checked, with their number.
    encoded: Bytes,
    /// Their estimated memory when decoded, in bytes.
    memory: usize,
}

impl LogValues {
    /// Checks the values at the beginning of the rest of an argument in the usual layout. Returns
    /// them with the rest behind them.
    ///
    /// Returns `None` for more values than the limit, elements included, for subnets, and if
    /// anything is wrong or does not fit the columns. [`decode`](super::decode) handles these.
    pub(super) fn check<'c>(
        argument: &Bytes,
        rest: &'c [u8],
        columns: &[LogField],
        limit: u32,
    ) -> Option<(LogValues, &'c [u8])> {
        let (count, mut left) = rest.split_first_chunk()?;
        let (mut number, mut text) = (columns.len(), 0);
        if u32::from_be_bytes(*count) as usize != number {
            return None;
        }
        for column in columns {
            let (&[a, b, c, d, is_set], content) = left.split_first_chunk()?;
            if u32::from_be_bytes([a, b, c, d]) != u32::from(column.ty as u8) {
                return None;
            }
            left = match column.ty {
                _ if is_set != 1 => content,
                TypeTag::Table | TypeTag::Vector => {
                    let (count, mut items) = content.split_first_chunk()?;
                    for _ in 0..u64::from_be_bytes(*count) {
                        items = pass_element(items, &mut text)?;
                        number += 1;
                    }
                    items
                }
                ty => pass(ty, content, &mut text)?,
            };
        }
        if number > limit as usize {
            return None;
        }
        let end = argument.len() - left.len();
        // It was passed over, so it lies within.
        let encoded = argument.slice(argument.len() - rest.len()..end);
        let memory = number * size_of::<LogValue>() + text;
        Some((LogValues { decoded: OnceLock::new(), encoded, memory }, left))
    }

    /// Returns whether the values have not been decoded yet.
    #[cfg(test)]
    pub(super) fn is_encoded(&self) -> bool {
        self.decoded.get().is_none()
    }

    /// Returns the estimated memory of the values when decoded, in bytes.
    pub(crate) fn memory(&self) -> usize {
        if self.encoded.is_empty() { memory_of(self) } else { self.memory }
    }
}

fn memory_of(values: &[LogValue]) -> usize {
    let inside = values.iter().map(|value| match value {
        LogValue::String(text)
        | LogValue::Enum(text)
        | LogValue::Func(text)
        | LogValue::File(text) => text.len(),
        LogValue::Set(items) | LogValue::Vector(items) => memory_of(items),
        _ => 0,
    });
    inside.fold(size_of_val(values), usize::saturating_add)
}

/// Passes over an element of a set or vector.
fn pass_element<'c>(items: &'c [u8], text: &mut usize) -> Option<&'c [u8]> {
    let (&[0, 0, 0, tag, is_set], content) = items.split_first_chunk()? else { return None };
    match TypeTag::from_u8(tag)? {
        TypeTag::Table | TypeTag::Vector => None,
        _ if is_set != 1 => Some(content),
        ty => pass(ty, content, text),
    }
}

/// Passes over the content of a value that is neither a container nor a subnet. Adds up the text.
#[inline(always)]
fn pass<'c>(ty: TypeTag, content: &'c [u8], text: &mut usize) -> Option<&'c [u8]> {
    match ty {
        TypeTag::Bool
        | TypeTag::Int
        | TypeTag::Count
        | TypeTag::Counter
        | TypeTag::Double
        | TypeTag::Time
        | TypeTag::Interval => content.get(8..),
        TypeTag::String | TypeTag::Enum | TypeTag::Func | TypeTag::File => {
            let (length, rest) = content.split_first_chunk()?;
            let length = u32::from_be_bytes(*length) as usize;
            let rest = rest.get(length..)?;
            *text += length;
            Some(rest)
        }
        TypeTag::Port => {
            let (number, rest) = content.split_first_chunk()?;
            let (transport, rest) = rest.split_first_chunk()?;
            let fits = u64::from_be_bytes(*number) <= u64::from(u16::MAX);
            (fits && u32::from_be_bytes(*transport) <= 3).then_some(rest)
        }
        TypeTag::Addr => match content.split_first()? {
            (4, rest) => rest.get(4..),
            (6, rest) => rest.get(16..),
            _ => None,
        },
        _ => None,
    }
}

impl Deref for LogValues {
    type Target = [LogValue];

    #[inline]
    fn deref(&self) -> &[LogValue] {
        self.decoded.get_or_init(|| decode_values(&self.encoded))
    }
}

impl From<Vec<LogValue>> for LogValues {
    fn from(values: Vec<LogValue>) -> LogValues {
        LogValues { decoded: values.into(), ..LogValues::default() }
    }
}

impl From<LogValues> for Vec<LogValue> {
    fn from(values: LogValues) -> Vec<LogValue> {
        let LogValues { decoded, encoded, .. } = values;
        decoded.into_inner().unwrap_or_else(|| decode_values(&encoded))
    }
}

impl IntoIterator for LogValues {
    type Item = LogValue;
    type IntoIter = std::vec::IntoIter<LogValue>;

    fn into_iter(self) -> Self::IntoIter {
        Vec::from(self).into_iter()
    }
}

impl<'a> IntoIterator for &'a LogValues {
    type Item = &'a LogValue;
    type IntoIter = std::slice::Iter<'a, LogValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: AsRef<[LogValue]>> PartialEq<T> for LogValues {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl AsRef<[LogValue]> for LogValues {
    fn as_ref(&self) -> &[LogValue] {
        self
    }
}

impl fmt::Debug for LogValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
