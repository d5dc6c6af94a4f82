//! Checks the page that shows all forms of each type.
//!
//! If the environment variable `BROCOMM_WRITE_PAGE` is set, the page is regenerated.

use std::fmt::Write as _;

use brocomm::data::{Declarations, Type, TypeTag, Value};
use brocomm::json::ValueSeed;
use brocomm::lowlevel::serial::{Caching, Mode, Reader, ReaderLimits, Writer};
use brocomm::lowlevel::serial::{Id, Serial};
use bytes::Bytes;
use serde::de::DeserializeSeed;

const PAGE: &str = include_str!("../src/data/types_table.md");

/// The mode toward a peer that announced NO_CACHING: every object in full, with ID 0.
const MODE: Mode = Mode { caching: Caching::None, ..Mode::HANDSHAKE };

const DECLARED: &str = r"
    type Color: enum { RED, GREEN };
    type Pair: record { a: count; b: string &optional; };
";

/// Each type: its name in scripts, its Rust type, and a literal in Bro's notation.
const ROWS: &[(&str, &str, Option<&str>)] = &[
    ("bool", "Value::Bool(bool)", Some("T")),
    ("int", "Value::Int(i64)", Some("-5")),
    ("count", "Value::Count(u64)", Some("5")),
    ("counter", "Value::Counter(u64)", Some("5")),
    ("double", "Value::Double(f64)", Some("0.5")),
    ("time", "Value::Time(f64)", Some("time(1500000000.25)")),
    ("interval", "Value::Interval(f64)", Some("2min")),
    ("string", "Value::String(Bytes)", Some(r#""a\x00b""#)),
    ("pattern", "Value::Pattern(Arc<Pattern>)", Some("/ab+/")),
    ("Color", "Value::Enum(EnumValue)", Some("GREEN")),
    ("port", "Value::Port(Port)", Some("80/tcp")),
    ("addr", "Value::Addr(IpAddr)", Some("10.0.0.1")),
    ("addr", "Value::Addr(IpAddr)", Some("[2001:db8::1]")),
    ("subnet", "Value::Subnet(Subnet)", Some("10.0.0.0/8")),
    ("set[port]", "Value::Table(Arc<Table>)", Some("set(80/tcp)")),
    ("table[count] of string", "Value::Table(Arc<Table>)", Some(r#"table([1]="x")"#)),
    ("Pair", "Value::Record(Arc<Record>)", Some("[$a=1]")),
    ("vector of count", "Value::Vector(Arc<Vector>)", Some("vector(1, 2)")),
    ("file", "Value::File(Type, Arc<File>)", None),
    ("function(): count", "Value::Func(Type, Arc<Func>)", None),
    ("opaque of md5", "Value::Opaque(Arc<Opaque>)", None),
];

/// Values of the types that have no literals.
fn without_literal(ty: &Type) -> Value {
    let text = match ty.tag() {
        Some(TypeTag::File) => r#""/dev/stdout""#,
        Some(TypeTag::Func) => r#""rand""#,
        _ => r#"{"md5":null}"#,
    };
    read(text, ty)
}

fn read(json: &str, ty: &Type) -> Value {
    let known = Declarations::new();
    let seed = ValueSeed::new(ty, &known);
    seed.deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap()
}

/// Returns the encoding of a value's object, and that of its type.
fn wire(value: &Value) -> (Vec<u8>, Vec<u8>) {
    let mut bytes = Vec::new();
    let args = [value.clone()];
    Writer::new(0).event(MODE, b"", 0.0, &args, &mut bytes).unwrap();
    let back =
        Reader::new(ReaderLimits::default()).read(&Bytes::from(bytes.clone()), MODE).unwrap();
    let Serial::Event(event) = back else { panic!("{back:?}") };
    assert_eq!(event.args, args, "what is written is read");
    // The tag, an empty name, a time and the number of arguments.
    let object = bytes.split_off(1 + 4 + 8 + 4);

    let mut bytes = Vec::new();
    let id = std::sync::Arc::new(Id::global("", value.ty(), None));
    Writer::new(0).id(MODE, &id, &mut bytes).unwrap();
    // The tag, a header, no location, an empty name, scope, flags; neither attributes nor value.
    let ty = bytes.split_off(1 + 7 + 1 + 4 + 1 + 1 + 4 * 4 + 1 + 1);
    (object, ty[..ty.len() - 2].to_vec())
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// Writes bytes in hex: first parts of the given sizes, then words, 24 bytes per line.
fn lines(bytes: &[u8], parts: &[usize], name: &str, out: &mut String) {
    let (mut name, mut rest, mut parts) = (name, bytes, parts.iter());
    let mut line = String::new();
    let mut written = 0;
    while !rest.is_empty() {
        let (part, tail) = rest.split_at(parts.next().copied().unwrap_or(4).min(rest.len()));
        write!(line, " {}", hex::encode(part)).unwrap();
        rest = tail;
        written += part.len();
        if written >= 24 || rest.is_empty() {
            writeln!(out, "{name:7}{line}").unwrap();
            (name, written) = ("", 0);
            line.clear();
        }
    }
}

fn page() -> String {
    let mut declarations = Declarations::new();
    declarations.read(DECLARED).unwrap();
    let mut table = String::new();
    let mut wires = String::new();
    for (name, rust, literal) in ROWS {
        let ty = Type::parse(name, &declarations).unwrap();
        let value = match literal {
            Some(literal) => Value::parse(literal, Some(&ty), &declarations).unwrap(),
            None => without_literal(&ty),
        };
        assert!(
            format!("{value:?}").starts_with(&rust["Value::".len()..rust.find('(').unwrap()]),
            "{rust}"
        );
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(read(&json, &ty), value);
        let (object, ty) = wire(&value);
        let (header, rest) = object.split_at(8);
        let content = rest.strip_prefix(&*ty).expect("the type follows the header");

        writeln!(
            table,
            "| {} | {} | {} | {} |",
            code(name),
            code(rust),
            literal.map(code).unwrap_or_default(),
            code(&value.to_line()),
        )
        .unwrap();
        writeln!(wires, "## `{name}`{}\n", literal.map(|l| format!(": `{l}`")).unwrap_or_default())
            .unwrap();
        writeln!(wires, "```json\n{json}\n```\n\n```text").unwrap();
        lines(header, &[1, 4, 2, 1], "header", &mut wires);
        lines(&ty, &[1, 1, 4, 2, 1], "type", &mut wires);
        lines(content, &[], "content", &mut wires);
        writeln!(wires, "```\n").unwrap();
    }
    let (intro, _) = PAGE.split_once("<!-- generated -->").expect("the position of the table");
    format!(
        "{intro}<!-- generated -->\n\n| type | Rust | literal | printed |\n| --- | --- | --- | --- |\n{table}\n{}",
        wires.trim_end()
    ) + "\n"
}

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    if std::env::var_os("BROCOMM_WRITE_PAGE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/data/types_table.md");
        std::fs::write(path, &page).unwrap();
        return;
    }
    for (at, (found, expected)) in PAGE.lines().zip(page.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", at + 1);
    }
    assert_eq!(PAGE, page);
}
