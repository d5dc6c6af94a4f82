//! Events that are decoded as far as they are looked at.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Event, Name, Serial, TypeTag, Value};

use super::tape::Message;

/// Holds what [`Reader::read_lazily`](super::Reader::read_lazily) reads.
#[derive(Debug, Clone)]
pub enum LazySerial {
    /// `e`: a call.
    Event(LazyEvent),
    /// Something else, decoded.
    Other(Serial),
}

/// Holds a call of an event (2§2) whose arguments are decoded when they are asked for.
///
/// It keeps the message's chunk, and needs nothing else: arguments can be had at any time, in any
/// order, whatever became of the reader and its cache. Each call decodes anew; what the sender
/// wrote as a reference was decoded already. Cloning is cheap.
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

    /// Returns the argument of the SERIAL that brought the event, as the peer wrote it: where the
    /// peer caches, with references that mean something on its connection only.
    pub fn argument(&self) -> &Bytes {
        &self.message.chunk
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

    /// Decodes the argument at this position, if there is one, and none of the others.
    pub fn arg(&self, position: usize) -> Option<Value> {
        self.message.arg(position)
    }

    /// Returns the tag of the type of the argument at this position, without decoding it.
    pub fn arg_tag(&self, position: usize) -> Option<TypeTag> {
        let item = self.message.arg_item(position)?;
        Some(item.tag)
    }

    /// Returns the tags of the types of the arguments, without decoding these.
    pub fn arg_tags(&self) -> impl ExactSizeIterator<Item = TypeTag> + '_ {
        (0..self.len()).map(|position| self.arg_tag(position).unwrap_or(TypeTag::Error))
    }

    /// Decodes the arguments, one after the other.
    pub fn args(&self) -> impl ExactSizeIterator<Item = Value> + '_ {
        // Skimming has found all errors, so that decoding has none left and this no second choice.
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
