//! Implementations of serde's traits, and the content of SERIAL messages.

use serde::de::{DeserializeSeed, Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use super::mapping::{hex, write_bytes};
use super::node::{Json, Node, Result};
use super::reader::Reader;
use super::value::write;
use crate::data::{Declarations, Event, Id, Name, Packet, Serial, StateAccess, Type, Value};

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
pub(super) fn id(id: &Id) -> Node {
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
pub(super) fn packet(packet: &Packet) -> Node {
    Node::object([
        ("time", (f64::from(packet.sec) + f64::from(packet.usec) / 1e6).write()),
        ("length", packet.len.write()),
        ("link_type", packet.link_type.write()),
        ("tag", packet.tag.write()),
        ("data", hex(&packet.data)),
    ])
}

/// Returns the JSON of a SERIAL message's content, under a key for its kind.
pub(super) fn serial(serial: &Serial) -> Node {
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
