//! Times and intervals: seconds in a double in Bro, 64 bits of nanoseconds in Zeek's API.

use super::RefusalKind;

/// The limit of Zeek, whose own times and intervals are doubles too: larger ones become the minimum
/// number of nanoseconds.
const LIMIT: f64 = 9_223_372_036.854_774;

/// The value that Zeek sends for an interval that is infinite, NaN or out of range.
const NO_INTERVAL: i64 = i64::MIN;

/// The value that Zeek sends for such a time. Like all times before 1970 it is truncated to whole
/// seconds.
const NO_TIME: i64 = -9_223_372_036_000_000_000;

/// Returns the nanoseconds of a time.
pub(super) fn time_nanos(seconds: f64) -> Result<i64, RefusalKind> {
    match nanos(seconds, "time")? {
        ..=NO_TIME => Err(RefusalKind::OutOfRange("time")),
        nanos => Ok(nanos),
    }
}

/// Returns the nanoseconds of a time or interval, rounded to the nearest one.
fn nanos(seconds: f64, what: &'static str) -> Result<i64, RefusalKind> {
    // This is true for NaN too.
    if !(-LIMIT..=LIMIT).contains(&seconds) {
        return Err(RefusalKind::OutOfRange(what));
    }
    // The parts are exact, and so small that their products are exact too.
    let whole = seconds.trunc();
    let fraction = ((seconds - whole) * 1e9).round();
    Ok(whole as i64 * 1_000_000_000 + fraction as i64)
}

/// Returns the nanoseconds of an interval.
pub(super) fn interval_nanos(seconds: f64) -> Result<i64, RefusalKind> {
    match nanos(seconds, "interval")? {
        0 if seconds != 0.0 => Err(RefusalKind::TooShort(seconds)),
        nanos => Ok(nanos),
    }
}

/// Returns the seconds of an interval.
pub(super) fn interval(nanos: i64) -> Result<f64, RefusalKind> {
    if nanos == NO_INTERVAL {
        return Err(RefusalKind::Unrepresentable("interval"));
    }
    Ok(seconds(nanos))
}

/// Returns the seconds of a time.
pub(super) fn time(nanos: i64) -> Result<f64, RefusalKind> {
    if nanos <= NO_TIME {
        return Err(RefusalKind::Unrepresentable("time"));
    }
    Ok(seconds(nanos))
}

/// Returns the double that is nearest to a number of nanoseconds, in seconds.
fn seconds(nanos: i64) -> f64 {
    let (whole, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    // Where the sum of the parts might be rounded twice, parse the decimal digits.
    if whole == 0 || fraction == 0 {
        return if whole == 0 { fraction as f64 / 1e9 } else { whole as f64 };
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:09}", whole.unsigned_abs(), fraction.unsigned_abs());
    text.parse().unwrap_or(nanos as f64 / 1e9)
}
