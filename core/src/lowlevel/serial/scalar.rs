//! Reading of primitives (2§1) and simple values, and the sinks for values (2§6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bytes::Bytes;

use super::SerialErrorKind as Kind;
use crate::data::{Attributes, Expr, ExprKind, Name, Port, Subnet, Type, TypeTag, Value};
use crate::wire;
use crate::wire::{DataFormat, Truncated};

/// The maximum number of elements for which space is reserved before the first is read.
pub(super) const EAGER: usize = 256;

/// Takes values as they are read, or ignores them.
///
/// A value is created in its place, and only if it is taken: returning it would copy it.
pub(super) trait Sink {
    /// Whether values are created at all.
    const MAKES: bool;

    /// Takes a value.
    fn put(&mut self, make: impl FnOnce() -> Value);

    /// Records a value that is absent.
    fn absent(&mut self) {}
}

impl Sink for Vec<Value> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, make: impl FnOnce() -> Value) {
        self.push(make());
    }
}

/// Takes the elements of a record or a vector, which may be absent.
impl Sink for Vec<Option<Value>> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, make: impl FnOnce() -> Value) {
        self.push(Some(make()));
    }

    #[inline(always)]
    fn absent(&mut self) {
        self.push(None);
    }
}

/// Takes one value.
impl Sink for Option<Value> {
    const MAKES: bool = true;

    #[inline(always)]
    fn put(&mut self, make: impl FnOnce() -> Value) {
        *self = Some(make());
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
        let (length, text) = content.split_first_chunk()?;
        let start = chunk.len() - text.len();
        let (text, rest) = text.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        sink.put(|| Value::String(part(chunk, start, text.len())));
        return Some(rest);
    }
    let (word, rest) = word(content)?;
    match tag {
        TypeTag::Count => sink.put(|| Value::Count(word)),
        TypeTag::Double => sink.put(|| Value::Double(f64::from_bits(word))),
        TypeTag::Time => sink.put(|| Value::Time(f64::from_bits(word))),
        TypeTag::Interval => sink.put(|| Value::Interval(f64::from_bits(word))),
        TypeTag::Bool => sink.put(|| Value::Bool(word != 0)),
        TypeTag::Int => sink.put(|| Value::Int(word as i64)),
        TypeTag::Counter => sink.put(|| Value::Counter(word)),
        TypeTag::Port => {
            let port = Port::from_wire(word)?;
            sink.put(|| Value::Port(port));
        }
        // One word of address and its count are the size of a number.
        TypeTag::Addr if word >> 32 == 1 => {
            sink.put(|| Value::Addr(IpAddr::V4(Ipv4Addr::from_bits(word as u32))));
        }
        TypeTag::Addr => {
            let (addr, rest) = addr(content)?;
            sink.put(|| Value::Addr(addr));
            return Some(rest);
        }
        TypeTag::Subnet => {
            let (subnet, rest) = subnet(content, lenient)?;
            sink.put(|| Value::Subnet(subnet));
            return Some(rest);
        }
        _ => return None,
    }
    Some(rest)
}

/// Returns a part of a chunk that was checked to be within.
#[inline(never)]
fn part(chunk: &Bytes, start: usize, length: usize) -> Bytes {
    chunk.slice(start..start + length)
}

#[inline(never)]
fn subnet(content: &[u8], lenient: bool) -> Option<(Subnet, &[u8])> {
    let (prefix, rest) = addr(content)?;
    let (width, rest) = rest.split_first_chunk()?;
    let width = checked_width(prefix, u32::from_be_bytes(*width), lenient).ok()?;
    Some((Subnet { prefix, width }, rest))
}

#[inline(never)]
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

/// A cursor over the chunk of a SERIAL message.
pub(super) type Cursor<'a> = wire::Cursor<'a, Kind>;

/// The result of a primitive: the caller adds position and context to errors.
pub(super) type Result<T> = std::result::Result<T, Kind>;

impl From<Truncated> for Kind {
    fn from(Truncated { wanted }: Truncated) -> Kind {
        Kind::Truncated { wanted }
    }
}

/// Creates a name in a separate buffer.
#[inline]
pub(super) fn lasting_name(bytes: &[u8]) -> Name {
    if bytes.is_empty() { Name::new() } else { Name::from_bytes(Bytes::copy_from_slice(bytes)) }
}

/// Returns the width of a subnet, or the maximum width if it is exceeded.
#[inline]
fn checked_width(prefix: IpAddr, width: u32, lenient: bool) -> std::result::Result<u8, u8> {
    let bits = if lenient { 128 } else { Subnet::max_width(prefix) };
    u8::try_from(width).ok().filter(|width| *width <= bits).ok_or(bits)
}

impl Cursor<'_> {
    /// Reads a name that shares the chunk, for objects that live as long as the message.
    #[inline]
    pub(super) fn name(&mut self) -> Result<Name> {
        Ok(Name::from_bytes(self.string()?))
    }

    /// Reads a name into a separate buffer, for objects that outlive the message, such as types.
    pub(super) fn lasting_name(&mut self) -> Result<Name> {
        Ok(lasting_name(self.string_bytes()?))
    }

    pub(super) fn addr(&mut self, format: DataFormat) -> Result<IpAddr> {
        match self.u32()? {
            1 => Ok(IpAddr::V4(Ipv4Addr::from(self.u32()?))),
            4 => {
                let bits = self.array().map(u128::from_be_bytes)?;
                match u32::try_from(bits) {
                    // A Bro 2.0 with IPv6 writes IPv4 addresses in this form.
                    Ok(bits) if !format.has_ipv6() => Ok(IpAddr::V4(Ipv4Addr::from(bits))),
                    _ => Ok(IpAddr::V6(Ipv6Addr::from(bits))),
                }
            }
            words => Err(Kind::BadAddr(words)),
        }
    }

    /// Reads a subnet. `lenient` accepts a width of an IPv4 subnet that counts in 128 bits, which
    /// some Broccoli programs send.
    pub(super) fn subnet(&mut self, format: DataFormat, lenient: bool) -> Result<Subnet> {
        let words = self.rest().first_chunk() == Some(&4_u32.to_be_bytes());
        let prefix = self.addr(format)?;
        let mut width = self.u32()?;
        if words && prefix.is_ipv4() {
            width = width.checked_sub(96).ok_or(Kind::BadWidth { width, bits: 128 })?;
        }
        match checked_width(prefix, width, lenient) {
            Ok(width) => Ok(Subnet { prefix, width }),
            Err(bits) => Err(Kind::BadWidth { width, bits }),
        }
    }

    /// Reads a number of elements and checks that the remaining bytes can hold them, each taking at
    /// least `least` bytes.
    #[inline]
    pub(super) fn count(&mut self, least: u32) -> Result<usize> {
        let count = self.u32()?;
        self.check_count(u64::from(count), least)
    }

    /// Checks that the remaining bytes can hold a number of elements.
    #[inline]
    pub(super) fn check_count(&self, count: u64, least: u32) -> Result<usize> {
        self.fitting(count, least).ok_or(Kind::TooManyElements { count, left: self.left() })
    }
}

/// The tag of a constant expression (2§11).
const CONST: u8 = 1;

/// Returns the expression for this many seconds: the one in the attributes if it has the same
/// value, otherwise a new one. `None` for 0 (all bits 0): the table does not expire.
pub(super) fn expiry_of(seconds: f64, attributes: Option<&Attributes>) -> Option<Arc<Expr>> {
    if seconds.to_bits() == 0 {
        return None;
    }
    let exprs = attributes.iter().flat_map(|attributes| &attributes.list);
    let mut exprs = exprs.filter_map(|attribute| attribute.expr.as_ref());
    let same = exprs.find(|expr| expiry_seconds(Some(expr)).to_bits() == seconds.to_bits());
    Some(same.cloned().unwrap_or_else(|| {
        let (ty, kind) = (Some(Type::INTERVAL), ExprKind::Const(Value::Interval(seconds)));
        Arc::new(Expr { tag: CONST, paren: 0, ty, kind })
    }))
}

/// Returns the seconds of an expression, or 0 unless it is a constant: the receiver then evaluates
/// the attributes itself.
pub(super) fn expiry_seconds(expr: Option<&Arc<Expr>>) -> f64 {
    match expr.map(|expr| &expr.kind) {
        Some(ExprKind::Const(Value::Interval(seconds))) => *seconds,
        _ => 0.0,
    }
}
