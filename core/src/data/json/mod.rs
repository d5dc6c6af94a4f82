//! The JSON form of values, types and all else that a SERIAL carries; with the feature `serde`.
//!
//! [`Value`], [`Type`], [`Event`], [`Id`], [`StateAccess`], [`Packet`] and [`Serial`] implement
//! [`Serialize`] and [`Deserialize`]. Nothing is lost: what is read back equals what was written,
//! time stamps, attributes and the bits of every double included, and goes to the wire as the same
//! bytes. The form is JSON's, but any self-describing format that serde knows will do.
//!
//! The order of keys means nothing. What is absent has no key, and a key that nobody knows is an
//! error.
//!
//! # Values
//!
//! A value is an object whose first key says what it is.
//!
//! ```
//! use brocomm::data::Value;
//!
//! for text in [
//!     r#"{"bool":true}"#,
//!     r#"{"int":-5}"#,
//!     r#"{"count":18446744073709551615}"#,
//!     r#"{"counter":5}"#,
//!     r#"{"double":0.5}"#,
//!     r#"{"time":1500000000.25}"#,
//!     r#"{"interval":60.0}"#,
//!     r#"{"string":"text"}"#,
//!     r#"{"pattern":{"exact":"^?(a|b)$?","anywhere":"^?(.|\\n)*(a|b)"}}"#,
//!     r#"{"port":"80/tcp"}"#,
//!     r#"{"addr":"2001:db8::1"}"#,
//!     r#"{"subnet":"10.0.0.0/8"}"#,
//!     // A constant: its name, if its type knows one, its number, and its type.
//!     r#"{"enum":"RED","number":0,"type":{"enum":[["RED",0],["BLUE",1]],"counter":2}}"#,
//!     // Several values in a row; `tag` is the type that all have in common, or `any`.
//!     r#"{"list":{"list":["count","port"]},"tag":"any","items":[{"count":1},{"port":"80/tcp"}]}"#,
//!     // Containers name their type first. An unset field has no key, a hole in a vector is null.
//!     r#"{"record":{"record":[{"name":"a","type":"count"},{"name":"b","type":"addr"}]},"fields":{"a":{"count":1}}}"#,
//!     r#"{"vector":{"vector":"count"},"items":[{"count":1},null]}"#,
//!     // An index has one value per component.
//!     r#"{"set":{"set":{"list":["port"],"pure":"port"}},"entries":[{"index":[{"port":"80/tcp"}]}]}"#,
//!     r#"{"table":{"table":{"list":["count","port"]},"yields":"string"},"entries":[{"index":[{"count":1},{"port":"80/tcp"}],"value":{"string":"x"}}]}"#,
//!     r#"{"file":{"file":"string"},"object":{"name":"/dev/stdout","type":"string","buffered":true}}"#,
//!     r#"{"opaque":{"opaque":"x509"},"x509":{"hex":"3082"}}"#,
//! ] {
//!     let value: Value = serde_json::from_str(text)?;
//!     assert_eq!(serde_json::to_string(&value)?, text);
//! }
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! * **Integers** are JSON numbers, up to 2⁶⁴ − 1 and down to −2⁶³. serde_json keeps them all; a tool
//!   that takes numbers for doubles doesn't above 2⁵³.
//! * **Doubles**, times (seconds since the Unix epoch) and intervals (seconds) are JSON numbers if
//!   every reader makes the same double of their digits, and strings of digits otherwise; so they
//!   don't depend on serde_json's feature `float_roundtrip`. The others are `"inf"`, `"-inf"`,
//!   `"NaN"`, and any other NaN with its bits. Either form is read everywhere.
//! * **Strings** and names are JSON strings if they are UTF-8, and `{"hex": "…"}` otherwise; so
//!   nothing needs to be escaped. Either is read everywhere. What is no text (packets, certificates)
//!   is always in hex.
//! * **Enums** are read by name, by number, or by both if they agree.
//! * **Records** whose type doesn't name each value, once, in UTF-8, list them in an array:
//!   `"fields": [{"count": 1}, null]`.
//! * **Tables and sets** have `attributes`, `expire_time` and `expire_func` (expressions), and in each
//!   entry `last_access` and `expire_access` (if not 0). The index is a list value if its type or tag
//!   is not what the table's type says.
//! * **Containers** have `properties` (if not 0) and `unique_id` (if not empty).
//! * **Functions and files** have an `object`; **opaque values** a key that says which they are
//!   (`md5`, `sha1`, `sha256`, `entropy`, `topk`, `bloom`, `cardinality`, `x509`). Fields, expressions
//!   and statements in them are named like those of the Rust types; attributes are `"log"`, or
//!   `{"default": …}` with their expression.
//!
//! ```
//! use brocomm::data::Value;
//!
//! let read = |text| serde_json::from_str::<Value>(text);
//! assert_eq!(serde_json::to_string(&Value::string(b"\xff\0"))?, r#"{"string":{"hex":"ff00"}}"#);
//! assert_eq!(serde_json::to_string(&Value::Double(0.1 + 0.2))?, r#"{"double":"0.30000000000000004"}"#);
//! assert_eq!(serde_json::to_string(&Value::Interval(f64::INFINITY))?, r#"{"interval":"inf"}"#);
//! assert_eq!(read(r#"{"double":"0.5"}"#)?, read(r#"{"double":0.5}"#)?);
//!
//! let table = r##"{"table":{"table":{"list":["count"]},"yields":"bool"},
//!     "entries":[{"index":[{"count":1}],"value":{"bool":true},"last_access":1500000000.5}],
//!     "attributes":["log",{"create_expire":{"expr":"const","value":{"interval":60.0},"tag":1}}],
//!     "unique_id":"#host#1#2","properties":2}"##;
//! assert_eq!(read(&serde_json::to_string(&read(table)?)?)?, read(table)?);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Types
//!
//! A standard type is its name: `"count"`. Any other is an object: one of the keys `atomic`, `list`,
//! `table`, `set`, `func`, `record`, `file`, `enum`, `vector`, `opaque` with its parts, and `name`,
//! `base` and `network_order` where they aren't as usual. `{"named": "…"}` is a type that is known by
//! its name only.
//!
//! A type that has a name, or is used more than once, is written once per document: in the table
//! `types` at its end. Elsewhere stands its label: its name, if no other type has the same, or else
//! a number after `#`. Each entry has its label under `label`, or if it has none, under `name`.
//! `{"enclosing": "…"}` refers from within a recursive type to that type.
//!
//! ```
//! use brocomm::data::{Declarations, Type, Value};
//!
//! let mut known = Declarations::new();
//! known.read("type Tree: record { name: string; left: Tree &optional; };")?;
//! let tree = Value::parse(r#"[$name="a", $left=[$name="b"]]"#, known.ty("Tree"), &known)?;
//! let text = concat!(
//!     r#"{"record":"Tree","fields":{"name":{"string":"a"},"#,
//!     r#""left":{"record":"Tree","fields":{"name":{"string":"b"}}}},"#,
//!     r#""types":[{"name":"Tree","record":[{"name":"name","type":"string"},"#,
//!     r#"{"name":"left","type":{"enclosing":"Tree"},"attributes":["optional"]}]}]}"#,
//! );
//! assert_eq!(serde_json::to_string(&tree)?, text);
//! assert_eq!(serde_json::from_str::<Value>(text)?, tree);
//!
//! // As a document of its own a type is an object like all others.
//! assert_eq!(serde_json::to_string(&Type::COUNT)?, r#"{"type":"count"}"#);
//! assert_eq!(serde_json::to_string(&Type::vector(Type::ADDR))?, r#"{"type":{"vector":"addr"}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What SERIALs hold
//!
//! Events, IDs, state accesses and packets have their fields as keys; a SERIAL has one key that says
//! what it holds.
//!
//! ```
//! use brocomm::data::{Event, Id, Packet, Serial, StateAccess};
//!
//! let event = r#"{"name":"ping","time":1500000000.25,"args":[{"count":5}]}"#;
//! let id = r#"{"name":"M::limit","scope":2,"type":"count","value":{"count":5}}"#;
//! let access = r#"{"opcode":"incr","target":"M::limit","op1":{"count":6},"op2":{"count":5}}"#;
//! let packet = r#"{"sec":1,"usec":2,"len":60,"link_type":1,"tag":"","data":{"hex":"00ff"}}"#;
//!
//! assert_eq!(serde_json::to_string(&serde_json::from_str::<Event>(event)?)?, event);
//! assert_eq!(serde_json::to_string(&serde_json::from_str::<Id>(id)?)?, id);
//! assert_eq!(serde_json::to_string(&serde_json::from_str::<StateAccess>(access)?)?, access);
//! assert_eq!(serde_json::to_string(&serde_json::from_str::<Packet>(packet)?)?, packet);
//! for (kind, part) in [("event", event), ("id", id), ("state_access", access), ("packet", packet)] {
//!     let text = format!("{{\"{kind}\":{part}}}");
//!     assert_eq!(serde_json::to_string(&serde_json::from_str::<Serial>(&text)?)?, text);
//! }
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Limits
//!
//! No text makes the reader panic. As from the wire, two entries with the same index are an error.
//!
//! Arrays and objects may lie 128 deep within each other, which is serde_json's own limit too, and so
//! may what they stand for, labelled types included; a value that lies deeper can be written but not
//! read back. A container takes two such levels, a table three.
//!
//! Memory is a small multiple of the text. Each type is written once; expressions and values are
//! written wherever they are used, so a peer that refers to the same large value again and again
//! makes a text much larger than its message was.
//!
//! Numbers are read as serde hands them on; serde_json's feature `arbitrary_precision` makes objects
//! of them, which are refused.
//!
//! [`Value`]: super::Value
//! [`Type`]: super::Type
//! [`Event`]: super::Event
//! [`Id`]: super::Id
//! [`StateAccess`]: super::StateAccess
//! [`Packet`]: super::Packet
//! [`Serial`]: super::Serial
//! [`Serialize`]: serde::Serialize
//! [`Deserialize`]: serde::Deserialize

mod attributes;
mod code;
mod container;
mod document;
mod double;
mod mapping;
mod message;
mod node;
mod object;
mod opaque;
mod reader;
#[cfg(test)]
mod tests;
mod types;
mod value;
mod writer;
