//! Splits scripts into tokens.

use std::ops::Range;

/// A token of a script. White space and comments are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Its position, in bytes.
    pub(super) at: Range<usize>,
}

impl Token<'_> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// Returns the change of the nesting depth: 1 for an opening bracket, -1 for a closing one.
    pub(super) fn nesting(&self) -> i32 {
        match self.text {
            "(" | "[" | "{" => 1,
            ")" | "]" | "}" => -1,
            _ => 0,
        }
    }
}

/// Splits a script into tokens. There are no errors: an unknown character is a token by itself.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let length = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '#' => {
                at += line(rest);
                continue;
            }
            // A directive ends with its line.
            '@' => line(rest),
            '"' => quoted(rest, '"'),
            '/' if begins_pattern(tokens.last()) => quoted(rest, '/'),
            '&' => 1 + word(rest.get(1..).unwrap_or_default()),
            _ if is_word(first) => word(rest),
            _ => first.len_utf8(),
        };
        tokens.push(Token { text: rest.get(..length).unwrap_or_default(), at: at..at + length });
        at += length;
    }
    tokens
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Returns the length of a name or number.
fn word(text: &str) -> usize {
    let mut length = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        length += rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let rest = text.get(length..).unwrap_or_default();
        match rest.strip_prefix("::") {
            Some(next) if next.starts_with(is_word) => length += 2,
            _ => return length,
        }
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Returns the length of a string or pattern with its delimiters, or of its line if it has no end.
fn quoted(text: &str, mark: char) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '\n' => return at,
            _ if c == mark => return at + mark.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Returns whether a slash starts a pattern instead of being a division.
fn begins_pattern(before: Option<&Token<'_>>) -> bool {
    before.is_none_or(|token| {
        matches!(token.text, "=" | "(" | "," | "[" | "{" | "|" | "&" | "!" | "in" | "return" | ":")
    })
}
