use bytes::Bytes;

use super::{MAX_DEPTH, NonUtf8, Options, Spelling, read, write};
use crate::{Data, DecodeErrorKind, EncodeError};

fn written(data: &Data, options: Options) -> Result<String, EncodeError> {
    let mut out = Vec::new();
    write(data, options, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn exact(data: &Data) -> Result<String, EncodeError> {
    written(data, Options::default())
}

fn zeek(data: &Data) -> String {
    written(data, Options { spelling: Spelling::Zeek, ..Options::default() }).unwrap()
}

/// Reads a value of this kind.
fn of(kind: &str, text: &str) -> Option<Data> {
    read(&format!("{{\"@data-type\":\"{kind}\",\"data\":{text}}}").into()).ok()
}

#[test]
fn numbers_are_read_as_zeek_reads_them() {
    for (text, expected) in [
        ("0", Some(0)),
        ("18446744073709551615", Some(u64::MAX)),
        ("007", Some(7)),
        ("+1", Some(1)),
        ("0x10", Some(16)),
        ("-0", Some(0)),
        ("18446744073709551616", None),
        ("-1", None),
        ("1.0", None),
        ("1e3", None),
        ("\"1\"", None),
        ("0x", None),
        ("", None),
    ] {
        assert_eq!(of("count", text), expected.map(Data::Count), "{text}");
    }
    for (text, expected) in [
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("2.0", None),
    ] {
        assert_eq!(of("integer", text), expected.map(Data::Integer), "{text}");
    }
    for (text, expected) in [
        ("1.", Some(1.0)),
        (".5", Some(0.5)),
        ("1E5", Some(1e5)),
        ("-1e-3", Some(-1e-3)),
        ("0.1", Some(0.1)),
        ("inf", Some(f64::INFINITY)),
        ("-inf", Some(f64::NEG_INFINITY)),
        ("1", None),
        ("1e400", None),
        ("NaN", None),
        ("Infinity", None),
    ] {
        assert_eq!(of("real", text), expected.map(Data::Real), "{text}");
    }
    assert!(matches!(of("real", "nan"), Some(Data::Real(v)) if v.is_nan()));
    for text in ["1", "\"true\"", "TRUE", "null"] {
        assert_eq!(of("boolean", text), None, "{text}");
    }
}

#[test]
fn doubles_are_written_so_that_zeek_reads_the_same_value() {
    for (value, text) in [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e300, "1e300"),
        (1e-9, "1e-9"),
        (123_456_789.123_456_79, "123456789.12345679"),
    ] {
        let expected = format!("{{\"@data-type\":\"real\",\"data\":{text}}}");
        assert_eq!(exact(&Data::Real(value)).unwrap(), expected);
    }
    use EncodeError as E;
    for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        assert!(matches!(exact(&Data::Real(value)), Err(E::NotFinite(_))), "{value}");
    }
    for value in [5e-324, -5e-324, 2.2e-308] {
        assert_eq!(exact(&Data::Real(value)), Err(E::Subnormal(value)));
    }
    for value in [f64::MAX, f64::MIN] {
        assert_eq!(exact(&Data::Real(value)), Err(E::TooLarge(value)));
    }
    assert!(zeek(&Data::Real(1e-9)).contains(":0.000000"));
    assert!(zeek(&Data::Real(f64::NEG_INFINITY)).contains(":-inf"));
    assert_eq!(
        zeek(&Data::Real(1e300)).len(),
        "{\"@data-type\":\"real\",\"data\":}".len() + 301 + 7
    );
}

#[test]
fn intervals_have_units() {
    const SECOND: i64 = 1_000_000_000;
    for (text, expected) in [
        ("0s", Some(0)),
        ("1500ms", Some(1_500_000_000)),
        ("1.5s", Some(1_500_000_000)),
        ("-36h", Some(-36 * 3_600 * SECOND)),
        ("3min", Some(180 * SECOND)),
        ("7us", Some(7_000)),
        ("1.0000000009s", Some(SECOND)),
        ("-9223372036854775808ns", Some(i64::MIN)),
        ("9223372036s", Some(9_223_372_036 * SECOND)),
        // Zeek wraps these around.
        ("9223372037s", None),
        ("1d", None),
        ("1day", None),
        ("1m", None),
        ("1sec", None),
        ("1 s", None),
        ("10", None),
        ("s", None),
        (".s", None),
        ("1e3s", None),
        ("", None),
    ] {
        assert_eq!(of("timespan", &format!("\"{text}\"")), expected.map(Data::Timespan), "{text}");
    }
    assert_eq!(of("timespan", "1"), None);
    for (nanos, text) in [
        (0, "0s"),
        (-1_500_000_000, "-1500ms"),
        (500_000, "500us"),
        (1, "1ns"),
        (259_200 * SECOND, "259200s"),
        (86_400_000_001_000, "86400000001us"),
    ] {
        let expected = format!("{{\"@data-type\":\"timespan\",\"data\":\"{text}\"}}");
        assert_eq!(exact(&Data::Timespan(nanos)).unwrap(), expected);
        assert_eq!(zeek(&Data::Timespan(nanos)), expected);
    }
    for nanos in [i64::MIN, i64::MAX, i64::MAX - 1_000] {
        assert_eq!(exact(&Data::Timespan(nanos)), Err(EncodeError::Timespan(nanos)));
    }
}

#[test]
fn times_are_utc() {
    let day = |text: &str| of("timestamp", &format!("\"{text}\""));
    let at = |seconds: i64, nanos: i64| Some(Data::Timestamp(seconds * 1_000_000_000 + nanos));
    for (text, expected) in [
        ("1970-01-01T00:00:00.000", at(0, 0)),
        ("2017-07-14T02:40:00.123", at(1_500_000_000, 123_000_000)),
        ("2017-07-14T02:40:00", at(1_500_000_000, 0)),
        ("2017-07-14T02:40:00.", at(1_500_000_000, 0)),
        ("2017-07-14T02:40:00.123456789", at(1_500_000_000, 123_456_789)),
        ("2017-07-14T04:40:00.5+02:00", at(1_500_000_000, 500_000_000)),
        ("2017-07-14T04:40:00+0200", at(1_500_000_000, 0)),
        ("2017-07-13T21:40:00-05", at(1_500_000_000, 0)),
        ("2017-07-14T02:40:00Z", at(1_500_000_000, 0)),
        ("1969-12-31T23:59:59.5", at(-1, 500_000_000)),
        ("2000-02-29T00:00:00", at(951_782_400, 0)),
        ("1677-09-21T00:12:44.000", at(-9_223_372_036, 0)),
        ("2262-04-11T23:47:16.854", at(9_223_372_036, 854_000_000)),
        ("2017-07-14", None),
        ("2017-07-14 02:40:00", None),
        ("2017-07-14T02:40", None),
        ("2017-13-14T02:40:00", None),
        ("2017-07-14T02:40:60", None),
        ("2017-07-14T24:00:00", None),
        ("2017-02-29T00:00:00", None),
        ("1900-02-29T00:00:00", None),
        ("2017-07-14T02:40:00.1234567891", None),
        ("2017-07-14T02:40:00+2", None),
        ("2017-07-14T02:40:00+25:00", None),
        ("17-07-14T02:40:00", None),
        // Zeek wraps these around.
        ("0001-01-01T00:00:00", None),
        ("2300-01-01T00:00:00", None),
    ] {
        assert_eq!(day(text), expected, "{text}");
    }
    let text = |nanos| {
        let text = exact(&Data::Timestamp(nanos)).unwrap();
        text.split('"').nth(7).unwrap().to_owned()
    };
    assert_eq!(text(1_500_000_000_000_000_000), "2017-07-14T02:40:00.000");
    assert_eq!(text(1_500_000_000_123_456_717), "2017-07-14T02:40:00.123456717");
    assert_eq!(text(1_500_000_000_123_456_000), "2017-07-14T02:40:00.123456");
    assert_eq!(text(-500_000_000), "1969-12-31T23:59:59.500");
    for nanos in [i64::MIN, i64::MAX] {
        assert_eq!(exact(&Data::Timestamp(nanos)), Err(EncodeError::Timestamp(nanos)));
    }
    // Milliseconds, truncated toward 1970.
    assert!(zeek(&Data::Timestamp(999_999_999)).contains("1970-01-01T00:00:00.999"));
    assert!(zeek(&Data::Timestamp(-500_000_000)).contains("1970-01-01T00:00:00.000"));
}

#[test]
fn ports_subnets_and_addresses_round_trip_or_fail() {
    use std::net::IpAddr;

    use brocomm::data::{Port, Subnet, Transport};
    let quoted = |kind: &str, text: &str| of(kind, &format!("\"{text}\""));
    let port = |transport, number| Some(Data::Port(Port { transport, number }));
    for (text, expected) in [
        ("80/tcp", port(Transport::Tcp, 80)),
        ("80", port(Transport::Tcp, 80)),
        ("8/icmp", port(Transport::Icmp, 8)),
        ("0/?", port(Transport::Unknown, 0)),
        ("80/unknown", port(Transport::Unknown, 80)),
        ("80/TCP", None),
        ("65536/tcp", None),
        ("70000/tcp", None),
        ("x/tcp", None),
        ("-1/tcp", None),
        ("", None),
        ("/tcp", None),
    ] {
        assert_eq!(quoted("port", text), expected, "{text}");
    }
    for (text, expected) in [
        ("10.1.2.3/8", Some("10.0.0.0/8")),
        ("2001:db8::/32", Some("2001:db8::/32")),
        ("::ffff:1.2.3.4/112", Some("1.2.0.0/16")),
        ("10.0.0.0/33", None),
        ("::/129", None),
        ("10.0.0.0/-1", None),
        ("10.0.0.0", None),
        ("10.0.0.0/", None),
        ("[::]/0", None),
    ] {
        let expected = expected.map(|text| Data::Subnet(text.parse().unwrap()));
        assert_eq!(quoted("subnet", text), expected, "{text}");
    }
    let wide = Subnet { prefix: [10, 0, 0, 0].into(), width: 33 };
    let error = exact(&Data::Subnet(wide)).unwrap_err();
    assert_eq!(error.to_string(), "subnet 10.0.0.0/33: width must be 0 to 32");
    for (text, expected) in [
        ("::ffff:1.2.3.4", Some("1.2.3.4")),
        ("2001:db8::1", Some("2001:db8::1")),
        ("1.2.3", None),
        ("1.2.3.256", None),
        ("[::1]", None),
        ("fe80::1%eth0", None),
        ("localhost", None),
        ("", None),
    ] {
        let expected = expected.map(|text| Data::Address(text.parse::<IpAddr>().unwrap()));
        assert_eq!(quoted("address", text), expected, "{text}");
    }
}

#[test]
fn strings_are_read_leniently_and_written_strictly() {
    let string = |bytes: &[u8]| Data::String(Bytes::copy_from_slice(bytes));
    let raw = |bytes: &[u8]| {
        let text = [b"{\"@data-type\":\"string\",\"data\":\"", bytes, b"\"}"].concat();
        read(&text.into()).ok()
    };
    for byte in (0..0x20).chain([0x7f, 0xff]) {
        assert_eq!(raw(&[byte]), Some(string(&[byte])), "{byte}");
        let zeek = Options { spelling: Spelling::Zeek, ..Options::default() };
        let mut out = Vec::new();
        write(&string(&[byte]), zeek, &mut out).unwrap();
        assert_eq!(read(&out.into()), Ok(string(&[byte])));
    }
    for (text, expected) in [
        (r"\v", Some(&b"\x0b"[..])),
        (r#"\"\\\/\b\f\n\r\t"#, Some(b"\"\\/\x08\x0c\n\r\t")),
        (r"\u0000a", Some(b"\0a")),
        (r"\ud83d\ude00", Some("😀".as_bytes())),
        (r"\ud83d", None),
        (r"\ud83d\u0041", None),
        (r"\ude00", None),
        (r"\x41", None),
        (r"\u00g0", None),
        (r"\u+041", None),
        (r"\", None),
    ] {
        assert_eq!(raw(text.as_bytes()), expected.map(string), "{text}");
    }
    // Slashes are not escaped, because Zeek reads `\/` as `?`. `\v` is not written, because it is
    // not JSON.
    let all: Vec<u8> = (0..=0x7f).collect();
    let text = exact(&string(&all)).unwrap();
    assert!(!text.contains("\\/") && !text.contains("\\v"), "{text}");
    let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parsed["data"].as_str().unwrap().as_bytes(), all);
    assert!(zeek(&string(b"\x0b\x01/")).contains("\\v\x01/"));
}

#[test]
fn bytes_that_are_not_utf8_are_raw_escaped_or_rejected() {
    let data = Data::string(b"a\xff\xc3\xa4\xfe");
    let with = |non_utf8| {
        let mut out = Vec::new();
        write(&data, Options { non_utf8, ..Options::default() }, &mut out)
            .map(|is_utf8| (out, is_utf8))
    };
    let (raw, is_utf8) = with(NonUtf8::Raw).unwrap();
    assert!(!is_utf8);
    assert_eq!(read(&raw.into()), Ok(data.clone()));
    let (escaped, is_utf8) = with(NonUtf8::Escape).unwrap();
    assert!(is_utf8);
    assert_eq!(read(&escaped.into()), Ok(Data::string("a\\xffä\\xfe")));
    assert!(matches!(with(NonUtf8::Refuse), Err(EncodeError::NotUtf8(_))));
}

#[test]
fn sets_and_tables_have_no_duplicates() {
    let (one, two) = (Data::Count(1), Data::Count(2));
    let set = Data::Set(vec![two.clone(), one.clone(), two.clone()]);
    assert!(exact(&set).unwrap().matches("count").count() == 2);
    let zero = Data::Set(vec![Data::Real(0.0), Data::Real(-0.0)]);
    assert!(exact(&zero).unwrap().matches("real").count() == 1);
    let same = Data::Table(vec![(one.clone(), two.clone()), (one.clone(), two.clone())]);
    assert!(exact(&same).unwrap().matches("key").count() == 1);
    let other = Data::Table(vec![(one.clone(), two.clone()), (one.clone(), one.clone())]);
    assert_eq!(exact(&other), Err(EncodeError::DuplicateKey));

    for text in [
        r#"{"@data-type":"set","data":[{"@data-type":"count","data":1},{"data":1,"@data-type":"count"}]}"#,
        r#"{"@data-type":"table","data":[
            {"key":{"@data-type":"count","data":1},"value":{"@data-type":"count","data":1}},
            {"value":{"@data-type":"count","data":2},"key":{"@data-type":"count","data":1}}]}"#,
    ] {
        assert_eq!(read(&text.into()).unwrap_err().kind, DecodeErrorKind::Duplicate);
    }
}

#[test]
fn nesting_has_the_same_limit_as_zeek() {
    // An argument of an event is already nested in seven arrays and objects.
    let nested =
        |levels: usize| (1..levels).fold(Data::Vector(vec![]), |v, _| Data::Vector(vec![v]));
    let event = |levels| {
        let event = crate::message::ZeekEvent::new("e", vec![nested(levels)]);
        let mut out = Vec::new();
        crate::message::write_event(b"t", &event, Options::default(), &mut out).map(|_| out)
    };
    let text = event(61).unwrap();
    assert!(crate::message::Publication::read(&text.into()).is_ok());
    assert_eq!(event(62), Err(EncodeError::TooDeep { limit: MAX_DEPTH }));

    for text in ["[".repeat(100_000), "{\"data\":".repeat(100_000)] {
        let text = format!("{{\"@data-type\":\"none\",\"data\":{text}");
        let error = read(&text.into()).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::TooDeep { limit: MAX_DEPTH });
    }
}

#[test]
fn members_may_be_in_any_order_with_the_white_space_of_zeek() {
    for text in [
        r#"{"data":5,"@data-type":"count"}"#,
        r#"{"x":[{"y":"\""}],"data":5,"@data-type":"count","z":null}"#,
        r#"{"\u0040data-type":"count","data":5}"#,
        " {\t\"@data-type\" :\n\"count\" , \"data\": 5 }\n",
        "{\"@data-type\":\"count\",\"data\":5}\0anything",
    ] {
        assert_eq!(read(&text.into()), Ok(Data::Count(5)), "{text}");
    }
    assert_eq!(of("none", "{}"), Some(Data::None));
    assert_eq!(of("none", "[1, \"x\"]"), Some(Data::None));
    assert_eq!(read(&r#"{"@data-type":"none"}"#.into()), Ok(Data::None));
    for text in [
        "{\"@data-type\":\"count\",\"data\":5}\r\n",
        "{\"@data-type\":\"count\",\"data\":5}x",
        "\u{feff}{\"@data-type\":\"count\",\"data\":5}",
        r#"{"@data-type":"count","data":5,}"#,
        r#"{"@data-type":"count"}"#,
        r#"{"@data-type":"Count","data":5}"#,
        r#"{"data":5}"#,
        r#"{"@data-type":"vector","data":["x"]}"#,
        r#"{"@data-type":"vector","data":{}}"#,
        r#"{"@data-type":"table","data":[{"key":{"@data-type":"count","data":1}}]}"#,
        "{}",
        "",
    ] {
        assert!(read(&text.into()).is_err(), "{text}");
    }
    let error = of("count", "1.0");
    assert_eq!(error, None);
    let error = read(&r#"{"@data-type":"count","data":1.0}"#.into()).unwrap_err();
    assert_eq!(error.to_string(), "byte 32: not a valid count: 1.0");
}
