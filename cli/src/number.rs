//! Parsing of integers on the command line.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Returns a parser for an integer in a range.
pub(crate) fn within<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let (least, most) = (range.start(), range.end());
            Err(format!("`{text}` is not a whole number from {least} to {most}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_show_the_range() {
        assert_eq!(within(1..=9_u8)("9"), Ok(9));
        assert_eq!(within(-1..=1_i64)("-1"), Ok(-1));
        for text in ["", "0", "10", "256", "-1", "x", "1.5", " 1"] {
            let why = format!("`{text}` is not a whole number from 1 to 9");
            assert_eq!(within(1..=9_u8)(text), Err(why));
        }
    }
}
