use brocomm::data::Declarations;
use brocomm::lowlevel::types::TypeKind;

use super::{base, blank::blanked, read};

fn of(text: &str) -> Declarations {
    let mut known = base();
    read(text, &mut known).unwrap_or_else(|error| panic!("{error}: {}", blanked(text)));
    known
}

#[test]
fn base_types_are_declared() {
    let known = base();
    let fields = known.ty("conn_id").unwrap().fields().unwrap();
    let names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
    assert_eq!(names, ["orig_h", "orig_p", "resp_h", "resp_p", "proto", "ctx"]);
    assert!(known.ty("transport_proto").is_some() && known.ty("string_vec").is_some());
}

#[test]
fn signatures_are_read_from_a_whole_script() {
    let known = of(r##"
        @load base/frameworks/cluster
        @if ( Cluster::is_enabled() )
        @endif
        # type Comment: record {
        module Site;
        export {
            redef enum Log::ID += { LOG };
            ## A comment; with { braces "and quotes
            type Color: enum { RED = 1, GREEN = 2 &deprecated="Remove in v9", BLUE = 7 };
            type Info: record {
                ts: time &log;
                id: conn_id &log &optional;
                tags: set[string] &log &ordered;
                n: count &default=7 &log;
                f: double &default=scale(0.5, "a;b") &log;
                g: function(a: count, b: string): bool &optional;
                v: vector of Info2 &default=vector();
                t: table[addr, port] of vector of count &create_expire=5min &default=table();
            } &log;
            const limit = 5.0 &redef;
            option names: set[string] = { "a}", "b;" };
            global alert: event(i: Info, c: Color) &is_used &group="x";
            global in_module: event(a: any);
            global check: function(i: Info): bool;
            global hits: table[addr] of count &create_expire=1hr &backend=Broker::MEMORY;
        }
        redef record Info += { more: string &optional; };
        function scale(d: double, s: string): double
            {
            if ( /a[{"]b/ in s ) { return 2 * d; }
            return d / 2;
            }
        event zeek_init() &priority=5
            {
            event in_module(5); # not a declaration
            }
        hook Log::policy(r: any) { break; }
        event late(a: count);
        module Other;
        redef enum Site::Color += { PINK, };
        redef record Site::Info += { other: count &default=1; };
    "##
    .replace("vector of Info2", "vector of count")
    .as_str());
    let alert = known.event("Site::alert").unwrap();
    assert_eq!(alert.params.len(), 2);
    let fields = known.ty("Site::Info").unwrap().fields().unwrap();
    let names: Vec<String> = fields.iter().map(|field| field.name.to_string()).collect();
    assert_eq!(names, ["ts", "id", "tags", "n", "f", "g", "v", "t", "more", "other"]);
    let optional: Vec<bool> = fields.iter().map(crate::mapping::may_be_unset).collect();
    assert_eq!(optional, [false, true, false, true, true, true, true, true, true, true]);
    let color = known.ty("Site::Color").unwrap().def().unwrap();
    let TypeKind::Enum(color) = &color.kind else { panic!("{color:?}") };
    assert_eq!(color.number_of("Site::BLUE"), Some(7));
    assert_eq!(color.number_of("Other::PINK"), Some(8));
    assert!(known.event("Site::in_module").is_some() && known.event("late").is_some());
    assert!(known.event("zeek_init").is_none());
    assert!(known.globals.contains("Site::check") && !known.globals.contains("Site::hits"));
}

#[test]
fn errors_have_their_position_in_the_script() {
    let mut known = base();
    let text = "function f() { }\n\n  type A: record { x: nosuch; };\n";
    let error = read(text, &mut known).unwrap_err();
    assert!(error.to_string().starts_with("line 3, column 23: "), "{error}");
    assert_eq!(known, base());
}

#[test]
fn blanking_keeps_positions() {
    let text = "global a: event() &is_used; # c\nconst b = 5;\ntype C: count;";
    let left = blanked(text);
    assert_eq!(left.len(), text.len());
    assert_eq!(left.lines().count(), 3);
    assert_eq!(left.lines().last(), Some("type C: count;"));
}

#[test]
fn a_declaration_that_does_not_end_is_an_error() {
    for text in
        ["global e: event(a: count)", "global e: event(a: count", "type R: record { a: count;"]
    {
        let error = read(text, &mut base()).unwrap_err();
        assert_eq!(error.line, 1, "{error}");
    }
}
