// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{
    DceRpcBackingState, DceRpcInfo, DceRpcState, DhcpInfo, Dnp3Info, DnsInfo, DnsState, FilesInfo,
    FtpInfo, HttpInfo, HttpState, IrcInfo, KrbInfo, ModbusInfo, MySQLInfo, NtlmInfo, PeInfo,
    RadiusInfo, RdpInfo, RfbInfo, SipInfo, SipState, SmbState, SmtpInfo, SmtpState, SnmpInfo,
    SocksInfo, SshInfo, SslInfo, SyslogInfo, Unified2IDSEvent,
};
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

/// `Conn::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Conn::Info")]
pub struct ConnInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub proto: Value,
    #[bro(log)]
    pub service: Option<Bytes>,
    #[bro(log)]
    pub duration: Option<Duration>,
    #[bro(log)]
    pub orig_bytes: Option<u64>,
    #[bro(log)]
    pub resp_bytes: Option<u64>,
    #[bro(log)]
    pub conn_state: Option<Bytes>,
    #[bro(log)]
    pub local_orig: Option<bool>,
    #[bro(log)]
    pub local_resp: Option<bool>,
    #[bro(log)]
    pub missed_bytes: Option<u64>,
    #[bro(log)]
    pub history: Option<Bytes>,
    #[bro(log)]
    pub orig_pkts: Option<u64>,
    #[bro(log)]
    pub orig_ip_bytes: Option<u64>,
    #[bro(log)]
    pub resp_pkts: Option<u64>,
    #[bro(log)]
    pub resp_ip_bytes: Option<u64>,
    #[bro(log)]
    pub tunnel_parents: BTreeSet<Bytes>,
}

/// `ConnThreshold::Thresholds`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "ConnThreshold::Thresholds")]
pub struct ConnThresholdThresholds {
    pub orig_byte: Option<BTreeSet<u64>>,
    pub resp_byte: Option<BTreeSet<u64>>,
    pub orig_packet: Option<BTreeSet<u64>>,
    pub resp_packet: Option<BTreeSet<u64>>,
}

/// `DPD::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DPD::Info")]
pub struct DpdInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub proto: Value,
    #[bro(log)]
    pub analyzer: Bytes,
    #[bro(log)]
    pub failure_reason: Bytes,
    pub disabled_aids: BTreeSet<u64>,
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

/// `conn_id`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "conn_id")]
pub struct ConnId {
    pub orig_h: IpAddr,
    pub orig_p: Port,
    pub resp_h: IpAddr,
    pub resp_p: Port,
}

/// `connection`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "connection")]
pub struct Connection {
    pub id: ConnId,
    pub orig: Endpoint,
    pub resp: Endpoint,
    pub start_time: Time,
    pub duration: Duration,
    pub service: BTreeSet<Bytes>,
    pub history: Bytes,
    pub uid: Bytes,
    pub tunnel: Option<Vec<TunnelEncapsulatingConn>>,
    pub vlan: Option<i64>,
    pub inner_vlan: Option<i64>,
    pub dpd: Option<DpdInfo>,
    pub conn: Option<ConnInfo>,
    pub extract_orig: Option<bool>,
    pub extract_resp: Option<bool>,
    pub thresholds: Option<ConnThresholdThresholds>,
    pub dce_rpc: Option<DceRpcInfo>,
    pub dce_rpc_state: Option<DceRpcState>,
    pub dce_rpc_backing: Option<BTreeMap<u64, DceRpcBackingState>>,
    pub dhcp: Option<DhcpInfo>,
    pub dnp3: Option<Dnp3Info>,
    pub dns: Option<DnsInfo>,
    pub dns_state: Option<DnsState>,
    pub ftp: Option<FtpInfo>,
    pub ftp_data_reuse: Option<bool>,
    pub ssl: Option<SslInfo>,
    pub http: Option<HttpInfo>,
    pub http_state: Option<HttpState>,
    pub irc: Option<IrcInfo>,
    pub krb: Option<KrbInfo>,
    pub modbus: Option<ModbusInfo>,
    pub mysql: Option<MySQLInfo>,
    pub ntlm: Option<NtlmInfo>,
    pub radius: Option<RadiusInfo>,
    pub rdp: Option<RdpInfo>,
    pub rfb: Option<RfbInfo>,
    pub sip: Option<SipInfo>,
    pub sip_state: Option<SipState>,
    pub snmp: Option<SnmpInfo>,
    pub smtp: Option<SmtpInfo>,
    pub smtp_state: Option<SmtpState>,
    pub socks: Option<SocksInfo>,
    pub ssh: Option<SshInfo>,
    pub syslog: Option<SyslogInfo>,
    pub known_services_done: Option<bool>,
    pub smb_state: Option<SmbState>,
}

/// `endpoint`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "endpoint")]
pub struct Endpoint {
    pub size: u64,
    pub state: u64,
    pub num_pkts: Option<u64>,
    pub num_bytes_ip: Option<u64>,
    pub flow_label: u64,
    pub l2_addr: Option<Bytes>,
}

/// `event_peer`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "event_peer")]
pub struct EventPeer {
    pub id: u64,
    pub host: IpAddr,
    pub p: Port,
    pub is_local: bool,
    pub descr: Bytes,
    pub class: Option<Bytes>,
}

/// `fa_file`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "fa_file")]
pub struct FaFile {
    pub id: Bytes,
    pub parent_id: Option<Bytes>,
    pub source: Bytes,
    pub is_orig: Option<bool>,
    pub conns: Option<Value>,
    pub last_active: Time,
    pub seen_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
    pub missing_bytes: Option<u64>,
    pub overflow_bytes: Option<u64>,
    pub timeout_interval: Option<Duration>,
    pub bof_buffer_size: Option<u64>,
    pub bof_buffer: Option<Bytes>,
    pub info: Option<FilesInfo>,
    pub ftp: Option<FtpInfo>,
    pub http: Option<HttpInfo>,
    pub irc: Option<IrcInfo>,
    pub pe: Option<PeInfo>,
    pub u2_events: Option<BTreeMap<u64, Unified2IDSEvent>>,
}

/// `geo_location`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "geo_location")]
pub struct GeoLocation {
    pub country_code: Option<Bytes>,
    pub region: Option<Bytes>,
    pub city: Option<Bytes>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
}

/// `icmp_conn`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "icmp_conn")]
pub struct IcmpConn {
    pub orig_h: IpAddr,
    pub resp_h: IpAddr,
    pub itype: u64,
    pub icode: u64,
    pub len: u64,
    pub hlim: u64,
    pub v6: bool,
}
