use super::{all, count, notified, shown, store, store_of, value};
use crate::data::{Opcode, StateAccess, Value};
use crate::state::{FullState, Path, Progress, Store};

const TABLES: &str = "
    global a = 1 &synchronized;
    global set1: set[count] &synchronized;
    global t: table[count] of count &synchronized;
    global tt: table[count] of table[count] of count &synchronized;
    global last = 1 &synchronized;
    global own: set[count];
";

fn take(store: &Store, state: &mut FullState) -> Option<StateAccess> {
    store.next_state(state).unwrap()
}

#[test]
fn variables_are_sent_in_order_of_declaration() {
    let store = store("a");
    let mut state = FullState::new();
    let mut targets = Vec::new();
    while let Some(access) = take(&store, &mut state) {
        assert_eq!(access.opcode, Opcode::Assign);
        targets.push(access.target.to_string());
    }
    // Without variables that have no value or are not synchronized.
    let expected = "n c s h set1 set2 t1 t2 tr tt tv v vr r x m";
    assert_eq!(targets.join(" "), expected);
    let Progress { variables, of, operations, cost, of_cost } = store.progress(&state);
    assert_eq!((variables, of, operations), (19, 19, 16));
    // An int and an empty set that are not synchronized.
    assert_eq!(cost + 2, of_cost);
}

#[test]
fn large_tables_are_sent_in_pieces() {
    let (mut ours, mut theirs) = (store_of(TABLES, "a"), store_of(TABLES, "b"));
    for index in 0..5 {
        ours.add("set1", count(index)).unwrap();
        ours.assign(Path::to("t").index(count(index)), index).unwrap();
        let inner = value("table([1] = 1, [2] = 2, [3] = 3)");
        ours.assign(Path::to("tt").index(count(index)), inner).unwrap();
    }
    let mut state = FullState::in_pieces(4);
    let mut given = Vec::new();
    while let Some(access) = take(&ours, &mut state) {
        theirs.apply_full(&access).unwrap();
        given.push(notified(&access));
    }
    assert_eq!(all(&ours), all(&theirs));
    assert_eq!(
        given[..5].join("; "),
        "assign a 1 - -; assign set1 {0,1} - -; add #a#1#1 2 - -; \
        add #a#1#1 3 - -; add #a#1#1 4 - -"
    );
    assert!(given.contains(&"assign_idx #a#1#2 4 4 -".to_owned()));
    assert_eq!(given.last().unwrap(), "assign last 1 - -");
}

#[test]
fn large_vectors_are_sent_in_pieces_at_any_depth() {
    let script = "
        type Box: record { v: vector of count; t: table[count] of vector of count; };
        global v: vector of count &synchronized;
        global boxes: table[count] of Box &synchronized;
        global last = 1 &synchronized;
    ";
    let (mut ours, mut theirs) = (store_of(script, "a"), store_of(script, "b"));
    ours.assign("v", value("vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)")).unwrap();
    for index in 0..3 {
        let path = Path::to("boxes").index(count(index));
        let text = "[$v=vector(1, 2, 3, 4, 5), $t=table([1] = vector(6, 7, 8), [2] = vector(9))]";
        ours.assign(path, value(text)).unwrap();
    }
    let mut state = FullState::in_pieces(6);
    let (mut given, mut changes) = (Vec::new(), 0u64);
    while let Some(access) = take(&ours, &mut state) {
        theirs.apply_full(&access).unwrap();
        given.push(notified(&access));
        // Parts not sent yet are sent with their later value; changes of sent parts are sent at
        // once.
        if changes < 12 {
            let path = Path::to("v").element(changes);
            changes += 1;
            let change = ours.assign(path, 100 + changes).unwrap().unwrap();
            if ours.is_for(&state, &change) {
                theirs.apply(&change).unwrap();
            }
        }
    }
    assert_eq!(all(&ours), all(&theirs));
    assert!(shown(&ours, "v").ends_with("109, 110, 111, 112]"), "{}", shown(&ours, "v"));
    let Ok(Value::Vector(v)) = ours.get("v") else { panic!() };
    let id = &v.mutable.unique_id;
    let first = [
        "assign v [0, 1, 2] - -".to_owned(),
        format!("assign_idx {id} 3 3 -"),
        format!("assign_idx {id} 4 4 -"),
    ];
    assert_eq!(given[..3], first);
    let most = given.iter().map(String::len).max().unwrap();
    assert!(most < 60, "{given:#?}");
    assert_eq!(given.last().unwrap(), "assign last 1 - -");
    // Elements sent later must have values.
    let text = value("vector(1, 2, 3, 4, 5, 6)");
    let Value::Vector(mut holes) = text else { panic!() };
    std::sync::Arc::make_mut(&mut holes).items[5] = None;
    ours.assign("v", Value::Vector(holes)).unwrap();
    let first = take(&ours, &mut FullState::in_pieces(2)).unwrap();
    theirs.apply_full(&first).unwrap();
    assert_eq!(ours.len("v"), Ok(Some(6)));
    assert_eq!(theirs.len("v"), Ok(Some(6)));
}

#[test]
fn changes_of_sent_parts_arrive() {
    let (mut ours, mut theirs) = (store_of(TABLES, "a"), store_of(TABLES, "b"));
    for index in 0..20 {
        ours.assign(Path::to("t").index(count(index * 10)), index).unwrap();
        ours.assign(Path::to("tt").index(count(index * 10)), value("table([1] = 1)")).unwrap();
    }
    let mut state = FullState::in_pieces(1);
    let mut step = 0;
    loop {
        let given = take(&ours, &mut state);
        let Some(given) = given else { break };
        theirs.apply_full(&given).unwrap();
        step += 1;
        let index = (step * 7) % 200;
        let mut changes = Vec::new();
        changes.extend(ours.increment("a", 1).unwrap());
        changes.extend(ours.increment("last", 1).unwrap());
        changes.extend(ours.assign(Path::to("t").index(count(index)), step).unwrap());
        changes.extend(ours.increment(Path::to("t").index(count(index)), 1).unwrap());
        changes.extend(ours.delete("t", count(199 - index)).unwrap());
        changes.extend(ours.add("set1", count(index)).unwrap());
        if ours.contains("tt", count(index)).unwrap() {
            let path = Path::to("tt").index(count(index)).index(count(1));
            changes.extend(ours.increment(path, 1).unwrap());
        }
        for change in changes.iter().filter(|change| ours.is_for(&state, change)) {
            // The peer does not know the content of entries that were not sent yet.
            let _ = theirs.apply(change);
        }
        assert!(step < 10_000);
    }
    assert!(step > 40);
    assert_eq!(all(&ours), all(&theirs));
}

#[test]
fn full_state_is_applied_again_after_a_reconnect() {
    let (mut ours, mut theirs) = (store("a"), store("b"));
    super::sync(&ours, &mut theirs);
    // Both change while they are not connected.
    ours.assign(Path::to("t1").index(count(2)), "new").unwrap();
    ours.delete("t1", count(1)).unwrap();
    ours.assign(Path::to("r").field("s").field("a"), "changed").unwrap();
    theirs.assign(Path::to("t1").index(count(3)), "lost").unwrap();
    theirs.assign("v", value("vector(9)")).unwrap();
    super::sync(&ours, &mut theirs);
    assert_eq!(all(&ours), all(&theirs));
    // The two can still exchange changes.
    let change = theirs.assign(Path::to("t1").index(count(5)), "both").unwrap().unwrap();
    ours.apply(&change).unwrap();
    assert_eq!(all(&ours), all(&theirs));
    let cost = theirs.cost();
    super::sync(&ours, &mut theirs);
    assert_eq!(theirs.cost(), cost);
}

#[test]
fn changes_of_unsent_parts_are_not_sent() {
    let mut ours = store_of(TABLES, "a");
    for index in 0..4 {
        ours.assign(Path::to("t").index(count(index)), index).unwrap();
    }
    let mut state = FullState::in_pieces(6);
    let assign = |ours: &mut Store, path: Path| ours.assign(path, 5u64).unwrap().unwrap();
    let last = assign(&mut ours, Path::to("last"));
    let early = assign(&mut ours, Path::to("t").index(count(1)));
    let late = assign(&mut ours, Path::to("t").index(count(3)));
    assert!(!ours.is_for(&state, &early));
    for _ in 0..3 {
        take(&ours, &mut state).unwrap();
    }
    assert!(ours.is_for(&state, &early));
    assert!(!ours.is_for(&state, &late));
    assert!(!ours.is_for(&state, &last));
    while take(&ours, &mut state).is_some() {}
    assert!(ours.is_for(&state, &late) && ours.is_for(&state, &last));
    assert_eq!(shown(&ours, "t"), "{[0] = 0,[1] = 5,[2] = 2,[3] = 5}");
    let gone = StateAccess {
        opcode: Opcode::Del,
        target: "#x#1#1".into(),
        op1: Value::Count(1),
        op2: None,
        op3: None,
    };
    assert!(!ours.is_for(&state, &gone));
}
