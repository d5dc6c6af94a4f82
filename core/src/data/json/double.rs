//! Doubles, bit by bit.

use super::mapping::Json;
use super::node::Node;
use super::object::{Fault, Result};
use super::reader::Reader;
use super::writer::Writer;

/// The greatest power of ten that a double holds exactly.
const EXACT_TEN: i32 = 22;

/// The least number of which a double may not hold the next one exactly.
const EXACT_DIGITS: u64 = 1 << f64::MANTISSA_DIGITS;

/// Returns whether every JSON reader makes this very double of its decimal digits.
///
/// Not all of them round right; but where digits and power of ten are doubles themselves, as here,
/// a single division or multiplication is all they need.
fn is_plain(number: f64) -> bool {
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return false };
    let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits: u64 = digits
        .chars()
        .filter_map(|c| c.to_digit(10))
        .fold(0u64, |all, digit| all.saturating_mul(10).saturating_add(u64::from(digit)));
    let (Ok(exponent), Ok(fraction)) = (exponent.parse::<i32>(), i32::try_from(fraction)) else {
        return false;
    };
    match fraction.saturating_sub(exponent) {
        // `.0` follows a whole number, and so one more digit.
        ..=0 => number.abs() < EXACT_DIGITS as f64 / 10.0,
        ten => digits < EXACT_DIGITS && ten <= EXACT_TEN,
    }
}

impl Json for f64 {
    fn write(&self, _: &mut Writer) -> Node {
        if self.is_nan() && self.to_bits() != f64::NAN.to_bits() {
            Node::text(format!("NaN:{:016x}", self.to_bits()))
        } else if self.is_finite() && is_plain(*self) {
            Node::Double(*self)
        } else if self.is_finite() && (self.abs() >= 1e17 || self.abs() < 1e-5) {
            Node::text(format!("{self:e}"))
        } else {
            Node::text(self.to_string())
        }
    }

    fn read(node: Node, _: &mut Reader) -> Result<f64> {
        let text = match node {
            Node::Double(number) => return Ok(number),
            Node::Unsigned(number) => return Ok(number as f64),
            Node::Signed(number) => return Ok(number as f64),
            Node::Text(text) => text,
            other => return Err(Fault::expected("a number", &other)),
        };
        let number = match text.strip_prefix("NaN:") {
            Some(bits) => {
                let number = u64::from_str_radix(bits, 16).ok().map(f64::from_bits);
                number.filter(|number| number.is_nan())
            }
            None => text.parse().ok(),
        };
        number.ok_or_else(|| Fault::new(format_args!("{text:?} is no number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(number: f64) -> Node {
        number.write(&mut Writer::new())
    }

    #[test]
    fn what_every_reader_reads_is_a_number() {
        for number in [0.0, -0.0, 0.5, -3.0, 9e14, 1e-22, 1_500_000_000.123_456] {
            assert_eq!(write(number), Node::Double(number), "{number}");
        }
    }

    #[test]
    fn the_rest_is_text() {
        let cases = [
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000"),
            (1e23, "1e23"),
            (1e-23, "1e-23"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN:fff8000000000000"),
            (f64::from_bits(0x7ff0_0000_0000_0001), "NaN:7ff0000000000001"),
        ];
        for (number, text) in cases {
            assert_eq!(write(number), Node::text(text));
            let back = f64::read(Node::text(text), &mut Reader::new()).unwrap();
            assert_eq!(back.to_bits(), number.to_bits(), "{text}");
        }
        for text in ["", "NaN:", "NaN:3ff0000000000000", "one"] {
            assert!(f64::read(Node::text(text), &mut Reader::new()).is_err(), "{text}");
        }
    }
}
