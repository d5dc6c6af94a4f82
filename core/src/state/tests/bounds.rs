use super::{count, shown, store_of, value};
use crate::data::{Declarations, Name, Opcode, Record, StateAccess, Type, Value};
use crate::state::{FullState, Path, StateError, Store, StoreLimits};

const NODES: &str = "
    type Node: record { a: Node &optional; b: Node &optional; n: count &default=0; };
    global first: Node &synchronized;
    global text: table[count] of string &synchronized;
    global v: vector of count &synchronized;
";

fn nodes() -> (Store, Type) {
    let mut declarations = Declarations::new();
    declarations.read(NODES).unwrap();
    (store_of(NODES, "b"), declarations.types[b"Node".as_slice()].clone())
}

/// A record as sent by a peer, without container fields.
fn node(ty: &Type, id: &str) -> Value {
    let mut record = Record::new(ty.clone(), vec![None, None, Some(Value::Count(1))]);
    record.mutable.unique_id = id.into();
    record.into()
}

fn set(store: &mut Store, target: &str, field: &str, value: Value) {
    let (opcode, target) = (Opcode::AssignIdx, Name::from(target));
    let access = StateAccess { opcode, target, op1: field.into(), op2: Some(value), op3: None };
    store.apply(&access).unwrap();
}

#[test]
fn a_container_that_contains_itself_has_no_value() {
    let (mut store, ty) = nodes();
    let before = store.cost();
    set(&mut store, "#b#1#1", "a", node(&ty, "#peer#1"));
    set(&mut store, "#peer#1", "b", node(&ty, "#b#1#1"));
    assert!(matches!(store.get("first"), Err(StateError::TooDeep { limit: 64, .. })));
    // The rest of the state is still sent.
    let mut state = FullState::new();
    assert!(store.next_state(&mut state).is_err());
    let next = store.next_state(&mut state).unwrap().unwrap();
    assert_eq!(next.target, "text");
    // Without the cycle, it has a value again.
    store.unset(Path::to("#peer#1").field("b")).unwrap();
    assert!(store.get("first").is_ok());
    store.unset(Path::to("first").field("a")).unwrap();
    assert_eq!(store.cost(), before);
}

#[test]
fn a_value_that_contains_itself_is_copied() {
    let (mut store, ty) = nodes();
    let mut outer = Record::new(ty.clone(), vec![Some(node(&ty, "#p#1")), None, None]);
    outer.mutable.unique_id = "#p#1".into();
    set(&mut store, "#b#1#1", "a", outer.into());
    assert_eq!(
        shown(&store, Path::to("first").field("a")),
        "[a=[a=<uninitialized>, b=<uninitialized>, n=1], b=<uninitialized>, n=<uninitialized>]"
    );
}

#[test]
fn chains_of_changes_end_in_an_error_instead_of_deep_recursion() {
    let (mut store, ty) = nodes();
    let mut last = "#b#1#1".to_owned();
    for at in 0..20_000 {
        let next = format!("#p#{at}");
        set(&mut store, &last, "a", node(&ty, &next));
        last = next;
    }
    assert!(matches!(store.get("first"), Err(StateError::TooDeep { .. })));
    assert_eq!(shown(&store, Path::to(last.as_str()).field("n")), "1");
    // All of it is dropped at once, without recursion.
    store.unset(Path::to("first").field("a")).unwrap();
    assert!(matches!(store.get(last.as_str()), Err(StateError::UnknownTarget(_))));
}

#[test]
fn the_value_of_a_container_in_many_places_is_bounded() {
    let (mut store, ty) = nodes();
    let mut last = "#b#1#1".to_owned();
    for at in 0..40 {
        let next = format!("#p#{at}");
        set(&mut store, &last, "a", node(&ty, &next));
        set(&mut store, &last, "b", node(&ty, &next));
        last = next;
    }
    assert!(matches!(store.get("first"), Err(StateError::TooLarge { .. })));
    assert!(store.get("#p#30").is_ok());
    assert_eq!(store.variables_of(b"#p#39"), ["first"]);
}

#[test]
fn peers_cannot_make_the_store_grow_without_limit() {
    let mut declarations = Declarations::new();
    declarations.read(NODES).unwrap();
    let mut store = Store::new("#b#1#", StoreLimits { cost: 1000 });
    store.declare_synchronized(&declarations).unwrap();
    let start = store.cost();
    let mut failed = None;
    for at in 0..1000 {
        if let Err(error) = store.assign(Path::to("text").index(count(at)), "x".repeat(640)) {
            failed = Some((at, error));
            break;
        }
    }
    let Some((at, StateError::Full { limit: 1000, .. })) = failed else { panic!("{failed:?}") };
    assert!((50..100).contains(&at), "{at}");
    // There is room again as soon as something is deleted.
    store.delete("text", count(0)).unwrap();
    store.assign(Path::to("text").index(count(at)), "x".repeat(600)).unwrap();
    let full = store.assign("text", value("table([1] = \"a\")"));
    assert!(full.is_ok() || matches!(full, Err(StateError::Full { .. })));
    for at in 0..1000 {
        store.delete("text", count(at)).unwrap();
    }
    assert_eq!(store.cost(), start);
    let gap = store.assign(Path::to("v").element(65_536), 1u64);
    assert!(matches!(gap, Err(StateError::Gap { .. })));
    let full = store.assign(Path::to("v").element(65_535), 1u64);
    assert!(matches!(full, Err(StateError::Full { .. })));
    assert_eq!(store.cost(), start);
}
