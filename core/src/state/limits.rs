//! Limits on the size of a store.

/// Limits on the content of a [`Store`](super::Store).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum total cost: one for each value without parts, entry, field, element, component
    /// of an index and container, and one more for each 64 bytes of a string. Default: 32,000,000;
    /// each takes about 50 to 150 bytes of memory (a table of 1,000,000 counts and short strings
    /// costs 3,000,000 and takes about 360 MB, with expiry about 500 MB).
    pub cost: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { cost: 32_000_000 }
    }
}
