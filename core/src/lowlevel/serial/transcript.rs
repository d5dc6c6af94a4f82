//! What a sender decided about each object of a SERIAL.

use bytes::Bytes;

use crate::data::Type;

/// A sender's decisions about one SERIAL: which objects went in full, under which ids and as
/// which classes, and which as references.
///
/// Together with the decoded content it gives the same bytes again; so it shows that nothing was
/// lost in decoding.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    pub(super) marks: Vec<Mark>,
    /// For values whose own type is not what a value of their kind says by itself: which value,
    /// by its position among the marks, and the type.
    pub(super) types: Vec<(usize, Type)>,
    /// Where objects came from in a script: of which object, by its position, and the place.
    /// Peers never send these, but nothing forbids it.
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

    /// Empties the transcript for the next SERIAL.
    pub fn clear(&mut self) {
        self.marks.clear();
        self.types.clear();
        self.locations.clear();
    }
}
