use serde::de::DeserializeSeed;
use serde_json::{from_str, to_string};

use super::{EventSeed, ValueSeed};
use crate::data::{
    Declarations, EnumType, EnumValue, Field, File, Func, List, Name, Pattern, Record, Subnet,
    Table, Type, TypeKind, TypeTag, Value, Vector,
};

mod opaque;

const DECLARED: &str = "
    type Color: enum { RED, GREEN };
    type Pair: record { a: count; b: string &optional; c: int &default=-1; };
    type Tree: record { name: string; kids: vector of Tree &optional; };
    event seen(host: addr, ports: set[port]);
    event plain();
";

fn known() -> Declarations {
    let mut known = Declarations::new();
    known.read(DECLARED).unwrap();
    known
}

fn read_as(text: &str, ty: &Type) -> Result<Value, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    ValueSeed::new(ty, &known()).deserialize(&mut json).map_err(|error| error.to_string())
}

fn read(text: &str, ty: &str) -> Result<Value, String> {
    read_as(text, &Type::parse(ty, &known()).unwrap())
}

fn guess(text: &str) -> Result<Value, String> {
    from_str(text).map_err(|error: serde_json::Error| error.to_string())
}

/// Checks that a value is written like this and read back equal.
fn check(value: impl Into<Value>, text: &str) {
    let value = value.into();
    assert_eq!(to_string(&value).unwrap(), text);
    let back = read_as(text, &value.ty()).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(back, value, "{text}");
    assert_eq!(to_string(&back).unwrap(), text);
}

#[test]
fn integers_are_numbers_if_doubles_represent_them() {
    let exact = 9_007_199_254_740_991;
    for (value, text) in [
        (Value::Count(0), "0"),
        (Value::Count(exact), "9007199254740991"),
        (Value::Count(exact + 1), r#""9007199254740992""#),
        (Value::Counter(u64::MAX), r#""18446744073709551615""#),
        (Value::Int(-9_007_199_254_740_991), "-9007199254740991"),
        (Value::Int(-9_007_199_254_740_992), r#""-9007199254740992""#),
        (Value::Int(i64::MAX), r#""9223372036854775807""#),
        (Value::Int(i64::MIN), r#""-9223372036854775808""#),
    ] {
        check(value, text);
    }
    assert_eq!(read("18446744073709551615", "count"), Ok(Value::Count(u64::MAX)));
    assert_eq!(read(r#""5""#, "int"), Ok(Value::Int(5)));
}

#[test]
fn doubles_are_numbers_if_they_are_finite() {
    let make: [fn(f64) -> Value; 3] = [Value::Double, Value::Time, Value::Interval];
    for make in make {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1_500_000_000.123_456, "1500000000.123456"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, r#""inf""#),
            (f64::NEG_INFINITY, r#""-inf""#),
            (f64::NAN, r#""nan""#),
            (-f64::NAN, r#""nan:fff8000000000000""#),
        ] {
            check(make(number), text);
        }
    }
    assert_eq!(read("5", "interval"), Ok(Value::Interval(5.0)));
    assert_eq!(read(r#""0.5""#, "double"), Ok(Value::Double(0.5)));
}

#[test]
fn all_bytes_of_a_string_are_kept() {
    // These strings look the same in Bro's printed form.
    let all: [&[u8]; 8] =
        [b"a\nb", b"a\\x0ab", b"\xc3\xa9", b"\\xc3\\xa9", b"\t", b"\0", b"\xff", b"$hex"];
    let texts = all.map(|bytes| to_string(&Value::string(bytes)).unwrap());
    for (bytes, text) in all.iter().zip(&texts) {
        check(Value::string(bytes), text);
        assert_eq!(texts.iter().filter(|other| *other == text).count(), 1, "{text}");
    }
    assert_eq!(texts[2], r#""é""#);
    assert_eq!(texts[6], r#"{"$hex":"ff"}"#);
    assert_eq!(read(r#"{"$hex":"6162"}"#, "string"), Ok(Value::string("ab")));
}

#[test]
fn other_scalars_are_strings() {
    let parse = |text: &str, ty: &str| {
        let known = known();
        Value::parse(text, Some(&Type::parse(ty, &known).unwrap()), &known).unwrap()
    };
    for (ty, literal, text) in [
        ("bool", "T", "true"),
        ("pattern", "/a\\/b+/", r#""/a\\/b+/""#),
        ("port", "53/udp", r#""53/udp""#),
        ("port", "0/unknown", r#""0/unknown""#),
        ("addr", "2001:db8::1", r#""2001:db8::1""#),
        ("addr", "10.0.0.1", r#""10.0.0.1""#),
        ("subnet", "10.0.0.0/8", r#""10.0.0.0/8""#),
        ("subnet", "[2001:db8::]/32", r#""2001:db8::/32""#),
        ("Color", "GREEN", r#""GREEN""#),
    ] {
        check(parse(literal, ty), text);
    }
    let odd = Pattern { exact: "^?(a)$?".into(), anywhere: "b".into() };
    check(odd, r#"{"exact":"^?(a)$?","anywhere":"b"}"#);
    // Host bits are cleared, and IPv4-mapped addresses become IPv4.
    let subnet: Subnet = "10.0.0.0/8".parse().unwrap();
    assert_eq!(read(r#""10.1.2.3/8""#, "subnet"), Ok(Value::Subnet(subnet)));
    let addr = read(r#""::ffff:10.0.0.1""#, "addr").unwrap();
    assert_eq!(to_string(&addr).unwrap(), r#""10.0.0.1""#);
    // The same in the form that peers may send, with bits outside the prefix.
    for (width, text) in [(104, "10.0.0.0/8"), (128, "10.9.9.9/32"), (95, "::fffe:0:0/95")] {
        let prefix = "::ffff:10.9.9.9".parse().unwrap();
        let subnet = Value::Subnet(Subnet { prefix, width });
        assert_eq!(to_string(&subnet).unwrap(), format!("\"{text}\""));
    }
}

#[test]
fn constants_are_numbers_if_names_are_ambiguous() {
    let color = |names: Vec<(Name, i64)>| Type::enumeration("M::Color", names);
    let value = |ty: &Type, number| Value::Enum(EnumValue { ty: ty.clone(), number });
    let two = color(vec![("M::A".into(), 7), ("M::A".into(), 8)]);
    check(value(&two, 7), r#""M::A""#);
    check(value(&two, 8), "8");
    check(value(&two, -9), "-9");
    check(value(&color(vec![(Name::from_bytes("\u{e9}".into()), 1)]), 1), r#""é""#);
    let nameless = Type::new("E", TypeKind::Enum(EnumType { counter: 0, names: vec![] }));
    check(value(&nameless, i64::MIN), r#""-9223372036854775808""#);
}

#[test]
fn containers_contain_their_parts() {
    let known = known();
    let of = |text: &str, ty: &str| {
        Value::parse(text, Some(&Type::parse(ty, &known).unwrap()), &known).unwrap()
    };
    for (ty, literal, text) in [
        ("set[port]", "set(22/tcp, 23/tcp)", r#"["22/tcp","23/tcp"]"#),
        ("set[addr, count]", "set([10.0.0.1, 5])", r#"[["10.0.0.1",5]]"#),
        ("set[Pair]", "set([$a=1])", r#"[{"a":1,"c":-1}]"#),
        ("set[count]", "set()", "[]"),
        ("table[string] of count", r#"table(["a"]=1)"#, r#"[{"key":"a","value":1}]"#),
        (
            "table[count, string] of set[count]",
            r#"table([1, "x"]=set(2))"#,
            r#"[{"key":[1,"x"],"value":[2]}]"#,
        ),
        ("vector of interval", "vector(1sec, 2sec)", "[1.0,2.0]"),
        ("Pair", r#"[$a=1, $b="x", $c=2]"#, r#"{"a":1,"b":"x","c":2}"#),
        (
            "Tree",
            r#"[$name="a", $kids=vector([$name="b"])]"#,
            r#"{"name":"a","kids":[{"name":"b"}]}"#,
        ),
    ] {
        check(of(literal, ty), text);
    }
    let holes = vec![None, Some(Value::Count(1)), None];
    check(Vector::new(Type::vector(Type::COUNT), holes), "[null,1,null]");
}

#[test]
fn unset_fields_round_trip() {
    let known = known();
    let pair = known.ty("Pair").unwrap();
    let record = |fields: [Option<Value>; 3]| Record::new(pair.clone(), fields.into());
    // Only an optional field without a default is omitted.
    check(record([None, None, None]), r#"{"a":null,"c":null}"#);
    assert_eq!(
        read(r#"{"a":1}"#, "Pair"),
        Ok(record([Some(Value::Count(1)), None, Some(Value::Int(-1))]).into())
    );
    assert!(read("{}", "Pair").unwrap_err().contains("the field \"a\" is missing"));
}

#[test]
fn fields_whose_names_cannot_be_keys_are_an_array() {
    let names: [&[Name]; 3] = [
        &["a".into(), "a".into()],
        &["a".into(), Name::from_bytes(bytes::Bytes::from_static(b"\xff"))],
        &["$hex".into(), "b".into()],
    ];
    for names in names {
        let fields = names.iter().map(|name| Field::new(name.clone(), Type::COUNT)).collect();
        let record = Record::new(Type::record("", fields), vec![Some(Value::Count(1)), None]);
        check(record, "[1,null]");
    }
}

#[test]
fn values_of_type_any_are_written_with_their_type() {
    let any = Type::vector(Type::ANY);
    let color = known().ty("Color").unwrap().clone();
    for (value, text) in [
        (Value::Bool(true), "[true]"),
        (Value::Count(5), "[5]"),
        (Value::Int(-5), "[-5]"),
        (Value::Int(5), r#"[{"$type":"int","$value":5}]"#),
        (Value::Double(0.5), "[0.5]"),
        (Value::Count(u64::MAX), r#"[{"$type":"count","$value":"18446744073709551615"}]"#),
        (Value::Double(f64::INFINITY), r#"[{"$type":"double","$value":"inf"}]"#),
        (Value::string("10.0.0.1"), r#"["10.0.0.1"]"#),
        (Value::string(b"\xff"), r#"[{"$hex":"ff"}]"#),
        (Value::Addr([10, 0, 0, 1].into()), r#"[{"$type":"addr","$value":"10.0.0.1"}]"#),
        (EnumValue { ty: color, number: 1 }.into(), r#"[{"$type":"Color","$value":"GREEN"}]"#),
        (
            Vector::new(Type::vector(Type::PORT), vec![]).into(),
            r#"[{"$type":"vector of port","$value":[]}]"#,
        ),
        (
            Table::new(Type::set(vec![Type::ADDR, Type::PORT])).into(),
            r#"[{"$type":"set[addr,port]","$value":[]}]"#,
        ),
    ] {
        check(Vector::new(any.clone(), vec![Some(value)]), text);
    }
}

#[test]
fn a_given_type_is_used_if_the_declared_one_allows_it() {
    let typed = r#"{"$type":"count","$value":5}"#;
    assert_eq!(guess(typed), Ok(Value::Count(5)));
    assert_eq!(read(typed, "double"), Ok(Value::Double(5.0)));
    assert_eq!(read(typed, "string").unwrap_err(), "expected string, found count");
    assert!(guess(r#"{"$type":"count"}"#).is_err());
    assert!(guess(r#"{"$type":"count","$value":5,"x":1}"#).is_err());
    assert!(
        guess(r#"{"$type":"Nope","$value":5}"#).unwrap_err().contains("no type is named `Nope`")
    );
}

#[test]
fn types_are_inferred_without_a_declaration() {
    let ty = |text: &str| guess(text).map(|value| value.ty().to_string());
    for (text, expected) in [
        ("true", "bool"),
        ("5", "count"),
        ("-5", "int"),
        ("5.0", "double"),
        ("1e3", "double"),
        (r#""80/tcp""#, "string"),
        (r#"{"$hex":"ff"}"#, "string"),
        ("[1,2]", "vector of count"),
        ("[1,-2]", "vector of int"),
        ("[1,-2,0.5]", "vector of double"),
        ("[null,[1]]", "vector of vector of count"),
        (r#"{"b":1,"a":"x"}"#, "record { b:count; a:string; }"),
    ] {
        assert_eq!(ty(text).as_deref(), Ok(expected), "{text}");
    }
    assert!(ty("[]").unwrap_err().contains("an empty array has no type"));
    assert!(ty("null").unwrap_err().contains("null has no type"));
    assert!(ty(r#"[1,"x"]"#).unwrap_err().contains("count and string in one array"));
    assert!(ty(r#"{"a":[1,{"b":null}]}"#).unwrap_err().starts_with("a.1.b: "));
}

#[test]
fn functions_and_files_are_names() {
    let ty = Type::parse("function(a: count): bool", &known()).unwrap();
    let name = Name::from_static("M::f");
    let func = Func { bodies: vec![], kind: 1, ty: ty.clone(), name, frame_size: None, id: None };
    check(Value::Func(ty, func.into()), r#""M::f""#);
    let ty = Type::parse("file of string", &known()).unwrap();
    let name = Name::from_bytes(bytes::Bytes::from_static(b"\xff"));
    let file = File { name, buffered: true, access: None, ty: ty.clone(), attributes: None };
    check(Value::File(ty, file.into()), r#"{"$hex":"ff"}"#);
}

#[test]
fn lists_are_arrays() {
    let ty = Type::list(vec![Type::COUNT, Type::PORT]);
    let items = vec![Value::Count(1), "80/tcp".parse::<crate::data::Port>().unwrap().into()];
    check(List { ty, tag: TypeTag::Any as u8, items: items.into() }, r#"[1,"80/tcp"]"#);
}

#[test]
fn errors_contain_the_path_and_the_reason() {
    for (ty, text, message) in [
        ("count", "-1", "expected an integer from 0 to 18446744073709551615, found -1"),
        ("count", "1.5", "expected count, found 1.5"),
        ("count", r#""x""#, r#"expected an integer from 0 to 18446744073709551615, found "x""#),
        ("int", "true", "expected int, found true"),
        ("bool", "1", "expected bool, found 1"),
        ("double", r#""x""#, r#"expected a number, found "x""#),
        ("string", "5", r#"expected a string or {"$hex": …}, found 5"#),
        ("string", r#"{"$hex":"f"}"#, "$hex: expected pairs of hex digits"),
        ("string", r#"{"$hex":"+1"}"#, "$hex: expected pairs of hex digits"),
        ("port", r#""80/sctp""#, r#"expected port, found "80/sctp""#),
        ("port", "80", "expected port, found 80"),
        ("addr", r#""10.0.0.256""#, r#"expected addr, found "10.0.0.256""#),
        ("subnet", r#""::/129""#, r#"expected subnet, found "::/129""#),
        ("pattern", r#""ab""#, r#"expected a pattern as "/re/", found "ab""#),
        ("pattern", r#""/a(/""#, "bad pattern: "),
        ("Color", r#""PINK""#, r#"expected a constant of Color, found "PINK""#),
        ("vector of addr", r#"["10.0.0.1",5]"#, "1: expected addr, found 5"),
        ("set[port]", r#"["1/tcp","1/tcp"]"#, "two entries with the same index"),
        ("set[addr, port]", r#"[["10.0.0.1"]]"#, "0: expected 2 elements"),
        ("set[addr, port]", r#"["10.0.0.1"]"#, r#"0: expected an array of 2, found "10.0.0.1""#),
        ("table[count] of count", r#"[{"key":1}]"#, r#"0: the key "value" is missing"#),
        ("table[count] of count", r#"[{"key":1,"value":2,"x":3}]"#, "0.x: unknown key"),
        ("table[count] of count", r#"{"1":2}"#, "expected table[count] of count, found an object"),
        ("Pair", r#"{"a":1,"z":2}"#, "z: unknown field of Pair"),
        ("Pair", r#"{"a":1,"a":2}"#, "a: duplicate key"),
        ("Pair", r#"{"a":"x"}"#, r#"a: expected an integer from 0"#),
        ("Pair", "[1]", "expected 3 elements"),
        ("Pair", "5", "expected Pair, found 5"),
    ] {
        let error = read(text, ty).unwrap_err();
        assert!(error.starts_with(message), "{ty}: {text}: {error}");
    }
}

#[test]
fn events_are_read_with_their_declarations() {
    let known = known();
    let read = |text: &str| {
        let seed = EventSeed::new(&known).ignoring(&["peer"]);
        let mut json = serde_json::Deserializer::from_str(text);
        seed.deserialize(&mut json).map_err(|error| error.to_string())
    };
    let event = read(r#"{"peer":"x","time":1.5,"args":["10.0.0.1",["80/tcp"]],"event":"seen"}"#);
    let event = event.unwrap();
    assert_eq!(event.time, 1.5);
    assert_eq!(known.check_call_tags(&event.name, event.args.iter().map(Value::tag)), Ok(()));
    assert_eq!(
        to_string(&event).unwrap(),
        r#"{"event":"seen","time":1.5,"args":["10.0.0.1",["80/tcp"]]}"#
    );
    assert!(read(r#"{"event":"plain"}"#).unwrap().args.is_empty());
    assert_eq!(read(r#"{"event":"other","args":[5]}"#).unwrap().args, [Value::Count(5)]);
    for (text, message) in [
        (r#"{"args":[]}"#, r#"the key "event" is missing"#),
        (r#"{"event":"seen","args":[]}"#, "args: seen takes 2 arguments, found 0"),
        (r#"{"event":"seen","args":["x",[]]}"#, r#"args.0: expected addr, found "x""#),
        (r#"{"event":"plain","arg":[]}"#, "arg: unknown key"),
        (r#"{"event":"plain","args":{}}"#, "args: expected an array, found an object"),
        ("[]", "expected an object, found an array"),
    ] {
        assert_eq!(read(text).unwrap_err(), message, "{text}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(guess(&deep(100)).is_ok());
    assert!(guess(&deep(200)).is_err());
    let typed = |depth: usize| {
        let open = r#"{"$type":"count","$value":"#.repeat(depth);
        format!("{open}1{}", "}".repeat(depth))
    };
    assert_eq!(guess(&typed(100)), Ok(Value::Count(1)));
    assert!(guess(&typed(200)).is_err());
}
