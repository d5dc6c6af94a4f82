//! Bounds on what a peer can make a reader do (2§12).

/// Bounds on what one SERIAL, and the cache that goes with it, can cost.
///
/// The size of a SERIAL itself is bounded where messages are put together
/// ([`wire::Limits`](crate::wire::Limits)). Containers are checked against the bytes that are left
/// before anything is allocated, so they need no bound of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep objects may lie within each other. Default 64; Bro's own `connection` records
    /// reach 17. Each level costs the reader's stack about 1 KiB.
    pub depth: u32,
    /// How many objects one SERIAL may hold; references and unset fields and elements count too.
    /// Default 8,000,000, which is more than a message of the default greatest size can hold in
    /// objects. Each costs up to 48 bytes of memory.
    pub objects: u32,
    /// How many entries each of the cache's lists keeps at most, whatever the peer announces, and
    /// if it announces 0 (no bound). Default 10,000; Bro announces 3000, Broccoli 1000.
    ///
    /// A peer that announces more than this and really uses it is cut off with an unknown
    /// reference.
    pub cache: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 64, objects: 8_000_000, cache: 10_000 }
    }
}
