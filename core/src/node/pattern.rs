//! Patterns for names of events (part 4 §2), in Bro's syntax.

use std::fmt;
use std::str::FromStr;

pub use crate::data::{PatternError, PatternErrorKind};

use crate::data::Name;
use crate::data::pattern::Matcher;

/// Says which events are meant: a pattern in Bro's syntax for whole names.
///
/// Two are equal if they are written alike.
#[derive(Debug, Clone)]
pub struct EventPattern {
    source: String,
    matcher: Matcher,
}

impl EventPattern {
    /// Reads a pattern, with or without the slashes around it that scripts have.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the pattern, and at which column.
    pub fn new(pattern: &str) -> Result<EventPattern, PatternError> {
        let (source, matcher) = Matcher::parse(pattern)?;
        Ok(EventPattern { source: source.to_owned(), matcher })
    }

    /// Tells whether an event of this name is meant: whether the pattern matches all of it.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.matcher.matches(name)
    }

    /// Returns the names that the pattern stands for, if it does for a few only, such as `ping|pong`.
    pub fn names_outright(&self) -> Option<Vec<Name>> {
        None
    }

    /// Returns the pattern as it was written, without slashes.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl FromStr for EventPattern {
    type Err = PatternError;

    fn from_str(pattern: &str) -> Result<EventPattern, PatternError> {
        EventPattern::new(pattern)
    }
}

impl PartialEq for EventPattern {
    fn eq(&self, other: &EventPattern) -> bool {
        self.source == other.source
    }
}

impl Eq for EventPattern {}

impl fmt::Display for EventPattern {
    /// Shows the pattern as Bro does, `/^?(RE)$?/`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/^?({})$?/", self.source)
    }
}
