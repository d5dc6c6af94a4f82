//! A sender's decisions about each object of a SERIAL message.

use bytes::Bytes;

use crate::data::Type;

/// A sender's decisions about one SERIAL message: which objects were sent in full, with their ids
/// and classes, and which as references.
///
/// Together with the decoded content it reproduces the same bytes, which proves that decoding lost
/// nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    pub(super) marks: Vec<Mark>,
    /// The values whose type is not the usual one for a value of their kind: the position among the
    /// marks, and the type.
    pub(super) types: Vec<(usize, Type)>,
    /// The objects with a location in a script: the position among the marks, and the location.
    /// Peers never send locations, although nothing forbids it.
    pub(super) locations: Vec<(usize, Location)>,
}

/// A place in a script (2§3): the file, and lines and columns as they are on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) file: Bytes,
    pub(super) numbers: [u32; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Full { pid: u64, serial_type: u16 },
    Reference { pid: u64 },
}

impl Transcript {
    /// Creates an empty transcript.
    pub fn new() -> Transcript {
        Transcript::default()
    }

    /// Returns the number of objects, references included.
    pub fn objects(&self) -> usize {
        self.marks.len()
    }

    /// Returns the number of references.
    pub fn references(&self) -> usize {
        self.marks.iter().filter(|m| matches!(m, Mark::Reference { .. })).count()
    }

    /// Clears the transcript for the next SERIAL message.
    pub fn clear(&mut self) {
        self.marks.clear();
        self.types.clear();
        self.locations.clear();
    }
}
