//! Decoding of SERIAL messages (2§2).

mod function;
mod head;
mod object;
mod types;
mod usual;
mod value;

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Declarations, Event, Opcode, Packet, Serial, StateAccess, Value};

use super::cache::{CacheCounters, CacheSlot, Extent, Notes, Object, ReadCache};
use super::indices::Indices;
use super::lazy::{LazyEvent, LazySerial};
use super::scalar::{Cursor, EAGER, Result};
use super::tape::{Decode, MISFIT, Message};
use super::{
    Family, Mode, ReaderLimits, SerialContext, SerialError, SerialErrorKind as Kind, Transcript,
};
use function::Function;
use head::{Head, read_object};

/// Decodes the SERIAL messages of one direction of a connection.
///
/// After an error the cache differs from the sender's, and the connection must be closed (§5).
#[derive(Debug)]
pub struct Reader {
    cache: ReadCache,
    limits: ReaderLimits,
    known: Arc<Declarations>,
    lenient: bool,
    indices: Indices,
    /// The message of the last lazily read call in the usual form, for reuse once it is dropped.
    spare: Option<Arc<Message>>,
}

impl Reader {
    /// Creates a reader with an empty cache and without declarations.
    pub fn new(limits: ReaderLimits) -> Reader {
        Reader {
            cache: ReadCache::new(&limits),
            limits,
            known: Arc::default(),
            lenient: false,
            indices: Indices::default(),
            spare: None,
        }
    }

    /// Sets the declarations for values whose type is sent by name only (2§4).
    pub fn set_declarations(&mut self, known: Arc<Declarations>) {
        self.known = known;
        // Kept types may contain constants whose types are known by name.
        self.cache.forget_interned();
    }

    /// Accepts IPv4 subnets whose width is counted in 128 bits.
    ///
    /// Only for decoding recordings: nodes neither accept nor forward them.
    pub fn set_lenient(&mut self, lenient: bool) {
        self.lenient = lenient;
        self.cache.forget_interned();
    }

    /// Sets the size of the sender's cache, as announced in VERSION; 0 means no bound (2§5).
    ///
    /// The size is limited to [`ReaderLimits::cache`].
    pub fn set_cache_size(&mut self, announced: u32) {
        let size = if announced == 0 { self.limits.cache } else { announced };
        self.cache.set_size(size.min(self.limits.cache) as usize);
    }

    /// Frees memory that an idle connection does not need.
    pub(crate) fn release(&mut self) {
        self.spare = None;
        self.cache.release();
    }

    /// Returns the counters of the cache.
    pub fn counters(&self) -> CacheCounters {
        self.cache.counters()
    }

    /// Returns the estimated memory kept alive by the cache in bytes; see
    /// [`ReaderLimits::cache_bytes`].
    pub fn cached_bytes(&self) -> u64 {
        self.cache.bytes() as u64
    }

    /// Returns how many objects were evicted early because of [`ReaderLimits::cache_bytes`].
    pub fn given_up(&self) -> u64 {
        self.cache.given_up()
    }

    /// Decodes a SERIAL's argument chunk.
    ///
    /// Strings in the result share the chunk. Bytes after the content are ignored, as in Bro.
    ///
    /// # Errors
    ///
    /// Fails if the chunk is invalid. The reader must not be used again.
    pub fn read(&mut self, chunk: &Bytes, mode: Mode) -> std::result::Result<Serial, SerialError> {
        self.read_owned(chunk.clone(), mode)
    }

    /// Does the same as [`Reader::read`], for a chunk that the caller no longer needs.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn read_owned(
        &mut self,
        chunk: Bytes,
        mode: Mode,
    ) -> std::result::Result<Serial, SerialError> {
        self.read_usual(chunk, mode)
    }

    /// Reads a SERIAL in the general way.
    #[inline(never)]
    fn read_any(&mut self, chunk: Bytes, mode: Mode) -> std::result::Result<Serial, SerialError> {
        self.run(chunk, mode, None, false).map(|finished| finished.serial).map_err(|error| *error)
    }

    /// Checks a SERIAL's argument chunk without decoding the arguments of a call.
    ///
    /// The cache is updated as by [`Reader::read`], so the two can be mixed.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`]; decoding an argument later does not fail.
    pub fn read_lazily(
        &mut self,
        chunk: &Bytes,
        mode: Mode,
    ) -> std::result::Result<LazySerial, SerialError> {
        self.read_owned_lazily(chunk.clone(), mode)
    }

    /// Does the same as [`Reader::read_lazily`], for a chunk that the caller no longer needs.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn read_owned_lazily(
        &mut self,
        chunk: Bytes,
        mode: Mode,
    ) -> std::result::Result<LazySerial, SerialError> {
        self.read_usual_lazily(chunk, mode)
    }

    /// Reads a SERIAL in the general way, but drops the arguments of a call.
    #[inline(never)]
    fn read_any_lazily(
        &mut self,
        chunk: Bytes,
        mode: Mode,
    ) -> std::result::Result<LazySerial, SerialError> {
        let Finished { message, serial, .. } =
            self.run(chunk, mode, None, true).map_err(|error| *error)?;
        Ok(match (serial, message) {
            (Serial::Event(_), Some(message)) => LazySerial::Event(LazyEvent::new(message)),
            (other, _) => LazySerial::Other(other),
        })
    }

    /// Decodes a whole SERIAL's argument chunk, and records the sender's decision about each
    /// object.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`]; bytes after the content are an error here.
    pub fn read_noting(
        &mut self,
        chunk: &Bytes,
        mode: Mode,
        transcript: &mut Transcript,
    ) -> std::result::Result<Serial, SerialError> {
        transcript.clear();
        let Finished { serial, end, .. } =
            self.run(chunk.clone(), mode, Some(transcript), false).map_err(|error| *error)?;
        match u32::try_from(chunk.len()).unwrap_or(u32::MAX).saturating_sub(end) {
            0 => Ok(serial),
            left => {
                let kind = Kind::LeftOver { left };
                Err(SerialError { kind, offset: end, context: SerialContext::Tag })
            }
        }
    }

    /// Reads a SERIAL onto a tape, and returns the tape if requested.
    #[inline(always)]
    fn run(
        &mut self,
        chunk: Bytes,
        mode: Mode,
        transcript: Option<&mut Transcript>,
        is_lazy: bool,
    ) -> std::result::Result<Finished, Box<SerialError>> {
        let mut message = self.cache.begin();
        let unshared = Arc::get_mut(&mut message).ok_or_else(|| {
            Box::new(SerialError { kind: MISFIT, offset: 0, context: SerialContext::Tag })
        })?;
        unshared.data_format = mode.data_format;
        let mut reader = MessageReader {
            cursor: Cursor::new(&chunk),
            cache: &mut self.cache,
            mode,
            is_old: mode.data_format.has_value_attributes(),
            limits: &self.limits,
            known: &self.known,
            lenient: self.lenient,
            message: unshared,
            notes: None,
            indices: &mut self.indices,
            depth: 0,
            deepest: 0,
            types: 0,
            objects: 0,
            transcript,
            value_start: 0,
            function: None,
            position: 0,
            context: SerialContext::Tag,
        };
        let serial = match reader.serial() {
            Ok(serial) => serial,
            Err(kind) => {
                let (offset, context) = (reader.cursor.offset(), reader.context);
                return Err(Box::new(SerialError { kind, offset, context }));
            }
        };
        let (end, notes) = (reader.cursor.offset(), reader.notes);
        unshared.depth = reader.deepest;
        unshared.chunk = chunk;
        let shared = is_lazy.then(|| Arc::clone(&message));
        self.cache.end(message, notes, mode);
        Ok(Finished { message: shared, serial, end })
    }
}

/// A SERIAL that was read.
struct Finished {
    message: Option<Arc<Message>>,
    serial: Serial,
    /// The offset at which the content ends.
    end: u32,
}

/// Reads one SERIAL.
struct MessageReader<'a> {
    cursor: Cursor<'a>,
    cache: &'a mut ReadCache,
    mode: Mode,
    /// Whether values have attributes, always absent, between their types and their content.
    is_old: bool,
    limits: &'a ReaderLimits,
    known: &'a Declarations,
    lenient: bool,
    /// The message to fill.
    message: &'a mut Message,
    notes: Option<Box<Notes>>,
    indices: &'a mut Indices,
    /// The nesting depth of the current position.
    depth: u32,
    /// The greatest depth within the object being read, including referenced objects.
    deepest: u32,
    /// The number of objects read so far, including referenced objects.
    objects: u32,
    /// The number of types that enclose the current position.
    types: u32,
    transcript: Option<&'a mut Transcript>,
    /// The offset of the value whose content is being read.
    value_start: u32,
    /// The function being read, in data formats in which the value of its ID is the function.
    function: Option<Box<Function>>,
    /// The position of the last full object among the transcript's marks. Its location is not
    /// counted.
    position: usize,
    context: SerialContext,
}

impl MessageReader<'_> {
    /// Reads the whole SERIAL.
    fn serial(&mut self) -> Result<Serial> {
        match self.cursor.u8()? {
            b'e' => {
                self.context = SerialContext::Call;
                self.event().map(Serial::Event)
            }
            b'i' => {
                self.context = SerialContext::Id;
                self.id().map(Serial::Id)
            }
            b's' => {
                self.context = SerialContext::StateAccess;
                self.state_access().map(|access| Serial::StateAccess(Box::new(access)))
            }
            b'p' => {
                self.context = SerialContext::Packet;
                self.packet().map(Serial::Packet)
            }
            b'c' => {
                self.context = SerialContext::Connection;
                Err(Kind::Refused(Family::Connection))
            }
            b't' => {
                self.context = SerialContext::Timer;
                Err(Kind::Refused(Family::Timer))
            }
            tag => Err(Kind::UnknownTag(tag)),
        }
    }

    fn event(&mut self) -> Result<Event> {
        let length = self.cursor.u32()?;
        let start = self.cursor.offset();
        self.cursor.pass(length)?;
        self.message.name = (start, self.cursor.offset());
        let name = self.message.name_of(self.cursor.chunk());
        match self.event_content() {
            Ok((time, args)) => Ok(Event { name, time, args }),
            Err(kind) => {
                self.context = SerialContext::CallOf(Box::new(name.compact()));
                Err(kind)
            }
        }
    }

    fn event_content(&mut self) -> Result<(f64, Vec<Value>)> {
        self.message.time = self.cursor.f64()?;
        let count = self.cursor.count(self.least_object())?;
        let mut args = Vec::with_capacity(count.min(EAGER));
        for _ in 0..count {
            self.message.args.push(self.tape_end());
            self.value_into(&mut args)?;
        }
        Ok((self.message.time, args))
    }

    fn store(&mut self, place: CacheSlot, object: Object, extent: Extent) {
        let end = self.cursor.offset();
        self.cache.store(place, object, extent, end);
    }

    fn state_access(&mut self) -> Result<StateAccess> {
        // Nothing refers to a state access later: it is dropped from the cache at the end of its
        // SERIAL.
        match self.head(Family::StateAccess)? {
            Head::Known(pid) => Err(self.wrong_family(Family::StateAccess, pid)),
            Head::New(..) => {
                let opcode = self.cursor.u8()?;
                let opcode = Opcode::from_u8(opcode).ok_or(Kind::UnknownOpcode(opcode))?;
                Ok(StateAccess {
                    opcode,
                    target: self.cursor.name()?,
                    op1: self.value()?,
                    op2: self.optional(MessageReader::value)?,
                    op3: self.optional(MessageReader::value)?,
                })
            }
        }
    }

    fn packet(&mut self) -> Result<Packet> {
        Ok(Packet {
            sec: self.cursor.u32()?,
            usec: self.cursor.u32()?,
            len: self.cursor.u32()?,
            link_type: self.cursor.u32()?,
            tag: self.cursor.name()?,
            data: self.cursor.string()?,
        })
    }
}
