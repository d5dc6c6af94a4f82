// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::time::Duration;

use bytes::Bytes;

use super::ConnId;
use crate::Record;
use crate::Time;

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

/// `Modbus::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Modbus::Info")]
pub struct ModbusInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub func: Option<Bytes>,
    #[bro(log)]
    pub exception: Option<Bytes>,
    pub track_address: Option<u64>,
}

/// `SNMP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SNMP::Info")]
pub struct SnmpInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub duration: Option<Duration>,
    #[bro(log)]
    pub version: Bytes,
    #[bro(log)]
    pub community: Option<Bytes>,
    #[bro(log)]
    pub get_requests: Option<u64>,
    #[bro(log)]
    pub get_bulk_requests: Option<u64>,
    #[bro(log)]
    pub get_responses: Option<u64>,
    #[bro(log)]
    pub set_requests: Option<u64>,
    #[bro(log)]
    pub display_string: Option<Bytes>,
    #[bro(log)]
    pub up_since: Option<Time>,
}
