//! Objects, written and read key by key.

use std::collections::BTreeMap;
use std::fmt;

use super::node::{Key, Node};
use crate::data::Declarations;

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// An error in a JSON text, and its position.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The keys and positions of the path, innermost first.
    path: Vec<String>,
    what: String,
}

impl Fault {
    pub(super) fn new(what: impl fmt::Display) -> Fault {
        Fault { path: Vec::new(), what: what.to_string() }
    }

    /// Creates the error that something else was expected.
    pub(super) fn expected(expected: impl fmt::Display, found: &Node) -> Fault {
        Fault::new(format_args!("expected {expected}, found {}", found.what()))
    }

    /// Adds an outer element of the path.
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

/// Maps a type to JSON and back.
pub(crate) trait Json: Sized {
    fn write(&self) -> Node;

    fn read(node: Node, known: &Declarations) -> Result<Self>;

    /// Returns the value for a missing key, if it is optional.
    fn absent() -> Option<Self> {
        None
    }

    /// Returns whether the key is omitted.
    fn is_absent(&self) -> bool {
        false
    }
}

/// An object under construction.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(Key, Node)>);

impl Fields {
    pub(crate) fn new() -> Fields {
        Fields::default()
    }

    pub(crate) fn node(&mut self, key: impl Into<Key>, node: Node) {
        self.0.push((key.into(), node));
    }

    /// Adds a value. An absent value gets no key.
    pub(crate) fn put<T: Json>(&mut self, key: impl Into<Key>, value: &T) {
        if !value.is_absent() {
            self.node(key, value.write());
        }
    }
}

impl From<Fields> for Node {
    fn from(fields: Fields) -> Node {
        Node::Object(fields.0)
    }
}

/// An object whose keys are being read.
#[derive(Debug)]
pub(super) struct Keys(BTreeMap<Key, Node>);

impl Keys {
    pub(super) fn of(node: Node) -> Result<Keys> {
        let Node::Object(members) = node else { return Err(Fault::expected("an object", &node)) };
        let mut keys = BTreeMap::new();
        for (key, value) in members {
            if keys.contains_key(&key) {
                return Err(Fault::new("duplicate key").within(key));
            }
            keys.insert(key, value);
        }
        Ok(Keys(keys))
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.0.remove(key)
    }

    /// Takes a required key.
    pub(super) fn need(&mut self, key: &str) -> Result<Node> {
        self.take(key).ok_or_else(|| Fault::new(format_args!("the key {key:?} is missing")))
    }

    /// Reads a key's value; a missing key is an error unless it is optional.
    pub(super) fn get<T: Json>(&mut self, key: &str, known: &Declarations) -> Result<T> {
        match (self.take(key), T::absent()) {
            (Some(node), _) => T::read(node, known).map_err(|fault| fault.within(key)),
            (None, Some(absent)) => Ok(absent),
            (None, None) => self.need(key).and_then(|node| T::read(node, known)),
        }
    }

    /// Takes the only key of an object, with its value.
    pub(super) fn only(mut self) -> Result<(Key, Node)> {
        match (self.0.pop_first(), self.0.len()) {
            (Some(only), 0) => Ok(only),
            (_, more) => Err(Fault::new(format_args!("expected one key, found {more}"))),
        }
    }

    /// Checks that no unknown key is left.
    pub(super) fn finish(self) -> Result<()> {
        self.finish_as("unknown key")
    }

    /// Like [`Keys::finish`], with this error.
    pub(super) fn finish_as(self, fault: impl fmt::Display) -> Result<()> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(key) => Err(Fault::new(fault).within(key)),
        }
    }
}
