// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, QueueQueue};
use crate::Record;
use crate::Time;
use crate::data::Value;

/// `DHCP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DHCP::Info")]
pub struct DhcpInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub mac: Option<Bytes>,
    #[bro(log)]
    pub assigned_ip: Option<IpAddr>,
    #[bro(log)]
    pub lease_time: Option<Duration>,
    #[bro(log)]
    pub trans_id: u64,
}

/// `DNS::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DNS::Info")]
pub struct DnsInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub proto: Value,
    #[bro(log)]
    pub trans_id: Option<u64>,
    #[bro(log)]
    pub rtt: Option<Duration>,
    #[bro(log)]
    pub query: Option<Bytes>,
    #[bro(log)]
    pub qclass: Option<u64>,
    #[bro(log)]
    pub qclass_name: Option<Bytes>,
    #[bro(log)]
    pub qtype: Option<u64>,
    #[bro(log)]
    pub qtype_name: Option<Bytes>,
    #[bro(log)]
    pub rcode: Option<u64>,
    #[bro(log)]
    pub rcode_name: Option<Bytes>,
    #[bro(name = "AA", log)]
    pub aa: Option<bool>,
    #[bro(name = "TC", log)]
    pub tc: Option<bool>,
    #[bro(name = "RD", log)]
    pub rd: Option<bool>,
    #[bro(name = "RA", log)]
    pub ra: Option<bool>,
    #[bro(name = "Z", log)]
    pub z: Option<u64>,
    #[bro(log)]
    pub answers: Option<Vec<Bytes>>,
    #[bro(name = "TTLs", log)]
    pub ttls: Option<Vec<Duration>>,
    #[bro(log)]
    pub rejected: Option<bool>,
    pub total_answers: Option<u64>,
    pub total_replies: Option<u64>,
    pub saw_query: Option<bool>,
    pub saw_reply: Option<bool>,
}

/// `DNS::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DNS::State")]
pub struct DnsState {
    pub pending_queries: BTreeMap<u64, QueueQueue>,
    pub pending_replies: BTreeMap<u64, QueueQueue>,
}
