// Written by the test `base_types` of `brocomm-cli`: do not edit.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use super::X509Info;
use crate::Record;
use crate::Time;

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

/// `PE::Info`
#[derive(Debug, Clone, PartialEq, Record)]
#[bro(name = "PE::Info")]
pub struct PeInfo {
    #[bro(log)]
    pub ts: Time,
    #[bro(log)]
    pub id: Bytes,
    #[bro(log)]
    pub machine: Option<Bytes>,
    #[bro(log)]
    pub compile_ts: Option<Time>,
    #[bro(log)]
    pub os: Option<Bytes>,
    #[bro(log)]
    pub subsystem: Option<Bytes>,
    #[bro(log)]
    pub is_exe: Option<bool>,
    #[bro(log)]
    pub is_64bit: Option<bool>,
    #[bro(log)]
    pub uses_aslr: Option<bool>,
    #[bro(log)]
    pub uses_dep: Option<bool>,
    #[bro(log)]
    pub uses_code_integrity: Option<bool>,
    #[bro(log)]
    pub uses_seh: Option<bool>,
    #[bro(log)]
    pub has_import_table: Option<bool>,
    #[bro(log)]
    pub has_export_table: Option<bool>,
    #[bro(log)]
    pub has_cert_table: Option<bool>,
    #[bro(log)]
    pub has_debug_data: Option<bool>,
    #[bro(log)]
    pub section_names: Option<Vec<Bytes>>,
}
