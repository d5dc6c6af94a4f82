//! The mapping itself: what everything has that can be part of a document.

use std::sync::Arc;

use bytes::Bytes;

use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use crate::data::Name;

/// Maps a type to JSON and back.
pub(super) trait Json: Sized {
    fn write(&self, out: &mut Writer) -> Node;

    fn read(node: Node, from: &mut Reader) -> Result<Self>;

    /// Returns what a missing key means, if that may be.
    fn absent() -> Option<Self> {
        None
    }

    /// Returns whether the key is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

impl Json for bool {
    fn write(&self, _: &mut Writer) -> Node {
        Node::Bool(*self)
    }

    fn read(node: Node, _: &mut Reader) -> Result<bool> {
        match node {
            Node::Bool(value) => Ok(value),
            other => Err(Fault::expected("a boolean", &other)),
        }
    }
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(impl Json for $ty {
            fn write(&self, _: &mut Writer) -> Node {
                match u64::try_from(*self) {
                    Ok(number) => Node::Unsigned(number),
                    Err(_) => Node::Signed(i64::try_from(*self).unwrap_or_default()),
                }
            }

            fn read(node: Node, _: &mut Reader) -> Result<$ty> {
                let number = match node {
                    Node::Unsigned(number) => i128::from(number),
                    Node::Signed(number) => i128::from(number),
                    other => return Err(Fault::expected("an integer", &other)),
                };
                $ty::try_from(number).map_err(|_| {
                    let (least, greatest) = ($ty::MIN, $ty::MAX);
                    Fault::new(format_args!("not an integer from {least} to {greatest}"))
                })
            }
        })*
    };
}

integers! { u8 u16 u32 u64 i32 i64 }

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Writer) -> Node {
        self.as_ref().map_or(Node::Null, |value| value.write(out))
    }

    fn read(node: Node, from: &mut Reader) -> Result<Option<T>> {
        match node {
            Node::Null => Ok(None),
            node => T::read(node, from).map(Some),
        }
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, out: &mut Writer) -> Node {
        Node::Array(self.iter().map(|item| item.write(out)).collect())
    }

    fn read(node: Node, from: &mut Reader) -> Result<Vec<T>> {
        let Node::Array(items) = node else { return Err(Fault::expected("an array", &node)) };
        let read = |(at, item)| T::read(item, from).map_err(|fault: Fault| fault.within(at));
        items.into_iter().enumerate().map(read).collect()
    }
}

impl<T: Json + Copy, const N: usize> Json for [T; N] {
    fn write(&self, out: &mut Writer) -> Node {
        Node::Array(self.iter().map(|item| item.write(out)).collect())
    }

    fn read(node: Node, from: &mut Reader) -> Result<[T; N]> {
        let items: Vec<T> = Json::read(node, from)?;
        let found = items.len();
        let fault = |_| Fault::new(format_args!("{found} elements, expected {N}"));
        items.try_into().map_err(fault)
    }
}

impl<T: Json> Json for Box<T> {
    fn write(&self, out: &mut Writer) -> Node {
        T::write(self, out)
    }

    fn read(node: Node, from: &mut Reader) -> Result<Box<T>> {
        T::read(node, from).map(Box::new)
    }
}

impl<T: Json> Json for Arc<T> {
    fn write(&self, out: &mut Writer) -> Node {
        T::write(self, out)
    }

    /// Reads a level deeper: whatever holds its like holds it in an `Arc`.
    fn read(node: Node, from: &mut Reader) -> Result<Arc<T>> {
        from.enter(|from| T::read(node, from)).map(Arc::new)
    }
}

impl<A: Json, B: Json> Json for (A, B) {
    fn write(&self, out: &mut Writer) -> Node {
        Node::Array(vec![self.0.write(out), self.1.write(out)])
    }

    fn read(node: Node, from: &mut Reader) -> Result<(A, B)> {
        let Node::Array(items) = node else { return Err(Fault::expected("a pair", &node)) };
        let found = items.len();
        let [a, b] = <[Node; 2]>::try_from(items)
            .map_err(|_| Fault::new(format_args!("{found} elements, expected 2")))?;
        let a = A::read(a, from).map_err(|fault| fault.within(0))?;
        Ok((a, B::read(b, from).map_err(|fault| fault.within(1))?))
    }
}

impl Json for Bytes {
    /// Writes text if it is text, and `{"hex": …}` otherwise.
    fn write(&self, _: &mut Writer) -> Node {
        match std::str::from_utf8(self) {
            Ok(text) => Node::text(text.to_owned()),
            Err(_) => hex(self),
        }
    }

    fn read(node: Node, from: &mut Reader) -> Result<Bytes> {
        match node {
            Node::Text(text) => Ok(Bytes::from(text.into_owned())),
            node => {
                let mut keys = Keys::of(node)?;
                let digits: String = keys.get("hex", from)?;
                keys.finish()?;
                from_hex(&digits).map_err(|fault| fault.within("hex"))
            }
        }
    }
}

/// Writes bytes that are no text even if they look like it.
pub(super) fn hex(bytes: &[u8]) -> Node {
    let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
        digits.push_str(&format!("{byte:02x}"));
        digits
    });
    let mut fields = Fields::new();
    fields.node("hex", Node::text(digits));
    fields.into()
}

fn from_hex(digits: &str) -> Result<Bytes> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    bytes.map(Bytes::from).ok_or_else(|| Fault::new("expected pairs of hexadecimal digits"))
}

impl Json for String {
    fn write(&self, _: &mut Writer) -> Node {
        Node::text(self.clone())
    }

    fn read(node: Node, _: &mut Reader) -> Result<String> {
        match node {
            Node::Text(text) => Ok(text.into_owned()),
            other => Err(Fault::expected("a string", &other)),
        }
    }
}

impl Json for Name {
    fn write(&self, out: &mut Writer) -> Node {
        self.as_bytes().write(out)
    }

    fn read(node: Node, from: &mut Reader) -> Result<Name> {
        Bytes::read(node, from).map(Name::from_bytes)
    }
}

/// Returns the key of a field: its name, but for what is a keyword in Rust.
pub(super) const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        b"ty" => "type",
        _ => field,
    }
}

/// Maps structs field by field. A field that has its usual value (`= …`) is left out; attributes
/// (`of …`) have a type of their own only if it isn't that field.
macro_rules! plain {
    (@put $of:expr, $fields:ident, $out:ident, $field:ident) => {
        $fields.put(key(stringify!($field)), &$of.$field, $out)
    };
    (@put $of:expr, $fields:ident, $out:ident, $field:ident = $usual:expr) => {
        $fields.put_unless(key(stringify!($field)), &$of.$field, &$usual, $out)
    };
    (@put $of:expr, $fields:ident, $out:ident, $field:ident of $ty:ident) => {
        put_attributes(&$of.$field, &$of.$ty, &mut $fields, $out)
    };
    (@get $keys:ident, $from:ident, $field:ident) => {
        $keys.get(key(stringify!($field)), $from)?
    };
    (@get $keys:ident, $from:ident, $field:ident = $usual:expr) => {
        $keys.get_or(key(stringify!($field)), $usual, $from)?
    };
    (@get $keys:ident, $from:ident, $field:ident of $ty:ident) => {
        get_attributes(&$ty, &mut $keys, $from)?
    };
    ($($name:ident { $($field:ident $(of $ty:ident)? $(= $usual:expr)?),* $(,)? })*) => {
        $(impl Json for $name {
            fn write(&self, out: &mut Writer) -> Node {
                let mut fields = Fields::new();
                $(plain!(@put self, fields, out, $field $(of $ty)? $(= $usual)?);)*
                fields.into()
            }

            fn read(node: Node, from: &mut Reader) -> Result<$name> {
                let mut keys = Keys::of(node)?;
                $(let $field = plain!(@get keys, from, $field $(of $ty)? $(= $usual)?);)*
                keys.finish()?;
                Ok($name { $($field),* })
            }
        })*
    };
}
pub(super) use plain;

/// Maps enums whose parts stand beside the key that says which variant it is.
macro_rules! variants {
    ($ty:ident by $kind:literal {
        $($name:literal => $variant:ident
            $( ( $($item:ident),* ) )?
            $( { $($field:ident),* } )?,)*
    }) => {
        impl $ty {
            fn put(&self, fields: &mut Fields, out: &mut Writer) {
                match self {
                    $($ty::$variant $( ( $($item),* ) )? $( { $($field),* } )? => {
                        fields.node($kind, Node::text($name));
                        $($(fields.put(key(stringify!($item)), $item, out);)*)?
                        $($(fields.put(key(stringify!($field)), $field, out);)*)?
                    })*
                }
            }

            fn get(keys: &mut Keys, from: &mut Reader) -> Result<$ty> {
                let kind: String = keys.get($kind, from)?;
                Ok(match kind.as_str() {
                    $($name => $ty::$variant
                        $( ( $(keys.get(key(stringify!($item)), from)?),* ) )?
                        $( { $($field: keys.get(key(stringify!($field)), from)?),* } )?,)*
                    _ => return Err(Fault::new(format_args!("no {} {kind:?}", $kind))),
                })
            }
        }
    };
}
pub(super) use variants;
