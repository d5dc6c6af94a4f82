// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, FilesInfo};
use crate::Record;
use crate::Time;
use crate::data::Value;

/// `KRB::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "KRB::Info")]
pub struct KrbInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub request_type: Option<Bytes>,
    #[bro(log)]
    pub client: Option<Bytes>,
    #[bro(log)]
    pub service: Option<Bytes>,
    #[bro(log)]
    pub success: Option<bool>,
    pub error_code: Option<u64>,
    #[bro(log)]
    pub error_msg: Option<Bytes>,
    #[bro(log)]
    pub from: Option<Time>,
    #[bro(log)]
    pub till: Option<Time>,
    #[bro(log)]
    pub cipher: Option<Bytes>,
    #[bro(log)]
    pub forwardable: Option<bool>,
    #[bro(log)]
    pub renewable: Option<bool>,
    pub logged: Option<bool>,
    pub client_cert: Option<FilesInfo>,
    #[bro(log)]
    pub client_cert_subject: Option<Bytes>,
    #[bro(log)]
    pub client_cert_fuid: Option<Bytes>,
    pub server_cert: Option<FilesInfo>,
    #[bro(log)]
    pub server_cert_subject: Option<Bytes>,
    #[bro(log)]
    pub server_cert_fuid: Option<Bytes>,
}

/// `MySQL::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "MySQL::Info")]
pub struct MySQLInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub cmd: Bytes,
    #[bro(log)]
    pub arg: Bytes,
    #[bro(log)]
    pub success: Option<bool>,
    #[bro(log)]
    pub rows: Option<u64>,
    #[bro(log)]
    pub response: Option<Bytes>,
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

/// `SSH::Algorithm_Prefs`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SSH::Algorithm_Prefs")]
pub struct SshAlgorithmPrefs {
    pub client_to_server: Option<Vec<Bytes>>,
    pub server_to_client: Option<Vec<Bytes>>,
}

/// `SSH::Capabilities`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SSH::Capabilities")]
pub struct SshCapabilities {
    pub kex_algorithms: Vec<Bytes>,
    pub server_host_key_algorithms: Vec<Bytes>,
    pub encryption_algorithms: SshAlgorithmPrefs,
    pub mac_algorithms: SshAlgorithmPrefs,
    pub compression_algorithms: SshAlgorithmPrefs,
    pub languages: Option<SshAlgorithmPrefs>,
    pub is_server: bool,
}

/// `SSH::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SSH::Info")]
pub struct SshInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub version: u64,
    #[bro(log)]
    pub auth_success: Option<bool>,
    #[bro(log)]
    pub auth_attempts: Option<u64>,
    #[bro(log)]
    pub direction: Option<Value>,
    #[bro(log)]
    pub client: Option<Bytes>,
    #[bro(log)]
    pub server: Option<Bytes>,
    #[bro(log)]
    pub cipher_alg: Option<Bytes>,
    #[bro(log)]
    pub mac_alg: Option<Bytes>,
    #[bro(log)]
    pub compression_alg: Option<Bytes>,
    #[bro(log)]
    pub kex_alg: Option<Bytes>,
    #[bro(log)]
    pub host_key_alg: Option<Bytes>,
    #[bro(log)]
    pub host_key: Option<Bytes>,
    pub logged: Option<bool>,
    pub capabilities: Option<SshCapabilities>,
    pub analyzer_id: Option<u64>,
}
