//! Opaque values: the numbers that they consist of.

use bytes::Bytes;

use super::mapping::{Json, hex, key, plain};
use super::node::Node;
use super::object::{Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use crate::data::{
    BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Entropy, Hasher,
    OpaqueState, TopK,
};

/// The keys that say what an opaque value is.
const KINDS: &[&str] =
    &["md5", "sha1", "sha256", "entropy", "topk", "bloom", "cardinality", "x509"];

pub(super) fn write_state(state: &OpaqueState, fields: &mut Fields, out: &mut Writer) {
    match state {
        // One that has not begun is null, rather than left out.
        OpaqueState::Md5(words) => fields.node("md5", words.write(out)),
        OpaqueState::Sha1(words) => fields.node("sha1", words.write(out)),
        OpaqueState::Sha256(words) => fields.node("sha256", words.write(out)),
        OpaqueState::Entropy(entropy) => fields.put("entropy", entropy, out),
        OpaqueState::TopK(topk) => fields.put("topk", topk, out),
        OpaqueState::Bloom(bloom) => fields.put("bloom", bloom, out),
        OpaqueState::Cardinality(cardinality) => fields.put("cardinality", cardinality, out),
        OpaqueState::X509(certificate) => fields.node("x509", hex(certificate)),
    }
}

pub(super) fn read_state(keys: &mut Keys, from: &mut Reader) -> Result<OpaqueState> {
    let kind = keys.kind(KINDS)?;
    Ok(match kind {
        "md5" => OpaqueState::Md5(keys.get(kind, from)?),
        "sha1" => OpaqueState::Sha1(keys.get(kind, from)?),
        "sha256" => OpaqueState::Sha256(keys.get(kind, from)?),
        "entropy" => OpaqueState::Entropy(keys.get(kind, from)?),
        "topk" => OpaqueState::TopK(keys.get(kind, from)?),
        "bloom" => OpaqueState::Bloom(keys.get(kind, from)?),
        "cardinality" => OpaqueState::Cardinality(keys.get(kind, from)?),
        _ => OpaqueState::X509(keys.get(kind, from)?),
    })
}

plain! {
    Entropy { counts, total, mp, scc_first, monte, inmont, mcount, sums }
    TopK { ty, size, num_elements, pruned, buckets }
    Bucket { count, elements }
    Bloom { ty, filter }
    BloomFilter { hasher, cells }
    Hasher { double, k, seed }
    BitVector { num_bits, blocks }
    CounterVector { width, bits }
}

impl Json for BloomCells {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        match self {
            BloomCells::Basic(bits) => fields.put("basic", bits, out),
            BloomCells::Counting(counters) => fields.put("counting", counters, out),
        }
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<BloomCells> {
        let mut keys = Keys::of(node)?;
        let kind = keys.kind(&["basic", "counting"])?;
        let cells = match kind {
            "basic" => BloomCells::Basic(keys.get(kind, from)?),
            _ => BloomCells::Counting(keys.get(kind, from)?),
        };
        keys.finish()?;
        Ok(cells)
    }
}

impl Json for Cardinality {
    fn write(&self, out: &mut Writer) -> Node {
        let Cardinality { ty, v, alpha_m, buckets } = self;
        let mut fields = Fields::new();
        fields.put("type", ty, out);
        fields.put("v", v, out);
        fields.put("alpha_m", alpha_m, out);
        fields.node("buckets", hex(buckets));
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Cardinality> {
        let mut keys = Keys::of(node)?;
        let buckets: Bytes = keys.get("buckets", from)?;
        let cardinality = Cardinality {
            ty: keys.get("type", from)?,
            v: keys.get("v", from)?,
            alpha_m: keys.get("alpha_m", from)?,
            buckets,
        };
        keys.finish()?;
        Ok(cardinality)
    }
}
