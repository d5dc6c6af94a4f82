use std::sync::Arc;

use proptest::prelude::*;

use crate::data::{
    Attribute, AttributeTag, Declarations, EventDecl, ExprKind, Field, Type, TypeKind, Value,
};
use crate::notation::{Loaded, ParseErrorKind};

fn read(text: &str) -> Declarations {
    let mut declarations = Declarations::new();
    declarations.read(text).unwrap();
    declarations
}

fn fields(declarations: &Declarations, name: &str) -> Vec<Field> {
    declarations.types[name.as_bytes()].fields().unwrap().to_vec()
}

fn attributes(field: &Field) -> &[Attribute] {
    field.attributes.as_deref().map_or(&[], |a| a.list.as_slice())
}

fn constant(attribute: &Attribute) -> Value {
    attribute.expr.as_ref().unwrap().as_const().unwrap().clone()
}

fn error(text: &str) -> ParseErrorKind {
    Declarations::new().read(text).unwrap_err().kind
}

/// Declarations in the style of Bro's base scripts.
const BASE: &str = r#"
##! The logging of connections.

type transport_proto: enum {
    unknown_transport,	##< An unknown transport-layer protocol.
    tcp, udp, icmp
};

## A connection's identifying 4-tuple of endpoints and ports.
type conn_id: record {
    orig_h: addr;	##< The originator's IP address.
    orig_p: port;
    resp_h: addr;
    resp_p: port;
} &log;

type string_set: set[string];
type addr_vec: vector of addr;

module Conn;

export {
    ## The connection logging stream identifier.
    type Tag: enum { LOG, };

    type Info: record {
        ts:           time            &log;
        uid:          string          &log;
        id:           conn_id         &log;
        proto:        transport_proto &log;
        service:      set[string]     &log &default=set();
        duration:     interval        &log &optional;
        local_orig:   bool            &log &default=F;
        missed_bytes: count           &log &default=0;
        history:      string          &optional &log;
        tag:          Tag             &default=Conn::LOG;
        names:        table[addr] of string &default="none";
        tunnel:       Info            &optional;
        cb:           function(a: addr, b: set[port]): string &optional;
    };

    ## An event of the module.
    global log_conn: event(rec: Info);
    const ports = { 80/tcp, 8080/tcp } &redef;
    global hosts: table[addr, port] of Info &read_expire=5min &expire_func=gone;
    global counts: table[string] of count &default=0;
    global last: string = "" &redef;
    global finish: function(c: Info, how: count): bool;
    global done: hook(c: Info);
    global out: file;
    global sum: opaque of md5;
}

event connection_done(c: Info, why: string &default="x");
module GLOBAL;
global seen: table[string] of addr_vec;
"#;

#[test]
fn base_scripts_are_parsed() {
    let d = read(BASE);
    let types: Vec<_> = d.types.keys().map(ToString::to_string).collect();
    assert_eq!(
        types,
        ["Conn::Info", "Conn::Tag", "addr_vec", "conn_id", "string_set", "transport_proto"]
    );
    assert_eq!(
        d.types[b"conn_id".as_slice()].to_string(),
        "record { orig_h:addr; orig_p:port; resp_h:addr; resp_p:port; }"
    );
    assert_eq!(d.types[b"string_set".as_slice()].name(), "string_set");
    let TypeKind::Enum(tag) = &d.types[b"Conn::Tag".as_slice()].def().unwrap().kind else {
        panic!()
    };
    assert_eq!(tag.names, [("Conn::LOG".into(), 0)]);
    let globals: Vec<_> =
        d.globals.iter().map(|g| (g.name.to_string(), g.ty.to_string())).collect();
    let shown = |name: &str| {
        let found = globals.iter().find(|(n, _)| n == name);
        found.unwrap_or_else(|| panic!("{name}")).1.as_str()
    };
    assert_eq!(globals.len(), 9);
    assert_eq!(shown("Conn::ports"), "set[port]");
    assert_eq!(shown("Conn::counts"), "table[string] of count");
    assert!(shown("Conn::hosts").starts_with("table[addr,port] of record { ts:time; "));
    assert!(shown("Conn::done").ends_with(" : bool"));
    assert_eq!(shown("Conn::out"), "file of string");
    assert_eq!(shown("Conn::sum"), "opaque of md5");
    assert_eq!(shown("seen"), "table[string] of vector of addr");
    let events: Vec<_> = d.events.keys().map(ToString::to_string).collect();
    assert_eq!(events, ["Conn::log_conn", "connection_done"]);
}

#[test]
fn types_are_shared_by_all_uses_of_their_names() {
    let d = read(BASE);
    let info = d.types[b"Conn::Info".as_slice()].def().unwrap();
    let param = d.events[b"Conn::log_conn".as_slice()].params[0].ty.def().unwrap();
    assert!(Arc::ptr_eq(&info, &param));
    let id = d.types[b"conn_id".as_slice()].def().unwrap();
    let fields = fields(&d, "Conn::Info");
    assert!(Arc::ptr_eq(&id, &fields[2].ty.def().unwrap()));
    // A recursive reference shares the same type.
    let tunnel = &fields.iter().find(|f| f.name == "tunnel").unwrap().ty;
    assert!(matches!(tunnel, Type::Enclosing(_)));
    assert!(Arc::ptr_eq(&info, &tunnel.def().unwrap()));
}

#[test]
fn attributes_keep_their_constants() {
    let d = read(BASE);
    let fields = fields(&d, "Conn::Info");
    let field = |name: &str| fields.iter().find(|f| f.name == name).unwrap();
    let tags = |name: &str| attributes(field(name)).iter().map(|a| a.tag).collect::<Vec<_>>();
    assert_eq!(tags("ts"), [AttributeTag::Log]);
    assert_eq!(tags("history"), [AttributeTag::Optional, AttributeTag::Log]);
    // A field with a default is optional, as in Bro.
    let defaulted = [AttributeTag::Log, AttributeTag::Default, AttributeTag::Optional];
    assert_eq!(tags("service"), defaulted);
    assert_eq!(constant(&attributes(field("service"))[1]).ty(), field("service").ty);
    assert_eq!(constant(&attributes(field("local_orig"))[1]), Value::Bool(false));
    assert_eq!(constant(&attributes(field("tag"))[0]).to_string(), "Conn::LOG");
    // A table's default may have the type of its elements.
    assert_eq!(constant(&attributes(field("names"))[0]), "none".into());
    assert_eq!(field("ts").attributes.as_ref().unwrap().ty, Type::TIME);
    let expr = attributes(field("missed_bytes"))[1].expr.clone().unwrap();
    assert_eq!((expr.tag, expr.ty.clone()), (1, Some(Type::COUNT)));
    assert_eq!(attributes(&d.events[b"connection_done".as_slice()].params[1]).len(), 2);

    let d = read(
        "global f: function();
         type R: record {
             t: table[count] of count &expire_func=f &create_expire=5min &default=1;
         };",
    );
    let field = fields_of(&d.types[b"R".as_slice()]).remove(0);
    let list = attributes(&field);
    let ExprKind::Global { name, .. } = &list[0].expr.as_ref().unwrap().kind else { panic!() };
    assert_eq!(*name, "f");
    assert_eq!(constant(&list[1]), Value::Interval(300.0));
    assert_eq!(constant(&list[2]), Value::Count(1));
}

fn fields_of(ty: &Type) -> Vec<Field> {
    ty.fields().unwrap().to_vec()
}

#[test]
fn events_can_be_declared_in_three_ways() {
    let d = read("type E: enum { A };");
    let expected = EventDecl::new(
        "M::ev",
        vec![
            Field::new("a", Type::COUNT),
            Field::new("b", Type::set(vec![Type::ADDR, Type::PORT])),
            Field::new("c", d.types[b"E".as_slice()].clone()),
        ],
    );
    for text in [
        "event M::ev(a: count, b: set[addr, port], c: E);",
        "event M::ev(a: count; b: set[addr, port]; c: E;)",
        "global M::ev: event(a: count, b: set[addr, port], c: E);",
        "M::ev(a:count,b:set[addr,port],c:E)",
    ] {
        assert_eq!(EventDecl::parse(text, &d).unwrap(), expected, "{text}");
        let mut more = d.clone();
        let text = if text.ends_with(';') { text.to_owned() } else { format!("{text};") };
        more.read(&text).unwrap();
        assert_eq!(more.events[b"M::ev".as_slice()], expected, "{text}");
    }
    let bare = EventDecl::parse("ev(count, set[addr,port], E)", &d).unwrap();
    let names: Vec<_> = bare.params.iter().map(|p| p.name.to_string()).collect();
    assert_eq!(names, ["arg0", "arg1", "arg2"]);
    assert_eq!(bare.params[1].ty.to_string(), "set[addr,port]");
    assert_eq!(EventDecl::parse("ev()", &d).unwrap().params, []);
}

#[test]
fn modules_qualify_names() {
    let d = read(
        "type U: count; module A; type T: count; type R: record { t: T; u: GLOBAL::U; };
         global e: event(r: R); event e(r: R); event f(r: R); global GLOBAL::g: count;",
    );
    assert!(d.types.contains_key(b"A::R".as_slice()));
    assert_eq!(d.types[b"A::T".as_slice()], Type::COUNT);
    assert_eq!(d.events[b"A::e".as_slice()].params.len(), 1);
    assert_eq!(d.events.len(), 2);
    assert!(d.event("f").is_some());
    assert!(d.globals.contains("g"));
}

#[test]
fn enum_constants_are_numbered() {
    let d = read("type E: enum { A, B = 5, C &deprecated, D = 0x10, };");
    let TypeKind::Enum(e) = &d.types[b"E".as_slice()].def().unwrap().kind else { panic!() };
    let names = [("A", 0), ("B", 5), ("C", 6), ("D", 16)].map(|(name, n)| (name.into(), n));
    assert_eq!(e.names, names);
    assert_eq!(e.counter, 17);
}

#[test]
fn printed_types_are_parsed() {
    let d = Declarations::new();
    for text in [
        "count",
        "any",
        "set[addr,port]",
        "table[string] of table[addr] of count",
        "vector of vector of string",
        "record { a:count; s:record { t:set[bool]; }; }",
        "function(a:count; b:string;) : bool",
        "event(a:count;)",
        "hook(a:count;) : bool",
        "opaque of md5",
        "file of string",
    ] {
        let text = if text.starts_with("hook") { "hook(a:count;)" } else { text };
        let shown = Type::parse(text, &d).unwrap().to_string();
        assert_eq!(
            shown.strip_prefix(text).map(|rest| rest.trim_start_matches(" : bool")),
            Some("")
        );
    }
    assert_eq!(Type::parse("file", &d).unwrap().to_string(), "file of string");
    assert_eq!(fields_of(&Type::parse("record {}", &d).unwrap()), []);
}

#[test]
fn errors_contain_the_position_and_change_nothing() {
    let mut d = read("type E: enum { A };");
    let before = d.clone();
    let mut shown = |text: &str| {
        let shown = d.read(text).unwrap_err().to_string();
        assert_eq!(d, before);
        shown
    };
    assert_eq!(
        shown("type A: count;\n\ntype B: ;"),
        "line 3, column 9: expected a type, found `;`"
    );
    assert_eq!(shown("type A: set[Nope];"), "line 1, column 13: no type is named `Nope`");
    assert_eq!(shown("type A: set[count;"), "line 1, column 18: expected `,` or `]`, found `;`");
    assert_eq!(shown("type A: count"), "line 1, column 14: expected `;`, found the end");
    assert_eq!(
        shown("export { type A: count;"),
        "line 1, column 24: expected a declaration, found the end"
    );
    assert_eq!(shown("hook a();"), "line 1, column 1: expected a declaration, found `hook`");
    assert_eq!(shown("global a;"), "line 1, column 9: expected `:` or `=`, found `;`");
    assert_eq!(
        shown("type R: record { a: count &defualt=5; };"),
        "line 1, column 27: no attribute is named `&defualt`"
    );
    assert_eq!(
        shown("type R: record { a: count &default=\"x\"; };"),
        "line 1, column 36: expected a value of type count, found a string"
    );
    assert_eq!(
        shown("type R: record { a: count; a: int; };"),
        "line 1, column 28: `a` occurs twice"
    );
    assert_eq!(shown("event e(a: count, a: int);"), "line 1, column 19: `a` occurs twice");
    assert_eq!(shown("type F: enum { X, X };"), "line 1, column 19: `X` occurs twice");
    assert_eq!(
        shown("event e(a: count) { print a; }"),
        "line 1, column 19: expected `;`, found `{`"
    );
    assert_eq!(
        shown("type R: record { a: count &create_expire; };"),
        "line 1, column 41: expected `=`, found `;`"
    );
}

#[test]
fn depth_is_limited_through_names_too() {
    for open in [
        "vector of ",
        "set[",
        "record { a: ",
        "table[count] of ",
        "function(): ",
        "event(",
        "export {",
    ] {
        let text = format!("type A: {}", open.repeat(100_000));
        assert!(Declarations::new().read(&text).is_err(), "{open}");
        assert!(Type::parse(&open.repeat(100_000), &Declarations::new()).is_err(), "{open}");
    }
    let chain = |n: usize, step: &dyn Fn(usize) -> String| {
        let steps: Vec<_> = (1..n).map(step).collect();
        format!("type A0: record {{}}; {}", steps.concat())
    };
    let vectors = |i: usize| format!("type A{i}: vector of A{};", i - 1);
    assert!(Declarations::new().read(&chain(30, &vectors)).is_ok());
    assert_eq!(error(&chain(1000, &vectors)), ParseErrorKind::TooDeep { limit: 64 });
    let defaults = |i: usize| format!("type A{i}: record {{ x: any &default=A{}(); }};", i - 1);
    assert_eq!(error(&chain(1000, &defaults)), ParseErrorKind::TooDeep { limit: 64 });
    // Types of earlier declarations count toward the depth, too.
    let mut d = read("type A0: record {};");
    let results: Vec<_> = (1..100).map(|i| d.read(&vectors(i)).is_ok()).collect();
    assert!(results[20]);
    assert!(!results[98]);
    // A type with exponentially many paths is checked quickly.
    let twice = |i: usize| format!("type A{i}: record {{ a: A{0}; b: A{0}; }};", i - 1);
    let mut d = read(&chain(25, &twice));
    d.read("global x: A24;").unwrap();
    assert!(d.read("global x: A24 = 5;").is_err());
}

fn scrap() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(vec![
        "type ",
        "X",
        "E",
        ": ",
        ";",
        "record { ",
        "a: ",
        "count",
        "}",
        "{",
        "enum { ",
        "A",
        ", ",
        "= ",
        "5",
        "global ",
        "event",
        "event(",
        "(",
        ")",
        "set[",
        "addr",
        "]",
        "table[",
        "] of ",
        "vector of ",
        "&optional ",
        "&default=",
        "&log",
        "[$a=1]",
        "module M",
        "export {",
        "X(",
        "T",
        "\n",
        "# ",
        "\"",
    ]);
    proptest::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat())
}

#[test]
fn a_name_has_one_type() {
    let types = "type R: record { a: count; }; type S: set[R]; ";
    let conflict = |first: &str, second: &str| {
        let mut d = read(types);
        d.read(first).unwrap();
        let read = d.read(second).map_err(|error| error.to_string());
        let mut script = Declarations::new();
        let mut load = |_: &str, _: &mut Declarations| Ok(Loaded::Read);
        let text = format!("{types} {first} {second}");
        assert_eq!(
            script.read_script(&text, &mut load).is_err(),
            read.is_err(),
            "{first} {second}"
        );
        read.err()
    };
    for (first, second, error) in [
        ("event e(x: count);", "event e(x: string);", "7: `e` is already declared as event(count)"),
        ("e(count);", "global e: event(x: R);", "8: `e` is already declared as event(count)"),
        ("e(R);", "e();", "1: `e` is already declared as event(R)"),
        ("e(R);", "e(S);", "1: `e` is already declared as event(R)"),
        ("type T: count;", "type T: int;", "6: `T` is already declared as count"),
        ("type T: count;", "global T: int;", "8: `T` is already declared as count"),
        ("type T: set[R];", "type T: set[count];", "6: `T` is already declared as set[R]"),
        ("type E: enum { A, B };", "type E: enum { B, A };", "6: `E` is already declared as enum"),
        ("global g: count;", "global g: string = \"x\";", "8: `g` is already declared as count"),
        ("global g = 1;", "const g = \"x\";", "7: `g` is already declared as count"),
        (
            "type T: record { a: count; };",
            "type T: record { a: R; };",
            "6: `T` is already declared as record { a:count; }",
        ),
    ] {
        let found = conflict(first, second).unwrap();
        assert_eq!(found, format!("line 1, column {error}"), "{first} {second}");
    }
    for (first, second) in [
        ("event e(x: count);", "event e(y: count);"),
        ("event e(x: R);", "e(R);"),
        ("event e(x: S);", "event e(x: set[R]);"),
        ("type T: record { s: S; };", "type T: record { s: set[R]; };"),
        ("type T: record { a: R; b: S; };", "type T: record { a: R; b: S; };"),
        ("type T: record { a: T &optional; };", "type T: record { a: T &optional; };"),
        // Extended by `redef`.
        ("type T: record { a: R; };", "type T: record { a: R; b: S; };"),
        ("type E: enum { A, B };", "type E: enum { A };"),
        ("global g = 1;", "global g: count = 2;"),
        ("type T: set[R];", "type T: set[R];"),
        ("module M; type T: count; event e(x: T);", "module N; type T: int; event f(x: T);"),
    ] {
        assert_eq!(conflict(first, second), None, "{first} {second}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_declarations_or_an_error(text in ".*", scrap in scrap()) {
        for text in [&text, &scrap] {
            let mut d = Declarations::new();
            let _ = d.read(text);
            let _ = d.read(&format!("type X: record {{ {text}"));
            let _ = Type::parse(text, &d);
            let _ = EventDecl::parse(text, &d);
        }
    }
}
