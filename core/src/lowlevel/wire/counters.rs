//! What one direction of a connection has carried.

/// Counts what one direction of a connection has carried so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Bytes of whole chunks and parts, length words included: the offset of the next.
    pub bytes: u64,
    /// Chunks, each part of a split one counted (§1.1, §1.2).
    pub chunks: u64,
    /// Whole messages (§1.4).
    pub messages: u64,
    /// Payloads that were deflated, once the direction is compressed (§1.5).
    pub deflated: u64,
    /// Payloads that were stored as they are, once the direction is compressed (§1.5).
    pub stored: u64,
    /// Size of the deflated and stored payloads on the wire, their four-byte trailers included.
    pub packed_bytes: u64,
    /// Size of the same payloads before deflating, or after inflating.
    pub unpacked_bytes: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Counters) {
        self.bytes += other.bytes;
        self.chunks += other.chunks;
        self.messages += other.messages;
        self.deflated += other.deflated;
        self.stored += other.stored;
        self.packed_bytes += other.packed_bytes;
        self.unpacked_bytes += other.unpacked_bytes;
    }
}
