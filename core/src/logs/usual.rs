//! A fast path for the values of log entries in the usual layout (3§2).

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::LogValue;
use crate::data::{Port, Transport, TypeTag};

/// Reads a value at the beginning of the rest of an argument, and puts it there. Returns the rest
/// behind it.
///
/// Leaves containers and subnets to [`decode`](super::decode), and all that is wrong, which would
/// read everything the same.
#[inline(always)]
pub(super) fn usual_value<'c>(
    argument: &Bytes,
    rest: &'c [u8],
    values: &mut Vec<LogValue>,
) -> Option<&'c [u8]> {
    let (&[a, b, c, d, is_set], rest) = rest.split_first_chunk()?;
    let tag = TypeTag::from_u8(u8::try_from(u32::from_be_bytes([a, b, c, d])).ok()?)?;
    if is_set != 1 {
        values.push(LogValue::Unset(tag));
        return Some(rest);
    }
    match tag {
        TypeTag::String => text(argument, rest, values, LogValue::String),
        TypeTag::Enum => text(argument, rest, values, LogValue::Enum),
        TypeTag::Addr => addr(rest, values),
        TypeTag::Port => port(rest, values),
        _ => {
            let (word, rest) = rest.split_first_chunk()?;
            let word = u64::from_be_bytes(*word);
            values.push(match tag {
                TypeTag::Count => LogValue::Count(word),
                TypeTag::Time => LogValue::Time(f64::from_bits(word)),
                TypeTag::Interval => LogValue::Interval(f64::from_bits(word)),
                TypeTag::Double => LogValue::Double(f64::from_bits(word)),
                TypeTag::Int => LogValue::Int(word as i64),
                TypeTag::Counter => LogValue::Counter(word),
                TypeTag::Bool => LogValue::Bool(word != 0),
                _ => return None,
            });
            Some(rest)
        }
    }
}

// Each of these on its own: together they would be put together piece by piece, whichever it is.

#[inline(always)]
fn text<'c>(
    argument: &Bytes,
    rest: &'c [u8],
    values: &mut Vec<LogValue>,
    value: impl FnOnce(Bytes) -> LogValue,
) -> Option<&'c [u8]> {
    let (length, rest) = rest.split_first_chunk()?;
    let start = argument.len() - rest.len();
    let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    // It has just been found to lie within.
    values.push(value(argument.slice(start..start + text.len())));
    Some(rest)
}

#[inline(always)]
fn addr<'c>(rest: &'c [u8], values: &mut Vec<LogValue>) -> Option<&'c [u8]> {
    match rest.split_first()? {
        (4, rest) => {
            let (addr, rest) = rest.split_first_chunk::<4>()?;
            values.push(LogValue::Addr(Ipv4Addr::from(*addr).into()));
            Some(rest)
        }
        (6, rest) => {
            let (addr, rest) = rest.split_first_chunk::<16>()?;
            values.push(LogValue::Addr(Ipv6Addr::from(*addr).into()));
            Some(rest)
        }
        _ => None,
    }
}

#[inline(always)]
fn port<'c>(rest: &'c [u8], values: &mut Vec<LogValue>) -> Option<&'c [u8]> {
    let (number, rest) = rest.split_first_chunk()?;
    let (transport, rest) = rest.split_first_chunk()?;
    let transport = match u32::from_be_bytes(*transport) {
        0 => Transport::Unknown,
        1 => Transport::Tcp,
        2 => Transport::Udp,
        3 => Transport::Icmp,
        _ => return None,
    };
    let number = u16::try_from(u64::from_be_bytes(*number)).ok()?;
    values.push(LogValue::Port(Port { transport, number }));
    Some(rest)
}
