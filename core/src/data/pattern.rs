//! Bro's regular expressions, for matching here.

use regex::bytes::{Regex, RegexBuilder};

/// Says what is wrong with a pattern, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {kind}")]
pub struct PatternError {
    /// What is wrong.
    pub kind: PatternErrorKind,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Says what is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// The pattern is not well-formed.
    #[error("malformed pattern")]
    Malformed,
}

/// Matches byte strings as wholes.
#[derive(Debug, Clone)]
pub(crate) struct Matcher(Regex);

impl Matcher {
    /// Reads a pattern, with or without slashes; returns it without them too.
    pub(crate) fn parse(pattern: &str) -> Result<(&str, Matcher), PatternError> {
        let source = pattern.strip_prefix('/').and_then(|p| p.strip_suffix('/')).unwrap_or(pattern);
        let malformed = |_| PatternError { kind: PatternErrorKind::Malformed, column: 1 };
        RegexBuilder::new(source).unicode(false).build().map_err(malformed)?;
        let whole = RegexBuilder::new(&format!(r"\A(?:{source})\z")).unicode(false).build();
        Ok((source, Matcher(whole.map_err(malformed)?)))
    }

    /// Tells whether the pattern matches all of a text.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }
}
