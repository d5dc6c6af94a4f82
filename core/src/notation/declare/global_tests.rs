use crate::data::{AttributeTag, Declarations, ExprKind, Global, Type, TypeTag, Value};
use crate::notation::ParseErrorKind;

fn read(text: &str) -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    declarations
}

fn global<'d>(declarations: &'d Declarations, name: &str) -> &'d Global {
    declarations.globals.get(name).unwrap_or_else(|| panic!("{name}"))
}

fn init(declarations: &Declarations, name: &str) -> String {
    let value = global(declarations, name).init.as_ref();
    value.unwrap_or_else(|| panic!("{name}")).to_string().replace(['\n', '\t'], " ")
}

fn error(text: &str) -> String {
    Declarations::new().read(text).unwrap_err().to_string()
}

#[test]
fn variables_keep_type_attributes_and_value_in_order() {
    let d = read(
        "type Small: record { a: string; b: count &default=42; };
         global zulu: bool = T &synchronized;
         global alpha: table[count] of string = { [1] = \"x\" } &synchronized &mergeable
             &create_expire=5min &expire_func=gone &default=\"none\" &persistent;
         global mike = 0 &synchronized;
         global last: Small = [$a=\"la\"];
         global out: file = open(\"a-file\");
         const limit = 7 &redef;
         global bare: set[addr];",
    );
    let names: Vec<_> = d.globals.iter().map(|g| g.name.to_string()).collect();
    assert_eq!(names, ["zulu", "alpha", "mike", "last", "out", "limit", "bare"]);
    let alpha = global(&d, "alpha");
    let list = &alpha.attributes.as_ref().unwrap().list;
    let tags: Vec<_> = list.iter().map(|a| a.tag.name()).collect();
    let expected = "synchronized mergeable create_expire expire_func default optional persistent";
    assert_eq!(tags.join(" "), expected);
    let operand = |at: usize| list[at].expr.as_deref().unwrap();
    assert_eq!(operand(2).as_const(), Some(&Value::Interval(300.0)));
    assert!(matches!(&operand(3).kind, ExprKind::Global { name, .. } if *name == "gone"));
    assert_eq!(operand(4).as_const(), Some(&"none".into()));
    assert_eq!(init(&d, "alpha"), "{  [1] = x }");
    let mike = global(&d, "mike");
    assert_eq!((&mike.ty, &mike.init), (&Type::COUNT, &Some(Value::Count(0))));
    assert!(mike.has(AttributeTag::Synchronized) && !mike.is_const);
    assert_eq!(init(&d, "last"), "[a=la, b=42]");
    assert_eq!(global(&d, "out").init.as_ref().map(Value::tag), Some(TypeTag::File));
    assert!(global(&d, "limit").is_const);
    assert_eq!(global(&d, "bare").init, None);
}

#[test]
fn initial_values_refer_to_earlier_ones_and_are_evaluated() {
    let d = read(
        "module M;
         export { const day = 86400 * 1sec; const base: count = 10; }
         const week: interval = 7 * day + 2 * 30min - 1hr;
         global n: int = base - 3 * 2;
         global d: double = base;
         global i = (2 + 3) * -2.5;
         global same: set[count] = set(base, base + 1);
         const ports = { 80/tcp };
         global copy = ports;
         global t = double_to_time(10.0) + 5sec;
         module GLOBAL;
         global far: table[count] of count &read_expire=M::day &write_expire=2*M::day;",
    );
    assert_eq!(init(&d, "M::week"), "7.0 days");
    assert_eq!(global(&d, "M::n").init, Some(Value::Int(4)));
    assert_eq!(global(&d, "M::d").init, Some(Value::Double(10.0)));
    assert_eq!(global(&d, "M::same").init.as_ref().map(|v| v.to_string().len()), Some(12));
    assert_eq!(init(&d, "M::copy"), init(&d, "M::ports"));
    assert_eq!(global(&d, "M::t").init, Some(Value::Time(15.0)));
    let list = &global(&d, "far").attributes.as_ref().unwrap().list;
    let expiry: Vec<_> = list.iter().map(|a| a.expr.as_ref().unwrap().as_const()).collect();
    assert_eq!(expiry, [Some(&Value::Interval(86400.0)), Some(&Value::Interval(172_800.0))]);
}

#[test]
fn redef_changes_variables_that_are_redef() {
    let d = read(
        "const ports: set[port] = { 80/tcp, 22/tcp } &redef;
         redef ports += { 443/tcp, 80/tcp };
         redef ports -= { 22/tcp };
         const names: table[count] of string = { [1] = \"a\" } &redef;
         redef names += { [2] = \"b\", [1] = \"c\" } &create_expire=1min;
         redef names -= { 2 };
         const text = \"a\" &redef;
         redef text += \"b\";
         const bare: set[count] &redef;
         redef bare += { 1 };
         module M;
         const n = 1 &redef;
         redef n = 5;
         redef n += 2;
         redef n &synchronized;",
    );
    assert_eq!(init(&d, "ports"), "{  443/tcp,  80/tcp }");
    assert_eq!(init(&d, "names"), "{  [1] = c }");
    assert!(global(&d, "names").has(AttributeTag::CreateExpire));
    assert!(global(&d, "names").has(AttributeTag::Redef));
    assert_eq!(init(&d, "text"), "ab");
    assert_eq!(init(&d, "bare"), "{  1 }");
    assert_eq!(init(&d, "M::n"), "7");
    assert!(global(&d, "M::n").has(AttributeTag::Synchronized));
}

#[test]
fn errors_contain_the_position() {
    for (text, expected) in [
        ("global n = 0;\nredef n = 5;", "line 2, column 7: `n` is declared without &redef"),
        ("redef n = 5;", "line 1, column 7: no variable is named `n`"),
        (
            "const b = T &redef;\nredef b += F;",
            "line 2, column 9: cannot apply `+=` to a value of type bool",
        ),
        (
            "const b = T &redef;\nredef b -= F;",
            "line 2, column 9: cannot apply `-=` to a value of type bool",
        ),
        ("global n = 1 + \"x\";", "line 1, column 14: cannot apply `+` to a count and a string"),
        ("global n = 1 - 2;", "line 1, column 14: `1 - 2` is not a number, or out of range"),
        (
            "global s = \"\";\nglobal n: count = s;",
            "line 2, column 19: expected count, found string",
        ),
        ("global n = (1;", "line 1, column 14: expected `)`, found `;`"),
        (
            "global n: count = other;",
            "line 1, column 19: expected a value of type count, found a name",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn values_within_values_are_limited() {
    let wrap = |name: &str, i: usize| {
        let inner = format!("{name}{}", i - 1);
        format!("global {name}{i}: vector of any = vector({inner}, {inner});")
    };
    let chain: String = (1..100).map(|i| wrap("v", i)).collect();
    let mut d = Declarations::new();
    let error = d.read(&format!("global v0: vector of any = vector(1);{chain}")).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::TooDeep { limit: 64 });
}

#[test]
fn an_index_that_occurs_twice_is_assigned_twice() {
    let d = read(
        "const nets: set[subnet] = { 10.0.0.0/8, 10.0.0.0/8 };
         global more: set[subnet] = { 10.0.0.0/8, nets };
         global made = set(1, 2, 1);
         global mapped: set[addr] = { [::ffff:1.2.3.4], 1.2.3.4 };
         global names: table[count] of string = { [1] = \"a\", [2] = \"b\", [1] = \"c\" };",
    );
    for (name, value) in [
        ("nets", "{  10.0.0.0/8 }"),
        ("more", "{  10.0.0.0/8 }"),
        ("made", "{  2,  1 }"),
        ("mapped", "{  1.2.3.4 }"),
        ("names", "{  [2] = b,  [1] = c }"),
    ] {
        assert_eq!(init(&d, name), value, "{name}");
    }
}
