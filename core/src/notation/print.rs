//! Display of values as Bro prints them.
//!
//! The output equals that of a script's `fmt("%s", v)`, byte for byte: strings unchanged, sets and
//! tables over several lines, indented by tabs. Bro's `print` additionally escapes unusual bytes as
//! `\xHH`; that is [`Value::to_line`].

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::data::{EnumValue, List, Pattern, Record, Subnet, Table, TypeKind, Value, Vector};

impl Value {
    /// Appends the value's printed form, as bytes.
    ///
    /// For a script function only the name is written; Bro adds the body.
    pub fn print_to(&self, out: &mut Vec<u8>) {
        Printer::new(out).value(self);
    }

    /// Returns the printed form on one line, as Bro's `print` writes a string: bytes that are not
    /// printable ASCII become `\xHH`, including newlines.
    ///
    /// Backslashes are not escaped, so the result is for display only.
    pub fn to_line(&self) -> String {
        let mut out = Vec::new();
        self.print_to(&mut out);
        out.iter().fold(String::with_capacity(out.len()), |mut line, &byte| {
            match byte {
                b' '..=b'~' => line.push(char::from(byte)),
                _ => line.push_str(&format!("\\x{byte:02x}")),
            }
            line
        })
    }
}

/// Writes printed forms, with Bro's rules for indentation.
struct Printer<'a> {
    out: &'a mut Vec<u8>,
    /// Where this printer's text begins.
    start: usize,
    indent: usize,
}

impl<'a> Printer<'a> {
    fn new(out: &'a mut Vec<u8>) -> Printer<'a> {
        Printer { start: out.len(), out, indent: 0 }
    }

    /// Writes text, indented if it begins a line.
    fn text(&mut self, text: impl AsRef<[u8]>) {
        if self.out.len() > self.start && self.out.last() == Some(&b'\n') {
            self.out.resize(self.out.len().saturating_add(self.indent), b'\t');
        }
        self.raw(text.as_ref());
    }

    /// Writes bytes unchanged. Bro does not indent strings.
    fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(v) => self.text(if *v { "T" } else { "F" }),
            Value::Int(v) => self.text(v.to_string()),
            Value::Count(v) | Value::Counter(v) => self.number(*v),
            Value::Double(v) | Value::Time(v) => self.text(double(*v)),
            Value::Interval(v) => self.interval(*v),
            Value::String(v) => self.raw(v),
            Value::Pattern(v) => self.pattern(v),
            Value::Enum(v) => self.enumeration(v),
            Value::Port(v) => {
                self.number(v.number.into());
                self.raw(b"/");
                self.raw(v.transport.name().as_bytes());
            }
            Value::Addr(v) => self.text(address(*v)),
            Value::Subnet(v) => self.text(v.to_string()),
            Value::List(v) => self.list(v),
            Value::Table(v) => self.table(v),
            Value::Record(v) => self.record(v),
            Value::Vector(v) => self.vector(v),
            Value::Func(_, v) => self.text(&*v.name),
            Value::File(_, v) => {
                self.text("file \"");
                self.text(&*v.name);
                self.text(format!("\" of {}", file_element(&v.ty)));
            }
            Value::Opaque(_) => self.text("<no value description>"),
        }
    }

    fn number(&mut self, number: u64) {
        self.text("");
        decimal(number, self.out);
    }

    fn interval(&mut self, seconds: f64) {
        let text = interval(seconds);
        // An interval of less than a microsecond prints nothing, not even indentation.
        if !text.is_empty() {
            self.text(text);
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        self.text("/");
        self.text(&pattern.exact);
        self.text("/");
    }

    fn enumeration(&mut self, value: &EnumValue) {
        match value.name() {
            Some(name) => self.text(&*name),
            None => self.text("<undefined>"),
        }
    }

    fn list(&mut self, list: &List) {
        for (i, item) in list.items.iter().enumerate() {
            if i > 0 {
                self.text(",");
                self.raw(b" ");
            }
            self.value(item);
        }
    }

    fn table(&mut self, table: &Table) {
        let is_set = table.is_set();
        self.text("{");
        self.indent = self.indent.saturating_add(1);
        self.raw(b"\n");
        for (i, entry) in table.entries.iter().enumerate() {
            if i > 0 {
                self.text(",");
                self.raw(b"\n");
            }
            let bare = is_set && entry.index.items.len() == 1;
            if !bare {
                self.text("[");
            }
            self.list(&entry.index);
            match &entry.value {
                _ if bare => {}
                // Bro writes this trailing space, too.
                _ if is_set => self.text("] "),
                None => self.text("] = "),
                Some(value) => {
                    self.text("] = ");
                    self.value(value);
                }
            }
        }
        self.indent = self.indent.saturating_sub(1);
        self.raw(b"\n");
        self.text("}");
    }

    fn record(&mut self, record: &Record) {
        let def = record.ty.def();
        let fields = match def.as_deref().map(|def| &def.kind) {
            Some(TypeKind::Record(ty)) => ty.fields.as_deref().unwrap_or_default(),
            _ => &[],
        };
        self.text("[");
        for (i, value) in record.fields.iter().enumerate() {
            if i > 0 {
                self.text(", ");
            }
            if let Some(field) = fields.get(i) {
                self.text(&*field.name);
            }
            self.text("=");
            match value {
                Some(value) => self.value(value),
                None => self.text("<uninitialized>"),
            }
        }
        self.text("]");
    }

    fn vector(&mut self, vector: &Vector) {
        self.text("[");
        for (i, item) in vector.items.iter().enumerate() {
            if i > 0 {
                self.text(", ");
            }
            if let Some(item) = item {
                self.value(item);
            }
        }
        self.text("]");
    }
}

/// Appends a number in decimal.
pub(crate) fn decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// Returns the element type of a file's type.
fn file_element(ty: &crate::data::Type) -> String {
    match ty.def().as_deref().map(|def| &def.kind) {
        Some(TypeKind::File(element)) => element.to_string(),
        _ => ty.to_string(),
    }
}

/// Returns an address as text. Bro shows the last 32 bits of some IPv6 addresses like IPv4.
pub(crate) fn address(addr: IpAddr) -> String {
    let v6 = match addr.to_canonical() {
        IpAddr::V4(v4) => return v4.to_string(),
        IpAddr::V6(v6) => v6,
    };
    let [a, b, c, d] = (u128::from(v6) as u32).to_be_bytes();
    let tail = Ipv4Addr::new(a, b, c, d);
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, word, _] if word != 0 => format!("::{tail}"),
        // No longer run of zeros exists outside the last 32 bits.
        [0, 0, 0, 0, 0xffff, 0, ..] => format!("::ffff:0:{tail}"),
        _ => v6.to_string(),
    }
}

impl fmt::Display for Subnet {
    /// Writes the subnet as Bro does. IPv4-mapped subnets are written as IPv4.
    ///
    /// The bits outside the prefix are written as zero: Broccoli may send others, and Bro clears
    /// them on receipt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subnet { prefix, width } = self.canonical();
        write!(f, "{}/{width}", address(prefix))
    }
}

macro_rules! display {
    ($($ty:ty: $method:ident;)*) => {
        $(impl fmt::Display for $ty {
            /// Writes the printed form. Bytes that are not UTF-8 become `\xHH`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut out = Vec::new();
                Printer::new(&mut out).$method(self);
                for chunk in out.utf8_chunks() {
                    f.write_str(chunk.valid())?;
                    for byte in chunk.invalid() {
                        write!(f, "\\x{byte:02x}")?;
                    }
                }
                Ok(())
            }
        })*
    };
}

display! {
    Value: value;
    Pattern: pattern;
    EnumValue: enumeration;
    List: list;
    Table: table;
    Record: record;
    Vector: vector;
}

/// Formats a double or a time with up to six decimals, and from 2³¹ on with an exponent.
///
/// A number that only rounds to an integer is written without `.0`: `-0` for -1e-300.
pub(crate) fn double(value: f64) -> String {
    if !value.is_finite() {
        return match value {
            f64::INFINITY => "inf".to_owned(),
            f64::NEG_INFINITY => "-inf".to_owned(),
            _ => "nan".to_owned(),
        };
    }
    let magnitude = value.abs();
    if magnitude > f64::from(i32::MAX) {
        return exponential(value);
    }
    let (whole, decimals) = split(magnitude);
    let sign = if value < 0.0 { "-" } else { "" };
    if decimals > 0 {
        let text = format!("{sign}{whole}.{decimals:06}");
        text.trim_end_matches('0').to_owned()
    } else if value.fract() == 0.0 {
        format!("{sign}{whole}.0")
    } else {
        format!("{sign}{whole}")
    }
}

/// Splits a magnitude up to 2³¹ into its whole part and its millionths, rounded as Bro does.
pub(crate) fn split(magnitude: f64) -> (u64, u64) {
    // The decimals are truncated, not converted exactly, so the rounding error of the
    // multiplication is visible.
    let scaled = magnitude.fract() * 1e6;
    let (cut, rest) = (scaled.trunc() as u64, scaled.fract());
    // Halves round to even, except that 0 rounds up.
    let up = rest > 0.5 || rest == 0.5 && (cut == 0 || cut % 2 == 1);
    let (whole, decimals) = (magnitude.trunc() as u64, cut.saturating_add(u64::from(up)));
    if decimals >= 1_000_000 { (whole.saturating_add(1), 0) } else { (whole, decimals) }
}

/// Formats like C's `%e`: six decimals, and an exponent with sign and at least two digits.
pub(crate) fn exponential(value: f64) -> String {
    let text = format!("{value:.6e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}e+{exponent:0>2}"),
        None => text,
    }
}

/// The units of intervals, with their lengths in seconds.
pub(super) const UNITS: [(&str, f64); 6] =
    [("day", 86400.0), ("hr", 3600.0), ("min", 60.0), ("sec", 1.0), ("msec", 1e-3), ("usec", 1e-6)];

/// Formats an interval as a sum of whole units, without fractions of a microsecond.
pub(super) fn interval(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0 secs".to_owned();
    }
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (name, unit) in UNITS {
        if rest.abs() >= unit {
            // Bro stores the number of units in 32 bits.
            let number = f64::from((rest / unit) as i32);
            rest -= number * unit;
            let plural = if number.abs() == 1.0 { "" } else { "s" };
            parts.push(format!("{} {name}{plural}", double(number)));
        }
    }
    parts.join(" ")
}
