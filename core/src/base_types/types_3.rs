// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, Connection, EventPeer, FaFile, GeoLocation, IcmpConn};
use crate::Record;
use crate::Time;
use crate::data::{Port, Subnet, Value};

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

/// `OpenFlow::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "OpenFlow::Info")]
pub struct OpenFlowInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub dpid: u64,
    #[bro(name = "match", log)]
    pub match_: OpenFlowOfpMatch,
    #[bro(log)]
    pub flow_mod: OpenFlowOfpFlowMod,
}

/// `OpenFlow::ofp_flow_action`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "OpenFlow::ofp_flow_action")]
pub struct OpenFlowOfpFlowAction {
    pub out_ports: Option<Vec<u64>>,
    pub vlan_vid: Option<u64>,
    pub vlan_pcp: Option<u64>,
    pub vlan_strip: Option<bool>,
    pub dl_src: Option<Bytes>,
    pub dl_dst: Option<Bytes>,
    pub nw_tos: Option<u64>,
    pub nw_src: Option<IpAddr>,
    pub nw_dst: Option<IpAddr>,
    pub tp_src: Option<u64>,
    pub tp_dst: Option<u64>,
}

/// `OpenFlow::ofp_flow_mod`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "OpenFlow::ofp_flow_mod")]
pub struct OpenFlowOfpFlowMod {
    pub cookie: u64,
    pub table_id: Option<u64>,
    pub command: Value,
    pub idle_timeout: Option<u64>,
    pub hard_timeout: Option<u64>,
    pub priority: Option<u64>,
    pub out_port: Option<u64>,
    pub out_group: Option<u64>,
    pub flags: Option<u64>,
    pub actions: Option<OpenFlowOfpFlowAction>,
}

/// `OpenFlow::ofp_match`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "OpenFlow::ofp_match")]
pub struct OpenFlowOfpMatch {
    pub in_port: Option<u64>,
    pub dl_src: Option<Bytes>,
    pub dl_dst: Option<Bytes>,
    pub dl_vlan: Option<u64>,
    pub dl_vlan_pcp: Option<u64>,
    pub dl_type: Option<u64>,
    pub nw_tos: Option<u64>,
    pub nw_proto: Option<u64>,
    pub nw_src: Option<Subnet>,
    pub nw_dst: Option<Subnet>,
    pub tp_src: Option<u64>,
    pub tp_dst: Option<u64>,
}

/// `PE::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "PE::Info")]
pub struct PeInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub id: Bytes,
    #[bro(log)]
    pub machine: Option<Bytes>,
    #[bro(log)]
    pub compile_ts: Option<Time>,
    #[bro(log)]
    pub os: Option<Bytes>,
    #[bro(log)]
    pub subsystem: Option<Bytes>,
    #[bro(log)]
    pub is_exe: Option<bool>,
    #[bro(log)]
    pub is_64bit: Option<bool>,
    #[bro(log)]
    pub uses_aslr: Option<bool>,
    #[bro(log)]
    pub uses_dep: Option<bool>,
    #[bro(log)]
    pub uses_code_integrity: Option<bool>,
    #[bro(log)]
    pub uses_seh: Option<bool>,
    #[bro(log)]
    pub has_import_table: Option<bool>,
    #[bro(log)]
    pub has_export_table: Option<bool>,
    #[bro(log)]
    pub has_cert_table: Option<bool>,
    #[bro(log)]
    pub has_debug_data: Option<bool>,
    #[bro(log)]
    pub section_names: Option<Vec<Bytes>>,
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

/// `RADIUS::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "RADIUS::Info")]
pub struct RadiusInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub username: Option<Bytes>,
    #[bro(log)]
    pub mac: Option<Bytes>,
    #[bro(log)]
    pub framed_addr: Option<IpAddr>,
    #[bro(log)]
    pub remote_ip: Option<IpAddr>,
    #[bro(log)]
    pub connect_info: Option<Bytes>,
    #[bro(log)]
    pub reply_msg: Option<Bytes>,
    #[bro(log)]
    pub result: Option<Bytes>,
    #[bro(log)]
    pub ttl: Option<Duration>,
    pub logged: Option<bool>,
}

/// `RDP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "RDP::Info")]
pub struct RdpInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub cookie: Option<Bytes>,
    #[bro(log)]
    pub result: Option<Bytes>,
    #[bro(log)]
    pub security_protocol: Option<Bytes>,
    #[bro(log)]
    pub keyboard_layout: Option<Bytes>,
    #[bro(log)]
    pub client_build: Option<Bytes>,
    #[bro(log)]
    pub client_name: Option<Bytes>,
    #[bro(log)]
    pub client_dig_product_id: Option<Bytes>,
    #[bro(log)]
    pub desktop_width: Option<u64>,
    #[bro(log)]
    pub desktop_height: Option<u64>,
    #[bro(log)]
    pub requested_color_depth: Option<Bytes>,
    #[bro(log)]
    pub cert_type: Option<Bytes>,
    #[bro(log)]
    pub cert_count: Option<u64>,
    #[bro(log)]
    pub cert_permanent: Option<bool>,
    #[bro(log)]
    pub encryption_level: Option<Bytes>,
    #[bro(log)]
    pub encryption_method: Option<Bytes>,
    pub analyzer_id: Option<u64>,
    pub done: Option<bool>,
}

/// `RFB::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "RFB::Info")]
pub struct RfbInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub client_major_version: Option<Bytes>,
    #[bro(log)]
    pub client_minor_version: Option<Bytes>,
    #[bro(log)]
    pub server_major_version: Option<Bytes>,
    #[bro(log)]
    pub server_minor_version: Option<Bytes>,
    #[bro(log)]
    pub authentication_method: Option<Bytes>,
    #[bro(log)]
    pub auth: Option<bool>,
    #[bro(log)]
    pub share_flag: Option<bool>,
    #[bro(log)]
    pub desktop_name: Option<Bytes>,
    #[bro(log)]
    pub width: Option<u64>,
    #[bro(log)]
    pub height: Option<u64>,
    pub done: Option<bool>,
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

/// `SIP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SIP::Info")]
pub struct SipInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub trans_depth: u64,
    #[bro(log)]
    pub method: Option<Bytes>,
    #[bro(log)]
    pub uri: Option<Bytes>,
    #[bro(log)]
    pub date: Option<Bytes>,
    #[bro(log)]
    pub request_from: Option<Bytes>,
    #[bro(log)]
    pub request_to: Option<Bytes>,
    #[bro(log)]
    pub response_from: Option<Bytes>,
    #[bro(log)]
    pub response_to: Option<Bytes>,
    #[bro(log)]
    pub reply_to: Option<Bytes>,
    #[bro(log)]
    pub call_id: Option<Bytes>,
    #[bro(log)]
    pub seq: Option<Bytes>,
    #[bro(log)]
    pub subject: Option<Bytes>,
    #[bro(log)]
    pub request_path: Option<Vec<Bytes>>,
    #[bro(log)]
    pub response_path: Option<Vec<Bytes>>,
    #[bro(log)]
    pub user_agent: Option<Bytes>,
    #[bro(log)]
    pub status_code: Option<u64>,
    #[bro(log)]
    pub status_msg: Option<Bytes>,
    #[bro(log)]
    pub warning: Option<Bytes>,
    #[bro(log)]
    pub request_body_len: Option<u64>,
    #[bro(log)]
    pub response_body_len: Option<u64>,
    #[bro(log)]
    pub content_type: Option<Bytes>,
}
