//! Bounds on what peers can make a store hold.

/// Bounds on what a [`Store`](super::Store) holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What all of it may cost: one for each value without parts, entry, field, element, component
    /// of an index and container, and one more for each 64 bytes of a string. Default 32,000,000;
    /// each takes some 50 to 150 bytes of memory (a table of 1,000,000 counts and short strings
    /// costs 3,000,000 and takes some 360 MB, with expiry some 500).
    pub cost: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { cost: 32_000_000 }
    }
}
