//! Tests of opaque values.

use serde_json::to_string;

use super::{check, read};
use crate::data::{
    BitVector, Bloom, BloomCells, BloomFilter, Bucket, Cardinality, CounterVector, Entropy, Hasher,
    Opaque, OpaqueState, TopK, Type, TypeKind, Value,
};

#[test]
fn opaque_values_are_written_with_their_kind() {
    let bits = || BitVector { blocks: vec![u64::MAX, 1], num_bits: 65 };
    let hasher = Hasher { double: true, k: 3, seed: vec![u64::MAX, 2] };
    let bloom = |cells| {
        let filter = BloomFilter { hasher: hasher.clone().into(), cells };
        OpaqueState::Bloom(Bloom { ty: Some(Type::ADDR), filter: filter.into() })
    };
    let counters = CounterVector { bits: bits().into(), width: 2 };
    let topk = TopK {
        size: 2,
        num_elements: 1,
        pruned: true,
        ty: Some(Type::ADDR),
        buckets: vec![Bucket { count: 3, elements: vec![(1, Value::Addr([10, 0, 0, 1].into()))] }],
    };
    let entropy = Entropy {
        counts: [i64::MIN; 256],
        total: 1,
        mp: -1,
        scc_first: 1,
        monte: [7; 6],
        inmont: 2,
        mcount: 3,
        sums: [f64::NAN; 9],
    };
    let cardinality =
        Cardinality { ty: None, v: 1, alpha_m: 0.5, buckets: bytes::Bytes::from_static(b"ab") };
    for (kind, state, text) in [
        ("md5", OpaqueState::Md5(None), Some(r#"{"md5":null}"#)),
        ("md5", OpaqueState::Md5(Some(Box::new([1; 23]))), None),
        ("sha1", OpaqueState::Sha1(Some(Box::new([u32::MAX; 24]))), None),
        ("sha256", OpaqueState::Sha256(Some(Box::new([1; 28]))), None),
        ("entropy", OpaqueState::Entropy(Box::new(entropy)), None),
        (
            "topk",
            OpaqueState::TopK(topk),
            Some(concat!(
                r#"{"topk":{"type":"addr","size":2,"num_elements":1,"pruned":true,"#,
                r#""buckets":[{"count":3,"elements":[[1,{"$type":"addr","$value":"10.0.0.1"}]]}]}}"#
            )),
        ),
        ("bloomfilter", bloom(BloomCells::Basic(bits().into())), None),
        ("bloomfilter", bloom(BloomCells::Counting(counters.into())), None),
        ("cardinality", OpaqueState::Cardinality(cardinality), None),
        (
            "x509",
            OpaqueState::X509(bytes::Bytes::from_static(b"0\x82")),
            Some(r#"{"x509":{"$hex":"3082"}}"#),
        ),
    ] {
        let ty = Type::new("", TypeKind::Opaque(kind.into()));
        let value = Value::Opaque(Opaque { ty, state }.into());
        let written = to_string(&value).unwrap();
        check(value, text.unwrap_or(&written));
    }
    assert!(read(r#"{"md5":null}"#, "opaque of sha1").is_err());
}
