// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::Bytes;

use super::ConnId;
use crate::Record;
use crate::Time;
use crate::data::Value;

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

/// `SIP::State`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SIP::State")]
pub struct SipState {
    pub pending: BTreeMap<u64, SipInfo>,
    pub current_request: Option<u64>,
    pub current_response: Option<u64>,
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
