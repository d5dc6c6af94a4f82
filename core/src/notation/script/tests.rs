use crate::data::{AttributeTag, Declarations, Type, Value};
use crate::notation::Loaded;

fn no_load(path: &str, _: &mut Declarations) -> Result<Loaded, String> {
    Err(format!("{path}: not here"))
}

fn read(text: &str) -> Declarations {
    let mut declarations = Declarations::new();
    if let Err(error) = declarations.read_script(text, &mut no_load) {
        panic!("{error}: {text}");
    }
    declarations
}

fn error(text: &str) -> String {
    let mut declarations = Declarations::new();
    let error = declarations.read_script(text, &mut no_load).unwrap_err();
    assert_eq!(declarations, Declarations::new(), "{text}");
    error.to_string()
}

#[test]
fn bodies_are_skipped() {
    let d = read(
        r##"
        function f(a: count, b: string &default="}"): count
            { # a brace }
            if ( a > 5 && b != "}" && b == /[}"#]+\/\}/ ) { return a / 2 / |b|; }
            return [$x=1]; }
        event seen(a: addr) &priority=-5 { print "seen", a; }
        event seen(a: addr) { local x = a in /}/; }
        hook h(x: count) &priority=5 { break; }
        global g: function(c: count): bool = function(c: count): bool { return c > 5; } &redef;
        module M; export { global e: event(n: count) &group="x"; }
        event e(n: count) { }
        event bro_init() { for ( i in x ) { switch ( i ) { case /}/: break; } } };
        "##,
    );
    let events: Vec<_> = d.events.keys().map(ToString::to_string).collect();
    assert_eq!(events, ["M::e", "bro_init", "seen"]);
    for (name, ty) in [
        ("f", "function(a:count; b:string &default=};) : count"),
        ("h", "hook(x:count;) : bool"),
        ("g", "function(c:count;) : bool"),
    ] {
        let global = d.globals.get(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(global.ty.tag(), Type::parse("function()", &d).unwrap().tag(), "{name}: {ty}");
    }
}

#[test]
fn values_that_are_not_constants_are_skipped() {
    let d = read(
        r#"
        const a: count = f(5, ";") &redef;
        global xs: set[addr];
        const b = |xs| > 5 ? 1 : 2;
        const c = 7;
        const e: count = b &redef;
        const h = b;
        const i: count = a + 1;
        const j: set[count] = { a, 5 };
        function f(n: count): count { return n; }
        const l: function(n: count): count = f;
        const t: table[string] of count = { ["x"] = f(1), ["y"] = 2 } &default=0 &redef;
        type R: record { n: count &default=f(c); m: count &default=c; o: string &optional; };
        global u: set[addr] &create_expire=5 min &expire_func=function(s: set[addr], a: addr): interval
            { return 0 secs; };
        redef a = g();
        "#,
    );
    let init = |name: &str| d.globals.get(name).and_then(|global| global.init.clone());
    assert_eq!(init("a"), None);
    assert!(d.globals.get("a").unwrap().has(AttributeTag::Redef));
    assert!(!d.globals.contains("b") && !d.globals.contains("h"), "their types are unknown");
    for name in ["e", "i", "j", "l"] {
        assert_eq!((init(name), d.globals.contains(name)), (None, true), "{name}");
    }
    assert_eq!(init("c"), Some(Value::Count(7)));
    assert_eq!((init("t"), d.globals.contains("t")), (None, true));
    let fields = d.types[b"R".as_slice()].fields().unwrap().to_vec();
    let has = |field: usize, tag| fields[field].attributes.as_ref().is_some_and(|all| all.has(tag));
    assert!(has(0, AttributeTag::Optional) && !has(0, AttributeTag::Default));
    assert!(has(1, AttributeTag::Default));
    assert!(d.globals.get("u").unwrap().has(AttributeTag::CreateExpire));
}

#[test]
fn types_are_extended_wherever_they_are_used() {
    let d = read(
        "module Log; export { type ID: enum { UNKNOWN }; }
         module GLOBAL;
         type Info: record { a: count; };
         type Node: record { info: Info; next: Node &optional; };
         global seen: event(n: Node, id: Log::ID);
         global all: table[string] of Info &synchronized;
         const first = Log::UNKNOWN &redef;
         const one: Info = [$a=1] &redef;
         module M;
         redef enum Log::ID += { LOG, OTHER };
         redef enum Log::ID += { LAST, };
         redef record Info += { b: string &optional; node: Node &optional; };
         redef record Info += { c: count &default=5; } &log;
         redef first = M::LAST;",
    );
    let info = &d.types[b"Info".as_slice()];
    let names: Vec<_> = info.fields().unwrap().iter().map(|field| field.name.to_string()).collect();
    assert_eq!(names, ["a", "b", "node", "c"]);
    let seen = d.event("seen").unwrap();
    let node = seen.params[0].ty.fields().unwrap();
    assert_eq!(node[0].ty.fields().unwrap().len(), 4);
    let value = |text: &str, ty: &Type| Value::parse(text, Some(ty), &d);
    for text in ["UNKNOWN", "M::LOG", "M::OTHER", "M::LAST"] {
        assert!(value(text, &seen.params[1].ty).is_ok(), "{text}");
    }
    let all = &d.globals.get("all").unwrap().ty;
    assert!(value("{ [\"x\"] = [$a=1, $b=\"y\", $c=7] }", all).is_ok());
    let number = |name: &str| match &d.globals.get(name).unwrap().init {
        Some(Value::Enum(value)) => value.number,
        other => panic!("{other:?}"),
    };
    assert_eq!(number("first"), 3);
    let one = d.globals.get("one").unwrap().init.clone().unwrap();
    assert_eq!(one, value("[$a=1]", info).unwrap());
}

#[test]
fn a_container_may_be_constructed_by_an_alias_of_its_type() {
    let d = read(
        "type addr_set: set[addr]; type names: vector of string; type t: table[count] of count;
         type R: record { a: set[addr] &default=addr_set(); b: vector of string &default=names(); };
         const c: set[addr] = addr_set(10.0.0.1); const e: table[count] of count = t([1] = 2);",
    );
    assert!(d.globals.get("c").unwrap().init.is_some());
    assert!(d.globals.get("e").unwrap().init.is_some());
    let error = error("type s: set[port]; const c: set[addr] = s();");
    assert!(error.contains("expected a value of type set[addr]"), "{error}");
}

#[test]
fn a_set_within_a_set_adds_its_elements() {
    let d = read(
        "const web = { 80/tcp, 443/tcp }; const all: set[port] = { 22/tcp } &redef;
         redef all += { web, 25/tcp };",
    );
    let all = d.globals.get("all").unwrap().init.clone().unwrap();
    assert_eq!(
        all,
        Value::parse("{22/tcp, 80/tcp, 443/tcp, 25/tcp}", Some(&all.ty()), &d).unwrap()
    );
}

#[test]
fn a_list_within_an_index_adds_several_entries() {
    let d = read("const t: table[port, count] of count = { [[80/tcp, 22/tcp], [1, 2]] = 5 };");
    let t = d.globals.get("t").unwrap();
    let all = "{ [80/tcp, 1] = 5, [80/tcp, 2] = 5, [22/tcp, 1] = 5, [22/tcp, 2] = 5 }";
    assert_eq!(t.init, Some(Value::parse(all, Some(&t.ty), &d).unwrap()));
}

#[test]
fn directives_select_what_is_read() {
    for (text, names) in [
        ("const on = T; @if ( on )\nglobal a: count;\n@else\nglobal b: count;\n@endif\n", "a on"),
        ("const on = F;\n@if(!on&&T)\nglobal a: count;\n@endif\nglobal c: count;", "a c on"),
        (
            "@if ( F || ( T && F ) )\n}{ \" \n@if (T)\n@else\n@endif\n@else\nglobal b: count;\n@endif",
            "b",
        ),
        ("@ifdef ( x )\nglobal a: count;\n@endif\n@ifndef(x)\nglobal b: count;\n@endif", "b"),
        ("type x: count;\n@ifdef ( x )\nglobal a: count;\n@else\nglobal b: count;\n@endif", "a"),
        ("@if ( Cluster::is_enabled() )\nglobal a: count;\n@endif", ""),
        ("@if ( Cluster::local_node_type() != Cluster::MANAGER )\nglobal a: count;\n@endif", "a"),
        ("type r: record {\n@ifdef (x)\na: count;\n@else\nb: count;\n@endif\n};", ""),
        ("@load-sigs ./x.sig # why\nglobal a: count;", "a"),
    ] {
        let d = read(text);
        let mut found: Vec<_> = d.globals.iter().map(|global| global.name.to_string()).collect();
        found.sort();
        assert_eq!(found.join(" "), names, "{text}");
    }
}

#[test]
fn scripts_are_loaded_once_where_they_are_named() {
    let mut seen = Vec::new();
    let mut load = |path: &str, into: &mut Declarations| {
        seen.push(path.to_owned());
        let nested = &mut |path: &str, _: &mut Declarations| Err(format!("no {path}"));
        match path {
            "types" => into.read_part("type R: record { a: count; };", nested),
            "wrong" => into.read_part("type R: nope;", nested),
            _ => return Err(format!("{path}: cannot find it")),
        }
        .map(|()| Loaded::Read)
        .map_err(|error| format!("{path}: {error}"))
    };
    let mut d = Declarations::new();
    d.read_script(
        "@load types\nglobal r: R;\nredef record R += { b: count &optional; };",
        &mut load,
    )
    .unwrap();
    assert_eq!(d.globals.get("r").unwrap().ty.fields().unwrap().len(), 2);
    let before = d.clone();
    for (text, expected) in [
        (
            "global x: R;\n@load wrong",
            "line 2, column 1: wrong: line 1, column 9: no type is named",
        ),
        ("@load none", "line 1, column 1: none: cannot find it"),
    ] {
        let error = d.read_script(text, &mut load).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(d, before);
    }
    assert_eq!(seen, ["types", "wrong", "none"]);
}

#[test]
fn with_missing_scripts_unknown_names_may_be_redefined() {
    let mut d = Declarations::new();
    let text = "@load none\nredef Notice::mail_dest = f(\"x;\");\nredef record Info += { a: X; };\n\
        redef enum Log::ID += { LOG };\nconst x = 5 &redef;\nredef x = 6;";
    d.read_script(text, &mut |_, _| Ok(Loaded::Missing)).unwrap();
    assert_eq!(d.globals.get("x").unwrap().init, Some(Value::Count(6)));
    assert_eq!((d.globals.len(), d.types.len()), (1, 0));
}

#[test]
fn text_that_cannot_be_skipped_is_an_error() {
    for (text, expected) in [
        ("event e() { ", "line 1, column 11: unterminated body or expression"),
        ("\nfunction f() { \"", "line 2, column 14: unterminated string"),
        ("const a: count = \"x\";", "line 1, column 18: expected a value of type count, found"),
        ("const a: count = ;", "line 1, column 18: expected a value, found `;`"),
        ("@if ( bif() )\n@endif", "line 1, column 1: cannot evaluate `@if (bif())`"),
        ("@if ( F )\nx", "line 1, column 1: @if without @endif"),
        ("@if ( T )\nglobal a: count;", "line 2, column 17: @if without @endif"),
        ("@endif", "line 1, column 1: expected a declaration, found `@endif`"),
        ("@nonsense", "line 1, column 1: expected a declaration, found `@nonsense`"),
        ("redef record X += { };", "line 1, column 14: no type is named `X`"),
        (
            "type R: record { a: count; }; redef record R += { b: count; };",
            "line 1, column 49: `b` must be `&optional` or have a `&default`",
        ),
        (
            "type R: record { a: count; }; redef record R += { a: count &optional; };",
            "line 1, column 49: `a` occurs twice",
        ),
        ("type E: enum { A }; redef enum E += { A };", "line 1, column 37: `A` occurs twice"),
        (
            "type E: enum { A }; redef record E += { };",
            "line 1, column 34: cannot apply `+=` to a value of type E",
        ),
        ("if ( T ) { }", "line 1, column 1: expected a declaration, found `if`"),
        ("const x: count = 5 &nope;", "line 1, column 20: no attribute is named `&nope`"),
    ] {
        let error = error(text);
        assert!(error.starts_with(expected), "{text}\n{error}\n{expected}");
    }
}

#[test]
fn options_are_constants_that_can_be_redefined() {
    let d = read("option limit = 5; option hosts: set[addr] = {}; redef limit = 7;");
    let limit = d.globals.get("limit").unwrap();
    assert!(limit.is_const && limit.has(AttributeTag::Redef));
    assert_eq!(limit.init, Some(Value::Count(7)));
}

#[test]
fn patterns_are_added_to() {
    let d = read("const p = /a.*/ &redef; redef p += /^b$/; redef p += /c/;");
    let Some(Value::Pattern(p)) = &d.globals.get("p").unwrap().init else { panic!() };
    let matcher = p.matcher().unwrap();
    for (text, matches) in [("ab", true), ("b", true), ("c", true), ("bb", false), ("d", false)] {
        assert_eq!(matcher.matches_exactly(text.as_bytes()), matches, "{text}");
    }
}

#[test]
fn an_invalid_initial_value_is_an_error_with_its_position() {
    for (text, expected) in [
        (
            "const x: count = 5 6;",
            "line 1, column 20: expected an operator or the end of the value, found `6`",
        ),
        (
            "const y: count = 1;\nconst x = f(1) g(2) &redef;",
            "line 2, column 16: expected an operator or the end of the value, found `g`",
        ),
        (
            "const x: count = 1 +;",
            "line 1, column 21: expected a value, found the end of the value",
        ),
        (
            "type R: record { a: count &default=f(1,\n 2 3); };",
            "line 2, column 4: expected an operator or the end of the value, found `3`",
        ),
        (
            "const x: set[count] = { 1, f(2) 3 };",
            "line 1, column 33: expected an operator or the end of the value, found `3`",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    read(
        "const x: count = f(1) + 2 &redef; const y = |x| > 5 ? x$y[1] : g(); global z = function() { a b c; };",
    );
}

#[test]
fn an_undeclared_name_is_an_error_at_its_position() {
    let known = "type E: enum { A, B }; const five = 5; const some = f(five); event e(n: count) { }
        function f(n: count): count { return unknown; }\n";
    for text in [
        "const x = nope;",
        "const x = nope &redef;",
        "const x: count = nope;",
        "const x: E = nope;",
        "const x: string = nope;",
        "const x: any = nope;",
        "const x: function(n: count): count = nope;",
        "const x: set[count] = { 1, nope };",
        "const x = { five, nope };",
        "const x = f(nope);",
        "const x = five + nope;",
        "const x = T ? five : nope;",
        "const x: table[count] of count = { [1] = nope };",
        "const x: table[count] of count = { [nope] = f(1) };",
        "const x = [$five=five, $a=nope];",
        "const x = some + f(nope$five) &redef;",
        "global x: count &default=nope;",
        "global x: set[count] &expire_func=nope;",
        "type R: record { a: count &default=nope; };",
        "const x: set[count] = { } &redef;\nredef x += { nope };",
    ] {
        let whole = format!("{known}{text}");
        let line = 3 + text.matches('\n').count();
        let last = text.lines().last().unwrap();
        // The position is that of the whole value or of the name in it.
        let places = ["nope", "{ five, nope }"].map(|what| last.find(what).map(|at| at + 1));
        let error = error(&whole);
        let is_there =
            |column: &usize| error.starts_with(&format!("line {line}, column {column}:"));
        assert!(places.iter().flatten().any(is_there), "{text}: {error}");
        // A variable with an unknown value is declared.
        read(&format!("global nope = unknown_function(5);\n{whole}"));
    }
    // If a loaded script is missing, the name may be declared in it.
    let partial = "@load none\nconst x = nope; const y = f(nope); global z: count &default=nope;";
    let mut d = Declarations::new();
    d.read_script(partial, &mut |_, _| Ok(Loaded::Missing)).unwrap();
    read(&format!(
        "{known}const a = five; const b = some; const c = A; const d: E = B; const g: any = e;
         const h = f(five$some) in {{ [$nope=some] }} ? [fe80::1] : 80/tcp; const i = 5 secs + b;"
    ));
}

#[test]
fn skipped_text_does_not_add_to_the_depth_of_types() {
    let mut text = "type ID: enum { NONE };\n".to_owned();
    for n in 0..100 {
        text += &format!(
            "const c{n}: table[count] of string = {{ [1] = \"a\" }} &default=function(i: count): string {{ return \"\"; }};
             type R{n}: record {{ a: count &default=f([$a=[1, 2 + 3]]); }};
             redef enum ID += {{ C{n} }};"
        );
    }
    assert_eq!(read(&text).globals.iter().count(), 100);
}
