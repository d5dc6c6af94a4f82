//! Joins received frames into messages.

use bytes::{Buf, Bytes, BytesMut};

use super::codes;
use super::frame::{Header, Opcode, apply_mask};

/// Limits of input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum length of a message in bytes, all fragments together. 64 MiB by default.
    pub message: usize,
    /// The maximum length of a request or answer in the HTTP handshake, in bytes. 16 KiB by
    /// default.
    pub handshake: usize,
    /// The maximum number of unwritten bytes before events are rejected. 1 MiB by default. Answers
    /// to pings may take the same amount again, then the connection ends.
    pub outgoing: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { message: 64 << 20, handshake: 16 << 10, outgoing: 1 << 20 }
    }
}

/// A violation of the WebSocket protocol, in the wording of Zeek's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A reserved bit is set. No extensions that use them are negotiated.
    #[error("Reserved bit used")]
    ReservedBit,
    /// A frame has an undefined opcode, or a close frame is too long.
    #[error("Protocol error")]
    Opcode,
    /// A ping has more than 125 bytes.
    #[error("Ping reason control frame with payload length > 125 octets")]
    LongPing,
    /// A ping, pong or close frame is fragmented.
    #[error("Control message fragmented")]
    FragmentedControl,
    /// A continuation frame does not follow a fragment.
    #[error("Fragmentation: continuation opcode out of sequence")]
    Continuation,
    /// A message starts between the fragments of another one.
    #[error("Fragmentation: data message out of sequence")]
    Interleaved,
    /// A text is not UTF-8.
    #[error("Invalid frame payload data")]
    NotUtf8,
    /// A message is longer than [`Limits::message`].
    #[error("Message too big")]
    TooBig,
    /// A close frame has a code that must not be sent.
    #[error("Invalid close code: {0}")]
    CloseCode(u16),
}

impl Violation {
    /// Returns the close code for the violation.
    pub const fn code(self) -> u16 {
        match self {
            Violation::NotUtf8 => codes::INVALID_PAYLOAD,
            Violation::TooBig => codes::TOO_BIG,
            _ => codes::PROTOCOL_ERROR,
        }
    }
}

/// A received message or control frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    Message(Bytes),
    Ping(Bytes),
    Pong(Bytes),
    Close(Bytes),
}

/// Splits a stream of bytes into frames.
#[derive(Debug)]
pub(crate) struct Frames {
    buffer: BytesMut,
    limit: usize,
    /// Whether text must be UTF-8. Zeek checks its input but not its output.
    checks_text: bool,
    /// The fragments received so far, and whether the message is text.
    message: Option<(BytesMut, bool)>,
}

impl Frames {
    pub(crate) fn new(limit: usize, checks_text: bool) -> Frames {
        Frames { buffer: BytesMut::new(), limit, checks_text, message: None }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next message or control frame, if one is complete.
    pub(crate) fn poll(&mut self) -> Result<Option<Incoming>, Violation> {
        while let Some((opcode, fin, payload)) = self.frame()? {
            let incoming = match opcode {
                Opcode::Ping => Incoming::Ping(payload.freeze()),
                Opcode::Pong => Incoming::Pong(payload.freeze()),
                Opcode::Close => Incoming::Close(payload.freeze()),
                _ => match self.join(opcode, fin, payload)? {
                    Some(message) => Incoming::Message(message),
                    None => continue,
                },
            };
            return Ok(Some(incoming));
        }
        Ok(None)
    }

    fn frame(&mut self) -> Result<Option<(Opcode, bool, BytesMut)>, Violation> {
        let Some((header, header_length)) = Header::read(&self.buffer) else { return Ok(None) };
        let opcode = self.check(&header)?;
        let Ok(length) = usize::try_from(header.length) else { return Err(Violation::TooBig) };
        if self.buffer.len() - header_length < length {
            return Ok(None);
        }
        self.buffer.advance(header_length);
        let mut payload = self.buffer.split_to(length);
        if let Some(mask) = header.mask {
            apply_mask(mask, &mut payload);
        }
        Ok(Some((opcode, header.fin, payload)))
    }

    /// Checks a header as soon as it arrives, before memory is used for the payload.
    fn check(&self, header: &Header) -> Result<Opcode, Violation> {
        if header.reserved {
            return Err(Violation::ReservedBit);
        }
        let opcode = header.opcode.ok_or(Violation::Opcode)?;
        if opcode.is_control() && !header.fin {
            return Err(Violation::FragmentedControl);
        }
        match (opcode, &self.message) {
            (Opcode::Ping, _) if header.length > 125 => return Err(Violation::LongPing),
            (Opcode::Close, _) if header.length > 125 => return Err(Violation::Opcode),
            (Opcode::Continuation, None) => return Err(Violation::Continuation),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::Interleaved),
            _ => {}
        }
        let before = self.message.as_ref().map_or(0, |(fragments, _)| fragments.len());
        if header.length > self.limit.saturating_sub(before) as u64 {
            return Err(Violation::TooBig);
        }
        Ok(opcode)
    }

    /// Adds a fragment. Returns the message if this was the last one.
    fn join(
        &mut self,
        opcode: Opcode,
        fin: bool,
        payload: BytesMut,
    ) -> Result<Option<Bytes>, Violation> {
        let (message, is_text) = match self.message.take() {
            None => (payload, opcode == Opcode::Text),
            Some((mut fragments, is_text)) => {
                fragments.extend_from_slice(&payload);
                (fragments, is_text)
            }
        };
        if !fin {
            self.message = Some((message, is_text));
            return Ok(None);
        }
        if is_text && self.checks_text && std::str::from_utf8(&message).is_err() {
            return Err(Violation::NotUtf8);
        }
        Ok(Some(message.freeze()))
    }
}
