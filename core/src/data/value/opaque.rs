//! Opaque values (2§7).

use std::sync::Arc;

use bytes::Bytes;

use super::{Type, Value};

/// A value whose content only Bro's own functions interpret.
#[derive(Debug, Clone)]
pub struct Opaque {
    /// The value's type, an opaque type.
    pub ty: Type,
    /// The content.
    pub state: OpaqueState,
}

/// The kind of an opaque value, with its content (2§7).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OpaqueState {
    /// An MD5 in progress: A, B, C, D, Nl, Nh, 16 words of data, num. `None` if not started.
    Md5(Option<Box<[u32; 23]>>),
    /// A SHA-1 in progress: h0–h4, Nl, Nh, 16 words of data, num.
    Sha1(Option<Box<[u32; 24]>>),
    /// A SHA-256 in progress: 8 × h, Nl, Nh, 16 words of data, num, md_len.
    Sha256(Option<Box<[u32; 28]>>),
    /// A test for randomness in progress.
    Entropy(Box<Entropy>),
    /// The most frequent elements seen.
    TopK(TopK),
    /// A Bloom filter.
    Bloom(Bloom),
    /// A HyperLogLog counter of distinct elements.
    Cardinality(Cardinality),
    /// A certificate in DER.
    X509(Bytes),
}

/// The state of a test for randomness.
#[derive(Debug, Clone)]
pub struct Entropy {
    /// How often each byte was seen.
    pub counts: [i64; 256],
    /// How many bytes were seen.
    pub total: i64,
    /// The Monte-Carlo test's position.
    pub mp: i32,
    /// Whether the serial correlation test has not begun.
    pub scc_first: i32,
    /// The Monte-Carlo test's bytes.
    pub monte: [u32; 6],
    /// The number of points inside the circle.
    pub inmont: i64,
    /// The total number of points.
    pub mcount: i64,
    /// `cexp, montex, montey, montepi, sccu0, scclast, scct1, scct2, scct3`
    pub sums: [f64; 9],
}

/// The most frequent elements seen.
#[derive(Debug, Clone)]
pub struct TopK {
    /// The number of elements to report.
    pub size: u64,
    /// The number of stored elements.
    pub num_elements: u64,
    /// Whether elements were dropped.
    pub pruned: bool,
    /// The elements' type, known after the first element.
    pub ty: Option<Type>,
    /// Elements grouped by count.
    pub buckets: Vec<Bucket>,
}

/// Elements with the same count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// The count.
    pub count: u64,
    /// The elements, each with its possible overestimate.
    pub elements: Vec<(u64, Value)>,
}

/// A Bloom filter.
#[derive(Debug, Clone)]
pub struct Bloom {
    /// The elements' type, known after the first element.
    pub ty: Option<Type>,
    /// The filter.
    pub filter: Arc<BloomFilter>,
}

/// A Bloom filter's hash functions and bits or counters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BloomFilter {
    /// The hash functions.
    pub hasher: Arc<Hasher>,
    /// The bits or counters.
    pub cells: BloomCells,
}

/// The cells of a basic or counting Bloom filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BloomCells {
    /// A bit per cell.
    Basic(Arc<BitVector>),
    /// A counter per cell.
    Counting(Arc<CounterVector>),
}

/// The parameters of a Bloom filter's hash functions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hasher {
    /// Whether two hash functions are combined (class 3), instead of k independent ones (class 2).
    pub double: bool,
    /// The number of hash functions.
    pub k: u16,
    /// The seeds: two, or one from a Bro up to 2.4, which has other hash functions.
    pub seed: Vec<u64>,
}

/// A bit vector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitVector {
    /// The bits, 64 per block.
    pub blocks: Vec<u64>,
    /// The number of bits.
    pub num_bits: u64,
}

/// A vector of counters of equal width.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterVector {
    /// The counters' bits.
    pub bits: Arc<BitVector>,
    /// The width of a counter in bits.
    pub width: u64,
}

/// A HyperLogLog counter.
#[derive(Debug, Clone)]
pub struct Cardinality {
    /// The elements' type, known after the first element.
    pub ty: Option<Type>,
    /// The number of buckets that are still empty.
    pub v: u64,
    /// The correction factor.
    pub alpha_m: f64,
    /// The buckets; their number is m.
    pub buckets: Bytes,
}
