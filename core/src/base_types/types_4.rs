// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::{ConnId, SipInfo};
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

/// `SIP::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SIP::State")]
pub struct SipState {
    pub pending: BTreeMap<u64, SipInfo>,
    pub current_request: Option<u64>,
    pub current_response: Option<u64>,
}

/// `SMB::CmdInfo`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMB::CmdInfo")]
pub struct SmbCmdInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub command: Bytes,
    #[bro(log)]
    pub sub_command: Option<Bytes>,
    #[bro(log)]
    pub argument: Option<Bytes>,
    #[bro(log)]
    pub status: Option<Bytes>,
    #[bro(log)]
    pub rtt: Option<Duration>,
    #[bro(log)]
    pub version: Bytes,
    #[bro(log)]
    pub username: Option<Bytes>,
    #[bro(log)]
    pub tree: Option<Bytes>,
    #[bro(log)]
    pub tree_service: Option<Bytes>,
    #[bro(log)]
    pub referenced_file: Option<SmbFileInfo>,
    pub referenced_tree: Option<SmbTreeInfo>,
    pub smb1_offered_dialects: Option<Vec<Bytes>>,
    pub smb2_offered_dialects: Option<Vec<u64>>,
}

/// `SMB::FileInfo`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMB::FileInfo")]
pub struct SmbFileInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub fuid: Option<Bytes>,
    #[bro(log)]
    pub action: Option<Value>,
    #[bro(log)]
    pub path: Option<Bytes>,
    #[bro(log)]
    pub name: Option<Bytes>,
    #[bro(log)]
    pub size: Option<u64>,
    #[bro(log)]
    pub prev_name: Option<Bytes>,
    #[bro(log)]
    pub times: Option<SmbMACTimes>,
    pub fid: Option<u64>,
    pub uuid: Option<Bytes>,
}

/// `SMB::MACTimes`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMB::MACTimes")]
pub struct SmbMACTimes {
    #[bro(log)]
    pub modified: Time,
    #[bro(log)]
    pub accessed: Time,
    #[bro(log)]
    pub created: Time,
    #[bro(log)]
    pub changed: Time,
}

/// `SMB::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMB::State")]
pub struct SmbState {
    pub current_cmd: Option<SmbCmdInfo>,
    pub current_file: Option<SmbFileInfo>,
    pub current_tree: Option<SmbTreeInfo>,
    pub pending_cmds: Option<BTreeMap<u64, SmbCmdInfo>>,
    pub fid_map: Option<BTreeMap<u64, SmbFileInfo>>,
    pub tid_map: Option<BTreeMap<u64, SmbTreeInfo>>,
    pub uid_map: Option<BTreeMap<u64, Bytes>>,
    pub pipe_map: Option<BTreeMap<u64, Bytes>>,
    pub recent_files: Option<BTreeSet<Bytes>>,
}

/// `SMB::TreeInfo`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMB::TreeInfo")]
pub struct SmbTreeInfo {
    #[bro(log)]
    pub ts: Option<Time>,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub path: Option<Bytes>,
    #[bro(log)]
    pub service: Option<Bytes>,
    #[bro(log)]
    pub native_file_system: Option<Bytes>,
    #[bro(log)]
    pub share_type: Option<Bytes>,
}

/// `SMTP::Entity`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMTP::Entity")]
pub struct SmtpEntity {
    pub filename: Option<Bytes>,
}

/// `SMTP::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMTP::Info")]
pub struct SmtpInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub trans_depth: u64,
    #[bro(log)]
    pub helo: Option<Bytes>,
    #[bro(log)]
    pub mailfrom: Option<Bytes>,
    #[bro(log)]
    pub rcptto: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub date: Option<Bytes>,
    #[bro(log)]
    pub from: Option<Bytes>,
    #[bro(log)]
    pub to: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub cc: Option<BTreeSet<Bytes>>,
    #[bro(log)]
    pub reply_to: Option<Bytes>,
    #[bro(log)]
    pub msg_id: Option<Bytes>,
    #[bro(log)]
    pub in_reply_to: Option<Bytes>,
    #[bro(log)]
    pub subject: Option<Bytes>,
    #[bro(log)]
    pub x_originating_ip: Option<IpAddr>,
    #[bro(log)]
    pub first_received: Option<Bytes>,
    #[bro(log)]
    pub second_received: Option<Bytes>,
    #[bro(log)]
    pub last_reply: Option<Bytes>,
    #[bro(log)]
    pub path: Option<Vec<IpAddr>>,
    #[bro(log)]
    pub user_agent: Option<Bytes>,
    #[bro(log)]
    pub tls: Option<bool>,
    pub process_received_from: Option<bool>,
    pub has_client_activity: Option<bool>,
    pub entity: Option<SmtpEntity>,
    #[bro(log)]
    pub fuids: Option<Vec<Bytes>>,
}

/// `SMTP::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SMTP::State")]
pub struct SmtpState {
    pub helo: Option<Bytes>,
    pub messages_transferred: Option<u64>,
    pub pending_messages: Option<Value>,
    pub mime_depth: Option<u64>,
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

/// `SOCKS::Address`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SOCKS::Address")]
pub struct SocksAddress {
    pub host: Option<IpAddr>,
    pub name: Option<Bytes>,
}

/// `SOCKS::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SOCKS::Info")]
pub struct SocksInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    #[bro(log)]
    pub version: u64,
    #[bro(log)]
    pub user: Option<Bytes>,
    #[bro(log)]
    pub password: Option<Bytes>,
    #[bro(log)]
    pub status: Option<Bytes>,
    #[bro(log)]
    pub request: Option<SocksAddress>,
    #[bro(log)]
    pub request_p: Option<Port>,
    #[bro(log)]
    pub bound: Option<SocksAddress>,
    #[bro(log)]
    pub bound_p: Option<Port>,
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
