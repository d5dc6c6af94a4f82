// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use super::ConnId;
use crate::Record;
use crate::Time;
use crate::data::Value;

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
