//! The bounds on what a peer may make a decoder hold.

/// Bounds what one direction of one connection may make a [`Decoder`](super::Decoder) hold, in bytes.
///
/// A length that a peer claims reserves nothing; a claim above its limit is an error as soon as it
/// has been read. The default of all three is 16 MiB, 16 times the largest part that a Bro sends
/// and five times the largest message in the recorded sessions; it is the same for all so that a
/// message that passes over a clear connection also passes over TLS and under compression. Raise
/// them where larger tables are synchronized: a table travels as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest chunk, or part of a chunk, that is accepted (§1.1, §1.2). Over TLS, where
    /// nothing is split, this also bounds the whole message.
    pub chunk: u32,
    /// The longest payload that is put together from parts, as it is on the wire: under
    /// compression, the transformed payload (§1.2, §1.5). Holds for unsplit chunks too.
    pub message: u32,
    /// The largest size that a compressed chunk may claim to have once inflated (§1.5).
    pub inflated: u32,
}

impl Limits {
    /// The default of every limit: 16 MiB.
    pub(super) const DEFAULT: u32 = 16 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Limits { chunk: Self::DEFAULT, message: Self::DEFAULT, inflated: Self::DEFAULT }
    }
}
