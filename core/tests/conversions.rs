//! Conversions between Rust and Bro values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use brocomm::Time;
use brocomm::data::{
    BroType, FromValue, Pattern, Port, Record, Step, Subnet, Table, ToValue, Type, TypeTag, Value,
    Vector,
};
use brocomm_conformance::strategies;
use bytes::Bytes;
use proptest::collection::{btree_map, btree_set, hash_map, hash_set, vec};
use proptest::prelude::*;

/// Checks that a value round-trips, and that its Bro type is that of its Rust type.
fn check<T>(rust: T) -> Result<(), TestCaseError>
where
    T: ToValue + FromValue + Into<Value> + TryFrom<Value> + PartialEq + Debug + Clone,
    <T as TryFrom<Value>>::Error: Debug,
{
    let value = rust.to_value();
    prop_assert_eq!(value.ty(), T::bro_type());
    prop_assert_eq!(&value.to::<T>().unwrap(), &rust);
    let into: Value = rust.clone().into();
    prop_assert_eq!(&into, &value);
    prop_assert_eq!(T::try_from(into).unwrap(), rust);
    Ok(())
}

fn times() -> impl Strategy<Value = i64> {
    // Quarters of a second, which a double holds exactly.
    -40_000_000_000i64..40_000_000_000
}

proptest! {
    #[test]
    fn scalars_round_trip(
        integers in any::<(bool, i8, i16, i32, i64, u8, u16, u32, u64)>(),
        sizes in any::<(isize, usize)>(),
        addresses in any::<(IpAddr, Ipv4Addr, Ipv6Addr)>(),
        text in ".{0,20}",
        bytes in strategies::bytes(),
        double in strategies::double(),
        port in strategies::port(),
        subnet in strategies::subnet(),
        quarters in times(),
    ) {
        let (b, i8, i16, i32, i64, u8, u16, u32, u64) = integers;
        check(b)?;
        check(i8)?;
        check(i16)?;
        check(i32)?;
        check(i64)?;
        check(u8)?;
        check(u16)?;
        check(u32)?;
        check(u64)?;
        check(sizes.0)?;
        check(sizes.1)?;
        // An IPv4-mapped address becomes IPv4.
        check(addresses.0.to_canonical())?;
        check(addresses.1)?;
        check(addresses.2)?;
        check(Pattern::new("a|b"))?;
        check(text)?;
        check(bytes.clone())?;
        check(Vec::from(bytes))?;
        check(double)?;
        check::<Port>(port)?;
        check::<Subnet>(subnet)?;
        let distance = Duration::from_millis(quarters.unsigned_abs() * 250);
        check(distance)?;
        check(if quarters < 0 {
            SystemTime::UNIX_EPOCH - distance
        } else {
            SystemTime::UNIX_EPOCH + distance
        })?;
        // For a time since the epoch, a double is precise only to microseconds.
        let time = Time::EPOCH + distance;
        let back: Time = Value::from(time).to().unwrap();
        prop_assert!(back.as_nanos().abs_diff(time.as_nanos()) < 4096);
    }

    #[test]
    fn containers_round_trip(
        numbers in vec(any::<u64>(), 0..9),
        sparse in vec(any::<Option<i32>>(), 0..9),
        nested in vec(vec(".{0,5}", 0..4), 0..4),
        array in any::<[u16; 3]>(),
        digest in any::<[u8; 16]>(),
        set in btree_set(".{0,5}", 0..9),
        pairs in hash_set((strategies::addr(), any::<u16>()), 0..9),
        table in btree_map(any::<u32>(), vec(any::<bool>(), 0..4), 0..4),
        deep in hash_map(
            (any::<i64>(), ".{0,5}", any::<bool>()),
            btree_map(any::<u8>(), any::<u8>(), 0..4),
            0..4,
        ),
    ) {
        check(numbers)?;
        check(sparse)?;
        check(nested)?;
        check(array)?;
        check(digest)?;
        check(set)?;
        check(pairs)?;
        check(table)?;
        check(deep)?;
    }

    /// A conversion of any value either round-trips or fails.
    #[test]
    fn any_value_is_converted_or_refused(value in strategies::any_value()) {
        fn check<T: FromValue + ToValue>(value: &Value) -> Result<(), TestCaseError> {
            if let Ok(rust) = value.to::<T>() {
                prop_assert!(rust.to_value().ty() == T::bro_type());
            }
            Ok(())
        }
        prop_assert_eq!(value.to::<Value>().unwrap(), value.clone());
        check::<u8>(&value)?;
        check::<i16>(&value)?;
        check::<String>(&value)?;
        check::<Duration>(&value)?;
        check::<SystemTime>(&value)?;
        check::<Time>(&value)?;
        check::<Vec<Option<u64>>>(&value)?;
        check::<BTreeSet<(IpAddr, u64)>>(&value)?;
        check::<BTreeMap<String, u64>>(&value)?;
        prop_assert_eq!(value.to::<Arc<Record>>().is_ok(), value.tag() == TypeTag::Record);
        prop_assert_eq!(value.to::<Arc<Table>>().is_ok(), value.tag() == TypeTag::Table);
        prop_assert_eq!(value.to::<Arc<Vector>>().is_ok(), value.tag() == TypeTag::Vector);
    }
}

#[test]
fn empty_containers_have_their_declared_types() {
    let name = |value: Value| value.ty().to_string();
    assert_eq!(name(Vec::<u64>::new().into()), "vector of count");
    assert_eq!(name(Vec::<Option<Bytes>>::new().into()), "vector of string");
    assert_eq!(name(Vec::<u8>::new().into()), "string");
    assert_eq!(name(BTreeSet::<(IpAddr, Port)>::new().into()), "set[addr,port]");
    assert_eq!(
        name(HashMap::<String, Vec<f32>>::new().to_value()),
        "table[string] of vector of double"
    );
}

#[test]
fn to_value_as_uses_the_given_type_instance_for_all_parts() {
    let instance = |ty: &Type| Arc::as_ptr(&ty.def().unwrap());
    let ty = BTreeMap::<u64, Vec<u64>>::bro_type();
    let value = BTreeMap::from([(1u64, vec![1u64])]).to_value_as(&ty);
    assert_eq!(instance(&value.ty()), instance(&ty));
    let Value::Table(table) = value else { panic!("not a table") };
    let element = table.entries[0].value.as_ref().unwrap().ty();
    let again =
        BTreeMap::from([(2u64, Vec::<u64>::new())]).to_value_as(&ty).to::<Arc<Table>>().unwrap();
    assert_eq!(instance(&element), instance(&again.entries[0].value.as_ref().unwrap().ty()));
    assert_eq!(instance(&table.entries[0].index.ty), instance(&again.entries[0].index.ty));
}

#[test]
fn to_value_as_ignores_a_type_of_another_kind() {
    let vector = vec![1u64].to_value_as(&Type::COUNT);
    assert_eq!(vector.ty().to_string(), "vector of count");
    let set = BTreeSet::from([1u64]).to_value_as(&Type::table(vec![Type::COUNT], Type::COUNT));
    assert_eq!(set.ty().to_string(), "set[count]");
    let table = BTreeMap::from([(1u64, true)]).to_value_as(&Type::set(vec![Type::COUNT]));
    assert_eq!(table.ty().to_string(), "table[count] of bool");
}

fn error<T: FromValue + Debug>(value: impl Into<Value>) -> String {
    value.into().to::<T>().unwrap_err().to_string()
}

#[test]
fn errors_name_the_problem_and_the_position() {
    assert_eq!(error::<u8>(256u64), "256 is out of the range of u8");
    assert_eq!(error::<i8>(-129i64), "-129 is out of the range of i8");
    assert_eq!(error::<u64>(1i64), "expected count, found int");
    assert_eq!(error::<String>(&b"ab\xff"[..]), "string is not UTF-8 after byte 2");
    assert_eq!(error::<Ipv4Addr>(Ipv6Addr::LOCALHOST), "::1 is out of the range of Ipv4Addr");
    assert_eq!(error::<Vec<u64>>(vec![Some(1u64), None]), "[1]: unset or absent");
    assert_eq!(error::<[u64; 2]>(vec![1u64]), "expected 2 values, found 1");
    assert_eq!(
        error::<BTreeSet<u64>>(BTreeMap::from([(1u64, 1u64)])),
        "expected a set, found a table"
    );
    assert_eq!(
        error::<BTreeMap<u64, u64>>(BTreeSet::from([1u64])),
        "expected a table, found a set"
    );
    assert_eq!(
        error::<BTreeSet<(u64, u64)>>(BTreeSet::from([1u64])),
        "entry 0: expected 2 values, found 1"
    );
    let table = BTreeMap::from([(1u64, vec![vec![1u64], vec![300]])]);
    assert_eq!(
        error::<BTreeMap<u64, Vec<[u32; 1]>>>(BTreeMap::from([(1u64, vec![true])])),
        "entry 0[0]: expected vector, found bool"
    );
    let error = table.to_value().to::<BTreeMap<u64, Vec<Vec<u8>>>>().unwrap_err();
    assert_eq!(error.path, [Step::Entry(0), Step::Element(0)]);
    assert!(error.to_string().ends_with(": expected string, found vector"), "{error}");
}

#[test]
fn times_out_of_range_are_refused() {
    for seconds in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        assert!(Value::Interval(seconds).to::<Duration>().is_err(), "{seconds}");
        assert!(Value::Time(seconds).to::<Time>().is_err(), "{seconds}");
    }
    assert!(Value::Time(f64::NAN).to::<SystemTime>().is_err());
    assert!(Value::Time(-1e300).to::<SystemTime>().is_err());
    assert!(Value::Time(18_446_744_073.8).to::<Time>().is_err());
    assert!(Value::Time(18_446_744_073.0).to::<Time>().is_ok());
    assert_eq!(Value::Interval(-1.0).to::<f64>(), Ok(-1.0));
}
