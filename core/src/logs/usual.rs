//! A fast path for the values of log entries in the usual layout (3§2).

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::LogValue;
use crate::data::{Port, Transport, TypeTag};

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
    let transport = match u32::from_be_bytes(*transport) {
        0 => Transport::Unknown,
        1 => Transport::Tcp,
        2 => Transport::Udp,
        3 => Transport::Icmp,
        _ => return None,
    };
    let number = u16::try_from(u64::from_be_bytes(*number)).ok()?;
    put(place, LogValue::Port(Port { transport, number }));
    Some(rest)
}
