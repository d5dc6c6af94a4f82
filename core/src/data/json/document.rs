//! Whole documents: each is an object, with the table of its types beside what it is about.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::mapping::Json;
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use crate::data::{Event, Id, Packet, Serial, StateAccess, Type, Value};

fn write<T: Json>(value: &T) -> Node {
    let mut out = Writer::new();
    let node = value.write(&mut out);
    out.finish(node)
}

fn read<T: Json>(node: Node) -> Result<T> {
    let mut reader = Reader::new();
    let Node::Object(mut members) = node else { return Err(Fault::expected("an object", &node)) };
    if let Some(at) = members.iter().position(|(key, _)| key == "types") {
        reader.table(members.remove(at).1)?;
    }
    T::read(Node::Object(members), &mut reader)
}

macro_rules! documents {
    ($($ty:ident)*) => {
        $(impl Serialize for $ty {
            /// Writes the [JSON form](crate::data::json).
            fn serialize<S: Serializer>(
                &self,
                serializer: S,
            ) -> std::result::Result<S::Ok, S::Error> {
                write(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            /// Reads the [JSON form](crate::data::json).
            fn deserialize<D: Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<$ty, D::Error> {
                read(Node::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        })*
    };
}

documents! { Event Id Packet Serial StateAccess Value }

/// A type as a document of its own: an object even if the type is only a name.
struct TypeDocument(Type);

impl Json for TypeDocument {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        fields.put("type", &self.0, out);
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<TypeDocument> {
        let mut keys = Keys::of(node)?;
        let ty = keys.get("type", from)?;
        keys.finish()?;
        Ok(TypeDocument(ty))
    }
}

impl Serialize for Type {
    /// Writes the [JSON form](crate::data::json).
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        write(&TypeDocument(self.clone())).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Type {
    /// Reads the [JSON form](crate::data::json).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Type, D::Error> {
        let document: TypeDocument =
            read(Node::deserialize(deserializer)?).map_err(D::Error::custom)?;
        Ok(document.0)
    }
}
