//! Scripts, taken apart as far as their structure shows.

use std::ops::Range;

/// A piece of a script that has a meaning; white space and comments have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Where it stands, in bytes.
    pub(super) at: Range<usize>,
}

impl Token<'_> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// Returns whether it opens or closes something that holds others.
    pub(super) fn nesting(&self) -> i32 {
        match self.text {
            "(" | "[" | "{" => 1,
            ")" | "]" | "}" => -1,
            _ => 0,
        }
    }
}

/// Takes a script apart. Nothing is an error: what can't be understood is a token of its own.
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

/// Returns the length of a name, or of a number.
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

/// Returns the length of a string or pattern, with its marks; of one without an end, of its line.
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

/// Returns whether a slash divides nothing, so that it begins a pattern.
fn begins_pattern(before: Option<&Token<'_>>) -> bool {
    before.is_none_or(|token| {
        matches!(token.text, "=" | "(" | "," | "[" | "{" | "|" | "&" | "!" | "in" | "return" | ":")
    })
}
