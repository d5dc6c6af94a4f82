//! Parsing of classes: `[…]`.

use super::class::Class;
use super::error::{PatternError, PatternErrorKind};
use super::parser::Parser;

impl<'a> Parser<'a> {
    /// Parses the rest of a class. `start` is the text from its opening bracket on.
    pub(super) fn class(&mut self, start: &'a [u8]) -> Result<Class, PatternError> {
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

    /// Parses `[:name:]`, if present.
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
