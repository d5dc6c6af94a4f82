//! JSON mappings that do not depend on the context.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::node::Node;
use super::node::{Fault, Json, Keys, Result};
use crate::data::{Declarations, Name, Short, Type};

/// The key for bytes that are not UTF-8.
const HEX: &str = "$hex";

/// The greatest integer n for which a double, as used by most JSON tools, represents all integers
/// from 0 to n exactly.
const EXACT: u64 = (1 << f64::MANTISSA_DIGITS) - 1;

impl Json for bool {
    fn write(&self) -> Node {
        Node::Bool(*self)
    }

    fn read(node: Node, _: &Declarations) -> Result<bool> {
        match node {
            Node::Bool(value) => Ok(value),
            other => Err(Fault::expected("true or false", &other)),
        }
    }
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(impl Json for $ty {
            /// Writes a number, or a string of digits if a double cannot represent it.
            fn write(&self) -> Node {
                match (u64::try_from(*self), i64::try_from(*self)) {
                    (Ok(number), _) if number <= EXACT => Node::Unsigned(number),
                    (Err(_), Ok(number)) if number.unsigned_abs() <= EXACT => Node::Signed(number),
                    _ => Node::text(self.to_string()),
                }
            }

            fn read(node: Node, _: &Declarations) -> Result<$ty> {
                let number = match &node {
                    Node::Unsigned(number) => Some(i128::from(*number)),
                    Node::Signed(number) => Some(i128::from(*number)),
                    Node::Text(digits) if !digits.starts_with('+') => digits.parse().ok(),
                    _ => None,
                };
                number.and_then(|number| $ty::try_from(number).ok()).ok_or_else(|| {
                    let (least, greatest) = ($ty::MIN, $ty::MAX);
                    Fault::expected(format_args!("an integer from {least} to {greatest}"), &node)
                })
            }
        })*
    };
}

integers! { u16 u32 u64 i32 i64 }

impl Json for f64 {
    /// Writes a number, or a string for a value that is not finite.
    fn write(&self) -> Node {
        if self.is_finite() {
            Node::Double(*self)
        } else if self.is_infinite() || self.to_bits() == f64::NAN.to_bits() {
            // As Bro prints it.
            Node::text(if self.is_nan() {
                "nan"
            } else if *self < 0.0 {
                "-inf"
            } else {
                "inf"
            })
        } else {
            Node::text(format!("nan:{:016x}", self.to_bits()))
        }
    }

    fn read(node: Node, _: &Declarations) -> Result<f64> {
        let number = match &node {
            Node::Double(number) => Some(*number),
            Node::Unsigned(number) => Some(*number as f64),
            Node::Signed(number) => Some(*number as f64),
            Node::Text(text) => match text.strip_prefix("nan:") {
                Some(bits) => {
                    let number = u64::from_str_radix(bits, 16).ok().map(f64::from_bits);
                    number.filter(|number| number.is_nan())
                }
                None => text.parse().ok(),
            },
            _ => None,
        };
        number.ok_or_else(|| Fault::expected("a number", &node))
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self) -> Node {
        self.as_ref().map_or(Node::Null, Json::write)
    }

    fn read(node: Node, known: &Declarations) -> Result<Option<T>> {
        match node {
            Node::Null => Ok(None),
            node => T::read(node, known).map(Some),
        }
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Parses the elements of an array. An error contains the element's position.
pub(super) fn elements<T>(
    node: Node,
    expected: impl std::fmt::Display,
    mut read: impl FnMut(usize, Node) -> Result<T>,
) -> Result<Vec<T>> {
    let Node::Array(items) = node else { return Err(Fault::expected(expected, &node)) };
    let items = items.into_iter().enumerate();
    items.map(|(at, item)| read(at, item).map_err(|fault| fault.within(at))).collect()
}

impl<T: Json> Json for Vec<T> {
    fn write(&self) -> Node {
        Node::Array(self.iter().map(Json::write).collect())
    }

    fn read(node: Node, known: &Declarations) -> Result<Vec<T>> {
        elements(node, "an array", |_, item| T::read(item, known))
    }
}

impl<T: Json + Copy, const N: usize> Json for [T; N] {
    fn write(&self) -> Node {
        Node::Array(self.iter().map(Json::write).collect())
    }

    fn read(node: Node, known: &Declarations) -> Result<[T; N]> {
        let items: Vec<T> = Json::read(node, known)?;
        let found = items.len();
        let fault = |_| Fault::new(format_args!("expected {N} elements, found {found}"));
        items.try_into().map_err(fault)
    }
}

macro_rules! pointers {
    ($($pointer:ident)*) => {
        $(impl<T: Json> Json for $pointer<T> {
            fn write(&self) -> Node {
                T::write(self)
            }

            fn read(node: Node, known: &Declarations) -> Result<$pointer<T>> {
                T::read(node, known).map($pointer::new)
            }
        })*
    };
}

pointers! { Arc Box }

/// Writes bytes as text if they are UTF-8, otherwise in hex.
pub(crate) fn write_bytes(bytes: &[u8]) -> Node {
    match std::str::from_utf8(bytes) {
        Ok(text) => Node::text(text.to_owned()),
        Err(_) => hex(bytes),
    }
}

/// Writes bytes in hex, even if they are UTF-8.
pub(super) fn hex(bytes: &[u8]) -> Node {
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        digits.push_str(&format!("{byte:02x}"));
        digits
    });
    Node::object([(HEX, Node::text(digits))])
}

/// Returns whether these names can be the keys of one object: distinct and not reserved.
pub(crate) fn are_keys<'a>(mut names: impl Iterator<Item = &'a Name>) -> bool {
    let mut seen = BTreeSet::new();
    names.all(|name| {
        let name = name.as_str().filter(|name| !name.starts_with('$'));
        name.is_some_and(|name| seen.insert(name))
    })
}

/// Returns whether an object represents bytes.
pub(super) fn is_hex(members: &[(super::node::Key, Node)]) -> bool {
    matches!(members, [(key, _)] if key == HEX)
}

impl Json for Bytes {
    fn write(&self) -> Node {
        write_bytes(self)
    }

    fn read(node: Node, known: &Declarations) -> Result<Bytes> {
        match node {
            Node::Text(text) => Ok(Bytes::from(text.into_owned())),
            Node::Object(members) if is_hex(&members) => {
                let mut keys = Keys::of(Node::Object(members))?;
                let digits: String = keys.get(HEX, known)?;
                from_hex(&digits).map_err(|fault| fault.within(HEX))
            }
            other => Err(Fault::expected(format_args!("a string or {{{HEX:?}: …}}"), &other)),
        }
    }
}

fn from_hex(digits: &str) -> Result<Bytes> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((digit(high)? << 4) | digit(low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    bytes.map(Bytes::from).ok_or_else(|| Fault::new("expected pairs of hex digits"))
}

impl Json for String {
    fn write(&self) -> Node {
        Node::text(self.clone())
    }

    fn read(node: Node, _: &Declarations) -> Result<String> {
        match node {
            Node::Text(text) => Ok(text.into_owned()),
            other => Err(Fault::expected("a string", &other)),
        }
    }
}

impl Json for Name {
    fn write(&self) -> Node {
        write_bytes(self)
    }

    fn read(node: Node, known: &Declarations) -> Result<Name> {
        Bytes::read(node, known).map(Name::from_bytes)
    }
}

/// A type is a string: its name if it has one, or its form in Bro's notation.
impl Json for Type {
    fn write(&self) -> Node {
        Node::text(Short(self).to_string())
    }

    fn read(node: Node, known: &Declarations) -> Result<Type> {
        let text = String::read(node, known)?;
        Type::parse(&text, known)
            .map_err(|error| Fault::new(format_args!("type {text:?}: {error}")))
    }
}

/// Implements the mapping of structs to objects with their fields as keys.
macro_rules! plain {
    ($($name:ident { $($field:ident as $key:literal),* $(,)? })*) => {
        $(impl Json for $name {
            fn write(&self) -> Node {
                let mut fields = Fields::new();
                $(fields.put($key, &self.$field);)*
                fields.into()
            }

            fn read(node: Node, known: &Declarations) -> Result<$name> {
                let mut keys = Keys::of(node)?;
                let read = $name { $($field: keys.get($key, known)?),* };
                keys.finish()?;
                Ok(read)
            }
        })*
    };
}
pub(super) use plain;
