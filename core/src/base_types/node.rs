// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::ConnId;
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

/// `CaptureLoss::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "CaptureLoss::Info")]
pub struct CaptureLossInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub ts_delta: Duration,
    #[bro(log)]
    pub peer: Bytes,
    #[bro(log)]
    pub gaps: u64,
    #[bro(log)]
    pub acks: u64,
    #[bro(log)]
    pub percent_lost: f64,
}

/// `Communication::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Communication::Info")]
pub struct CommunicationInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub peer: Option<Bytes>,
    #[bro(log)]
    pub src_name: Option<Bytes>,
    #[bro(log)]
    pub connected_peer_desc: Option<Bytes>,
    #[bro(log)]
    pub connected_peer_addr: Option<IpAddr>,
    #[bro(log)]
    pub connected_peer_port: Option<Port>,
    #[bro(log)]
    pub level: Option<Bytes>,
    #[bro(log)]
    pub message: Bytes,
}

/// `LoadedScripts::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "LoadedScripts::Info")]
pub struct LoadedScriptsInfo {
    #[bro(log)]
    pub name: Bytes,
}

/// `PacketFilter::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "PacketFilter::Info")]
pub struct PacketFilterInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub node: Option<Bytes>,
    #[bro(log)]
    pub filter: Bytes,
    #[bro(log)]
    pub init: Option<bool>,
    #[bro(log)]
    pub success: Option<bool>,
}

/// `Queue::Queue`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Queue::Queue")]
pub struct QueueQueue {
    pub initialized: Option<bool>,
    pub vals: Option<Value>,
    pub settings: Option<QueueSettings>,
    pub top: Option<u64>,
    pub bottom: Option<u64>,
    pub size: Option<u64>,
}

/// `Queue::Settings`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Queue::Settings")]
pub struct QueueSettings {
    pub max_len: Option<u64>,
}

/// `Reporter::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Reporter::Info")]
pub struct ReporterInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub level: Value,
    #[bro(log)]
    pub message: Bytes,
    #[bro(log)]
    pub location: Option<Bytes>,
}

/// `Stats::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Stats::Info")]
pub struct StatsInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub peer: Bytes,
    #[bro(log)]
    pub mem: u64,
    #[bro(log)]
    pub pkts_proc: u64,
    #[bro(log)]
    pub bytes_recv: u64,
    #[bro(log)]
    pub pkts_dropped: Option<u64>,
    #[bro(log)]
    pub pkts_link: Option<u64>,
    #[bro(log)]
    pub pkt_lag: Option<Duration>,
    #[bro(log)]
    pub events_proc: u64,
    #[bro(log)]
    pub events_queued: u64,
    #[bro(log)]
    pub active_tcp_conns: u64,
    #[bro(log)]
    pub active_udp_conns: u64,
    #[bro(log)]
    pub active_icmp_conns: u64,
    #[bro(log)]
    pub tcp_conns: u64,
    #[bro(log)]
    pub udp_conns: u64,
    #[bro(log)]
    pub icmp_conns: u64,
    #[bro(log)]
    pub timers: u64,
    #[bro(log)]
    pub active_timers: u64,
    #[bro(log)]
    pub files: u64,
    #[bro(log)]
    pub active_files: u64,
    #[bro(log)]
    pub dns_requests: u64,
    #[bro(log)]
    pub active_dns_requests: u64,
    #[bro(log)]
    pub reassem_tcp_size: u64,
    #[bro(log)]
    pub reassem_file_size: u64,
    #[bro(log)]
    pub reassem_frag_size: u64,
    #[bro(log)]
    pub reassem_unknown_size: u64,
}

/// `Syslog::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Syslog::Info")]
pub struct SyslogInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub proto: Value,
    #[bro(log)]
    pub facility: Bytes,
    #[bro(log)]
    pub severity: Bytes,
    #[bro(log)]
    pub message: Bytes,
}
