//! Limits on the memory of a decoder.

/// Limits on the memory of a [`Decoder`](super::Decoder), in bytes.
///
/// A claimed length reserves no memory. A claim above its limit is an error as soon as it is read.
/// The default of all three is 16 MiB, 16 times the largest part that a Bro sends and five times
/// the largest message in the recorded sessions. It is the same for all three, so that a message
/// that is accepted on a clear connection is also accepted over TLS and under compression. Raise
/// them if larger tables are synchronized: a table is sent as one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramingLimits {
    /// The maximum length of a chunk or part (§1.1, §1.2). Over TLS, where chunks are never split,
    /// this also limits the whole message.
    pub chunk: u32,
    /// The maximum length of a payload joined from parts, as on the wire: under compression, the
    /// transformed payload (§1.2, §1.5). Applies to unsplit chunks too.
    pub message: u32,
    /// The maximum claimed size of an inflated chunk (§1.5).
    pub inflated: u32,
}

impl FramingLimits {
    /// The default of every limit: 16 MiB.
    pub(super) const DEFAULT: u32 = 16 << 20;
}

impl Default for FramingLimits {
    fn default() -> Self {
        FramingLimits { chunk: Self::DEFAULT, message: Self::DEFAULT, inflated: Self::DEFAULT }
    }
}
