//! Tokens of Bro's script notation.

mod skip;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::print::UNITS;
use super::{ParseError, ParseErrorKind};
use crate::data::{Name, Port, Subnet, Transport};

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    line: u32,
    column: u32,
}

impl Position {
    /// Creates an error at this position.
    pub(super) fn error(self, kind: ParseErrorKind) -> ParseError {
        ParseError { kind, line: self.line, column: self.column }
    }

    /// Returns an error if a name declared here was seen before.
    pub(super) fn unique(self, name: &Name, seen: &mut BTreeSet<Name>) -> Result<(), ParseError> {
        match seen.insert(name.clone()) {
            true => Ok(()),
            false => {
                let name = ParseErrorKind::quote(&name.to_string());
                Err(self.error(ParseErrorKind::Duplicate(name)))
            }
        }
    }

    /// Returns the position at an offset of a text that begins here.
    pub(super) fn past(mut self, text: &str, offset: usize) -> Position {
        for c in text.get(..offset).unwrap_or(text).chars() {
            match c {
                '\n' => self = Position { line: self.line.saturating_add(1), column: 1 },
                _ => self.column = self.column.saturating_add(1),
            }
        }
        self
    }
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A name, optionally with a module (`Module::name`).
    Name(&'a str),
    /// A directive of a script, without the `@`.
    Directive(&'a str),
    /// An attribute's name, without the ampersand.
    Attribute(&'a str),
    Count(u64),
    Double(f64),
    Interval(f64),
    String(Cow<'a, [u8]>),
    /// The text between the slashes.
    Pattern(&'a str),
    Port(Port),
    Addr(IpAddr),
    Subnet(Subnet),
    /// Any other punctuation.
    Mark(char),
    /// The end of the text.
    End,
}

/// A lexer. Cheap to copy for lookahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexer<'a> {
    /// The unread input.
    rest: &'a str,
    at: Position,
    /// Whether a value precedes, so that a slash is a division, not the beginning of a pattern.
    after_value: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Lexer<'a> {
        Lexer { rest: text, at: Position { line: 1, column: 1 }, after_value: false }
    }

    /// Returns the current position.
    pub(super) fn at(&self) -> Position {
        self.at
    }

    /// Reads a token with its position and text.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Position, &'a str), ParseError> {
        self.skip_blank();
        let (at, before) = (self.at, self.rest);
        let token = self.token().map_err(|kind| at.error(kind))?;
        self.after_value = !matches!(
            token,
            Token::Mark(
                '(' | '{' | '[' | ',' | ';' | '=' | '$' | '-' | '+' | '*' | '/' | '%' | '|'
            ) | Token::Attribute(_)
                | Token::End
        );
        let length = before.len().saturating_sub(self.rest.len());
        Ok((token, at, before.get(..length).unwrap_or_default()))
    }

    fn token(&mut self) -> Result<Token<'a>, ParseErrorKind> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            '[' => match self.bracketed_address() {
                Some(address) => self.maybe_subnet(address),
                None => Ok(self.mark()),
            },
            '"' => self.string(),
            '/' if !self.after_value => self.pattern(),
            '&' => {
                self.bump();
                Ok(Token::Attribute(self.take_while(|c| c == '_' || c.is_ascii_alphanumeric())))
            }
            '@' => {
                self.bump();
                let is_part = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
                match self.take_while(is_part) {
                    "" => Err(ParseErrorKind::Character(first)),
                    word => Ok(Token::Directive(word)),
                }
            }
            '0'..='9' => self.number(),
            '.' if self.rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
            ':' => match self.bare_address() {
                Some(address) => self.maybe_subnet(address),
                None => Ok(self.mark()),
            },
            '_' | 'a'..='z' | 'A'..='Z' => self.name(),
            '(' | ')' | '{' | '}' | ']' | ',' | ';' | '=' | '$' | '-' | '+' | '*' | '/' | '%'
            | '|' => Ok(self.mark()),
            other => Err(ParseErrorKind::Character(other)),
        }
    }

    fn mark(&mut self) -> Token<'a> {
        self.bump().map_or(Token::End, Token::Mark)
    }

    fn name(&mut self) -> Result<Token<'a>, ParseErrorKind> {
        let length = name_length(self.rest);
        // Text that cannot be a name, such as fe80::1, may be an address.
        if matches!(self.rest.as_bytes().get(length), Some(b':' | b'.'))
            && self.address_run().len() > length
            && let Some(address) = self.bare_address()
        {
            return self.maybe_subnet(address);
        }
        Ok(Token::Name(self.take(length)))
    }

    fn string(&mut self) -> Result<Token<'a>, ParseErrorKind> {
        self.bump();
        let plain = |byte: u8| !matches!(byte, b'"' | b'\\' | b'\n');
        let begin = self.take_run(plain);
        if self.eat('"') {
            return Ok(Token::String(Cow::Borrowed(begin.as_bytes())));
        }
        let mut bytes = begin.as_bytes().to_vec();
        loop {
            match self.bump() {
                Some('"') => return Ok(Token::String(Cow::Owned(bytes))),
                Some('\\') => self.escape(&mut bytes)?,
                _ => return Err(ParseErrorKind::UnterminatedString),
            }
            bytes.extend_from_slice(self.take_run(plain).as_bytes());
        }
    }

    /// Reads the rest of an escape, after a backslash in a string.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), ParseErrorKind> {
        let digits = |lexer: &mut Self, limit: usize, radix: u32| {
            let digits = lexer.rest.bytes().take(limit);
            let length = digits.take_while(|byte| char::from(*byte).is_digit(radix)).count();
            let text = lexer.take(length);
            let number = u32::from_str_radix(text, radix);
            let byte = number.ok().and_then(|number| u8::try_from(number).ok());
            byte.ok_or_else(|| ParseErrorKind::Number(format!("\\{text}")))
        };
        let byte = match self.peek() {
            Some('0'..='7') => digits(self, 3, 8)?,
            Some('x') => {
                self.bump();
                digits(self, 2, 16)?
            }
            Some(other) => {
                self.bump();
                match other {
                    'a' => 7,
                    'b' => 8,
                    't' => b'\t',
                    'n' => b'\n',
                    'v' => 11,
                    'f' => 12,
                    'r' => b'\r',
                    '\n' => return Err(ParseErrorKind::UnterminatedString),
                    // As in Bro, any other character stands for itself.
                    other => {
                        bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                        return Ok(());
                    }
                }
            }
            None => return Err(ParseErrorKind::UnterminatedString),
        };
        bytes.push(byte);
        Ok(())
    }

    fn pattern(&mut self) -> Result<Token<'a>, ParseErrorKind> {
        self.bump();
        let start = self.rest;
        loop {
            let length = start.len().saturating_sub(self.rest.len());
            match self.bump() {
                // As in Bro, `//` is not a pattern.
                Some('/') if length == 0 => return Err(ParseErrorKind::EmptyPattern),
                Some('/') => return Ok(Token::Pattern(start.get(..length).unwrap_or_default())),
                Some('\\') if self.peek() != Some('\n') => {
                    self.bump();
                }
                None | Some('\n' | '\\') => return Err(ParseErrorKind::UnterminatedPattern),
                Some(_) => {}
            }
        }
    }

    /// Reads an IPv6 address in brackets, if one follows.
    fn bracketed_address(&mut self) -> Option<IpAddr> {
        let text = self.rest.strip_prefix('[')?;
        let inner = Lexer { rest: text, ..*self }.address_run();
        if !inner.contains(':') {
            return None;
        }
        let address: Ipv6Addr = inner.parse().ok()?;
        text.get(inner.len()..)?.strip_prefix(']')?;
        self.take(inner.len().saturating_add(2));
        Some(address.into())
    }

    /// Reads an IPv6 address without brackets, if one follows.
    fn bare_address(&mut self) -> Option<IpAddr> {
        let run = self.address_run();
        let address: Ipv6Addr = run.parse().ok()?;
        self.take(run.len());
        Some(address.into())
    }

    /// Returns the longest prefix of the input that could be an IPv6 address; empty if a name
    /// continues beyond it.
    fn address_run(&self) -> &'a str {
        // The bound avoids scanning a long run of such characters repeatedly.
        const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();
        let end = self
            .rest
            .bytes()
            .take(LONGEST)
            .take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
            .count();
        let (run, after) = self.rest.split_at_checked(end).unwrap_or_default();
        let goes_on = after.starts_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
        if goes_on { "" } else { run }
    }

    /// Reads `/width` after an address, if present.
    fn maybe_subnet(&mut self, prefix: IpAddr) -> Result<Token<'a>, ParseErrorKind> {
        let before = *self;
        self.take_while(|c| c == ' ' || c == '\t');
        if !self.eat('/') {
            *self = before;
            return Ok(Token::Addr(prefix));
        }
        self.take_while(|c| c == ' ' || c == '\t');
        let width = self.take_while(|c| c.is_ascii_digit());
        if width.is_empty() {
            // A pattern may follow an address, though only in invalid input.
            *self = before;
            return Ok(Token::Addr(prefix));
        }
        let limit = Subnet::max_width(prefix);
        let subnet = width.parse::<u8>().ok().and_then(|width| Subnet::new(prefix, width));
        subnet.map(Token::Subnet).ok_or_else(|| ParseErrorKind::Width {
            text: ParseErrorKind::quote(&format!("{prefix}/{width}")),
            limit,
        })
    }

    fn skip_blank(&mut self) {
        loop {
            let bytes = self.rest.as_bytes();
            let is_blank = |byte: &u8| byte.is_ascii_whitespace();
            let length = bytes.iter().position(|byte| !is_blank(byte)).unwrap_or(bytes.len());
            let (blank, rest) = self.rest.split_at_checked(length).unwrap_or_default();
            self.rest = rest;
            let columns = match blank.rfind('\n') {
                Some(last) => {
                    let lines = blank.bytes().filter(|byte| *byte == b'\n').count();
                    let lines = u32::try_from(lines).unwrap_or(u32::MAX);
                    self.at = Position { line: self.at.line.saturating_add(lines), column: 1 };
                    blank.len().saturating_sub(last).saturating_sub(1)
                }
                None => blank.len(),
            };
            let columns = u32::try_from(columns).unwrap_or(u32::MAX);
            self.at.column = self.at.column.saturating_add(columns);
            if !self.rest.starts_with('#') {
                return;
            }
            self.take_run(|byte| byte != b'\n');
        }
    }

    /// Skips a character.
    pub(super) fn step(&mut self) {
        self.bump();
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            self.at = Position { line: self.at.line.saturating_add(1), column: 1 };
        } else {
            self.at.column = self.at.column.saturating_add(1);
        }
        Some(c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.bump();
        }
        there
    }

    /// Consumes `length` bytes, which must be ASCII other than newlines.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        let columns = u32::try_from(length).unwrap_or(u32::MAX);
        self.at.column = self.at.column.saturating_add(columns);
        taken
    }

    /// Consumes the bytes up to the first that is not wanted, which has to be ASCII. Newlines are
    /// not wanted.
    fn take_run(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().position(|byte| !wanted(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        let columns = u32::try_from(taken.chars().count()).unwrap_or(u32::MAX);
        self.at.column = self.at.column.saturating_add(columns);
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.rest;
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
        let length = start.len().saturating_sub(self.rest.len());
        start.get(..length).unwrap_or_default()
    }
}

/// Returns the length in bytes of the name at the beginning of the text.
fn name_length(text: &str) -> usize {
    let part = |text: &str| match text.as_bytes().first() {
        Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
            let is_end = |byte: u8| byte != b'_' && !byte.is_ascii_alphanumeric();
            text.bytes().position(is_end).unwrap_or(text.len())
        }
        _ => 0,
    };
    let mut length = part(text);
    while let Some(next) = text.get(length..).and_then(|rest| rest.strip_prefix("::")) {
        match part(next) {
            0 => break,
            more => length = length.saturating_add(2).saturating_add(more),
        }
    }
    length
}

impl<'a> Lexer<'a> {
    pub(super) fn number(&mut self) -> Result<Token<'a>, ParseErrorKind> {
        let run = self.address_run();
        if let Ok(v4) = run.parse::<Ipv4Addr>() {
            self.take(run.len());
            return self.maybe_subnet(v4.into());
        }
        if let Some(address) = self.bare_address() {
            return self.maybe_subnet(address);
        }
        if let Some(digits) = self.rest.strip_prefix("0x") {
            let end = digits.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(digits.len());
            let text = self.take(end.saturating_add(2));
            let digits = text.get(2..).unwrap_or_default();
            return match u64::from_str_radix(digits, 16) {
                Ok(number) => Ok(Token::Count(number)),
                Err(_) => Err(ParseErrorKind::Number(ParseErrorKind::quote(text))),
            };
        }
        let text = self.take(float_length(self.rest));
        let wrong = || ParseErrorKind::Number(ParseErrorKind::quote(text));
        let is_whole = text.bytes().all(|b| b.is_ascii_digit());
        if is_whole && let Some(port) = self.port(text)? {
            return Ok(Token::Port(port));
        }
        if let Some(unit) = self.unit() {
            let number: f64 = text.parse().map_err(|_| wrong())?;
            return Ok(Token::Interval(number * unit));
        }
        if self.peek().is_some_and(|c| c == '_' || c == '.' || c.is_ascii_alphanumeric()) {
            let more = self.take_while(|c| c == '_' || c == '.' || c.is_ascii_alphanumeric());
            return Err(ParseErrorKind::Number(ParseErrorKind::quote(&format!("{text}{more}"))));
        }
        if is_whole {
            text.parse().map(Token::Count).map_err(|_| wrong())
        } else {
            text.parse().map(Token::Double).map_err(|_| wrong())
        }
    }

    /// Reads the protocol of a port, if one follows.
    fn port(&mut self, number: &str) -> Result<Option<Port>, ParseErrorKind> {
        let Some(after) = self.rest.strip_prefix('/') else { return Ok(None) };
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let protocol = after.get(..end).unwrap_or_default();
        let known = [Transport::Tcp, Transport::Udp, Transport::Icmp, Transport::Unknown];
        let Some(transport) = known.into_iter().find(|t| t.name() == protocol) else {
            return Ok(None);
        };
        self.take(end.saturating_add(1));
        match number.parse() {
            Ok(number) => Ok(Some(Port { transport, number })),
            Err(_) => {
                let text = format!("{number}/{protocol}");
                Err(ParseErrorKind::Number(ParseErrorKind::quote(&text)))
            }
        }
    }

    /// Reads an interval's unit, if present, and returns its length in seconds.
    fn unit(&mut self) -> Option<f64> {
        let before = *self;
        self.take_while(|c| c == ' ' || c == '\t');
        let word = self.take_while(|c| c == '_' || c.is_ascii_alphanumeric());
        let singular = word.strip_suffix('s').unwrap_or(word);
        let unit = UNITS.iter().find(|(name, _)| *name == singular).map(|(_, seconds)| *seconds);
        if unit.is_none() {
            *self = before;
        }
        unit
    }
}

/// Returns the length in bytes of the number at the beginning of the text.
fn float_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count().saturating_add(from)
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end.saturating_add(1));
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = end.saturating_add(1);
        let start = sign.saturating_add(usize::from(matches!(bytes.get(sign), Some(b'+' | b'-'))));
        let exponent_end = digits(start);
        if exponent_end > start {
            end = exponent_end;
        }
    }
    end
}
