//! Extracts enum declarations from scripts.
//!
//! Everything except `module NAME;` and `type NAME: enum {…}` is skipped.

use brocomm::data::Declarations;

/// Adds the enums that a script declares. Invalid ones are skipped.
pub(super) fn read_enums(script: &str, known: &mut Declarations) {
    let tokens: Vec<&str> = Tokens(script).collect();
    let mut module = "GLOBAL";
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match (*first, after) {
            ("module", [name, ";", ..]) => module = name,
            ("type", [name, ":", "enum", "{", body @ ..]) => {
                let body = body.split(|token| *token == "}").next().unwrap_or_default();
                let text = format!("module {module}; type {name}: enum {{ {} }};", body.join(" "));
                // The constants of an invalid enum are printed without names.
                let _ = known.read(&text);
            }
            _ => {}
        }
        rest = after;
    }
}

/// Splits a script into words and single characters, without whitespace, comments and strings.
///
/// A string ends at the end of the line, so a quote in a pattern cannot hide more than its line.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.0 = self.0.trim_start();
            let first = self.0.chars().next()?;
            let length = match first {
                '#' => {
                    self.0 = self.0.split_once('\n').map_or("", |(_, after)| after);
                    continue;
                }
                '"' => string_length(self.0),
                _ if is_word(first) => self.0.find(|c| !is_word(c)).unwrap_or(self.0.len()),
                _ => first.len_utf8(),
            };
            let (token, after) = self.0.split_at(length);
            self.0 = after;
            if first != '"' {
                return Some(token);
            }
        }
    }
}

/// Returns whether a character is part of a word.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the length of a string including the quotes, at most up to the end of the line.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enums(script: &str) -> Vec<(String, Vec<(String, i64)>)> {
        let mut known = Declarations::new();
        read_enums(script, &mut known);
        let constants = |ty: &brocomm::data::Type| match &ty.def().unwrap().kind {
            brocomm::lowlevel::types::TypeKind::Enum(ty) => {
                ty.names.iter().map(|(name, number)| (name.to_string(), *number)).collect()
            }
            other => panic!("{other:?}"),
        };
        known.types.iter().map(|(name, ty)| (name.to_string(), constants(ty))).collect()
    }

    #[test]
    fn enums_are_extracted() {
        let script = r#"
            @load base/frameworks # type Commented: enum { OUT };
            redef Log::default = "type Quoted: enum { OUT };";
            const re = /a"b/;
            type Color: enum { RED = 0, GREEN = 5, # green
                BLUE };
            type R: record { type: count; e: enum_like; };
            module Mine;
            export { type Kind: enum { K_ONE, K_TWO, } &redef; }
            event x(e: Kind) { print "\"}{"; }
            type Broken: enum { 1 };
            type Open: enum { LAST"#;
        let number = |name: &str, number| (name.to_owned(), number);
        assert_eq!(
            enums(script),
            [
                ("Color".to_owned(), vec![number("RED", 0), number("GREEN", 5), number("BLUE", 6)]),
                ("Mine::Kind".to_owned(), vec![number("Mine::K_ONE", 0), number("Mine::K_TWO", 1)]),
                ("Mine::Open".to_owned(), vec![number("Mine::LAST", 0)]),
            ]
        );
    }

    #[test]
    fn arbitrary_text_does_not_panic() {
        for text in ["", "#", "\"", "\"\\", "type", "type T: enum {", "módule é;", "module ;"] {
            let _ = enums(text);
        }
    }
}
