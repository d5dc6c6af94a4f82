//! Objects: made key by key, and taken apart key by key.

use std::collections::BTreeMap;
use std::fmt;

use super::mapping::Json;
use super::node::{Key, Node};
use super::reader::Reader;
use super::writer::Writer;

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// Says what is wrong with a JSON text, and where in it.
#[derive(Debug)]
pub(super) struct Fault {
    /// Keys and positions, innermost first.
    path: Vec<String>,
    what: String,
}

impl Fault {
    pub(super) fn new(what: impl fmt::Display) -> Fault {
        Fault { path: Vec::new(), what: what.to_string() }
    }

    /// Says that something else should stand here.
    pub(super) fn expected(expected: &str, found: &Node) -> Fault {
        Fault::new(format_args!("expected {expected}, found {}", found.what()))
    }

    /// Adds where this was.
    pub(super) fn within(mut self, place: impl fmt::Display) -> Fault {
        self.path.push(place.to_string());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, place) in self.path.iter().rev().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            f.write_str(place)?;
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.what)
    }
}

/// An object that is being made.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(Key, Node)>);

impl Fields {
    pub(super) fn new() -> Fields {
        Fields::default()
    }

    pub(super) fn node(&mut self, key: impl Into<Key>, node: Node) {
        self.0.push((key.into(), node));
    }

    /// Adds what is there; what isn't has no key.
    pub(super) fn put<T: Json>(&mut self, key: impl Into<Key>, value: &T, out: &mut Writer) {
        if !value.is_absent() {
            self.node(key, value.write(out));
        }
    }

    /// Adds what isn't as usual.
    pub(super) fn put_unless<T: Json + PartialEq>(
        &mut self,
        key: &'static str,
        value: &T,
        usual: &T,
        out: &mut Writer,
    ) {
        if value != usual {
            self.put(key, value, out);
        }
    }
}

impl From<Fields> for Node {
    fn from(fields: Fields) -> Node {
        Node::Object(fields.0)
    }
}

/// An object that is being taken apart.
#[derive(Debug)]
pub(super) struct Keys(BTreeMap<Key, Node>);

impl Keys {
    pub(super) fn of(node: Node) -> Result<Keys> {
        let Node::Object(members) = node else { return Err(Fault::expected("an object", &node)) };
        let mut keys = BTreeMap::new();
        for (key, value) in members {
            if keys.contains_key(&key) {
                return Err(Fault::new("stands twice").within(key));
            }
            keys.insert(key, value);
        }
        Ok(Keys(keys))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.0.remove(key)
    }

    pub(super) fn peek(&self, key: &str) -> Option<&Node> {
        self.0.get(key)
    }

    /// Reads a key's value; a missing key is an error unless its absence means something.
    pub(super) fn get<T: Json>(&mut self, key: &str, from: &mut Reader) -> Result<T> {
        match self.take(key) {
            Some(node) => T::read(node, from).map_err(|fault| fault.within(key)),
            None => T::absent().ok_or_else(|| Fault::new(format_args!("no key {key:?}"))),
        }
    }

    pub(super) fn get_or<T: Json>(&mut self, key: &str, usual: T, from: &mut Reader) -> Result<T> {
        if self.has(key) { self.get(key, from) } else { Ok(usual) }
    }

    /// Finds the one of some keys that says what the object is.
    pub(super) fn kind(&self, kinds: &[&'static str]) -> Result<&'static str> {
        let mut found = kinds.iter().filter(|kind| self.has(kind));
        match (found.next(), found.next()) {
            (Some(kind), None) => Ok(kind),
            (Some(a), Some(b)) => Err(Fault::new(format_args!("both {a:?} and {b:?}"))),
            (None, _) => {
                Err(Fault::new(format_args!("expected one of the keys {}", kinds.join(", "))))
            }
        }
    }

    /// Checks that nothing is left that nobody understood.
    pub(super) fn finish(self) -> Result<()> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(key) => Err(Fault::new("unknown key").within(key)),
        }
    }
}
