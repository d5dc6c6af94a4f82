// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::Bytes;

use super::ConnId;
use crate::Record;
use crate::Time;
use crate::data::{Port, Value};

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
