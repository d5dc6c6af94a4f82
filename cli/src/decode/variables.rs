//! Extracts variable declarations from scripts.

use std::collections::BTreeSet;

use brocomm::data::{Declarations, Name};
use brocomm::lowlevel::syntax::AttributeTag;

/// The variables of one side.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Whether all `&synchronized` variables are known.
    pub(super) complete: bool,
    pub(super) declared: Declarations,
    /// The `&synchronized` variables whose declarations could not be parsed.
    pub(super) untyped: BTreeSet<Name>,
}

impl Variables {
    /// Adds declarations, which have priority.
    pub(super) fn add(&mut self, more: &Declarations) {
        let Declarations { types, events, globals } = more;
        self.declared.types.extend(types.clone());
        self.declared.events.extend(events.clone());
        self.declared.globals.extend(globals.iter().cloned());
        let mut globals = globals.iter();
        self.complete |= globals.any(|global| global.has(AttributeTag::Synchronized));
    }
}

/// Reads the declarations in a script and skips everything else.
pub(super) fn read(script: &str) -> Variables {
    let mut known = Variables { complete: true, ..Variables::default() };
    let mut module = "GLOBAL";
    for statement in (Statements { rest: script }) {
        let (word, after) = statement.split_at(word_length(statement));
        match word {
            "module" => module = after.trim().trim_end_matches(';').trim(),
            "type" | "redef" => known.try_read(module, statement),
            "global" | "const" => known.variable(module, statement, after),
            _ => {}
        }
    }
    known
}

impl Variables {
    /// Reads a statement. Invalid statements are ignored.
    fn try_read(&mut self, module: &str, statement: &str) {
        let _ = self.declared.read(&format!("module {module}; {statement}"));
    }

    fn variable(&mut self, module: &str, statement: &str, after: &str) {
        let text = format!("module {module}; {statement}");
        if self.declared.read(&text).is_ok() || !statement.contains("&synchronized") {
            return;
        }
        // An attribute or the initial value may call a function. Name and type may be enough.
        let name = after.trim_start();
        let in_name = |at: usize, c: char| {
            is_word(c) || c == ':' && (name[at..].starts_with("::") || name[..=at].ends_with("::"))
        };
        let end = name.char_indices().find(|(at, c)| !in_name(*at, *c));
        let name = &name[..end.map_or(name.len(), |(at, _)| at)];
        let bare = &statement[..bracketed(statement, &['=', '&', ';'])];
        let mergeable = if statement.contains("&mergeable") { " &mergeable" } else { "" };
        let text = format!("module {module}; {bare} &synchronized{mergeable};");
        if self.declared.read(&text).is_err() {
            let full = match module {
                "GLOBAL" => name.to_owned(),
                _ if name.contains("::") => name.to_owned(),
                _ => format!("{module}::{name}"),
            };
            self.untyped.insert(full.into());
        }
    }
}

/// Splits a script into its top-level statements, including those in `export`.
struct Statements<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Statements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            if matches!(first, '#' | '@') {
                self.rest = self.rest.split_once('\n').map_or("", |(_, after)| after);
                continue;
            }
            let word = &self.rest[..word_length(self.rest)];
            if word == "export" {
                self.skip(bracketed(self.rest, &['{']));
                continue;
            }
            let after = self.rest[word.len()..].trim_start();
            let has_body = matches!(word, "event" | "function" | "hook")
                || word == "redef" && after.starts_with("event");
            if has_body {
                let at = bracketed(self.rest, &['{', ';']);
                if self.rest[at..].starts_with('{') {
                    self.rest = &self.rest[at..];
                    let body = bracketed(&self.rest[1..], &['}']);
                    self.skip(1 + body);
                } else {
                    self.skip(at);
                }
                continue;
            }
            if word.is_empty() {
                // The end of `export`, or something unknown.
                self.rest = &self.rest[first.len_utf8()..];
                continue;
            }
            let statement = self.rest;
            let end = bracketed(statement, &[';']);
            self.skip(end);
            return Some(&statement[..statement.len() - self.rest.len()]);
        }
    }
}

impl Statements<'_> {
    /// Continues after the character at a position.
    fn skip(&mut self, at: usize) {
        let mut after = self.rest[at..].chars();
        after.next();
        self.rest = after.as_str();
    }
}

/// Returns the position of the first of some characters outside brackets, strings, patterns and
/// comments, or the length of the text.
fn bracketed(text: &str, wanted: &[char]) -> usize {
    let mut depth = 0_u32;
    let mut at = 0;
    // The meaning of a slash depends on what precedes it: `1/tcp`, `10.0.0.0/8`, `/a pattern/`.
    let mut ends_operand = false;
    while let Some(c) = text[at..].chars().next() {
        if depth == 0 && wanted.contains(&c) {
            return at;
        }
        let length = match c {
            '#' => text[at..].find('\n').unwrap_or(text.len() - at),
            '"' => quoted_length(&text[at..], '"'),
            '/' if !ends_operand => quoted_length(&text[at..], '/'),
            _ => c.len_utf8(),
        };
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !c.is_whitespace() && c != '#' {
            ends_operand = is_word(c) || matches!(c, ')' | ']' | '"');
        }
        at += length;
    }
    text.len()
}

/// Returns the length of a string or pattern including the quotes, at most up to the end of the
/// line.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if c == quote && !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

fn word_length(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(known: &Variables) -> Vec<String> {
        let globals = known.declared.globals.iter();
        let synchronized = globals.filter(|global| global.has(AttributeTag::Synchronized));
        let shown = |global: &brocomm::data::Global| match &global.init {
            Some(init) => format!("{} = {init}", global.name),
            None => global.name.to_string(),
        };
        synchronized.map(shown).collect()
    }

    #[test]
    fn variables_are_extracted() {
        let known = read(
            r#"@load base/frameworks/communication # global c = 1 &synchronized;
            redef Communication::nodes += { ["p"] = [$host=127.0.0.1, $events=/a;"b/, $sync=T] };
            type Rec: record { a: count; }; # ; global no = 1 &synchronized;
            global local_only = 5;
            global p: pattern = /x;y/ &synchronized;
            global n: subnet = 10.0.0.0/8 &synchronized;
            global s = "; }" &synchronized;
            global limit = local_only &synchronized;
            event x(r: record { a: count; }) &priority=5
                { local y: Rec; if ( T ) { global_y = "}"; } }
            global after_body: Rec &synchronized;
            module Mine;
            export {
                ## Documented; well.
                global seen: set[addr] &create_expire=1day &synchronized;
                type Kind: enum { A, B };
            }
            global kinds: table[count] of Kind &default=function(i: count): Kind { return A; }
                &synchronized &mergeable;
            global odd:no_such_type &synchronized;
            global kind: Kind = Mine::A &synchronized;
            global open_end: count &synchronized"#,
        );
        assert_eq!(
            found(&known),
            [
                "p = /^?(x;y)$?/",
                "n = 10.0.0.0/8",
                "s = ; }",
                "limit = 5",
                "after_body",
                "Mine::seen",
                "Mine::kinds",
                "Mine::kind = Mine::A",
                "Mine::open_end",
            ]
        );
        let kinds = known.declared.globals.get("Mine::kinds").unwrap();
        assert!(kinds.has(AttributeTag::Mergeable));
        let untyped: Vec<String> = known.untyped.iter().map(ToString::to_string).collect();
        assert_eq!(untyped, ["Mine::odd"]);
    }

    #[test]
    fn arbitrary_text_does_not_panic() {
        for text in
            ["", "#", "\"", "/", "global", "global é &synchronized;", "export", "event", "}"]
        {
            let _ = read(text);
        }
    }
}
