use std::sync::Arc;

use super::{all, count, notified, shown, store, sync, value};
use crate::data::{Id, Opcode, StateAccess, Value};
use crate::state::{Alias, Path, StateError, Store};

fn access(opcode: Opcode, target: &str, operands: [Option<Value>; 3]) -> StateAccess {
    let [op1, op2, op3] = operands;
    StateAccess { opcode, target: target.into(), op1: op1.unwrap(), op2, op3 }
}

fn pair() -> (Store, Store) {
    let (ours, mut theirs) = (store("a"), store("b"));
    sync(&ours, &mut theirs);
    (ours, theirs)
}

fn both(from: &mut Store, to: &mut Store, access: Result<Option<StateAccess>, StateError>) {
    to.apply(&access.unwrap().unwrap()).unwrap();
    assert_eq!(all(from), all(to));
}

#[test]
fn a_peers_operations_lead_to_the_same_state() {
    let (mut a, mut b) = pair();
    assert_eq!(all(&a), all(&b));
    let op = a.assign("n", 7i64);
    both(&mut a, &mut b, op);
    let op = b.increment("n", 5);
    both(&mut b, &mut a, op);
    let op = a.assign(Path::to("tr").index(["k".into()]), value("[$a=\"x\"]"));
    both(&mut a, &mut b, op);
    // Both sides address a peer's container by the same ID.
    let path = Path::to("tr").index(["k".into()]).field("b");
    let op = b.increment(path, 1);
    both(&mut b, &mut a, op);
    let op = a.assign(Path::to("tt").index(count(1)), value("table([1] = 2)"));
    both(&mut a, &mut b, op);
    let op = b.assign(Path::to("tt").index(count(1)).index(count(2)), 3u64);
    both(&mut b, &mut a, op);
    let op = b.assign(Path::to("tv").index(count(1)), value("vector(1)"));
    both(&mut b, &mut a, op);
    let op = a.assign(Path::to("tv").index(count(1)).element(2), 9u64);
    both(&mut a, &mut b, op);
    let op = a.assign(Path::to("r").field("s"), value("[$a=\"whole\", $c=1.0]"));
    both(&mut a, &mut b, op);
    let op = b.unset(Path::to("r").field("s").field("c"));
    both(&mut b, &mut a, op);
    let op = a.delete("set1", count(1));
    both(&mut a, &mut b, op);
    let op = b.add("set2", vec![Value::Addr([1, 2, 3, 4].into()), value("80/tcp")]);
    both(&mut b, &mut a, op);
}

#[test]
fn a_known_container_is_the_existing_one() {
    let (mut a, mut b) = pair();
    a.assign(Path::to("t1").index(count(2)), "not sent").unwrap();
    let t1 = a.get("t1").unwrap();
    // The sent content is dropped in phase Running and applied in phase Sync.
    let whole = access(Opcode::Assign, "t1", [Some(t1), None, None]);
    b.apply(&whole).unwrap();
    assert_eq!(shown(&b, "t1"), "{[1] = a}");
    b.apply_full(&whole).unwrap();
    assert_eq!(shown(&b, "t1"), "{[1] = a,[2] = not sent}");
    let cost = b.cost();
    b.apply_full(&whole).unwrap();
    assert_eq!(b.cost(), cost);
    // A container in two places remains one.
    let small = a.assign(Path::to("tr").index(["one".into()]), value("[$a=\"x\"]"));
    let small = small.unwrap().unwrap();
    b.apply(&small).unwrap();
    let table = small.target.as_str().unwrap();
    let other = Some(Value::from("other")).map(|v| index(&b, "tr", v));
    b.apply(&access(Opcode::AssignIdx, table, [other, small.op2, None])).unwrap();
    b.assign(Path::to("tr").index(["one".into()]).field("a"), "both").unwrap();
    assert_eq!(shown(&b, Path::to("tr").index(["other".into()]).field("a")), "both");
    b.delete("tr", ["one".into()]).unwrap();
    assert_eq!(shown(&b, Path::to("tr").index(["other".into()]).field("a")), "both");
}

fn index(store: &Store, table: &str, component: Value) -> Value {
    let Ok(Value::Table(mut table)) = store.get(table) else { panic!() };
    Arc::make_mut(&mut table).push(vec![component], None);
    Value::List(Arc::clone(&table.entries.last().unwrap().index))
}

#[test]
fn mergeable_tables_are_merged_and_have_both_ids() {
    let (mut a, mut b) = (store("a"), store("b"));
    b.assign(Path::to("m").index(count(2)), "b").unwrap();
    b.assign(Path::to("m").index(count(1)), "b").unwrap();
    let theirs = a.get("m").unwrap();
    let ours = b.get("m").unwrap();
    let assign = access(Opcode::Assign, "m", [Some(theirs.clone()), None, None]);
    let aliases = b.apply(&assign).unwrap().aliases;
    assert_eq!(shown(&b, "m"), "{[1] = m,[2] = b}");
    // The aliases are returned.
    let (Value::Table(theirs), Value::Table(ours)) = (theirs, ours) else { panic!() };
    let (of_a, of_b) = (theirs.mutable.unique_id.clone(), ours.mutable.unique_id.clone());
    let notified = b.assign(Path::to("m").index(count(3)), "c").unwrap().unwrap();
    assert_eq!(notified.target, of_b);
    assert_eq!(b.id_of(&of_a), Some(of_b.clone()));
    assert_eq!(aliases, [Alias { ours: of_b, theirs: of_a.clone() }]);
    a.apply(&StateAccess { target: of_a.clone(), ..notified }).unwrap();
    assert_eq!(shown(&a, "m"), "{[1] = m,[3] = c}");
    // The peer still uses its own ID.
    let theirs_again = a.assign(Path::to("m").index(count(4)), "d").unwrap().unwrap();
    assert_eq!(b.apply(&theirs_again).unwrap().aliases, aliases);
    for id in [theirs.mutable.unique_id.clone(), ours.mutable.unique_id.clone()] {
        assert_eq!(shown(&b, Path::to(id)), shown(&b, "m"));
    }
    // A table that is not mergeable is replaced.
    let t1 = a.get("t1").unwrap();
    b.apply(&access(Opcode::Assign, "t1", [Some(t1), None, None])).unwrap();
    assert_eq!(shown(&b, "t1"), "{[1] = a}");
}

#[test]
fn sent_operations_mirror_the_state_of_the_node() {
    let (mut node, mut followed) = (store("node"), store("followed"));
    // Unobserved changes: the node lost one entry and got others.
    node.delete("m", count(1)).unwrap();
    node.assign(Path::to("m").index(count(2)), "b").unwrap();
    node.assign(Path::to("t1").index(count(2)), "b").unwrap();
    for _ in 0..2 {
        for name in ["m", "t1"] {
            let sent = access(Opcode::Assign, name, [node.get(name).ok(), None, None]);
            followed.apply_sent(&sent).unwrap();
            // The content is neither merged nor kept from the last time.
            assert_eq!(shown(&followed, name), shown(&node, name));
        }
        node.delete("t1", count(2)).unwrap();
        node.delete("m", count(2)).unwrap();
    }
    // The mirrored containers have the node's IDs.
    let sent = node.assign(Path::to("t1").index(count(3)), "c").unwrap().unwrap();
    followed.apply_sent(&sent).unwrap();
    assert_eq!(shown(&followed, "t1"), "{[1] = a,[3] = c}");
}

#[test]
fn increments_are_applied_as_differences() {
    let (mut a, mut b) = pair();
    let (first, second) = (a.increment("c", -1).unwrap(), b.increment("c", -1).unwrap());
    a.apply(&second.unwrap()).unwrap();
    b.apply(&first.unwrap()).unwrap();
    // Below zero the value wraps around, as in Bro, and both orders lead to the same value.
    assert_eq!(all(&a), all(&b));
    assert_eq!(a.get("c"), Ok(Value::Count(u64::MAX)));
    b.apply(&a.increment("c", -3).unwrap().unwrap()).unwrap();
    assert_eq!(all(&a), all(&b));
}

#[test]
fn operations_that_cannot_be_applied_are_errors_and_change_nothing() {
    let (_, mut b) = pair();
    let before = all(&b);
    let (one, s) = (Some(Value::Count(1)), Some(Value::string("x")));
    let t1 = b.assign(Path::to("t1").index(count(1)), "a").unwrap().unwrap();
    let table = t1.target.as_str().unwrap();
    let error = |b: &mut Store, opcode, target: &str, operands: [&Option<Value>; 3]| {
        b.apply(&access(opcode, target, operands.map(Clone::clone))).unwrap_err()
    };
    let none = &None;
    use StateError as E;
    assert!(matches!(
        error(&mut b, Opcode::Assign, "nope", [&one, none, none]),
        E::UnknownTarget(_)
    ));
    assert!(matches!(
        error(&mut b, Opcode::Assign, table, [&one, none, none]),
        E::AssignToContainer(_)
    ));
    assert!(matches!(error(&mut b, Opcode::Assign, "n", [&s, none, none]), E::Type { .. }));
    assert!(matches!(error(&mut b, Opcode::Incr, "s", [&one, &one, none]), E::WrongKind { .. }));
    assert!(matches!(
        error(&mut b, Opcode::Incr, "n", [&one, none, none]),
        E::MissingOperand { .. }
    ));
    assert!(matches!(error(&mut b, Opcode::Incr, "none", [&one, &one, none]), E::NoValue(_)));
    assert!(matches!(
        error(&mut b, Opcode::Incr, table, [&one, &one, none]),
        E::AssignToContainer(_)
    ));
    assert!(matches!(
        error(&mut b, Opcode::AssignIdx, "n", [&one, &one, none]),
        E::WrongKind { .. }
    ));
    assert!(matches!(error(&mut b, Opcode::AssignIdx, "none", [&one, &one, none]), E::NoValue(_)));
    assert!(matches!(
        error(&mut b, Opcode::AssignIdx, table, [&one, none, none]),
        E::MissingOperand { .. }
    ));
    assert!(matches!(error(&mut b, Opcode::AssignIdx, table, [&s, &s, none]), E::Type { .. }));
    assert!(matches!(error(&mut b, Opcode::AssignIdx, "v", [&s, &one, none]), E::WrongKind { .. }));
    assert!(matches!(
        error(&mut b, Opcode::AssignIdx, "r", [&s, &one, none]),
        E::UnknownField { .. }
    ));
    assert!(matches!(error(&mut b, Opcode::IncrIdx, "t2", [&one, &one, &one]), E::Type { .. }));
    assert!(matches!(error(&mut b, Opcode::IncrIdx, "tt", [&one, &one, &one]), E::NoSuchEntry(_)));
    assert!(matches!(error(&mut b, Opcode::Add, "t1", [&one, none, none]), E::WrongKind { .. }));
    assert!(matches!(error(&mut b, Opcode::Del, "v", [&one, none, none]), E::WrongKind { .. }));
    assert!(matches!(error(&mut b, Opcode::Print, "n", [&one, none, none]), E::WrongKind { .. }));
    assert_eq!(all(&b), before);
}

#[test]
fn differences_are_reported_if_checks_are_enabled() {
    let (mut a, mut b) = pair();
    a.set_check_consistency(true);
    b.assign("n", 6i64).unwrap();
    b.delete("set1", count(1)).unwrap();
    let op = a.assign("n", 7i64).unwrap().unwrap();
    assert_eq!(b.apply(&op).unwrap().inconsistency, None);
    b.assign("n", 6i64).unwrap();
    b.set_check_consistency(true);
    let mut found = |access: Result<Option<StateAccess>, StateError>| {
        let inconsistency = b.apply(&access.unwrap().unwrap()).unwrap().inconsistency?;
        let shown = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
        Some(format!(
            "{} {} {} {}",
            inconsistency.operation,
            shown(&inconsistency.index),
            shown(&inconsistency.expected_old),
            shown(&inconsistency.real_old)
        ))
    };
    assert_eq!(found(a.assign("n", 8i64)).as_deref(), Some("assign - 7 6"));
    assert_eq!(found(a.assign("n", 9i64)), None);
    assert_eq!(found(a.delete("set1", count(1))).as_deref(), Some("delete 1 1 -"));
    assert_eq!(found(a.add("set1", count(1))), None);
    assert_eq!(found(a.assign(Path::to("t1").index(count(1)), "b")), None);
    let op = a.assign(Path::to("t1").index(count(5)), "b").unwrap();
    assert_eq!(found(Ok(op.clone())), None);
    assert_eq!(found(Ok(op)).as_deref(), Some("index assign 5 - b"));
    // Containers are not compared.
    assert_eq!(found(a.assign("r", value("[$s=[$a=\"\"], $t=table([1] = \"x\")]"))), None);
}

#[test]
fn ids_assign_their_values() {
    let mut b = store("b");
    let id = |name: &str, value: Value| Id::global(name, value.ty(), Some(value));
    b.apply_id(&id("n", Value::Int(77))).unwrap();
    assert_eq!(shown(&b, "n"), "77");
    b.apply_id(&id("m", store("a").get("m").unwrap())).unwrap();
    assert!(matches!(b.apply_id(&id("n", "x".into())), Err(StateError::Type { .. })));
    assert!(matches!(b.apply_id(&id("nope", "x".into())), Err(StateError::UnknownTarget(_))));
    b.apply_id(&Id::global("n", crate::data::Type::INT, None)).unwrap();
    assert_eq!(shown(&b, "n"), "77");
}

#[test]
fn changes_of_a_replaced_container_are_lost() {
    let (mut a, mut b) = pair();
    let replaced = a.assign("v", value("vector(7)")).unwrap().unwrap();
    let late = b.assign(Path::to("v").element(0), 5u64).unwrap().unwrap();
    b.apply(&replaced).unwrap();
    assert!(matches!(a.apply(&late), Err(StateError::UnknownTarget(_))));
    assert_eq!(all(&a), all(&b));
    assert_eq!(notified(&late), "assign_idx #a#1#8 0 5 -");
}
