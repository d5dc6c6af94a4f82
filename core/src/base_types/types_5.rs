// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, Connection, FilesInfo};
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

/// `SSL::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SSL::Info")]
pub struct SslInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    pub version_num: Option<u64>,
    #[bro(log)]
    pub version: Option<Bytes>,
    #[bro(log)]
    pub cipher: Option<Bytes>,
    #[bro(log)]
    pub curve: Option<Bytes>,
    #[bro(log)]
    pub server_name: Option<Bytes>,
    pub session_id: Option<Bytes>,
    #[bro(log)]
    pub resumed: Option<bool>,
    pub client_ticket_empty_session_seen: Option<bool>,
    pub client_key_exchange_seen: Option<bool>,
    pub server_appdata: Option<u64>,
    pub client_appdata: Option<bool>,
    #[bro(log)]
    pub last_alert: Option<Bytes>,
    #[bro(log)]
    pub next_protocol: Option<Bytes>,
    pub analyzer_id: Option<u64>,
    #[bro(log)]
    pub established: Option<bool>,
    pub logged: Option<bool>,
    pub delay_tokens: Option<BTreeSet<Bytes>>,
    pub cert_chain: Option<Vec<FilesInfo>>,
    #[bro(log)]
    pub cert_chain_fuids: Option<Vec<Bytes>>,
    pub client_cert_chain: Option<Vec<FilesInfo>>,
    #[bro(log)]
    pub client_cert_chain_fuids: Option<Vec<Bytes>>,
    #[bro(log)]
    pub subject: Option<Bytes>,
    #[bro(log)]
    pub issuer: Option<Bytes>,
    #[bro(log)]
    pub client_subject: Option<Bytes>,
    #[bro(log)]
    pub client_issuer: Option<Bytes>,
    pub server_depth: Option<u64>,
    pub client_depth: Option<u64>,
    #[bro(log)]
    pub validation_status: Option<Bytes>,
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

/// `Tunnel::EncapsulatingConn`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Tunnel::EncapsulatingConn")]
pub struct TunnelEncapsulatingConn {
    pub cid: ConnId,
    pub tunnel_type: Value,
    pub uid: Option<Bytes>,
}

/// `Tunnel::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Tunnel::Info")]
pub struct TunnelInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Option<Bytes>,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub tunnel_type: Value,
    #[bro(log)]
    pub action: Value,
}

/// `Unified2::IDSEvent`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Unified2::IDSEvent")]
pub struct Unified2IDSEvent {
    pub sensor_id: u64,
    pub event_id: u64,
    pub ts: Time,
    pub signature_id: u64,
    pub generator_id: u64,
    pub signature_revision: u64,
    pub classification_id: u64,
    pub priority_id: u64,
    pub src_ip: IpAddr,
    pub dst_ip: IpAddr,
    pub src_p: Port,
    pub dst_p: Port,
    pub impact_flag: u64,
    pub impact: u64,
    pub blocked: u64,
    pub mpls_label: Option<u64>,
    pub vlan_id: Option<u64>,
    pub packet_action: Option<u64>,
}

/// `Unified2::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Unified2::Info")]
pub struct Unified2Info {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub id: Unified2PacketID,
    #[bro(log)]
    pub sensor_id: u64,
    #[bro(log)]
    pub signature_id: u64,
    #[bro(log)]
    pub signature: Option<Bytes>,
    #[bro(log)]
    pub generator_id: u64,
    #[bro(log)]
    pub generator: Option<Bytes>,
    #[bro(log)]
    pub signature_revision: u64,
    #[bro(log)]
    pub classification_id: u64,
    #[bro(log)]
    pub classification: Option<Bytes>,
    #[bro(log)]
    pub priority_id: u64,
    #[bro(log)]
    pub event_id: u64,
    #[bro(log)]
    pub packet: Option<Bytes>,
}

/// `Unified2::PacketID`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Unified2::PacketID")]
pub struct Unified2PacketID {
    pub src_ip: IpAddr,
    pub src_p: Port,
    pub dst_ip: IpAddr,
    pub dst_p: Port,
}

/// `Weird::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Weird::Info")]
pub struct WeirdInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Option<Bytes>,
    #[bro(log)]
    pub id: Option<ConnId>,
    pub conn: Option<Connection>,
    #[bro(log)]
    pub name: Bytes,
    #[bro(log)]
    pub addl: Option<Bytes>,
    #[bro(log)]
    pub notice: Option<bool>,
    #[bro(log)]
    pub peer: Option<Bytes>,
    pub identifier: Option<Bytes>,
}

/// `WeirdStats::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "WeirdStats::Info")]
pub struct WeirdStatsInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub name: Bytes,
    #[bro(log)]
    pub num_seen: u64,
}

/// `X509::BasicConstraints`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "X509::BasicConstraints")]
pub struct X509BasicConstraints {
    pub ca: bool,
    pub path_len: Option<u64>,
}
