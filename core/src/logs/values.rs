//! The values of received log entries (3§2), read one by one, and their conversion to the data
//! format of a peer (2§13).

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::decode::{Cursor, RawEntry, decode_values};
use super::writer::{LayoutKind, Usual, entry_in, is_ipv6, with_layout};
use super::{LogError, LogField, LogValue, LogWriter, WRITER_ASCII};
use crate::data::TypeTag;
use crate::wire::{DataFormat, MessageType};

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

/// The unread part of a LOG_WRITE's argument.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    pub(super) argument: Bytes,
    /// The number of bytes read.
    read: u32,
    layout: LayoutKind,
    /// The writer of the last entry, usually also that of the next one.
    pub(super) last: Option<Arc<LogWriter>>,
    /// Where in the argument the last entry names its writer.
    head: (u32, u32),
}

impl Unread {
    pub(super) fn new(argument: Bytes, layout: LayoutKind) -> Unread {
        Unread { argument, layout, ..Unread::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.read as usize >= self.argument.len()
    }

    /// Returns the path of an entry that was just read.
    #[inline]
    pub(super) fn path(&self, entry: &RawEntry) -> &[u8] {
        let (start, end) = entry.path;
        self.argument.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Drops the argument once all of it is read.
    #[inline]
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            *self = Unread::default();
        }
    }

    /// Reads the next entry if it is of the same writer as the last, fits it and has at most
    /// `limit` values, elements included. All others are left to [`next`](Self::next).
    #[inline]
    pub(super) fn next_alike(&mut self, limit: u32) -> Option<(Arc<LogWriter>, LogValues)> {
        let writer = self.last.as_ref().filter(|_| self.layout == LayoutKind::Usual)?;
        let (start, end) = self.head;
        let head = self.argument.get(start as usize..end as usize)?;
        let rest = self.argument.get(self.read as usize..)?.strip_prefix(head)?;
        let (values, rest) = LogValues::check(&self.argument, rest, &writer.fields, limit)?;
        self.read = (self.argument.len() - rest.len()) as u32;
        Some((Arc::clone(writer), values))
    }

    /// Reads the next entry, with at most `limit` values, including elements. Returns `None` after
    /// an error.
    #[inline]
    pub(super) fn next(&mut self, limit: u32) -> Option<std::result::Result<RawEntry, LogError>> {
        if self.is_empty() {
            return None;
        }
        let mut cursor = Cursor::new(&self.argument);
        cursor.seek(self.read);
        let start = self.read;
        let entry = match self.layout {
            LayoutKind::Usual => cursor.entry::<Usual>(limit),
            layout => cursor.other_entry(layout, limit),
        };
        let offset = cursor.offset();
        self.read = offset;
        self.head = entry.as_ref().map_or((0, 0), |entry| (start, entry.path.1));
        Some(entry.map_err(|kind| {
            self.read = u32::MAX;
            LogError { kind, message: MessageType::LogWrite, offset }
        }))
    }
}

/// Converts an announcement from data format 26 to another one. Omits the options if releases with
/// that format cannot read them.
pub(crate) fn writer_in(argument: Bytes, format: DataFormat) -> Result<Bytes, LogError> {
    if format == DataFormat::V26 {
        return Ok(argument);
    }
    let mut writer = LogWriter::decode(&argument)?;
    writer.writer = format.writer_number(writer.writer);
    if !format.has_writer_options() {
        writer.options.clear();
    }
    let mut out = Vec::with_capacity(argument.len());
    writer.encode_in(format, &mut out);
    Ok(out.into())
}

/// Converts entries from data format 26 to another one. Also returns how many values are sent as
/// unset because that format lacks them.
pub(crate) fn entries_in(argument: Bytes, format: DataFormat) -> Result<(Bytes, usize), LogError> {
    let layout = LayoutKind::from(format);
    if layout == LayoutKind::Usual && format.writer_number(WRITER_ASCII) == WRITER_ASCII {
        return Ok((argument, 0));
    }
    let (mut out, mut lost) = (Vec::with_capacity(argument.len()), 0);
    let mut unread = Unread::new(argument, LayoutKind::Usual);
    while let Some(entry) = unread.next(u32::MAX) {
        let entry = entry?;
        if !format.has_ipv6() {
            lost += entry.values.iter().map(ipv6_values).sum::<usize>();
        }
        let (stream, writer) = (entry.stream, format.writer_number(entry.writer));
        with_layout!(layout, L => entry_in::<L>(stream, writer, unread.path(&entry), &entry.values, &mut out));
    }
    Ok((out.into(), lost))
}

fn ipv6_values(value: &LogValue) -> usize {
    match value {
        LogValue::Set(items) | LogValue::Vector(items) => items.iter().map(ipv6_values).sum(),
        value => usize::from(is_ipv6(value)),
    }
}
