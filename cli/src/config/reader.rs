//! Reads tables of TOML so that all that is wrong is found, not only the first of it.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What goes on while a file is read.
pub(super) struct Source<'a> {
    text: &'a str,
    /// What is wrong: where in the text, which key, and what.
    pub(super) problems: Vec<(Option<usize>, String, String)>,
    /// Where each key's value is.
    pub(super) places: BTreeMap<String, Range<usize>>,
    /// Every key that was asked for, with what is expected there.
    pub(super) asked: BTreeMap<String, Expected>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Source<'a> {
        Source { text, problems: Vec::new(), places: BTreeMap::new(), asked: BTreeMap::new() }
    }

    /// Adds what is wrong with a value, and gives nothing.
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

    /// Returns whether something is wrong with a key.
    pub(super) fn is_wrong(&self, key: &str) -> bool {
        self.problems.iter().any(|(_, path, _)| path == key)
    }

    /// Returns where a key is, or else what it would be in.
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

/// What a key's value may be, in words, for the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) kind: &'static str,
    /// Whether it may be `false` instead.
    pub(super) or_false: bool,
}

/// A value and where it is.
pub(super) struct Item<'t, 'a> {
    pub(super) path: String,
    pub(super) value: &'t DeValue<'a>,
    pub(super) span: Range<usize>,
}

/// Is read from a value.
pub(super) trait Read: Sized {
    /// What may be written, in words.
    const KIND: &'static str;

    /// Whether `false` stands for leaving it out, where that can be.
    const SWITCHABLE: bool = false;

    /// Whether it can be left out, and `false` stands for that.
    const OR_FALSE: bool = false;

    /// Reads a value; what a table leaves out is as in the default. Gives nothing if that can't be,
    /// once it has been told why.
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

/// A table that is being read.
pub(super) struct Table<'t, 'a, 's, 'text> {
    path: String,
    entries: &'t DeTable<'a>,
    asked: Vec<&'static str>,
    pub(super) source: &'s mut Source<'text>,
}

impl<'t, 'a, 's, 'text> Table<'t, 'a, 's, 'text> {
    /// Begins with the whole file.
    pub(super) fn root(entries: &'t DeTable<'a>, source: &'s mut Source<'text>) -> Self {
        Table { path: String::new(), entries, asked: Vec::new(), source }
    }

    /// Takes a value for a table.
    pub(super) fn new(item: &Item<'t, 'a>, source: &'s mut Source<'text>) -> Option<Self> {
        match item.value {
            DeValue::Table(entries) => {
                Some(Table { path: item.path.clone(), entries, asked: Vec::new(), source })
            }
            _ => source.wrong(item, "expected a table"),
        }
    }

    /// Returns a key's path.
    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Returns a key's value, which is to be of a kind.
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

    /// Returns all values, whatever their keys.
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

    /// Reads a key's value. Without a default the key has to be there.
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

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.entries {
            let name: &str = key.get_ref();
            if !self.asked.contains(&name) {
                let hint = match name {
                    // Bro's own name for it is short.
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

/// Says which of some words may have been meant.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    let alike = |known: &&str| (strsim::jaro_winkler(word, known) * 1000.0) as u32;
    match known.iter().max_by_key(|known| alike(known)) {
        Some(best) if alike(best) > 800 => format!("; did you mean `{best}`?"),
        _ => String::new(),
    }
}

/// Takes a whole text apart, as far as it is TOML.
pub(super) fn parse<'a>(source: &mut Source<'a>) -> Spanned<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    for error in errors {
        let start = error.span().map(|span| span.start);
        source.problems.push((start, String::new(), error.message().to_owned()));
    }
    table
}
