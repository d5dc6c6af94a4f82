//! The length word before each chunk (§1.1–§1.3).

use super::error::WireErrorKind;

/// The largest part that a Bro can receive on a clear connection, in payload bytes (§1.2).
///
/// Its read buffer has 1 MiB and also holds the four-byte length. An [`Encoder`](super::Encoder)
/// splits at this size.
pub const MAX_PART: usize = 1_048_572;

/// The bit of a length word that marks a part followed by more parts on a clear connection (§1.2).
pub(super) const PARTIAL: u32 = 0x8000_0000;

/// The number of bytes of a length word.
pub(super) const WORD: usize = 4;

/// The format of the length word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Plain TCP: the top bit marks a part followed by more parts (§1.2).
    Clear,
    /// TLS: the length is a plain u32, and chunks are never split (§1.3).
    Tls,
}

/// The contents of a length word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The bytes that follow the word.
    pub(super) length: u32,
    /// Whether more parts of the same chunk follow.
    pub(super) more: bool,
}

impl Framing {
    /// Decodes a length word and checks the length against the limit.
    #[inline]
    pub(super) fn part(self, word: u32, limit: u32) -> Result<Part, WireErrorKind> {
        let (length, more) = match self {
            Framing::Clear => (word & !PARTIAL, word & PARTIAL != 0),
            Framing::Tls => (word, false),
        };
        if length == 0 {
            Err(WireErrorKind::EmptyChunk)
        } else if length > limit {
            Err(WireErrorKind::ChunkTooLong { length, limit })
        } else if length & PARTIAL != 0 {
            Err(WireErrorKind::PartialOverTls { word })
        } else {
            Ok(Part { length, more })
        }
    }
}
