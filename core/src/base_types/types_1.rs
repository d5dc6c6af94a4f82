// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, QueueQueue};
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

/// `Barnyard2::AlertData`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Barnyard2::AlertData")]
pub struct Barnyard2AlertData {
    pub sensor_id: u64,
    pub ts: Time,
    pub signature_id: u64,
    pub generator_id: u64,
    pub signature_revision: u64,
    pub classification_id: u64,
    pub classification: Bytes,
    pub priority_id: u64,
    pub event_id: u64,
}

/// `Barnyard2::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Barnyard2::Info")]
pub struct Barnyard2Info {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub pid: Barnyard2PacketID,
    #[bro(log)]
    pub alert: Barnyard2AlertData,
}

/// `Barnyard2::PacketID`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Barnyard2::PacketID")]
pub struct Barnyard2PacketID {
    pub src_ip: IpAddr,
    pub src_p: Port,
    pub dst_ip: IpAddr,
    pub dst_p: Port,
}

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

/// `DCE_RPC::BackingState`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DCE_RPC::BackingState")]
pub struct DceRpcBackingState {
    pub info: DceRpcInfo,
    pub state: DceRpcState,
}

/// `DCE_RPC::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DCE_RPC::Info")]
pub struct DceRpcInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub rtt: Option<Duration>,
    #[bro(log)]
    pub named_pipe: Option<Bytes>,
    #[bro(log)]
    pub endpoint: Option<Bytes>,
    #[bro(log)]
    pub operation: Option<Bytes>,
}

/// `DCE_RPC::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DCE_RPC::State")]
pub struct DceRpcState {
    pub uuid: Option<Bytes>,
    pub named_pipe: Option<Bytes>,
}

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

/// `DNP3::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "DNP3::Info")]
pub struct Dnp3Info {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub fc_request: Option<Bytes>,
    #[bro(log)]
    pub fc_reply: Option<Bytes>,
    #[bro(log)]
    pub iin: Option<u64>,
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

/// `FTP::CmdArg`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "FTP::CmdArg")]
pub struct FtpCmdArg {
    pub ts: Time,
    pub cmd: Option<Bytes>,
    pub arg: Option<Bytes>,
    pub seq: Option<u64>,
}

/// `FTP::ExpectedDataChannel`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "FTP::ExpectedDataChannel")]
pub struct FtpExpectedDataChannel {
    #[bro(log)]
    pub passive: bool,
    #[bro(log)]
    pub orig_h: IpAddr,
    #[bro(log)]
    pub resp_h: IpAddr,
    #[bro(log)]
    pub resp_p: Port,
}

/// `FTP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "FTP::Info")]
pub struct FtpInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub user: Option<Bytes>,
    #[bro(log)]
    pub password: Option<Bytes>,
    #[bro(log)]
    pub command: Option<Bytes>,
    #[bro(log)]
    pub arg: Option<Bytes>,
    #[bro(log)]
    pub mime_type: Option<Bytes>,
    #[bro(log)]
    pub file_size: Option<u64>,
    #[bro(log)]
    pub reply_code: Option<u64>,
    #[bro(log)]
    pub reply_msg: Option<Bytes>,
    #[bro(log)]
    pub data_channel: Option<FtpExpectedDataChannel>,
    pub cwd: Option<Bytes>,
    pub cmdarg: Option<FtpCmdArg>,
    pub pending_commands: BTreeMap<u64, FtpCmdArg>,
    pub passive: Option<bool>,
    pub capture_password: Option<bool>,
    #[bro(log)]
    pub fuid: Option<Bytes>,
    pub last_auth_requested: Option<Bytes>,
}
