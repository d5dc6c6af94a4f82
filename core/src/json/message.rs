//! The content of a SERIAL message: events, IDs, operations on state and packets.

use super::mapping::hex;
use super::node::Node;
use super::object::{Fields, Json, Result};
use super::reader::Reader;
use super::value::write;
use crate::data::{Declarations, Event, Id, Packet, Serial, StateAccess, Value};

impl Json for Event {
    fn write(&self) -> Node {
        let Event { name, time, args } = self;
        let mut fields = Fields::new();
        fields.put("event", name);
        fields.put("time", time);
        fields.put("args", args);
        fields.into()
    }

    fn read(node: Node, known: &Declarations) -> Result<Event> {
        Reader { known }.event(node, &[])
    }
}

/// Returns the JSON of an ID.
pub(super) fn id(id: &Id) -> Node {
    let mut fields = Fields::new();
    fields.put("name", &id.name);
    fields.node("type", Node::text(id.ty.to_string()));
    fields.node("value", optional(id.value.as_ref()));
    fields.into()
}

/// Returns the JSON of an operation on state.
pub(super) fn state_access(access: &StateAccess) -> Node {
    let operands = [Some(&access.op1), access.op2.as_ref(), access.op3.as_ref()];
    let mut fields = Fields::new();
    fields.node("operation", Node::text(access.opcode.name()));
    fields.put("target", &access.target);
    fields.node("operands", Node::Array(operands.map(optional).into()));
    fields.into()
}

/// Returns the JSON of a packet.
pub(super) fn packet(packet: &Packet) -> Node {
    let mut fields = Fields::new();
    fields.put("time", &(f64::from(packet.sec) + f64::from(packet.usec) / 1e6));
    fields.put("length", &packet.len);
    fields.put("link_type", &packet.link_type);
    fields.put("tag", &packet.tag);
    fields.node("data", hex(&packet.data));
    fields.into()
}

/// Returns the JSON of a SERIAL message's content, under a key for its kind.
pub(super) fn serial(serial: &Serial) -> Node {
    let (key, node) = match serial {
        Serial::Event(event) => return event.write(),
        Serial::Id(content) => ("id", id(content)),
        Serial::StateAccess(access) => ("state_access", state_access(access)),
        Serial::Packet(content) => ("packet", packet(content)),
    };
    let mut fields = Fields::new();
    fields.node(key, node);
    fields.into()
}

fn optional(value: Option<&Value>) -> Node {
    value.map_or(Node::Null, write)
}
