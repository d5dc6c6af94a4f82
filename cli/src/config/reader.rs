//! Reads TOML tables, and collects all errors instead of stopping at the first.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The state while a file is read.
pub(super) struct Source<'a> {
    text: &'a str,
    /// The errors: the offset in the text, the key and the message.
    pub(super) problems: Vec<(Option<usize>, String, String)>,
    /// The position of each key's value.
    pub(super) places: BTreeMap<String, Range<usize>>,
    /// Every key that was read, with the expected type.
    pub(super) asked: BTreeMap<String, Expected>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Source<'a> {
        Source { text, problems: Vec::new(), places: BTreeMap::new(), asked: BTreeMap::new() }
    }

    /// Adds an error about a value, and returns `None`.
    pub(super) fn wrong<T>(
        &mut self,
        item: &Item<'_, '_>,
        what: impl std::fmt::Display,
    ) -> Option<T> {
        let shown = self.text.get(item.span.clone()).unwrap_or_default();
        let short: String = shown.lines().next().unwrap_or_default().chars().take(60).collect();
        let dots = if short.len() < shown.len() { "…" } else { "" };
        let what = format!("{} = {short}{dots}: {what}", item.path);
        self.problems.push((Some(item.span.start), item.path.clone(), what));
        None
    }

    /// Returns whether a key has an error.
    pub(super) fn is_wrong(&self, key: &str) -> bool {
        self.problems.iter().any(|(_, path, _)| path == key)
    }

    /// Returns the position of a key, or else of its table.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        let mut path = key;
        loop {
            if let Some(span) = self.places.get(path) {
                return Some(span.start);
            }
            path = path.rsplit_once('.')?.0;
        }
    }
}

/// The type of a key, in words, for the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) kind: &'static str,
    /// Whether `false` is allowed too.
    pub(super) or_false: bool,
}

/// A value and its position.
pub(super) struct Item<'t, 'a> {
    pub(super) path: String,
    pub(super) value: &'t DeValue<'a>,
    pub(super) span: Range<usize>,
}

/// A type that can be read from a value.
pub(super) trait Read: Sized {
    /// The type in words.
    const KIND: &'static str;

    /// Whether `false` means the same as leaving out an optional key.
    const SWITCHABLE: bool = false;

    /// Whether the key is optional and `false` means the same as leaving it out.
    const OR_FALSE: bool = false;

    /// Reads a value. Keys missing in a table get the values of `default`. On an error, adds it to
    /// `source` and returns `None`.
    fn read(item: &Item<'_, '_>, default: Option<&Self>, source: &mut Source<'_>) -> Option<Self>;
}

impl<T: Read> Read for Option<T> {
    const KIND: &'static str = T::KIND;
    const OR_FALSE: bool = T::SWITCHABLE;

    fn read(item: &Item<'_, '_>, default: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        if T::SWITCHABLE && matches!(item.value, DeValue::Boolean(false)) {
            return Some(None);
        }
        T::read(item, default.and_then(Option::as_ref), source).map(Some)
    }
}

/// A table while it is read.
pub(super) struct Table<'t, 'a, 's, 'text> {
    path: String,
    entries: &'t DeTable<'a>,
    asked: Vec<&'static str>,
    pub(super) source: &'s mut Source<'text>,
}

impl<'t, 'a, 's, 'text> Table<'t, 'a, 's, 'text> {
    /// Returns the root table of a file.
    pub(super) fn root(entries: &'t DeTable<'a>, source: &'s mut Source<'text>) -> Self {
        Table { path: String::new(), entries, asked: Vec::new(), source }
    }

    /// Returns a value as a table.
    pub(super) fn new(item: &Item<'t, 'a>, source: &'s mut Source<'text>) -> Option<Self> {
        match item.value {
            DeValue::Table(entries) => {
                Some(Table { path: item.path.clone(), entries, asked: Vec::new(), source })
            }
            _ => source.wrong(item, "expected a table"),
        }
    }

    /// Returns the path of a key.
    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Returns the value of a key, with the expected type in words.
    pub(super) fn item(&mut self, key: &'static str, kind: &'static str) -> Option<Item<'t, 'a>> {
        self.ask(key, Expected { kind, or_false: false })
    }

    fn ask(&mut self, key: &'static str, expected: Expected) -> Option<Item<'t, 'a>> {
        self.asked.push(key);
        let path = self.key(key);
        self.source.asked.insert(path.clone(), expected);
        let value = self.entries.get(key)?;
        self.source.places.insert(path.clone(), value.span());
        Some(Item { path, value: value.get_ref(), span: value.span() })
    }

    /// Returns all values with their keys.
    pub(super) fn items(&mut self) -> Vec<(String, Item<'t, 'a>)> {
        let mut items = Vec::new();
        for (key, value) in self.entries {
            let path = self.key(key.get_ref());
            let span = if value.get_ref().is_table() { key.span() } else { value.span() };
            self.source.places.insert(path.clone(), span.clone());
            items.push((key.get_ref().to_string(), Item { path, value: value.get_ref(), span }));
        }
        items
    }

    /// Reads the value of a key. Without a default, the key is mandatory.
    pub(super) fn field<T: Read>(&mut self, key: &'static str, default: Option<T>) -> Option<T> {
        match self.ask(key, Expected { kind: T::KIND, or_false: T::OR_FALSE }) {
            Some(item) => T::read(&item, default.as_ref(), self.source).or(default),
            None if default.is_none() => {
                let path = self.key(key);
                let what = format!("{path} is missing");
                self.source.problems.push((self.source.place(&path), path, what));
                None
            }
            None => default,
        }
    }

    /// Reports unknown keys.
    pub(super) fn finish(self) {
        for (key, _) in self.entries {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let hint = match name {
                    // Bro's name for the port is `p`.
                    "port" if self.asked.contains(&"p") => "; did you mean `p`?".to_owned(),
                    name => suggestion(name, &self.asked),
                };
                let path = self.key(name);
                let what = format!("{path}: there is no such key{hint}");
                self.source.problems.push((Some(key.span().start), path, what));
            }
        }
    }
}

/// Returns a suggestion from the known words, if one is similar.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    let alike = |known: &&str| (strsim::jaro_winkler(word, known) * 1000.0) as u32;
    match known.iter().max_by_key(|known| alike(known)) {
        Some(best) if alike(best) > 800 => format!("; did you mean `{best}`?"),
        _ => String::new(),
    }
}

/// Parses a text as TOML, as far as possible.
pub(super) fn parse<'a>(source: &mut Source<'a>) -> Spanned<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    for error in errors {
        let start = error.span().map(|span| span.start);
        source.problems.push((start, String::new(), error.message().to_owned()));
    }
    table
}
