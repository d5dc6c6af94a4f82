//! Decoding of SERIAL messages (2§2).

mod expr;
mod function;
mod head;
mod indices;
mod object;
mod opaque;
mod plain;
mod stmt;
mod table;
mod taping;
mod types;
mod value;

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Declarations, Event, Opcode, Packet, Serial, StateAccess};

use super::cache::{CacheCounters, Extent, Notes, Object, Place as CachePlace, ReadCache};
use super::cursor::{Cursor, Result};
use super::lazy::{LazyEvent, LazySerial};
use super::scalar::Sink;
use super::tape::{Decode, MISFIT, Message};
use super::{Family, Mode, Place, ReaderLimits, SerialError, SerialErrorKind as Kind, Transcript};
use function::Function;
use head::{Head, read_object};
use indices::Indices;

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
        }
    }

    /// Sets the declarations for values whose type is sent by name only (2§4).
    pub fn set_declarations(&mut self, known: Arc<Declarations>) {
        self.known = known;
        // Constants within types may be of types that are known by name.
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

    /// Returns the counters of the cache.
    pub fn counters(&self) -> CacheCounters {
        self.cache.counters()
    }

    /// Returns the estimated memory kept alive by the cache in bytes; see [`ReaderLimits::cache_bytes`].
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

    /// Does the same as [`Reader::read`] with a chunk that the caller has no more need of.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn read_owned(
        &mut self,
        chunk: Bytes,
        mode: Mode,
    ) -> std::result::Result<Serial, SerialError> {
        match self.run_eagerly(chunk, mode, None) {
            Ok((serial, _)) => Ok(serial),
            Err(error) => Err(*error),
        }
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

    /// Does the same as [`Reader::read_lazily`] with a chunk that the caller has no more need of.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`].
    pub fn read_owned_lazily(
        &mut self,
        chunk: Bytes,
        mode: Mode,
    ) -> std::result::Result<LazySerial, SerialError> {
        let Finished { message, notes, serial, .. } =
            self.run(chunk, mode, None, &mut ()).map_err(|error| *error)?;
        Ok(match serial {
            None => {
                let event = LazyEvent::new(Arc::clone(&message));
                self.cache.end(message, notes, mode);
                LazySerial::Event(event)
            }
            Some(serial) => {
                self.cache.end(message, notes, mode);
                LazySerial::Other(*serial)
            }
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
        let (serial, end) =
            self.run_eagerly(chunk.clone(), mode, Some(transcript)).map_err(|error| *error)?;
        match u32::try_from(chunk.len()).unwrap_or(u32::MAX).saturating_sub(end) {
            0 => Ok(serial),
            left => {
                let kind = Kind::LeftOver { left };
                Err(SerialError { kind, offset: end, place: Place::Tag })
            }
        }
    }

    /// Reads a SERIAL: of a call its arguments into a sink, of all else what it is. The cache has to
    /// be [notified](ReadCache::end) of its end.
    #[inline(always)]
    fn run<S: Sink>(
        &mut self,
        chunk: Bytes,
        mode: Mode,
        transcript: Option<&mut Transcript>,
        args: &mut S,
    ) -> std::result::Result<Finished, Box<SerialError>> {
        let mut message = self.cache.begin();
        let unshared = Arc::get_mut(&mut message)
            .ok_or_else(|| Box::new(SerialError { kind: MISFIT, offset: 0, place: Place::Tag }))?;
        unshared.data_format = mode.data_format;
        let (is_general, has_attributes) =
            (transcript.is_some(), mode.data_format.has_value_attributes());
        let is_usual = !is_general && !has_attributes;
        let mut session = Session {
            cursor: Cursor::new(&chunk),
            cache: &mut self.cache,
            mode,
            is_wide: mode.pid_64bit && is_usual,
            is_narrow: !mode.pid_64bit && is_usual,
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
            is_general,
            has_attributes,
            value_start: 0,
            function: None,
            position: 0,
            place: Place::Tag,
        };
        let serial = match session.serial(args) {
            Ok(serial) => serial,
            Err(kind) => {
                let (offset, place) = (session.cursor.offset(), session.place);
                return Err(Box::new(SerialError { kind, offset, place }));
            }
        };
        let (end, notes) = (session.cursor.offset(), session.notes);
        unshared.depth = session.deepest;
        unshared.chunk = chunk;
        Ok(Finished { message, notes, serial, end })
    }

    #[inline(always)]
    fn run_eagerly(
        &mut self,
        chunk: Bytes,
        mode: Mode,
        transcript: Option<&mut Transcript>,
    ) -> std::result::Result<(Serial, u32), Box<SerialError>> {
        let mut args = Vec::new();
        let Finished { message, notes, serial, end } =
            self.run(chunk, mode, transcript, &mut args)?;
        let serial = match serial {
            Some(serial) => *serial,
            None => Serial::Event(Event { name: message.name(), time: message.time, args }),
        };
        self.cache.end(message, notes, mode);
        Ok((serial, end))
    }
}

/// A SERIAL that has been read, and has to be given to the cache.
struct Finished {
    message: Arc<Message>,
    notes: Option<Box<Notes>>,
    /// What it is, unless it is a call.
    serial: Option<Box<Serial>>,
    /// Where its content ends.
    end: u32,
}

/// How many elements are made room for before the first is read; more room follows as they come.
const EAGER: usize = 256;

/// The reading of one SERIAL.
struct Session<'a> {
    cursor: Cursor<'a>,
    cache: &'a mut ReadCache,
    mode: Mode,
    /// Whether values are expected with ids of 64 bits, without attributes, and nothing is noted.
    is_wide: bool,
    /// The same with ids of 32 bits.
    is_narrow: bool,
    limits: &'a ReaderLimits,
    known: &'a Declarations,
    lenient: bool,
    /// What is found.
    message: &'a mut Message,
    notes: Option<Box<Notes>>,
    indices: &'a mut Indices,
    /// How many objects what is being read lies within.
    depth: u32,
    /// The greatest depth within the object that is being read, its references included.
    deepest: u32,
    /// How many objects were read, what references stand for included.
    objects: u32,
    /// How many types what is being read is a part of.
    types: u32,
    transcript: Option<&'a mut Transcript>,
    /// Whether everything is read the long way, as with a transcript.
    is_general: bool,
    /// Whether values have attributes, always absent, between their types and their content.
    has_attributes: bool,
    /// Where the value began whose content is being read.
    value_start: u32,
    /// The function that is being read, in data formats in which its ID has it as value.
    function: Option<Box<Function>>,
    /// Where among the transcript's marks the last full object is, its location aside.
    position: usize,
    place: Place,
}

impl Session<'_> {
    /// Reads all there is; a call leaves no more than the message.
    fn serial<S: Sink>(&mut self, args: &mut S) -> Result<Option<Box<Serial>>> {
        match self.cursor.u8()? {
            b'e' => {
                self.place = Place::Call;
                self.event(args)?;
                Ok(None)
            }
            b'i' => {
                self.place = Place::Id;
                self.id().map(|id| Some(Box::new(Serial::Id(id))))
            }
            b's' => {
                self.place = Place::StateAccess;
                let access = self.state_access()?;
                Ok(Some(Box::new(Serial::StateAccess(Box::new(access)))))
            }
            b'p' => {
                self.place = Place::Packet;
                self.packet().map(|packet| Some(Box::new(Serial::Packet(packet))))
            }
            b'c' => {
                self.place = Place::Connection;
                Err(Kind::Refused(Family::Connection))
            }
            b't' => {
                self.place = Place::Timer;
                Err(Kind::Refused(Family::Timer))
            }
            tag => Err(Kind::UnknownTag(tag)),
        }
    }

    #[inline]
    fn event<S: Sink>(&mut self, args: &mut S) -> Result<()> {
        let length = self.cursor.u32()?;
        let start = self.cursor.offset();
        self.cursor.pass(length)?;
        self.message.name = (start, self.cursor.offset());
        self.event_content(args).inspect_err(|_| {
            self.place =
                Place::CallOf(Box::new(self.message.name_of(self.cursor.chunk()).compact()));
        })
    }

    #[inline]
    fn event_content<S: Sink>(&mut self, args: &mut S) -> Result<()> {
        self.message.time = self.cursor.f64()?;
        let count = self.cursor.count(self.least_object())?;
        args.reserve(count.min(EAGER));
        for _ in 0..count {
            if !S::MAKES {
                self.message.args.push(self.tape_end());
            }
            self.value_into(args)?;
        }
        Ok(())
    }

    fn store(&mut self, place: CachePlace, object: Object, extent: Extent) {
        let end = self.cursor.offset();
        self.cache.store(place, object, extent, end);
    }

    fn state_access(&mut self) -> Result<StateAccess> {
        // Nothing ever refers to a state access: it is gone from the cache with its SERIAL.
        match self.head(Family::StateAccess)? {
            Head::Known(pid) => Err(self.wrong_family(Family::StateAccess, pid)),
            Head::New(..) => {
                let opcode = self.cursor.u8()?;
                let opcode = Opcode::from_u8(opcode).ok_or(Kind::UnknownOpcode(opcode))?;
                Ok(StateAccess {
                    opcode,
                    target: self.cursor.name()?,
                    op1: self.value()?,
                    op2: self.optional(Session::value)?,
                    op3: self.optional(Session::value)?,
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
