//! Writes opaque values (2§7).

use crate::data::{BitVector, BloomCells, BloomFilter, Entropy, OpaqueState, TopK};

use super::super::Family;
use super::decide::Decide;
use super::{Arc, Session, length};

impl<D: Decide> Session<'_, D> {
    pub(super) fn opaque(&mut self, state: &OpaqueState) {
        match state {
            OpaqueState::Md5(words) => self.hash(words.as_deref().map(|w| &w[..])),
            OpaqueState::Sha1(words) => self.hash(words.as_deref().map(|w| &w[..])),
            OpaqueState::Sha256(words) => self.hash(words.as_deref().map(|w| &w[..])),
            OpaqueState::Entropy(entropy) => self.entropy(entropy),
            OpaqueState::TopK(topk) => self.topk(topk),
            OpaqueState::Bloom(bloom) => {
                self.optional(bloom.ty.as_ref(), |s, ty| s.ty(ty));
                self.bloom_filter(&bloom.filter);
            }
            OpaqueState::Cardinality(cardinality) => {
                self.optional(cardinality.ty.as_ref(), |s, ty| s.ty(ty));
                self.u64(cardinality.buckets.len() as u64);
                self.u64(cardinality.v);
                self.f64(cardinality.alpha_m);
                self.out.extend_from_slice(&cardinality.buckets);
            }
            OpaqueState::X509(certificate) => self.string(certificate),
        }
    }

    fn hash(&mut self, words: Option<&[u32]>) {
        self.optional(words, |s, words| words.iter().for_each(|word| s.u32(*word)));
    }

    fn entropy(&mut self, entropy: &Entropy) {
        entropy.counts.iter().for_each(|count| self.i64(*count));
        self.i64(entropy.total);
        self.i32(entropy.mp);
        self.i32(entropy.scc_first);
        entropy.monte.iter().for_each(|word| self.u32(*word));
        self.i64(entropy.inmont);
        self.i64(entropy.mcount);
        entropy.sums.iter().for_each(|sum| self.f64(*sum));
    }

    fn topk(&mut self, topk: &TopK) {
        self.u64(topk.size);
        self.u64(topk.num_elements);
        self.bool(topk.pruned);
        self.optional(topk.ty.as_ref(), |s, ty| s.ty(ty));
        for bucket in &topk.buckets {
            self.append(length(&bucket.elements));
            self.u64(bucket.count);
            for (epsilon, value) in &bucket.elements {
                self.u64(*epsilon);
                self.value(value);
            }
        }
    }

    fn bloom_filter(&mut self, filter: &Arc<BloomFilter>) {
        let class = match filter.cells {
            BloomCells::Basic(_) => 2,
            BloomCells::Counting(_) => 3,
        };
        if !self.shared(filter, Family::BloomFilter, class) {
            return;
        }
        let hasher = &filter.hasher;
        if self.shared(hasher, Family::Hasher, if hasher.double { 3 } else { 2 }) {
            self.u16(hasher.k);
            hasher.seed.iter().for_each(|seed| self.u64(*seed));
        }
        match &filter.cells {
            BloomCells::Basic(bits) => self.bit_vector(bits),
            BloomCells::Counting(counters) => {
                if self.shared(counters, Family::CounterVector, 1) {
                    self.bit_vector(&counters.bits);
                    self.u64(counters.width);
                }
            }
        }
    }

    fn bit_vector(&mut self, bits: &Arc<BitVector>) {
        if self.shared(bits, Family::BitVector, 1) {
            self.u64(bits.blocks.len() as u64);
            bits.blocks.iter().for_each(|block| self.u64(*block));
            self.u64(bits.num_bits);
        }
    }
}
