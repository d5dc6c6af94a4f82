//! Arguments that are lists of NUL-terminated strings: REQUEST_EVENTS and REMOTE_PRINT.
//!
//! Both are stored as on the wire without the last NUL. So receiving one needs no allocation, and a
//! missing last NUL is accepted.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// The names of a REQUEST_EVENTS (§2.3).
///
/// A list, not a set: order and repetitions are as received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EventNames(Bytes);

impl EventNames {
    /// Returns the names in order. Empty ones are skipped: they remain when a Bro reads a chunk
    /// stored under compression (§1.5).
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == 0).filter(|name| !name.is_empty())
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn from_argument(argument: Bytes) -> Self {
        EventNames(without_last_nul(argument))
    }

    /// Returns the argument without its last NUL.
    pub(super) fn as_argument(&self) -> &[u8] {
        &self.0
    }
}

impl<N: AsRef<[u8]>> FromIterator<N> for EventNames {
    /// Collects names. Drops empty names, and everything after a NUL in a name.
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Self {
        let mut argument = BytesMut::new();
        for name in names {
            let name = until_nul(name.as_ref());
            if !name.is_empty() {
                push(&mut argument, name);
            }
        }
        EventNames::from_argument(argument.freeze())
    }
}

impl fmt::Debug for EventNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Escaped)).finish()
    }
}

/// Prints to files, the argument of REMOTE_PRINT (§2.12).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PrintItems(Bytes);

/// One print statement of a REMOTE_PRINT (§2.12).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PrintItem<'a> {
    /// The name of the file that was printed to, `/dev/stdout` for standard output.
    pub file: &'a [u8],
    /// The printed text, without its newline, with unprintable bytes as `\xHH`.
    pub text: &'a [u8],
}

impl PrintItems {
    /// Returns the items in the order in which they were printed.
    pub fn iter(&self) -> impl Iterator<Item = PrintItem<'_>> {
        let mut strings = self.0.split(|byte| *byte == 0);
        // An empty argument has no item, but `split` returns one empty string for it.
        std::iter::from_fn(move || {
            let file = strings.next()?;
            let text = strings.next()?;
            Some(PrintItem { file, text })
        })
    }

    /// Returns whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the items, or `None` if the last file name has no text.
    pub(crate) fn from_argument(argument: Bytes) -> Option<Self> {
        let items = PrintItems(without_last_nul(argument));
        let nuls = items.0.iter().filter(|byte| **byte == 0).count();
        (nuls % 2 == 1).then_some(items)
    }

    /// Returns the argument without its last NUL.
    pub(super) fn as_argument(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> FromIterator<PrintItem<'a>> for PrintItems {
    /// Collects items. Drops everything after a NUL in a string.
    fn from_iter<I: IntoIterator<Item = PrintItem<'a>>>(items: I) -> Self {
        let mut argument = BytesMut::new();
        for item in items {
            push(&mut argument, until_nul(item.file));
            push(&mut argument, until_nul(item.text));
        }
        PrintItems(without_last_nul(argument.freeze()))
    }
}

impl fmt::Debug for PrintItems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for PrintItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintItem")
            .field("file", &Escaped(self.file))
            .field("text", &Escaped(self.text))
            .finish()
    }
}

/// Shows bytes as a string literal.
struct Escaped<'a>(&'a [u8]);

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Returns the part before the first NUL, as a C program reads it.
pub(super) fn until_nul(string: &[u8]) -> &[u8] {
    string.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn push(argument: &mut BytesMut, string: &[u8]) {
    argument.extend_from_slice(string);
    argument.extend_from_slice(&[0]);
}

fn without_last_nul(mut argument: Bytes) -> Bytes {
    if argument.last() == Some(&0) {
        argument.truncate(argument.len() - 1);
    }
    argument
}
