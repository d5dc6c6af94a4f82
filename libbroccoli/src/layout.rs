//! The layouts that C programs depend on: structs, type numbers and flags.

use std::ffi::{c_char, c_int, c_uchar, c_void};
use std::mem::offset_of;

use libc::timeval;

/// `TRUE`
pub const TRUE: c_int = 1;
/// `FALSE`
pub const FALSE: c_int = 0;

/// Numbers of types: those of the protocol, and two additional ones.
pub mod tag {
    #![allow(missing_docs, reason = "each is named after its type")]
    use std::ffi::c_int;

    pub const UNKNOWN: c_int = 0;
    pub const BOOL: c_int = 1;
    pub const INT: c_int = 2;
    pub const COUNT: c_int = 3;
    pub const COUNTER: c_int = 4;
    pub const DOUBLE: c_int = 5;
    pub const TIME: c_int = 6;
    pub const INTERVAL: c_int = 7;
    pub const STRING: c_int = 8;
    pub const ENUM: c_int = 10;
    pub const PORT: c_int = 12;
    pub const IPADDR: c_int = 13;
    pub const SUBNET: c_int = 14;
    pub const ANY: c_int = 15;
    pub const TABLE: c_int = 16;
    pub const RECORD: c_int = 18;
    pub const LIST: c_int = 19;
    pub const VECTOR: c_int = 22;
    pub const SET: c_int = 25;
    pub const MAX: c_int = 26;
}

/// Flags of connections.
pub mod flag {
    use std::ffi::c_int;

    /// Reconnect when the connection is lost.
    pub const RECONNECT: c_int = 1;
    /// Queue events while there is no connection.
    pub const ALWAYS_QUEUE: c_int = 2;
    /// No longer supported.
    pub const SHAREABLE: c_int = 4;
    /// Handle one message at a time.
    pub const YIELD: c_int = 16;
    /// Allow the peer to send references to earlier objects.
    pub const CACHE: c_int = 32;
}

/// `BroCtx`: five functions that are needed only by old versions of OpenSSL.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BroCtx {
    functions: [Option<unsafe extern "C" fn()>; 5],
}

/// `BroConnStats`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BroConnStats {
    /// Bytes in the output buffer.
    pub tx_buflen: c_int,
    /// Bytes in the input buffer.
    pub rx_buflen: c_int,
}

/// `BroString`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BroString {
    /// The number of bytes, without the final NUL.
    pub str_len: u32,
    /// The bytes, in memory of the C allocator.
    pub str_val: *mut c_uchar,
}

/// `BroPort`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroPort {
    /// The number, in host order.
    pub port_num: u64,
    /// The IP protocol's number; 0 if it is unknown.
    pub port_proto: c_int,
}

/// `BroAddr`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroAddr {
    /// An IPv6 address, or an IPv4-mapped one, in network order.
    pub addr: [u32; 4],
}

/// `BroSubnet`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroSubnet {
    /// The prefix.
    pub sn_net: BroAddr,
    /// The width, within 32 bits for IPv4.
    pub sn_width: u32,
}

/// `BroEvArg`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BroEvArg {
    /// The value.
    pub arg_data: *mut c_void,
    /// The number of its type.
    pub arg_type: c_int,
}

/// `BroEvMeta`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BroEvMeta {
    /// The event's name.
    pub ev_name: *const c_char,
    /// The sender's time stamp.
    pub ev_ts: f64,
    /// The number of arguments.
    pub ev_numargs: c_int,
    /// The arguments.
    pub ev_args: *mut BroEvArg,
    /// The beginning of the serialized event.
    pub ev_start: *const c_uchar,
    /// The end of the serialized event.
    pub ev_end: *const c_uchar,
}

/// `struct pcap_pkthdr`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "documented by libpcap")]
pub struct PcapHeader {
    pub ts: timeval,
    pub caplen: u32,
    pub len: u32,
}

/// `BroPacket`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BroPacket {
    /// When it was captured, in seconds since the Unix epoch.
    pub pkt_time: f64,
    /// The size of the link layer's header.
    pub pkt_hdr_size: u32,
    /// The link type.
    pub pkt_link_type: u32,
    /// The header of libpcap.
    pub pkt_pcap_hdr: PcapHeader,
    /// The captured bytes.
    pub pkt_data: *const c_uchar,
    /// The tag.
    pub pkt_tag: *const c_char,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<BroCtx>() == 40);
    assert!(size_of::<BroConnStats>() == 8);
    assert!(size_of::<BroString>() == 16 && offset_of!(BroString, str_val) == 8);
    assert!(size_of::<BroPort>() == 16 && offset_of!(BroPort, port_proto) == 8);
    assert!(size_of::<BroAddr>() == 16);
    assert!(size_of::<BroSubnet>() == 20 && offset_of!(BroSubnet, sn_width) == 16);
    assert!(size_of::<BroEvArg>() == 16 && offset_of!(BroEvArg, arg_type) == 8);
    assert!(size_of::<BroEvMeta>() == 48 && offset_of!(BroEvMeta, ev_ts) == 8);
    assert!(offset_of!(BroEvMeta, ev_args) == 24 && offset_of!(BroEvMeta, ev_end) == 40);
};
#[cfg(all(target_pointer_width = "64", target_os = "linux"))]
const _: () = {
    assert!(size_of::<BroPacket>() == 56 && offset_of!(BroPacket, pkt_pcap_hdr) == 16);
    assert!(offset_of!(BroPacket, pkt_data) == 40);
};
