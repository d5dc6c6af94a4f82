//! Parses patterns as Bro's scanner and parser do.

use super::tree::{Class, Tree};
use super::{PatternError, PatternErrorKind};

/// The maximum number of repetitions.
const REPEAT_LIMIT: u32 = 1000;
/// The maximum nesting of groups.
const DEPTH_LIMIT: u32 = 32;
/// The maximum number of consecutive repetitions: `a{2}{3}` has two. Together with the depth this
/// stays below the limits of `regex`.
const STACK_LIMIT: u32 = 4;
/// The maximum length of a pattern, in bytes.
const LENGTH_LIMIT: usize = 64 << 10;

type Result<T> = std::result::Result<T, PatternError>;

/// A parser for patterns.
pub(super) struct Parser<'a> {
    text: &'a [u8],
    /// The unread input.
    rest: &'a [u8],
    /// The number of open groups.
    depth: u32,
    /// Whether letters match either case.
    insensitive: bool,
    dialect: Dialect,
}

/// The dialect of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Patterns that Bro 2.5.5 compiles.
    Bro,
    /// The same as a person writes them, with any bytes.
    Written,
    /// Patterns for local use only, with `(?i:…)`.
    Own,
}

impl<'a> Parser<'a> {
    /// Parses a pattern.
    pub(super) fn parse(text: &'a [u8], dialect: Dialect) -> Result<Tree> {
        let mut parser = Parser { text, rest: text, depth: 0, insensitive: false, dialect };
        if text.len() > LENGTH_LIMIT {
            let (length, limit) = (text.len(), LENGTH_LIMIT);
            return parser.fail(text, PatternErrorKind::TooLong { length, limit });
        }
        let unusual = text.iter().position(|byte| !byte.is_ascii());
        let unusual = unusual.and_then(|at| text.get(at..)).filter(|_| dialect == Dialect::Bro);
        if let Some([byte, ..]) = unusual {
            return parser.fail(unusual.unwrap_or_default(), PatternErrorKind::NotAscii(*byte));
        }
        let tree = parser.alternatives()?;
        // Only a parenthesis can end alternatives before the end of the text.
        if parser.rest.is_empty() {
            Ok(tree)
        } else {
            parser.fail(parser.rest, PatternErrorKind::UnopenedGroup)
        }
    }

    /// Returns an error at the position of this rest of the text.
    pub(super) fn fail<T>(&self, at: &[u8], kind: PatternErrorKind) -> Result<T> {
        let before = self.text.len().saturating_sub(at.len());
        // Counts all bytes except UTF-8 continuation bytes.
        let characters = self.text.iter().take(before).filter(|byte| **byte & 0xC0 != 0x80).count();
        let column = u32::try_from(characters).unwrap_or(u32::MAX).saturating_add(1);
        Err(PatternError { kind, column })
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn eat(&mut self, wanted: &[u8]) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Parses the content of parentheses, or the whole pattern.
    fn alternatives(&mut self) -> Result<Tree> {
        // Only the first alternative may be empty.
        let first = self.series()?;
        if self.peek() != Some(b'|') {
            return Ok(first);
        }
        let mut trees = vec![first];
        loop {
            let bar = self.rest;
            if !self.eat(b"|") {
                return Ok(Tree::Any(trees));
            }
            if matches!(self.peek(), None | Some(b'|' | b')')) {
                return self.fail(bar, PatternErrorKind::EmptyAlternative);
            }
            trees.push(self.series()?);
        }
    }

    fn series(&mut self) -> Result<Tree> {
        let mut trees = Vec::new();
        while !matches!(self.peek(), None | Some(b'|' | b')')) {
            let mut tree = self.single()?;
            let mut stacked = 0u32;
            loop {
                let at = self.rest;
                let Some((min, max)) = self.repetition()? else { break };
                stacked = stacked.saturating_add(1);
                if stacked > STACK_LIMIT {
                    return self.fail(at, PatternErrorKind::TooDeep { limit: STACK_LIMIT });
                }
                tree = Tree::Repeat { tree: Box::new(tree), min, max };
            }
            trees.push(tree);
        }
        Ok(Tree::All(trees))
    }

    /// Parses an item that a repetition can follow.
    fn single(&mut self) -> Result<Tree> {
        let start = self.rest;
        match self.bump() {
            None => Ok(Tree::All(Vec::new())),
            Some(b'(') => self.group(start),
            Some(b'[') => self.class(start).map(Tree::One),
            Some(b'"') => self.quoted(start),
            Some(b'.') => {
                let mut newline = Class::default();
                newline.add(b'\n');
                Ok(Tree::One(newline.negated()))
            }
            Some(b'^') => Ok(Tree::Start),
            Some(b'$') => Ok(Tree::End),
            Some(first @ (b'*' | b'+' | b'?')) => {
                self.fail(start, PatternErrorKind::NothingToRepeat(first.into()))
            }
            Some(b'{') if self.peek().is_some_and(|byte| byte.is_ascii_digit()) => {
                self.fail(start, PatternErrorKind::NothingToRepeat('{'))
            }
            Some(b'{') => self.fail(start, PatternErrorKind::MalformedRepeat),
            Some(b'}') => self.fail(start, PatternErrorKind::UnopenedRepeat),
            Some(first) => {
                let mut class = Class::default();
                class.add(self.character(first, start)?);
                if self.insensitive {
                    class.add_cases();
                }
                Ok(Tree::One(class))
            }
        }
    }

    fn group(&mut self, start: &'a [u8]) -> Result<Tree> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_LIMIT {
            return self.fail(start, PatternErrorKind::TooDeep { limit: DEPTH_LIMIT });
        }
        let outside = self.insensitive;
        if self.eat(b"?i:") {
            if self.dialect != Dialect::Own {
                return self.fail(start, PatternErrorKind::CaseInsensitive);
            }
            self.insensitive = true;
        } else if self.peek() == Some(b'?') {
            return self.fail(start, PatternErrorKind::GroupKind);
        }
        let tree = self.alternatives()?;
        if !self.eat(b")") {
            return self.fail(start, PatternErrorKind::UnclosedGroup);
        }
        self.insensitive = outside;
        self.depth = self.depth.saturating_sub(1);
        Ok(tree)
    }

    /// Parses the rest of a quoted text, which is always case-sensitive.
    fn quoted(&mut self, start: &'a [u8]) -> Result<Tree> {
        let mut trees = Vec::new();
        loop {
            let at = self.rest;
            match self.bump() {
                None => return self.fail(start, PatternErrorKind::UnclosedQuote),
                Some(b'"') => return Ok(Tree::All(trees)),
                Some(first) => {
                    let mut class = Class::default();
                    class.add(self.character(first, at)?);
                    trees.push(Tree::One(class));
                }
            }
        }
    }

    /// Parses a repetition, if one follows.
    fn repetition(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let start = self.rest;
        if self.eat(b"*") {
            return Ok(Some((0, None)));
        } else if self.eat(b"+") {
            return Ok(Some((1, None)));
        } else if self.eat(b"?") {
            return Ok(Some((0, Some(1))));
        } else if !self.eat(b"{") {
            return Ok(None);
        }
        let Some(min) = self.number()? else {
            return self.fail(start, PatternErrorKind::MalformedRepeat);
        };
        let comma = self.eat(b",");
        let max = if comma { self.number()? } else { Some(min) };
        if !self.eat(b"}") {
            return self.fail(start, PatternErrorKind::MalformedRepeat);
        }
        match max {
            Some(max) if max < min => {
                self.fail(start, PatternErrorKind::ReversedRepeat { min, max })
            }
            max => Ok(Some((min, max))),
        }
    }

    /// Parses a repetition count, if digits follow.
    fn number(&mut self) -> Result<Option<u32>> {
        let start = self.rest;
        let length = start.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let Some((digits, rest)) = start.split_at_checked(length).filter(|_| length > 0) else {
            return Ok(None);
        };
        self.rest = rest;
        let text = std::str::from_utf8(digits).unwrap_or_default();
        match text.parse() {
            Ok(number) if number <= REPEAT_LIMIT => Ok(Some(number)),
            _ => {
                let number = text.chars().take(20).collect();
                self.fail(start, PatternErrorKind::TooManyRepeats { number, limit: REPEAT_LIMIT })
            }
        }
    }

    /// Returns the byte for the character that begins with `first`, the first byte of `start`.
    pub(super) fn character(&mut self, first: u8, start: &'a [u8]) -> Result<u8> {
        match first {
            0 | b'\n' => self.fail(start, PatternErrorKind::EndsPattern(first)),
            b'\\' => self.escape(start),
            other => Ok(other),
        }
    }

    /// Parses the rest of an escape.
    fn escape(&mut self, start: &'a [u8]) -> Result<u8> {
        let digits = self.rest.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        if let Some((digits, rest)) = self.rest.split_at_checked(digits).filter(|_| digits > 0) {
            self.rest = rest;
            let text = std::str::from_utf8(digits).unwrap_or_default();
            // Bro drops digits after the third.
            let byte = u8::from_str_radix(text, 8).ok().filter(|_| text.len() <= 3);
            return match byte {
                Some(byte) => Ok(byte),
                None => {
                    let digits = text.chars().take(20).collect();
                    self.fail(start, PatternErrorKind::OctalEscape(digits))
                }
            };
        }
        Ok(match self.bump() {
            None => return self.fail(start, PatternErrorKind::LoneBackslash),
            Some(byte @ (0 | b'\n')) => {
                return self.fail(start, PatternErrorKind::EndsPattern(byte));
            }
            Some(b'x') => return self.hexadecimal(start),
            Some(b'a') => 7,
            Some(b'b') => 8,
            Some(b't') => b'\t',
            Some(b'n') => b'\n',
            Some(b'v') => 11,
            Some(b'f') => 12,
            Some(b'r') => b'\r',
            Some(other) => other,
        })
    }

    fn hexadecimal(&mut self, start: &'a [u8]) -> Result<u8> {
        let digits = self.rest.split_at_checked(2);
        let byte = digits
            .filter(|(digits, _)| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|(digits, rest)| Some((std::str::from_utf8(digits).ok()?, rest)))
            .and_then(|(digits, rest)| Some((u8::from_str_radix(digits, 16).ok()?, rest)));
        match byte {
            Some((byte, rest)) => {
                self.rest = rest;
                Ok(byte)
            }
            None => self.fail(start, PatternErrorKind::HexEscape),
        }
    }
}

impl<'a> Parser<'a> {
    /// Parses the rest of a class. `start` is the text from its opening bracket on.
    pub(super) fn class(&mut self, start: &'a [u8]) -> Result<Class> {
        let negated = self.eat(b"^");
        let mut class = Class::default();
        // The first character is literal, even a bracket or a hyphen.
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

    /// Parses the hyphen and the second character of a range, unless the hyphen is the last
    /// character of the class.
    fn range_end(&mut self) -> Result<Option<u8>> {
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

    /// Parses `[:name:]`, if present.
    fn named(&mut self) -> Result<Option<Class>> {
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
