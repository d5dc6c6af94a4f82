//! Reading the arguments of log messages, and the errors in them (3§1, 3§2).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use thiserror::Error;

use self::LogErrorKind as Kind;
use super::value::{places, put, usual_value};
use super::writer::{Layout, LayoutKind, OfBro20, Usual, addr_of_bro_20, is_loggable, with_layout};
use super::{LogField, LogValue, LogWriter};
use crate::data::{Name, Port, Subnet, Transport, TypeTag};
use crate::wire::{self, DataFormat, MessageType, Truncated};

/// The minimum size of a value: its type and presence.
const LEAST_VALUE: u32 = 5;
/// The minimum size of a column: two flags, an empty name and two types. A Bro 2.0 sends no flags.
const LEAST_FIELD: u32 = 14;
const LEAST_SHORT_FIELD: u32 = 12;
/// The minimum size of an option: two empty strings.
const LEAST_OPTION: u32 = 8;

type Result<T> = std::result::Result<T, Kind>;

/// A cursor over the argument of a log message.
pub(super) type Cursor<'a> = wire::Cursor<'a, Kind>;

impl From<Truncated> for Kind {
    fn from(Truncated { wanted }: Truncated) -> Kind {
        Kind::Truncated { wanted }
    }
}

/// An encoded entry (3§2).
#[derive(Debug)]
pub(super) struct RawEntry {
    pub(super) stream: i32,
    pub(super) writer: i32,
    /// The start and end of its path in the argument.
    pub(super) path: (u32, u32),
    pub(super) values: Vec<LogValue>,
}

impl LogWriter {
    /// Decodes the argument of a LOG_CREATE_WRITER; the result does not share its buffer.
    ///
    /// # Errors
    /// Fails if the argument is invalid, with the position.
    pub fn decode(argument: &Bytes) -> std::result::Result<LogWriter, LogError> {
        LogWriter::decode_in(argument, DataFormat::V26)
    }

    /// Decodes the argument of a LOG_CREATE_WRITER in any data format.
    ///
    /// # Errors
    /// As [`LogWriter::decode`].
    pub fn decode_in(
        argument: &Bytes,
        data_format: DataFormat,
    ) -> std::result::Result<LogWriter, LogError> {
        let mut cursor = Cursor::new(argument);
        let read = if data_format.has_writer_info() {
            with_layout!(LayoutKind::from(data_format), L => cursor.writer::<L>())
        } else {
            cursor.short_writer()
        };
        let read = read.and_then(|writer| match cursor.left() {
            0 => Ok(writer),
            left => Err(Kind::LeftOver { left }),
        });
        let offset = cursor.offset();
        read.map_err(|kind| LogError { kind, message: MessageType::LogCreateWriter, offset })
    }
}

impl Cursor<'_> {
    fn writer<L: Layout>(&mut self) -> Result<LogWriter> {
        let (stream, writer) = (self.i32()?, self.i32()?);
        let count = self.u32()?;
        let path = self.lasting_name()?;
        let (rotation_base, rotation_interval) = (self.f64()?, self.f64()?);
        let network_time = self.f64()?;
        let options = self.u32()?;
        let options = self.check(options.into(), LEAST_OPTION)?;
        let options = self.several(options, |cursor| {
            Ok((cursor.lasting_name()?, Bytes::copy_from_slice(cursor.string_bytes()?)))
        })?;
        let count = self.check(count.into(), LEAST_FIELD)?;
        let fields = self.several(count, Cursor::field::<L>)?;
        let writer = LogWriter::new(stream, writer, path, fields);
        Ok(LogWriter { rotation_base, rotation_interval, network_time, options, ..writer })
    }

    fn field<L: Layout>(&mut self) -> Result<LogField> {
        let secondary_name = if self.bool()? { Some(self.lasting_name()?) } else { None };
        let name = self.lasting_name()?;
        let (ty, subtype) = self.types::<L>()?;
        Ok(LogField { name, secondary_name, ty, subtype, optional: self.bool()? })
    }

    /// Reads the announcement of a Bro 2.0, which has only a path and columns. All columns are
    /// optional.
    fn short_writer(&mut self) -> Result<LogWriter> {
        let (stream, writer) = (self.i32()?, self.i32()?);
        let path = self.lasting_name()?;
        let count = self.u32()?;
        let count = self.check(count.into(), LEAST_SHORT_FIELD)?;
        let fields = self.several(count, |cursor| {
            let name = cursor.lasting_name()?;
            let (ty, subtype) = cursor.types::<OfBro20>()?;
            Ok(LogField { subtype, optional: true, ..LogField::new(name, ty) })
        })?;
        Ok(LogWriter::new(stream, writer, path, fields))
    }

    /// Reads the type of a column and that of its elements.
    fn types<L: Layout>(&mut self) -> Result<(TypeTag, TypeTag)> {
        let ty = self.tag::<L>()?;
        if !is_loggable(ty) {
            return Err(Kind::BadType(i32::from(ty as u8)));
        }
        Ok((ty, self.tag::<L>()?))
    }

    #[cold]
    #[inline(never)]
    pub(super) fn other_entry(&mut self, layout: LayoutKind, limit: u32) -> Result<RawEntry> {
        with_layout!(layout, L => self.entry::<L>(limit))
    }

    pub(super) fn entry<L: Layout>(&mut self, limit: u32) -> Result<RawEntry> {
        let (stream, writer) = (self.i32()?, self.i32()?);
        let length = self.u32()?;
        let start = self.offset();
        self.pass(length)?;
        let path = (start, self.offset());
        let values = self.values::<L>(limit)?;
        Ok(RawEntry { stream, writer, path, values })
    }

    /// Reads the values of an entry.
    fn values<L: Layout>(&mut self, limit: u32) -> Result<Vec<LogValue>> {
        let count = self.u32()?;
        let count = self.check(count.into(), LEAST_VALUE)?;
        let mut total = 0;
        add(&mut total, count, limit)?;
        let mut values = places(count);
        for place in &mut values {
            let rest = self.rest();
            match L::IS_USUAL.then(|| usual_value(self.chunk(), rest, place)).flatten() {
                Some(rest) => self.set_rest(rest),
                None => self.value::<L>(place, &mut total, limit)?,
            }
        }
        Ok(values)
    }

    /// Reads a value and puts it there.
    #[inline(never)]
    fn value<L: Layout>(
        &mut self,
        place: &mut LogValue,
        total: &mut u64,
        limit: u32,
    ) -> Result<()> {
        let tag = self.value_tag::<L>()?;
        if !matches!(tag, TypeTag::Table | TypeTag::Vector) {
            return self.single::<L>(tag, place);
        }
        if !self.bool()? {
            put(place, LogValue::Unset(tag));
            return Ok(());
        }
        let count = self.i64()?;
        let count = self.check(count, LEAST_VALUE)?;
        add(total, count, limit)?;
        let mut elements = places(count);
        for place in &mut elements {
            match self.value_tag::<L>()? {
                tag @ (TypeTag::Table | TypeTag::Vector) => return Err(Kind::Nested(tag)),
                tag => self.single::<L>(tag, place)?,
            }
        }
        match tag {
            TypeTag::Table => put(place, LogValue::Set(elements)),
            _ => put(place, LogValue::Vector(elements)),
        }
        Ok(())
    }

    /// Reads the content of a value that is not a container.
    #[inline]
    fn single<L: Layout>(&mut self, tag: TypeTag, place: &mut LogValue) -> Result<()> {
        if !self.bool()? {
            put(place, LogValue::Unset(tag));
            return Ok(());
        }
        match tag {
            TypeTag::Bool => put(place, LogValue::Bool(self.i64()? != 0)),
            TypeTag::Int => put(place, LogValue::Int(self.i64()?)),
            TypeTag::Count => put(place, LogValue::Count(self.u64()?)),
            TypeTag::Counter => put(place, LogValue::Counter(self.u64()?)),
            TypeTag::Double => put(place, LogValue::Double(self.f64()?)),
            TypeTag::Time => put(place, LogValue::Time(self.f64()?)),
            TypeTag::Interval => put(place, LogValue::Interval(self.f64()?)),
            TypeTag::String => put(place, LogValue::String(self.string()?)),
            TypeTag::Enum => put(place, LogValue::Enum(self.string()?)),
            TypeTag::Func => put(place, LogValue::Func(self.string()?)),
            TypeTag::File => put(place, LogValue::File(self.string()?)),
            TypeTag::Port => put(place, LogValue::Port(self.port::<L>()?)),
            TypeTag::Addr => put(place, LogValue::Addr(self.addr::<L>()?)),
            TypeTag::Subnet => put(place, LogValue::Subnet(self.subnet::<L>()?)),
            other => return Err(Kind::BadType(i32::from(other as u8))),
        }
        Ok(())
    }

    fn port<L: Layout>(&mut self) -> Result<Port> {
        let number = self.u64()?;
        let has_transport = L::FORMAT.has_writer_info();
        let transport = if has_transport { self.i32()? } else { 0 };
        let known = u64::try_from(transport).ok().and_then(Transport::from_number);
        let transport = known.ok_or(Kind::BadTransport(transport))?;
        let number = u16::try_from(number).map_err(|_| Kind::BadPort(number))?;
        Ok(Port { transport, number })
    }

    fn addr<L: Layout>(&mut self) -> Result<IpAddr> {
        if !L::FORMAT.has_writer_info() {
            return Ok(addr_of_bro_20([self.u32()?, self.u32()?, self.u32()?, self.u32()?]));
        }
        match self.u8()? {
            4 => Ok(IpAddr::V4(Ipv4Addr::from(self.array::<4>()?))),
            6 => Ok(IpAddr::V6(Ipv6Addr::from(self.array::<16>()?))),
            family => Err(Kind::BadFamily(family)),
        }
    }

    /// Reads a subnet, whose width refers to a 128-bit address for both families.
    fn subnet<L: Layout>(&mut self) -> Result<Subnet> {
        if !L::FORMAT.has_writer_info() {
            return self.subnet_of_bro_20();
        }
        let width = self.u8()?;
        let prefix = self.addr::<L>()?;
        let least = if prefix.is_ipv4() { 96 } else { 0 };
        match width.checked_sub(least) {
            Some(own) if width <= 128 => Ok(Subnet { prefix, width: own }),
            _ => Err(Kind::BadWidth { width, least }),
        }
    }

    /// Reads a subnet from a Bro 2.0. The width refers to a 128-bit address only if that Bro is
    /// built with IPv6.
    fn subnet_of_bro_20(&mut self) -> Result<Subnet> {
        let prefix = self.addr::<OfBro20>()?;
        let width = self.u32()?;
        let own = if prefix.is_ipv4() && width > 32 { width.saturating_sub(96) } else { width };
        match u8::try_from(own) {
            Ok(own)
                if own <= Subnet::max_width(prefix) && (own > 0 || width == 0 || width == 96) =>
            {
                Ok(Subnet { prefix, width: own })
            }
            _ => Err(Kind::BadWidth { width: u8::try_from(width).unwrap_or(u8::MAX), least: 0 }),
        }
    }

    /// Reads the type of a value.
    #[inline]
    fn value_tag<L: Layout>(&mut self) -> Result<TypeTag> {
        let tag = self.tag::<L>()?;
        if L::SUBTYPES {
            self.tag::<L>()?;
        }
        Ok(tag)
    }

    /// Reads a type tag. For a value, a type that logs do not have is an error only if the value is
    /// set.
    fn tag<L: Layout>(&mut self) -> Result<TypeTag> {
        let number = self.i32()?;
        let tag = u8::try_from(number).ok();
        let tag = tag.and_then(|number| TypeTag::from_u8(L::FORMAT.type_in_26(number)));
        tag.ok_or(Kind::BadType(number))
    }

    /// Reads `count` elements, a number that was checked against the remaining bytes.
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

    /// Checks that the remaining bytes can contain `count` elements of at least `least` bytes.
    fn check(&self, count: i64, least: u32) -> Result<usize> {
        let fitting = u64::try_from(count).ok().and_then(|count| self.fitting(count, least));
        fitting.ok_or(Kind::TooManyElements { count, left: self.left() })
    }

    /// Reads a name into a separate buffer, as announcements outlive the message.
    fn lasting_name(&mut self) -> Result<Name> {
        self.string_bytes().map(|name| Name::from_bytes(Bytes::copy_from_slice(name)))
    }
}

/// Decodes values that were checked.
pub(super) fn decode_values(encoded: &Bytes) -> Vec<LogValue> {
    Cursor::new(encoded).values::<Usual>(u32::MAX).unwrap_or_default()
}

/// Counts an entry's values against the limit.
fn add(total: &mut u64, count: usize, limit: u32) -> Result<()> {
    *total = total.saturating_add(count as u64);
    if *total > u64::from(limit) {
        return Err(Kind::TooManyValues { count: *total, limit });
    }
    Ok(())
}

/// An error in a LOG_CREATE_WRITER or LOG_WRITE message, with its position.
///
/// Such a message violates the protocol and ends the connection. With `{:#}` it prints with the
/// section that was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogError {
    /// The problem.
    pub kind: LogErrorKind,
    /// Which of the two messages it is.
    pub message: MessageType,
    /// The byte offset in the message's argument.
    pub offset: u32,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogError { kind, message, offset } = self;
        write!(f, "{message}: {kind} (at byte {offset} of the argument")?;
        wire::section(f, self.section())?;
        f.write_str(")")
    }
}

impl std::error::Error for LogError {}

impl LogError {
    /// Returns the section of the specification that was violated, as in `3§1`.
    pub const fn section(&self) -> &'static str {
        match self.message {
            MessageType::LogCreateWriter => "3§1",
            _ => "3§2",
        }
    }
}

/// The kind of error in a LOG_CREATE_WRITER or LOG_WRITE message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogErrorKind {
    /// The argument ends too early.
    #[error("{wanted} bytes are missing")]
    Truncated {
        /// The minimum number of missing bytes.
        wanted: u32,
    },
    /// A LOG_CREATE_WRITER has bytes after its last column.
    #[error("{left} bytes are left over")]
    LeftOver {
        /// The number of extra bytes.
        left: u32,
    },
    /// The number of columns, options or elements is negative or too large for the remaining bytes.
    #[error("{count} elements in {left} bytes")]
    TooManyElements {
        /// The number given by the peer.
        count: i64,
        /// The number of remaining bytes.
        left: u32,
    },
    /// An entry has more values than [`LogLimits::values`](crate::logs::LogLimits::values).
    #[error("entry of at least {count} values, limit is {limit}")]
    TooManyValues {
        /// The number counted so far.
        count: u64,
        /// The configured limit.
        limit: u32,
    },
    /// A value or column has a type that logs do not support.
    #[error("type {0} in a log")]
    BadType(i32),
    /// An element of a set or vector is a set or vector itself.
    #[error("{0} within a set or vector")]
    Nested(crate::data::TypeTag),
    /// An address is neither IPv4 nor IPv6.
    #[error("address family {0}, must be 4 or 6")]
    BadFamily(u8),
    /// A subnet's width is out of range. It refers to a 128-bit address, even for IPv4.
    #[error("subnet width {width}, must be {least} to 128")]
    BadWidth {
        /// The width.
        width: u8,
        /// The minimum for the address's family.
        least: u8,
    },
    /// A port's protocol is not one of 0 (unknown), 1 (TCP), 2 (UDP) and 3 (ICMP).
    #[error("transport protocol {0}, must be 0 to 3")]
    BadTransport(i32),
    /// A port's number is above 65535.
    #[error("port {0}, must be 0 to 65535")]
    BadPort(u64),
    /// The peer announces more writers than
    /// [`LogLimits::writers`](crate::logs::LogLimits::writers).
    #[error("more than {limit} writers")]
    TooManyWriters {
        /// The configured limit.
        limit: u32,
    },
    /// The announcements of all writers exceed
    /// [`LogLimits::announced`](crate::logs::LogLimits::announced).
    #[error("announcements of {bytes} bytes, limit is {limit}")]
    AnnouncedTooMuch {
        /// Their size.
        bytes: u64,
        /// The configured limit.
        limit: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small_and_contain_the_position() {
        assert!(size_of::<LogError>() <= 32);
        let kind = LogErrorKind::BadWidth { width: 24, least: 96 };
        let error = LogError { kind, message: MessageType::LogWrite, offset: 7 };
        let text = "LOG_WRITE: subnet width 24, must be 96 to 128 (at byte 7 of the argument)";
        assert_eq!(error.to_string(), text);
        let cited =
            "LOG_WRITE: subnet width 24, must be 96 to 128 (at byte 7 of the argument, 3§2)";
        assert_eq!(format!("{error:#}"), cited);
    }
}
