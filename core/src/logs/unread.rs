//! Reading the entries of a LOG_WRITE one by one (3§2).

use std::sync::Arc;

use bytes::Bytes;

use super::decode::{Cursor, RawEntry};
use super::layout::{Form, Usual};
use super::values::LogValues;
use super::{LogError, LogWriter};
use crate::wire::MessageType;

/// The unread part of a LOG_WRITE's argument.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    argument: Bytes,
    /// The number of bytes read.
    read: u32,
    form: Form,
    /// The writer of the last entry, usually also that of the next one.
    pub(super) last: Option<Arc<LogWriter>>,
    /// Where in the argument the last entry names its writer.
    head: (u32, u32),
}

impl Unread {
    pub(super) fn new(argument: Bytes, form: Form) -> Unread {
        Unread { argument, form, ..Unread::default() }
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

    /// Returns the path of an entry that was just read, sharing the argument's buffer.
    pub(super) fn shared_path(&self, entry: &RawEntry) -> Bytes {
        self.argument.slice_ref(self.path(entry))
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
        let writer = self.last.as_ref().filter(|_| self.form == Form::Usual)?;
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
        let entry = match self.form {
            Form::Usual => cursor.entry::<Usual>(limit),
            form => cursor.other_entry(form, limit),
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
