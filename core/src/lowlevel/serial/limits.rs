//! Limits for reading SERIAL messages (2§12).

/// Limits on the resources for one SERIAL message and the object cache.
///
/// The size of a SERIAL is limited where messages are assembled
/// ([`wire::FramingLimits`](crate::wire::FramingLimits)). The claimed size of a container is
/// checked against the remaining bytes before anything is allocated, so containers need no limit of
/// their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderLimits {
    /// The maximum nesting of objects, including referenced ones. Default 64; the deepest recorded
    /// from Bro, a `connection` with all its types, is 13.
    pub depth: u32,
    /// The maximum number of objects in one SERIAL message. Unset fields and elements count; a
    /// reference counts as all objects that it refers to (as one for the type of a value). Default
    /// 8,000,000. Each object that is actually present takes about 50 bytes of memory.
    pub objects: u32,
    /// The maximum number of entries in each list of the cache, even if the peer announces more or
    /// 0 (no bound). Default 10,000; Bro announces 3000, Broccoli 1000.
    ///
    /// A peer that announces and uses more is disconnected because of an unknown reference.
    pub cache: u32,
    /// The maximum memory kept alive by the cache in bytes, estimated: the chunks of its values,
    /// and its other content. Default 64 MiB; all recordings need less than 4 MiB.
    ///
    /// Above it, the oldest content is evicted early; a peer that then refers to it is disconnected
    /// because of an unknown reference. [`Reader::given_up`](super::Reader::given_up) counts
    /// evicted objects.
    pub cache_bytes: u64,
}

impl Default for ReaderLimits {
    fn default() -> ReaderLimits {
        ReaderLimits { depth: 64, objects: 8_000_000, cache: 10_000, cache_bytes: 64 << 20 }
    }
}
