//! A token reader for JSON as Zeek writes it.

use std::borrow::Cow;

use bytes::Bytes;

use super::{MAX_DEPTH, text};
use crate::{DecodeError, DecodeErrorKind};

/// A reader of a text.
#[derive(Debug)]
pub(crate) struct Reader<'t> {
    text: &'t Bytes,
    at: usize,
    depth: u32,
    /// Whether to accept the words that Zeek writes for infinities and NaN.
    words: bool,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t Bytes) -> Reader<'t> {
        Reader { text, at: 0, depth: 0, words: true }
    }

    /// Creates a reader that accepts the same as Zeek, which is less than what Zeek writes.
    pub(crate) fn as_zeek(text: &'t Bytes) -> Reader<'t> {
        Reader { words: false, ..Reader::new(text) }
    }

    pub(super) fn takes_words(&self) -> bool {
        self.words
    }

    pub(super) fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError { kind, offset: self.at }
    }

    pub(super) fn expected(&self, what: &'static str) -> DecodeError {
        self.error(DecodeErrorKind::Expected(what))
    }

    /// Returns the current position.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to an earlier position.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Skips white space and returns the next byte. As in Zeek, a carriage return is not white
    /// space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n') => self.at += 1,
                other => return other,
            }
        }
    }

    /// Consumes this mark if it is next.
    #[inline]
    pub(super) fn eat(&mut self, mark: u8) -> bool {
        let there = self.next() == Some(mark);
        if there {
            self.at += 1;
        }
        there
    }

    #[inline]
    fn expect(&mut self, mark: u8, what: &'static str) -> Result<(), DecodeError> {
        if self.eat(mark) { Ok(()) } else { Err(self.expected(what)) }
    }

    /// Checks that the text ends here. For Zeek a NUL also ends it.
    pub(crate) fn end(&mut self) -> Result<(), DecodeError> {
        match self.next() {
            None | Some(0) => Ok(()),
            Some(_) => Err(self.error(DecodeErrorKind::Trailing)),
        }
    }

    /// Returns the text that is not read yet.
    #[inline]
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes to the position at which this number of bytes is left.
    #[inline]
    pub(super) fn go_to_rest(&mut self, length: usize) {
        self.at = self.text.len() - length;
    }

    #[inline]
    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    #[inline]
    pub(super) fn deeper(&mut self) -> Result<(), DecodeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(DecodeErrorKind::TooDeep { limit: MAX_DEPTH }));
        }
        Ok(())
    }

    /// Reads an object. Calls `member` with each key, before its value.
    pub(crate) fn object(
        &mut self,
        member: impl FnMut(&mut Self, &[u8]) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.expect(b'{', "an object")?;
        self.deeper()?;
        if self.eat(b'}') {
            self.depth -= 1;
            return Ok(());
        }
        self.members(member)
    }

    /// Reads the members of an object after its start, up to its end.
    pub(super) fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, &[u8]) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        loop {
            let key = self.key()?;
            self.expect(b':', "`:`")?;
            member(self, &key)?;
            if !self.eat(b',') {
                break;
            }
        }
        self.expect(b'}', "`,` or `}`")?;
        self.depth -= 1;
        Ok(())
    }

    /// Reads an array. Calls `item` before each value.
    #[inline]
    pub(crate) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.expect(b'[', "an array")?;
        self.deeper()?;
        if !self.eat(b']') {
            loop {
                item(self)?;
                if !self.eat(b',') {
                    break;
                }
            }
            self.expect(b']', "`,` or `]`")?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads the key of a member.
    #[inline]
    fn key(&mut self) -> Result<Cow<'t, [u8]>, DecodeError> {
        let (start, end, plain) = self.quoted()?;
        let raw = self.text.get(start..end).unwrap_or_default();
        if plain {
            return Ok(Cow::Borrowed(raw));
        }
        self.unescape(start, raw).map(Cow::Owned)
    }

    /// Reads a string. It shares the text's buffer unless it has escapes.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Bytes, DecodeError> {
        let (start, end, plain) = self.quoted()?;
        if plain {
            return Ok(self.text.slice(start..end));
        }
        let raw = self.text.get(start..end).unwrap_or_default();
        self.unescape(start, raw).map(Bytes::from)
    }

    /// Reads a string. Skips any other value.
    pub(crate) fn string_or_skip(&mut self) -> Result<Option<Bytes>, DecodeError> {
        if self.next() == Some(b'"') {
            return self.string().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// Reads a string whose text is needed only temporarily.
    #[inline]
    pub(super) fn short_string(&mut self) -> Result<Cow<'t, [u8]>, DecodeError> {
        self.key()
    }

    /// Finds the start and the end of a string, and whether it has no escapes.
    #[inline]
    fn quoted(&mut self) -> Result<(usize, usize, bool), DecodeError> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        let mut plain = true;
        loop {
            let rest = self.rest();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
                self.at = self.text.len();
                return Err(self.expected("the end of a string"));
            };
            self.at += length;
            if self.peek() == Some(b'"') {
                self.at += 1;
                return Ok((start, self.at - 1, plain));
            }
            plain = false;
            self.at += 2;
        }
    }

    fn unescape(&self, start: usize, raw: &[u8]) -> Result<Vec<u8>, DecodeError> {
        text::unescape(raw)
            .map_err(|at| DecodeError { kind: DecodeErrorKind::Escape, offset: start + at })
    }

    /// Reads a word or number: everything up to the next mark.
    #[inline]
    pub(super) fn token(&mut self) -> Result<&'t [u8], DecodeError> {
        self.next();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.expected("a value"));
        }
        self.at += length;
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// Skips a value.
    pub(crate) fn skip(&mut self) -> Result<(), DecodeError> {
        match self.next() {
            Some(b'{') => self.object(|reader, _| reader.skip()),
            Some(b'[') => self.array(Self::skip),
            Some(b'"') => self.quoted().map(|_| ()),
            _ => {
                let start = self.at;
                let token = self.token()?;
                if matches!(token, b"true" | b"false" | b"null") || super::number::is_number(token)
                {
                    return Ok(());
                }
                self.at = start;
                Err(self.expected("a value"))
            }
        }
    }
}
