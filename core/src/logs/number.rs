//! Formatting of numbers in Bro's logs (3§3).

use crate::notation::number;
use crate::notation::number::split;

/// The longest text of a double that fits Bro's buffer.
const LONGEST_DOUBLE: usize = 255;

/// The greatest number that Bro prints without an exponent outside of logs.
const WIDEST: f64 = i32::MAX as f64;

/// Writes a time or interval: always six decimals, an exponent beyond ±2147483647.
pub(super) fn fixed(value: f64) -> String {
    if !value.is_finite() || value.abs() > WIDEST {
        return number::double(value);
    }
    let (whole, decimals) = split(value.abs());
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{whole}.{decimals:06}")
}

/// Writes a double: at most six decimals, never an exponent.
pub(super) fn double(value: f64) -> String {
    if !value.is_finite() || value.abs() <= WIDEST {
        return number::double(value);
    }
    let text = format!("{value:.6}");
    if text.len() > LONGEST_DOUBLE {
        return "NAN.0".to_owned();
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if value.fract() == 0.0 { format!("{text}.0") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(fixed(value), text);
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
            assert_eq!(double(value), text, "{value:e}");
        }
        let googol = double(1e100);
        assert_eq!(googol.len(), 103);
        assert!(googol.starts_with("10000000000000000159028911097599180468360808563945281389781"));
    }
}
