//! Sets of bytes.

use std::fmt::Write;

use super::error::{PatternError, PatternErrorKind};
use super::parser::Parser;

/// Holds some of the 256 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Class([u128; 2]);

impl Class {
    /// Returns the bytes that a name between `[:` and `:]` stands for, if it is one: ASCII only.
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
            // Rust's `is_ascii_whitespace` lacks the vertical tabulator.
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

    /// Adds the other case of every letter.
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
            // A class that nothing is in has to be the opposite of one that all is in.
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

impl<'a> Parser<'a> {
    /// Reads the rest of a class; `start` is what begins with its bracket.
    pub(super) fn class(&mut self, start: &'a [u8]) -> Result<Class, PatternError> {
        let negated = self.eat(b"^");
        let mut class = Class::default();
        // What comes first is a character even if it is a bracket or a hyphen.
        let mut first = true;
        loop {
            let at = self.rest;
            if let Some(named) = self.named()? {
                class.merge(named);
            } else {
                match self.bump() {
                    None => return self.fail(start, PatternErrorKind::UnclosedClass),
                    Some(b']') if !first => break,
                    Some(b'-') if !first && !matches!(self.peek(), None | Some(b']')) => {
                        return self.fail(at, PatternErrorKind::LooseHyphen);
                    }
                    Some(byte) => {
                        let from = self.character(byte, at)?;
                        let to = self.range_end()?.unwrap_or(from);
                        if to < from {
                            return self.fail(at, PatternErrorKind::ReversedRange { from, to });
                        }
                        (from..=to).for_each(|byte| class.add(byte));
                    }
                }
            }
            first = false;
        }
        if self.insensitive {
            class.add_cases();
        }
        Ok(if negated { class.negated() } else { class })
    }

    /// Reads the hyphen and the second character of a range, if a hyphen comes that isn't the last
    /// character of the class.
    fn range_end(&mut self) -> Result<Option<u8>, PatternError> {
        let hyphen = self.rest;
        if matches!(hyphen.get(1), None | Some(b']')) || !self.eat(b"-") {
            return Ok(None);
        }
        let at = self.rest;
        let named = self.named()?.is_some();
        match self.bump() {
            Some(b'-') if self.peek() != Some(b']') => {
                self.fail(hyphen, PatternErrorKind::LooseHyphen)
            }
            _ if named => self.fail(hyphen, PatternErrorKind::LooseHyphen),
            Some(byte) => self.character(byte, at).map(Some),
            None => Ok(None),
        }
    }

    /// Reads `[:name:]`, if that comes.
    fn named(&mut self) -> Result<Option<Class>, PatternError> {
        let start = self.rest;
        let Some(inner) = start.strip_prefix(b"[:") else { return Ok(None) };
        let length = inner.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let Some((name, after)) = inner.split_at_checked(length).filter(|_| length > 0) else {
            return Ok(None);
        };
        let Some(rest) = after.strip_prefix(b":]") else { return Ok(None) };
        match Class::named(name) {
            Some(class) => {
                self.rest = rest;
                Ok(Some(class))
            }
            None => {
                let name = String::from_utf8_lossy(name).chars().take(20).collect();
                self.fail(start, PatternErrorKind::UnknownClass(name))
            }
        }
    }
}
