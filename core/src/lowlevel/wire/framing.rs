//! The length word before each chunk (§1.1–§1.3).

use super::error::WireErrorKind;

/// The largest part that a Bro can receive on a clear connection, in payload bytes (§1.2).
///
/// Its read buffer is 1 MiB and holds the four-byte length too. An [`Encoder`](super::Encoder)
/// splits at this size.
pub const MAX_PART: usize = 1_048_572;

/// The bit of a length word that says "more parts follow" on a clear connection (§1.2).
pub(super) const PARTIAL: u32 = 0x8000_0000;

/// The number of bytes of a length word.
pub(super) const WORD: usize = 4;

/// How the length word is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Plain TCP: the top bit marks a part that more parts follow (§1.2).
    Clear,
    /// TLS: the length is a plain u32 and nothing is ever split (§1.3).
    Tls,
}

/// What a length word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The bytes that follow the word.
    pub(super) length: u32,
    /// Whether more parts of the same chunk come after these.
    pub(super) more: bool,
}

impl Framing {
    /// Decodes a length word and checks it against the limit on the length of a chunk.
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
