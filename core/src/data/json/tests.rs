use std::fmt::Write as _;
use std::sync::{Arc, Weak};

use serde_json::{from_str, to_string};

use crate::data::{
    Declarations, Enclosing, EnumType, EnumValue, Event, Expr, ExprKind, Field, Name, Record,
    Table, Type, TypeKind, TypeTag, Value,
};

fn fault(text: &str) -> String {
    from_str::<Value>(text).unwrap_err().to_string()
}

#[test]
fn faults_say_where_and_what() {
    for (text, message) in [
        ("5", "expected an object, found an integer"),
        ("{}", "expected one of the keys bool, int, count"),
        (r#"{"count":1,"int":1}"#, r#"both "int" and "count""#),
        (r#"{"count":1,"count":2}"#, "count: stands twice"),
        (r#"{"count":1,"kount":2}"#, "kount: unknown key"),
        (r#"{"count":-1}"#, "count: not an integer from 0 to 18446744073709551615"),
        (r#"{"count":1.5}"#, "count: expected an integer, found a number"),
        (r#"{"string":{"hex":"f"}}"#, "string.hex: expected pairs of hexadecimal digits"),
        (r#"{"string":{"hex":"+1"}}"#, "string.hex: expected pairs of hexadecimal digits"),
        (r#"{"port":"80/sctp"}"#, r#"no port: "80/sctp""#),
        (r#"{"subnet":"::/129"}"#, r#"no subnet: "::/129""#),
        (r#"{"vector":"addr","items":[]}"#, "vector: expected a type of vector, found addr"),
        (r#"{"vector":"R","items":[]}"#, r#"vector: no type "R""#),
        (r#"{"vector":{"vector":"int"},"items":[{"int":true}]}"#, "items.0.int: expected an"),
        (r#"{"record":{"record":[]},"fields":{"a":null}}"#, "fields: a: unknown key"),
        (r#"{"record":{"named":"R"},"fields":{"a":null}}"#, "fields: expected an array"),
        (
            r#"{"set":{"set":{"list":["int"]}},"entries":[{"index":[{"int":1}]},{"index":[{"int":1}]}]}"#,
            "entries: two entries with the same index",
        ),
        (r#"{"enum":"A","type":{"enum":[["B",1]],"counter":2}}"#, "enum: no constant of its type"),
        (r#"{"enum":"A","number":1,"type":{"enum":[["B",1]],"counter":2}}"#, "enum: not the name"),
        (r#"{"count":1,"types":[{"name":"count","record":[]}]}"#, "0: \"count\" is a standard"),
        (r#"{"count":1,"types":[{"name":"A","vector":"B"}]}"#, r#"types.0.vector: no type "B""#),
    ] {
        let found = fault(text).replace("fields.a:", "fields: a:");
        assert!(found.starts_with(message), "{text}: {found}");
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| {
        let ty = r#"{"named":"V"}"#;
        let open = format!(r#"{{"vector":{ty},"items":["#).repeat(levels);
        format!(r#"{open}{{"count":1}}{}"#, "]}".repeat(levels))
    };
    assert!(from_str::<Value>(&deep(63)).is_ok());
    assert!(fault(&deep(64)).starts_with("recursion limit"));
}

/// A format without a limit of its own stops at the same depth.
#[test]
fn nesting_is_bounded_whatever_the_format() {
    fn deep(levels: u32) -> serde_json::Value {
        (0..levels).fold(serde_json::Value::Null, |inner, _| serde_json::Value::from(vec![inner]))
    }
    assert!(serde_json::from_value::<super::node::Node>(deep(128)).is_ok());
    let fault = serde_json::from_value::<super::node::Node>(deep(129)).unwrap_err().to_string();
    assert_eq!(fault, "nested deeper than 128");
}

/// Types that refer to each other by label are bounded like those that lie within each other,
/// whichever is read first.
#[test]
fn chains_of_types_are_bounded() {
    let chain = |length: usize, backwards: bool| {
        let mut text = String::from(r#"{"count":1,"types":["#);
        for at in 0..length {
            let at = if backwards { length - at } else { at + 1 };
            write!(text, r#"{{"label":"t{at}","vector":"t{}"}},"#, at - 1).unwrap();
        }
        text + r#"{"label":"t0","vector":"count"}]}"#
    };
    for backwards in [false, true] {
        assert!(from_str::<Value>(&chain(100, backwards)).is_ok());
        let fault = fault(&chain(20_000, backwards));
        assert!(fault.contains("nested deeper than 128"), "{}", &fault[..200]);
    }
}

#[test]
fn a_type_is_written_once() {
    let ty = Type::record("R", vec![Field::new("a", Type::COUNT)]);
    let same_name = Type::record("R", vec![]);
    let record = |ty: &Type, fields| Value::from(Record::new(ty.clone(), fields));
    let args = vec![
        record(&ty, vec![Some(Value::Count(1))]),
        record(&ty, vec![None]),
        record(&same_name, vec![]),
    ];
    let event = Event { name: "e".into(), time: 0.0, args };
    let text = to_string(&event).unwrap();
    assert_eq!(text.matches(r#""record":["#).count(), 2, "{text}");
    assert!(text.contains(r#"{"label":"R#1","name":"R","record":[]}"#), "{text}");
    let back: Event = from_str(&text).unwrap();
    assert_eq!(back, event);
    let types: Vec<_> = back.args.iter().filter_map(|arg| arg.ty().def()).collect();
    assert!(Arc::ptr_eq(&types[0], &types[1]), "shared again");
}

#[test]
fn labels_are_no_standard_names() {
    let ty = Type::record("count", vec![]);
    let labelled = Type::record("a#1", vec![]);
    let list = Type::list(vec![ty, labelled, Type::named("count"), Type::COUNT]);
    let text = to_string(&list).unwrap();
    assert!(text.contains(r#"["record#1","record#2",{"named":"count"},"count"]"#), "{text}");
    assert_eq!(from_str::<Type>(&text).unwrap(), list);
}

/// What lies in a recursive type comes back lying in it, whichever of the two is met first.
#[test]
fn recursive_types_come_back_in_shape() {
    let mut known = Declarations::new();
    known.read("type T: record { kids: vector of T &optional; m: table[count] of T; };").unwrap();
    let tree = known.ty("T").unwrap().clone();
    let kids = tree.fields().unwrap()[0].ty.clone();
    for parts in [vec![tree.clone(), kids.clone()], vec![kids.clone(), tree.clone()]] {
        let list = Type::list(parts);
        let text = to_string(&list).unwrap();
        let back: Type = from_str(&text).unwrap();
        assert_eq!(format!("{back:?}"), format!("{list:?}"), "{text}");
        let table = serde_json::from_str::<serde_json::Value>(&text).unwrap();
        assert_eq!(table["types"][0]["name"], "T", "what encloses stands first");
    }
    // Without the whole, the part has to hold it.
    let text = to_string(&kids).unwrap();
    let back: Type = from_str(&text).unwrap();
    assert_eq!(back, kids);
    let TypeKind::Vector(of) = &back.def().unwrap().kind else { panic!("{back:?}") };
    assert_eq!(of.def().as_ref(), tree.def().as_ref(), "{text}");
}

#[test]
fn what_enclosed_a_type_may_be_gone() {
    let up = Enclosing { def: Weak::new(), name: "Gone".into(), tag: TypeTag::Record };
    let ty = Type::vector(Type::Enclosing(Arc::new(up)));
    let text = to_string(&ty).unwrap();
    let back: Type = from_str(&text).unwrap();
    assert_eq!(format!("{back:?}"), format!("{ty:?}"));
    assert_eq!(back, ty);
}

#[test]
fn what_equality_overlooks_comes_back() {
    let def = |base, network_order| {
        let kind = TypeKind::Atomic(TypeTag::Port);
        Type::Def(Arc::new(crate::data::TypeDef { name: Name::new(), base, network_order, kind }))
    };
    let constant =
        Expr { tag: 1, paren: 0, ty: None, kind: ExprKind::Const(Value::Interval(-0.0)) };
    let mut table = Table::new(Type::set(vec![Type::COUNT]));
    table.push(vec![Value::Count(1)], None);
    table.push(vec![Value::Count(2)], None);
    table.entries[0].last_access = -0.0;
    table.entries[1].expire_access = f64::NAN;
    Arc::make_mut(&mut table.entries[1].index).tag = 200;
    table.mutable.properties = 255;
    table.mutable.unique_id = Name::from_bytes(bytes::Bytes::from_static(b"\xff"));
    table.expire_time = Some(Arc::new(constant));
    for value in [
        Value::from(table),
        Table::new(Type::set(vec![def(true, true), def(false, true), def(true, false)])).into(),
        Record::new(Type::named("R"), vec![None, Some(Value::Bool(true))]).into(),
        EnumValue { ty: Type::named("E"), number: i64::MIN }.into(),
        EnumValue {
            ty: Type::new("E", TypeKind::Enum(EnumType { counter: -7, names: vec![] })),
            number: 1,
        }
        .into(),
    ] {
        let text = to_string(&value).unwrap();
        let back: Value = from_str(&text).unwrap();
        assert_eq!(format!("{back:?}"), format!("{value:?}"), "{text}");
        assert_eq!(to_string(&back).unwrap(), text);
    }
}

#[test]
fn enums_are_read_by_name_or_number() {
    let ty = r#""type":{"enum":[["M::A",7]],"counter":8}"#;
    let both: Value = from_str(&format!(r#"{{"enum":"M::A","number":7,{ty}}}"#)).unwrap();
    for part in [r#""enum":"M::A""#, r#""enum":null,"number":7"#] {
        assert_eq!(from_str::<Value>(&format!("{{{part},{ty}}}")).unwrap(), both, "{part}");
    }
}
