use std::sync::Arc;

use proptest::prelude::*;

use crate::data::{Declarations, EnumValue, Event, Pattern, Port, Subnet, Type, TypeKind, Value};
use crate::notation::{ParseError, ParseErrorKind};

const DECLARED: &str = "
    type Color: enum { RED, GREEN };
    module M;
    type Kind: enum { ONE = 1, TWO };
    type Inner: record { a: count; s: string &optional; v: vector of count &optional; };
    type Rec: record {
        id: count;
        inner: Inner;
        maybe: Inner &optional;
        tags: set[string] &default=set();
        d: double &default=1.5;
        c: Kind &default=ONE;
        x: any &optional;
    };
    type Strings: set[string];
    type Tree: record { left: Tree &optional; name: string; };
    module GLOBAL;
    event mixed(b: bool, i: int, d: double, t: time, c: Color, k: M::Kind, s: set[addr, port]);
    event none();
";

pub(super) fn declared() -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(DECLARED).unwrap();
    declarations
}

pub(super) fn untyped(text: &str) -> Result<Value, ParseError> {
    Value::parse(text, None, &declared())
}

pub(super) fn typed(text: &str, ty: &str) -> Result<Value, ParseError> {
    let declarations = declared();
    Value::parse(text, Some(&Type::parse(ty, &declarations).unwrap()), &declarations)
}

pub(super) fn kind(result: Result<Value, ParseError>) -> ParseErrorKind {
    result.unwrap_err().kind
}

#[test]
fn scalars_are_parsed() {
    for (text, expected) in [
        ("T", Value::Bool(true)),
        ("F", Value::Bool(false)),
        ("5", Value::Count(5)),
        ("-5", Value::Int(-5)),
        ("+5", Value::Int(5)),
        ("-9223372036854775808", Value::Int(i64::MIN)),
        ("0x1f", Value::Count(31)),
        ("1.5", Value::Double(1.5)),
        ("-1e3", Value::Double(-1000.0)),
        ("5min", Value::Interval(300.0)),
        ("-1.5sec", Value::Interval(-1.5)),
        ("time(1234.5)", Value::Time(1234.5)),
        ("double_to_time(-3)", Value::Time(-3.0)),
        (r#""a\tb""#, Value::from("a\tb")),
        ("/foo/", Pattern::new("foo").into()),
        ("80/tcp", Port::tcp(80).into()),
        ("10.0.0.1", Value::Addr("10.0.0.1".parse().unwrap())),
        ("[::1]", Value::Addr("::1".parse().unwrap())),
        ("10.0.0.0/8", Subnet { prefix: "10.0.0.0".parse().unwrap(), width: 8 }.into()),
    ] {
        assert_eq!(untyped(text).unwrap(), expected, "{text}");
    }
    let Value::Enum(EnumValue { number: 2, ty }) = untyped("M::TWO").unwrap() else { panic!() };
    assert_eq!(ty.name(), "M::Kind");
}

#[test]
fn parsed_values_are_displayed_as_by_bro() {
    for (text, printed) in [
        ("-1.5sec", "-1.0 sec -500.0 msecs"),
        ("/a|b+c*/", "/^?(a|b+c*)$?/"),
        ("[2001:db8::]/32", "2001:db8::/32"),
        ("[::ffff:10.0.0.1]", "10.0.0.1"),
        ("M::TWO", "M::TWO"),
        ("vector(1, 2)", "[1, 2]"),
        ("vector(1, -2)", "[1, -2]"),
        ("vector(1, 2.5, -3)", "[1.0, 2.5, -3.0]"),
        ("vector(vector(1), vector(2, 3),)", "[[1], [2, 3]]"),
        ("set(1, 3)", "{\n\t1,\n\t3\n}"),
        ("{\"y\", \"x\"}", "{\ny,\nx\n}"),
        (
            "set([1.2.3.4, 80/tcp], [[::1], 53/udp])",
            "{\n\t[1.2.3.4, 80/tcp] ,\n\t[::1, 53/udp] \n}",
        ),
        ("set([::1], 1.1.1.1)", "{\n\t::1,\n\t1.1.1.1\n}"),
        ("table([1] = \"a\", [2] = \"b\")", "{\n\t[1] = a,\n\t[2] = b\n}"),
        ("{[1, T] = 5sec}", "{\n\t[1, T] = 5.0 secs\n}"),
        ("{[::1] = 1, [[::2]] = 2}", "{\n\t[::1] = 1,\n\t[::2] = 2\n}"),
        ("[$a=1, $b=\"x\"]", "[a=1, b=x]"),
        ("record($a=[$b=T])", "[a=[b=T]]"),
        ("[]", "[]"),
        ("set([$a=1], [$a=2])", "{\n\t[a=1],\n\t[a=2]\n}"),
        ("table([[$a=1]] = T)", "{\n\t[[a=1]] = T\n}"),
        ("M::Strings(\"a\")", "{\na\n}"),
        ("M::Inner($s=\"x\", $a=1)", "[a=1, s=x, v=<uninitialized>]"),
    ] {
        assert_eq!(untyped(text).unwrap().to_string(), printed, "{text}");
    }
}

#[test]
fn the_expected_type_is_used() {
    for (text, ty, expected) in [
        ("5", "int", Value::Int(5)),
        ("5", "double", Value::Double(5.0)),
        ("-5", "double", Value::Double(-5.0)),
        ("5", "counter", Value::Counter(5)),
        ("+5", "count", Value::Count(5)),
        ("5", "time", Value::Time(5.0)),
        ("1.5", "time", Value::Time(1.5)),
        ("5", "any", Value::Count(5)),
        ("fe80::dead", "addr", Value::Addr("fe80::dead".parse().unwrap())),
    ] {
        assert_eq!(typed(text, ty).unwrap(), expected, "{text}");
    }
    for (text, ty, printed) in [
        ("set()", "set[addr, port]", "{\n\n}"),
        ("{}", "table[count] of count", "{\n\n}"),
        ("vector()", "vector of string", "[]"),
        ("{[1] = 2}", "table[int] of double", "{\n\t[1] = 2.0\n}"),
        ("vector(1, \"a\", vector(T))", "vector of any", "[1, a, [T]]"),
        ("{1, 2}", "set[double]", "{\n\t1.0,\n\t2.0\n}"),
        ("RED", "Color", "RED"),
        ("TWO", "M::Kind", "M::TWO"),
        ("set(ONE, M::TWO)", "set[M::Kind]", "{\n\tM::ONE,\n\tM::TWO\n}"),
        (
            "[$name=\"a\", $left=[$name=\"b\"]]",
            "M::Tree",
            "[left=[left=<uninitialized>, name=b], name=a]",
        ),
        (
            "[$inner=[$a=10], $id=1, $tags=set(\"y\"), $x=80/tcp]",
            "M::Rec",
            "[id=1, inner=[a=10, s=<uninitialized>, v=<uninitialized>], maybe=<uninitialized>, \
             tags={\ny\n}, d=1.5, c=M::ONE, x=80/tcp]",
        ),
    ] {
        assert_eq!(typed(text, ty).unwrap().to_string(), printed, "{text}");
    }
    let named = Type::named("M::Inner");
    let value = Value::parse("[$a=1]", Some(&named), &declared()).unwrap();
    assert_eq!(value.ty().name(), "M::Inner");
    assert!(value.ty().def().is_some());
}

#[test]
fn values_of_one_type_share_it() {
    let value = untyped("vector([$a=1], [$a=2])").unwrap();
    let Value::Vector(vector) = &value else { panic!() };
    let defs: Vec<_> =
        vector.items.iter().map(|v| v.as_ref().unwrap().ty().def().unwrap()).collect();
    assert!(Arc::ptr_eq(&defs[0], &defs[1]));
    let TypeKind::Vector(element) = &vector.ty.def().unwrap().kind else { panic!() };
    assert!(Arc::ptr_eq(&defs[0], &element.def().unwrap()));

    let declarations = declared();
    let inner = declarations.types[b"M::Inner".as_slice()].def().unwrap();
    let value = Value::parse("set(M::Inner($a=1))", None, &declarations).unwrap();
    let Value::Table(table) = &value else { panic!() };
    assert!(Arc::ptr_eq(&table.entries[0].index.items[0].ty().def().unwrap(), &inner));
}

#[test]
fn mismatched_values_are_refused() {
    let mismatch = |expected: &str, found: &str| ParseErrorKind::Mismatch {
        expected: expected.into(),
        found: found.into(),
    };
    assert_eq!(kind(typed("-5", "count")), mismatch("count", "an int"));
    assert_eq!(kind(typed("1.5", "int")), mismatch("int", "a double"));
    assert_eq!(kind(typed("5", "interval")), mismatch("interval", "a count"));
    assert_eq!(kind(typed("foo", "addr")), mismatch("addr", "a name"));
    assert_eq!(
        kind(typed("set(1)", "table[count] of count")),
        mismatch("table[count] of count", "a set")
    );
    assert_eq!(kind(typed("table([1]=2)", "set[count]")), mismatch("set[count]", "a table"));
    assert_eq!(kind(typed("{[1]=2}", "set[count]")), mismatch("set[count]", "a list of elements"));
    assert_eq!(
        kind(typed("{1}", "table[count] of count")),
        mismatch("table[count] of count", "a list of elements")
    );
    assert_eq!(kind(typed("vector(1)", "M::Rec")), mismatch("M::Rec", "a vector"));
    assert_eq!(kind(typed("M::Inner($a=1)", "M::Tree")), mismatch("M::Tree", "a record"));
    assert_eq!(kind(untyped("time(T)")), mismatch("double", "a bool"));
    assert_eq!(
        kind(typed("9223372036854775808", "int")),
        ParseErrorKind::Number("9223372036854775808".into())
    );
    assert_eq!(
        kind(untyped("-9223372036854775809")),
        ParseErrorKind::Number("-9223372036854775809".into())
    );
    assert_eq!(
        kind(typed("BLUE", "Color")),
        ParseErrorKind::NotInEnum { name: "BLUE".into(), ty: "Color".into() }
    );
    assert_eq!(kind(untyped("BLUE")), ParseErrorKind::UnknownConstant("BLUE".into()));
    assert_eq!(kind(untyped("Nope($a=1)")), ParseErrorKind::UnknownType("Nope".into()));
    assert_eq!(kind(untyped("set()")), ParseErrorKind::EmptyContainer);
    assert_eq!(kind(untyped("[$a=vector()]")), ParseErrorKind::EmptyContainer);
    assert_eq!(kind(untyped("set(1, 1)")), ParseErrorKind::DuplicateIndex);
    assert_eq!(kind(untyped("{[1]=T, [1]=F}")), ParseErrorKind::DuplicateIndex);
    assert_eq!(
        kind(untyped("vector(1, T)")),
        ParseErrorKind::Mixed { first: "count".into(), second: "bool".into() }
    );
    assert_eq!(
        kind(untyped("set([1, 2], [1])")),
        ParseErrorKind::IndexLength { expected: 2, found: 1 }
    );
    assert_eq!(
        kind(typed("set(1)", "set[count, count]")),
        ParseErrorKind::IndexLength { expected: 2, found: 1 }
    );
    assert_eq!(kind(untyped("[$a=1, $a=2]")), ParseErrorKind::Duplicate("a".into()));
    assert_eq!(
        kind(typed("[$s=\"x\"]", "M::Inner")),
        ParseErrorKind::MissingField { name: "a".into(), ty: "M::Inner".into() }
    );
    assert_eq!(
        kind(typed("[$a=1, $z=1]", "M::Inner")),
        ParseErrorKind::UnknownField { name: "z".into(), ty: "M::Inner".into() }
    );
    assert_eq!(
        kind(typed("5", "opaque of md5")),
        ParseErrorKind::NoLiteral("opaque of md5".into())
    );
    assert_eq!(
        kind(typed("f", "function()")),
        ParseErrorKind::NoLiteral("function() : void".into())
    );
}

#[test]
fn errors_contain_the_position() {
    let shown = |text: &str| untyped(text).unwrap_err().to_string();
    assert_eq!(shown(""), "line 1, column 1: expected a value, found the end");
    assert_eq!(
        shown("set(1,\n  2 3)"),
        "line 2, column 5: expected `,` or the container's end, found `3`"
    );
    assert_eq!(shown("1 2"), "line 1, column 3: expected the end, found `2`");
    assert_eq!(
        shown("vector(1,\n\"é\", 2)"),
        "line 2, column 1: elements of types count and string in one container"
    );
    assert_eq!(shown("set([])"), "line 1, column 6: expected a value, found `]`");
    assert_eq!(shown("[$a=]"), "line 1, column 5: expected a value, found `]`");
    assert_eq!(shown("[$a 1]"), "line 1, column 5: expected `=`, found `1`");
    assert_eq!(shown("- x"), "line 1, column 3: expected a number, found `x`");
    assert_eq!(shown("\n  \"x"), "line 2, column 3: unterminated string");
    assert_eq!(
        typed("[$id=1,\n $inner=[$a=\"x\"]]", "M::Rec").unwrap_err().to_string(),
        "line 2, column 13: expected a value of type count, found a string"
    );
    let long = "x".repeat(1000);
    assert!(shown(&format!("1 {long}")).len() < 120);
}

#[test]
fn a_declared_call_has_the_types_of_the_declaration() {
    let text = "mixed(T, 5, 7, 1.5, GREEN, TWO, set([10.0.0.1, 80/tcp]));";
    let event = Event::parse(text, &declared()).unwrap();
    let printed: Vec<_> = event.args.iter().map(Value::to_string).collect();
    assert_eq!(event.name, "mixed");
    assert_eq!(event.time, 0.0);
    assert_eq!(printed, ["T", "5", "7.0", "1.5", "GREEN", "M::TWO", "{\n\t[10.0.0.1, 80/tcp] \n}"]);
    assert_eq!(declared().check_call_tags(b"mixed", event.args.iter().map(Value::tag)), Ok(()));
    let none = Event { name: "none".into(), time: 0.0, args: vec![] };
    assert_eq!(Event::parse("none()", &declared()), Ok(none));
    assert_eq!(
        Event::parse(" none(1)", &declared()).unwrap_err().to_string(),
        "line 1, column 2: none with 1 arguments, expected 0"
    );
}

#[test]
fn the_types_of_an_undeclared_call_are_inferred() {
    let event =
        Event::parse(r#"M::my_event("hello", 7, 10.0.0.1, 80/tcp)"#, &Declarations::new()).unwrap();
    assert_eq!(event.name, "M::my_event");
    let expected = [
        "hello".into(),
        Value::Count(7),
        Value::Addr("10.0.0.1".parse().unwrap()),
        Port::tcp(80).into(),
    ];
    assert_eq!(event.args, expected);
    for text in ["f", "f(", "f(1", "f(1) x", "(1)", "f(1 2)"] {
        assert!(Event::parse(text, &Declarations::new()).is_err(), "{text}");
    }
}

#[test]
fn depth_is_limited() {
    for open in ["[", "(", "{", "vector(", "set([", "[$a=", "time(", "table([1]="] {
        let text = open.repeat(100_000);
        assert!(untyped(&text).is_err(), "{open}");
    }
    let nest = |n: usize| format!("{}1{}", "vector(".repeat(n), ")".repeat(n));
    assert!(untyped(&nest(63)).is_ok());
    assert_eq!(kind(untyped(&nest(64))), ParseErrorKind::TooDeep { limit: 64 });
}

fn scrap() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(vec![
        "T",
        "5",
        "-",
        "1.5",
        "min",
        "\"a\"",
        "\"",
        "/",
        "/re/",
        "80/tcp",
        "1.2.3.4",
        "[",
        "]",
        "::1",
        "(",
        ")",
        "{",
        "}",
        ",",
        "=",
        "$",
        "a",
        "set(",
        "vector(",
        "table(",
        "M::Inner(",
        "M::Rec(",
        "RED",
        "time(",
        " ",
        "\n",
        "#",
        "\\",
        "é",
        "M::Strings(",
        "$a=",
        "$inner=",
        ";",
    ]);
    proptest::collection::vec(pieces, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_a_value_or_an_error(text in ".*", scrap in scrap()) {
        let declarations = declared();
        let rec = Type::named("M::Rec");
        for text in [&text, &scrap] {
            let _ = Value::parse(text, None, &declarations);
            let _ = Value::parse(text, Some(&rec), &declarations);
            let _ = Event::parse(text, &declarations);
            let _ = Event::parse(&format!("mixed({text})"), &declarations);
        }
    }

    #[test]
    fn numbers_round_trip(c: u64, i: i64, d in proptest::num::f64::NORMAL) {
        prop_assert_eq!(untyped(&c.to_string()), Ok(Value::Count(c)));
        prop_assert_eq!(typed(&i.to_string(), "int"), Ok(Value::Int(i)));
        prop_assert_eq!(untyped(&format!("{d:e}.")).ok(), None);
        prop_assert_eq!(typed(&format!("{d:e}"), "double"), Ok(Value::Double(d)));
    }

    #[test]
    fn addresses_round_trip(v4: [u8; 4], v6: [u8; 16], width in 0u8..=128) {
        let v4 = std::net::IpAddr::from(v4);
        let v6 = std::net::IpAddr::from(v6);
        prop_assert_eq!(untyped(&v4.to_string()), Ok(Value::Addr(v4)));
        prop_assert_eq!(untyped(&format!("[{v6}]")), Ok(Value::Addr(v6.to_canonical())));
        let Value::Subnet(subnet) = untyped(&format!("[{v6}]/{width}")).unwrap() else { panic!() };
        prop_assert_eq!(subnet.width, width);
    }
}
