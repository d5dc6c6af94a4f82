//! Conversion between the values of C programs and those of the core.

use std::ffi::{c_int, c_void};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use brocomm::data::{EnumValue, Name, Port, Subnet, Transport, Type, Value};
use bytes::Bytes;

use crate::layout::{BroAddr, BroPort, BroString, BroSubnet, tag};
use crate::owned::{OwnedString, string_bytes};
use crate::record::BroRecord;
use crate::table::BroTable;
use crate::types;
use crate::vector::BroVector;

/// The first 12 bytes of an IPv4-mapped address.
pub(crate) const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/// A value, or a field or element without one, at an address that programs can use.
#[derive(Debug, Clone)]
pub struct Node {
    /// The number of the type.
    tag: c_int,
    /// The type, unless the number determines it.
    ty: Option<Type>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Unset,
    /// All integers, booleans and enums.
    Number(u64),
    Double(f64),
    String(OwnedString),
    Port(BroPort),
    Addr(BroAddr),
    Subnet(BroSubnet),
    Record(Box<BroRecord>),
    Table(Box<BroTable>),
    Vector(Box<BroVector>),
}

/// Reads a value of this type from a program's pointer.
///
/// Returns `None` if the type has no values, or the value is invalid.
///
/// # Safety
/// The pointer is null, or points to what the header's table of types requires.
pub(crate) unsafe fn read(
    number: c_int,
    name: Option<&[u8]>,
    from: *const c_void,
) -> Option<Value> {
    if from.is_null() {
        return None;
    }
    // SAFETY: guaranteed by the caller, for each type that `number` can be.
    unsafe {
        Some(match number {
            tag::BOOL => Value::Bool(from.cast::<c_int>().read_unaligned() != 0),
            tag::INT => Value::Int(from.cast::<i64>().read_unaligned()),
            tag::COUNT => Value::Count(from.cast::<u64>().read_unaligned()),
            tag::COUNTER => Value::Counter(from.cast::<u64>().read_unaligned()),
            tag::DOUBLE => Value::Double(from.cast::<f64>().read_unaligned()),
            tag::TIME => Value::Time(from.cast::<f64>().read_unaligned()),
            tag::INTERVAL => Value::Interval(from.cast::<f64>().read_unaligned()),
            tag::STRING => Value::string(string_bytes(from.cast::<BroString>().as_ref()?)?),
            tag::ENUM => enumeration(name, read_enum(from)),
            tag::PORT => Value::Port(port(from.cast::<BroPort>().as_ref()?)?),
            tag::IPADDR => Value::Addr(from.cast::<BroAddr>().as_ref()?.to_ip()),
            tag::SUBNET => Value::Subnet(from.cast::<BroSubnet>().as_ref()?.to_subnet()?),
            tag::RECORD => from.cast::<BroRecord>().as_ref()?.to_value(name.map(named))?,
            tag::TABLE | tag::SET => {
                let is_set = number == tag::SET;
                from.cast::<BroTable>().as_ref()?.to_value(is_set, name.map(named))?
            }
            tag::VECTOR => from.cast::<BroVector>().as_ref()?.to_value(name.map(named))?,
            _ => return None,
        })
    }
}

/// Reads an enum. Programs pass pointers to 32 or 64 bits, and no number needs more than 32.
///
/// # Safety
/// The pointer points to at least 32 bits, and to 64 on big-endian systems.
unsafe fn read_enum(from: *const c_void) -> i64 {
    // SAFETY: guaranteed by the caller.
    unsafe {
        if cfg!(target_endian = "little") {
            i64::from(from.cast::<i32>().read_unaligned())
        } else {
            from.cast::<i64>().read_unaligned()
        }
    }
}

fn enumeration(name: Option<&[u8]>, number: i64) -> Value {
    let ty = match name {
        Some(name) => named(name),
        None => Type::enumeration("", Vec::new()),
    };
    Value::Enum(EnumValue { ty, number })
}

/// Returns a type that is sent only as a name.
pub(crate) fn named(name: &[u8]) -> Type {
    Type::named(Bytes::copy_from_slice(name))
}

fn port(port: &BroPort) -> Option<Port> {
    let transport = match port.port_proto {
        libc::IPPROTO_TCP => Transport::Tcp,
        libc::IPPROTO_UDP => Transport::Udp,
        libc::IPPROTO_ICMP => Transport::Icmp,
        _ => Transport::Unknown,
    };
    Some(Port { transport, number: port.port_num.try_into().ok()? })
}

impl BroAddr {
    fn octets(&self) -> [u8; 16] {
        let mut octets = [0; 16];
        for (to, word) in octets.chunks_exact_mut(4).zip(self.addr) {
            to.copy_from_slice(&word.to_ne_bytes());
        }
        octets
    }

    pub(crate) fn is_v4(&self) -> bool {
        self.octets().starts_with(&MAPPED)
    }

    fn to_ip(self) -> IpAddr {
        IpAddr::from(self.octets()).to_canonical()
    }
}

impl From<IpAddr> for BroAddr {
    fn from(ip: IpAddr) -> BroAddr {
        let octets = match ip {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => Ipv6Addr::octets(&v6),
        };
        let word = |at: usize| {
            u32::from_ne_bytes([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]])
        };
        BroAddr { addr: [word(0), word(4), word(8), word(12)] }
    }
}

impl BroSubnet {
    fn to_subnet(self) -> Option<Subnet> {
        Subnet::new(self.sn_net.to_ip(), self.sn_width.try_into().ok()?)
    }
}

impl Node {
    /// Creates a node from a program's pointer; see [`read`].
    ///
    /// # Safety
    /// As [`read`]. A list is a record.
    pub(crate) unsafe fn read(
        number: c_int,
        name: Option<&[u8]>,
        from: *const c_void,
    ) -> Option<Node> {
        // SAFETY: guaranteed by the caller, for each type that `number` can be.
        let content = unsafe {
            match number {
                tag::RECORD | tag::LIST => {
                    Content::Record(Box::new(from.cast::<BroRecord>().as_ref()?.clone()))
                }
                tag::TABLE | tag::SET => {
                    Content::Table(Box::new(from.cast::<BroTable>().as_ref()?.clone()))
                }
                tag::VECTOR => {
                    Content::Vector(Box::new(from.cast::<BroVector>().as_ref()?.clone()))
                }
                _ => return read(number, name, from).and_then(Node::new),
            }
        };
        Some(Node { tag: number, ty: name.map(named), content })
    }

    /// Creates a node from a value. `None` if programs do not support its type.
    pub(crate) fn new(value: Value) -> Option<Node> {
        let tag = c_int::from(value.tag() as u8);
        let node = |content| Node { tag, ty: None, content };
        Some(match value {
            Value::Bool(truth) => node(Content::Number(truth.into())),
            Value::Int(number) => node(Content::Number(number as u64)),
            Value::Count(number) | Value::Counter(number) => node(Content::Number(number)),
            Value::Double(number) | Value::Time(number) | Value::Interval(number) => {
                node(Content::Double(number))
            }
            Value::String(bytes) => node(Content::String(OwnedString::new(&bytes))),
            Value::Enum(EnumValue { ty, number }) => {
                Node { tag, ty: Some(ty), content: Content::Number(number as u64) }
            }
            Value::Port(Port { transport, number }) => {
                let port_proto = match transport {
                    Transport::Tcp => libc::IPPROTO_TCP,
                    Transport::Udp => libc::IPPROTO_UDP,
                    Transport::Icmp => libc::IPPROTO_ICMP,
                    Transport::Unknown => 0,
                };
                node(Content::Port(BroPort { port_num: number.into(), port_proto }))
            }
            Value::Addr(ip) => node(Content::Addr(ip.into())),
            Value::Subnet(Subnet { prefix, width }) => {
                let (sn_net, sn_width) = (prefix.into(), width.into());
                node(Content::Subnet(BroSubnet { sn_net, sn_width }))
            }
            Value::Record(record) => node(Content::Record(Box::new(BroRecord::of(&record)?))),
            Value::Table(table) => {
                let number = if table.is_set() { tag::SET } else { tag::TABLE };
                let content = Content::Table(Box::new(BroTable::of(&table)?));
                Node { tag: number, ty: None, content }
            }
            Value::Vector(vector) => node(Content::Vector(Box::new(BroVector::of(&vector)?))),
            _ => return None,
        })
    }

    /// Replaces the value, reusing memory for frequent kinds. Returns whether programs support its
    /// type.
    pub(crate) fn refill(&mut self, value: Value) -> bool {
        match (&mut self.content, value) {
            (Content::String(string), Value::String(bytes)) => string.refill(&bytes),
            (Content::Number(number), Value::Count(to)) if self.tag == tag::COUNT => *number = to,
            (_, value) => {
                let tag = c_int::from(value.tag() as u8);
                let node = Node::new(value);
                let is_whole = node.is_some();
                *self = node.unwrap_or_else(|| Node::untold(tag));
                return is_whole;
            }
        }
        true
    }

    /// Creates a field or element without a value.
    pub(crate) fn unset(ty: Type) -> Node {
        Node { tag: types::number(&ty), ty: Some(ty), content: Content::Unset }
    }

    /// Creates a field or element of this type without a value. `None` if the type has no values.
    pub(crate) fn unset_of(number: c_int, name: Option<&[u8]>) -> Option<Node> {
        let ty = Some(name.map_or_else(|| types::standard(number), named));
        types::has_values(number).then_some(Node { tag: number, ty, content: Content::Unset })
    }

    /// Creates a node for a value of an unsupported type. Programs only see the type's number.
    pub(crate) fn untold(tag: c_int) -> Node {
        Node { tag, ty: None, content: Content::Unset }
    }

    /// Creates an index of several components.
    pub(crate) fn index(components: BroRecord) -> Node {
        Node { tag: tag::LIST, ty: None, content: Content::Record(Box::new(components)) }
    }

    /// Returns the number of the type.
    pub(crate) fn tag(&self) -> c_int {
        self.tag
    }

    /// Returns the type for a record's field with this value.
    pub(crate) fn ty(&self) -> Type {
        match (&self.ty, self.to_value()) {
            (Some(ty), _) => types::without_attributes(ty),
            (None, Some(value)) => value.ty(),
            (None, None) => types::standard(self.tag),
        }
    }

    /// Returns the value. `None` if there is none, or it cannot be sent.
    pub(crate) fn to_value(&self) -> Option<Value> {
        let ty = || {
            self.ty.as_ref().map_or_else(|| types::standard(self.tag), types::without_attributes)
        };
        let named = || self.ty.clone();
        Some(match (&self.content, self.tag) {
            (Content::Number(number), tag::BOOL) => Value::Bool(*number != 0),
            (Content::Number(number), tag::INT) => Value::Int(*number as i64),
            (Content::Number(number), tag::COUNTER) => Value::Counter(*number),
            (Content::Number(number), tag::ENUM) => {
                Value::Enum(EnumValue { ty: ty(), number: *number as i64 })
            }
            (Content::Number(number), _) => Value::Count(*number),
            (Content::Double(number), tag::TIME) => Value::Time(*number),
            (Content::Double(number), tag::INTERVAL) => Value::Interval(*number),
            (Content::Double(number), _) => Value::Double(*number),
            (Content::String(string), _) => Value::string(string.bytes()),
            (Content::Port(content), _) => Value::Port(port(content)?),
            (Content::Addr(addr), _) => Value::Addr(addr.to_ip()),
            (Content::Subnet(subnet), _) => Value::Subnet(subnet.to_subnet()?),
            (Content::Record(record), tag::LIST) => Value::List(Arc::new(record.to_list()?)),
            (Content::Record(record), _) => record.to_value(named())?,
            (Content::Table(table), number) => table.to_value(number == tag::SET, named())?,
            (Content::Vector(vector), _) => vector.to_value(named())?,
            (Content::Unset, _) => return None,
        })
    }

    /// Returns whether there is no value.
    pub(crate) fn is_unset(&self) -> bool {
        matches!(self.content, Content::Unset)
    }

    /// Returns the value's address, for programs. Null if there is no value.
    pub(crate) fn as_ptr(&mut self) -> *mut c_void {
        match &mut self.content {
            Content::Unset => std::ptr::null_mut(),
            Content::Number(number) => (&raw mut *number).cast(),
            Content::Double(number) => (&raw mut *number).cast(),
            Content::String(string) => string.as_ptr(),
            Content::Port(port) => (&raw mut *port).cast(),
            Content::Addr(addr) => (&raw mut *addr).cast(),
            Content::Subnet(subnet) => (&raw mut *subnet).cast(),
            Content::Record(record) => (&raw mut **record).cast(),
            Content::Table(table) => (&raw mut **table).cast(),
            Content::Vector(vector) => (&raw mut **vector).cast(),
        }
    }
}

/// Returns the value's address if it has the requested type, `*ty`. Sets `*ty` to the actual type.
///
/// # Safety
/// `ty` is null or valid.
pub(crate) unsafe fn answer(node: Option<&mut Node>, ty: *mut c_int) -> *mut c_void {
    // SAFETY: guaranteed by the caller.
    let ty = unsafe { ty.as_mut() };
    let Some(node) = node else { return std::ptr::null_mut() };
    let Some(ty) = ty else { return node.as_ptr() };
    let asked = std::mem::replace(ty, if node.is_unset() { tag::UNKNOWN } else { node.tag });
    match asked {
        tag::UNKNOWN => node.as_ptr(),
        asked if asked == node.tag => node.as_ptr(),
        _ => std::ptr::null_mut(),
    }
}

/// Returns the name of a type as passed by programs. `None` if it is empty.
///
/// # Safety
/// The pointer is null or a C string.
pub(crate) unsafe fn type_name<'a>(name: *const std::ffi::c_char) -> Option<&'a [u8]> {
    // SAFETY: guaranteed by the caller.
    unsafe { crate::guard::filled(name) }
}

/// Creates a name from bytes.
pub(crate) fn name(bytes: &[u8]) -> Name {
    Name::from_bytes(Bytes::copy_from_slice(bytes))
}
