//! Reading of simple values, and the sinks for values (2§6).

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;

use crate::data::{Port, Subnet, TypeTag, Value};

use super::cursor::checked_width;

/// Takes values as they are read, or ignores them.
///
/// Each value is created in place, because returning it would copy it.
pub(super) trait Sink {
    /// Whether values are created at all.
    const MAKES: bool;

    /// Takes a value.
    fn put(&mut self, value: Value);

    /// Records a value that is absent.
    fn skip(&mut self) {}

    /// Reserves space for this many values, before the first.
    fn reserve(&mut self, _: usize) {}
}

/// Ignores all values.
impl Sink for () {
    const MAKES: bool = false;

    #[inline(always)]
    fn put(&mut self, _: Value) {}
}

impl Sink for Vec<Value> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, value: Value) {
        self.push(value);
    }

    #[inline]
    fn reserve(&mut self, count: usize) {
        *self = Vec::with_capacity(count);
    }
}

impl Sink for Vec<Option<Value>> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, value: Value) {
        self.push(Some(value));
    }

    #[inline]
    fn skip(&mut self) {
        self.push(None);
    }
}

/// Takes one value.
impl Sink for Option<Value> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, value: Value) {
        *self = Some(value);
    }
}

/// Reads a simple value from the start of `content`, the remaining bytes of a chunk. Returns the
/// bytes after it, or `None` if it is invalid.
#[inline(always)]
pub(super) fn scalar_into<'c, S: Sink>(
    sink: &mut S,
    tag: TypeTag,
    chunk: &Bytes,
    content: &'c [u8],
    lenient: bool,
) -> Option<&'c [u8]> {
    if tag == TypeTag::String {
        return text_into(sink, chunk, content);
    }
    let (word, rest) = word(content)?;
    // Each value is put separately. Otherwise the compiler would build it piecemeal.
    match tag {
        TypeTag::Count => sink.put(Value::Count(word)),
        TypeTag::Double => sink.put(Value::Double(f64::from_bits(word))),
        TypeTag::Time => sink.put(Value::Time(f64::from_bits(word))),
        TypeTag::Interval => sink.put(Value::Interval(f64::from_bits(word))),
        TypeTag::Bool => sink.put(Value::Bool(word != 0)),
        TypeTag::Int => sink.put(Value::Int(word as i64)),
        TypeTag::Counter => sink.put(Value::Counter(word)),
        TypeTag::Port => sink.put(Value::Port(Port::from_wire(word)?)),
        // One word of address and its count are the size of a number.
        TypeTag::Addr if word >> 32 == 1 => {
            sink.put(Value::Addr(IpAddr::V4(Ipv4Addr::from_bits(word as u32))));
        }
        TypeTag::Addr => return addr_into(sink, content),
        TypeTag::Subnet => return subnet_into(sink, content, lenient),
        _ => return None,
    }
    Some(rest)
}

#[inline(never)]
fn text_into<'c, S: Sink>(sink: &mut S, chunk: &Bytes, content: &'c [u8]) -> Option<&'c [u8]> {
    let (length, rest) = content.split_first_chunk()?;
    let start = chunk.len() - rest.len();
    let (text, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    if S::MAKES {
        // The bounds were just checked.
        sink.put(Value::String(chunk.slice(start..start + text.len())));
    }
    Some(rest)
}

#[inline(never)]
fn addr_into<'c, S: Sink>(sink: &mut S, content: &'c [u8]) -> Option<&'c [u8]> {
    let (addr, rest) = addr(content)?;
    sink.put(Value::Addr(addr));
    Some(rest)
}

#[inline(never)]
fn subnet_into<'c, S: Sink>(sink: &mut S, content: &'c [u8], lenient: bool) -> Option<&'c [u8]> {
    let (prefix, rest) = addr(content)?;
    let (width, rest) = rest.split_first_chunk()?;
    let width = checked_width(prefix, u32::from_be_bytes(*width), lenient).ok()?;
    sink.put(Value::Subnet(Subnet { prefix, width }));
    Some(rest)
}

#[inline(always)]
fn addr(content: &[u8]) -> Option<(IpAddr, &[u8])> {
    let (words, rest) = content.split_first_chunk()?;
    match u32::from_be_bytes(*words) {
        1 => rest.split_first_chunk::<4>().map(|(addr, rest)| (IpAddr::from(*addr), rest)),
        4 => rest.split_first_chunk::<16>().map(|(addr, rest)| (IpAddr::from(*addr), rest)),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk().map(|(word, rest)| (u64::from_be_bytes(*word), rest))
}
