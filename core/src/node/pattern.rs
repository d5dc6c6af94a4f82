//! Patterns of event names (part 4 §2), in Bro's syntax.

use std::fmt;
use std::str::FromStr;

use crate::pattern::{PatternError, PatternErrorKind};

use crate::data::Name;
use crate::pattern::Expression;

/// A pattern of event names in Bro's syntax, which matches whole names.
///
/// ```
/// use brocomm::node::EventPattern;
///
/// let pattern: EventPattern = "Notice::.*|scan_seen".parse()?;
/// assert!(pattern.matches(b"scan_seen"));
/// assert!(!pattern.matches(b"scan_seen_twice"));
/// assert_eq!(pattern.to_string(), "/^?(Notice::.*|scan_seen)$?/");
/// assert_eq!(pattern, "/Notice::.*|scan_seen/".parse()?);
/// # Ok::<(), brocomm::pattern::PatternError>(())
/// ```
///
/// Patterns are equal if their texts are equal.
#[derive(Debug, Clone)]
pub struct EventPattern {
    source: String,
    expression: Expression,
}

impl EventPattern {
    /// Parses a pattern, with or without the surrounding slashes used in scripts.
    ///
    /// # Errors
    ///
    /// Fails if the pattern is invalid. The error contains the column.
    pub fn new(pattern: &str) -> Result<EventPattern, PatternError> {
        let (source, skipped) = match pattern.strip_prefix('/') {
            None => (pattern, 0),
            Some(rest) => match rest.strip_suffix('/') {
                Some(inner) => (inner, 1),
                None => {
                    return Err(PatternError { kind: PatternErrorKind::OneSlash, column: 1 });
                }
            },
        };
        let expression = Expression::new(source.as_bytes()).map_err(|error| PatternError {
            column: error.column.saturating_add(skipped),
            ..error
        })?;
        Ok(EventPattern { source: source.to_owned(), expression })
    }

    /// Returns the text of the pattern, without slashes.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether the pattern matches this whole name.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.expression.is_match(name)
    }

    /// Returns all names that the pattern matches, in the order written, if they are few: for
    /// `ping|pong(_[0-9])?`, but not for `ping.*`.
    pub fn names_outright(&self) -> Option<Vec<Name>> {
        let names = self.expression.expand()?.into_iter().map(Name::from_bytes);
        // Events always have a name.
        Some(names.filter(|name| !name.is_empty()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_around_a_pattern_are_ignored() {
        let pattern = EventPattern::new("/a|b/").unwrap();
        assert_eq!(pattern.source(), "a|b");
        assert_eq!(pattern.to_string(), "/^?(a|b)$?/");
        let again = EventPattern::new(&pattern.to_string()).unwrap();
        assert!(again.matches(b"b") && !again.matches(b"ab"));
    }

    #[test]
    fn columns_of_errors_count_the_slash() {
        let error = |text| EventPattern::new(text).unwrap_err().to_string();
        assert!(error("a(b").starts_with("column 2: `(` without `)`"));
        assert!(error("/a(b/").starts_with("column 3: `(` without `)`"));
        assert!(error("/ab").starts_with("column 1: `/` without"));
        assert!(error("/").starts_with("column 1: `/` without"));
    }

    #[test]
    fn both_alternatives_match_only_whole_names() {
        let pattern = EventPattern::new("ping|pong").unwrap();
        for (name, wanted) in
            [("ping", true), ("pong", true), ("pings", false), ("xpong", false), ("", false)]
        {
            assert_eq!(pattern.matches(name.as_bytes()), wanted, "{name}");
        }
    }

    #[test]
    fn names_are_listed_if_they_are_few() {
        let names = |text| EventPattern::new(text).unwrap().names_outright();
        let some = |names: &[&str]| Some(names.iter().map(|name| Name::from(*name)).collect());
        assert_eq!(names("ping|pong|ping"), some(&["ping", "pong"]));
        assert_eq!(names("M::(a|b)_?"), some(&["M::a", "M::a_", "M::b", "M::b_"]));
        assert_eq!(names("^p[io]ng$|(?i:x)"), some(&["ping", "pong", "X", "x"]));
        assert_eq!(names("\"a.b\"{1,2}"), some(&["a.b", "a.ba.b"]));
        // `^` in the middle never matches, and there is no event without a name.
        assert_eq!(names("a^b|()"), some(&[]));
        for text in ["ping.*", "[a-z]{1,2}x|[a-z]{3}", "a+", "a{900}b{900}"] {
            assert_eq!(names(text), None, "{text}");
        }
        for name in names("x(y|z$|^)w?").unwrap() {
            assert!(EventPattern::new("x(y|z$|^)w?").unwrap().matches(&name), "{name}");
        }
    }
}
