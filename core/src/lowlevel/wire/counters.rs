//! Counters of one direction of a connection.

/// Counters of one direction of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FramingCounters {
    /// Bytes of whole chunks and parts, including length words. This is also the offset of the next
    /// one.
    pub bytes: u64,
    /// Chunks, counting each part of a split one (§1.1, §1.2).
    pub chunks: u64,
    /// Whole messages (§1.4).
    pub messages: u64,
    /// Payloads that were deflated, once the direction is compressed (§1.5).
    pub deflated: u64,
    /// Payloads that were stored uncompressed, once the direction is compressed (§1.5).
    pub stored: u64,
    /// Size of the deflated and stored payloads on the wire, including their four-byte trailers.
    pub packed_bytes: u64,
    /// Size of the same payloads before deflating, or after inflating.
    pub unpacked_bytes: u64,
}

impl std::ops::AddAssign for FramingCounters {
    fn add_assign(&mut self, other: FramingCounters) {
        self.bytes += other.bytes;
        self.chunks += other.chunks;
        self.messages += other.messages;
        self.deflated += other.deflated;
        self.stored += other.stored;
        self.packed_bytes += other.packed_bytes;
        self.unpacked_bytes += other.unpacked_bytes;
    }
}
