use std::collections::VecDeque;

use brocomm_conformance::strategies::on_few;
use bytes::Bytes;
use proptest::prelude::*;

use super::{all, count, store, sync, value};
use crate::data::{Opcode, StateAccess, Value};
use crate::state::{Path, StateError, Store};

/// A step of one side (`side`, 0 or 1) or between the two.
#[derive(Debug, Clone)]
enum Step {
    /// A change that commutes with all changes of the other side.
    Change { side: usize, what: u8, key: u64, by: i64 },
    /// An operation that `side` sent arrives.
    Deliver { side: usize },
    /// Operations in transit are lost, and `from` sends its state.
    Reconnect { from: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let side = 0usize..2;
    prop_oneof![
        12 => (side.clone(), 0u8..13, 0u64..4, -5i64..6)
            .prop_map(|(side, what, key, by)| Step::Change { side, what, key, by }),
        12 => side.clone().prop_map(|side| Step::Deliver { side }),
        1 => side.prop_map(|from| Step::Reconnect { from }),
    ]
}

/// Changes a place that the other side does not change, or increments.
fn change(
    store: &mut Store,
    side: usize,
    what: u8,
    key: u64,
    by: i64,
) -> Result<Option<StateAccess>, StateError> {
    let own = key * 2 + side as u64;
    let name = Value::string(format!("k{own}"));
    let field = ["a", "c"][side];
    match what {
        0 => store.increment("n", by),
        1 => store.increment(Path::to("v").element(key % 3), by.abs()),
        2 => store.increment(Path::to("r").field("s").field("b"), by.abs()),
        3 => store.assign(Path::to("t1").index(count(own)), format!("{by}")),
        4 => store.delete("t1", count(own)),
        5 => store.add("set1", count(own)),
        6 => store.delete("set1", count(own)),
        7 => store.assign(Path::to("tr").index([name]), value("[$a=\"new\", $c=1.0]")),
        8 => store.increment(Path::to("tr").index([name]).field("b"), by.abs()),
        9 => store.delete("tr", [name]),
        10 if side == 0 => store.assign(Path::to("r").field("s").field(field), format!("{by}")),
        10 if by < 0 => store.unset(Path::to("r").field("s").field(field)),
        10 => store.assign(Path::to("r").field("s").field(field), by as f64),
        11 => store.assign(Path::to("tt").index(count(own)), value("table([7] = 7)")),
        _ => store.assign(Path::to("tt").index(count(own)).index(count(key)), by.unsigned_abs()),
    }
}

proptest! {
    #![proptest_config(on_few(40))]

    #[test]
    fn both_sides_converge_whatever_the_delays(steps in proptest::collection::vec(step(), 0..120)) {
        let mut stores = [store("a"), store("b")];
        let mut queues = [VecDeque::new(), VecDeque::new()];
        let reconnect = |stores: &mut [Store; 2], from: usize| {
            let [a, b] = stores;
            if from == 0 { sync(a, b) } else { sync(b, a) }
        };
        reconnect(&mut stores, 0);
        for step in steps {
            match step {
                Step::Change { side, what, key, by } => {
                    match change(&mut stores[side], side, what, key, by) {
                        Ok(access) => queues[side].extend(access),
                        Err(StateError::NoSuchEntry(_)) => {}
                        Err(error) => prop_assert!(false, "{}", error),
                    }
                }
                Step::Deliver { side } => {
                    if let Some(access) = queues[side].pop_front() {
                        prop_assert!(stores[1 - side].apply(&access).is_ok());
                    }
                }
                Step::Reconnect { from } => {
                    queues.iter_mut().for_each(VecDeque::clear);
                    reconnect(&mut stores, from);
                    prop_assert_eq!(all(&stores[0]), all(&stores[1]));
                }
            }
        }
        for side in 0..2 {
            for access in &queues[side] {
                prop_assert!(stores[1 - side].apply(access).is_ok());
            }
        }
        prop_assert_eq!(all(&stores[0]), all(&stores[1]));
        // Costs are tracked exactly.
        for before in &stores {
            let mut after = store("c");
            after.restore(&Bytes::from(before.snapshot().unwrap())).unwrap();
            prop_assert_eq!(all(before), all(&after));
            // Except for the ID of the merged table.
            prop_assert!([0, 1].contains(&before.cost().wrapping_sub(after.cost())));
        }
    }

    #[test]
    fn no_operation_of_a_peer_panics(
        accesses in proptest::collection::vec(access(), 0..60),
        full in any::<bool>(),
    ) {
        let mut store = store("a");
        for access in accesses {
            let before = all(&store);
            let cost = store.cost();
            let result = if full { store.apply_full(&access) } else { store.apply(&access) };
            if result.is_err() {
                prop_assert_eq!(all(&store), before, "{:?}", access);
                prop_assert_eq!(store.cost(), cost, "{:?}", access);
            }
            // The resulting state can be sent to others.
            let mut state = crate::state::FullState::in_pieces(2);
            for _ in 0..200 {
                let _ = store.next_state(&mut state);
            }
        }
    }
}

fn target() -> impl Strategy<Value = String> {
    let variable = proptest::sample::select(vec![
        "n", "c", "s", "h", "none", "set1", "set2", "t1", "t2", "tr", "tt", "tv", "v", "vr", "r",
        "x", "m", "own", "own_set", "nope",
    ]);
    prop_oneof![
        variable.prop_map(str::to_owned),
        (0u64..20).prop_map(|number| format!("#a#1#{number}")),
        (0u64..4).prop_map(|number| format!("#p#1#{number}")),
    ]
}

fn operand() -> impl Strategy<Value = Value> {
    let text = proptest::sample::select(vec![
        "1",
        "+1",
        "\"a\"",
        "\"b\"",
        "\"s\"",
        "1.5",
        "T",
        "RED",
        "[1.2.3.4]",
        "set(1)",
        "set([1.2.3.4, 80/tcp])",
        "table([1] = \"x\")",
        "table([1, \"a\"] = 2)",
        "vector(1, 2)",
        "[$a=\"x\"]",
        "[$s=[$a=\"x\"], $t=table([1] = \"y\")]",
        "table([1] = table([1] = 2))",
        "table([1] = vector(1))",
        "vector([$a=\"v\"])",
        "table([\"k\"] = [$a=\"x\"])",
        "18446744073709551615",
        "60000",
    ]);
    let plain = text.prop_map(|text| value(if text == "[1.2.3.4]" { "1.2.3.4" } else { text }));
    (plain, proptest::option::of(target())).prop_map(|(value, id)| named(value, id))
}

/// Gives a container a unique ID.
fn named(mut value: Value, id: Option<String>) -> Value {
    let Some(id) = id else { return value };
    let mutable = match &mut value {
        Value::Table(table) => &mut std::sync::Arc::make_mut(table).mutable,
        Value::Record(record) => &mut std::sync::Arc::make_mut(record).mutable,
        Value::Vector(vector) => &mut std::sync::Arc::make_mut(vector).mutable,
        _ => return value,
    };
    mutable.unique_id = id.into();
    value
}

fn access() -> impl Strategy<Value = StateAccess> {
    let opcode = (1u8..10).prop_map(|number| Opcode::from_u8(number).unwrap());
    let optional = || proptest::option::of(operand());
    (opcode, target(), operand(), optional(), optional()).prop_map(
        |(opcode, target, op1, op2, op3)| {
            let target = target.into();
            StateAccess { opcode, target, op1, op2, op3 }
        },
    )
}

#[test]
fn crossing_assignments_leave_each_side_with_the_others_value() {
    let (mut a, mut b) = (store("a"), store("b"));
    sync(&a, &mut b);
    let ours = a.assign("s", "from a").unwrap().unwrap();
    let theirs = b.assign("s", "from b").unwrap().unwrap();
    a.apply(&theirs).unwrap();
    b.apply(&ours).unwrap();
    assert_eq!(a.get("s"), Ok("from b".into()));
    assert_eq!(b.get("s"), Ok("from a".into()));
    // The next assignment that does not cross another resolves this.
    let ours = a.assign("s", "again").unwrap().unwrap();
    b.apply(&ours).unwrap();
    assert_eq!(all(&a), all(&b));
}
