// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::net::IpAddr;

use bytes::Bytes;

use crate::Record;
use crate::Time;
use crate::data::Port;

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
