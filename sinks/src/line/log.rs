//! Log entries in the form of Zeek's JSON logs.

use std::io::Write;
use std::net::IpAddr;

use brocomm::logs::{LogEntry, LogField, LogValue};

use super::double::Digits;

/// The keys of a log entry's line in addition to its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogLine {
    /// Whether the line starts with `_path`, the log's path.
    pub path: bool,
    /// Whether the line has `_write_ts`, the time at which the entry was received.
    pub write_ts: bool,
    /// The key for the description of the peer that sent the entry, if any.
    pub peer: Option<String>,
}

impl LogLine {
    /// Appends the line of an entry, without the line end.
    ///
    /// ```
    /// use brocomm::Time;
    /// use brocomm::data::TypeTag;
    /// use brocomm::logs::{LogField, LogValue};
    /// use brocomm_sinks::line::LogLine;
    ///
    /// let fields = [LogField::new("ts", TypeTag::Time), LogField::new("note", TypeTag::String)];
    /// let values = [LogValue::Time(1_500_000_000.25), "it's".into()];
    /// let mut line = Vec::new();
    /// let form = LogLine { path: true, ..LogLine::default() };
    /// form.columns(b"scan", b"sensor", Time::EPOCH, &fields, &values, &mut line);
    /// assert_eq!(line, br#"{"_path":"scan","ts":1500000000.25,"note":"it's"}"#);
    /// ```
    pub fn columns(
        &self,
        path: &[u8],
        peer: &[u8],
        now: brocomm::Time,
        fields: &[LogField],
        values: &[LogValue],
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        let key = |name: &[u8], out: &mut Vec<u8>| {
            out.push(if out.len() == start { b'{' } else { b',' });
            string(name, out);
            out.push(b':');
        };
        if self.path {
            key(b"_path", out);
            string(path, out);
        }
        if self.write_ts {
            key(b"_write_ts", out);
            double((now.as_nanos() / 1000) as f64 / 1e6, out);
        }
        if let Some(name) = &self.peer {
            key(name.as_bytes(), out);
            string(peer, out);
        }
        for (field, column) in fields.iter().zip(values) {
            if !matches!(column, LogValue::Unset(_)) {
                key(&field.name, out);
                value(column, out);
            }
        }
        if out.len() == start {
            out.push(b'{');
        }
        out.push(b'}');
    }

    /// Does the same for a received entry.
    pub fn entry(&self, entry: &LogEntry, peer: &[u8], now: brocomm::Time, out: &mut Vec<u8>) {
        self.columns(&entry.writer.path, peer, now, &entry.writer.fields, &entry.values, out);
    }
}

fn value(value: &LogValue, out: &mut Vec<u8>) {
    match value {
        LogValue::Bool(value) => append(out, format_args!("{value}")),
        LogValue::Int(value) => append(out, format_args!("{value}")),
        LogValue::Count(value) | LogValue::Counter(value) => decimal(*value, out),
        LogValue::Double(value) | LogValue::Interval(value) | LogValue::Time(value) => {
            double(*value, out);
        }
        LogValue::String(text)
        | LogValue::Enum(text)
        | LogValue::Func(text)
        | LogValue::File(text) => string(text, out),
        LogValue::Port(port) => decimal(port.number.into(), out),
        LogValue::Addr(IpAddr::V4(addr)) => {
            out.push(b'"');
            for (at, octet) in addr.octets().into_iter().enumerate() {
                if at > 0 {
                    out.push(b'.');
                }
                decimal(octet.into(), out);
            }
            out.push(b'"');
        }
        // This notation has no characters to escape.
        LogValue::Addr(_) | LogValue::Subnet(_) => append(out, format_args!("\"{value}\"")),
        LogValue::Set(items) | LogValue::Vector(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                self::value(item, out);
            }
            out.push(b']');
        }
        // Unset values, and unknown types.
        _ => out.extend_from_slice(b"null"),
    }
}

/// Appends an integer without the formatting machinery, for speed: most columns are numbers.
fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        // A digit of 0 to 9.
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.get_mut(start..).unwrap_or_default().reverse();
}

/// Appends a floating-point number.
fn double(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return out.extend_from_slice(b"null");
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value == 0.0 {
        return out.extend_from_slice(b"0.0");
    }
    let digits = Digits::of(value.abs());
    let (exponent, digits) = (digits.exponent, digits.as_bytes());
    // The number of digits before the point. There are few digits.
    let before = digits.len() as i32 + exponent;
    let zeros = |count: i32| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or_default());
    if exponent >= 0 && before <= 21 {
        out.extend_from_slice(digits);
        out.extend(zeros(exponent));
        out.extend_from_slice(b".0");
    } else if (1..=21).contains(&before) {
        let (whole, rest) = digits.split_at(before.unsigned_abs() as usize);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(rest);
    } else if (-5..=0).contains(&before) {
        out.extend_from_slice(b"0.");
        out.extend(zeros(-before));
        out.extend_from_slice(digits);
    } else if let Some((first, rest)) = digits.split_first() {
        out.push(*first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        append(out, format_args!("e{}", before - 1));
    }
}

/// Appends a string of any bytes. If it is not UTF-8, all bytes that are not ASCII are escaped.
fn string(text: &[u8], out: &mut Vec<u8>) {
    let is_plain =
        |byte: u8| matches!(byte, b' '..=b'~' | b'\x08' | b'\x0c' | b'\n' | b'\r' | b'\t');
    let is_text = |c: char| match c {
        // Control characters, private use, and noncharacters.
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => u8::try_from(c).is_ok_and(is_plain),
        '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}' => false,
        _ => true,
    };
    let is_text = text.iter().all(|byte| is_plain(*byte))
        || std::str::from_utf8(text).is_ok_and(|text| text.chars().all(is_text));
    if is_text {
        return quoted(text, out);
    }
    let mut escaped = Vec::with_capacity(text.len() * 2);
    for byte in text {
        match byte {
            byte if is_plain(*byte) => escaped.push(*byte),
            byte => append(&mut escaped, format_args!("\\x{byte:02x}")),
        }
    }
    quoted(&escaped, out);
}

/// Appends a JSON string.
pub(crate) fn quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    let is_special = |byte: &u8| matches!(byte, 0..=0x1f | b'"' | b'\\');
    while let Some(at) = rest.iter().position(is_special) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let Some((byte, after)) = after.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\x08' => out.extend_from_slice(b"\\b"),
            b'\x0c' => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => append(out, format_args!("\\u{byte:04X}")),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector never fails.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use brocomm::data::{Port, Subnet, TypeTag};
    use bytes::Bytes;

    use super::*;

    fn json(column: &LogValue) -> String {
        let mut out = Vec::new();
        value(column, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_type_has_zeeks_form() {
        let addr = |text: &str| LogValue::Addr(text.parse::<IpAddr>().unwrap());
        let prefix = "10.0.0.0".parse().unwrap();
        for (column, form) in [
            (LogValue::Bool(true), "true"),
            (LogValue::Int(i64::MIN), "-9223372036854775808"),
            (LogValue::Count(u64::MAX), "18446744073709551615"),
            (LogValue::Port(Port::tcp(80)), "80"),
            (addr("1.2.3.4"), "\"1.2.3.4\""),
            (addr("2001:db8::1"), "\"2001:db8::1\""),
            (LogValue::Subnet(Subnet { prefix, width: 8 }), "\"10.0.0.0/8\""),
            (LogValue::Enum(Bytes::from_static(b"Notice::LOG")), "\"Notice::LOG\""),
            (LogValue::Set(vec![]), "[]"),
            (LogValue::Set(vec![LogValue::Count(2), LogValue::Count(1)]), "[2,1]"),
            (
                LogValue::Vector(vec![LogValue::Unset(TypeTag::String), LogValue::string("a")]),
                "[null,\"a\"]",
            ),
        ] {
            assert_eq!(json(&column), form, "{column:?}");
        }
    }

    #[test]
    fn numbers_have_zeeks_digits() {
        for (number, form) in [
            // One digit more than necessary, as in RapidJSON.
            (1_685_235_756.139_835, "1685235756.1398349"),
            (1_600_923_320.120_453, "1600923320.1204529"),
            (0.211_483_955_383_300_78, "0.21148395538330078"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (1_591_367_999.305_988, "1591367999.305988"),
            (1_500_000_000.0, "1500000000.0"),
            (0.066_851_854_324_340_82, "0.06685185432434082"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e20, "100000000000000000000.0"),
            (1.5e21, "1.5e21"),
            (1e21, "1e21"),
            (1.5e300, "1.5e300"),
            (0.000_001, "0.000001"),
            (0.000_001_5, "0.0000015"),
            (0.000_000_1, "1e-7"),
            (1.25e-10, "1.25e-10"),
            (123_456_789_012_345_680_000.0, "123456789012345680000.0"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ] {
            for column in
                [LogValue::Double(number), LogValue::Time(number), LogValue::Interval(number)]
            {
                assert_eq!(json(&column), form);
            }
        }
    }

    #[test]
    fn strings_are_utf8_or_escaped_bytes() {
        for (text, form) in [
            (&b""[..], r#""""#),
            (b"it's <a> & b/c", r#""it's <a> & b/c""#),
            (b"\"\\", r#""\"\\""#),
            (b"\x08\x0c\n\r\t", r#""\b\f\n\r\t""#),
            ("é€𝄞".as_bytes(), "\"é€𝄞\""),
            (b"\0", r#""\\x00""#),
            (b"\x7f", r#""\\x7f""#),
            (b"a\xff", r#""a\\xff""#),
            // If one byte is not UTF-8, all are escaped.
            (b"\xc3\xb1\xc0\x81", r#""\\xc3\\xb1\\xc0\\x81""#),
            (b"\xee\x8b\xa0", r#""\\xee\\x8b\\xa0""#),
            ("\u{85}".as_bytes(), r#""\\xc2\\x85""#),
            ("\u{fffd}".as_bytes(), r#""\\xef\\xbf\\xbd""#),
            (b"\xed\xa0\x80", r#""\\xed\\xa0\\x80""#),
        ] {
            let form_now = json(&LogValue::string(text));
            assert_eq!(form_now, form);
            assert!(serde_json::from_str::<String>(&form_now).is_ok(), "{form}");
        }
    }

    #[test]
    fn a_line_has_the_requested_additional_keys() {
        let fields = [LogField::new("a", TypeTag::Count), LogField::new("b", TypeTag::Count)];
        let line = |form: &LogLine, values: &[LogValue]| {
            let (mut out, now) = (Vec::new(), brocomm::Time::from_nanos(1_500_000_000_250_000_400));
            form.columns(b"p\xc3\xa9", b"s", now, &fields, values, &mut out);
            String::from_utf8(out).unwrap()
        };
        let unset = LogValue::Unset(TypeTag::Count);
        let values = [unset.clone(), LogValue::Count(1)];
        assert_eq!(line(&LogLine::default(), &values), r#"{"b":1}"#);
        assert_eq!(line(&LogLine::default(), &[unset.clone(), unset]), "{}");
        let all = LogLine { path: true, write_ts: true, peer: Some("_peer".to_owned()) };
        assert_eq!(
            line(&all, &values),
            r#"{"_path":"pé","_write_ts":1500000000.25,"_peer":"s","b":1}"#
        );
    }
}
