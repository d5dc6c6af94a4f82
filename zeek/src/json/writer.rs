//! Writes values.

use std::fmt::Write as _;
use std::net::IpAddr;

use brocomm::data::{Port, Subnet, Transport};

use super::calendar::date_of;
use super::text::{Text, escaped, shown};
use super::{MAX_DEPTH, number};
use crate::{Data, EncodeError};

/// Options for writing values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The spelling of values.
    pub spelling: Spelling,
    /// How to write strings that are not UTF-8.
    pub non_utf8: NonUtf8,
}

/// The spelling of values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Spelling {
    /// Standard JSON with all digits. A value that Zeek would read as another one is an error.
    #[default]
    Exact,
    /// The spelling of Zeek itself: reals with six decimals, times in milliseconds, control
    /// characters and bytes that are not UTF-8 unescaped.
    Zeek,
}

/// How to write a string that is not UTF-8, which JSON does not support.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NonUtf8 {
    /// The bytes are sent unchanged, and the message in a binary frame. Zeek accepts this and
    /// passes the same bytes to its scripts. Other readers of JSON may not.
    #[default]
    Raw,
    /// Each byte that is not part of a character becomes the four characters `\xNN`, as Bro prints
    /// it.
    Escape,
    /// The value is an error.
    Refuse,
}

/// The maximum time and interval. Zeek converts them to seconds in a double and back to 64 bits of
/// nanoseconds, which overflow for larger values.
const MAX_NANOS: i64 = 9_223_372_036_854_774_000;

/// Zeek reads some larger doubles as infinity, because it accumulates rounding errors.
const MAX_REAL: f64 = 1.797_693_134_862_3e308;

/// A writer that appends values to a text.
#[derive(Debug)]
pub(crate) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    options: Options,
    depth: u32,
    is_utf8: bool,
}

impl<'o> Writer<'o> {
    pub(crate) fn new(options: Options, out: &'o mut Vec<u8>) -> Writer<'o> {
        Writer { out, options, depth: 0, is_utf8: true }
    }

    /// Returns whether the written text is UTF-8.
    pub(crate) fn is_utf8(&self) -> bool {
        self.is_utf8
    }

    /// Appends text unchanged.
    #[inline]
    pub(crate) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Adds this number of arrays and objects to the nesting depth.
    #[inline]
    pub(crate) fn deeper(&mut self, levels: u32) -> Result<(), EncodeError> {
        self.depth += levels;
        if self.depth > MAX_DEPTH {
            return Err(EncodeError::TooDeep { limit: MAX_DEPTH });
        }
        Ok(())
    }

    /// Appends a value with its kind.
    pub(crate) fn data(&mut self, data: &Data) -> Result<(), EncodeError> {
        self.deeper(1)?;
        match data {
            Data::None => {
                self.deeper(1)?;
                self.raw("{\"@data-type\":\"none\",\"data\":{}}");
                self.depth -= 1;
            }
            Data::Boolean(true) => self.raw("{\"@data-type\":\"boolean\",\"data\":true}"),
            Data::Boolean(false) => self.raw("{\"@data-type\":\"boolean\",\"data\":false}"),
            Data::Count(value) => {
                self.raw("{\"@data-type\":\"count\",\"data\":");
                number::write_unsigned(*value, self.out);
                self.raw("}");
            }
            Data::Integer(value) => {
                self.raw("{\"@data-type\":\"integer\",\"data\":");
                number::write_signed(*value, self.out);
                self.raw("}");
            }
            Data::Real(value) => {
                self.raw("{\"@data-type\":\"real\",\"data\":");
                self.real(*value)?;
                self.raw("}");
            }
            Data::Timespan(nanos) => {
                self.raw("{\"@data-type\":\"timespan\",\"data\":\"");
                self.timespan(*nanos)?;
                self.raw("\"}");
            }
            Data::Timestamp(nanos) => {
                self.raw("{\"@data-type\":\"timestamp\",\"data\":\"");
                self.timestamp(*nanos)?;
                self.raw("\"}");
            }
            Data::String(bytes) => {
                self.raw("{\"@data-type\":\"string\",\"data\":");
                self.string(bytes)?;
                self.raw("}");
            }
            Data::Enum(name) => {
                self.raw("{\"@data-type\":\"enum-value\",\"data\":");
                self.name(name)?;
                self.raw("}");
            }
            Data::Address(address) => {
                self.raw("{\"@data-type\":\"address\",\"data\":\"");
                self.address(*address);
                self.raw("\"}");
            }
            Data::Subnet(subnet) => {
                self.raw("{\"@data-type\":\"subnet\",\"data\":\"");
                self.subnet(*subnet)?;
                self.raw("\"}");
            }
            Data::Port(Port { transport, number }) => {
                self.raw("{\"@data-type\":\"port\",\"data\":\"");
                number::write_unsigned((*number).into(), self.out);
                self.raw(match transport {
                    Transport::Tcp => "/tcp\"}",
                    Transport::Udp => "/udp\"}",
                    Transport::Icmp => "/icmp\"}",
                    Transport::Unknown => "/?\"}",
                });
            }
            Data::Vector(items) => {
                self.raw("{\"@data-type\":\"vector\",\"data\":[");
                self.items(items.iter())?;
            }
            Data::Set(items) => {
                self.raw("{\"@data-type\":\"set\",\"data\":[");
                let mut sorted: Vec<&Data> = items.iter().collect();
                sorted.sort_unstable();
                // Zeek rejects a message with a duplicate element.
                sorted.dedup();
                self.items(sorted.into_iter())?;
            }
            Data::Table(entries) => {
                self.raw("{\"@data-type\":\"table\",\"data\":[");
                self.entries(entries)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    #[inline]
    fn items<'d>(&mut self, items: impl Iterator<Item = &'d Data>) -> Result<(), EncodeError> {
        self.deeper(1)?;
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.data(item)?;
        }
        self.depth -= 1;
        self.raw("]}");
        Ok(())
    }

    fn entries(&mut self, entries: &[(Data, Data)]) -> Result<(), EncodeError> {
        self.deeper(2)?;
        let mut sorted: Vec<&(Data, Data)> = entries.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        if !sorted.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(EncodeError::DuplicateKey);
        }
        for (at, (key, value)) in sorted.into_iter().enumerate() {
            self.raw(if at > 0 { ",{\"key\":" } else { "{\"key\":" });
            self.data(key)?;
            self.raw(",\"value\":");
            self.data(value)?;
            self.raw("}");
        }
        self.depth -= 2;
        self.raw("]}");
        Ok(())
    }

    fn real(&mut self, value: f64) -> Result<(), EncodeError> {
        // Writing to a vector can't fail.
        if self.options.spelling == Spelling::Zeek {
            let text = match value {
                _ if value.is_nan() => "nan".to_owned(),
                _ if value.is_infinite() && value > 0.0 => "inf".to_owned(),
                _ if value.is_infinite() => "-inf".to_owned(),
                _ => format!("{value:.6}"),
            };
            self.raw(&text);
            return Ok(());
        }
        if !value.is_finite() {
            return Err(EncodeError::NotFinite(value));
        }
        if value.is_subnormal() {
            return Err(EncodeError::Subnormal(value));
        }
        if value.abs() > MAX_REAL {
            return Err(EncodeError::TooLarge(value));
        }
        // The shortest digits that identify this double, always with a point or an exponent.
        let mut text = Text::default();
        let _ = write!(text, "{value:?}");
        self.raw(text.as_str());
        Ok(())
    }

    fn timespan(&mut self, nanos: i64) -> Result<(), EncodeError> {
        if self.options.spelling == Spelling::Exact && !(-MAX_NANOS..=MAX_NANOS).contains(&nanos) {
            return Err(EncodeError::Timespan(nanos));
        }
        let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
        let (unit, name) =
            units.into_iter().find(|(unit, _)| nanos % unit == 0).unwrap_or((1, "ns"));
        number::write_signed(nanos / unit, self.out);
        self.raw(name);
        Ok(())
    }

    fn timestamp(&mut self, nanos: i64) -> Result<(), EncodeError> {
        let nanos = match self.options.spelling {
            // Zeek truncates toward 1970.
            Spelling::Zeek => nanos / 1_000_000 * 1_000_000,
            Spelling::Exact if (-MAX_NANOS..=MAX_NANOS).contains(&nanos) => nanos,
            Spelling::Exact => return Err(EncodeError::Timestamp(nanos)),
        };
        let (mut seconds, mut fraction) =
            (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
        if self.options.spelling == Spelling::Zeek && nanos < 0 {
            // Before 1970 Zeek writes no fractions.
            (seconds, fraction) = (nanos / 1_000_000_000, 0);
        }
        let (year, month, day) = date_of(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let parts = [
            (year, 4, "-"),
            (month, 2, "-"),
            (day, 2, "T"),
            (of_day / 3_600, 2, ":"),
            (of_day / 60 % 60, 2, ":"),
            (of_day % 60, 2, ""),
        ];
        for (part, width, mark) in parts {
            number::write_padded(part.unsigned_abs(), width, self.out);
            self.raw(mark);
        }
        // Milliseconds like Zeek, unless there are more digits.
        let (fraction, width) = match fraction {
            _ if fraction % 1_000_000 == 0 => (fraction / 1_000_000, 3),
            _ if fraction % 1_000 == 0 => (fraction / 1_000, 6),
            _ => (fraction, 9),
        };
        self.raw(".");
        number::write_padded(fraction.unsigned_abs(), width, self.out);
        Ok(())
    }

    fn address(&mut self, address: IpAddr) {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                for (at, octet) in v4.octets().into_iter().enumerate() {
                    if at > 0 {
                        self.out.push(b'.');
                    }
                    number::write_unsigned(octet.into(), self.out);
                }
            }
            IpAddr::V6(v6) => {
                let mut text = Text::default();
                let _ = write!(text, "{v6}");
                self.raw(text.as_str());
            }
        }
    }

    fn subnet(&mut self, subnet: Subnet) -> Result<(), EncodeError> {
        let Some(canonical) = Subnet::new(subnet.prefix, subnet.width) else {
            return Err(EncodeError::SubnetWidth(subnet));
        };
        self.address(canonical.prefix);
        self.raw("/");
        number::write_unsigned(canonical.width.into(), self.out);
        Ok(())
    }

    /// Appends a name, which must be UTF-8.
    pub(crate) fn name(&mut self, name: &[u8]) -> Result<(), EncodeError> {
        if std::str::from_utf8(name).is_err() && self.options.spelling == Spelling::Exact {
            return Err(EncodeError::NotUtf8(shown(name)));
        }
        self.string(name)
    }

    /// Appends a string.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        if std::str::from_utf8(bytes).is_ok() {
            self.quoted(bytes);
            return Ok(());
        }
        match (self.options.spelling, self.options.non_utf8) {
            (Spelling::Zeek, _) | (Spelling::Exact, NonUtf8::Raw) => {
                self.is_utf8 = false;
                self.quoted(bytes);
            }
            (Spelling::Exact, NonUtf8::Escape) => self.quoted(escaped(bytes).as_bytes()),
            (Spelling::Exact, NonUtf8::Refuse) => return Err(EncodeError::NotUtf8(shown(bytes))),
        }
        Ok(())
    }

    fn quoted(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        let mut rest = bytes;
        let needs_escape = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
        while let Some(at) = rest.iter().position(needs_escape) {
            let (plain, from) = rest.split_at_checked(at).unwrap_or_default();
            self.out.extend_from_slice(plain);
            let Some((byte, after)) = from.split_first() else { break };
            self.escape(*byte);
            rest = after;
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            8 => "\\b",
            12 => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            11 if self.options.spelling == Spelling::Zeek => "\\v",
            _ if self.options.spelling == Spelling::Zeek => return self.out.push(byte),
            _ => {
                const DIGITS: [u8; 16] = *b"0123456789abcdef";
                let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
                self.raw("\\u00");
                self.out.extend([digit(byte >> 4), digit(byte & 15)]);
                return;
            }
        };
        self.raw(short);
    }
}
