//! Values.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::mapping::{Json, key, plain};
use super::node::Node;
use super::object::{Fault, Fields, Keys, Result};
use super::reader::Reader;
use super::writer::Writer;
use super::{container, opaque};
use crate::data::{
    EnumValue, Opaque, Pattern, Port, Subnet, Transport, Type, TypeKind, TypeTag, Value,
};

/// The keys that say what a value is.
const KINDS: &[&str] = &[
    "bool", "int", "count", "counter", "double", "time", "interval", "string", "pattern", "enum",
    "port", "addr", "subnet", "list", "table", "set", "record", "vector", "func", "file", "opaque",
];

impl Json for Value {
    fn write(&self, out: &mut Writer) -> Node {
        let mut fields = Fields::new();
        let kind = self.tag().name();
        match self {
            Value::Bool(value) => fields.put(kind, value, out),
            Value::Int(number) => fields.put(kind, number, out),
            Value::Count(number) | Value::Counter(number) => fields.put(kind, number, out),
            Value::Double(number) | Value::Time(number) | Value::Interval(number) => {
                fields.put(kind, number, out);
            }
            Value::String(text) => fields.put(kind, text, out),
            Value::Pattern(pattern) => fields.put(kind, pattern, out),
            Value::Enum(value) => {
                fields.node(kind, value.name().write(out));
                fields.put("number", &value.number, out);
                fields.put("type", &value.ty, out);
            }
            Value::Port(port) => fields.node(kind, Node::text(port.to_string())),
            Value::Addr(addr) => fields.node(kind, Node::text(addr.to_string())),
            Value::Subnet(Subnet { prefix, width }) => {
                fields.node(kind, Node::text(format!("{prefix}/{width}")));
            }
            Value::List(list) => container::write_list(list, &mut fields, out),
            Value::Table(table) => container::write_table(table, &mut fields, out),
            Value::Record(record) => container::write_record(record, &mut fields, out),
            Value::Vector(vector) => container::write_vector(vector, &mut fields, out),
            Value::Func(ty, func) => {
                fields.put(kind, ty, out);
                fields.put("object", func, out);
            }
            Value::File(ty, file) => {
                fields.put(kind, ty, out);
                fields.put("object", file, out);
            }
            Value::Opaque(opaque) => {
                fields.put(kind, &opaque.ty, out);
                opaque::write_state(&opaque.state, &mut fields, out);
            }
        }
        fields.into()
    }

    fn read(node: Node, from: &mut Reader) -> Result<Value> {
        from.enter(|from| read_value(node, from))
    }
}

fn read_value(node: Node, from: &mut Reader) -> Result<Value> {
    let mut keys = Keys::of(node)?;
    let kind = keys.kind(KINDS)?;
    let value = match kind {
        "bool" => Value::Bool(keys.get(kind, from)?),
        "int" => Value::Int(keys.get(kind, from)?),
        "count" => Value::Count(keys.get(kind, from)?),
        "counter" => Value::Counter(keys.get(kind, from)?),
        "double" => Value::Double(keys.get(kind, from)?),
        "time" => Value::Time(keys.get(kind, from)?),
        "interval" => Value::Interval(keys.get(kind, from)?),
        "string" => Value::String(keys.get(kind, from)?),
        "pattern" => Value::Pattern(keys.get(kind, from)?),
        "enum" => Value::Enum(read_enum(&mut keys, from)?),
        "port" => Value::Port(read_text(kind, &mut keys, from, parse_port)?),
        "addr" => Value::Addr(read_text(kind, &mut keys, from, |text| text.parse().ok())?),
        "subnet" => Value::Subnet(read_text(kind, &mut keys, from, parse_subnet)?),
        "list" => container::read_list(&mut keys, from)?.into(),
        "record" => container::read_record(&mut keys, from)?.into(),
        "vector" => container::read_vector(&mut keys, from)?.into(),
        "func" => {
            Value::Func(read_type(kind, TypeTag::Func, &mut keys, from)?, keys.get("object", from)?)
        }
        "file" => {
            Value::File(read_type(kind, TypeTag::File, &mut keys, from)?, keys.get("object", from)?)
        }
        "opaque" => {
            let ty = read_type(kind, TypeTag::Opaque, &mut keys, from)?;
            Value::Opaque(Arc::new(Opaque { ty, state: opaque::read_state(&mut keys, from)? }))
        }
        // A table, or a set: the type says which.
        _ => container::read_table(kind, &mut keys, from)?.into(),
    };
    keys.finish()?;
    Ok(value)
}

/// Reads a value's type, which has to be one that such values have.
pub(super) fn read_type(
    key: &str,
    tag: TypeTag,
    keys: &mut Keys,
    from: &mut Reader,
) -> Result<Type> {
    let ty: Type = keys.get(key, from)?;
    match ty.tag() {
        Some(found) if found != tag => {
            Err(Fault::new(format_args!("expected a type of {tag}, found {found}")).within(key))
        }
        _ => Ok(ty),
    }
}

fn read_text<T>(
    kind: &str,
    keys: &mut Keys,
    from: &mut Reader,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    let text: String = keys.get(kind, from)?;
    parse(&text).ok_or_else(|| Fault::new(format_args!("no {kind}: {text:?}")))
}

fn parse_port(text: &str) -> Option<Port> {
    let (number, name) = text.split_once('/')?;
    let all = [Transport::Unknown, Transport::Tcp, Transport::Udp, Transport::Icmp];
    let transport = all.into_iter().find(|transport| transport.name() == name)?;
    Some(Port { transport, number: number.parse().ok()? })
}

fn parse_subnet(text: &str) -> Option<Subnet> {
    let (prefix, width) = text.split_once('/')?;
    let prefix: IpAddr = prefix.parse().ok()?;
    let width: u8 = width.parse().ok()?;
    // Some recordings count the width of an IPv4 subnet in 128 bits.
    (width <= 128).then_some(Subnet { prefix, width })
}

/// Reads a constant by its number, its name, or both if they agree.
fn read_enum(keys: &mut Keys, from: &mut Reader) -> Result<EnumValue> {
    let name: Option<Bytes> = keys.get("enum", from)?;
    let number: Option<i64> = keys.get("number", from)?;
    let ty = read_type("type", TypeTag::Enum, keys, from)?;
    let number = match (number, &name) {
        (Some(number), _) => number,
        (None, Some(name)) => {
            let def = ty.def();
            let number = match def.as_deref().map(|def| &def.kind) {
                Some(TypeKind::Enum(ty)) => ty.number_of(name),
                _ => None,
            };
            number.ok_or_else(|| Fault::new("no constant of its type").within("enum"))?
        }
        (None, None) => return Err(Fault::new("neither a name nor a number").within("enum")),
    };
    let value = EnumValue { ty, number };
    let agrees = |name: Bytes| value.name().is_some_and(|known| *known.as_bytes() == name);
    // A recursive type may still be being read, and its names unknown: then the number counts.
    if value.ty.def().is_some() && name.is_some_and(|name| !agrees(name)) {
        return Err(Fault::new("not the name of its number").within("enum"));
    }
    Ok(value)
}

plain! {
    Pattern { exact, anywhere }
}
