//! The options of Bro's ASCII writer.

use brocomm::logs::{AsciiFormat, JsonFormat, LogFormat};
use bytes::Bytes;

use crate::failure::{Failure, misused};

/// Options of Bro's ASCII writer.
#[derive(Debug, clap::Args)]
pub(crate) struct Columns {
    /// The separator between columns; a tab by default. \t, \\ and \xHH are escapes, here and
    /// below.
    #[arg(long, value_name = "TEXT", value_parser = bytes, conflicts_with = "json")]
    separator: Option<Bytes>,

    /// The separator between the elements of a set or vector; `,` by default.
    #[arg(long, value_name = "TEXT", value_parser = bytes, conflicts_with = "json")]
    set_separator: Option<Bytes>,

    /// The text for an empty string, set or vector; `(empty)` by default. May be empty.
    #[arg(long, value_name = "TEXT", value_parser = bytes, conflicts_with = "json")]
    empty_field: Option<Bytes>,

    /// The text for an unset column; `-` by default. May be empty.
    #[arg(long, value_name = "TEXT", value_parser = bytes, conflicts_with = "json")]
    unset_field: Option<Bytes>,
}

impl Columns {
    /// Returns the log format: JSON lines with `json`, else ASCII.
    ///
    /// # Errors
    /// The options would produce ambiguous lines.
    pub(crate) fn format(&self, json: bool) -> Result<LogFormat, Failure> {
        if json {
            return Ok(LogFormat::Json(JsonFormat::default()));
        }
        let usual = AsciiFormat::default();
        let format = AsciiFormat {
            separator: self.separator.clone().unwrap_or(usual.separator),
            set_separator: self.set_separator.clone().unwrap_or(usual.set_separator),
            empty_field: self.empty_field.clone().unwrap_or(usual.empty_field),
            unset_field: self.unset_field.clone().unwrap_or(usual.unset_field),
            ..AsciiFormat::default()
        };
        check(&format).map_err(|why| misused(format_args!("{why}")))?;
        Ok(LogFormat::Ascii(format))
    }
}

/// Returns an error if lines in this format would be ambiguous.
fn check(format: &AsciiFormat) -> Result<(), String> {
    let has = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|window| window == part);
    let (separator, set_separator) = (&*format.separator, &*format.set_separator);
    for (option, text) in [("--separator", separator), ("--set-separator", set_separator)] {
        if text.is_empty() {
            return Err(format!("{option} is empty, so nothing would separate values"));
        }
        if has(text, b"\\") {
            return Err(format!("{option} contains a backslash, which begins an escape"));
        }
    }
    if has(separator, set_separator) || has(set_separator, separator) {
        return Err("--separator and --set-separator must not contain each other".to_owned());
    }
    for (option, text) in [
        ("--separator", separator),
        ("--set-separator", set_separator),
        ("--empty-field", &*format.empty_field),
        ("--unset-field", &*format.unset_field),
    ] {
        if has(text, b"\n") {
            return Err(format!("{option} contains a newline, which ends an entry"));
        }
        let is_separator = option.ends_with("separator");
        if !is_separator && (has(text, separator) || has(text, set_separator)) {
            return Err(format!("{option} contains a separator"));
        }
    }
    Ok(())
}

/// Parses text with escapes.
fn bytes(text: &str) -> Result<Bytes, String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let (byte, after) = match (byte, after) {
            (b'\\', [b't', after @ ..]) => (b'\t', after),
            (b'\\', [b'\\', after @ ..]) => (b'\\', after),
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                let byte = digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low);
                let byte = byte.and_then(|byte| u8::try_from(byte).ok());
                (byte.ok_or("expected two hexadecimal digits after \\x")?, after)
            }
            (b'\\', _) => return Err("expected t, \\ or xHH after \\".to_owned()),
            (byte, after) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes() {
        for (text, read) in [("", ""), (";", ";"), (r"\t", "\t"), (r"a\x7c\\b", "a|\\b")] {
            assert_eq!(bytes(text).as_deref(), Ok(read.as_bytes()), "{text}");
        }
        assert_eq!(bytes(r"\xFF").as_deref(), Ok(&[0xff_u8][..]));
        for text in [r"\", r"\n", r"\x", r"\x1", r"\xzz", r"\x+1"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ambiguous_separators_are_refused() {
        let format = |separator: &'static str, set: &'static str, empty: &'static str| {
            let [separator, set_separator, empty_field] =
                [separator, set, empty].map(|text| Bytes::from_static(text.as_bytes()));
            check(&AsciiFormat { separator, set_separator, empty_field, ..AsciiFormat::default() })
        };
        for (separator, set, empty) in [("\t", ",", ""), (";", "|", "(empty)"), ("||", "/", "-")] {
            assert_eq!(format(separator, set, empty), Ok(()));
        }
        for (separator, set, empty, why) in [
            ("", ",", "", "--separator is empty"),
            ("\t", "", "", "--set-separator is empty"),
            (",", ",", "", "--separator and --set-separator"),
            ("||", "|", "", "--separator and --set-separator"),
            ("\\", ",", "", "--separator contains a backslash"),
            ("\n", ",", "", "--separator contains a newline"),
            ("\t", ",", "a\tb", "--empty-field contains a separator"),
            ("\t", ",", "a,b", "--empty-field contains a separator"),
            ("\t", ",", "a\nb", "--empty-field contains a newline"),
        ] {
            let error = format(separator, set, empty).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
