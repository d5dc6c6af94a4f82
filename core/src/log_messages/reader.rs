//! Reading the arguments of log messages (3§1, 3§2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::loggable::is_loggable;
use super::{LogError, LogErrorKind as Kind, LogField, LogValue, LogWriter};
use crate::data::{Name, Port, Subnet, Transport, TypeTag};
use crate::wire::MessageType;

/// The least that a value takes: its type and whether it is there.
const LEAST_VALUE: u32 = 5;
/// The least that a column takes: two flags, an empty name and two types.
const LEAST_FIELD: u32 = 14;
/// The least that an option takes: two empty strings.
const LEAST_OPTION: u32 = 8;

type Result<T> = std::result::Result<T, Kind>;

/// Walks through an argument; what it hands out as bytes shares the argument.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    argument: &'a Bytes,
    rest: &'a [u8],
}

/// An entry as it is on the wire (3§2).
#[derive(Debug)]
pub(crate) struct RawEntry {
    pub(crate) stream: i32,
    pub(crate) writer: i32,
    pub(crate) path: Bytes,
    pub(crate) values: Vec<LogValue>,
}

/// Reads an announcement (3§1). Nothing of it shares the argument.
pub(super) fn writer(argument: &Bytes) -> std::result::Result<LogWriter, LogError> {
    let mut reader = Reader::new(argument);
    let read = reader.writer().and_then(|writer| match reader.left() {
        0 => Ok(writer),
        left => Err(Kind::LeftOver { left }),
    });
    read.map_err(|kind| reader.error(kind, MessageType::LogCreateWriter))
}

impl<'a> Reader<'a> {
    pub(crate) fn new(argument: &'a Bytes) -> Reader<'a> {
        Reader { argument, rest: argument }
    }

    pub(crate) fn position(&self) -> usize {
        self.argument.len().saturating_sub(self.rest.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next entry of at most so many values, elements included.
    pub(crate) fn entry(&mut self, limit: u32) -> std::result::Result<RawEntry, LogError> {
        self.raw_entry(limit).map_err(|kind| self.error(kind, MessageType::LogWrite))
    }

    fn error(&self, kind: Kind, message: MessageType) -> LogError {
        LogError { kind, message, offset: u32::try_from(self.position()).unwrap_or(u32::MAX) }
    }

    fn writer(&mut self) -> Result<LogWriter> {
        let (stream, writer) = (self.i32()?, self.i32()?);
        let count = self.u32()?;
        let path = self.name()?;
        let (rotation_base, rotation_interval) = (self.f64()?, self.f64()?);
        let network_time = self.f64()?;
        let options = self.u32()?;
        let options = self.check(i64::from(options), LEAST_OPTION)?;
        let options = self.several(options, |reader| {
            Ok((reader.name()?, Bytes::copy_from_slice(reader.string()?)))
        })?;
        let count = self.check(i64::from(count), LEAST_FIELD)?;
        let fields = self.several(count, Reader::field)?;
        Ok(LogWriter {
            stream,
            writer,
            path,
            rotation_base,
            rotation_interval,
            network_time,
            options,
            fields,
        })
    }

    fn field(&mut self) -> Result<LogField> {
        let secondary_name = if self.bool()? { Some(self.name()?) } else { None };
        let name = self.name()?;
        let ty = self.tag()?;
        if !is_loggable(ty) {
            return Err(Kind::BadType(i32::from(ty as u8)));
        }
        let subtype = self.tag()?;
        Ok(LogField { name, secondary_name, ty, subtype, optional: self.bool()? })
    }

    fn raw_entry(&mut self, limit: u32) -> Result<RawEntry> {
        let (stream, writer) = (self.i32()?, self.i32()?);
        let path = self.shared()?;
        let count = self.u32()?;
        let count = self.check(i64::from(count), LEAST_VALUE)?;
        let mut total = 0;
        add(&mut total, count, limit)?;
        let values = self.several(count, |reader| reader.value(&mut total, limit))?;
        Ok(RawEntry { stream, writer, path, values })
    }

    fn value(&mut self, total: &mut u64, limit: u32) -> Result<LogValue> {
        let tag = self.tag()?;
        if !matches!(tag, TypeTag::Table | TypeTag::Vector) {
            return self.single(tag);
        }
        if !self.bool()? {
            return Ok(LogValue::Unset(tag));
        }
        let count = self.i64()?;
        let count = self.check(count, LEAST_VALUE)?;
        add(total, count, limit)?;
        let elements = self.several(count, |reader| match reader.tag()? {
            tag @ (TypeTag::Table | TypeTag::Vector) => Err(Kind::Nested(tag)),
            tag => reader.single(tag),
        })?;
        Ok(match tag {
            TypeTag::Table => LogValue::Set(elements),
            _ => LogValue::Vector(elements),
        })
    }

    /// Reads what follows the type of a value that is no container.
    fn single(&mut self, tag: TypeTag) -> Result<LogValue> {
        if !self.bool()? {
            return Ok(LogValue::Unset(tag));
        }
        Ok(match tag {
            TypeTag::Bool => LogValue::Bool(self.i64()? != 0),
            TypeTag::Int => LogValue::Int(self.i64()?),
            TypeTag::Count => LogValue::Count(self.u64()?),
            TypeTag::Counter => LogValue::Counter(self.u64()?),
            TypeTag::Double => LogValue::Double(self.f64()?),
            TypeTag::Time => LogValue::Time(self.f64()?),
            TypeTag::Interval => LogValue::Interval(self.f64()?),
            TypeTag::String => LogValue::String(self.shared()?),
            TypeTag::Enum => LogValue::Enum(self.shared()?),
            TypeTag::Func => LogValue::Func(self.shared()?),
            TypeTag::File => LogValue::File(self.shared()?),
            TypeTag::Port => LogValue::Port(self.port()?),
            TypeTag::Addr => LogValue::Addr(self.addr()?),
            TypeTag::Subnet => LogValue::Subnet(self.subnet()?),
            other => return Err(Kind::BadType(i32::from(other as u8))),
        })
    }

    fn port(&mut self) -> Result<Port> {
        let number = self.u64()?;
        let transport = match self.i32()? {
            0 => Transport::Unknown,
            1 => Transport::Tcp,
            2 => Transport::Udp,
            3 => Transport::Icmp,
            other => return Err(Kind::BadTransport(other)),
        };
        let number = u16::try_from(number).map_err(|_| Kind::BadPort(number))?;
        Ok(Port { transport, number })
    }

    fn addr(&mut self) -> Result<IpAddr> {
        match self.u8()? {
            4 => Ok(IpAddr::V4(Ipv4Addr::from(self.array::<4>()?))),
            6 => Ok(IpAddr::V6(Ipv6Addr::from(self.array::<16>()?))),
            family => Err(Kind::BadFamily(family)),
        }
    }

    /// Reads a subnet, whose width is counted in 128 bits whatever the family.
    fn subnet(&mut self) -> Result<Subnet> {
        let width = self.u8()?;
        let prefix = self.addr()?;
        let least = if prefix.is_ipv4() { 96 } else { 0 };
        match width.checked_sub(least) {
            Some(own) if width <= 128 => Ok(Subnet { prefix, width: own }),
            _ => Err(Kind::BadWidth { width, least }),
        }
    }

    /// Reads a type tag; as a value's, one that logs don't have is an error only if it is there.
    fn tag(&mut self) -> Result<TypeTag> {
        let number = self.i32()?;
        let tag = u8::try_from(number).ok().and_then(TypeTag::from_u8);
        tag.ok_or(Kind::BadType(number))
    }

    /// Reads so many things, a number that was checked against the bytes that are left.
    fn several<T>(
        &mut self,
        count: usize,
        mut read: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut several = Vec::with_capacity(count);
        for _ in 0..count {
            several.push(read(self)?);
        }
        Ok(several)
    }

    /// Checks a number of things against the bytes that are left, each taking `least` at least.
    fn check(&self, count: i64, least: u32) -> Result<usize> {
        let left = self.left();
        let fits = count.checked_mul(i64::from(least)).is_some_and(|bytes| bytes <= left.into());
        let checked = usize::try_from(count).ok().filter(|_| fits);
        checked.ok_or(Kind::TooManyElements { count, left })
    }

    fn left(&self) -> u32 {
        u32::try_from(self.rest.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(self.truncated(N as u32)),
        }
    }

    fn truncated(&self, wanted: u32) -> Kind {
        Kind::Truncated { wanted: wanted.saturating_sub(self.left()) }
    }

    fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_be_bytes)
    }

    /// Only 1 is true, as in Bro.
    fn bool(&mut self) -> Result<bool> {
        Ok(self.u8()? == 1)
    }

    fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_be_bytes)
    }

    fn string(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()?;
        let (string, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length))
            .ok_or_else(|| self.truncated(length))?;
        self.rest = rest;
        Ok(string)
    }

    /// Reads a string that shares the argument.
    fn shared(&mut self) -> Result<Bytes> {
        let argument = self.argument;
        // What `string` gives lies inside the argument, so this never panics.
        self.string().map(|string| argument.slice_ref(string))
    }

    /// Reads a name into a buffer of its own, as announcements outlive the message.
    fn name(&mut self) -> Result<Name> {
        self.string().map(|name| Name::from_bytes(Bytes::copy_from_slice(name)))
    }
}

/// Adds to the number of an entry's values.
fn add(total: &mut u64, count: usize, limit: u32) -> Result<()> {
    *total = total.saturating_add(count as u64);
    if *total > u64::from(limit) {
        return Err(Kind::TooManyValues { count: *total, limit });
    }
    Ok(())
}
