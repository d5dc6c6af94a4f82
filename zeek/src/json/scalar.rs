//! Values that are strings with a special form: times, intervals, addresses, subnets, ports.

use std::net::IpAddr;

use brocomm::data::{Port, Subnet, Transport};

use super::calendar::days_of;

/// The units of intervals in nanoseconds, largest first.
const UNITS: [(&str, i128); 6] = [
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const SECOND: i128 = 1_000_000_000;

/// Reads an interval: a number and a unit, such as `-36h` or `1.5s`. Truncates to nanoseconds.
pub(super) fn timespan(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (number, unit) = text.split_at_checked(text.find(|c: char| c.is_ascii_alphabetic())?)?;
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let nanos = digits(whole)?.checked_mul(*unit)?.checked_add(part(fraction, *unit)?)?;
    i64::try_from(if negative { -nanos } else { nanos }).ok()
}

/// Reads digits. Returns 0 for an empty text.
fn digits(text: &str) -> Option<i128> {
    const MOST: usize = 20;
    if text.len() > MOST || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.bytes().fold(0, |number, digit| number * 10 + i128::from(digit - b'0')))
}

/// Returns the part of a unit that the digits after the point stand for.
fn part(text: &str, unit: i128) -> Option<i128> {
    // Digits below a nanosecond change nothing.
    let text = if text.bytes().all(|byte| byte.is_ascii_digit()) { text } else { return None };
    let text = text.get(..text.len().min(18))?;
    let scale = 10i128.pow(u32::try_from(text.len()).ok()?);
    Some(digits(text)? * unit / scale)
}

/// Reads a time such as `2017-07-14T02:40:00.123`, in UTC unless a zone follows.
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let days = days_of(year, month, day)?;
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at_checked(zone_at)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
        return None;
    }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone)?;
    i64::try_from(i128::from(seconds) * SECOND + part(fraction, SECOND)?).ok()
}

/// Reads three numbers with these numbers of digits, separated by `mark`.
fn fields(text: &str, mark: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(mark);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = i64::try_from(digits(part)?).ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Reads a zone: nothing or `Z`, `+hh`, `-hhmm`, `+hh:mm`. Returns seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    let Some(sign) = zone.chars().next().filter(|sign| *sign != 'Z') else {
        return matches!(zone, "" | "Z").then_some(0);
    };
    let rest = zone.get(1..)?;
    let (hours, minutes) = rest.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    if hours.len() != 2 || !matches!((rest.len(), minutes.len()), (2, 0) | (4 | 5, 2)) {
        return None;
    }
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let seconds = i64::try_from(hours * 3_600 + minutes * 60).ok()?;
    (hours < 24 && minutes < 60).then_some(if sign == '-' { -seconds } else { seconds })
}

/// Reads an address. IPv4 addresses may be in IPv4-mapped IPv6 form.
pub(super) fn address(text: &[u8]) -> Option<IpAddr> {
    let address: IpAddr = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(address.to_canonical())
}

/// Reads a subnet. Rejects a width that is too large, which Zeek would read as `::/0`.
pub(super) fn subnet(text: &[u8]) -> Option<Subnet> {
    let (prefix, width) = std::str::from_utf8(text).ok()?.split_once('/')?;
    let width = u8::try_from(digits(width).filter(|_| !width.is_empty())?).ok()?;
    // The width counts in the family of the written address.
    Subnet::new(prefix.parse().ok()?, width)
}

/// Reads a port. Rejects larger numbers, which Zeek truncates to 16 bits, and other protocols,
/// which Zeek changes to unknown.
pub(super) fn port(text: &[u8]) -> Option<Port> {
    let text = std::str::from_utf8(text).ok()?;
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let number = u16::try_from(digits(number).filter(|_| !number.is_empty())?).ok()?;
    let transport = match protocol {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "icmp" => Transport::Icmp,
        "?" | "unknown" => Transport::Unknown,
        _ => return None,
    };
    Some(Port { transport, number })
}
