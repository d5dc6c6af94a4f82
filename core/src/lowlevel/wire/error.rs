//! Errors in a stream of chunks and messages.

use std::fmt;

use thiserror::Error;

use super::message_type::{MessageType, type_name};

/// An error in a stream, with its position. `{:#}` adds the section that was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireError {
    /// The problem.
    pub kind: WireErrorKind,
    /// The offset in the stream of the length word of the invalid chunk or part. If a chunk joined
    /// from parts is invalid, that of its first part.
    pub offset: u64,
    /// The message whose argument was expected or read, if its header was read.
    pub message: Option<MessageType>,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = self.message {
            write!(f, "{message}: ")?;
        }
        write!(f, "{} (at byte {} of the stream", self.kind, self.offset)?;
        section(f, self.kind.section())?;
        f.write_str(")")
    }
}

impl std::error::Error for WireError {}

/// Appends a section of the specification with `{:#}`. Readers of the specification need it;
/// operators of a node do not.
pub(crate) fn section(f: &mut fmt::Formatter<'_>, section: &str) -> fmt::Result {
    if f.alternate() { write!(f, ", {section}") } else { Ok(()) }
}

/// The kind of error in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireErrorKind {
    /// A chunk, or an inflated payload, has no bytes (§1.1).
    #[error("empty chunk")]
    EmptyChunk,
    /// A chunk, or a part of one, is longer than
    /// [`FramingLimits::chunk`](super::FramingLimits::chunk) (§1.1).
    #[error("chunk of {length} bytes, limit is {limit}")]
    ChunkTooLong {
        /// The length that the peer announced, in bytes.
        length: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// The parts of a chunk add up to more than
    /// [`FramingLimits::message`](super::FramingLimits::message) (§1.2).
    #[error("message of at least {length} bytes, limit is {limit}")]
    MessageTooLong {
        /// The bytes received and announced so far.
        length: u64,
        /// The limit in bytes.
        limit: u32,
    },
    /// A partial chunk was sent over TLS, which does not allow them (§1.3).
    #[error("length word {word:#010x} marks a partial chunk, not allowed over TLS")]
    PartialOverTls {
        /// The length word.
        word: u32,
    },
    /// A clear stream begins like TLS, with a handshake record or an alert (§1.3).
    #[error("the peer uses TLS, but this connection does not: the stream begins with {word:#010x}")]
    PeerSpeaksTls {
        /// The first four bytes, where a length word should be.
        word: u32,
    },
    /// A header chunk is not 8 bytes long (§1.4).
    #[error("header chunk of {length} bytes, must be 8")]
    HeaderLength {
        /// Its uncompressed length in bytes.
        length: u64,
    },
    /// A compressed chunk is too short for the length at its end (§1.5).
    #[error("compressed chunk of {length} bytes, at least 4 needed")]
    TrailerMissing {
        /// Its length in bytes.
        length: u64,
    },
    /// A chunk claims to inflate to more than
    /// [`FramingLimits::inflated`](super::FramingLimits::inflated) (§1.5).
    #[error("chunk claims to inflate to {claimed} bytes, limit is {limit}")]
    InflatedTooLong {
        /// The claimed size in bytes.
        claimed: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// A chunk claims to inflate to more than its compressed bytes can yield (§1.5).
    #[error("chunk claims to inflate from {compressed} to {claimed} bytes, more than possible")]
    ImpossibleRatio {
        /// The claimed size in bytes.
        claimed: u32,
        /// The number of compressed bytes.
        compressed: u32,
    },
    /// The compressed bytes are not a continuation of the direction's zlib stream (§1.5).
    #[error("compressed chunk is corrupt")]
    Corrupt,
    /// Inflating yields fewer bytes than claimed (§1.5).
    #[error("chunk inflates to {inflated} bytes, {claimed} claimed")]
    InflatedShort {
        /// The claimed size in bytes.
        claimed: u32,
        /// The inflated size in bytes.
        inflated: u32,
    },
    /// Inflating yields more bytes than claimed (§1.5).
    #[error("chunk inflates to more than the {claimed} bytes claimed")]
    InflatedLong {
        /// The claimed size in bytes.
        claimed: u32,
    },
    /// There are bytes after the end of the zlib stream (§1.5).
    #[error("{left} compressed bytes left over after inflating to {claimed}")]
    CompressedLeftOver {
        /// The number of those bytes.
        left: u32,
        /// The claimed size in bytes, which was inflated.
        claimed: u32,
    },
    /// A header chunk has an unknown type, or one that is used only between the two processes of a
    /// Bro (§2).
    #[error("message type {number:#04x} ({}) from a peer", unexpected(*number))]
    UnknownType {
        /// The type byte.
        number: u8,
    },
    /// An argument chunk has the wrong length for its message (§2).
    #[error("argument of {length} bytes, must be {}", message.argument_length())]
    ArgumentLength {
        /// The message.
        message: MessageType,
        /// The uncompressed length of the argument in bytes.
        length: u64,
    },
    /// The last pair of a REMOTE_PRINT has no text (§2.12).
    #[error("file name without text at the end of the argument")]
    PrintWithoutText,
    /// The stream ended inside a length word (§1.1).
    #[error("stream ended inside a length word, after {have} of 4 bytes")]
    EndInLength {
        /// The number of bytes received of it.
        have: u8,
    },
    /// The stream ended inside a chunk (§1.1).
    #[error("stream ended inside a chunk, after {have} of {length} bytes")]
    EndInChunk {
        /// The number of bytes received of it.
        have: u32,
        /// The length announced.
        length: u32,
    },
    /// The stream ended after a part that is not the last (§1.2).
    #[error("stream ended between the parts of a chunk, after {have} bytes")]
    EndBetweenParts {
        /// The number of bytes in the received parts.
        have: u32,
    },
    /// The stream ended between a header chunk and its argument chunk (§1.4).
    #[error("stream ended before the argument")]
    EndBeforeArgument,
}

impl WireErrorKind {
    /// Returns the section of the specification that was violated, as in `§1.1`.
    pub fn section(&self) -> &'static str {
        match self {
            Self::EmptyChunk
            | Self::ChunkTooLong { .. }
            | Self::EndInLength { .. }
            | Self::EndInChunk { .. } => "§1.1",
            Self::MessageTooLong { .. } | Self::EndBetweenParts { .. } => "§1.2",
            Self::PartialOverTls { .. } | Self::PeerSpeaksTls { .. } => "§1.3",
            Self::HeaderLength { .. } | Self::EndBeforeArgument => "§1.4",
            Self::TrailerMissing { .. }
            | Self::InflatedTooLong { .. }
            | Self::ImpossibleRatio { .. }
            | Self::Corrupt
            | Self::InflatedShort { .. }
            | Self::InflatedLong { .. }
            | Self::CompressedLeftOver { .. } => "§1.5",
            Self::UnknownType { .. } => "§2",
            Self::ArgumentLength { message, .. } => message.section(),
            Self::PrintWithoutText => MessageType::RemotePrint.section(),
        }
    }
}

fn unexpected(number: u8) -> &'static str {
    type_name(number).unwrap_or("unknown")
}
