//! Doubles and intervals as Bro prints them.

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

const UNITS: [(f64, &str); 6] =
    [(86400.0, "day"), (3600.0, "hr"), (60.0, "min"), (1.0, "sec"), (1e-3, "msec"), (1e-6, "usec")];

/// Formats an interval as a sum of whole units, without fractions of a microsecond.
pub(super) fn interval(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0 secs".to_owned();
    }
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
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
