// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::Record;
use crate::Time;
use crate::data::{Subnet, Value};

/// `NetControl::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "NetControl::Info")]
pub struct NetControlInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub rule_id: Option<Bytes>,
    #[bro(log)]
    pub category: Option<Value>,
    #[bro(log)]
    pub cmd: Option<Bytes>,
    #[bro(log)]
    pub state: Option<Value>,
    #[bro(log)]
    pub action: Option<Bytes>,
    #[bro(log)]
    pub target: Option<Value>,
    #[bro(log)]
    pub entity_type: Option<Bytes>,
    #[bro(log)]
    pub entity: Option<Bytes>,
    #[bro(name = "mod", log)]
    pub mod_: Option<Bytes>,
    #[bro(log)]
    pub msg: Option<Bytes>,
    #[bro(log)]
    pub priority: Option<i64>,
    #[bro(log)]
    pub expire: Option<Duration>,
    #[bro(log)]
    pub location: Option<Bytes>,
    #[bro(log)]
    pub plugin: Option<Bytes>,
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
