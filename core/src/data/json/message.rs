//! What a SERIAL holds: events, IDs, state accesses and packets, with functions and files.

use std::sync::Arc;

use super::attributes::{get_attributes, put_attributes};
use super::mapping::{Json, hex, key, plain};
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use crate::data::{Event, File, Func, Id, Opcode, Packet, Serial, StateAccess};

plain! {
    Event { name, time, args }
    Func { name, ty, kind, frame_size, bodies }
    File { name, ty, buffered, access, attributes of ty }
    Id {
        name, scope, ty, value, attributes of ty, is_export = false, is_const = 0, is_enum_const = 0,
        is_type = 0, offset = 0, infer_return_type = false, weak_ref = false,
    }
    StateAccess { opcode, target, op1, op2, op3 }
}

impl Json for Opcode {
    fn write(&self, _: &mut Writer) -> Node {
        Node::text(self.name())
    }

    fn read(node: Node, from: &mut Reader) -> Result<Opcode> {
        let name = String::read(node, from)?;
        let opcode = (0..=u8::MAX).filter_map(Opcode::from_u8).find(|o| o.name() == name);
        opcode.ok_or_else(|| Fault::new(format_args!("no opcode {name:?}")))
    }
}

impl Json for Packet {
    fn write(&self, out: &mut Writer) -> Node {
        let Packet { sec, usec, len, link_type, tag, data } = self;
        let mut fields = Fields::new();
        fields.put("sec", sec, out);
        fields.put("usec", usec, out);
        fields.put("len", len, out);
        fields.put("link_type", link_type, out);
        fields.put("tag", tag, out);
        fields.node("data", hex(data));
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Packet> {
        let mut keys = Keys::of(node)?;
        let packet = Packet {
            sec: keys.get("sec", from)?,
            usec: keys.get("usec", from)?,
            len: keys.get("len", from)?,
            link_type: keys.get("link_type", from)?,
            tag: keys.get("tag", from)?,
            data: keys.get("data", from)?,
        };
        keys.finish()?;
        Ok(packet)
    }
}

impl Json for Serial {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        match self {
            Serial::Event(event) => fields.put("event", event, out),
            Serial::Id(id) => fields.put("id", id, out),
            Serial::StateAccess(access) => fields.put("state_access", access, out),
            Serial::Packet(packet) => fields.put("packet", packet, out),
        }
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Serial> {
        let mut keys = Keys::of(node)?;
        let kind = keys.kind(&["event", "id", "state_access", "packet"])?;
        let serial = match kind {
            "event" => Serial::Event(keys.get(kind, from)?),
            "id" => Serial::Id(Arc::new(keys.get(kind, from)?)),
            "state_access" => Serial::StateAccess(keys.get(kind, from)?),
            _ => Serial::Packet(keys.get(kind, from)?),
        };
        keys.finish()?;
        Ok(serial)
    }
}
