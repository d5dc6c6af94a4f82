//! Writes functions, files and IDs (2§8), and opaque values (2§7).

use super::decide::Decide;
use super::{Arc, MessageWriter, length};
use crate::data::{BitVector, BloomCells, BloomFilter, Entropy, File, Func, Id, OpaqueState, TopK};
use crate::serial::Family;
use crate::serial::kind::val;

impl<D: Decide> MessageWriter<'_, D> {
    /// Writes the function of a value with this id.
    pub(super) fn func(&mut self, func: &Arc<Func>, value: u64) {
        let class = if func.frame_size.is_some() { 2 } else { 4 };
        if self.shared(func, Family::Func, class) {
            self.several(&func.bodies, |s, (body, priority)| {
                s.stmt(body);
                s.i32(*priority);
            });
            self.u8(func.kind);
            if self.decide.data_format().has_function_types() {
                self.ty(&func.ty);
                self.string(&func.name);
            } else if func.frame_size.is_some() {
                self.function_id(func, value);
            } else {
                self.string(&func.name);
            }
            if let Some(frame_size) = func.frame_size {
                self.i32(frame_size);
            }
        }
    }

    pub(super) fn file(&mut self, file: &Arc<File>) {
        if self.shared(file, Family::File, 1) {
            self.string(&file.name);
            self.bool(file.buffered);
            self.optional(file.access.as_ref(), |s, access| s.string(access));
            self.ty(&file.ty);
            self.optional(file.attributes.as_ref(), |s, attributes| s.attributes(attributes));
        }
    }

    /// Writes the ID of a function, whose value is the function (2§13).
    fn function_id(&mut self, func: &Arc<Func>, value: u64) {
        let made = || Arc::new(Id::global(func.name.clone(), func.ty.clone(), None));
        let id = func.id.clone().unwrap_or_else(made);
        if !self.shared(&id, Family::Id, 1) {
            return;
        }
        self.id_without_value(&id);
        self.bool(true);
        match &id.value {
            Some(value) => self.value(value),
            None => {
                let again = self.decide.again(value);
                if self.header(again, Family::Val, val::PLAIN) {
                    self.ty(&id.ty);
                    self.no_value_attributes();
                    self.func(func, value);
                }
            }
        }
    }

    pub(super) fn id(&mut self, id: &Arc<Id>) {
        if self.shared(id, Family::Id, 1) {
            self.id_without_value(id);
            self.optional(id.value.as_ref(), |s, value| s.value(value));
        }
    }

    fn id_without_value(&mut self, id: &Id) {
        self.string(&id.name);
        self.u8(id.scope);
        self.bool(id.is_export);
        for word in [id.is_const, id.is_enum_const, id.is_type, id.offset] {
            self.i32(word);
        }
        self.bool(id.infer_return_type);
        self.bool(id.weak_ref);
        self.ty(&id.ty);
        self.optional(id.attributes.as_ref(), |s, attributes| s.attributes(attributes));
    }
}

impl<D: Decide> MessageWriter<'_, D> {
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
