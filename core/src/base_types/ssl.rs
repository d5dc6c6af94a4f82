// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::Bytes;

use super::{ConnId, FilesInfo};
use crate::Record;
use crate::Time;
use crate::data::Value;

/// `SSL::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "SSL::Info")]
pub struct SslInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub uid: Bytes,
    #[bro(log)]
    pub id: ConnId,
    pub version_num: Option<u64>,
    #[bro(log)]
    pub version: Option<Bytes>,
    #[bro(log)]
    pub cipher: Option<Bytes>,
    #[bro(log)]
    pub curve: Option<Bytes>,
    #[bro(log)]
    pub server_name: Option<Bytes>,
    pub session_id: Option<Bytes>,
    #[bro(log)]
    pub resumed: Option<bool>,
    pub client_ticket_empty_session_seen: Option<bool>,
    pub client_key_exchange_seen: Option<bool>,
    pub server_appdata: Option<u64>,
    pub client_appdata: Option<bool>,
    #[bro(log)]
    pub last_alert: Option<Bytes>,
    #[bro(log)]
    pub next_protocol: Option<Bytes>,
    pub analyzer_id: Option<u64>,
    #[bro(log)]
    pub established: Option<bool>,
    pub logged: Option<bool>,
    pub delay_tokens: Option<BTreeSet<Bytes>>,
    pub cert_chain: Option<Vec<FilesInfo>>,
    #[bro(log)]
    pub cert_chain_fuids: Option<Vec<Bytes>>,
    pub client_cert_chain: Option<Vec<FilesInfo>>,
    #[bro(log)]
    pub client_cert_chain_fuids: Option<Vec<Bytes>>,
    #[bro(log)]
    pub subject: Option<Bytes>,
    #[bro(log)]
    pub issuer: Option<Bytes>,
    #[bro(log)]
    pub client_subject: Option<Bytes>,
    #[bro(log)]
    pub client_issuer: Option<Bytes>,
    pub server_depth: Option<u64>,
    pub client_depth: Option<u64>,
    #[bro(log)]
    pub validation_status: Option<Bytes>,
}

/// `X509::BasicConstraints`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "X509::BasicConstraints")]
pub struct X509BasicConstraints {
    pub ca: bool,
    pub path_len: Option<u64>,
}

/// `X509::Certificate`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "X509::Certificate")]
pub struct X509Certificate {
    #[bro(log)]
    pub version: u64,
    #[bro(log)]
    pub serial: Bytes,
    #[bro(log)]
    pub subject: Bytes,
    #[bro(log)]
    pub issuer: Bytes,
    pub cn: Option<Bytes>,
    #[bro(log)]
    pub not_valid_before: Time,
    #[bro(log)]
    pub not_valid_after: Time,
    #[bro(log)]
    pub key_alg: Bytes,
    #[bro(log)]
    pub sig_alg: Bytes,
    #[bro(log)]
    pub key_type: Option<Bytes>,
    #[bro(log)]
    pub key_length: Option<u64>,
    #[bro(log)]
    pub exponent: Option<Bytes>,
    #[bro(log)]
    pub curve: Option<Bytes>,
}

/// `X509::Extension`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "X509::Extension")]
pub struct X509Extension {
    pub name: Bytes,
    pub short_name: Option<Bytes>,
    pub oid: Bytes,
    pub critical: bool,
    pub value: Bytes,
}

/// `X509::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "X509::Info")]
pub struct X509Info {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub id: Bytes,
    #[bro(log)]
    pub certificate: X509Certificate,
    pub handle: Value,
    pub extensions: Option<Vec<X509Extension>>,
    #[bro(log)]
    pub san: Option<X509SubjectAlternativeName>,
    #[bro(log)]
    pub basic_constraints: Option<X509BasicConstraints>,
}

/// `X509::SubjectAlternativeName`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "X509::SubjectAlternativeName")]
pub struct X509SubjectAlternativeName {
    #[bro(log)]
    pub dns: Option<Vec<Bytes>>,
    #[bro(log)]
    pub uri: Option<Vec<Bytes>>,
    #[bro(log)]
    pub email: Option<Vec<Bytes>>,
    #[bro(log)]
    pub ip: Option<Vec<IpAddr>>,
    pub other_fields: bool,
}
