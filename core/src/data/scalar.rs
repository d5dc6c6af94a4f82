//! Ports, subnets, patterns and enum constants (2§6).

use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;

use super::{Name, Type, TypeKind};

/// Names a transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// None that Bro knows.
    Unknown,
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// ICMP; the port is the type or code.
    Icmp,
}

impl Transport {
    /// Returns the name that follows the slash in Bro's notation.
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Unknown => "unknown",
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
            Transport::Icmp => "icmp",
        }
    }
}

/// Holds a port with its transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The protocol.
    pub transport: Transport,
    /// The number.
    pub number: u16,
}

impl Port {
    /// Makes a TCP port.
    pub const fn tcp(number: u16) -> Port {
        Port { transport: Transport::Tcp, number }
    }

    /// Makes a UDP port.
    pub const fn udp(number: u16) -> Port {
        Port { transport: Transport::Udp, number }
    }

    /// Returns the number that stands for the port on the wire (2§6, PortVal).
    pub const fn to_wire(self) -> u64 {
        let mask = match self.transport {
            Transport::Unknown => 0,
            Transport::Tcp => 0x1_0000,
            Transport::Udp => 0x2_0000,
            Transport::Icmp => 0x3_0000,
        };
        mask | self.number as u64
    }

    /// Returns the port that a number on the wire stands for, if it is one.
    pub const fn from_wire(number: u64) -> Option<Port> {
        let transport = match number >> 16 {
            0 => Transport::Unknown,
            1 => Transport::Tcp,
            2 => Transport::Udp,
            3 => Transport::Icmp,
            _ => return None,
        };
        Some(Port { transport, number: (number & 0xffff) as u16 })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.transport.name())
    }
}

/// Holds an address with a prefix width.
///
/// An IPv4 subnet equals the IPv6 one that it is mapped to: `1.2.3.0/24` is `::ffff:1.2.3.0/120`.
#[derive(Debug, Clone, Copy)]
pub struct Subnet {
    /// The address; Bro keeps the bits outside the prefix zero.
    pub prefix: IpAddr,
    /// The width in bits, counted in the address's own family: 0–32 or 0–128.
    pub width: u8,
}

impl Subnet {
    /// Returns the greatest width for an address of this family.
    pub const fn max_width(prefix: IpAddr) -> u8 {
        match prefix {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        }
    }
}

/// Holds a regular expression as Bro sends it: two texts, both anchored or not by Bro itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// The form that matches anywhere in a string, `^?(.|\n)*(RE)`.
    pub anywhere: Bytes,
    /// The form that matches a whole string, `^?(RE)$?`.
    pub exact: Bytes,
}

impl Pattern {
    /// Makes the pattern that a script would write as `/re/`.
    pub fn new(re: &str) -> Pattern {
        Pattern {
            anywhere: Bytes::from(format!("^?(.|\\n)*({re})")),
            exact: Bytes::from(format!("^?({re})$?")),
        }
    }
}

/// Holds a constant of an enum.
///
/// Constants are equal if their numbers are, as in an index.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// The enum.
    pub ty: Type,
    /// The constant's number.
    pub number: i64,
}

impl EnumValue {
    /// Returns the constant's full name, if the enum's constants are known and it is one of them.
    pub fn name(&self) -> Option<Name> {
        match &self.ty.def()?.kind {
            TypeKind::Enum(ty) => ty.name_of(self.number).cloned(),
            _ => None,
        }
    }
}
