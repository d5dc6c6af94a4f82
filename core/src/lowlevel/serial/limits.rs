//! Bounds on what a peer can make a reader do (2§12).

/// Bounds on what one SERIAL, and the cache that goes with it, can cost.
///
/// The size of a SERIAL itself is bounded where messages are put together
/// ([`wire::Limits`](crate::wire::Limits)). Containers are checked against the bytes that are left
/// before anything is allocated, so they need no bound of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep objects may lie within each other; what a reference stands for counts as if it
    /// stood there. Default 64; the deepest that Bro was recorded to send, a `connection` with all
    /// its types, takes 13.
    pub depth: u32,
    /// How many objects one SERIAL may hold; unset fields and elements count, and a reference as
    /// all that it stands for (to a value's type: as one). Default 8,000,000. Each that is really
    /// there costs some 50 bytes of memory.
    pub objects: u32,
    /// How many entries each of the cache's lists keeps at most, whatever the peer announces, and
    /// if it announces 0 (no bound). Default 10,000; Bro announces 3000, Broccoli 1000.
    ///
    /// A peer that announces more than this and really uses it is cut off with an unknown
    /// reference.
    pub cache: u32,
    /// How many bytes of memory the cache keeps alive at most, roughly: the chunks that its values
    /// came in, and what else it holds. Default 64 MiB; the recordings stay below 4 MiB.
    ///
    /// Beyond, the oldest content is given up before its time; a peer that refers to it all the
    /// same is cut off with an unknown reference. [`Reader::given_up`](super::Reader::given_up)
    /// counts.
    pub cache_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 64, objects: 8_000_000, cache: 10_000, cache_bytes: 64 << 20 }
    }
}
