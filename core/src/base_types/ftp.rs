// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bytes::Bytes;

use super::ConnId;
use crate::Record;
use crate::Time;
use crate::data::Port;

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
