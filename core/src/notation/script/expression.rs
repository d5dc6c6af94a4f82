//! The syntax check of skipped expressions.
//!
//! A script's initial value may be any expression. It is not evaluated, but invalid syntax must be
//! reported.

use std::net::IpAddr;

use crate::data::TypeTag;
use crate::notation::print::UNITS;

/// A syntax error in an expression: its position, and what was expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The offset in bytes.
    pub(super) offset: usize,
    pub(super) expected: &'static str,
}

const OPERAND: &str = "a value";
const OPERATOR: &str = "an operator or the end of the value";

/// Binary operators. Longer ones precede their prefixes.
const BINARY: [&str; 23] = [
    "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "!in", "in", "is", "as", "+", "-", "*", "/",
    "%", "<", ">", "?", ":", "|", "^",
];

/// Suffixes that make a number a port.
const PROTOCOLS: [&str; 4] = ["/tcp", "/udp", "/icmp", "/unknown"];

/// Words that are constants.
const WORDS: [&str; 2] = ["T", "F"];

/// Checks that values and operators alternate, up to the end. Returns the names of variables and
/// constants with their offsets, without those of called functions.
pub(super) fn names(text: &str) -> Result<Vec<(usize, &str)>, Malformed> {
    let mut scanner = Scanner { text, offset: 0, open: Vec::new(), names: Vec::new() };
    while scanner.operand()? {
        while scanner.postfix() {}
        if !scanner.operator()? {
            break;
        }
    }
    Ok(scanner.names)
}

/// Returns whether a word is a name, not a number, address or type.
fn is_name(word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.chars().all(is_part)
        && word.parse::<IpAddr>().is_err()
        && !WORDS.contains(&word)
        && TypeTag::ALL.iter().all(|tag| tag.name() != word)
}

struct Scanner<'a> {
    text: &'a str,
    offset: usize,
    /// The open brackets, outermost first.
    open: Vec<char>,
    names: Vec<(usize, &'a str)>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let next = rest.trim_start();
            self.offset += rest.len() - next.len();
            if !next.starts_with('#') {
                return;
            }
            self.offset += next.find('\n').unwrap_or(next.len());
        }
    }

    fn eat(&mut self, what: &str) -> bool {
        let is_there = self.rest().starts_with(what);
        self.offset += if is_there { what.len() } else { 0 };
        is_there
    }

    fn error(&self, expected: &'static str) -> Malformed {
        Malformed { offset: self.offset, expected }
    }

    /// Takes a name, a number, an address or the like.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
        // A trailing colon is an operator.
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let word = if word.ends_with("::") { word } else { word.trim_end_matches(':') };
        self.offset += word.len();
        word
    }

    /// Takes a value with its prefix operators and brackets. Returns `false` at a function's body,
    /// which is not checked.
    fn operand(&mut self) -> Result<bool, Malformed> {
        loop {
            self.blank();
            let Some(next) = self.rest().chars().next() else { return Err(self.error(OPERAND)) };
            match next {
                '-' | '+' | '!' | '~' => self.offset += 1,
                '(' | '[' | '{' | '|' => {
                    self.open.push(next);
                    self.offset += 1;
                    self.blank();
                    if self.close() {
                        return Ok(true);
                    }
                }
                '$' => {
                    self.offset += 1;
                    self.word();
                    self.blank();
                    self.eat("=");
                }
                '"' | '/' => {
                    self.quoted(next);
                    return Ok(true);
                }
                _ => break,
            }
        }
        let begin = self.offset;
        match self.word() {
            "" => {
                self.offset = begin;
                Err(self.error(OPERAND))
            }
            "function" | "hook" | "event" | "schedule" => Ok(false),
            word => {
                if word.starts_with(|c: char| c.is_ascii_digit()) {
                    if !PROTOCOLS.iter().any(|protocol| self.eat_operator(protocol)) {
                        self.unit();
                    }
                } else if is_name(word) && !self.is_called() {
                    self.names.push((begin, word));
                }
                Ok(true)
            }
        }
    }

    fn is_called(&mut self) -> bool {
        self.blank();
        self.rest().starts_with('(')
    }

    /// Takes a string or a pattern. Unterminated ones were reported before.
    fn quoted(&mut self, quote: char) {
        self.offset += quote.len_utf8();
        let mut is_escaped = false;
        let end = self.rest().char_indices().find(|(_, c)| {
            let is_end = *c == quote && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        self.offset += end.map_or(self.rest().len(), |(end, c)| end + c.len_utf8());
    }

    /// Takes the unit of an interval, if there is one.
    fn unit(&mut self) {
        let before = self.offset;
        self.blank();
        let word = self.word();
        let singular = word.strip_suffix('s').unwrap_or(word);
        if UNITS.iter().all(|(unit, _)| *unit != singular) {
            self.offset = before;
        }
    }

    /// Takes the closing bracket of the innermost open one.
    fn close(&mut self) -> bool {
        let end = match self.open.last() {
            Some('(') => ")",
            Some('[') => "]",
            Some('{') => "}",
            // `||` is an operator.
            Some('|') if !self.rest().starts_with("||") => "|",
            _ => return false,
        };
        let is_closed = self.eat(end);
        if is_closed {
            self.open.pop();
        }
        is_closed
    }

    /// Takes a suffix of a value: a field, a closing bracket or an attribute.
    fn postfix(&mut self) -> bool {
        self.blank();
        if self.close() {
            return true;
        }
        let before = self.offset;
        let is_attribute = !self.rest().starts_with("&&");
        if self.eat("?$") || self.eat("$") || is_attribute && self.eat("&") {
            if !self.word().is_empty() {
                return true;
            }
            self.offset = before;
        }
        false
    }

    /// Takes an operator, or the opening bracket of a call's arguments or an index. Returns `false`
    /// at the end.
    fn operator(&mut self) -> Result<bool, Malformed> {
        self.blank();
        let Some(next) = self.rest().chars().next() else {
            return if self.open.is_empty() { Ok(false) } else { Err(self.error(OPERATOR)) };
        };
        match next {
            '(' | '[' | ',' if next != ',' || !self.open.is_empty() => {
                if next != ',' {
                    self.open.push(next);
                }
                self.offset += 1;
                self.blank();
                // Empty brackets complete the value, and a trailing comma is allowed.
                if self.close() {
                    while self.postfix() {}
                    return self.operator();
                }
                return Ok(true);
            }
            // `[$a=1]`, `[1] = 2`, `&default=3`
            '=' if !self.rest().starts_with("==") => {
                self.offset += 1;
                return Ok(true);
            }
            _ => {}
        }
        match BINARY.iter().any(|operator| self.eat_operator(operator)) {
            true => Ok(true),
            false => Err(self.error(OPERATOR)),
        }
    }

    fn eat_operator(&mut self, operator: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(operator) else { return false };
        let is_word = operator.ends_with(|c: char| c.is_alphabetic());
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        !(is_word && goes_on) && self.eat(operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_expressions_pass_and_yield_their_names() {
        for (text, expected) in [
            ("cat(\"a\\\"b\", 5)", ""),
            ("a + b * -c", "a b c"),
            (" getenv(\"X\") == \"\" ? T : F", ""),
            ("Site::local_nets", "Site::local_nets"),
            ("|x| > 5 || !y?$z", "x y"),
            ("x$y[1]$z(2, f())", "x"),
            ("5 min + 2.5secs", ""),
            ("80/tcp", ""),
            ("[2001:db8::1]/32", ""),
            ("[fe80::1]", ""),
            ("www.example.com", ""),
            ("/a|b\\/c/ | /d/", ""),
            ("{ [1] = [$a=f(2), $b={ 3, q, }], } &default=5", "q"),
            ("table([1, 2] = \"x\") &redef", ""),
            ("function(x: count): count { return x y z; }", ""),
            ("set()", ""),
            ("f()()", ""),
            ("f (x)", "x"),
            ("x !in y && z as count == 3", "x y z"),
            ("vector(1, # one\n 2, M::x)", "M::x"),
            ("10.0.0.0/8", ""),
            ("double_to_time(0.0)", ""),
            ("-1.0sec", ""),
        ] {
            let names = names(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            for (offset, name) in &names {
                assert!(text[*offset..].starts_with(name), "{text}: {name} at {offset}");
            }
            let names: Vec<_> = names.iter().map(|(_, name)| *name).collect();
            assert_eq!(names.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn invalid_expressions_are_reported_with_their_position() {
        for (text, offset, expected) in [
            ("5 6", 2, OPERATOR),
            ("f(1) g", 5, OPERATOR),
            ("1 +", 3, OPERAND),
            ("f(1, 2 3)", 7, OPERATOR),
            ("a b", 2, OPERATOR),
            ("\"a\" \"b\"", 4, OPERATOR),
            ("f(1]", 3, OPERATOR),
            ("a + * b", 4, OPERAND),
            ("5 parsecs", 2, OPERATOR),
            ("x $", 2, OPERATOR),
            ("", 0, OPERAND),
            ("f(,)", 2, OPERAND),
        ] {
            assert_eq!(names(text), Err(Malformed { offset, expected }), "{text}");
        }
    }
}
