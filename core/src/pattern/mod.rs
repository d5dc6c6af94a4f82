//! Bro's regular expressions, for matching here.
//!
//! A pattern is read (`parser`) as what Bro's scanner and parser take it for, then written in the
//! syntax of the crate `regex`, which matches in time linear in the text. As in Bro:
//!
//! * `.` is any byte but a newline, `"…"` stands for what is between the quotes, `[…]` and `[^…]`
//!   for one of some bytes, `[[:alpha:]]` for an ASCII letter;
//! * `|`, `(…)`, `*`, `+`, `?`, `{m}`, `{m,}` and `{m,n}` are as usual, `^` and `$` are the text's
//!   beginning and end;
//! * `\n`, `\t`, `\r`, `\a`, `\b`, `\f`, `\v`, `\101` and `\x41` are characters; after any other
//!   backslash a character stands for itself, so that `\d` is a `d`;
//! * `(?i:…)` takes letters in either case, but for those in quotes: only in the patterns that we
//!   match names of events with, as Bro 2.5 doesn't know it.
//!
//! Two mistakes of Bro 2.5.5 are not repeated: its `[[:upper:]]` is a *lower* case letter, and its
//! `.` and `[^…]` may also stand for the text's beginning or end, so that `/ab./` takes `ab`.

mod brackets;
mod class;
mod empty;
mod error;
mod expand;
mod parser;
#[cfg(test)]
mod tests;
mod tree;

use bytes::Bytes;
use regex::bytes::{Regex, RegexBuilder};

pub use error::PatternError;
pub(crate) use error::PatternErrorKind;

use self::parser::{Dialect, Parser};
use self::tree::Tree;

/// The greatest size of a compiled pattern, in bytes.
const COMPILED_LIMIT: usize = 1 << 20;
/// How deep the text written for `regex` may be nested: more than what is read can make it.
const NESTED_LIMIT: u32 = 1000;

/// Matches byte strings as wholes.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    tree: Tree,
    regex: Regex,
}

impl Expression {
    /// Reads a pattern.
    pub(crate) fn new(pattern: &[u8]) -> Result<Expression, PatternError> {
        let tree = Parser::parse(pattern, Dialect::Own)?;
        let regex = compile(&tree, r"\z")?;
        Ok(Expression { tree, regex })
    }

    /// Returns whether the pattern matches all of a text.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Returns all that the pattern matches, in the order written, if that is little.
    pub(crate) fn expand(&self) -> Option<Vec<Bytes>> {
        expand::expand(&self.tree)
    }
}

/// Matches text as a [`Pattern`](crate::data::Pattern) does; see
/// [`Pattern::matcher`](crate::data::Pattern::matcher).
#[derive(Debug, Clone)]
pub struct PatternMatcher {
    exact: Regex,
    anywhere: Regex,
    /// As `anywhere`, where that may match without taking a byte.
    nonempty: Option<Regex>,
    /// Whether the pattern is found in an empty text.
    in_nothing: bool,
}

impl PatternMatcher {
    /// Compiles the two texts of a pattern.
    pub(crate) fn new(exact: &[u8], anywhere: &[u8]) -> Result<PatternMatcher, PatternError> {
        // Bro holds both texts against a string from its beginning on, the latter not to its end.
        let exact = compile(&Parser::parse(exact, Dialect::Bro)?, r"\z")?;
        let tree = Parser::parse(anywhere, Dialect::Bro)?;
        let anywhere = compile(&tree, "")?;
        let nonempty = tree.without_bytes().and_then(|_| tree.with_bytes());
        let nonempty = nonempty.and_then(|tree| compile(&tree, "").ok());
        Ok(PatternMatcher { exact, anywhere, nonempty, in_nothing: tree.is_end() })
    }

    /// Returns whether the pattern matches all of a text, as a script's `pattern == text`.
    pub fn matches_exactly(&self, text: &[u8]) -> bool {
        self.exact.is_match(text)
    }

    /// Returns whether the pattern matches somewhere in a text, as a script's `pattern in text`.
    ///
    /// As in Bro, a match has to take a byte or the text's end: `/a*/` and `/^/` are not in an empty
    /// text, `/$/` is; and `/^/` is in no text, for the beginning alone is not enough.
    pub fn matches_anywhere(&self, text: &[u8]) -> bool {
        match self.anywhere.find(text) {
            _ if text.is_empty() => self.in_nothing,
            None => false,
            Some(found) if !found.is_empty() => true,
            // What was found first takes nothing; something else at the same place may.
            Some(_) => self.nonempty.as_ref().is_some_and(|nonempty| nonempty.is_match(text)),
        }
    }
}

/// Checks that Bro reads a text as a pattern.
pub(crate) fn check(text: &[u8]) -> Result<(), PatternError> {
    Parser::parse(text, Dialect::Bro).map(drop)
}

fn compile(tree: &Tree, end: &str) -> Result<Regex, PatternError> {
    let mut text = String::from(r"\A(?:");
    tree.write(&mut text);
    text.push(')');
    text.push_str(end);
    let mut builder = RegexBuilder::new(&text);
    builder.unicode(false).size_limit(COMPILED_LIMIT).nest_limit(NESTED_LIMIT);
    builder.build().map_err(|_| PatternError {
        // What was read is well-formed and not deep.
        kind: PatternErrorKind::TooLarge { limit: COMPILED_LIMIT },
        column: 1,
    })
}
