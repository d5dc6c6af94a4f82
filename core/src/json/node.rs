//! A JSON text as a tree, between serde and the types of this crate.
//!
//! Values are read into a tree first, because keys may come in any order, and a value's type may
//! come after it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize, de};

use crate::data::Declarations;

/// The maximum nesting of arrays and objects, independent of the format's own limit. serde_json has
/// the same limit.
const DEPTH: u32 = 128;

/// The number of characters of the input that an error shows.
const SHOWN: usize = 60;

/// A key of an object.
pub(crate) type Key = Cow<'static, str>;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Unsigned(u64),
    /// A negative integer.
    Signed(i64),
    Double(f64),
    Text(Cow<'static, str>),
    Array(Vec<Node>),
    Object(Vec<(Key, Node)>),
}

impl Node {
    pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Node {
        Node::Text(text.into())
    }

    /// Creates an object.
    pub(crate) fn object<const N: usize>(members: [(&'static str, Node); N]) -> Node {
        Node::Object(members.map(|(key, node)| (Key::from(key), node)).into())
    }

    /// Returns what this is, for error messages.
    pub(super) fn what(&self) -> String {
        match self {
            Node::Null => "null".to_owned(),
            Node::Bool(value) => value.to_string(),
            Node::Unsigned(number) => number.to_string(),
            Node::Signed(number) => number.to_string(),
            Node::Double(number) => format!("{number:?}"),
            Node::Text(text) if text.chars().count() <= SHOWN => format!("{text:?}"),
            Node::Text(text) => {
                format!("{:?}…", text.chars().take(SHOWN).collect::<String>())
            }
            Node::Array(_) => "an array".to_owned(),
            Node::Object(_) => "an object".to_owned(),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Null => serializer.serialize_unit(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Unsigned(number) => serializer.serialize_u64(*number),
            Node::Signed(number) => serializer.serialize_i64(*number),
            Node::Double(number) => serializer.serialize_f64(*number),
            Node::Text(text) => serializer.serialize_str(text),
            Node::Array(items) => serializer.collect_seq(items),
            Node::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        Seed { left: DEPTH }.deserialize(deserializer)
    }
}

/// Deserializes a node with at most this many levels.
#[derive(Clone, Copy)]
struct Seed {
    left: u32,
}

impl Seed {
    fn inside<E: de::Error>(self) -> Result<Seed, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Seed { left }),
            None => Err(E::custom(format_args!("nested deeper than {DEPTH}"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.inside()?.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Unsigned(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(u64::try_from(number).map_or(Node::Signed(number), Node::Unsigned))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Double(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let inside = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Node::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let inside = self.inside()?;
        let mut members = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            members.push((Cow::Owned(key), access.next_value_seed(inside)?));
        }
        Ok(Node::Object(members))
    }
}

pub(super) type Result<T, E = Fault> = std::result::Result<T, E>;

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
