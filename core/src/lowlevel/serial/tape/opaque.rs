//! Decodes opaque values (2§7).

use std::sync::Arc;

use crate::data::{Bloom, Bucket, Cardinality, Entropy, Opaque, OpaqueState, TopK, Type};

use super::super::SerialErrorKind as Kind;
use super::super::cursor::Result;
use super::super::kind::val;
use super::decode::MISFIT;
use super::{Decode, What};

impl Decode<'_> {
    pub(super) fn opaque(&mut self, class: u8, ty: Type) -> Result<Opaque> {
        let state = match class {
            val::MD5 => OpaqueState::Md5(self.hash()?),
            val::SHA1 => OpaqueState::Sha1(self.hash()?),
            val::SHA256 => OpaqueState::Sha256(self.hash()?),
            val::ENTROPY => OpaqueState::Entropy(Box::new(self.entropy()?)),
            val::TOPK => OpaqueState::TopK(self.topk()?),
            val::BLOOM => OpaqueState::Bloom(Bloom {
                ty: self.optional(Decode::ty)?,
                filter: match self.object()? {
                    What::BloomFilter(filter) => Arc::clone(filter),
                    _ => return Err(MISFIT),
                },
            }),
            val::CARDINALITY => OpaqueState::Cardinality(self.cardinality()?),
            val::X509 => OpaqueState::X509(self.cursor.string()?),
            _ => return Err(MISFIT),
        };
        Ok(Opaque { ty, state })
    }

    /// Decodes an unfinished hash, whose parts are all 32 bits wide.
    fn hash<const N: usize>(&mut self) -> Result<Option<Box<[u32; N]>>> {
        self.optional(|d| {
            let mut words = Box::new([0; N]);
            for word in words.iter_mut() {
                *word = d.cursor.u32()?;
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
        let ty = self.optional(Decode::ty)?;
        let mut buckets = Vec::new();
        let mut read = 0;
        while read < num_elements {
            let elements = self.cursor.u32()?;
            let mut bucket = Bucket { count: self.cursor.u64()?, elements: Vec::new() };
            for _ in 0..elements {
                bucket.elements.push((self.cursor.u64()?, self.value()?));
            }
            read = u64::from(elements).saturating_add(read);
            buckets.push(bucket);
        }
        Ok(TopK { size, num_elements, pruned, ty, buckets })
    }

    fn cardinality(&mut self) -> Result<Cardinality> {
        let ty = self.optional(Decode::ty)?;
        let m = self.cursor.u64()?;
        let v = self.cursor.u64()?;
        let alpha_m = self.cursor.f64()?;
        let m = u32::try_from(m).map_err(|_| Kind::Truncated { wanted: u32::MAX })?;
        Ok(Cardinality { ty, v, alpha_m, buckets: self.cursor.take(m)? })
    }
}
