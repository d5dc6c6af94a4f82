//! Sets of bytes.

use std::fmt::Write;

/// A set of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Class([u128; 2]);

impl Class {
    /// Returns the bytes for a name between `[:` and `:]`, if it is valid. ASCII only.
    pub(super) fn named(name: &[u8]) -> Option<Class> {
        let member: fn(&u8) -> bool = match name.to_ascii_lowercase().as_slice() {
            b"alnum" => u8::is_ascii_alphanumeric,
            b"alpha" => u8::is_ascii_alphabetic,
            b"blank" => |byte| matches!(byte, b' ' | b'\t'),
            b"cntrl" => u8::is_ascii_control,
            b"digit" => u8::is_ascii_digit,
            b"graph" => u8::is_ascii_graphic,
            b"lower" => u8::is_ascii_lowercase,
            b"print" => |byte| matches!(byte, b' '..=b'~'),
            b"punct" => u8::is_ascii_punctuation,
            // Rust's `is_ascii_whitespace` lacks the vertical tab.
            b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
            b"upper" => u8::is_ascii_uppercase,
            b"xdigit" => u8::is_ascii_hexdigit,
            _ => return None,
        };
        let mut class = Class::default();
        (0..=u8::MAX).filter(member).for_each(|byte| class.add(byte));
        Some(class)
    }

    pub(super) fn add(&mut self, byte: u8) {
        let [low, high] = &mut self.0;
        let half = if byte < 128 { low } else { high };
        *half |= 1 << (byte % 128);
    }

    pub(super) fn merge(&mut self, other: Class) {
        let ([low, high], [other_low, other_high]) = (&mut self.0, other.0);
        *low |= other_low;
        *high |= other_high;
    }

    pub(super) fn negated(self) -> Class {
        Class(self.0.map(|half| !half))
    }

    /// Adds both cases of every letter.
    pub(super) fn add_cases(&mut self) {
        let letters: Vec<u8> = self.bytes().filter(u8::is_ascii_alphabetic).collect();
        for letter in letters {
            self.add(letter.to_ascii_lowercase());
            self.add(letter.to_ascii_uppercase());
        }
    }

    pub(super) fn contains(self, byte: u8) -> bool {
        let [low, high] = self.0;
        let half = if byte < 128 { low } else { high };
        half & (1 << (byte % 128)) != 0
    }

    pub(super) fn bytes(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |byte| self.contains(*byte))
    }

    /// Writes the class in the syntax of `regex`.
    pub(super) fn write(self, out: &mut String) {
        let all = Class::default().negated();
        if self == Class::default() {
            // An empty class must be written as the complement of the full class.
            out.push_str(r"[^\x00-\xFF]");
            return;
        } else if self == all {
            out.push_str(r"[\x00-\xFF]");
            return;
        }
        out.push('[');
        let mut bytes = self.bytes().peekable();
        while let Some(first) = bytes.next() {
            let mut last = first;
            while let Some(next) = bytes.next_if(|next| last.checked_add(1) == Some(*next)) {
                last = next;
            }
            // Writing to a String cannot fail.
            let _ = write!(out, r"\x{first:02X}-\x{last:02X}");
        }
        out.push(']');
    }
}
