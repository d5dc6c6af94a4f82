//! Bro's ASCII logs (3§3).

use std::fmt;
use std::io::Write;
use std::net::IpAddr;

use bytes::Bytes;

use super::{LogField, LogValue, value};
use crate::Time;
use crate::notation::address;
use crate::notation::print::decimal;
use crate::time::Wall;

/// Writes logs like Bro's ASCII writer, for tools such as `bro-cut` (3§3).
///
/// Appends to a buffer and does no I/O. The defaults are Bro's.
///
/// ```
/// use brocomm::Time;
/// use brocomm::data::TypeTag;
/// use brocomm::logs::{AsciiFormat, LogField, LogValue};
///
/// let fields = [LogField::new("ts", TypeTag::Time), LogField::set("hosts", TypeTag::String)];
/// let hosts = LogValue::Set(vec![LogValue::string("a"), LogValue::string("x,y")]);
/// let now = Time::from_secs_f64(1_500_000_000.0);
///
/// let (format, mut log) = (AsciiFormat::default(), Vec::new());
/// format.open(b"mini", &fields, now, &mut log);
/// format.entry(&[LogValue::Time(1000.5), hosts], &mut log);
/// format.close(now, &mut log);
/// assert!(log.ends_with(b"\n1000.500000\ta,x\\x2cy\n#close\t2017-07-14-02-40-00\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsciiFormat {
    /// The separator of columns. Default: a tab.
    pub separator: Bytes,
    /// The separator of the elements of a set or vector. Default: a comma.
    pub set_separator: Bytes,
    /// The text for an empty string, set or vector. Default: `(empty)`.
    pub empty_field: Bytes,
    /// The text for an unset value. Default: `-`.
    pub unset_field: Bytes,
    /// The prefix of header lines. Default: `#`. The first byte of an entry that begins with it is
    /// escaped; if it is empty, that is every entry.
    pub meta_prefix: Bytes,
    /// Whether header lines and a `#close` line are written. Default: true.
    pub include_meta: bool,
    /// Whether the header is only one line with the names of the columns. Default: false.
    pub tsv: bool,
    /// The UTC offset of the times in `#open` and `#close`, in seconds. Default: 0; Bro uses the
    /// local time.
    pub utc_offset: i32,
}

impl Default for AsciiFormat {
    fn default() -> Self {
        AsciiFormat {
            separator: Bytes::from_static(b"\t"),
            set_separator: Bytes::from_static(b","),
            empty_field: Bytes::from_static(b"(empty)"),
            unset_field: Bytes::from_static(b"-"),
            meta_prefix: Bytes::from_static(b"#"),
            include_meta: true,
            tsv: false,
            utc_offset: 0,
        }
    }
}

impl AsciiFormat {
    /// Appends the header of a log opened at this time.
    ///
    /// Bytes of column names that would break the line are escaped, which Bro does not do.
    pub fn open(&self, path: &[u8], fields: &[LogField], at: Time, out: &mut Vec<u8>) {
        if !self.include_meta {
            return;
        }
        if self.tsv {
            self.row(fields, out, |field, out| self.text(&field.name, false, out));
            out.push(b'\n');
            return;
        }
        out.extend_from_slice(&self.meta_prefix);
        out.extend_from_slice(b"separator ");
        escape_unusual(&self.separator, out);
        out.push(b'\n');
        for (key, value) in [
            ("set_separator", &*self.set_separator),
            ("empty_field", &self.empty_field),
            ("unset_field", &self.unset_field),
            ("path", path),
        ] {
            self.meta(key, out);
            escape_unusual(value, out);
            out.push(b'\n');
        }
        self.stamp("open", at, out);
        self.meta("fields", out);
        self.row(fields, out, |field, out| self.text(&field.name, false, out));
        out.push(b'\n');
        self.meta("types", out);
        self.row(fields, out, |field, out| append(out, format_args!("{}", field.type_name())));
        out.push(b'\n');
    }

    /// Appends an entry's line.
    pub fn entry(&self, values: &[LogValue], out: &mut Vec<u8>) {
        let start = out.len();
        self.row(values, out, |value, out| self.value(value, false, out));
        let begins_like_meta =
            out.get(start..).is_some_and(|line| line.starts_with(&self.meta_prefix));
        if begins_like_meta {
            let line = out.split_off(start);
            if let Some((first, rest)) = line.split_first() {
                escape(*first, out);
                out.extend_from_slice(rest);
            }
        }
        out.push(b'\n');
    }

    /// Appends the last line of a log closed at this time.
    pub fn close(&self, at: Time, out: &mut Vec<u8>) {
        if self.include_meta && !self.tsv {
            self.stamp("close", at, out);
        }
    }

    fn row<T>(&self, items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(&self.separator);
            }
            write(item, out);
        }
    }

    fn meta(&self, key: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.meta_prefix);
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(&self.separator);
    }

    fn stamp(&self, key: &str, at: Time, out: &mut Vec<u8>) {
        self.meta(key, out);
        out.extend_from_slice(Wall::of(at, self.utc_offset).stamp().as_bytes());
        out.push(b'\n');
    }

    /// Writes a value; `inside` is true for elements of a set or vector.
    fn value(&self, value: &LogValue, inside: bool, out: &mut Vec<u8>) {
        let start = out.len();
        match value {
            LogValue::String(text)
            | LogValue::Enum(text)
            | LogValue::Func(text)
            | LogValue::File(text) => return self.string(text, inside, out),
            LogValue::Set(items) | LogValue::Vector(items) => return self.elements(items, out),
            LogValue::Unset(_) => out.extend_from_slice(&self.unset_field),
            LogValue::Bool(value) => out.push(if *value { b'T' } else { b'F' }),
            LogValue::Int(value) => {
                if *value < 0 {
                    out.push(b'-');
                }
                decimal(value.unsigned_abs(), out);
            }
            LogValue::Count(value) | LogValue::Counter(value) => decimal(*value, out),
            LogValue::Port(port) => decimal(port.number.into(), out),
            LogValue::Addr(addr) => self::addr(*addr, out),
            LogValue::Subnet(subnet) => append(out, format_args!("{subnet}")),
            LogValue::Double(value) => value::double(*value, out),
            LogValue::Time(value) | LogValue::Interval(value) => value::fixed(*value, out),
        }
        // Numbers are escaped like strings, in case they contain a separator.
        if !self.is_plain(out.get(start..).unwrap_or_default(), inside) {
            let text = out.split_off(start);
            self.text(&text, inside, out);
        }
    }

    fn elements(&self, items: &[LogValue], out: &mut Vec<u8>) {
        if items.is_empty() {
            return self.text(&self.empty_field, false, out);
        }
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(&self.set_separator);
            }
            self.value(item, true, out);
        }
    }

    /// Writes a string so that it cannot be confused with an unset or empty one.
    fn string(&self, text: &[u8], inside: bool, out: &mut Vec<u8>) {
        match text.split_first() {
            None => self.text(&self.empty_field, inside, out),
            Some((first, rest)) if text == self.unset_field || text == self.empty_field => {
                escape(*first, out);
                self.text(rest, inside, out);
            }
            Some(_) => self.text(text, inside, out),
        }
    }

    /// Writes text, escaping separators and everything that is not printable ASCII.
    fn text(&self, text: &[u8], inside: bool, out: &mut Vec<u8>) {
        if self.is_plain(text, inside) {
            return out.extend_from_slice(text);
        }
        let (mut at, mut plain) = (0usize, 0usize);
        while at < text.len() {
            let length = self.escaped(text, at, inside);
            if length == 0 {
                at += 1;
                continue;
            }
            out.extend_from_slice(text.get(plain..at).unwrap_or_default());
            for byte in text.iter().skip(at).take(length) {
                escape(*byte, out);
            }
            at += length;
            plain = at;
        }
        out.extend_from_slice(text.get(plain..).unwrap_or_default());
    }

    /// Returns whether a text certainly needs no escaping, from its bytes alone.
    #[inline]
    fn is_plain(&self, text: &[u8], inside: bool) -> bool {
        // An empty separator separates nothing. A backslash is escaped in any case.
        let first = |separator: &[u8]| separator.first().copied().unwrap_or(b'\\');
        let column = first(&self.separator);
        let element = if inside { first(&self.set_separator) } else { column };
        let is_plain = |byte: u8| {
            (b' '..=b'~').contains(&byte) & (byte != b'\\') & (byte != column) & (byte != element)
        };
        // All bytes at once, which is faster than to stop at the first.
        text.iter().fold(true, |plain, byte| plain & is_plain(*byte))
    }

    /// Returns how many bytes to escape from this position.
    #[inline]
    fn escaped(&self, text: &[u8], at: usize, inside: bool) -> usize {
        let Some(rest) = text.get(at..) else { return 0 };
        let separates = |separator: &[u8]| !separator.is_empty() && rest.starts_with(separator);
        match rest.first() {
            None => 0,
            Some(b'\\' | 0..=0x1f | 0x7f..) => 1,
            Some(_) if separates(&self.separator) => self.separator.len(),
            Some(_) if inside && separates(&self.set_separator) => self.set_separator.len(),
            Some(_) => 0,
        }
    }
}

/// Writes the value as in Bro's logs: `-` if it is unset, `(empty)` if it is empty.
impl fmt::Display for LogValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = Vec::new();
        AsciiFormat::default().value(self, false, &mut written);
        f.write_str(&String::from_utf8_lossy(&written))
    }
}

pub(super) fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector never fails.
    let _ = out.write_fmt(text);
}

/// Writes an address.
fn addr(addr: IpAddr, out: &mut Vec<u8>) {
    match addr.to_canonical() {
        IpAddr::V4(v4) => {
            for (i, octet) in v4.octets().into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                decimal(octet.into(), out);
            }
        }
        v6 => out.extend_from_slice(address(v6).as_bytes()),
    }
}

/// Writes a byte as `\xhh`, a backslash doubled.
fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\\' => out.extend_from_slice(b"\\\\"),
        _ => append(out, format_args!("\\x{byte:02x}")),
    }
}

/// Writes a header's text: whitespace and unprintable bytes are escaped, backslashes are not.
fn escape_unusual(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            0x21..=0x7e => out.push(*byte),
            _ => append(out, format_args!("\\x{byte:02x}")),
        }
    }
}
