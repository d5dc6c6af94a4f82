//! `redef record` and `redef enum`: moves additions to a type into its declaration.

use std::collections::BTreeMap;
use std::ops::Range;

use super::blank::statement;
use super::lexer::{Token, tokens};

/// The end of a type's declaration, and the additions to it.
struct Addition {
    /// The position of the closing brace.
    end: usize,
    /// Whether the last element needs a comma after it.
    needs_comma: bool,
    text: String,
}

/// Returns a script in which the fields and constants that `redef` adds are in the declaration of
/// the type. Additions to types that the script doesn't declare are unchanged.
pub(super) fn extended(text: &str) -> String {
    let tokens = tokens(text);
    let mut types: BTreeMap<String, Addition> = BTreeMap::new();
    let mut module = "";
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let length = statement(rest);
        let (statement, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        let texts: Vec<&str> = statement.iter().take(6).map(|token| token.text).collect();
        match texts.as_slice() {
            ["module", name, ..] => module = if *name == "GLOBAL" { "" } else { name },
            ["type", name, ":", "record" | "enum", "{", ..] => {
                let Some((body, needs_comma)) = body(statement) else { continue };
                let end = body.end;
                let addition = Addition { end, needs_comma, text: String::new() };
                types.insert(full_name(module, name), addition);
            }
            ["redef", kind @ ("record" | "enum"), name, "+", "=", "{", ..] => {
                let Some((body, _)) = body(statement) else { continue };
                let own = full_name(module, name);
                let key = if types.contains_key(&own) { own } else { (*name).to_owned() };
                let Some(addition) = types.get_mut(&key) else { continue };
                let in_module = key.rsplit_once("::").map_or("", |(module, _)| module);
                let more = match *kind {
                    "enum" if in_module != module => constants(&tokens, &body, module),
                    _ => text.get(body).unwrap_or_default().to_owned(),
                };
                if addition.needs_comma && *kind == "enum" {
                    addition.text.push(',');
                }
                addition.needs_comma = !more.trim_end().ends_with(',');
                // Keep the line numbers.
                addition.text.push_str(&without_lines(&more));
            }
            _ => {}
        }
    }
    let mut additions: Vec<Addition> =
        types.into_values().filter(|addition| !addition.text.is_empty()).collect();
    additions.sort_by_key(|addition| addition.end);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for Addition { end, text: more, .. } in additions {
        out.push_str(text.get(done..end).unwrap_or_default());
        out.push_str(&more);
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn full_name(module: &str, name: &str) -> String {
    if module.is_empty() || name.contains("::") {
        name.to_owned()
    } else {
        format!("{module}::{name}")
    }
}

/// Returns the range between a statement's outer braces, and whether its last element has no comma
/// after it.
fn body(statement: &[Token<'_>]) -> Option<(Range<usize>, bool)> {
    let open = statement.iter().position(|token| token.is("{"))?;
    let mut depth = 0;
    for (at, token) in statement.iter().enumerate().skip(open) {
        depth += token.nesting();
        if depth == 0 {
            let last = statement.get(at.checked_sub(1)?)?;
            let range = statement.get(open)?.at.end..token.at.start;
            return Some((range, !matches!(last.text, "{" | ",")));
        }
    }
    None
}

/// Returns constants qualified with the name of the module that adds them.
fn constants(tokens: &[Token<'_>], body: &Range<usize>, module: &str) -> String {
    let mut text = String::new();
    let mut is_name = true;
    for token in tokens.iter().filter(|token| body.contains(&token.at.start)) {
        if is_name && !token.is(",") {
            text.push_str(&match module {
                "" => format!("GLOBAL::{}", token.text),
                _ => full_name(module, token.text),
            });
        } else {
            text.push_str(token.text);
        }
        is_name = token.is(",");
    }
    text
}

fn without_lines(text: &str) -> String {
    // A comment would hide what follows it.
    let lines = text.lines().map(|line| match line.split_once('#') {
        Some((before, _)) if !before.contains('"') => before,
        _ => line,
    });
    lines.collect::<Vec<_>>().join(" ")
}
