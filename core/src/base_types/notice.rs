// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, Connection, EventPeer, FaFile, GeoLocation, IcmpConn};
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

/// `Intel::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Intel::Info")]
pub struct IntelInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Option<Bytes>,
    #[bro(log)]
    pub id: Option<ConnId>,
    #[bro(log)]
    pub seen: IntelSeen,
    #[bro(log)]
    pub matched: Value,
    #[bro(log)]
    pub sources: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub fuid: Option<Bytes>,
    #[bro(log)]
    pub file_mime_type: Option<Bytes>,
    #[bro(log)]
    pub file_desc: Option<Bytes>,
}

/// `Intel::Seen`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Intel::Seen")]
pub struct IntelSeen {
    #[bro(log)]
    pub indicator: Option<Bytes>,
    #[bro(log)]
    pub indicator_type: Option<Value>,
    pub host: Option<IpAddr>,
    #[bro(name = "where", log)]
    pub where_: Value,
    #[bro(log)]
    pub node: Option<Bytes>,
    pub conn: Option<Connection>,
    pub uid: Option<Bytes>,
    pub f: Option<FaFile>,
    pub fuid: Option<Bytes>,
}

/// `Notice::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Notice::Info")]
pub struct NoticeInfo {
    #[bro(log)]
    pub ts: Option<Time>,
    #[bro(log)]
    pub uid: Option<Bytes>,
    #[bro(log)]
    pub id: Option<ConnId>,
    pub conn: Option<Connection>,
    pub iconn: Option<IcmpConn>,
    pub f: Option<FaFile>,
    #[bro(log)]
    pub fuid: Option<Bytes>,
    #[bro(log)]
    pub file_mime_type: Option<Bytes>,
    #[bro(log)]
    pub file_desc: Option<Bytes>,
    #[bro(log)]
    pub proto: Option<Value>,
    #[bro(log)]
    pub note: Value,
    #[bro(log)]
    pub msg: Option<Bytes>,
    #[bro(log)]
    pub sub: Option<Bytes>,
    #[bro(log)]
    pub src: Option<IpAddr>,
    #[bro(log)]
    pub dst: Option<IpAddr>,
    #[bro(log)]
    pub p: Option<Port>,
    #[bro(log)]
    pub n: Option<u64>,
    pub src_peer: Option<EventPeer>,
    #[bro(log)]
    pub peer_descr: Option<Bytes>,
    #[bro(log)]
    pub actions: Option<Value>,
    pub email_body_sections: Option<Vec<Bytes>>,
    pub email_delay_tokens: Option<BTreeSet<Bytes>>,
    pub identifier: Option<Bytes>,
    #[bro(log)]
    pub suppress_for: Option<Duration>,
    #[bro(log)]
    pub dropped: Option<bool>,
    #[bro(log)]
    pub remote_location: Option<GeoLocation>,
}

/// `Signatures::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Signatures::Info")]
pub struct SignaturesInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Option<Bytes>,
    #[bro(log)]
    pub src_addr: Option<IpAddr>,
    #[bro(log)]
    pub src_port: Option<Port>,
    #[bro(log)]
    pub dst_addr: Option<IpAddr>,
    #[bro(log)]
    pub dst_port: Option<Port>,
    #[bro(log)]
    pub note: Value,
    #[bro(log)]
    pub sig_id: Option<Bytes>,
    #[bro(log)]
    pub event_msg: Option<Bytes>,
    #[bro(log)]
    pub sub_msg: Option<Bytes>,
    #[bro(log)]
    pub sig_count: Option<u64>,
    #[bro(log)]
    pub host_count: Option<u64>,
}

/// `Software::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Software::Info")]
pub struct SoftwareInfo {
    #[bro(log)]
    pub ts: Option<Time>,
    #[bro(log)]
    pub host: IpAddr,
    #[bro(log)]
    pub host_p: Option<Port>,
    #[bro(log)]
    pub software_type: Option<Value>,
    #[bro(log)]
    pub name: Option<Bytes>,
    #[bro(log)]
    pub version: Option<SoftwareVersion>,
    #[bro(log)]
    pub unparsed_version: Option<Bytes>,
    pub force_log: Option<bool>,
}

/// `Software::Version`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Software::Version")]
pub struct SoftwareVersion {
    pub major: Option<u64>,
    pub minor: Option<u64>,
    pub minor2: Option<u64>,
    pub minor3: Option<u64>,
    pub addl: Option<Bytes>,
}

/// `Traceroute::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Traceroute::Info")]
pub struct TracerouteInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub src: IpAddr,
    #[bro(log)]
    pub dst: IpAddr,
    #[bro(log)]
    pub proto: Bytes,
}
