//! Reads opaque values (2§7).

use crate::data::{
    BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Entropy, Hasher,
    Opaque, OpaqueState, TopK, Type,
};

use super::super::cursor::Result;
use super::super::kind::val;
use super::super::{Family, SerialErrorKind as Kind};
use super::{Arc, Head, Object, Session, read_object};

impl Session<'_> {
    pub(super) fn opaque(&mut self, class: u8, ty: Type) -> Result<Opaque> {
        let state = match class {
            val::MD5 => OpaqueState::Md5(self.hash()?),
            val::SHA1 => OpaqueState::Sha1(self.hash()?),
            val::SHA256 => OpaqueState::Sha256(self.hash()?),
            val::ENTROPY => OpaqueState::Entropy(Box::new(self.entropy()?)),
            val::TOPK => OpaqueState::TopK(self.topk()?),
            val::BLOOM => OpaqueState::Bloom(Bloom {
                ty: self.optional(Session::ty)?,
                filter: self.bloom_filter()?,
            }),
            val::CARDINALITY => OpaqueState::Cardinality(self.cardinality()?),
            val::X509 => OpaqueState::X509(self.cursor.string()?),
            class => return Err(Kind::UnknownClass(Family::Val, class)),
        };
        Ok(Opaque { ty, state })
    }

    /// Reads a hash in progress, all of whose parts are 32 bits wide.
    fn hash<const N: usize>(&mut self) -> Result<Option<Box<[u32; N]>>> {
        self.optional(|s| {
            let mut words = Box::new([0; N]);
            for word in words.iter_mut() {
                *word = s.cursor.u32()?;
            }
            Ok(words)
        })
    }

    fn entropy(&mut self) -> Result<Entropy> {
        let mut counts = [0; 256];
        for count in &mut counts {
            *count = self.cursor.i64()?;
        }
        let total = self.cursor.i64()?;
        let mp = self.cursor.i32()?;
        let scc_first = self.cursor.i32()?;
        let mut monte = [0; 6];
        for word in &mut monte {
            *word = self.cursor.u32()?;
        }
        let inmont = self.cursor.i64()?;
        let mcount = self.cursor.i64()?;
        let mut sums = [0.0; 9];
        for sum in &mut sums {
            *sum = self.cursor.f64()?;
        }
        Ok(Entropy { counts, total, mp, scc_first, monte, inmont, mcount, sums })
    }

    fn topk(&mut self) -> Result<TopK> {
        let size = self.cursor.u64()?;
        let num_elements = self.cursor.u64()?;
        let pruned = self.cursor.bool()?;
        let ty = self.optional(Session::ty)?;
        let least = self.least_object().saturating_add(8);
        self.cursor.check_count(num_elements, least)?;
        let mut buckets = Vec::new();
        let mut read = 0;
        while read < num_elements {
            let elements = self.cursor.u32()?;
            let count = self.cursor.u64()?;
            if elements == 0 {
                // Without an element the end would never come nearer.
                return Err(Kind::TooManyElements { count: 0, left: self.cursor.left() });
            }
            let room = self.cursor.check_count(u64::from(elements), least)?;
            let mut bucket = Bucket { count, elements: Vec::with_capacity(room.min(super::EAGER)) };
            for _ in 0..elements {
                bucket.elements.push((self.cursor.u64()?, self.value()?));
            }
            read = read.saturating_add(u64::from(elements));
            buckets.push(bucket);
        }
        Ok(TopK { size, num_elements, pruned, ty, buckets })
    }

    fn cardinality(&mut self) -> Result<Cardinality> {
        let ty = self.optional(Session::ty)?;
        let m = self.cursor.u64()?;
        let v = self.cursor.u64()?;
        let alpha_m = self.cursor.f64()?;
        let m = self.cursor.check_count(m, 1)?;
        let buckets = self.cursor.take(u32::try_from(m).unwrap_or(u32::MAX))?;
        Ok(Cardinality { ty, v, alpha_m, buckets })
    }

    read_object!(bloom_filter, BloomFilter, BloomFilter, BloomFilter, bloom_filter_body);
    read_object!(hasher, Hasher, Hasher, Hasher, hasher_body);
    read_object!(bit_vector, BitVector, BitVector, BitVector, bit_vector_body);
    read_object!(counter_vector, CounterVector, CounterVector, CounterVector, counter_vector_body);

    fn bloom_filter_body(&mut self, class: u8) -> Result<BloomFilter> {
        let hasher = self.hasher()?;
        let cells = match class {
            2 => BloomCells::Basic(self.bit_vector()?),
            3 => BloomCells::Counting(self.counter_vector()?),
            class => return Err(Kind::UnknownClass(Family::BloomFilter, class)),
        };
        Ok(BloomFilter { hasher, cells })
    }

    fn hasher_body(&mut self, class: u8) -> Result<Hasher> {
        if class != 2 && class != 3 {
            return Err(Kind::UnknownClass(Family::Hasher, class));
        }
        let k = self.cursor.u16()?;
        let seed = [self.cursor.u64()?, self.cursor.u64()?];
        Ok(Hasher { double: class == 3, k, seed })
    }

    fn bit_vector_body(&mut self, class: u8) -> Result<BitVector> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::BitVector, class));
        }
        let count = self.cursor.u64()?;
        let count = self.cursor.check_count(count, 8)?;
        let mut blocks = Vec::with_capacity(count.min(super::EAGER));
        for _ in 0..count {
            blocks.push(self.cursor.u64()?);
        }
        Ok(BitVector { blocks, num_bits: self.cursor.u64()? })
    }

    fn counter_vector_body(&mut self, class: u8) -> Result<CounterVector> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::CounterVector, class));
        }
        Ok(CounterVector { bits: self.bit_vector()?, width: self.cursor.u64()? })
    }
}
