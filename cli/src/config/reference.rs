//! The reference of all keys in Markdown, generated from the example and from the keys that the
//! program reads.

use std::fmt::Write;
use std::path::Path;

use toml::de::DeTable;

use super::load::all;
use super::reader::{Expected, Source};
use super::{EXAMPLE, Outputs};

/// The table of a peer in the example. The reference writes `NAME` instead.
const PEER: &str = "nodes.sensor";

/// The array of tables of the example.
const ZEEK: &str = "zeek";

const INTRODUCTION: &str = "\
# Configuration

`brocomm run` reads a TOML file. `brocomm config example` prints a file with every key.
`brocomm config check brocomm.toml` lists all errors in your file, with line and column. `brocomm config reference` prints
this page.

Keys without a default are required if their table is present. All others are optional. Names and defaults are those of
Bro's communication framework where it has the option. A key in a table is written with the table's name:
`outgoing.events` is `events` under `[outgoing]`.
";

/// A key or a table in the example.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The section.
    section: String,
    pub(super) path: String,
    meaning: String,
    /// The default as stated in the comment, if any.
    pub(super) stated_default: Option<String>,
    /// The value in the example, unless it is a table.
    value: Option<String>,
}

impl Entry {
    /// Returns the default.
    fn default(&self) -> Option<&str> {
        self.stated_default.as_deref().or(self.value.as_deref())
    }

    /// Returns an example value. For a key with only two values, it is not the default.
    fn example(&self) -> Option<&str> {
        let value = self.value.as_deref()?;
        Some(match (&self.stated_default, value) {
            (None, "false") => "true",
            (None, "true") => "false",
            _ => value,
        })
    }
}

/// Returns the page, or all keys for which it cannot be generated.
pub(super) fn page() -> Result<String, Vec<String>> {
    render(EXAMPLE)
}

/// Generates the page from an example.
pub(super) fn render(example: &str) -> Result<String, Vec<String>> {
    let text = uncommented(example);
    let mut source = Source::new(&text);
    let _ = all(Path::new(""), &text, &mut source, &mut Outputs::default());
    let entries = entries(example);
    let mut wrong: Vec<String> = source.problems.into_iter().map(|(_, _, what)| what).collect();
    for key in source.asked.keys().filter(|key| *key != "nodes") {
        if !entries.iter().any(|entry| entry.path == *key) {
            wrong.push(format!("{key} is not in the example"));
        }
    }
    let mut page = INTRODUCTION.to_owned();
    let mut section = "";
    for entry in &entries {
        let key = if entry.path == PEER { "nodes" } else { &entry.path };
        let Some(expected) = source.asked.get(key) else {
            wrong.push(format!("{key} is not read"));
            continue;
        };
        if entry.meaning.is_empty() {
            wrong.push(format!("{key} has no meaning"));
        }
        if section != entry.section {
            section = &entry.section;
            // Writing to a string never fails.
            let _ = write!(page, "\n## {section}\n");
        }
        describe(entry, *expected, &mut page);
    }
    if wrong.is_empty() { Ok(page) } else { Err(wrong) }
}

fn describe(entry: &Entry, Expected { kind, or_false }: Expected, page: &mut String) {
    let name = entry.path.replacen(PEER, "nodes.NAME", 1);
    let or_false = if or_false { ", or `false`" } else { "" };
    let _ = write!(page, "\n### `{name}`\n\n{}\n\n* Type: {kind}{or_false}\n", entry.meaning);
    match entry.default() {
        Some(default) if is_value(default) => _ = writeln!(page, "* Default: `{default}`"),
        Some(default) => _ = writeln!(page, "* Default: {default}"),
        // The keys in the table have defaults.
        None => {}
    }
    _ = match entry.example() {
        Some(value) => writeln!(page, "* Example: `{} = {value}`", entry.path),
        None if entry.path == ZEEK => {
            writeln!(page, "* Example: `[[{}]]`, with the keys below", entry.path)
        }
        None => writeln!(page, "* Example: `[{}]`, with the keys below", entry.path),
    };
}

/// Returns whether a text is a TOML value.
pub(super) fn is_value(text: &str) -> bool {
    DeTable::parse(&format!("x = {text}")).is_ok()
}

/// Uncomments the keys of an example: the lines without a space after the `#`.
pub(super) fn uncommented(example: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') => format!("{key}\n"),
        _ => format!("{line}\n"),
    };
    example.lines().map(line).collect()
}

/// Splits an example into keys with the comments before them.
pub(super) fn entries(example: &str) -> Vec<Entry> {
    let (mut section, mut table) = (String::new(), String::new());
    let (mut comment, mut entries) = (String::new(), Vec::new());
    for line in example.lines() {
        if let Some(title) = line.strip_prefix("# --- ").and_then(|it| it.strip_suffix(" ---")) {
            section = title.to_owned();
            comment.clear();
        } else if let Some(text) = line.strip_prefix("# ") {
            comment.push_str(if comment.is_empty() { "" } else { " " });
            comment.push_str(text);
        } else if let Some(key) = line.strip_prefix('#').filter(|key| !key.is_empty()) {
            let (meaning, stated_default) = take_default(&std::mem::take(&mut comment));
            // An array of tables has two brackets.
            let name = key.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
            let array = name.and_then(|key| key.strip_prefix('[')?.strip_suffix(']'));
            let name = array.or(name);
            let (path, value) = match (name, key.split_once(" = ")) {
                (Some(name), _) => {
                    table = format!("{name}.");
                    (name.to_owned(), None)
                }
                (None, Some((key, value))) => (format!("{table}{key}"), Some(value.to_owned())),
                (None, None) => (key.to_owned(), None),
            };
            let section = section.clone();
            entries.push(Entry { section, path, meaning, stated_default, value });
        } else {
            comment.clear();
        }
    }
    entries
}

/// Splits off the statement about the default at the end of a comment.
fn take_default(comment: &str) -> (String, Option<String>) {
    const NONE: &str = "There is no default.";
    if let Some(meaning) = comment.strip_suffix(NONE) {
        return (meaning.trim_end().to_owned(), Some("none; required".to_owned()));
    }
    match comment.rsplit_once("Default: ") {
        Some((meaning, default)) => {
            let default = default.strip_suffix('.').unwrap_or(default);
            (meaning.trim_end().to_owned(), Some(default.to_owned()))
        }
        None => (comment.to_owned(), None),
    }
}
