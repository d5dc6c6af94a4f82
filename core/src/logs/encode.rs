//! Writing the arguments of log messages, as Bro does (3§1, 3§2).

use std::net::IpAddr;

use super::{LogField, LogValue, LogWriter};
use crate::data::{Port, Subnet, Transport};

/// Appends an announcement (3§1).
pub(super) fn writer(writer: &LogWriter, out: &mut Vec<u8>) {
    int(writer.stream, out);
    int(writer.writer, out);
    length(writer.fields.len(), out);
    string(&writer.path, out);
    for number in [writer.rotation_base, writer.rotation_interval, writer.network_time] {
        double(number, out);
    }
    length(writer.options.len(), out);
    for (key, value) in &writer.options {
        string(key, out);
        string(value, out);
    }
    writer.fields.iter().for_each(|one| field(one, out));
}

fn field(field: &LogField, out: &mut Vec<u8>) {
    out.push(u8::from(field.secondary_name.is_some()));
    if let Some(name) = &field.secondary_name {
        string(name, out);
    }
    string(&field.name, out);
    int(i32::from(field.ty as u8), out);
    int(i32::from(field.subtype as u8), out);
    out.push(u8::from(field.optional));
}

/// Appends an entry (3§2).
pub(super) fn entry(stream: i32, writer: i32, path: &[u8], values: &[LogValue], out: &mut Vec<u8>) {
    int(stream, out);
    int(writer, out);
    string(path, out);
    length(values.len(), out);
    values.iter().for_each(|one| value(one, out));
}

fn value(value: &LogValue, out: &mut Vec<u8>) {
    int(i32::from(value.tag() as u8), out);
    out.push(u8::from(!matches!(value, LogValue::Unset(_))));
    match value {
        LogValue::Unset(_) => {}
        LogValue::Bool(value) => long(i64::from(*value), out),
        LogValue::Int(value) => long(*value, out),
        LogValue::Count(value) | LogValue::Counter(value) => unsigned(*value, out),
        LogValue::Double(value) | LogValue::Time(value) | LogValue::Interval(value) => {
            double(*value, out);
        }
        LogValue::String(text)
        | LogValue::Enum(text)
        | LogValue::Func(text)
        | LogValue::File(text) => string(text, out),
        LogValue::Port(value) => port(*value, out),
        LogValue::Addr(value) => addr(*value, out),
        LogValue::Subnet(value) => subnet(*value, out),
        LogValue::Set(items) | LogValue::Vector(items) => {
            long(items.len() as i64, out);
            items.iter().for_each(|item| self::value(item, out));
        }
    }
}

fn port(port: Port, out: &mut Vec<u8>) {
    unsigned(u64::from(port.number), out);
    int(
        match port.transport {
            Transport::Unknown => 0,
            Transport::Tcp => 1,
            Transport::Udp => 2,
            Transport::Icmp => 3,
        },
        out,
    );
}

/// Writes an address; an IPv4-mapped one is written as IPv4, as in Bro (2§1).
fn addr(addr: IpAddr, out: &mut Vec<u8>) {
    match addr.to_canonical() {
        IpAddr::V4(v4) => {
            out.push(4);
            out.extend_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => {
            out.push(6);
            out.extend_from_slice(&v6.octets());
        }
    }
}

/// Writes a subnet, whose width counts in 128 bits for both families.
///
/// The subnet determines the family, not its prefix alone: `::ffff:0:0/90` is IPv6.
fn subnet(subnet: Subnet, out: &mut Vec<u8>) {
    let Subnet { prefix, width } = subnet.canonical();
    let mapped = if prefix.is_ipv4() { 96 } else { 0 };
    out.push(width.saturating_add(mapped));
    addr(prefix, out);
}

fn int(value: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn long(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn unsigned(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn double(value: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Writes a number of elements, which is below 2³² because messages are.
fn length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(length as u32).to_be_bytes());
}

fn string(text: &[u8], out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend_from_slice(text);
}
