//! Tests of log formats.

use std::net::IpAddr;

use bytes::Bytes;

use crate::Time;
use crate::data::{Name, Port, Subnet, TypeTag};
use crate::logs::{AsciiFormat, JsonFormat, JsonTimestamps, LogField, LogFormat, LogValue};

fn ascii(value: LogValue) -> String {
    line(&AsciiFormat::default(), &[value])
}

fn line(format: &AsciiFormat, values: &[LogValue]) -> String {
    let mut out = Vec::new();
    format.entry(values, &mut out);
    assert_eq!(out.pop(), Some(b'\n'));
    String::from_utf8(out).unwrap()
}

fn text(text: impl AsRef<[u8]>) -> LogValue {
    LogValue::string(text)
}

fn set<const N: usize>(items: [LogValue; N]) -> LogValue {
    LogValue::Set(items.into())
}

fn subnet(prefix: &str, width: u8) -> LogValue {
    LogValue::Subnet(Subnet { prefix: prefix.parse().unwrap(), width })
}

fn addr(addr: &str) -> LogValue {
    LogValue::Addr(addr.parse::<IpAddr>().unwrap())
}

#[test]
fn values_of_every_type_are_written_as_in_bro() {
    let cases = [
        (LogValue::Unset(TypeTag::Count), "-"),
        (LogValue::Bool(true), "T"),
        (LogValue::Bool(false), "F"),
        (LogValue::Int(-42), "-42"),
        (LogValue::Count(u64::MAX), "18446744073709551615"),
        (LogValue::Counter(7), "7"),
        (LogValue::Double(3.15), "3.15"),
        (LogValue::Time(1000.5), "1000.500000"),
        (LogValue::Interval(-0.001), "-0.001000"),
        (LogValue::Enum(Bytes::from_static(b"Notice::ACTION_LOG")), "Notice::ACTION_LOG"),
        (LogValue::Func(Bytes::from_static(b"f\n{ }")), "f\\x0a{ }"),
        (LogValue::File(Bytes::from_static(b"x.log")), "x.log"),
        (LogValue::Port(Port::tcp(123)), "123"),
        (addr("1.2.3.4"), "1.2.3.4"),
        (addr("2001:db8::1"), "2001:db8::1"),
        (subnet("10.0.0.0", 24), "10.0.0.0/24"),
        (subnet("2001:db8::", 32), "2001:db8::/32"),
        (set([LogValue::Count(2), LogValue::Count(1)]), "2,1"),
        (LogValue::Vector(vec![addr("1.1.1.1"), addr("::1")]), "1.1.1.1,::1"),
        (set([]), "(empty)"),
        (LogValue::Vector(Vec::new()), "(empty)"),
    ];
    for (value, form) in cases {
        assert_eq!(ascii(value.clone()), form, "{value:?}");
        assert_eq!(value.to_string(), form, "{value:?}");
    }
}

#[test]
fn strings_are_escaped() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "(empty)"),
        (b"-", "\\x2d"),
        (b"(empty)", "\\x28empty)"),
        (b"--", "--"),
        (b"a\tb \0 \xff\x7f", "a\\x09b \\x00 \\xff\\x7f"),
        (b"back\\slash", "back\\\\slash"),
        (b"x,y", "x,y"),
        (b"#", "\\x23"),
        (b"#fields", "\\x23fields"),
        (b"a#", "a#"),
    ];
    for (bytes, form) in cases {
        assert_eq!(ascii(text(bytes)), form);
    }
}

#[test]
fn elements_are_escaped_by_the_same_rules() {
    let cases = [
        (set([text("x,y"), text("z")]), "x\\x2cy,z"),
        (set([text(""), text("-")]), "(empty),\\x2d"),
        (LogValue::Vector(vec![LogValue::Unset(TypeTag::String), text("a")]), "-,a"),
        (set([text("")]), "(empty)"),
        (set([text("#a")]), "\\x23a"),
    ];
    for (value, form) in cases {
        assert_eq!(ascii(value), form);
    }
    // The separator of sets is escaped only inside sets.
    let format = AsciiFormat::default();
    assert_eq!(line(&format, &[set([text("a,")]), text("b,")]), "a\\x2c\tb,");
}

#[test]
fn separators_are_escaped_wherever_they_occur() {
    let format = AsciiFormat {
        separator: Bytes::from_static(b"||"),
        set_separator: Bytes::from_static(b"."),
        empty_field: Bytes::from_static(b"EMPTY"),
        unset_field: Bytes::from_static(b"\t"),
        ..AsciiFormat::default()
    };
    let values = [
        text("a||b|c"),
        set([LogValue::Double(1.5), addr("1.2.3.4")]),
        LogValue::Unset(TypeTag::Int),
        LogValue::Double(1.5),
        text(""),
    ];
    assert_eq!(
        line(&format, &values),
        "a\\x7c\\x7cb|c||1\\x2e5.1\\x2e2\\x2e3\\x2e4||\\x09||1.5||EMPTY"
    );
}

fn fields() -> Vec<LogField> {
    vec![
        LogField::new("ts", TypeTag::Time),
        LogField::new("id.orig_p", TypeTag::Port),
        LogField::set("names", TypeTag::String).optional(),
        LogField::vector("addrs", TypeTag::Addr),
    ]
}

#[test]
fn a_log_has_header_lines_and_a_last_line() {
    let at = Time::from_secs_f64(1_795_383_417.9);
    let mut out = Vec::new();
    let format = AsciiFormat { utc_offset: 3600, ..AsciiFormat::default() };
    format.open(b"a b", &fields(), at, &mut out);
    format.close(at, &mut out);
    let expected = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n\
        #path\ta\\x20b\n#open\t2026-11-22-22-36-57\n#fields\tts\tid.orig_p\tnames\taddrs\n\
        #types\ttime\tport\tset[string]\tvector[addr]\n#close\t2026-11-22-22-36-57\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn a_header_can_be_short_or_missing() {
    for (tsv, include_meta, header) in
        [(true, true, "ts\tid.orig_p\tnames\taddrs\n"), (false, false, ""), (true, false, "")]
    {
        let format = AsciiFormat { tsv, include_meta, ..AsciiFormat::default() };
        let mut out = Vec::new();
        format.open(b"x", &fields(), Time::EPOCH, &mut out);
        format.close(Time::EPOCH, &mut out);
        assert_eq!(out, header.as_bytes());
    }
}

#[test]
fn newlines_in_names_are_escaped() {
    let mut out = Vec::new();
    let fields = [LogField::new("a\n#close\tb", TypeTag::Bool)];
    AsciiFormat::default().open(b"x\ny", &fields, Time::EPOCH, &mut out);
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 8);
}

fn json(timestamps: JsonTimestamps, value: LogValue) -> String {
    let mut out = Vec::new();
    JsonFormat { timestamps }.entry(&[LogField::new("x", TypeTag::Any)], &[value], &mut out);
    let line = String::from_utf8(out).unwrap();
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&line);
    assert!(parsed.is_ok(), "{line}");
    line.strip_prefix("{\"x\":").and_then(|rest| rest.strip_suffix("}\n")).expect("x").to_owned()
}

#[test]
fn json_values_are_written_as_in_bro() {
    let cases = [
        (LogValue::Bool(true), "true"),
        (LogValue::Int(i64::MIN), "-9223372036854775808"),
        (LogValue::Count(i64::MAX as u64 - 1), "9223372036854775806"),
        (LogValue::Count(i64::MAX as u64), "null"),
        (LogValue::Double(3.15), "3.15"),
        (LogValue::Double(5.0), "5.0"),
        (LogValue::Double(1e100), "1.000000e+100"),
        (LogValue::Double(f64::NAN), "null"),
        (LogValue::Interval(-0.001), "-0.001"),
        (LogValue::Time(1000.5), "1000.5"),
        (LogValue::Port(Port::tcp(123)), "123"),
        (addr("::1"), "\"::1\""),
        (subnet("10.0.0.0", 8), "\"10.0.0.0/8\""),
        (text("a/b,c"), "\"a/b,c\""),
        (text(b"\"'\\&\n\xff\x7f"), "\"\\u0022\\u0027\\u005c\\u0026\\u000a\\u00ff\\u007f\""),
        (set([]), "[]"),
        (set([LogValue::Count(1), LogValue::Count(2)]), "[1,2]"),
        (LogValue::Vector(vec![text("a"), LogValue::Unset(TypeTag::String)]), "[\"a\",null]"),
    ];
    for (value, form) in cases {
        assert_eq!(json(JsonTimestamps::Epoch, value.clone()), form, "{value:?}");
    }
}

#[test]
fn times_in_json_have_the_configured_format() {
    let cases = [
        (JsonTimestamps::Millis, 1000.5, "1000500"),
        (JsonTimestamps::Millis, 0.0, "0"),
        (JsonTimestamps::Millis, -1.0, "null"),
        (JsonTimestamps::Millis, 1e300, "null"),
        (JsonTimestamps::Millis, f64::NAN, "null"),
        (JsonTimestamps::Iso8601, 1_795_383_417.922919, "\"2026-11-22T21:36:57.922919Z\""),
        (JsonTimestamps::Iso8601, 0.999_999_9, "\"1970-01-01T00:00:01.000000Z\""),
        (JsonTimestamps::Iso8601, -0.25, "\"1969-12-31T23:59:59.750000Z\""),
        (JsonTimestamps::Iso8601, 1e300, "null"),
        (JsonTimestamps::Iso8601, f64::NAN, "null"),
    ];
    for (timestamps, time, form) in cases {
        assert_eq!(json(timestamps, LogValue::Time(time)), form);
    }
}

#[test]
fn json_omits_unset_columns() {
    let mut out = Vec::new();
    let unset = || LogValue::Unset(TypeTag::String);
    let names = [("a", TypeTag::String), ("b", TypeTag::Count), ("c", TypeTag::String)];
    let fields = names.map(|(name, tag)| LogField::new(name, tag));
    JsonFormat::default().entry(&fields, &[unset(), LogValue::Count(1), unset()], &mut out);
    JsonFormat::default().entry(&fields, &[text("x"), LogValue::Count(1), unset()], &mut out);
    JsonFormat::default().entry(&fields, &[unset(), unset(), unset()], &mut out);
    assert_eq!(out, b"{\"b\":1}\n{\"a\":\"x\",\"b\":1}\n{}\n");
}

fn option(key: &str, value: &'static str) -> (Name, Bytes) {
    (Name::from(key), Bytes::from(value))
}

#[test]
fn a_writers_options_are_applied() {
    let format = LogFormat::default();
    let options = [
        option("separator", ";"),
        option("set_separator", "/"),
        option("unset_field", "?"),
        option("unset_field", ""),
        option("empty_field", ""),
        option("tsv", "T"),
        option("output_to_stdout", "F"),
        option("json_timestamps", "what is not JSON has none"),
        option("no_such_option", "T"),
    ];
    let ascii = AsciiFormat {
        separator: Bytes::from(";"),
        set_separator: Bytes::from("/"),
        unset_field: Bytes::new(),
        empty_field: Bytes::new(),
        tsv: true,
        ..AsciiFormat::default()
    };
    assert_eq!(format.configured(&options), Ok(LogFormat::Ascii(ascii)));

    let json =
        format.configured(&[option("use_json", "T"), option("json_timestamps", "JSON::TS_MILLIS")]);
    let json = json.unwrap();
    assert_eq!(json, LogFormat::Json(JsonFormat { timestamps: JsonTimestamps::Millis }));
    assert_eq!(json.configured(&[]).as_ref(), Ok(&json));
    assert_eq!(json.configured(&[option("use_json", "F")]), Ok(LogFormat::default()));
}

#[test]
fn options_may_be_empty() {
    let keys = ["separator", "set_separator", "empty_field", "unset_field", "meta_prefix"];
    let configured = |keys: &[&str]| {
        let options: Vec<_> = keys.iter().map(|key| option(key, "")).collect();
        match LogFormat::default().configured(&options) {
            Ok(LogFormat::Ascii(ascii)) => ascii,
            other => panic!("{other:?}"),
        }
    };
    let values = [text("x"), LogValue::Unset(TypeTag::Int), text(""), set([text("a"), text("b")])];
    assert_eq!(line(&configured(&keys[2..4]), &values), "x\t\t\ta,b");
    assert_eq!(line(&configured(&keys[..2]), &values), "x-(empty)ab");
    // Every line begins with an empty prefix, so its first byte is escaped.
    assert_eq!(line(&configured(&keys[4..]), &values), "\\x78\t-\t(empty)\ta,b");
    let mut header = Vec::new();
    configured(&keys[2..4]).open(b"e", &fields(), Time::EPOCH, &mut header);
    let header = String::from_utf8(header).unwrap();
    assert!(header.contains("\n#empty_field\t\n#unset_field\t\n#path\te\n"), "{header}");
}

#[test]
fn options_with_invalid_values_are_errors() {
    let flags = ["tsv", "use_json", "output_to_stdout"];
    for (key, value) in flags.into_iter().flat_map(|key| ["yes", "", "t"].map(|value| (key, value)))
    {
        let error = LogFormat::default().configured(&[option(key, value)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("option {key} is \"{value}\", must be \"T\" or \"F\"")
        );
    }
    let json = LogFormat::Json(JsonFormat::default());
    for options in [
        &[option("json_timestamps", "x\n")][..],
        &[option("json_timestamps", "x\n"), option("use_json", "T")],
    ] {
        let error = json.configured(options).unwrap_err().to_string();
        let expected =
            "option json_timestamps is \"x\\n\", must be JSON::TS_EPOCH, JSON::TS_MILLIS or ";
        assert!(error.starts_with(expected), "{error}");
    }
}
