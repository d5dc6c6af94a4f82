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
//! * `(?i:…)` takes letters in either case, but for those in quotes; this came after Bro 2.5.
//!
//! Two mistakes of Bro 2.5.5 are not repeated: its `[[:upper:]]` is a *lower* case letter, and its
//! `.` and `[^…]` may also stand for the text's beginning or end, so that `/ab./` takes `ab`.

mod brackets;
mod class;
mod error;
mod expand;
mod parser;
#[cfg(test)]
mod tests;
mod tree;

use regex::bytes::{Regex, RegexBuilder};

pub use error::{PatternError, PatternErrorKind};

use self::parser::Parser;
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
        let tree = Parser::parse(pattern)?;
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
}

impl PatternMatcher {
    /// Tells whether the pattern matches all of a text, as a script's `pattern == text`.
    pub fn matches_exactly(&self, text: &[u8]) -> bool {
        self.exact.is_match(text)
    }

    /// Tells whether the pattern matches somewhere in a text, as a script's `pattern in text`.
    pub fn matches_anywhere(&self, text: &[u8]) -> bool {
        self.anywhere.is_match(text)
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
        Ok(PatternMatcher {
            exact: compile(&Parser::parse(&self.exact)?, r"\z")?,
            anywhere: compile(&Parser::parse(&self.anywhere)?, "")?,
        })
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
