use super::*;
use crate::data::{List, Opcode, Pattern, Table};

fn known() -> Declarations {
    let mut known = Declarations::new();
    known
        .read(
            "type Info: record { n: count; note: string &optional; };
             global hits: count &synchronized;
             global hosts: table[addr] of count &synchronized;
             global seen: set[addr, port] &synchronized;
             global list: vector of count &synchronized;
             global info: Info &synchronized;
             global any: any &synchronized;",
        )
        .unwrap();
    known
}

fn index(items: Vec<Value>) -> Value {
    Value::List(Arc::new(List::new(Type::ANY, items)))
}

fn access(
    opcode: Opcode,
    target: &str,
    op1: Value,
    op2: Option<Value>,
) -> Result<Option<StateAccess>, String> {
    let access = StateAccess { opcode, target: target.into(), op1, op2, op3: None };
    known().coerce_access(&access).map_err(|error| error.to_string())
}

#[test]
fn operands_are_coerced_to_the_declared_types() {
    let (host, n) = (Value::Addr([10, 0, 0, 1].into()), || Value::Int(5));
    let both = |access: Result<Option<StateAccess>, String>| {
        let access = access.unwrap().expect("something to coerce");
        (access.op1, access.op2)
    };
    let count = Value::Count(5);
    assert_eq!(both(access(Opcode::Assign, "hits", n(), None)), (count.clone(), None));
    assert_eq!(
        both(access(Opcode::Incr, "hits", n(), Some(Value::Int(4)))),
        (count.clone(), Some(Value::Count(4)))
    );
    let (_, value) = both(access(Opcode::AssignIdx, "hosts", host.clone(), Some(n())));
    assert_eq!(value, Some(count.clone()));
    let (at, value) = both(access(Opcode::AssignIdx, "list", n(), Some(n())));
    assert_eq!((at, value), (count.clone(), Some(count.clone())));
    let (_, value) = both(access(Opcode::AssignIdx, "info", "n".into(), Some(n())));
    assert_eq!(value, Some(count.clone()));
    // These already have the declared types, or the target is unknown.
    assert_eq!(access(Opcode::Assign, "hits", count.clone(), None), Ok(None));
    assert_eq!(access(Opcode::AssignIdx, "hosts", host, Some(count)), Ok(None));
    assert_eq!(access(Opcode::Assign, "#1#", "anything".into(), None), Ok(None));
}

#[test]
fn operands_of_wrong_types_are_refused() {
    let host = || Value::Addr([10, 0, 0, 1].into());
    let text = || Some("five".into());
    let error = |opcode, target, op1, op2| access(opcode, target, op1, op2).unwrap_err();
    for (error, expected) in [
        (
            error(Opcode::Assign, "hits", "five".into(), None),
            "value for hits: expected count, found string",
        ),
        (
            error(Opcode::Assign, "hits", Value::Int(-1), None),
            "value for hits: -1 is out of the range of count",
        ),
        (
            error(Opcode::AssignIdx, "hosts", host(), text()),
            "value for hosts: expected count, found string",
        ),
        (
            error(Opcode::AssignIdx, "hosts", index(vec!["a".into()]), Some(Value::Count(1))),
            "value for hosts: index 0: expected addr, found string",
        ),
        (error(Opcode::Add, "seen", host(), None), "value for seen: expected 2 values, found 1"),
        (
            error(Opcode::AssignIdx, "seen", host(), text()),
            "value for seen: expected a table, found a set",
        ),
        (
            error(Opcode::AssignIdx, "list", "a".into(), text()),
            "value for list: expected count, found string",
        ),
        (
            error(Opcode::AssignIdx, "info", "m".into(), text()),
            "value for info: $m: Info has no such field",
        ),
        (error(Opcode::Del, "hits", host(), None), "value for hits: expected table, found count"),
    ] {
        assert_eq!(error, expected);
    }
}

/// The variable may be declared or not.
#[test]
fn values_that_no_script_can_make_are_refused() {
    let pattern = || Value::from(Pattern::new("("));
    let set = Value::from(Table::new(Type::set(vec![Type::ANY])));
    let within = Value::from(vec![pattern()]);
    for (opcode, target, op1, op2, what) in [
        (Opcode::Assign, "#1#", pattern(), None, "error compiling pattern"),
        (Opcode::AssignIdx, "#1#", Value::Count(0), Some(within), "error compiling pattern"),
        (Opcode::Assign, "any", pattern(), None, "error compiling pattern"),
        (Opcode::Assign, "unknown", set, None, "bad index type: no any"),
        (Opcode::Add, "#1#", index(vec![pattern()]), None, "error compiling pattern"),
    ] {
        let error = access(opcode, target, op1, op2).unwrap_err();
        assert!(error.starts_with(&format!("value for {target}: {what}")), "{error}");
    }
    for name in ["any", "unknown"] {
        let id = Id::global(name, Type::PATTERN, Some(pattern()));
        assert!(known().coerce_id(&id).is_err(), "{name}");
    }
}

#[test]
fn ids_of_variables_are_checked() {
    let id = |name: &str, value: Value| Id::global(name, value.ty(), Some(value));
    let coerced = known().coerce_id(&id("hits", Value::Int(5))).unwrap().unwrap();
    assert_eq!(coerced.value, Some(Value::Count(5)));
    assert_eq!(known().coerce_id(&id("hits", Value::Count(5))), Ok(None));
    assert_eq!(known().coerce_id(&id("peer_description", "x".into())), Ok(None));
    let error = known().coerce_id(&id("hits", "x".into())).unwrap_err();
    assert_eq!(error.to_string(), "value for hits: expected count, found string");
}
