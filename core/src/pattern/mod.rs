//! Matching of Bro's regular expressions.
//!
//! A pattern is parsed (`parser`) as by Bro's scanner and parser, then translated to the syntax of
//! the crate `regex`, which matches in linear time. As in Bro:
//!
//! * `.` is any byte except a newline, `"…"` is the literal text between the quotes, `[…]` and
//!   `[^…]` are classes of bytes, `[[:alpha:]]` is an ASCII letter;
//! * `|`, `(…)`, `*`, `+`, `?`, `{m}`, `{m,}` and `{m,n}` have their usual meaning, `^` and `$`
//!   match the beginning and end of the text;
//! * `\n`, `\t`, `\r`, `\a`, `\b`, `\f`, `\v`, `\101` and `\x41` are escapes; after any other
//!   backslash a character is literal, so `\d` is a `d`;
//! * `(?i:…)` matches letters in either case, except in quotes; it is accepted only in patterns for
//!   event names, as Bro 2.5 does not support it.
//!
//! Two bugs of Bro 2.5.5 are not reproduced: its `[[:upper:]]` matches a *lower*-case letter; its
//! `.` and `[^…]` may also match the beginning or end of the text, so that `/ab./` matches `ab`.

mod parser;
#[cfg(test)]
mod tests;
mod tree;

use std::borrow::Cow;

use bytes::Bytes;
use regex::bytes::{Regex, RegexBuilder};

use self::parser::{Dialect, Parser};
use self::tree::Tree;

/// The maximum size of a compiled pattern, in bytes.
const COMPILED_LIMIT: usize = 1 << 20;
/// The nesting limit for `regex`, more than the parser's own limits allow.
const NESTED_LIMIT: u32 = 1000;

/// A pattern that matches whole byte strings.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    tree: Tree,
    regex: Regex,
}

impl Expression {
    /// Parses a pattern.
    pub(crate) fn new(pattern: &[u8]) -> Result<Expression, PatternError> {
        let tree = Parser::parse(pattern, Dialect::Own)?;
        let regex = compile(&tree, r"\z")?;
        Ok(Expression { tree, regex })
    }

    /// Returns whether the pattern matches a whole text.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Returns all texts that the pattern matches, in the order written, if they are few.
    pub(crate) fn expand(&self) -> Option<Vec<Bytes>> {
        tree::expand(&self.tree)
    }
}

/// A compiled [`Pattern`](crate::data::Pattern); see
/// [`Pattern::matcher`](crate::data::Pattern::matcher).
#[derive(Debug, Clone)]
pub struct PatternMatcher {
    exact: Regex,
    anywhere: Regex,
    /// The variant of `anywhere` that consumes a byte, if `anywhere` can match without consuming
    /// one.
    nonempty: Option<Regex>,
    /// Whether the pattern matches anywhere in an empty text.
    in_nothing: bool,
}

impl PatternMatcher {
    /// Compiles the two texts of a pattern.
    pub(crate) fn new(exact: &[u8], anywhere: &[u8]) -> Result<PatternMatcher, PatternError> {
        // Bro matches both texts from the beginning of a string, but only `exact` to its end.
        let exact = compile(&Parser::parse(exact, Dialect::Bro)?, r"\z")?;
        let tree = Parser::parse(anywhere, Dialect::Bro)?;
        let anywhere = compile(&tree, "")?;
        let nonempty = tree.without_bytes().and_then(|_| tree.with_bytes());
        let nonempty = nonempty.and_then(|tree| compile(&tree, "").ok());
        Ok(PatternMatcher { exact, anywhere, nonempty, in_nothing: tree.is_end() })
    }

    /// Returns whether the pattern matches a whole text, like `pattern == text` in a script.
    pub fn matches_exactly(&self, text: &[u8]) -> bool {
        self.exact.is_match(text)
    }

    /// Returns whether the pattern occurs in a text, like `pattern in text` in a script.
    ///
    /// As in Bro, a match must consume a byte or the end of the text: `/a*/` and `/^/` are not in
    /// an empty text, `/$/` is; `/^/` is in no text, because the beginning alone is not enough.
    pub fn matches_anywhere(&self, text: &[u8]) -> bool {
        match self.anywhere.find(text) {
            _ if text.is_empty() => self.in_nothing,
            None => false,
            Some(found) if !found.is_empty() => true,
            // The first match is empty, but another one at the same position may not be.
            Some(_) => self.nonempty.as_ref().is_some_and(|nonempty| nonempty.is_match(text)),
        }
    }
}

/// Checks that Bro accepts a text as a pattern.
pub(crate) fn check(text: &[u8]) -> Result<(), PatternError> {
    Parser::parse(text, Dialect::Bro).map(drop)
}

/// Checks that Bro accepts a text as a pattern after its bytes have been [escaped].
pub(crate) fn check_written(text: &str) -> Result<(), PatternError> {
    Parser::parse(text.as_bytes(), Dialect::Written).map(drop)
}

/// Escapes the bytes of a pattern that are not ASCII.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let (mut escaped, mut is_escape) = (String::with_capacity(text.len()), false);
    for byte in text.bytes() {
        match (byte, is_escape) {
            (0..=0x7f, _) => escaped.push(byte.into()),
            // Its backslash is there already.
            (_, true) => escaped.push_str(&format!("x{byte:02x}")),
            (_, false) => escaped.push_str(&format!("\\x{byte:02x}")),
        }
        is_escape = byte == b'\\' && !is_escape;
    }
    Cow::Owned(escaped)
}

fn compile(tree: &Tree, end: &str) -> Result<Regex, PatternError> {
    let mut text = String::from(r"\A(?:");
    tree.write(&mut text);
    text.push(')');
    text.push_str(end);
    let mut builder = RegexBuilder::new(&text);
    builder.unicode(false).size_limit(COMPILED_LIMIT).nest_limit(NESTED_LIMIT);
    builder.build().map_err(|_| PatternError {
        // The parsed pattern is well-formed and not too deep, so it must be too large.
        kind: PatternErrorKind::TooLarge { limit: COMPILED_LIMIT },
        column: 1,
    })
}

/// An error in a pattern, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {kind}")]
#[non_exhaustive]
pub struct PatternError {
    pub(crate) kind: PatternErrorKind,
    /// The column in characters, from 1.
    pub column: u32,
}

/// The kind of error in a pattern; its message suggests a correction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternErrorKind {
    #[error("`/` without a second one at the end; write `/…/`, or no slashes at all")]
    OneSlash,
    #[error("nothing precedes `{0}` to be repeated; write `\\{0}` for the character itself")]
    NothingToRepeat(char),
    #[error("nothing follows `|`; write `(…)?` for an optional part")]
    EmptyAlternative,
    #[error("`(` without `)`; write `\\(` for the character itself")]
    UnclosedGroup,
    #[error("`)` without `(`; write `\\)` for the character itself")]
    UnopenedGroup,
    #[error("`(?` is not followed by `i:`, the only such group that Bro knows")]
    GroupKind,
    #[error("`(?i:` is not known to Bro 2.5; write both cases, as in `[Aa]`")]
    CaseInsensitive,
    #[error("`\"` without a second one; write `\\\"` for the character itself")]
    UnclosedQuote,
    /// A class is not closed; a `]` at its very beginning is a literal character.
    #[error("`[` without `]`; write `\\[` for the character itself")]
    UnclosedClass,
    #[error(
        "no characters are named `[:{0}:]`; there are alnum, alpha, blank, cntrl, digit, graph, \
         lower, print, punct, space, upper and xdigit"
    )]
    UnknownClass(String),
    #[error("`{}-{}` is not a range: it ends before it begins", from.escape_ascii(), to.escape_ascii())]
    ReversedRange { from: u8, to: u8 },
    #[error("`-` is not between two characters; write `\\-` for the character itself")]
    LooseHyphen,
    #[error(
        "`{{` is not followed by `m}}`, `m,}}` or `m,n}}`; write `\\{{` for the character itself"
    )]
    MalformedRepeat,
    #[error("`}}` without `{{`; write `\\}}` for the character itself")]
    UnopenedRepeat,
    #[error("`{{{min},{max}}}` has its greater number first; write `{{{max},{min}}}`")]
    ReversedRepeat { min: u32, max: u32 },
    #[error("`{number}` repetitions, limit is {limit}")]
    TooManyRepeats { number: String, limit: u32 },
    #[error("`\\{0}` is not a byte; an octal escape has up to three digits and goes up to `\\377`")]
    OctalEscape(String),
    #[error("`\\x` is not followed by two hexadecimal digits")]
    HexEscape,
    #[error("nothing follows `\\`; write `\\\\` for the character itself")]
    LoneBackslash,
    #[error("`{}` ends a pattern; write `{}`", .0.escape_ascii(), if *.0 == 0 { r"\000" } else { r"\n" })]
    EndsPattern(u8),
    #[error("Bro's patterns are ASCII; write `\\x{0:02x}`")]
    NotAscii(u8),
    #[error("nested too deeply, limit is {limit}")]
    TooDeep { limit: u32 },
    #[error("pattern of {length} bytes, limit is {limit}")]
    TooLong { length: usize, limit: usize },
    #[error("pattern takes more than {limit} bytes of memory; use fewer repetitions")]
    TooLarge { limit: usize },
}

impl PatternErrorKind {
    /// Returns whether the pattern is valid in Bro and only exceeds a limit of this crate.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(
            self,
            PatternErrorKind::TooManyRepeats { .. }
                | PatternErrorKind::TooDeep { .. }
                | PatternErrorKind::TooLong { .. }
                | PatternErrorKind::TooLarge { .. }
        )
    }
}
