//! JSON mapping of opaque values.

use bytes::Bytes;

use super::mapping::{elements, hex, plain};
use super::node::Node;
use super::object::{Fault, Fields, Json, Keys, Result};
use super::value;
use crate::data::{
    BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Declarations,
    Entropy, Hasher, OpaqueState, TopK, Value,
};

/// An opaque value has one key, its kind.
impl Json for OpaqueState {
    fn write(&self) -> Node {
        let (kind, content) = match self {
            OpaqueState::Md5(words) => ("md5", words.write()),
            OpaqueState::Sha1(words) => ("sha1", words.write()),
            OpaqueState::Sha256(words) => ("sha256", words.write()),
            OpaqueState::Entropy(entropy) => ("entropy", entropy.write()),
            OpaqueState::TopK(topk) => ("topk", topk.write()),
            OpaqueState::Bloom(bloom) => ("bloomfilter", bloom.write()),
            OpaqueState::Cardinality(cardinality) => ("cardinality", cardinality.write()),
            OpaqueState::X509(certificate) => ("x509", hex(certificate)),
        };
        let mut fields = Fields::new();
        fields.node(kind, content);
        fields.into()
    }

    fn read(node: Node, known: &Declarations) -> Result<OpaqueState> {
        let (kind, content) = Keys::of(node)?.only()?;
        let state = match &*kind {
            "md5" => Json::read(content, known).map(OpaqueState::Md5),
            "sha1" => Json::read(content, known).map(OpaqueState::Sha1),
            "sha256" => Json::read(content, known).map(OpaqueState::Sha256),
            "entropy" => Json::read(content, known).map(OpaqueState::Entropy),
            "topk" => Json::read(content, known).map(OpaqueState::TopK),
            "bloomfilter" => Json::read(content, known).map(OpaqueState::Bloom),
            "cardinality" => Json::read(content, known).map(OpaqueState::Cardinality),
            "x509" => Json::read(content, known).map(OpaqueState::X509),
            _ => Err(Fault::new("unknown kind of opaque value")),
        };
        state.map_err(|fault| fault.within(kind))
    }
}

plain! {
    Entropy {
        counts as "counts", total as "total", mp as "mp", scc_first as "scc_first",
        monte as "monte", inmont as "inmont", mcount as "mcount", sums as "sums",
    }
    TopK {
        ty as "type", size as "size", num_elements as "num_elements", pruned as "pruned",
        buckets as "buckets",
    }
    Bloom { ty as "type", filter as "filter" }
    BloomFilter { hasher as "hasher", cells as "cells" }
    Hasher { double as "double", k as "k", seed as "seed" }
    BitVector { num_bits as "num_bits", blocks as "blocks" }
    CounterVector { width as "width", bits as "bits" }
}

/// Each element is a pair of its possible overestimate and the element itself.
impl Json for Bucket {
    fn write(&self) -> Node {
        let element = |(epsilon, element): &(u64, Value)| {
            Node::Array(vec![epsilon.write(), value::write_within(element, None)])
        };
        let mut fields = Fields::new();
        fields.put("count", &self.count);
        fields.node("elements", Node::Array(self.elements.iter().map(element).collect()));
        fields.into()
    }

    fn read(node: Node, known: &Declarations) -> Result<Bucket> {
        let mut keys = Keys::of(node)?;
        let element = |_, pair: Node| {
            let Node::Array(pair) = pair else { return Err(Fault::expected("a pair", &pair)) };
            let found = pair.len();
            let [epsilon, element] = <[Node; 2]>::try_from(pair)
                .map_err(|_| Fault::new(format_args!("expected a pair, found {found} elements")))?;
            Ok((u64::read(epsilon, known)?, Value::read(element, known)?))
        };
        let bucket = Bucket {
            count: keys.get("count", known)?,
            elements: elements(keys.need("elements")?, "an array", element)?,
        };
        keys.finish()?;
        Ok(bucket)
    }
}

impl Json for BloomCells {
    fn write(&self) -> Node {
        let mut fields = Fields::new();
        match self {
            BloomCells::Basic(bits) => fields.put("basic", bits),
            BloomCells::Counting(counters) => fields.put("counting", counters),
        }
        fields.into()
    }

    fn read(node: Node, known: &Declarations) -> Result<BloomCells> {
        let (kind, content) = Keys::of(node)?.only()?;
        match &*kind {
            "basic" => Json::read(content, known).map(BloomCells::Basic),
            "counting" => Json::read(content, known).map(BloomCells::Counting),
            _ => Err(Fault::new("expected basic or counting").within(kind)),
        }
    }
}

impl Json for Cardinality {
    fn write(&self) -> Node {
        let Cardinality { ty, v, alpha_m, buckets } = self;
        let mut fields = Fields::new();
        fields.put("type", ty);
        fields.put("v", v);
        fields.put("alpha_m", alpha_m);
        fields.node("buckets", hex(buckets));
        fields.into()
    }

    fn read(node: Node, known: &Declarations) -> Result<Cardinality> {
        let mut keys = Keys::of(node)?;
        let buckets: Bytes = keys.get("buckets", known)?;
        let cardinality = Cardinality {
            ty: keys.get("type", known)?,
            v: keys.get("v", known)?,
            alpha_m: keys.get("alpha_m", known)?,
            buckets,
        };
        keys.finish()?;
        Ok(cardinality)
    }
}
