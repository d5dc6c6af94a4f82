//! Decoding of messages from the bytes of one direction.

use bytes::{Bytes, BytesMut};

use super::compress::Inflater;
use super::error::{WireError, WireErrorKind};
use super::input::FramingCounters;
use super::input::FramingLimits;
use super::input::Input;
use super::input::{Framing, PARTIAL, Part, WORD};
use super::{Message, MessageType};

/// The length of a header chunk (§1.4).
const HEADER: usize = 8;

/// The number of bytes before the argument of an uncompressed message: two length words and the
/// header.
const PLAIN: usize = WORD + HEADER + WORD;

/// The type byte of a SERIAL, as a pattern.
const SERIAL: u8 = MessageType::Serial as u8;

/// The start of a TLS stream: the type of a handshake or alert record, and the version's first
/// byte.
const TLS_HANDSHAKE: u32 = 0x1603;
const TLS_ALERT: u32 = 0x1503;

/// Decodes the messages of one direction of a connection.
///
/// [`feed`](Self::feed) it the received bytes, in any pieces, and [`poll`](Self::poll) it until it
/// returns `None`. It handles COMPRESS itself (§1.5). A message's bytes are slices of the received
/// buffers. A small slice keeps at most 8 KiB in memory.
///
/// The first error ends the stream: every later `poll` returns it again, and bytes fed after it are
/// ignored.
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    limits: FramingLimits,
    /// The maximum length of a SERIAL's argument within the limits that is neither split nor
    /// transformed.
    plain: u32,
    input: Input,
    /// The parts of an unfinished chunk, and the offset of the first.
    parts: BytesMut,
    parts_offset: u64,
    /// The header that waits for its argument chunk.
    header: Option<Header>,
    /// Set by the first COMPRESS. Boxed, because its window is large and most directions have none.
    inflater: Option<Box<Inflater>>,
    /// The offset of the current chunk, for errors.
    chunk_offset: u64,
    counters: FramingCounters,
    failed: Option<WireError>,
}

/// A message, and its position in the stream.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The message.
    pub message: Message,
    /// The offset in the stream of the length word of its header chunk, in bytes.
    pub offset: u64,
    /// Its size in the stream in bytes, including length words.
    pub wire_len: u64,
}

#[derive(Debug, Clone, Copy)]
struct Header {
    message: MessageType,
    offset: u64,
}

impl Decoder {
    /// Creates a decoder at the start of a stream.
    pub fn new(framing: Framing, limits: FramingLimits) -> Self {
        Decoder {
            framing,
            limits,
            plain: plain_limit(limits),
            input: Input::new(framing, limits.chunk),
            parts: BytesMut::new(),
            parts_offset: 0,
            header: None,
            inflater: None,
            chunk_offset: 0,
            counters: FramingCounters::default(),
            failed: None,
        }
    }

    /// Releases unused memory.
    pub(crate) fn release(&mut self) {
        self.input.release();
        if self.parts.is_empty() {
            self.parts = BytesMut::new();
        }
    }

    /// Appends bytes of the stream, split in any way.
    ///
    /// Never fails: [`poll`](Self::poll) reports errors. Bytes after an error are ignored.
    #[inline]
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.feed(bytes);
    }

    /// Returns the next whole message, or `None` if there is none yet.
    ///
    /// # Errors
    /// Returns the first violation of §1 or §2, or exceeded limit, in stream order; later calls
    /// return the same error.
    #[inline]
    pub fn poll(&mut self) -> Result<Option<Decoded>, WireError> {
        if let Some((argument, offset)) = self.poll_serial() {
            let wire_len = (PLAIN + argument.len()) as u64;
            return Ok(Some(Decoded { message: Message::Serial(argument), offset, wire_len }));
        }
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.input.unread().is_empty() {
            return Ok(None);
        }
        self.next().map_err(|kind| self.fail(kind))
    }

    /// Checks that the stream ends between two messages.
    ///
    /// Call this when the peer has closed and [`poll`](Self::poll) has returned `None`.
    ///
    /// # Errors
    /// Returns where the stream ended; after an error of `poll`, that error.
    pub fn finish(&self) -> Result<(), WireError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let (kind, offset) = if let Some((word, rest)) = self.input.peek() {
            let length = self.framing.part(word, self.limits.chunk).map_or(0, |part| part.length);
            let have = u32::try_from(rest.len()).unwrap_or(u32::MAX);
            (WireErrorKind::EndInChunk { have, length }, self.counters.bytes)
        } else if self.input.word_len() > 0 {
            (WireErrorKind::EndInLength { have: self.input.word_len() }, self.counters.bytes)
        } else if !self.parts.is_empty() {
            let have = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
            (WireErrorKind::EndBetweenParts { have }, self.parts_offset)
        } else if let Some(header) = self.header {
            (WireErrorKind::EndBeforeArgument, header.offset)
        } else {
            return Ok(());
        };
        Err(WireError { kind, offset, message: self.header.map(|header| header.message) })
    }

    /// Returns the counters of the direction.
    pub fn counters(&self) -> FramingCounters {
        self.counters
    }

    /// Returns whether COMPRESS was received, so that later chunks are transformed (§1.5).
    pub fn is_compressed(&self) -> bool {
        self.inflater.is_some()
    }

    /// Returns the offset in the stream of the first chunk that has not been read yet, in bytes.
    pub fn offset(&self) -> u64 {
        self.counters.bytes
    }

    #[cold]
    fn fail(&mut self, kind: WireErrorKind) -> WireError {
        let message = self.header.map(|header| header.message);
        let kind = match kind {
            WireErrorKind::ChunkTooLong { length: word, .. }
                if self.chunk_offset == 0
                    && self.framing == Framing::Clear
                    && matches!(word >> 16, TLS_HANDSHAKE | TLS_ALERT) =>
            {
                WireErrorKind::PeerSpeaksTls { word }
            }
            kind => kind,
        };
        let error = WireError { kind, offset: self.chunk_offset, message };
        self.failed = Some(error.clone());
        self.input.close();
        self.parts = BytesMut::new();
        error
    }

    fn next(&mut self) -> Result<Option<Decoded>, WireErrorKind> {
        let header = match self.header {
            Some(header) => header,
            None => match self.next_header()? {
                Some(header) => header,
                None => return Ok(None),
            },
        };
        let argument = if header.message.has_argument() {
            // Errors in the argument name the message.
            self.header = Some(header);
            match self.payload()? {
                Some(argument) => argument,
                None => return Ok(None),
            }
        } else {
            Bytes::new()
        };
        let message = Message::decode(header.message, argument)?;
        if header.message == MessageType::Compress {
            self.start_inflating();
        }
        self.header = None;
        self.counters.messages += 1;
        let wire_len = self.counters.bytes - header.offset;
        Ok(Some(Decoded { message, offset: header.offset, wire_len }))
    }

    /// Returns the argument and the offset of the next message if it is a SERIAL of the usual form:
    /// complete, neither split nor transformed. This is a fast path for nearly all messages.
    ///
    /// Anything else returns `None` and is left to [`poll`](Self::poll).
    #[inline]
    pub fn poll_serial(&mut self) -> Option<(Bytes, u64)> {
        let (head, rest) = self.input.ready().split_first_chunk::<PLAIN>()?;
        let [0, 0, 0, 8, SERIAL, .., w0, w1, w2, w3] = *head else { return None };
        let length = u32::from_be_bytes([w0, w1, w2, w3]);
        let size = length as usize;
        if !(1..=self.plain).contains(&length)
            || rest.len() < size
            || self.header.is_some()
            || !self.parts.is_empty()
        {
            return None;
        }
        let argument = self.input.take(PLAIN, size);
        let offset = self.counters.bytes;
        self.counters.bytes += (PLAIN + size) as u64;
        self.counters.chunks += 2;
        self.counters.messages += 1;
        Some((argument, offset))
    }

    /// Handles COMPRESS: every later chunk is transformed, by a new zlib stream (§1.5).
    fn start_inflating(&mut self) {
        self.plain = 0;
        match &mut self.inflater {
            Some(inflater) => inflater.restart(),
            None => self.inflater = Some(Box::new(Inflater::new())),
        }
    }

    /// Reads a header chunk. Its padding and peer ID are ignored (§1.4).
    #[inline]
    fn next_header(&mut self) -> Result<Option<Header>, WireErrorKind> {
        let Some(payload) = self.payload()? else { return Ok(None) };
        let [number, _, _, _, _, _, _, _] = payload[..] else {
            return Err(WireErrorKind::HeaderLength { length: payload.len() as u64 });
        };
        match MessageType::from_u8(number) {
            Some(message) => Ok(Some(Header { message, offset: self.chunk_offset })),
            None => Err(WireErrorKind::UnknownType { number }),
        }
    }

    /// Reads one chunk: joins its parts and inflates it.
    #[inline]
    fn payload(&mut self) -> Result<Option<Bytes>, WireErrorKind> {
        loop {
            let Some((word, rest)) = self.input.peek() else { return Ok(None) };
            self.chunk_offset = self.counters.bytes;
            let part = self.framing.part(word, self.limits.chunk)?;
            let length = self.parts.len() as u64 + u64::from(part.length);
            if length > u64::from(self.limits.message) {
                let limit = self.limits.message;
                return Err(WireErrorKind::MessageTooLong { length, limit });
            }
            let size = part.length as usize;
            if rest.len() < size {
                return Ok(None);
            }
            let bytes = self.input.take(WORD, size);
            self.counters.bytes += WORD as u64 + u64::from(part.length);
            self.counters.chunks += 1;
            let payload = if part.more || !self.parts.is_empty() {
                match self.join(part, bytes) {
                    Some(payload) => payload,
                    None => continue,
                }
            } else {
                bytes
            };
            return self.unpack(payload).map(Some);
        }
    }

    /// Adds a part to the earlier ones. Returns the chunk if this was the last part (§1.2).
    fn join(&mut self, part: Part, bytes: Bytes) -> Option<Bytes> {
        if self.parts.is_empty() {
            self.parts_offset = self.chunk_offset;
        }
        self.parts.extend_from_slice(&bytes);
        if part.more {
            return None;
        }
        self.chunk_offset = self.parts_offset;
        Some(std::mem::take(&mut self.parts).freeze())
    }

    #[inline]
    fn unpack(&mut self, payload: Bytes) -> Result<Bytes, WireErrorKind> {
        let Some(inflater) = &mut self.inflater else { return Ok(payload) };
        let (plain, deflated) = inflater.unpack(&payload, self.limits.inflated)?;
        if deflated {
            self.counters.deflated += 1;
        } else {
            self.counters.stored += 1;
        }
        self.counters.packed_bytes += payload.len() as u64;
        self.counters.unpacked_bytes += plain.len() as u64;
        // A chunk must not be empty before the transform either (§1.1).
        if plain.is_empty() { Err(WireErrorKind::EmptyChunk) } else { Ok(plain) }
    }
}

/// Returns the maximum length of an unsplit chunk within the limits; 0 if a header exceeds them.
fn plain_limit(limits: FramingLimits) -> u32 {
    match limits.chunk.min(limits.message).min(PARTIAL - 1) {
        limit if limit < HEADER as u32 => 0,
        limit => limit,
    }
}
