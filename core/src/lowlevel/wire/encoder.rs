//! Encoding of messages to the bytes of one direction.

use std::convert::Infallible;

use super::compress::{Compression, Deflater};
use super::input::FramingCounters;
use super::input::{Framing, MAX_PART, PARTIAL, WORD};
use super::{Message, MessageType};

/// The capacity of the scratch buffer that is kept between messages, in bytes.
const SCRATCH: usize = 64 << 10;

/// Encodes the messages of one direction of a connection.
///
/// Bytes are appended to the caller's buffer, in the order in which they must be sent. All of them
/// must be sent: under compression each chunk depends on earlier ones.
///
/// An argument chunk is never empty (§1.1), so a message with an empty argument, such as a
/// REQUEST_EVENTS without names, has no effect and is not written.
#[derive(Debug)]
pub struct Encoder {
    framing: Framing,
    deflater: Option<Box<Deflater>>,
    /// The buffer for an argument before it is deflated.
    scratch: Vec<u8>,
    counters: FramingCounters,
}

impl Encoder {
    /// Creates an encoder at the start of a stream.
    pub fn new(framing: Framing) -> Self {
        Encoder {
            framing,
            deflater: None,
            scratch: Vec::new(),
            counters: FramingCounters::default(),
        }
    }

    /// Appends a message.
    ///
    /// [`Message::Compress`] starts compression at the default level, as
    /// [`start_compression`](Self::start_compression) does.
    ///
    /// # Panics
    /// Panics if its argument is too long: 2 GiB or more over TLS (§1.3).
    pub fn message(&mut self, message: &Message, out: &mut Vec<u8>) {
        let kind = message.message_type();
        if *message == Message::Compress {
            self.start_compression(Compression::default(), out);
        } else if kind.has_argument() {
            let write = |argument: &mut Vec<u8>| -> Result<(), Infallible> {
                message.encode(argument);
                Ok(())
            };
            let Ok(()) = self.with_argument(kind, out, write);
        } else {
            self.header(kind, out);
            self.counters.messages += 1;
        }
    }

    /// Appends a SERIAL. `write` appends its argument to the given buffer.
    ///
    /// `write` must only append. A serialization over [`MAX_PART`] on a clear connection is split
    /// in place into partial chunks (§1.2).
    ///
    /// # Errors
    /// Returns the error of `write`; `out` and the compressor are then unchanged.
    ///
    /// # Panics
    /// See [`message`](Self::message).
    #[inline]
    pub fn serial<E>(
        &mut self,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.with_argument(MessageType::Serial, out, write)
    }

    /// Appends COMPRESS; every later chunk is transformed (§1.5).
    ///
    /// Does nothing if the direction is compressed already: a second COMPRESS is never sent.
    pub fn start_compression(&mut self, level: Compression, out: &mut Vec<u8>) {
        if self.deflater.is_none() {
            self.header(MessageType::Compress, out);
            self.counters.messages += 1;
            self.deflater = Some(Box::new(Deflater::new(level)));
        }
    }

    /// Returns whether COMPRESS has been written.
    pub fn is_compressed(&self) -> bool {
        self.deflater.is_some()
    }

    /// Returns the counters of the direction.
    pub fn counters(&self) -> FramingCounters {
        self.counters
    }

    /// Records that a SERIAL of this size was appended with its [frame](serial_frame); not under
    /// compression.
    #[inline]
    pub(crate) fn count_framed(&mut self, size: usize) {
        self.counters.messages += 1;
        self.counters.chunks += 2;
        self.counters.bytes += size as u64;
    }

    #[inline]
    fn with_argument<E>(
        &mut self,
        message: MessageType,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.deflater.is_some() {
            let mut argument = std::mem::take(&mut self.scratch);
            let result = write(&mut argument);
            if result.is_ok() && !argument.is_empty() {
                self.header(message, out);
                self.transformed(&argument, always_deflated(message), out);
                self.counters.messages += 1;
            }
            argument.clear();
            argument.shrink_to(SCRATCH);
            self.scratch = argument;
            return result;
        }
        let start = out.len();
        let [number, ..] = header(message);
        out.extend_from_slice(&[0, 0, 0, 8, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let word = out.len() - WORD;
        let result = write(out);
        if result.is_err() || out.len() == word + WORD {
            out.truncate(start);
            return result;
        }
        self.counters.chunks += 1;
        self.counters.messages += 1;
        self.frame(word, out);
        self.counters.bytes += (word - start) as u64;
        Ok(())
    }

    fn header(&mut self, message: MessageType, out: &mut Vec<u8>) {
        let header = header(message);
        if self.deflater.is_some() {
            self.transformed(&header, false, out);
        } else {
            let word = out.len();
            out.extend_from_slice(&[0; WORD]);
            out.extend_from_slice(&header);
            self.frame(word, out);
        }
    }

    /// Appends a payload as a transformed chunk.
    fn transformed(&mut self, payload: &[u8], always: bool, out: &mut Vec<u8>) {
        let Some(deflater) = &mut self.deflater else { return };
        let word = out.len();
        out.extend_from_slice(&[0; WORD]);
        if deflater.pack(payload, always, out) {
            self.counters.deflated += 1;
        } else {
            self.counters.stored += 1;
        }
        self.counters.unpacked_bytes += payload.len() as u64;
        self.counters.packed_bytes += (out.len() - word - WORD) as u64;
        self.frame(word, out);
    }

    /// Writes the length word at `word` for all bytes after it, splitting them if they are too
    /// long.
    #[inline]
    fn frame(&mut self, word: usize, out: &mut Vec<u8>) {
        let length = out.len() - word - WORD;
        if length > MAX_PART {
            self.frame_long(word, length, out);
        } else {
            set_word(out, word, length as u32);
            self.counters.chunks += 1;
            self.counters.bytes += (length + WORD) as u64;
        }
    }

    #[cold]
    #[expect(
        clippy::expect_used,
        reason = "documented; a connection refuses such a message before"
    )]
    fn frame_long(&mut self, word: usize, length: usize, out: &mut Vec<u8>) {
        let parts = match self.framing {
            Framing::Clear => length.div_ceil(MAX_PART),
            Framing::Tls => 1,
        };
        if parts == 1 {
            let length = u32::try_from(length).ok().filter(|length| length & PARTIAL == 0);
            set_word(out, word, length.expect("a message over TLS is shorter than 2 GiB"));
        } else {
            split(word, length, parts, out);
        }
        self.counters.chunks += parts as u64;
        self.counters.bytes += (out.len() - word) as u64;
    }
}

/// Makes room for the length words of the later parts, moving parts from last to first (§1.2).
fn split(word: usize, length: usize, parts: usize, out: &mut Vec<u8>) {
    let payload = word + WORD;
    out.resize(out.len() + (parts - 1) * WORD, 0);
    for part in (0..parts).rev() {
        let begin = part * MAX_PART;
        let size = MAX_PART.min(length - begin);
        let from = payload + begin;
        let to = from + part * WORD;
        out.copy_within(from..from + size, to);
        let mark = if part + 1 == parts { 0 } else { PARTIAL };
        set_word(out, to - WORD, size as u32 | mark);
    }
}

#[inline]
fn set_word(out: &mut [u8], at: usize, word: u32) {
    if let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = word.to_be_bytes();
    }
}

/// The size of the bytes before the argument of a SERIAL.
pub(crate) const SERIAL_FRAME: usize = 16;

/// Returns the bytes before an uncompressed SERIAL argument of this size, unless it is split.
pub(crate) fn serial_frame(argument: usize) -> Option<[u8; SERIAL_FRAME]> {
    let length = u32::try_from(argument).ok().filter(|_| (1..=MAX_PART).contains(&argument))?;
    let mut frame = [0; SERIAL_FRAME];
    frame[3] = 8;
    frame[4] = MessageType::Serial as u8;
    *frame.last_chunk_mut()? = length.to_be_bytes();
    Some(frame)
}

/// Returns the header chunk: type, padding and peer ID (§1.4).
#[inline]
fn header(message: MessageType) -> [u8; 8] {
    [message as u8, 0, 0, 0, 0, 0, 0, 0]
}

/// Returns whether an argument is deflated even when it is short.
///
/// A Bro does not strip the four zero bytes of a stored chunk from these arguments. It reads them
/// as empty names or half an entry (§1.5).
fn always_deflated(message: MessageType) -> bool {
    use MessageType::{LogWrite, RemotePrint, RequestEvents};
    matches!(message, RequestEvents | RemotePrint | LogWrite)
}
