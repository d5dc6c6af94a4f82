// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, Connection, FaFile, X509Info};
use crate::Record;
use crate::Time;
use crate::data::Value;

/// `Files::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Files::Info")]
pub struct FilesInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub fuid: Bytes,
    #[bro(log)]
    pub tx_hosts: Option<BTreeSet<IpAddr>>,
    #[bro(log)]
    pub rx_hosts: Option<BTreeSet<IpAddr>>,
    #[bro(log)]
    pub conn_uids: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub source: Option<Bytes>,
    #[bro(log)]
    pub depth: Option<u64>,
    #[bro(log)]
    pub analyzers: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub mime_type: Option<Bytes>,
    #[bro(log)]
    pub filename: Option<Bytes>,
    #[bro(log)]
    pub duration: Option<Duration>,
    #[bro(log)]
    pub local_orig: Option<bool>,
    #[bro(log)]
    pub is_orig: Option<bool>,
    #[bro(log)]
    pub seen_bytes: Option<u64>,
    #[bro(log)]
    pub total_bytes: Option<u64>,
    #[bro(log)]
    pub missing_bytes: Option<u64>,
    #[bro(log)]
    pub overflow_bytes: Option<u64>,
    #[bro(log)]
    pub timedout: Option<bool>,
    #[bro(log)]
    pub parent_fuid: Option<Bytes>,
    #[bro(log)]
    pub md5: Option<Bytes>,
    #[bro(log)]
    pub sha1: Option<Bytes>,
    #[bro(log)]
    pub sha256: Option<Bytes>,
    pub x509: Option<X509Info>,
    #[bro(log)]
    pub extracted: Option<Bytes>,
    #[bro(log)]
    pub extracted_cutoff: Option<bool>,
    #[bro(log)]
    pub extracted_size: Option<u64>,
}

/// `HTTP::Entity`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "HTTP::Entity")]
pub struct HttpEntity {
    pub filename: Option<Bytes>,
}

/// `HTTP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "HTTP::Info")]
pub struct HttpInfo {
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
    pub host: Option<Bytes>,
    #[bro(log)]
    pub uri: Option<Bytes>,
    #[bro(log)]
    pub referrer: Option<Bytes>,
    #[bro(log)]
    pub version: Option<Bytes>,
    #[bro(log)]
    pub user_agent: Option<Bytes>,
    #[bro(log)]
    pub request_body_len: Option<u64>,
    #[bro(log)]
    pub response_body_len: Option<u64>,
    #[bro(log)]
    pub status_code: Option<u64>,
    #[bro(log)]
    pub status_msg: Option<Bytes>,
    #[bro(log)]
    pub info_code: Option<u64>,
    #[bro(log)]
    pub info_msg: Option<Bytes>,
    #[bro(log)]
    pub tags: Value,
    #[bro(log)]
    pub username: Option<Bytes>,
    #[bro(log)]
    pub password: Option<Bytes>,
    pub capture_password: Option<bool>,
    #[bro(log)]
    pub proxied: Option<BTreeSet<Bytes>>,
    pub range_request: Option<bool>,
    #[bro(log)]
    pub orig_fuids: Option<Vec<Bytes>>,
    #[bro(log)]
    pub orig_filenames: Option<Vec<Bytes>>,
    #[bro(log)]
    pub orig_mime_types: Option<Vec<Bytes>>,
    #[bro(log)]
    pub resp_fuids: Option<Vec<Bytes>>,
    #[bro(log)]
    pub resp_filenames: Option<Vec<Bytes>>,
    #[bro(log)]
    pub resp_mime_types: Option<Vec<Bytes>>,
    pub current_entity: Option<HttpEntity>,
    pub orig_mime_depth: Option<u64>,
    pub resp_mime_depth: Option<u64>,
}

/// `HTTP::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "HTTP::State")]
pub struct HttpState {
    pub pending: BTreeMap<u64, HttpInfo>,
    pub current_request: Option<u64>,
    pub current_response: Option<u64>,
    pub trans_depth: Option<u64>,
}

/// `IRC::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "IRC::Info")]
pub struct IrcInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub nick: Option<Bytes>,
    #[bro(log)]
    pub user: Option<Bytes>,
    #[bro(log)]
    pub command: Option<Bytes>,
    #[bro(log)]
    pub value: Option<Bytes>,
    #[bro(log)]
    pub addl: Option<Bytes>,
    #[bro(log)]
    pub dcc_file_name: Option<Bytes>,
    #[bro(log)]
    pub dcc_file_size: Option<u64>,
    #[bro(log)]
    pub dcc_mime_type: Option<Bytes>,
    #[bro(log)]
    pub fuid: Option<Bytes>,
}

/// `Intel::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Intel::Info")]
pub struct IntelInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Option<Bytes>,
    #[bro(log)]
    pub id: Option<ConnId>,
    #[bro(log)]
    pub seen: IntelSeen,
    #[bro(log)]
    pub matched: Value,
    #[bro(log)]
    pub sources: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub fuid: Option<Bytes>,
    #[bro(log)]
    pub file_mime_type: Option<Bytes>,
    #[bro(log)]
    pub file_desc: Option<Bytes>,
}

/// `Intel::Seen`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "Intel::Seen")]
pub struct IntelSeen {
    #[bro(log)]
    pub indicator: Option<Bytes>,
    #[bro(log)]
    pub indicator_type: Option<Value>,
    pub host: Option<IpAddr>,
    #[bro(name = "where", log)]
    pub where_: Value,
    #[bro(log)]
    pub node: Option<Bytes>,
    pub conn: Option<Connection>,
    pub uid: Option<Bytes>,
    pub f: Option<FaFile>,
    pub fuid: Option<Bytes>,
}

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

/// `LoadedScripts::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "LoadedScripts::Info")]
pub struct LoadedScriptsInfo {
    #[bro(log)]
    pub name: Bytes,
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

/// `NTLM::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "NTLM::Info")]
pub struct NtlmInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub username: Option<Bytes>,
    #[bro(log)]
    pub hostname: Option<Bytes>,
    #[bro(log)]
    pub domainname: Option<Bytes>,
    #[bro(log)]
    pub success: Option<bool>,
    #[bro(log)]
    pub status: Option<Bytes>,
    pub done: Option<bool>,
}

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
