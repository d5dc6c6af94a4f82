//! The types of columns.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use brocomm::data::Port;
use brocomm::logs::LogValue;

use super::*;

/// Returns a log with a column of each type, and values for them.
fn all_types() -> (Vec<LogField>, Vec<LogValue>) {
    use TypeTag::{
        Addr, Bool, Count, Double, Enum, Int, Interval, Port as P, String, Subnet as S, Time as T,
    };
    let addr = |text: &str| LogValue::Addr(text.parse::<IpAddr>().unwrap());
    let net = brocomm::data::Subnet { prefix: "10.0.0.0".parse().unwrap(), width: 8 };
    let columns = [
        (LogField::new("ts", T), LogValue::Time(1_500_000_000.123_456)),
        (LogField::new("b", Bool), LogValue::Bool(true)),
        (LogField::new("i", Int), LogValue::Int(i64::MIN)),
        (LogField::new("c", Count), LogValue::Count(u64::MAX)),
        (LogField::new("d", Double), LogValue::Double(-0.1)),
        (LogField::new("iv", Interval), LogValue::Interval(1.5)),
        (LogField::new("s", String), LogValue::string("it's \"ö\"\n")),
        (LogField::new("e", Enum), LogValue::Enum("Notice::LOG".into())),
        (LogField::new("id.orig_h", Addr), addr("2001:db8::1")),
        (LogField::new("id.orig_p", P), LogValue::Port(Port::tcp(65535))),
        (LogField::new("net", S), LogValue::Subnet(net)),
        (LogField::new("unset", String).optional(), LogValue::Unset(String)),
        (
            LogField::set("ports", P),
            LogValue::Set(vec![LogValue::Port(Port::tcp(80)), LogValue::Port(Port::udp(53))]),
        ),
        (LogField::set("hosts", Addr), LogValue::Set(vec![addr("1.2.3.4")])),
        (LogField::vector("empty", String), LogValue::Vector(Vec::new())),
        (
            LogField::vector("holes", Count),
            LogValue::Vector(vec![
                LogValue::Unset(Count),
                LogValue::Count(1),
                LogValue::Unset(Count),
                LogValue::Count(2),
            ]),
        ),
        (LogField::vector("times", T), LogValue::Vector(vec![LogValue::Time(0.0)])),
        (LogField::vector("flags", Bool), LogValue::Vector(vec![LogValue::Bool(false)])),
        (LogField::vector("ds", Double), LogValue::Vector(vec![LogValue::Double(f64::NAN)])),
    ];
    columns.into_iter().unzip()
}

/// Writes a file with a row of all types, and a row without values.
fn typed(dir: &Path) -> PathBuf {
    let mut publishing = Publishing::prepare("parquet");
    let (fields, values) = all_types();
    declare(&publishing, "conn", &fields);
    let mut line = Vec::new();
    LogLine::default().columns(b"conn", b"", NOW, &fields, &values, &mut line);
    append(&mut publishing, NOW, CONN, std::str::from_utf8(&line).unwrap());
    append(&mut publishing, NOW, CONN, "{}");
    begin(&mut publishing, config(dir));
    publishing.wait();
    assert_eq!(publishing.end(), [Report::Working]);
    dir.join(name("conn", 2, 1))
}

#[test]
fn columns_have_the_types_of_the_log() {
    let dir = TempDir::new();
    let rows = rows(&typed(dir.path()));
    let expected = "{ts: 2017-07-14 02:40:00.123456 +00:00, b: true, i: -9223372036854775808, \
        c: 18446744073709551615, d: -1E-1, iv: 1.5, s: \"it's \"ö\"\n\", e: \"Notice::LOG\", \
        id.orig_h: \"2001:db8::1\", id.orig_p: 65535, net: \"10.0.0.0/8\", unset: null, \
        ports: [80, 53], hosts: [\"1.2.3.4\"], empty: [], holes: [null, 1, null, 2], \
        times: [1970-01-01 00:00:00.000000 +00:00], flags: [false], ds: [null]}";
    assert_eq!(rows[0], expected);
    let (fields, _) = all_types();
    let unset: Vec<String> = fields
        .iter()
        .map(|field| format!("{}: null", std::str::from_utf8(&field.name).unwrap()))
        .collect();
    assert_eq!(rows[1..], [format!("{{{}}}", unset.join(", "))]);
}

/// Reads the files with the program in `PYTHON` and pyarrow.
#[test]
fn python_reads_the_files() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let is_there = Command::new(&python).args(["-c", "import pyarrow.parquet"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no pyarrow; set PYTHON to one that has");
        return;
    }
    let dir = TempDir::new();
    let script = "
import sys
import pyarrow.parquet
table = pyarrow.parquet.read_table(sys.argv[1])
for field in table.schema:
    print(field.name, field.type, [repr(value) for value in table[field.name].to_pylist()])
";
    let output =
        Command::new(&python).args(["-c", script]).arg(typed(dir.path())).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "b bool ['True', 'None']",
        "i int64 ['-9223372036854775808', 'None']",
        "c uint64 ['18446744073709551615', 'None']",
        "d double ['-0.1', 'None']",
        "iv double ['1.5', 'None']",
        "e string [\"'Notice::LOG'\", 'None']",
        "id.orig_h string [\"'2001:db8::1'\", 'None']",
        "id.orig_p uint16 ['65535', 'None']",
        "net string [\"'10.0.0.0/8'\", 'None']",
        "unset string ['None', 'None']",
        "empty list<element: string> ['[]', 'None']",
        "ports list<element: uint16> ['[80, 53]', 'None']",
        "hosts list<element: string> [\"['1.2.3.4']\", 'None']",
        "holes list<element: uint64> ['[None, 1, None, 2]', 'None']",
        "flags list<element: bool> ['[False]', 'None']",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    let time = "datetime.datetime(2017, 7, 14, 2, 40, 0, 123456";
    assert!(text.starts_with("ts timestamp[us, tz=UTC] [") && text.contains(time), "{text}");
}
