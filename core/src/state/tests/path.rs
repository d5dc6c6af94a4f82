use crate::data::{Declarations, Type};
use crate::state::Path;

const DECLARED: &str = "
    module M;
    type Host: record { name: string; ports: set[port] &optional; hits: vector of count; };
    global hosts: table[addr] of Host;
    global pairs: table[addr, port] of count;
    global nets: set[subnet];
    global ids: set[record { a: count; }];
    global hits: count;
";

#[test]
fn paths_are_parsed_in_bros_notation() {
    let mut declarations = Declarations::new();
    declarations.read(DECLARED).unwrap();
    let read = |text: &str| Path::parse(text, &declarations);
    for (text, path, ty) in [
        ("M::hits", "M::hits", Some("count")),
        ("M::hosts[10.0.0.1]$name", "M::hosts[10.0.0.1]$name", Some("string")),
        ("M::hosts[::ffff:1.2.3.4]", "M::hosts[1.2.3.4]", Some("M::Host")),
        ("M::hosts[::1]$hits[2]", "M::hosts[::1]$hits[2]", Some("count")),
        ("M::hosts[[::1]]$ports[80/tcp]", "M::hosts[::1]$ports[80/tcp]", None),
        ("M::pairs[fe80::1, 1/udp]", "M::pairs[fe80::1, 1/udp]", Some("count")),
        ("M::nets[10.1.2.3/8]", "M::nets[10.0.0.0/8]", None),
        ("M::nets[[fe80::1]/64]", "M::nets[fe80::/64]", None),
        ("M::ids[[$a=1]]", "M::ids[[a=1]]", None),
    ] {
        let (found, found_ty) = read(text).unwrap();
        assert_eq!(found.to_string(), path);
        let name = |ty: Type| match ty.name() {
            name if name.is_empty() => ty.to_string(),
            name => name.to_string(),
        };
        assert_eq!(found_ty.map(name).as_deref(), ty, "{text}");
    }
    for (text, error) in [
        ("nope", "no variable is named `nope`"),
        ("M::hits[1]", "a value of type count has no such part"),
        ("M::hosts[\"x\"]", "expected a value of type addr, found a string"),
        ("M::hosts[]", "index with 0 components, expected 1"),
        ("M::pairs[1.2.3.4]", "index with 1 components, expected 2"),
        ("M::hosts$name", "expected `[`, found `$`"),
        ("M::hosts[1.2.3.4]$nope", "M::Host has no field `nope`"),
        ("M::hosts[1.2.3.4]$hits[-1]", "expected a value of type count, found an int"),
        ("M::nets[1.0.0.0/8][1]", "expected the end, found `[`"),
        ("M::hits = 5", "a value of type count has no such part"),
        ("5", "expected a variable's name, found `5`"),
    ] {
        assert_eq!(read(text).unwrap_err().kind.to_string(), error, "{text}");
    }
}
