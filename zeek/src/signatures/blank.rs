//! Blanks out everything except signatures in a script, so that they keep their positions.

use std::ops::Range;

use super::lexer::{Token, tokens};

/// Returns a script with only modules, types and events, without the attributes that Bro 2.5
/// doesn't have. Everything else is replaced by blanks, so positions do not change.
pub(super) fn blanked(text: &str) -> String {
    let tokens = tokens(text);
    let mut blanker = Blanker { text: text.as_bytes().to_vec() };
    let mut rest = tokens.as_slice();
    while let Some(first) = rest.first() {
        let length = statement(rest);
        let (statement, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        if is_signature(first, statement) {
            blanker.attributes(statement);
        } else {
            blanker.tokens(statement);
        }
        rest = after;
    }
    // Only whole tokens were blanked.
    String::from_utf8(blanker.text).unwrap_or_default()
}

/// Returns the number of tokens in the next statement.
pub(super) fn statement(tokens: &[Token<'_>]) -> usize {
    let word = tokens.first().map_or("", |token| token.text);
    match word {
        _ if word.starts_with('@') => return 1,
        "}" => return 1,
        "export" => return if tokens.get(1).is_some_and(|token| token.is("{")) { 2 } else { 1 },
        _ => {}
    }
    // These have bodies, which do not end in a semicolon.
    let has_body = matches!(word, "function" | "event" | "hook");
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        depth += token.nesting();
        if depth <= 0 && (token.is(";") || (has_body && token.is("}"))) {
            return at + 1;
        }
    }
    tokens.len()
}

fn is_signature(first: &Token<'_>, statement: &[Token<'_>]) -> bool {
    let is = |at: usize, text: &str| statement.get(at).is_some_and(|token| token.is(text));
    match first.text {
        "module" | "type" | "export" | "}" => true,
        // Includes a declaration without an end, which is an error.
        "global" => is(2, ":") && (is(3, "event") || is(3, "function")),
        // A declaration in Bro 2.5's notation, not a handler.
        "event" => statement.last().is_some_and(|token| token.is(";")),
        _ => false,
    }
}

struct Blanker {
    text: Vec<u8>,
}

impl Blanker {
    fn blank(&mut self, range: Range<usize>) {
        for byte in self.text.get_mut(range).unwrap_or_default() {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }

    fn tokens(&mut self, tokens: &[Token<'_>]) {
        for token in tokens {
            self.blank(token.at.clone());
        }
    }

    /// Blanks out the attributes of a statement with their values, except those that say whether a
    /// field may be unset. A default that is not a literal is reduced to its presence.
    fn attributes(&mut self, statement: &[Token<'_>]) {
        let mut rest = statement;
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            if !token.text.starts_with('&') || token.text.len() == 1 {
                continue;
            }
            let value =
                if after.first().is_some_and(|token| token.is("=")) { value(after) } else { 0 };
            let (value, after) = after.split_at_checked(value).unwrap_or((after, &[]));
            rest = after;
            if token.is("&default") && value.iter().skip(1).all(is_literal) {
                continue;
            }
            self.tokens(value);
            match token.text {
                "&optional" => {}
                "&default" => {
                    // It replaces `&default=…`, which is at least one byte longer.
                    let start = token.at.start;
                    let room = start..value.last().map_or(token.at.end, |token| token.at.end);
                    self.blank(token.at.clone());
                    self.put(room, b"&optional");
                }
                _ => self.blank(token.at.clone()),
            }
        }
    }

    fn put(&mut self, room: Range<usize>, text: &[u8]) {
        if let Some(place) = self.text.get_mut(room).and_then(|room| room.get_mut(..text.len()))
            && place.iter().all(|byte| *byte == b' ')
        {
            place.copy_from_slice(text);
        }
    }
}

/// Returns whether a token can be part of a literal in Bro 2.5's notation: a number, a string, or
/// an empty container.
fn is_literal(token: &Token<'_>) -> bool {
    token.text.starts_with(|c: char| c.is_ascii_digit() || c == '"')
        || matches!(
            token.text,
            "." | "-"
                | "/"
                | "tcp"
                | "udp"
                | "icmp"
                | "T"
                | "F"
                | "vector"
                | "set"
                | "table"
                | "("
                | ")"
                | "{"
                | "}"
                | "usec"
                | "usecs"
                | "msec"
                | "msecs"
                | "sec"
                | "secs"
                | "min"
                | "mins"
                | "hr"
                | "hrs"
                | "day"
                | "days"
        )
}

/// Returns the number of tokens in an attribute's value, including the `=`.
fn value(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let is_end =
            matches!(token.text, ";" | "," | ")" | "}" | "]") || token.text.starts_with('&');
        // `&` alone is an operator, and so is `&&`.
        if depth == 0 && is_end && token.text != "&" {
            return at;
        }
        depth += token.nesting();
    }
    tokens.len()
}
