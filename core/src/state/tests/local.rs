use super::{count, notified, shown, store, value};
use crate::data::{Opcode, Value};
use crate::state::{Path, StateError};

#[test]
fn each_operation_takes_effect_and_is_returned_for_peers() {
    let mut store = store("a");
    let mut done = Vec::new();
    let mut note = |access: Option<crate::data::StateAccess>| done.push(notified(&access.unwrap()));
    note(store.assign("n", 7i64).unwrap());
    note(store.increment("n", -1).unwrap());
    note(store.assign("n", Value::Count(3)).unwrap());
    note(store.assign("h", value("GREEN")).unwrap());
    note(store.assign(Path::to("t1").index(count(2)), "b").unwrap());
    note(store.delete("t1", count(1)).unwrap());
    note(store.delete("t1", count(9)).unwrap());
    note(store.add("set1", count(7)).unwrap());
    note(store.assign(Path::to("v").element(4), 9u64).unwrap());
    note(store.increment(Path::to("v").element(0), 1).unwrap());
    note(store.assign(Path::to("r").field("s").field("c"), 1.5).unwrap());
    note(store.unset(Path::to("r").field("s").field("c")).unwrap());
    note(store.increment(Path::to("r").field("s").field("b"), 2).unwrap());
    note(store.assign(Path::to("r").field("t").index(count(1)), "deep").unwrap());
    let at = Path::to("t2").index(vec![Value::Count(1), "k".into()]);
    note(store.assign(at.clone(), 5u64).unwrap());
    note(store.increment(at, 1).unwrap());
    assert_eq!(
        done,
        [
            "assign n 7 - -",
            "incr n 6 7 -",
            "assign n 3 - -",
            "assign h GREEN - -",
            "assign_idx #a#1#3 2 b -",
            "del #a#1#3 1 - -",
            "del #a#1#3 9 - -",
            "add #a#1#1 7 - -",
            "assign_idx #a#1#8 4 9 -",
            "incr_idx #a#1#8 0 2 1",
            "assign_idx #a#1#11 c 1.5 -",
            "assign_idx #a#1#11 c - -",
            "incr_idx #a#1#11 b 44 42",
            "assign_idx #a#1#12 1 deep -",
            "assign_idx #a#1#4 1, k 5 -",
            "incr_idx #a#1#4 1, k 6 5",
        ]
    );
    assert_eq!(shown(&store, "n"), "3");
    assert_eq!(shown(&store, "t1"), "{[2] = b}");
    assert_eq!(shown(&store, "set1"), "{1,2,7}");
    assert_eq!(shown(&store, "v"), "[2, 2, 3, , 9]");
    assert_eq!(
        shown(&store, "r"),
        "[s=[a=ra, b=44, c=<uninitialized>], t={[1] = deep}, n=<uninitialized>]"
    );
}

#[test]
fn changes_of_local_variables_are_not_sent() {
    let mut store = store("a");
    assert_eq!(store.increment("own", 1), Ok(None));
    assert_eq!(store.add("own_set", count(1)), Ok(None));
    assert_eq!(store.assign("own", 5u64), Ok(None));
    assert_eq!(shown(&store, "own"), "5");
}

#[test]
fn assigned_containers_get_new_ids_at_any_depth() {
    let mut store = store("a");
    let ids = |value: &Value| match value {
        Value::Record(record) => record.mutable.clone(),
        Value::Table(table) => table.mutable.clone(),
        other => panic!("{other:?}"),
    };
    let before = store.get("r").unwrap();
    let old = ids(&before).unique_id;
    let access = store.assign("r", before.clone()).unwrap().unwrap();
    assert_eq!((access.opcode, &*access.target), (Opcode::Assign, b"r".as_slice()));
    let new = ids(&access.op1);
    assert_ne!(new.unique_id, old);
    assert_eq!(new.properties, 2);
    let Value::Record(record) = &access.op1 else { panic!() };
    let inner = ids(record.fields[0].as_ref().unwrap()).unique_id;
    // The old containers are dropped, and the new ones are known.
    assert!(matches!(store.get(Path::to(old)), Err(StateError::UnknownTarget(_))));
    assert_eq!(shown(&store, Path::to(inner.clone()).field("a")), "ra");
    let access = store.assign(Path::to(inner.clone()).field("a"), "new").unwrap().unwrap();
    assert_eq!(access.target, inner);
    assert_eq!(shown(&store, Path::to("r").field("s").field("a")), "new");
    assert_eq!(store.variables_of(&inner), ["r"]);
    assert_eq!(before, store.get("r").map(|_| before.clone()).unwrap());
}

#[test]
fn values_are_coerced_to_the_declared_types() {
    let mut store = store("a");
    let access = store.assign(Path::to("tr").index(["k".into()]), value("[$a=\"only\"]"));
    assert_eq!(
        notified(&access.unwrap().unwrap()),
        "assign_idx #a#1#5 k [a=only, b=42, c=<uninitialized>] -"
    );
    // A Rust integer is an int unless typed otherwise.
    for (path, shows) in [
        (Path::to("c"), "7"),
        (Path::to("v").element(0), "7"),
        (Path::to("t2").index([Value::Int(1), "k".into()]), "7"),
        (Path::to("r").field("s").field("b"), "7"),
    ] {
        store.assign(path.clone(), Value::Int(7)).unwrap();
        assert_eq!(shown(&store, path), shows);
    }
    assert_eq!(store.get("c"), Ok(Value::Count(7)));
    store.add("set1", vec![Value::Int(9)]).unwrap();
    let error = store.assign("c", Value::Int(-7)).unwrap_err();
    assert_eq!(error.to_string(), "value for c: -7 is out of the range of count");
    let error = store.assign("r", value("[$s=[$a=\"x\"], $m=1]")).unwrap_err();
    assert_eq!(error.to_string(), "value for r: $m: Large has no such field");
    store.assign("x", value("vector(1)")).unwrap();
    assert_eq!(shown(&store, Path::to("x").element(0)), "1");
}

#[test]
fn operations_that_do_not_match_the_type_are_errors_and_change_nothing() {
    let mut store = store("a");
    let before = super::all(&store);
    let cost = store.cost();
    let error = |result: Result<Option<crate::data::StateAccess>, StateError>| {
        result.unwrap_err().to_string()
    };
    let t1 = || Path::to("t1").index(count(1));
    for (got, expected) in [
        (error(store.assign("nope", 1u64)), "no variable or container is named nope"),
        (error(store.assign("n", "x")), "value for n: expected int, found string"),
        (error(store.assign(t1(), 5u64)), "value for t1: expected string, found count"),
        (
            error(store.assign(Path::to("t1").index([]), "x")),
            "value for t1: expected 1 value, found 0",
        ),
        (
            error(store.assign(Path::to("t1").index(["k".into()]), "x")),
            "value for t1: index 0: expected count, found string",
        ),
        (
            error(store.assign(Path::to("t1").field("a"), "x")),
            "t1: a value of type table has no such part",
        ),
        (
            error(store.assign(Path::to("n").field("a"), "x")),
            "n: a value of type int has no such part",
        ),
        (error(store.assign(Path::to("r").field("zz"), "x")), "#a#1#10 has no field zz"),
        (
            error(store.assign(Path::to("set1").index(count(1)), 1u64)),
            "cannot apply assign_idx to #a#1#1, which is of type table",
        ),
        (
            error(store.assign(Path::to("#a#1#3"), value("table([1] = 2)"))),
            "cannot assign to the container #a#1#3 itself",
        ),
        (error(store.add("t1", count(1))), "cannot apply add to #a#1#3, which is of type table"),
        (error(store.add("v", count(1))), "cannot apply add to v, which is of type vector"),
        (error(store.delete("n", count(1))), "n: a value of type int has no such part"),
        (error(store.increment("s", 1)), "cannot apply incr to s, which is of type string"),
        (error(store.increment("t1", 1)), "cannot apply incr to t1, which is of type table"),
        (error(store.increment("c", -2)), "c would be out of the range of its type"),
        (
            error(store.increment(Path::to("t2").index(vec![Value::Count(1), "k".into()]), 1)),
            "no such entry in t2",
        ),
        (error(store.unset("n")), "cannot apply del to n, which is of type int"),
        (
            error(store.unset(Path::to("r").field("s").field("a"))),
            "field a of #a#1#11 is neither &optional nor &default",
        ),
        (
            error(store.unset(Path::to("r").field("t"))),
            "field t of #a#1#10 is neither &optional nor &default",
        ),
        (
            error(store.assign(Path::to("v").element(u64::MAX), 1u64)),
            "element 18446744073709551615 of #a#1#8, which has 3 elements, limit is 65536 more",
        ),
    ] {
        assert_eq!(got, expected);
    }
    assert!(matches!(store.get("none"), Err(StateError::NoValue(_))));
    assert!(matches!(store.get(Path::to("t1").index(count(5))), Err(StateError::NoSuchEntry(_))));
    assert_eq!(super::all(&store), before);
    assert_eq!(store.cost(), cost);
}

#[test]
fn sizes_and_presence_are_available_without_a_copy() {
    let store = store("a");
    assert_eq!(store.len("v"), Ok(Some(3)));
    assert_eq!(store.len("n"), Ok(None));
    assert_eq!(store.contains("set1", count(2)), Ok(true));
    assert_eq!(store.contains("set1", count(3)), Ok(false));
    assert!(store.contains("set1", vec!["a".into()]).is_err());
}

#[test]
fn operations_carry_old_values_if_checks_are_enabled() {
    let mut store = store("a");
    store.set_check_consistency(true);
    let tell =
        |access: Result<Option<crate::data::StateAccess>, _>| notified(&access.unwrap().unwrap());
    assert_eq!(tell(store.assign("n", 7i64)), "assign n 7 5 -");
    assert_eq!(tell(store.assign(Path::to("t1").index(count(1)), "b")), "assign_idx #a#1#3 1 b a");
    assert_eq!(tell(store.delete("t1", count(1))), "del #a#1#3 1 b -");
    assert_eq!(tell(store.add("set1", count(1))), "add #a#1#1 1 1 -");
    assert_eq!(tell(store.add("set1", count(8))), "add #a#1#1 8 - -");
    assert_eq!(tell(store.delete("set1", count(8))), "del #a#1#1 8 1 -");
}

#[test]
fn type_errors_contain_the_callers_path() {
    let mut store = store("a");
    let text = |result: Result<_, StateError>| result.unwrap_err().to_string();
    let at = |index: Value| Path::to("t1").index([index]);
    assert_eq!(
        text(store.assign(at("x".into()), "b")),
        "value for t1: index 0: expected count, found string"
    );
    assert_eq!(
        text(store.assign(at(Value::Count(1)), 1.5)),
        "value for t1: expected string, found double"
    );
    assert_eq!(
        text(store.delete("t1", vec!["x".into()])),
        "value for t1: index 0: expected count, found string"
    );
    assert_eq!(
        text(store.add("set1", vec!["x".into()])),
        "value for set1: index 0: expected count, found string"
    );
    assert_eq!(
        text(store.assign(Path::to("v").element(0), "x")),
        "value for v: expected count, found string"
    );
    assert_eq!(
        text(store.assign(Path::to("r").field("s").field("b"), "x")),
        "value for r: expected count, found string"
    );
}
