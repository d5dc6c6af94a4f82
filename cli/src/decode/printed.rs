//! Bytes and values as single-line text.

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
    for &byte in bytes {
        match byte {
            b' '..=b'~' | b'\t' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

/// Returns text with tabs escaped, for output in columns.
pub(crate) fn without_tabs(printed: &str) -> String {
    printed.replace('\t', "\\x09")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_and_tabs_stay() {
        assert_eq!(bytes(b"a\tb\n\\ \x7f\xc3\xa9~"), "a\tb\\x0a\\ \\x7f\\xc3\\xa9~");
        assert_eq!(without_tabs("a\tb"), "a\\x09b");
        assert_eq!(value(&Value::string("x\0")), "x\\x00");
        assert_eq!(value(&Value::Interval(60.0)), "1.0 min");
    }
}
