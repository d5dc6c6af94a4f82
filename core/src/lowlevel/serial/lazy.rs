//! Lazily decoded events, and transcripts of a sender's decisions.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::tape::Message;
use crate::data::{Event, Name, Serial, Type, TypeTag, Value};
use crate::wire::DataFormat;

/// The result of [`Reader::read_lazily`](super::Reader::read_lazily).
#[derive(Debug, Clone)]
pub enum LazySerial {
    /// `e`: a call.
    Event(LazyEvent),
    /// Other content, decoded.
    Other(Serial),
}

/// An event call (2§2) whose arguments are decoded on access.
///
/// It owns the message's chunk, so arguments can be decoded at any time and in any order,
/// independently of the reader and its cache. Each access decodes again, except for references,
/// which are already decoded. Cloning is cheap.
#[derive(Clone)]
pub struct LazyEvent {
    message: Arc<Message>,
}

impl LazyEvent {
    pub(super) fn new(message: Arc<Message>) -> LazyEvent {
        LazyEvent { message }
    }

    pub(super) fn message(&self) -> &Message {
        &self.message
    }

    /// Returns the event's full name.
    pub fn name(&self) -> Name {
        self.message.name()
    }

    /// Returns the event's full name as bytes of the chunk.
    pub fn name_bytes(&self) -> &[u8] {
        self.message.name_bytes()
    }

    /// Returns the argument of the SERIAL that contains the event, as the peer wrote it. If the
    /// peer caches, it contains references that are valid only on that peer's connection.
    pub fn argument(&self) -> &Bytes {
        &self.message.chunk
    }

    /// Returns the data format of that argument (2§13).
    pub fn data_format(&self) -> DataFormat {
        self.message.data_format
    }

    /// Returns the sender's network time in seconds since the Unix epoch.
    pub fn time(&self) -> f64 {
        self.message.time
    }

    /// Returns the number of arguments.
    pub fn len(&self) -> usize {
        self.message.args.len()
    }

    /// Returns whether there are no arguments.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Decodes only the argument at this position, if it exists.
    pub fn arg(&self, position: usize) -> Option<Value> {
        self.message.arg(position)
    }

    /// Returns the tag of the type of the argument at this position, without decoding it.
    pub fn arg_tag(&self, position: usize) -> Option<TypeTag> {
        let item = self.message.arg_item(position)?;
        Some(item.tag)
    }

    /// Iterates over the type tags of the arguments, without decoding them.
    pub fn arg_tags(&self) -> impl ExactSizeIterator<Item = TypeTag> + '_ {
        (0..self.len()).map(|position| self.arg_tag(position).unwrap_or(TypeTag::Error))
    }

    /// Iterates over the arguments, decoding one at a time.
    pub fn args(&self) -> impl ExactSizeIterator<Item = Value> + '_ {
        // The reader has already found all errors, so decoding does not fail and the default is
        // never used.
        (0..self.len()).map(|position| self.arg(position).unwrap_or(Value::Bool(false)))
    }

    /// Decodes the whole event.
    pub fn to_event(&self) -> Event {
        self.message.event()
    }
}

impl fmt::Debug for LazyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_event().fmt(f)
    }
}

impl PartialEq for LazyEvent {
    fn eq(&self, other: &LazyEvent) -> bool {
        self.to_event() == other.to_event()
    }
}

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
