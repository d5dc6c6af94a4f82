//! Equality, order and hash of values agree, and match Bro's comparison of indices (2§6).

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use brocomm::data::{EnumValue, Event, Field, Record, Subnet, Table, Type, Value, Vector};
use brocomm::lowlevel::opaque::{Entropy, Opaque, OpaqueState};
use brocomm::lowlevel::types::TypeKind;
use brocomm_conformance::strategies::{any_value, ty, value_of};
use proptest::prelude::*;

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Copies a value without sharing anything, with other time stamps and reversed tables.
fn rebuild(value: &Value) -> Value {
    let all = |slots: &[Option<Value>]| slots.iter().map(|v| v.as_ref().map(rebuild)).collect();
    match value {
        Value::String(s) => Value::string(s),
        Value::Record(r) => Record::new(r.ty.clone(), all(&r.fields)).into(),
        Value::Vector(v) => Vector::new(v.ty.clone(), all(&v.items)).into(),
        Value::Table(t) => {
            let mut turned = Table::new(t.ty.clone());
            for entry in t.entries.iter().rev() {
                let index = entry.index.items.iter().map(rebuild).collect();
                turned.push(index, entry.value.as_ref().map(rebuild));
            }
            turned.entries.iter_mut().for_each(|entry| entry.last_access = 7.0);
            turned.mutable.unique_id = "another".into();
            turned.into()
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn every_value_equals_a_copy_of_itself(value in any_value()) {
        let anew = rebuild(&value);
        prop_assert_eq!(&value, &anew);
        prop_assert_eq!(value.cmp(&anew), Ordering::Equal);
        prop_assert_eq!(hash(&value), hash(&anew));
    }

    #[test]
    fn equality_order_and_hash_agree(
        values in ty().prop_flat_map(|ty| prop::collection::vec(value_of(&ty), 3)),
        stranger in any_value(),
    ) {
        let [a, b, c] = [&values[0], &values[1], &values[2]];
        for (a, b) in [(a, b), (b, c), (a, &stranger)] {
            prop_assert_eq!(a == b, a.cmp(b).is_eq());
            prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
            prop_assert!(a != b || hash(a) == hash(b));
        }
        let mut sorted = [a, b, c, &stranger];
        sorted.sort();
        prop_assert!(sorted.windows(2).all(|pair| pair[0] <= pair[1]) && sorted[0] <= sorted[3]);
    }

    #[test]
    fn looking_up_an_index_matches_a_linear_search(
        table in (prop::collection::vec(ty(), 1..3), ty())
            .prop_map(|(index, yields)| Type::table(index, yields))
            .prop_flat_map(|ty| value_of(&ty)),
    ) {
        let Value::Table(table) = table else { panic!("not a table") };
        let index = table.index();
        prop_assert_eq!(index.len(), table.entries.len());
        for entry in &table.entries {
            let key = &*entry.index.items;
            prop_assert!(std::ptr::eq(index[key], table.get(key).unwrap()));
        }
    }
}

fn assert_same(a: impl Into<Value>, b: impl Into<Value>) {
    let (a, b) = (a.into(), b.into());
    assert_eq!(a, b);
    assert_eq!(hash(&a), hash(&b), "{a}");
}

fn assert_differ(a: impl Into<Value>, b: impl Into<Value>) {
    assert_ne!(a.into(), b.into());
}

#[test]
fn doubles_compare_by_their_bits() {
    assert_same(f64::NAN, f64::NAN);
    assert_differ(f64::NAN, -f64::NAN);
    assert_differ(0.0, -0.0);
    let at = |time| Event { name: "e".into(), time, args: vec![f64::NAN.into()] };
    assert_eq!(at(f64::NAN), at(f64::NAN));
    assert_ne!(at(0.0), at(1.0));
}

#[test]
fn addresses_compare_as_ipv6() {
    let addr = |text: &str| Value::Addr(text.parse().unwrap());
    assert_same(addr("::ffff:1.2.3.4"), addr("1.2.3.4"));
    assert_differ(addr("::1.2.3.4"), addr("1.2.3.4"));
    let subnet = |prefix: &str, width| Subnet { prefix: prefix.parse().unwrap(), width };
    assert_same(subnet("::ffff:1.2.3.0", 120), subnet("1.2.3.0", 24));
    assert_differ(subnet("::ffff:1.2.3.0", 24), subnet("1.2.3.0", 24));
}

#[test]
fn equality_compares_kinds_but_not_types() {
    assert_differ(1u64, 1i64);
    assert_differ(1u64, Value::Counter(1));
    let number = |name: &str, number| EnumValue { ty: Type::named(name), number };
    assert_same(number("A", 1), number("B", 1));
    assert_differ(number("A", 1), number("A", 2));
    let record = |name: &str, value: Option<Value>| {
        Record::new(Type::record(name, vec![Field::new(name, Type::COUNT)]), vec![value])
    };
    assert_same(record("A", Some(1u64.into())), record("B", Some(1u64.into())));
    assert_differ(record("A", Some(1u64.into())), record("A", None));
}

#[test]
fn opaque_values_compare_by_content() {
    let opaque = |name: &str, state| {
        let ty = Type::new("", TypeKind::Opaque(name.into()));
        Value::Opaque(Arc::new(Opaque { ty, state }))
    };
    let entropy = |sum: f64| {
        let entropy = Entropy {
            counts: [0; 256],
            total: 0,
            mp: 0,
            scc_first: 0,
            monte: [0; 6],
            inmont: 0,
            mcount: 0,
            sums: [sum; 9],
        };
        opaque("entropy", OpaqueState::Entropy(Box::new(entropy)))
    };
    assert_same(entropy(f64::NAN), entropy(f64::NAN));
    assert_differ(entropy(1.0), entropy(2.0));
    let md5 = |word| opaque("md5", OpaqueState::Md5(Some(Box::new([word; 23]))));
    assert_same(md5(1), md5(1));
    assert_differ(md5(1), md5(2));
    assert_differ(md5(1), entropy(1.0));
}

/// Two equal sets with the same elements in opposite order; the elements contain such sets in turn.
/// A peer can build them with two short objects per level.
fn twins(levels: u32) -> [Value; 2] {
    (0..levels).fold([Value::Count(1), Value::Count(1)], |[a, b], _| {
        let set = |entries: [(&Value, u64); 2]| {
            let mut set = Table::new(Type::set(vec![Type::ANY, Type::COUNT]));
            for (value, n) in entries {
                set.push(vec![value.clone(), Value::Count(n)], None);
            }
            Value::from(set)
        };
        [set([(&a, 1), (&b, 2)]), set([(&b, 2), (&a, 1)])]
    })
}

/// If each level took a multiple of the time of the one below, this would never finish.
#[test]
fn comparing_tables_nested_in_indices_is_not_exponential() {
    let [a, b] = twins(48);
    assert_eq!(a, b);
    let [other, _] = twins(47);
    assert_eq!(a.cmp(&other), b.cmp(&other));
    assert_ne!(a, other);
}
