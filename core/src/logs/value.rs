//! Values of log entries (3§2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use bytes::Bytes;

use crate::Time;
use crate::data::{Port, Subnet, Transport, TypeTag};
use crate::notation::print::{self, decimal, split};

/// A value in one column of a log entry, or an element of a set or vector there (3§2).
///
/// Received strings share the message's buffer. Rust types are converted to the same types as for a
/// [`Value`](crate::data::Value).
///
/// ```
/// use brocomm::logs::LogValue;
///
/// let columns: [LogValue; 3] = [true.into(), 443_u64.into(), "scan".into()];
/// assert_eq!(columns, [LogValue::Bool(true), LogValue::Count(443), LogValue::string("scan")]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LogValue {
    /// An unset value, with the column's type.
    Unset(TypeTag),
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `count`
    Count(u64),
    /// `counter`
    Counter(u64),
    /// `double`
    Double(f64),
    /// `time`: seconds since the Unix epoch.
    Time(f64),
    /// `interval`: seconds.
    Interval(f64),
    /// `string`: any bytes.
    String(Bytes),
    /// The name of an enum's constant.
    Enum(Bytes),
    /// A function, as Bro prints it.
    Func(Bytes),
    /// A file, as Bro prints it.
    File(Bytes),
    /// `port`
    Port(Port),
    /// `addr`
    Addr(IpAddr),
    /// `subnet`
    Subnet(Subnet),
    /// The elements of a set, in the order received.
    Set(Vec<LogValue>),
    /// The elements of a vector.
    Vector(Vec<LogValue>),
}

macro_rules! from {
    ($($rust:ty => $convert:expr;)*) => {$(
        impl From<$rust> for LogValue {
            fn from(value: $rust) -> LogValue {
                ($convert)(value)
            }
        }
    )*};
}

from! {
    bool => LogValue::Bool;
    i64 => LogValue::Int;
    u64 => LogValue::Count;
    f64 => LogValue::Double;
    Time => |v: Time| LogValue::Time(v.as_secs_f64());
    Duration => |v: Duration| LogValue::Interval(v.as_secs_f64());
    &str => LogValue::string;
    String => |v: String| LogValue::String(v.into());
    Bytes => LogValue::String;
    Port => LogValue::Port;
    IpAddr => |v: IpAddr| LogValue::Addr(v.to_canonical());
    Subnet => |v: Subnet| LogValue::Subnet(v.canonical());
}

impl LogValue {
    /// Creates a string from text or bytes.
    pub fn string(text: impl AsRef<[u8]>) -> LogValue {
        LogValue::String(Bytes::copy_from_slice(text.as_ref()))
    }

    /// Returns the tag of the value's type; for a set it is [`TypeTag::Table`].
    pub fn tag(&self) -> TypeTag {
        match self {
            LogValue::Unset(tag) => *tag,
            LogValue::Bool(_) => TypeTag::Bool,
            LogValue::Int(_) => TypeTag::Int,
            LogValue::Count(_) => TypeTag::Count,
            LogValue::Counter(_) => TypeTag::Counter,
            LogValue::Double(_) => TypeTag::Double,
            LogValue::Time(_) => TypeTag::Time,
            LogValue::Interval(_) => TypeTag::Interval,
            LogValue::String(_) => TypeTag::String,
            LogValue::Enum(_) => TypeTag::Enum,
            LogValue::Func(_) => TypeTag::Func,
            LogValue::File(_) => TypeTag::File,
            LogValue::Port(_) => TypeTag::Port,
            LogValue::Addr(_) => TypeTag::Addr,
            LogValue::Subnet(_) => TypeTag::Subnet,
            LogValue::Set(_) => TypeTag::Table,
            LogValue::Vector(_) => TypeTag::Vector,
        }
    }

    /// Returns the value without sharing a message's buffer, for storing.
    pub fn compact(&self) -> LogValue {
        let copy = |bytes: &Bytes| Bytes::copy_from_slice(bytes);
        let all = |items: &[LogValue]| items.iter().map(LogValue::compact).collect();
        match self {
            LogValue::String(text) => LogValue::String(copy(text)),
            LogValue::Enum(text) => LogValue::Enum(copy(text)),
            LogValue::Func(text) => LogValue::Func(copy(text)),
            LogValue::File(text) => LogValue::File(copy(text)),
            LogValue::Set(items) => LogValue::Set(all(items)),
            LogValue::Vector(items) => LogValue::Vector(all(items)),
            other => other.clone(),
        }
    }
}

/// The longest text of a double that fits Bro's buffer.
const LONGEST_DOUBLE: usize = 255;

/// The greatest number that Bro prints without an exponent outside of logs.
const WIDEST: f64 = i32::MAX as f64;

/// Appends a number of at most 2147483647 with six decimals.
fn with_millionths(value: f64, out: &mut Vec<u8>) {
    let (whole, decimals) = split(value.abs());
    if value < 0.0 {
        out.push(b'-');
    }
    decimal(whole, out);
    // A leading digit, which becomes the point, keeps the zeros after it.
    let point = out.len();
    decimal(1_000_000 + decimals, out);
    out.get_mut(point).into_iter().for_each(|digit| *digit = b'.');
}

/// Appends a time or interval: always six decimals, an exponent beyond ±2147483647.
pub(super) fn fixed(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() && value.abs() <= WIDEST {
        with_millionths(value, out);
    } else {
        out.extend_from_slice(print::double(value).as_bytes());
    }
}

/// Appends a double: at most six decimals, never an exponent.
pub(super) fn double(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        return out.extend_from_slice(print::double(value).as_bytes());
    }
    if value.abs() <= WIDEST {
        with_millionths(value, out);
        let zeros = out.iter().rev().take(6).take_while(|digit| **digit == b'0').count();
        // An integer keeps one decimal. A number that only rounds to an integer has none.
        let cut = match zeros {
            6 if value.fract() == 0.0 => 5,
            6 => 7,
            zeros => zeros,
        };
        return out.truncate(out.len() - cut);
    }
    let text = format!("{value:.6}");
    if text.len() > LONGEST_DOUBLE {
        return out.extend_from_slice(b"NAN.0");
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    out.extend_from_slice(text.as_bytes());
    if value.fract() == 0.0 {
        out.extend_from_slice(b".0");
    }
}

/// Stores a value in a place that has nothing to free, where it is made: to return or push it would
/// write it in small parts and then move it as a whole, for which the processor waits.
#[inline(always)]
pub(super) fn put(place: &mut LogValue, value: LogValue) {
    std::mem::forget(std::mem::replace(place, value));
}

/// Returns places for this many values.
pub(super) fn places(count: usize) -> Vec<LogValue> {
    std::iter::repeat_with(|| LogValue::Bool(false)).take(count).collect()
}

/// Reads a value at the beginning of the rest of an argument, and [puts](put) it there. Returns the
/// rest behind it.
///
/// Leaves containers and subnets to [`decode`](super::decode), and all that is wrong, which would
/// read everything the same.
#[inline(always)]
pub(super) fn usual_value<'c>(
    argument: &Bytes,
    rest: &'c [u8],
    place: &mut LogValue,
) -> Option<&'c [u8]> {
    let (&[a, b, c, d, is_set], rest) = rest.split_first_chunk()?;
    let tag = TypeTag::from_u8(u8::try_from(u32::from_be_bytes([a, b, c, d])).ok()?)?;
    if is_set != 1 {
        put(place, LogValue::Unset(tag));
        return Some(rest);
    }
    match tag {
        TypeTag::String => text(argument, rest, place, LogValue::String),
        TypeTag::Enum => text(argument, rest, place, LogValue::Enum),
        TypeTag::Addr => addr(rest, place),
        TypeTag::Port => port(rest, place),
        _ => {
            let (word, rest) = rest.split_first_chunk()?;
            let word = u64::from_be_bytes(*word);
            match tag {
                TypeTag::Count => put(place, LogValue::Count(word)),
                TypeTag::Time => put(place, LogValue::Time(f64::from_bits(word))),
                TypeTag::Interval => put(place, LogValue::Interval(f64::from_bits(word))),
                TypeTag::Double => put(place, LogValue::Double(f64::from_bits(word))),
                TypeTag::Int => put(place, LogValue::Int(word as i64)),
                TypeTag::Counter => put(place, LogValue::Counter(word)),
                TypeTag::Bool => put(place, LogValue::Bool(word != 0)),
                _ => return None,
            }
            Some(rest)
        }
    }
}

// Each of these on its own: together they would be put together piece by piece, whichever it is.

#[inline(always)]
fn text<'c>(
    argument: &Bytes,
    rest: &'c [u8],
    place: &mut LogValue,
    value: impl FnOnce(Bytes) -> LogValue,
) -> Option<&'c [u8]> {
    let (length, rest) = rest.split_first_chunk()?;
    let start = argument.len() - rest.len();
    let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    // It has just been found to lie within.
    put(place, value(argument.slice(start..start + text.len())));
    Some(rest)
}

#[inline(always)]
fn addr<'c>(rest: &'c [u8], place: &mut LogValue) -> Option<&'c [u8]> {
    match rest.split_first()? {
        (4, rest) => {
            let (addr, rest) = rest.split_first_chunk::<4>()?;
            put(place, LogValue::Addr(Ipv4Addr::from(*addr).into()));
            Some(rest)
        }
        (6, rest) => {
            let (addr, rest) = rest.split_first_chunk::<16>()?;
            put(place, LogValue::Addr(Ipv6Addr::from(*addr).into()));
            Some(rest)
        }
        _ => None,
    }
}

#[inline(always)]
fn port<'c>(rest: &'c [u8], place: &mut LogValue) -> Option<&'c [u8]> {
    let (number, rest) = rest.split_first_chunk()?;
    let (transport, rest) = rest.split_first_chunk()?;
    let transport = Transport::from_number(u32::from_be_bytes(*transport).into())?;
    let number = u16::try_from(u64::from_be_bytes(*number)).ok()?;
    put(place, LogValue::Port(Port { transport, number }));
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<T>(value: T, write: fn(T, &mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 9, 10, 99, 100, 1_234_567_890, u64::MAX] {
            assert_eq!(written(number, decimal), number.to_string());
        }
    }

    #[test]
    fn times_and_intervals_have_six_decimals() {
        let cases = [
            (1000.5, "1000.500000"),
            (0.0, "0.000000"),
            (-0.001, "-0.001000"),
            (172_800.0, "172800.000000"),
            (1_795_383_416.922919, "1795383416.922919"),
            (2_147_483_647.0, "2147483647.000000"),
            (2_147_483_648.0, "2.147484e+09"),
            (-3e9, "-3.000000e+09"),
            (1e-9, "0.000000"),
            (0.999_999_9, "1.000000"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(written(value, fixed), text);
        }
    }

    #[test]
    fn doubles_have_no_exponent() {
        let cases = [
            (3.15, "3.15"),
            (-0.5, "-0.5"),
            (5.0, "5.0"),
            (-0.0, "0.0"),
            (1e10, "10000000000.0"),
            (-1e10, "-10000000000.0"),
            (3_000_000_000.25, "3000000000.25"),
            (1e-300, "0"),
            (-1e-300, "-0"),
            (0.000_000_5, "0.000001"),
            (0.000_002_5, "0.000002"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (2e247, &format!("{:.0}.0", 2e247)),
            (-2e247, "NAN.0"),
            (2e248, "NAN.0"),
        ];
        for (value, text) in cases {
            assert_eq!(written(value, double), text, "{value:e}");
        }
        let googol = written(1e100, double);
        assert_eq!(googol.len(), 103);
        assert!(googol.starts_with("10000000000000000159028911097599180468360808563945281389781"));
    }
}
