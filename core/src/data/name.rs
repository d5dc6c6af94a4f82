//! Names of types, fields, events and variables.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// A name as sent on the wire: bytes, normally ASCII and without NULs (2§1).
///
/// A name can be compared with `&str`. It is displayed with every unusual byte as `\xHH`. Cloning
/// is cheap. A received name shares the message's buffer; to store one for long, copy it with
/// [`Name::compact`].
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Bytes);

impl Name {
    /// Returns the empty name, the name of unnamed types.
    pub const fn new() -> Name {
        Name(Bytes::new())
    }

    /// Creates a name from static text.
    pub const fn from_static(name: &'static str) -> Name {
        Name(Bytes::from_static(name.as_bytes()))
    }

    /// Creates a name from raw bytes.
    pub const fn from_bytes(bytes: Bytes) -> Name {
        Name(bytes)
    }

    /// Creates a name from a copy of raw bytes.
    pub(crate) fn copy_of(name: &[u8]) -> Name {
        Name(Bytes::copy_from_slice(name))
    }

    /// Returns the bytes. Clones of them share the name's buffer.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Returns the name as text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Returns a copy that does not share a message's buffer.
    #[must_use]
    pub fn compact(&self) -> Name {
        Name::copy_of(&self.0)
    }
}

impl Deref for Name {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Name {
        Name::copy_of(name.as_bytes())
    }
}

impl From<&String> for Name {
    fn from(name: &String) -> Name {
        Name::copy_of(name.as_bytes())
    }
}

impl From<String> for Name {
    fn from(name: String) -> Name {
        Name(Bytes::from(name))
    }
}

impl From<Bytes> for Name {
    fn from(name: Bytes) -> Name {
        Name(name)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.escape_ascii(), f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
