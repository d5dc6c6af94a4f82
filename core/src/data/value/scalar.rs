//! Ports, subnets, patterns and enum constants (2§6).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::{Type, TypeKind};
use crate::data::Name;
use crate::pattern::{self, PatternError, PatternMatcher};

/// A transport protocol. Displayed as the part after the slash of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A protocol unknown to Bro.
    Unknown,
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// ICMP; the port is the type or code.
    Icmp,
}

impl Transport {
    /// Returns the name after the slash in Bro's notation.
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Unknown => "unknown",
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
            Transport::Icmp => "icmp",
        }
    }

    /// Returns the protocol with this number on the wire: 0 to 3, in the order of declaration.
    #[inline]
    pub(crate) const fn from_number(number: u64) -> Option<Transport> {
        Some(match number {
            0 => Transport::Unknown,
            1 => Transport::Tcp,
            2 => Transport::Udp,
            3 => Transport::Icmp,
            _ => return None,
        })
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A port with its transport protocol.
///
/// ```
/// # use brocomm::data::Port;
/// let port: Port = "443/tcp".parse()?;
/// assert_eq!(port, Port::tcp(443));
/// assert_eq!(port.to_string(), "443/tcp");
/// # Ok::<(), brocomm::notation::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The protocol.
    pub transport: Transport,
    /// The number.
    pub number: u16,
}

impl Port {
    /// Creates a TCP port.
    pub const fn tcp(number: u16) -> Port {
        Port { transport: Transport::Tcp, number }
    }

    /// Creates a UDP port.
    pub const fn udp(number: u16) -> Port {
        Port { transport: Transport::Udp, number }
    }

    /// Creates an ICMP "port", a message's type or code.
    pub const fn icmp(number: u16) -> Port {
        Port { transport: Transport::Icmp, number }
    }

    /// Returns the port's number on the wire (2§6, PortVal).
    pub(crate) const fn to_wire(self) -> u64 {
        (self.transport as u64) << 16 | self.number as u64
    }

    /// Returns the port for a number on the wire, if the number is valid.
    pub(crate) const fn from_wire(number: u64) -> Option<Port> {
        match Transport::from_number(number >> 16) {
            Some(transport) => Some(Port { transport, number: (number & 0xffff) as u16 }),
            None => None,
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.transport)
    }
}

/// The width of `::ffff:0:0/96`, to which IPv4 addresses are mapped.
const MAPPED_WIDTH: u8 = 96;

/// An address with a prefix width.
///
/// An IPv4 subnet equals the IPv6 subnet that it is mapped to: `1.2.3.0/24` is
/// `::ffff:1.2.3.0/120`. [`Subnet::new`] converts the latter to IPv4, as Bro does. So does all code
/// that writes a subnet to a peer, a log or a snapshot.
///
/// ```
/// # use brocomm::data::Subnet;
/// # use std::net::IpAddr;
/// let subnet: Subnet = "10.1.2.3/8".parse()?;
/// assert_eq!(subnet.to_string(), "10.0.0.0/8");
/// assert_eq!(Subnet::new(IpAddr::from([10, 1, 2, 3]), 8), Some(subnet));
/// assert_eq!(Subnet::new(IpAddr::from([10, 1, 2, 3]), 33), None);
///
/// let mapped = Subnet::new("::ffff:1.2.3.4".parse().unwrap(), 112);
/// assert_eq!(mapped.map(|subnet| (subnet.prefix, subnet.width)), Some(([1, 2, 0, 0].into(), 16)));
/// # Ok::<(), brocomm::notation::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Subnet {
    /// The address. Bro and [`Subnet::new`] clear the bits outside the prefix; Broccoli may send
    /// others.
    pub prefix: IpAddr,
    /// The width in bits, counted in the address's own family: 0–32 or 0–128.
    pub width: u8,
}

impl Subnet {
    /// Creates a subnet in Bro's form (see [`canonical`](Self::canonical)); `None` if the width, in
    /// bits, is greater than [`max_width`](Self::max_width).
    pub fn new(prefix: IpAddr, width: u8) -> Option<Subnet> {
        let subnet = Subnet { prefix, width };
        subnet.is_valid().then(|| subnet.canonical())
    }

    /// Returns the same subnet in Bro's form: the bits outside the prefix are zero, and a subnet of
    /// the IPv4-mapped addresses, `::ffff:0:0/96`, is an IPv4 subnet (2§1).
    #[must_use]
    pub fn canonical(self) -> Subnet {
        let Subnet { prefix, width } = self;
        let prefix = masked(prefix, width);
        match (prefix, prefix.to_canonical(), width.checked_sub(MAPPED_WIDTH)) {
            (IpAddr::V6(_), v4 @ IpAddr::V4(_), Some(width)) => Subnet { prefix: v4, width },
            _ => Subnet { prefix, width },
        }
    }

    /// Returns whether the width is at most [`max_width`](Self::max_width).
    pub(crate) const fn is_valid(self) -> bool {
        self.width <= Subnet::max_width(self.prefix)
    }

    /// Returns the greatest width for an address of this family.
    pub const fn max_width(prefix: IpAddr) -> u8 {
        match prefix {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        }
    }
}

/// A regular expression as Bro sends it: two texts, which Bro anchors when it compiles them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// The form that matches anywhere in a string, `^?(.|\n)*(RE)`.
    pub anywhere: Bytes,
    /// The form that matches a whole string, `^?(RE)$?`.
    pub exact: Bytes,
}

impl Pattern {
    /// Creates the pattern that a script would write as `/re/`. Bytes that are not ASCII become
    /// `\xHH`, because Bro's patterns are ASCII.
    ///
    /// The text is not checked until it is compiled, here by [`Pattern::matcher`].
    pub fn new(re: &str) -> Pattern {
        let re = pattern::escaped(re);
        Pattern {
            anywhere: Bytes::from(format!("^?(.|\\n)*({re})")),
            exact: Bytes::from(format!("^?({re})$?")),
        }
    }

    /// Compiles the pattern for matching.
    ///
    /// ```
    /// # use brocomm::data::Pattern;
    /// let digits = Pattern::new("[0-9]+").matcher()?;
    /// assert!(digits.matches_exactly(b"17"));
    /// assert!(!digits.matches_exactly(b"17 MB"));
    /// assert!(digits.matches_anywhere(b"17 MB"));
    /// # Ok::<(), brocomm::pattern::PatternError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if either text is invalid. The error contains the column.
    pub fn matcher(&self) -> Result<PatternMatcher, PatternError> {
        PatternMatcher::new(&self.exact, &self.anywhere)
    }

    /// Creates the pattern that a script would write as `/re/`, if it can be compiled. The column
    /// in an error refers to `re`.
    pub(crate) fn compiled(re: &str) -> Result<Pattern, PatternError> {
        let pattern = Pattern::new(re);
        match pattern.matcher() {
            Ok(_) => Ok(pattern),
            Err(error) => Err(pattern::check_written(re).err().unwrap_or(error)),
        }
    }

    /// Checks that Bro can compile the pattern.
    ///
    /// A pattern is valid even if it exceeds a limit of [`matcher`](Self::matcher) on length or
    /// depth.
    ///
    /// # Errors
    ///
    /// Fails if either text is invalid. The error contains the column.
    pub fn check(&self) -> Result<(), PatternError> {
        [&self.exact, &self.anywhere].into_iter().try_for_each(|text| match pattern::check(text) {
            Err(error) if !error.kind.is_limit() => Err(error),
            _ => Ok(()),
        })
    }

    /// Returns the pattern that matches what either of the two matches, like `redef p += /b/`.
    pub(crate) fn joined(&self, other: &Pattern) -> Pattern {
        let joined = |a: &[u8], b: &[u8]| [b"(", a, b")|(", b, b")"].concat().into();
        Pattern {
            anywhere: joined(&self.anywhere, &other.anywhere),
            exact: joined(&self.exact, &other.exact),
        }
    }

    /// Creates the alternation of two patterns, like `/a/ | /b/` in a script.
    pub(crate) fn or(&self, re: &str) -> Pattern {
        let re = pattern::escaped(re);
        let joined = |text: &[u8], form: String| [b"(", text, form.as_bytes()].concat().into();
        Pattern {
            anywhere: joined(&self.anywhere, format!(")|(^?(.|\\n)*({re}))")),
            exact: joined(&self.exact, format!(")|(^?({re})$?)")),
        }
    }
}

/// A constant of an enum.
///
/// Constants are compared by number, as in an index.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// The enum.
    pub ty: Type,
    /// The constant's number.
    pub number: i64,
}

impl EnumValue {
    /// Returns the constant's full name, if the enum's constants are known and include its number.
    ///
    /// If no constant has the number, looks up its low 32 bits, because Broccoli leaves the others
    /// undefined (2§6).
    pub fn name(&self) -> Option<Name> {
        match &self.ty.def()?.kind {
            TypeKind::Enum(ty) => {
                let low = || ty.name_of(i64::from(self.number as i32));
                ty.name_of(self.number).or_else(low).cloned()
            }
            _ => None,
        }
    }
}

/// Clears the bits of an address outside a prefix.
fn masked(addr: IpAddr, width: u8) -> IpAddr {
    let width = u32::from(width);
    match addr {
        IpAddr::V4(v4) => {
            let host = u32::MAX.checked_shr(width).unwrap_or(0);
            Ipv4Addr::from(u32::from(v4) & !host).into()
        }
        IpAddr::V6(v6) => {
            let host = u128::MAX.checked_shr(width).unwrap_or(0);
            Ipv6Addr::from(u128::from(v6) & !host).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_subnets_are_parsed_from_whole_texts() {
        for transport in [Transport::Unknown, Transport::Tcp, Transport::Udp, Transport::Icmp] {
            let port = Port { transport, number: 53 };
            assert_eq!(port.to_string().parse(), Ok(port));
        }
        let refused = |text: &str| text.parse::<Port>().unwrap_err().to_string();
        assert_eq!(refused("80"), "line 1, column 1: expected a port, found `80`");
        assert_eq!(refused("80/tcp 1"), "line 1, column 8: expected the end, found `1`");

        let subnet = Subnet::new([10, 0, 0, 0].into(), 8).unwrap();
        assert_eq!("10.1.2.3/8".parse(), Ok(subnet));
        assert_eq!(subnet.to_string(), "10.0.0.0/8");
        let v6: IpAddr = "2001:db8::".parse().unwrap();
        for text in ["2001:db8::1/32", "[2001:db8::]/32"] {
            let subnet: Subnet = text.parse().unwrap();
            assert_eq!((subnet.prefix, subnet.width), (v6, 32), "{text}");
        }
        let refused = |text: &str| text.parse::<Subnet>().unwrap_err().to_string();
        assert_eq!(refused("10.0.0.1"), "line 1, column 1: expected a subnet, found `10.0.0.1`");
        assert_eq!(
            refused("10.0.0.0/33"),
            "line 1, column 1: subnet width of `10.0.0.0/33`, limit is 32"
        );
        assert!(Subnet::new(v6, 129).is_none());
    }

    #[test]
    fn only_the_low_half_of_an_enum_from_broccoli_counts() {
        let names = vec![(Name::from("A"), 2), (Name::from("B"), -1), (Name::from("C"), 1 << 32)];
        let ty = Type::enumeration("E", names);
        for (number, name) in [
            (2, Some("A")),
            (0x2e37_3231_0000_0002, Some("A")),
            (-1, Some("B")),
            (0x0000_0001_ffff_ffff, Some("B")),
            (1 << 32, Some("C")),
            (3, None),
        ] {
            let value = EnumValue { ty: ty.clone(), number };
            assert_eq!(value.name(), name.map(Name::from), "{number:x}");
        }
    }

    #[test]
    fn a_subnet_of_mapped_addresses_becomes_an_ipv4_subnet() {
        for (mapped, expected) in [
            ("[::ffff:1.2.3.4]/112", ("1.2.0.0", 16)),
            ("[::ffff:1.2.3.4] / 128", ("1.2.3.4", 32)),
            ("::ffff:1.2.3.4/96", ("0.0.0.0", 0)),
            // A shorter prefix contains other addresses as well.
            ("[::ffff:1.2.3.4]/95", ("::fffe:0:0", 95)),
            ("[::fffe:1.2.3.4]/112", ("::fffe:102:0", 112)),
        ] {
            let Subnet { prefix, width } = mapped.parse().unwrap();
            assert_eq!((prefix, width), (expected.0.parse().unwrap(), expected.1), "{mapped}");
        }
    }
}
