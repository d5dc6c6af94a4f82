//! Bytes and values as single-line text.

use std::fmt::{self, Write};

use brocomm::data::Value;

/// Returns a value on one line, as Bro prints it.
///
/// The same as [`Value::to_line`] except that tabs are kept, for comparison with the output of
/// Bro's `print` and `fmt`.
pub(crate) fn value(value: &Value) -> String {
    let mut out = Vec::new();
    value.print_to(&mut out);
    bytes(&out)
}

/// Returns bytes as text. Everything except printable ASCII and tabs becomes `\xHH`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    // Writing to a string never fails.
    let _ = write_bytes(&mut text, bytes);
    text
}

/// Writes what [`bytes`] returns.
pub(super) fn write_bytes(out: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    let is_kept = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
    // Usually nothing is escaped. Without an early exit, many bytes are checked at once.
    if bytes.iter().fold(true, |all, byte| all & is_kept(byte)) {
        return str::from_utf8(bytes).map_or(Ok(()), |text| out.write_str(text));
    }
    for part in bytes.chunk_by(|one, next| is_kept(one) && is_kept(next)) {
        match (part, str::from_utf8(part)) {
            ([byte], _) if !is_kept(byte) => write!(out, "\\x{byte:02x}")?,
            (_, Ok(text)) => out.write_str(text)?,
            // The remaining bytes are ASCII.
            (_, Err(_)) => {}
        }
    }
    Ok(())
}

/// Returns text with tabs escaped, for output in columns.
pub(crate) fn without_tabs(printed: &str) -> String {
    let mut text = String::with_capacity(printed.len());
    let _ = WithoutTabs(&mut text).write_str(printed);
    text
}

/// Writes something with tabs escaped, for output in columns.
pub(super) struct WithoutTabs<'a>(pub(super) &'a mut String);

impl Write for WithoutTabs<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.as_bytes().contains(&b'\t') {
            self.0.push_str(text);
            return Ok(());
        }
        for (n, part) in text.split('\t').enumerate() {
            if n > 0 {
                self.0.push_str("\\x09");
            }
            self.0.push_str(part);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_and_tabs_are_kept() {
        assert_eq!(bytes(b"a\tb\n\\ \x7f\xc3\xa9~"), "a\tb\\x0a\\ \\x7f\\xc3\\xa9~");
        assert_eq!(without_tabs("a\tb\t"), "a\\x09b\\x09");
        assert_eq!(value(&Value::string("x\0")), "x\\x00");
        assert_eq!(value(&Value::Interval(60.0)), "1.0 min");
    }
}
