//! The values of Zeek's WebSocket API.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv6Addr};

use brocomm::data::{Name, Port, Subnet};
use bytes::Bytes;

/// A value of Zeek's WebSocket API.
///
/// Values carry no types: a record, a pattern, a function and a composite index are all vectors.
/// [`mapping`](crate::mapping) distinguishes them by a declaration.
///
/// # Equality and order
///
/// Two values are equal if Zeek treats them as the same element of a set: 0.0 equals -0.0, and
/// `::ffff:1.2.3.4` equals `1.2.3.4`. The order is that in which Zeek writes the elements of sets
/// and tables.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Data {
    /// `none`: an unset field of a record.
    None,
    /// `boolean`
    Boolean(bool),
    /// `count`
    Count(u64),
    /// `integer`
    Integer(i64),
    /// `real`
    Real(f64),
    /// `timespan`: nanoseconds.
    Timespan(i64),
    /// `timestamp`: nanoseconds since the Unix epoch.
    Timestamp(i64),
    /// `string`: any bytes.
    String(Bytes),
    /// `enum-value`: the full name of a constant, `Module::NAME`, or `NAME` in the global module.
    Enum(Name),
    /// `address`
    Address(IpAddr),
    /// `subnet`
    Subnet(Subnet),
    /// `port`
    Port(Port),
    /// `vector`
    Vector(Vec<Data>),
    /// `set`
    Set(Vec<Data>),
    /// `table`: keys and values.
    Table(Vec<(Data, Data)>),
}

impl Data {
    /// Returns the name of the value's kind, as used in `@data-type`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Data::None => "none",
            Data::Boolean(_) => "boolean",
            Data::Count(_) => "count",
            Data::Integer(_) => "integer",
            Data::Real(_) => "real",
            Data::Timespan(_) => "timespan",
            Data::Timestamp(_) => "timestamp",
            Data::String(_) => "string",
            Data::Enum(_) => "enum-value",
            Data::Address(_) => "address",
            Data::Subnet(_) => "subnet",
            Data::Port(_) => "port",
            Data::Vector(_) => "vector",
            Data::Set(_) => "set",
            Data::Table(_) => "table",
        }
    }

    /// Creates a string from text or bytes.
    pub fn string(text: impl AsRef<[u8]>) -> Data {
        Data::String(Bytes::copy_from_slice(text.as_ref()))
    }

    /// Returns the rank of the value's kind in Zeek's order of values.
    const fn rank(&self) -> u8 {
        match self {
            Data::None => 0,
            Data::Boolean(_) => 1,
            Data::Count(_) => 2,
            Data::Integer(_) => 3,
            Data::Real(_) => 4,
            Data::String(_) => 5,
            Data::Address(_) => 6,
            Data::Subnet(_) => 7,
            Data::Port(_) => 8,
            Data::Timestamp(_) => 9,
            Data::Timespan(_) => 10,
            Data::Enum(_) => 11,
            Data::Set(_) => 12,
            Data::Table(_) => 13,
            Data::Vector(_) => 14,
        }
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Data) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Data {}

impl PartialOrd for Data {
    fn partial_cmp(&self, other: &Data) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Data {
    fn cmp(&self, other: &Data) -> Ordering {
        match (self, other) {
            (Data::Boolean(a), Data::Boolean(b)) => a.cmp(b),
            (Data::Count(a), Data::Count(b)) => a.cmp(b),
            (Data::Integer(a), Data::Integer(b))
            | (Data::Timespan(a), Data::Timespan(b))
            | (Data::Timestamp(a), Data::Timestamp(b)) => a.cmp(b),
            // Adding 0 turns -0.0 into 0.0.
            (Data::Real(a), Data::Real(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Data::String(a), Data::String(b)) => a.cmp(b),
            (Data::Enum(a), Data::Enum(b)) => a.cmp(b),
            (Data::Address(a), Data::Address(b)) => mapped(*a).cmp(&mapped(*b)),
            (Data::Subnet(a), Data::Subnet(b)) => {
                let parts = |subnet: Subnet| {
                    let Subnet { prefix, width } = subnet.canonical();
                    (
                        mapped(prefix),
                        if prefix.is_ipv4() { u16::from(width) + 96 } else { width.into() },
                    )
                };
                parts(*a).cmp(&parts(*b))
            }
            (Data::Port(a), Data::Port(b)) => (a.number, a.transport).cmp(&(b.number, b.transport)),
            (Data::Vector(a), Data::Vector(b)) | (Data::Set(a), Data::Set(b)) => a.cmp(b),
            (Data::Table(a), Data::Table(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// Returns an address as IPv6, the form in which Zeek compares addresses.
fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}
