//! Escapes of strings, and short strings without an allocation.

use std::fmt::Write as _;

/// Resolves the escapes of a string without its quotes: JSON's, and `\v`.
///
/// # Errors
///
/// The position of an invalid escape.
pub(super) fn unescape(raw: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    let at = |rest: &[u8]| raw.len() - rest.len();
    while let Some(plain) = rest.iter().position(|byte| *byte == b'\\') {
        let (before, escape) = rest.split_at_checked(plain).unwrap_or_default();
        out.extend_from_slice(before);
        let Some((kind, after)) = escape.get(1..).and_then(<[u8]>::split_first) else {
            return Err(at(escape));
        };
        rest = after;
        let byte = match kind {
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'u' => {
                let (character, after) = unicode(after).ok_or_else(|| at(escape))?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
                continue;
            }
            _ => return Err(at(escape)),
        };
        out.push(byte);
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// Reads the text after `\u`, with the second half of a surrogate pair if there is one.
fn unicode(text: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = unit(text)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, rest));
    }
    let (second, rest) = unit(rest.strip_prefix(b"\\u")?)?;
    match (first, second) {
        (0xd800..=0xdbff, 0xdc00..=0xdfff) => {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            Some((char::from_u32(code)?, rest))
        }
        _ => None,
    }
}

fn unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

/// Writes each byte that is not part of a character as `\xNN`.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Formats bytes for an error message, truncated if there are many.
pub(super) fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    bytes.get(..SHOWN).unwrap_or(bytes).escape_ascii().to_string()
}

/// A short string without an allocation.
#[derive(Debug)]
pub(super) struct Text {
    bytes: [u8; 48],
    length: usize,
}

impl Default for Text {
    fn default() -> Text {
        Text { bytes: [0; 48], length: 0 }
    }
}

impl Text {
    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("")
    }
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
