//! The JSON form of values and messages; with the feature `serde`.
//!
//! [`Value`], [`Event`], [`Id`], [`StateAccess`], [`Packet`], [`Serial`], [`Name`] and
//! [`LogValue`](crate::logs::LogValue) implement [`Serialize`]. The program `brocomm` prints this
//! form with `--json`, and reads it.
//!
//! The JSON of a value is convenient for programs and does not include its type. [`ValueSeed`] and
//! [`EventSeed`] read it back with the declared types, to an equal [`Value`]. [`Deserialize`] works
//! without declarations and [guesses](#without-a-declaration) the types.
//!
//! # Values
//!
//! | type | JSON |
//! | --- | --- |
//! | `bool` | `true`, `false` |
//! | `int`, `count`, `counter` | a number; beyond ±(2⁵³ − 1), where many tools lose digits, a string of digits |
//! | `double` | a number; `"inf"`, `"-inf"`, `"nan"` (`"nan:"` and 16 hex digits for a NaN of other bits) |
//! | `time` | as `double`: seconds since the Unix epoch |
//! | `interval` | as `double`: seconds |
//! | `string` | a string; `{"$hex": "ff00"}` if it is not UTF-8 |
//! | `pattern` | `"/re/"`; `{"exact": …, "anywhere": …}` if the two forms do not derive from one text |
//! | `enum` | the constant's full name; its number if the name is unknown or ambiguous |
//! | `port` | `"80/tcp"`, `"53/udp"`, `"8/icmp"`, `"0/unknown"` |
//! | `addr` | `"10.0.0.1"`, `"2001:db8::1"` |
//! | `subnet` | `"10.0.0.0/8"`, `"2001:db8::/32"` |
//! | `vector` | an array; `null` for an element that is not set |
//! | `set` | an array of elements |
//! | `table` | an array of `{"key": …, "value": …}` |
//! | `record` | an object of its fields by name; a field that is not set has no key |
//! | function, `file` | the name |
//! | `opaque` | an object with one key, the kind (`md5`, `sha1`, `sha256`, `entropy`, `topk`, `bloomfilter`, `cardinality`, `x509`), and its content; a certificate is `{"$hex": …}` |
//!
//! ```
//! use brocomm::json::ValueSeed;
//! use brocomm::data::{Declarations, Type, Value};
//! use serde::de::DeserializeSeed;
//!
//! let mut known = Declarations::new();
//! known.read(
//!     "type Color: enum { RED, GREEN };
//!      type Host: record { addr: addr; ports: set[port]; note: string &optional; };",
//! )?;
//! for (ty, literal, json) in [
//!     ("count", "18446744073709551615", r#""18446744073709551615""#),
//!     ("interval", "2min", "120.0"),
//!     ("string", r#""\xc3\xa9\n""#, r#""é\n""#),
//!     ("string", r#""\xff\x00""#, r#"{"$hex":"ff00"}"#),
//!     ("pattern", "/ab+/", r#""/ab+/""#),
//!     ("Color", "GREEN", r#""GREEN""#),
//!     ("Host", "[$addr=10.0.0.1, $ports=set(22/tcp)]", r#"{"addr":"10.0.0.1","ports":["22/tcp"]}"#),
//!     // An index of several values is an array.
//!     ("set[addr, port]", "set([10.0.0.1, 22/tcp])", r#"[["10.0.0.1","22/tcp"]]"#),
//!     ("table[string] of count", r#"table(["a"] = 1)"#, r#"[{"key":"a","value":1}]"#),
//! ] {
//!     let ty = Type::parse(ty, &known)?;
//!     let value = Value::parse(literal, Some(&ty), &known)?;
//!     assert_eq!(serde_json::to_string(&value)?, json);
//!     let seed = ValueSeed::new(&ty, &known);
//!     assert_eq!(seed.deserialize(&mut serde_json::Deserializer::from_str(json))?, value);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * All of these forms of a number are accepted wherever a number is expected.
//! * A missing field gets its `&default`, or is unset if it is `&optional`; `null` is an unset
//!   field regardless of its declaration, and is written where a missing key would be read
//!   differently.
//! * A record whose field names cannot be the keys of an object (duplicate, not UTF-8, or beginning
//!   with `$`) is an array of its fields' values.
//! * If the declared type is `any`, or the type of a value is not known from the context for
//!   another reason, the value is written with its type in the notation of scripts, unless the
//!   guess is right: `{"$type": "addr", "$value": "10.0.0.1"}`. This form is accepted for any
//!   value.
//! * Unknown keys, duplicate keys, two entries with the same index and patterns that do not compile
//!   are errors. Bits outside a subnet's prefix are cleared.
//!
//! JSON does not contain what Bro's scripts cannot see of a value: attributes and time stamps of
//! tables' entries, unique IDs, bodies of functions, modes of files. The bytes of a SERIAL message
//! contain all of these.
//!
//! # Without a declaration
//!
//! A string is a `string`; `true` is a `bool`; an integer is a `count`, or an `int` if it is
//! negative; a number with a point or exponent is a `double`; an object is an anonymous record; an
//! array is a vector. The elements of an array must have one type or be numbers. An empty array is
//! an error. Give the type with `$type` where the guess would be wrong.
//!
//! ```
//! use brocomm::data::Value;
//!
//! let read = |text| serde_json::from_str::<Value>(text);
//! assert_eq!(read("5")?, Value::Count(5));
//! assert_eq!(read(r#""10.0.0.1""#)?, Value::string("10.0.0.1"));
//! let addr = read(r#"{"$type": "addr", "$value": "10.0.0.1"}"#)?;
//! assert_eq!(addr, Value::Addr([10, 0, 0, 1].into()));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Events, operations and packets
//!
//! ```
//! use brocomm::data::{Event, Value};
//! use brocomm::lowlevel::serial::{Id, Serial};
//!
//! let event = Event { name: "ping".into(), time: 1500000000.25, args: vec![Value::Count(5)] };
//! let text = r#"{"event":"ping","time":1500000000.25,"args":[5]}"#;
//! assert_eq!(serde_json::to_string(&event)?, text);
//! assert_eq!(serde_json::from_str::<Event>(text)?, event);
//!
//! let limit = Id::global("M::limit", brocomm::data::Type::COUNT, Some(Value::Count(5)));
//! assert_eq!(
//!     serde_json::to_string(&Serial::Id(limit.into()))?,
//!     r#"{"id":{"name":"M::limit","type":"count","value":5}}"#,
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! An operation on state is an object with `operation`, `target` and `operands` (three, each may be
//! null); a packet has `time`, `length`, `link_type`, `tag` and `data`. Names are written like
//! strings. Only events can be read back.
//!
//! # Limits
//!
//! No input makes the reader panic. Arrays and objects may be nested 128 levels deep, as in
//! serde_json. Memory use is a small multiple of the input's length.
//!
//! serde_json reads a double exactly only with its feature `float_roundtrip`; without it the last
//! bit may be wrong. Its feature `arbitrary_precision` turns numbers into objects, which are
//! rejected.
//!
//! [`Value`]: crate::data::Value
//! [`Event`]: crate::data::Event
//! [`Id`]: crate::data::Id
//! [`StateAccess`]: crate::data::StateAccess
//! [`Packet`]: crate::data::Packet
//! [`Serial`]: crate::data::Serial
//! [`Name`]: crate::data::Name
//! [`Serialize`]: serde::Serialize
//! [`Deserialize`]: serde::Deserialize

mod mapping;
mod node;
mod reader;
#[cfg(test)]
mod tests;
mod value;

use serde::de::{DeserializeSeed, Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use self::mapping::hex;
use self::node::Result;
use self::reader::Reader;
use self::value::write;
use crate::data::{Declarations, Event, Id, Name, Packet, Serial, StateAccess, Type, Value};

pub(crate) use mapping::{are_keys, write_bytes};
pub(crate) use node::{Fields, Json, Node};

macro_rules! written {
    ($($ty:ty, $this:ident => $node:expr;)*) => {
        $(impl Serialize for $ty {
            /// Writes the [JSON form](crate::json).
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $this = self;
                $node.serialize(serializer)
            }
        })*
    };
}

written! {
    Value, this => this.write();
    Event, this => this.write();
    Name, this => this.write();
    Id, this => id(this);
    StateAccess, this => state_access(this);
    Packet, this => packet(this);
    Serial, this => serial(this);
    Text<'_>, this => write_bytes(this.0);
}

macro_rules! read {
    ($($ty:ty, $undeclared:literal;)*) => {
        $(impl<'de> Deserialize<'de> for $ty {
            #[doc = $undeclared]
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$ty, D::Error> {
                let node = Node::deserialize(deserializer)?;
                <$ty>::read(node, &Declarations::new()).map_err(D::Error::custom)
            }
        })*
    };
}

read! {
    Value, "Reads the [JSON form](crate::json) of a value of which nothing is declared.";
    Event, "Reads the [JSON form](crate::json) of an event of which nothing is declared.";
}

/// Bytes, written like strings.
///
/// ```
/// # use brocomm::json::Text;
/// assert_eq!(serde_json::to_string(&Text(b"a\n"))?, r#""a\n""#);
/// assert_eq!(serde_json::to_string(&Text(b"\xff"))?, r#"{"$hex":"ff"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(pub &'a [u8]);

/// Deserializes a value of a declared type.
///
/// ```
/// use brocomm::json::ValueSeed;
/// use brocomm::data::{Declarations, Type, Value};
/// use serde::de::DeserializeSeed;
///
/// let known = Declarations::new();
/// let mut json = serde_json::Deserializer::from_str(r#"["80/tcp", "53/udp"]"#);
/// let ports = ValueSeed::new(&Type::set(vec![Type::PORT]), &known).deserialize(&mut json)?;
/// assert_eq!(ports.to_line(), r"{\x0a\x0980/tcp,\x0a\x0953/udp\x0a}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ValueSeed<'a> {
    ty: &'a Type,
    known: &'a Declarations,
}

impl<'a> ValueSeed<'a> {
    /// Creates a seed for a value of this type. `known` resolves types given only by name.
    pub fn new(ty: &'a Type, known: &'a Declarations) -> ValueSeed<'a> {
        ValueSeed { ty, known }
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Reader { known: self.known }.value(node, self.ty).map_err(D::Error::custom)
    }
}

/// Deserializes an event, which may be declared.
///
/// ```
/// use brocomm::json::EventSeed;
/// use brocomm::data::{Declarations, Value};
/// use serde::de::DeserializeSeed;
///
/// let mut known = Declarations::new();
/// known.read("event scan_seen(host: addr, ports: count);")?;
/// let line = r#"{"peer":"192.0.2.1:47757","event":"scan_seen","args":["10.0.0.1",443]}"#;
/// let seed = EventSeed::new(&known).ignoring(&["peer"]);
/// let event = seed.deserialize(&mut serde_json::Deserializer::from_str(line))?;
/// assert_eq!(event.name, "scan_seen");
/// assert_eq!(event.args, [Value::Addr([10, 0, 0, 1].into()), Value::Count(443)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct EventSeed<'a> {
    known: &'a Declarations,
    ignored: &'a [&'a str],
}

impl<'a> EventSeed<'a> {
    /// Creates a seed for an event. The arguments of a declared event must have its parameters'
    /// types.
    pub fn new(known: &'a Declarations) -> EventSeed<'a> {
        EventSeed { known, ignored: &[] }
    }

    /// Ignores these additional keys of an event.
    #[must_use]
    pub fn ignoring(self, ignored: &'a [&'a str]) -> EventSeed<'a> {
        EventSeed { ignored, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for EventSeed<'_> {
    type Value = Event;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Event, D::Error> {
        let node = Node::deserialize(deserializer)?;
        Reader { known: self.known }.event(node, self.ignored).map_err(D::Error::custom)
    }
}

impl Json for Event {
    fn write(&self) -> Node {
        let Event { name, time, args } = self;
        Node::object([("event", name.write()), ("time", time.write()), ("args", args.write())])
    }

    fn read(node: Node, known: &Declarations) -> Result<Event> {
        Reader { known }.event(node, &[])
    }
}

/// Returns the JSON of an ID.
fn id(id: &Id) -> Node {
    let (ty, value) = (Node::text(id.ty.to_string()), optional(id.value.as_ref()));
    Node::object([("name", id.name.write()), ("type", ty), ("value", value)])
}

/// Returns the JSON of an operation on state.
fn state_access(access: &StateAccess) -> Node {
    let operands = [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()];
    Node::object([
        ("operation", Node::text(access.opcode.name())),
        ("target", access.target.write()),
        ("operands", Node::Array(operands.map(optional).into())),
    ])
}

/// Returns the JSON of a packet.
fn packet(packet: &Packet) -> Node {
    Node::object([
        ("time", (f64::from(packet.sec) + f64::from(packet.usec) / 1e6).write()),
        ("length", packet.len.write()),
        ("link_type", packet.link_type.write()),
        ("tag", packet.tag.write()),
        ("data", hex(&packet.data)),
    ])
}

/// Returns the JSON of a SERIAL message's content, under a key for its kind.
fn serial(serial: &Serial) -> Node {
    Node::object([match serial {
        Serial::Event(event) => return event.write(),
        Serial::Id(content) => ("id", id(content)),
        Serial::StateAccess(access) => ("state_access", state_access(access)),
        Serial::Packet(content) => ("packet", packet(content)),
    }])
}

fn optional(value: Option<&Value>) -> Node {
    value.map_or(Node::Null, write)
}
