//! Bro's regular expressions, for matching here.
//!
//! A pattern is read ([`parser`]) as what Bro's scanner and parser take it for, then written in the
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

use regex::bytes::{Regex, RegexBuilder};

pub use error::{PatternError, PatternErrorKind};

use self::parser::{Dialect, Parser};
use self::tree::Tree;
use super::{Name, Pattern};

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

    /// Tells whether the pattern matches all of a text.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Returns all that the pattern matches, in the order written, if that is little.
    pub(crate) fn expand(&self) -> Option<Vec<Name>> {
        expand::expand(&self.tree)
    }
}

/// Matches text as a [`Pattern`] does; see [`Pattern::matcher`].
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
    /// Tells whether the pattern matches all of a text, as a script's `pattern == text`.
    pub fn matches_exactly(&self, text: &[u8]) -> bool {
        self.exact.is_match(text)
    }

    /// Tells whether the pattern matches somewhere in a text, as a script's `pattern in text`.
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

impl Pattern {
    /// Compiles the pattern for matching.
    ///
    /// ```
    /// # use brocomm::data::Pattern;
    /// let digits = Pattern::new("[0-9]+").matcher()?;
    /// assert!(digits.matches_exactly(b"17"));
    /// assert!(!digits.matches_exactly(b"17 MB"));
    /// assert!(digits.matches_anywhere(b"17 MB"));
    /// # Ok::<(), brocomm::data::PatternError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Says what is wrong with either text, and at which column of it.
    pub fn matcher(&self) -> Result<PatternMatcher, PatternError> {
        // Bro holds both texts against a string from its beginning on, the latter not to its end.
        let exact = compile(&Parser::parse(&self.exact, Dialect::Bro)?, r"\z")?;
        let tree = Parser::parse(&self.anywhere, Dialect::Bro)?;
        let anywhere = compile(&tree, "")?;
        let nonempty = tree.without_bytes().and_then(|_| tree.with_bytes());
        let nonempty = nonempty.and_then(|tree| compile(&tree, "").ok());
        Ok(PatternMatcher { exact, anywhere, nonempty, in_nothing: tree.is_end() })
    }

    /// Makes the pattern that a script would write as `/re/`, if it can be compiled; the column of
    /// an error is one of `re`.
    pub(super) fn compiled(re: &str) -> Result<Pattern, PatternError> {
        let pattern = Pattern::new(re);
        match pattern.matcher() {
            Ok(_) => Ok(pattern),
            Err(error) => Err(Parser::parse(re.as_bytes(), Dialect::Bro).err().unwrap_or(error)),
        }
    }

    /// Checks that Bro compiles the pattern.
    ///
    /// One that only passes a limit of [`matcher`](Self::matcher), on its length or depth, is right
    /// all the same.
    ///
    /// # Errors
    ///
    /// Says what is wrong with either text, and at which column of it.
    pub fn check(&self) -> Result<(), PatternError> {
        [&self.exact, &self.anywhere].into_iter().try_for_each(|text| {
            match Parser::parse(text, Dialect::Bro) {
                Err(error) if !error.kind.is_limit() => Err(error),
                _ => Ok(()),
            }
        })
    }

    /// Makes the pattern that matches what either matches, as a script's `/a/ | /b/`.
    pub(super) fn or(&self, re: &str) -> Pattern {
        let joined = |text: &[u8], form: String| [b"(", text, form.as_bytes()].concat().into();
        Pattern {
            anywhere: joined(&self.anywhere, format!(")|(^?(.|\\n)*({re}))")),
            exact: joined(&self.exact, format!(")|(^?({re})$?)")),
        }
    }
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
