//! Decoding primitives of SERIAL messages (2§1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::SerialErrorKind as Kind;
use crate::data::{Name, Subnet};
use crate::wire::{self, DataFormat, Truncated};

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
pub(super) fn checked_width(
    prefix: IpAddr,
    width: u32,
    lenient: bool,
) -> std::result::Result<u8, u8> {
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
