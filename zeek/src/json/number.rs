//! Reads and writes numbers.

/// Returns whether a token is a number in any form that Zeek accepts.
pub(super) fn is_number(token: &[u8]) -> bool {
    real(token).is_some() || integer(token).is_some()
}

/// Reads an integer like Zeek: with a sign, in hexadecimal after `0x`, in octal after `0`.
#[inline]
pub(super) fn integer(token: &[u8]) -> Option<i128> {
    if let Some(number) = plain(token) {
        return Some(number.into());
    }
    let (negative, digits) = match token.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, token),
    };
    let (digits, radix) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (rest, 16),
        [b'0', rest @ ..] if !rest.is_empty() => (rest, 8),
        _ => (digits, 10),
    };
    let magnitude = magnitude(digits, radix)?;
    Some(if negative { -i128::from(magnitude) } else { magnitude.into() })
}

/// Reads the usual form of integers: digits, too few to overflow.
#[inline]
fn plain(token: &[u8]) -> Option<u64> {
    const MOST: usize = 18;
    if token.len() > MOST || (token.len() > 1 && token.first() == Some(&b'0')) || token.is_empty() {
        return None;
    }
    token.iter().try_fold(0u64, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + u64::from(digit))
    })
}

fn magnitude(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        number.checked_mul(radix.into())?.checked_add(digit.into())
    })
}

/// Reads one of the unquoted words that Zeek writes for infinities and NaN. Zeek itself doesn't
/// accept them.
pub(super) fn word(token: &[u8]) -> Option<f64> {
    Some(match token {
        b"inf" => f64::INFINITY,
        b"-inf" => f64::NEG_INFINITY,
        b"nan" | b"-nan" => f64::NAN,
        _ => return None,
    })
}

/// Reads a real, which must have a point or an exponent. Rejects numbers that are too large, which
/// Zeek would read as infinity.
#[inline]
pub(super) fn real(token: &[u8]) -> Option<f64> {
    let is_real = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !token.iter().all(is_real) || !token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return None;
    }
    std::str::from_utf8(token).ok()?.parse().ok().filter(|real: &f64| real.is_finite())
}

/// Appends an integer.
#[inline]
pub(super) fn write_unsigned(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

/// Appends an integer with its sign.
#[inline]
pub(super) fn write_signed(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    write_unsigned(number.unsigned_abs(), out);
}

/// Appends an integer with at least `width` digits.
pub(super) fn write_padded(number: u64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    write_unsigned(number, out);
    let missing = width.saturating_sub(out.len() - start);
    out.splice(start..start, std::iter::repeat_n(b'0', missing));
}
