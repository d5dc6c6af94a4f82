//! Text in the form of Python's `SafeConfigParser`, which is what BroControl reads `node.cfg` with.
//!
//! Where Python 2.7 and 3 differ, both are accepted if the meaning is the same: comments may be
//! indented, a comment after a value needs ` ;`, and the first key of a section may be indented.

use std::collections::BTreeMap;

use super::problem::Problem;

/// The maximum depth of references between values, as in Python.
const MAX_DEPTH: u32 = 10;

/// The section whose keys apply to all sections.
const DEFAULT: &str = "DEFAULT";

/// A section, in the order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Section {
    pub(super) name: String,
    /// The line of its header.
    pub(super) line: usize,
    /// Its keys, in lower case.
    pub(super) keys: BTreeMap<String, Entry>,
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) value: String,
    /// The first continuation line, if any.
    pub(super) continued: Option<usize>,
}

/// Reads all sections. Adds errors to `problems`.
///
/// The keys of `[DEFAULT]` are in each of them.
pub(super) fn read(text: &str, problems: &mut Vec<Problem>) -> Vec<Section> {
    let mut reader =
        Reader { problems, sections: Vec::new(), defaults: None, open: None, is_told: false };
    for (index, line) in text.lines().enumerate() {
        reader.line(index.saturating_add(1), line);
    }
    let Reader { mut sections, defaults, .. } = reader;
    let defaults = defaults.map(|section| section.keys).unwrap_or_default();
    for section in &mut sections {
        for (key, entry) in &defaults {
            section.keys.entry(key.clone()).or_insert_with(|| entry.clone());
        }
    }
    for section in &mut sections {
        let raw = section.keys.clone();
        for (key, entry) in &mut section.keys {
            match interpolate(&entry.value, &raw, 1) {
                Ok(value) => entry.value = value,
                Err(why) => problems.push(Problem::at(entry.line, format!("{key}: {why}"))),
            }
        }
    }
    // An error in [DEFAULT] is reported once, not for each section.
    problems.sort_by_key(|problem| problem.line);
    problems.dedup();
    sections
}

struct Reader<'a> {
    problems: &'a mut Vec<Problem>,
    sections: Vec<Section>,
    defaults: Option<Section>,
    /// The key whose value may continue, and the indentation of its line.
    open: Option<(String, usize)>,
    /// Whether a missing section has been reported.
    is_told: bool,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) {
        let text = line.trim();
        let is_remark = line.starts_with(['r', 'R'])
            && text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("rem"));
        if text.is_empty() || text.starts_with(['#', ';']) || is_remark {
            return;
        }
        let indent = line.len().saturating_sub(line.trim_start().len());
        if let Some((key, level)) = &self.open
            && indent > *level
        {
            let key = key.clone();
            if let Some(entry) = self.section().and_then(|section| section.keys.get_mut(&key)) {
                entry.value.push('\n');
                entry.value.push_str(comment_cut(text));
                entry.continued.get_or_insert(number);
            }
        } else if let Some(name) = header(text) {
            self.begin(number, name);
        } else if self.section().is_none() {
            if std::mem::replace(&mut self.is_told, true) {
                return;
            }
            self.wrong(
                number,
                "no section begins before this line; write the `[NAME]` of a node first",
            );
        } else if let Some((key, value)) = split(text) {
            self.open = Some((key.clone(), indent));
            self.add(number, key, value);
        } else {
            self.wrong(number, "expected `key=value` or `[NAME]`");
        }
    }

    fn wrong(&mut self, line: usize, what: impl Into<String>) {
        self.problems.push(Problem::at(line, what));
    }

    /// Returns the section that is being read.
    fn section(&mut self) -> Option<&mut Section> {
        match self.defaults.as_mut() {
            Some(section) if self.sections.iter().all(|other| other.line < section.line) => {
                Some(section)
            }
            _ => self.sections.last_mut(),
        }
    }

    fn begin(&mut self, line: usize, name: &str) {
        self.open = None;
        let section = Section { name: name.to_owned(), line, keys: BTreeMap::new() };
        if name == DEFAULT {
            if let Some(before) = &self.defaults {
                let what = format!("[{DEFAULT}] is already in line {}", before.line);
                self.wrong(line, what);
            }
            self.defaults = Some(section);
            return;
        }
        if let Some(before) = self.sections.iter().find(|section| section.name == name) {
            let what =
                format!("[{name}] is already in line {}; node names must be unique", before.line);
            self.wrong(line, what);
        }
        self.sections.push(section);
    }

    fn add(&mut self, line: usize, key: String, value: String) {
        let Some(section) = self.section() else { return };
        if let Some(before) = section.keys.get(&key) {
            let what = format!("{key} is already set in line {}", before.line);
            self.wrong(line, what);
            return;
        }
        section.keys.insert(key, Entry { line, value, continued: None });
    }
}

/// Returns the name in a section's header; what follows the bracket is ignored, as in Python.
fn header(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.split_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Splits a line at the first `=` or `:`.
fn split(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once(['=', ':'])?;
    let key = key.trim();
    let value = match comment_cut(value.trim_start()).trim() {
        "\"\"" => "",
        value => value,
    };
    (!key.is_empty()).then(|| (key.to_lowercase(), value.to_owned()))
}

/// Removes a comment, which begins with a semicolon after a blank.
fn comment_cut(value: &str) -> &str {
    let mut semicolons = value.match_indices(';').map(|(at, _)| at);
    let is_comment = |at: &usize| {
        value.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    };
    let cut = semicolons.find(is_comment).and_then(|at| value.get(..at));
    cut.unwrap_or(value).trim_end()
}

/// Replaces `%(key)s` by the value of that key, and `%%` by `%`.
fn interpolate(value: &str, keys: &BTreeMap<String, Entry>, depth: u32) -> Result<String, String> {
    if !value.contains('%') {
        return Ok(value.to_owned());
    }
    if depth > MAX_DEPTH {
        return Err(format!("references to other values are nested more than {MAX_DEPTH} deep"));
    }
    let mut result = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        result.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            result.push('%');
            rest = after;
            continue;
        }
        let reference = after.strip_prefix('(').and_then(|after| after.split_once(")s"));
        let Some((name, after)) = reference.filter(|(name, _)| !name.contains(')')) else {
            return Err("expected `%` or `(key)s` after `%`; write `%%` for `%`".to_owned());
        };
        let Some(entry) = keys.get(&name.to_lowercase()) else {
            return Err(format!("%({name})s: there is no such key in this section or [{DEFAULT}]"));
        };
        let inner = interpolate(&entry.value, keys, depth.saturating_add(1))?;
        // Each level may double the length.
        if result.len().saturating_add(inner.len()) > 64 << 10 {
            return Err("the value is longer than 64 KiB".to_owned());
        }
        result.push_str(&inner);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<Section>, Vec<String>) {
        let mut problems = Vec::new();
        let sections = read(text, &mut problems);
        (sections, problems.iter().map(ToString::to_string).collect())
    }

    fn value(text: &str) -> String {
        let (sections, problems) = parsed(text);
        assert_eq!(problems, [""; 0], "{text}");
        sections.last().and_then(|section| section.keys.get("k")).expect("k").value.clone()
    }

    #[test]
    fn values_equal_those_of_python() {
        for (text, expected) in [
            ("[a]\nk=v", "v"),
            ("[a]\nK : v ", "v"),
            ("[a]\nk=v ; why", "v"),
            ("[a]\nk=v;w", "v;w"),
            ("[a]\nk=a=b:c", "a=b:c"),
            ("[a]\nk=\"\"", ""),
            ("[a]\nk=", ""),
            ("[a]\nk=v # w", "v # w"),
            ("[a] rest\nk=v\n  w\n # remark\n\tx", "v\nw\nx"),
            ("[a]\n  k=v\n  l=w", "v"),
            ("rem x\n; y\n# z\n[a]\nREM x\nk=v", "v"),
            ("[DEFAULT]\nk=v\n[a]\nl=w", "v"),
            ("[a]\nl=w\n[DEFAULT]\nk=%(l)s", "w"),
            ("[a]\nnet=10.0\nk=%(NET)s.1 100%%", "10.0.1 100%"),
            ("[a]\na=1\nb=%(a)s%(a)s\nk=%(b)s", "11"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_have_lines() {
        for (text, expected) in [
            ("k=v", "1: no section begins before this line; write the `[NAME]` of a node first"),
            (
                "k=v\nl=w",
                "1: no section begins before this line; write the `[NAME]` of a node first",
            ),
            ("[a]\n\nv", "3: expected `key=value` or `[NAME]`"),
            ("[a]\n=v", "2: expected `key=value` or `[NAME]`"),
            ("[a]\n[]", "2: expected `key=value` or `[NAME]`"),
            ("[a]\n[a]", "2: [a] is already in line 1; node names must be unique"),
            ("[a]\nk=1\nK=2", "3: k is already set in line 2"),
            ("[a]\nk=1%", "2: k: expected `%` or `(key)s` after `%`; write `%%` for `%`"),
            ("[a]\nk=%(l)s", "2: k: %(l)s: there is no such key in this section or [DEFAULT]"),
            ("[a]\nk=%(k)s", "2: k: references to other values are nested more than 10 deep"),
            (
                "[DEFAULT]\nk=%\n[a]\n[b]",
                "2: k: expected `%` or `(key)s` after `%`; write `%%` for `%`",
            ),
        ] {
            assert_eq!(parsed(text).1, [expected], "{text}");
        }
    }

    #[test]
    fn references_have_limits() {
        let mut text = "[a]\nk0=0123456789abcdef\n".to_owned();
        for level in 1..9 {
            let before = format!("%(k{})s", level - 1).repeat(16);
            text += &format!("k{level}={before}\n");
        }
        let (_, problems) = parsed(&text);
        assert!(problems.iter().all(|why| why.ends_with("longer than 64 KiB")), "{problems:?}");
        assert!(!problems.is_empty());
    }
}
