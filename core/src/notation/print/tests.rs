use std::sync::{Arc, Weak};

use bytes::Bytes;
use proptest::prelude::*;

use crate::data::{
    Enclosing, EnumValue, Field, File, Func, FuncType, ListType, Name, Opaque, OpaqueState,
    Pattern, Port, Record, RecordType, Subnet, Table, Transport, Type, TypeDef, TypeKind, TypeTag,
    Value, Vector,
};

fn print(value: impl Into<Value>) -> String {
    value.into().to_string()
}

fn addr(text: &str) -> Value {
    Value::Addr(text.parse().unwrap())
}

fn subnet(prefix: &str, width: u8) -> Value {
    Value::Subnet(Subnet { prefix: prefix.parse().unwrap(), width })
}

fn set(index: Vec<Type>, entries: Vec<Vec<Value>>) -> Value {
    let mut table = Table::new(Type::set(index));
    entries.into_iter().for_each(|entry| table.push(entry, None));
    table.into()
}

fn table(index: Type, yields: Type, entries: Vec<(Value, Value)>) -> Value {
    let mut table = Table::new(Type::table(vec![index], yields));
    entries.into_iter().for_each(|(index, value)| table.push(vec![index], Some(value)));
    table.into()
}

fn vector(element: Type, items: Vec<Value>) -> Value {
    Vector::new(Type::vector(element), items.into_iter().map(Some).collect()).into()
}

fn inner(a: u64, s: Option<&str>, v: Option<Value>) -> Value {
    let ty = Type::record(
        "Inner",
        vec![
            Field::new("a", Type::COUNT),
            Field::new("s", Type::STRING),
            Field::new("v", Type::vector(Type::COUNT)),
        ],
    );
    Record::new(ty, vec![Some(a.into()), s.map(Value::from), v]).into()
}

#[test]
fn scalars_print_as_bro_prints_them() {
    assert_eq!(print(true), "T");
    assert_eq!(print(false), "F");
    assert_eq!(print(-9223372036854775807i64), "-9223372036854775807");
    assert_eq!(print(u64::MAX), "18446744073709551615");
    assert_eq!(Value::Counter(3).to_string(), "3");
    for (value, expected) in [
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (-2.5, "-2.5"),
        (std::f64::consts::PI, "3.141593"),
        (1e300, "1.000000e+300"),
        (-1e300, "-1.000000e+300"),
        (-1e-300, "-0"),
        (-0.1, "-0.1"),
        (1.0, "1.0"),
        (123456789.0, "123456789.0"),
        (2147483647.0, "2147483647.0"),
        (2147483648.0, "2.147484e+09"),
        (0.9999999, "1"),
        (0.0000005, "0.000001"),
        (2.186704, "2.186704"),
        (f64::NAN, "nan"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(print(value), expected);
    }
    for (value, expected) in [
        (0.0, "0.0"),
        (1234567890.125, "1234567890.125"),
        (1500000000.999999, "1500000000.999999"),
        (1795383077.534954, "1795383077.534954"),
    ] {
        assert_eq!(Value::Time(value).to_string(), expected);
    }
    for (value, expected) in [
        (0.0, "0 secs"),
        (-1.5, "-1.0 sec -500.0 msecs"),
        (12300.0, "3.0 hrs 25.0 mins"),
        (172800.0, "2.0 days"),
        (-259200.0, "-3.0 days"),
        (0.00025, "250.0 usecs"),
        (420.0, "7.0 mins"),
        (60.0, "1.0 min"),
        (1e-7, ""),
    ] {
        assert_eq!(Value::Interval(value).to_string(), expected);
    }
}

#[test]
fn names_and_addresses_print_as_bro_prints_them() {
    assert_eq!(print(Pattern::new("foo")), "/^?(foo)$?/");
    assert_eq!(print(Pattern::new(r"^[0-9]+\.x$")), r"/^?(^[0-9]+\.x$)$?/");
    let color = Type::enumeration("Color", vec![("RED".into(), 0), ("M::GREEN".into(), 1)]);
    assert_eq!(print(EnumValue { ty: color.clone(), number: 0 }), "RED");
    assert_eq!(print(EnumValue { ty: color.clone(), number: 1 }), "M::GREEN");
    assert_eq!(print(EnumValue { ty: color, number: 7 }), "<undefined>");
    assert_eq!(print(EnumValue { ty: Type::named("e"), number: 0 }), "<undefined>");
    assert_eq!(print(Port::tcp(80)), "80/tcp");
    assert_eq!(print(Port { transport: Transport::Icmp, number: 8 }), "8/icmp");
    assert_eq!(print(Port { transport: Transport::Unknown, number: 0 }), "0/unknown");
    for (text, expected) in [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("::2", "::2"),
        ("::", "::"),
        ("::1:2", "::0.1.0.2"),
        ("::ffff:0:1.2.3.4", "::ffff:0:1.2.3.4"),
        ("2001:db8::ff00:42:8329", "2001:db8::ff00:42:8329"),
        ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ] {
        assert_eq!(addr(text).to_string(), expected);
    }
    assert_eq!(subnet("10.0.0.0", 8).to_string(), "10.0.0.0/8");
    assert_eq!(subnet("::", 0).to_string(), "::/0");
    assert_eq!(subnet("fe80::1", 128).to_string(), "fe80::1/128");
    assert_eq!(subnet("::ffff:10.0.0.0", 104).to_string(), "10.0.0.0/8");
    assert_eq!(subnet("10.1.2.3", 16).to_string(), "10.1.0.0/16");
    assert_eq!(subnet("10.1.2.3", 0).to_string(), "0.0.0.0/0");
    assert_eq!(subnet("10.1.2.3", 32).to_string(), "10.1.2.3/32");
    assert_eq!(subnet("2001:db8:ffff::1", 33).to_string(), "2001:db8:8000::/33");
    // A width above the address's length, as only a lenient decoder accepts, clears nothing.
    assert_eq!(subnet("10.1.2.3", 120).to_string(), "10.1.2.3/120");
}

#[test]
fn strings_are_raw_and_escaped_only_for_display() {
    let value = Value::string(b"\xff\xc3\xa9\0\n\x7f");
    let mut raw = Vec::new();
    value.print_to(&mut raw);
    assert_eq!(raw, b"\xff\xc3\xa9\0\n\x7f");
    assert_eq!(value.to_string(), "\\xff\u{e9}\0\n\x7f");
    assert_eq!(value.to_line(), r"\xff\xc3\xa9\x00\x0a\x7f");
    assert_eq!(print("a\\b\"c"), "a\\b\"c");
}

#[test]
fn records_and_vectors_print_on_one_line() {
    assert_eq!(inner(10, None, None).to_string(), "[a=10, s=<uninitialized>, v=<uninitialized>]");
    let v = vector(Type::COUNT, vec![1u64.into(), 2u64.into(), 3u64.into()]);
    assert_eq!(inner(20, Some("str"), Some(v)).to_string(), "[a=20, s=str, v=[1, 2, 3]]");
    assert_eq!(vector(Type::STRING, vec![]).to_string(), "[]");
    let sparse = vec![Some("first".into()), None, None, Some("fourth".into())];
    assert_eq!(print(Vector::new(Type::vector(Type::STRING), sparse)), "[first, , , fourth]");
    let v = vector(Type::DOUBLE, vec![0.5.into(), (-1.0).into()]);
    assert_eq!(v.to_string(), "[0.5, -1.0]");
}

#[test]
fn sets_print_over_several_lines_with_strings_not_indented() {
    assert_eq!(set(vec![Type::COUNT], vec![]).to_string(), "{\n\n}");
    let counts = set(vec![Type::COUNT], vec![vec![1u64.into()], vec![3u64.into()]]);
    assert_eq!(counts.to_string(), "{\n\t1,\n\t3\n}");
    let strings = set(vec![Type::STRING], vec![vec!["y".into()], vec!["x".into()]]);
    assert_eq!(strings.to_string(), "{\ny,\nx\n}");
    assert_eq!(strings.to_line(), r"{\x0ay,\x0ax\x0a}");
    let pairs = set(
        vec![Type::ADDR, Type::PORT],
        vec![
            vec![addr("1.2.3.4"), Port::tcp(80).into()],
            vec![addr("2001:db8::1"), Port::udp(53).into()],
        ],
    );
    assert_eq!(pairs.to_string(), "{\n\t[1.2.3.4, 80/tcp] ,\n\t[2001:db8::1, 53/udp] \n}");
    let records = set(vec![Type::ANY], vec![vec![inner(6, None, None)]]);
    assert_eq!(records.to_string(), "{\n\t[a=6, s=<uninitialized>, v=<uninitialized>]\n}");
}

#[test]
fn tables_nest_by_tabs() {
    let t = table(
        Type::STRING,
        Type::COUNT,
        vec![("zz".into(), u64::MAX.into()), ("a".into(), 1u64.into())],
    );
    assert_eq!(t.to_string(), "{\n\t[zz] = 18446744073709551615,\n\t[a] = 1\n}");
    let ports = |entries: Vec<(u16, &str)>| {
        let entries = entries.into_iter().map(|(p, s)| (Port::tcp(p).into(), s.into())).collect();
        table(Type::PORT, Type::STRING, entries)
    };
    let nested = table(
        Type::ADDR,
        Type::ANY,
        vec![
            (addr("1.2.3.4"), ports(vec![(80, "http"), (443, "https")])),
            (addr("::1"), ports(vec![(53, "dns")])),
        ],
    );
    assert_eq!(
        nested.to_string(),
        "{\n\t[1.2.3.4] = {\n\t\t[80/tcp] = http,\n\t\t[443/tcp] = https\n\t},\n\
         \t[::1] = {\n\t\t[53/tcp] = dns\n\t}\n}"
    );
    let o = set(vec![Type::STRING], vec![vec!["o".into()]]);
    let sets = table(Type::INT, Type::ANY, vec![(5i64.into(), o)]);
    assert_eq!(sets.to_string(), "{\n\t[5] = {\no\n\t}\n}");
}

#[test]
fn printing_does_not_depend_on_the_buffers_content() {
    let mut out = b"before\n".to_vec();
    set(vec![Type::COUNT], vec![vec![1u64.into()]]).print_to(&mut out);
    assert_eq!(out, b"before\n{\n\t1\n}");
}

#[test]
fn functions_files_and_opaque_values_print_their_names() {
    let file_type = Type::new("", TypeKind::File(Type::STRING));
    let func = Func {
        bodies: vec![],
        kind: 1,
        ty: Type::ANY,
        name: "M::many".into(),
        frame_size: None,
        id: None,
    };
    assert_eq!(Value::Func(Type::ANY, Arc::new(func)).to_string(), "M::many");
    let file = File {
        name: "some-output".into(),
        buffered: true,
        access: None,
        ty: file_type.clone(),
        attributes: None,
    };
    let value = Value::File(file_type, Arc::new(file));
    assert_eq!(value.to_string(), "file \"some-output\" of string");
    let ty = Type::new("", TypeKind::Opaque("x509".into()));
    let opaque = Opaque { ty, state: OpaqueState::X509(Bytes::new()) };
    assert_eq!(Value::Opaque(Arc::new(opaque)).to_string(), "<no value description>");
}

#[test]
fn types_print_as_bro_describes_them() {
    let record = Type::record(
        "Rec",
        vec![Field::new("a", Type::COUNT), Field::new("s", Type::vector(Type::STRING))],
    );
    let func = |flavor, yields| {
        let arg_types = Type::list(vec![Type::COUNT]);
        let args = Type::record("", vec![Field::new("a", Type::COUNT)]);
        Type::new("", TypeKind::Func(FuncType { yields, args, arg_types, flavor }))
    };
    let mixed = ListType { pure: None, types: vec![Type::ADDR, Type::PORT] };
    for (ty, expected) in [
        (Type::COUNT, "count"),
        (Type::new("X", TypeKind::Atomic(TypeTag::Port)), "port"),
        (Type::set(vec![Type::ADDR, Type::PORT]), "set[addr,port]"),
        (Type::table(vec![Type::STRING], Type::COUNT), "table[string] of count"),
        (Type::vector(Type::COUNT), "vector of count"),
        (record, "record { a:count; s:vector of string; }"),
        (Type::enumeration("Color", vec![]), "enum"),
        (Type::new("", TypeKind::Opaque("md5".into())), "opaque of md5"),
        (Type::new("", TypeKind::File(Type::STRING)), "file of string"),
        (func(0, Some(Type::BOOL)), "function(a:count;) : bool"),
        (func(1, None), "event(a:count;)"),
        (func(2, Some(Type::BOOL)), "hook(a:count;) : bool"),
        (Type::new("", TypeKind::List(mixed)), "list of addr,port"),
        (Type::list(vec![Type::ADDR, Type::ADDR]), "list of addr"),
        (Type::named("M::T"), "M::T"),
    ] {
        assert_eq!(ty.to_string(), expected);
    }
}

#[test]
fn a_recursive_type_has_a_finite_form() {
    let def = Arc::new_cyclic(|def: &Weak<TypeDef>| {
        let name = Name::from("Node");
        let up = Enclosing { def: def.clone(), name: name.clone(), tag: TypeTag::Record };
        let up = Type::Enclosing(Arc::new(up));
        let fields = vec![Field::new("next", up.clone()), Field::new("all", Type::vector(up))];
        let record = RecordType { num_fields: 2, fields: Some(fields) };
        TypeDef { name, base: false, network_order: false, kind: TypeKind::Record(record) }
    });
    assert_eq!(
        Type::Def(def).to_string(),
        "record { next:<recursion>; all:vector of <recursion>; }"
    );
}

proptest! {
    #[test]
    fn doubles_print_with_six_decimals(value in -2e9f64..2e9) {
        let shown: f64 = print(value).parse().unwrap();
        prop_assert!((shown - value).abs() <= 1e-6);
    }

    #[test]
    fn any_double_prints_as_a_number_or_nan(bits: u64) {
        let value = f64::from_bits(bits);
        let shown: f64 = print(value).parse().unwrap();
        prop_assert_eq!(shown.is_nan(), value.is_nan());
        print(Value::Interval(value));
    }
}
