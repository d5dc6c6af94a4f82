//! The records of the scripts that come with Bro 2.5, as Rust structs (feature `base-types`).
//!
//! `connection` is [`Connection`], `Notice::Info` is [`NoticeInfo`]. Each struct has all fields
//! that the base scripts declare or add. Bro's script documentation describes the fields.
//!
//! ```
//! use brocomm::base_types::Connection;
//! use brocomm::Event;
//!
//! /// Raised by a Bro for each new connection.
//! #[derive(Event)]
//! struct NewConnection {
//!     c: Connection,
//! }
//! # let _ = |event: NewConnection| (event.c.id.orig_h, event.c.uid);
//! ```
//!
//! * The fields of a received record are matched by name. Additional fields, which local scripts
//!   may add, are ignored.
//! * Strings are bytes, as in Bro.
//! * An enum constant is a [`Value`], because local scripts may add constants.
//!   So is a value whose type has no Rust equivalent, such as `any`. To send a constant, parse it
//!   with declarations that contain the enum: `Value::parse("Notice::Tally", None, &declarations)`.
//!   A record that is sent in a declared event is converted to the declared type.
#![allow(missing_docs, reason = "the fields are those of Bro's scripts")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::data::{Port, Subnet, Value};
use crate::{Record, Time};

macro_rules! records {
    ($($name:literal $record:ident {
        $($(#[$($attribute:tt)*])? $field:ident: $ty:ty),* $(,)?
    })*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            #[derive(Debug, Clone, PartialEq, Record)]
            #[bro(name = $name)]
            pub struct $record {
                $($(#[bro($($attribute)*)])? pub $field: $ty,)*
            }
        )*
    };
}

// Written by the test `base_types` of `brocomm-cli` from the declarations: do not edit.
records! {
    "Barnyard2::AlertData" Barnyard2AlertData { sensor_id: u64, ts: Time, signature_id: u64,
        generator_id: u64, signature_revision: u64, classification_id: u64, classification: Bytes,
        priority_id: u64, event_id: u64 }
    "Barnyard2::Info" Barnyard2Info { #[log] ts: Time, #[log] pid: Barnyard2PacketID,
        #[log] alert: Barnyard2AlertData }
    "Barnyard2::PacketID" Barnyard2PacketID { src_ip: IpAddr, src_p: Port, dst_ip: IpAddr,
        dst_p: Port }
    "CaptureLoss::Info" CaptureLossInfo { #[log] ts: Time, #[log] ts_delta: Duration,
        #[log] peer: Bytes, #[log] gaps: u64, #[log] acks: u64, #[log] percent_lost: f64 }
    "Communication::Info" CommunicationInfo { #[log] ts: Time, #[log] peer: Option<Bytes>,
        #[log] src_name: Option<Bytes>, #[log] connected_peer_desc: Option<Bytes>,
        #[log] connected_peer_addr: Option<IpAddr>, #[log] connected_peer_port: Option<Port>,
        #[log] level: Option<Bytes>, #[log] message: Bytes }
    "Conn::Info" ConnInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] proto: Value, #[log] service: Option<Bytes>, #[log] duration: Option<Duration>,
        #[log] orig_bytes: Option<u64>, #[log] resp_bytes: Option<u64>,
        #[log] conn_state: Option<Bytes>, #[log] local_orig: Option<bool>,
        #[log] local_resp: Option<bool>, #[log] missed_bytes: Option<u64>,
        #[log] history: Option<Bytes>, #[log] orig_pkts: Option<u64>,
        #[log] orig_ip_bytes: Option<u64>, #[log] resp_pkts: Option<u64>,
        #[log] resp_ip_bytes: Option<u64>, #[log] tunnel_parents: BTreeSet<Bytes> }
    "ConnThreshold::Thresholds" ConnThresholdThresholds { orig_byte: Option<BTreeSet<u64>>,
        resp_byte: Option<BTreeSet<u64>>, orig_packet: Option<BTreeSet<u64>>,
        resp_packet: Option<BTreeSet<u64>> }
    "DCE_RPC::BackingState" DceRpcBackingState { info: DceRpcInfo, state: DceRpcState }
    "DCE_RPC::Info" DceRpcInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] rtt: Option<Duration>, #[log] named_pipe: Option<Bytes>,
        #[log] endpoint: Option<Bytes>, #[log] operation: Option<Bytes> }
    "DCE_RPC::State" DceRpcState { uuid: Option<Bytes>, named_pipe: Option<Bytes> }
    "DHCP::Info" DhcpInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] mac: Option<Bytes>, #[log] assigned_ip: Option<IpAddr>,
        #[log] lease_time: Option<Duration>, #[log] trans_id: u64 }
    "DNP3::Info" Dnp3Info { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] fc_request: Option<Bytes>, #[log] fc_reply: Option<Bytes>, #[log] iin: Option<u64> }
    "DNS::Info" DnsInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] proto: Value, #[log] trans_id: Option<u64>, #[log] rtt: Option<Duration>,
        #[log] query: Option<Bytes>, #[log] qclass: Option<u64>, #[log] qclass_name: Option<Bytes>,
        #[log] qtype: Option<u64>, #[log] qtype_name: Option<Bytes>, #[log] rcode: Option<u64>,
        #[log] rcode_name: Option<Bytes>, #[name = "AA", log] aa: Option<bool>,
        #[name = "TC", log] tc: Option<bool>, #[name = "RD", log] rd: Option<bool>,
        #[name = "RA", log] ra: Option<bool>, #[name = "Z", log] z: Option<u64>,
        #[log] answers: Option<Vec<Bytes>>, #[name = "TTLs", log] ttls: Option<Vec<Duration>>,
        #[log] rejected: Option<bool>, total_answers: Option<u64>, total_replies: Option<u64>,
        saw_query: Option<bool>, saw_reply: Option<bool> }
    "DNS::State" DnsState { pending_queries: BTreeMap<u64, QueueQueue>,
        pending_replies: BTreeMap<u64, QueueQueue> }
    "DPD::Info" DpdInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] proto: Value, #[log] analyzer: Bytes, #[log] failure_reason: Bytes,
        disabled_aids: BTreeSet<u64> }
    "FTP::CmdArg" FtpCmdArg { ts: Time, cmd: Option<Bytes>, arg: Option<Bytes>, seq: Option<u64> }
    "FTP::ExpectedDataChannel" FtpExpectedDataChannel { #[log] passive: bool, #[log] orig_h: IpAddr,
        #[log] resp_h: IpAddr, #[log] resp_p: Port }
    "FTP::Info" FtpInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] user: Option<Bytes>, #[log] password: Option<Bytes>, #[log] command: Option<Bytes>,
        #[log] arg: Option<Bytes>, #[log] mime_type: Option<Bytes>, #[log] file_size: Option<u64>,
        #[log] reply_code: Option<u64>, #[log] reply_msg: Option<Bytes>,
        #[log] data_channel: Option<FtpExpectedDataChannel>, cwd: Option<Bytes>,
        cmdarg: Option<FtpCmdArg>, pending_commands: BTreeMap<u64, FtpCmdArg>,
        passive: Option<bool>, capture_password: Option<bool>, #[log] fuid: Option<Bytes>,
        last_auth_requested: Option<Bytes> }
    "Files::Info" FilesInfo { #[log] ts: Time, #[log] fuid: Bytes,
        #[log] tx_hosts: Option<BTreeSet<IpAddr>>, #[log] rx_hosts: Option<BTreeSet<IpAddr>>,
        #[log] conn_uids: Option<BTreeSet<Bytes>>, #[log] source: Option<Bytes>,
        #[log] depth: Option<u64>, #[log] analyzers: Option<BTreeSet<Bytes>>,
        #[log] mime_type: Option<Bytes>, #[log] filename: Option<Bytes>,
        #[log] duration: Option<Duration>, #[log] local_orig: Option<bool>,
        #[log] is_orig: Option<bool>, #[log] seen_bytes: Option<u64>,
        #[log] total_bytes: Option<u64>, #[log] missing_bytes: Option<u64>,
        #[log] overflow_bytes: Option<u64>, #[log] timedout: Option<bool>,
        #[log] parent_fuid: Option<Bytes>, #[log] md5: Option<Bytes>, #[log] sha1: Option<Bytes>,
        #[log] sha256: Option<Bytes>, x509: Option<X509Info>, #[log] extracted: Option<Bytes>,
        #[log] extracted_cutoff: Option<bool>, #[log] extracted_size: Option<u64> }
    "HTTP::Entity" HttpEntity { filename: Option<Bytes> }
    "HTTP::Info" HttpInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] trans_depth: u64, #[log] method: Option<Bytes>, #[log] host: Option<Bytes>,
        #[log] uri: Option<Bytes>, #[log] referrer: Option<Bytes>, #[log] version: Option<Bytes>,
        #[log] user_agent: Option<Bytes>, #[log] request_body_len: Option<u64>,
        #[log] response_body_len: Option<u64>, #[log] status_code: Option<u64>,
        #[log] status_msg: Option<Bytes>, #[log] info_code: Option<u64>,
        #[log] info_msg: Option<Bytes>, #[log] tags: Value, #[log] username: Option<Bytes>,
        #[log] password: Option<Bytes>, capture_password: Option<bool>,
        #[log] proxied: Option<BTreeSet<Bytes>>, range_request: Option<bool>,
        #[log] orig_fuids: Option<Vec<Bytes>>, #[log] orig_filenames: Option<Vec<Bytes>>,
        #[log] orig_mime_types: Option<Vec<Bytes>>, #[log] resp_fuids: Option<Vec<Bytes>>,
        #[log] resp_filenames: Option<Vec<Bytes>>, #[log] resp_mime_types: Option<Vec<Bytes>>,
        current_entity: Option<HttpEntity>, orig_mime_depth: Option<u64>,
        resp_mime_depth: Option<u64> }
    "HTTP::State" HttpState { pending: BTreeMap<u64, HttpInfo>, current_request: Option<u64>,
        current_response: Option<u64>, trans_depth: Option<u64> }
    "IRC::Info" IrcInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] nick: Option<Bytes>, #[log] user: Option<Bytes>, #[log] command: Option<Bytes>,
        #[log] value: Option<Bytes>, #[log] addl: Option<Bytes>,
        #[log] dcc_file_name: Option<Bytes>, #[log] dcc_file_size: Option<u64>,
        #[log] dcc_mime_type: Option<Bytes>, #[log] fuid: Option<Bytes> }
    "Intel::Info" IntelInfo { #[log] ts: Time, #[log] uid: Option<Bytes>, #[log] id: Option<ConnId>,
        #[log] seen: IntelSeen, #[log] matched: Value, #[log] sources: Option<BTreeSet<Bytes>>,
        #[log] fuid: Option<Bytes>, #[log] file_mime_type: Option<Bytes>,
        #[log] file_desc: Option<Bytes> }
    "Intel::Seen" IntelSeen { #[log] indicator: Option<Bytes>, #[log] indicator_type: Option<Value>,
        host: Option<IpAddr>, #[name = "where", log] where_: Value, #[log] node: Option<Bytes>,
        conn: Option<Connection>, uid: Option<Bytes>, f: Option<FaFile>, fuid: Option<Bytes> }
    "KRB::Info" KrbInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] request_type: Option<Bytes>, #[log] client: Option<Bytes>,
        #[log] service: Option<Bytes>, #[log] success: Option<bool>, error_code: Option<u64>,
        #[log] error_msg: Option<Bytes>, #[log] from: Option<Time>, #[log] till: Option<Time>,
        #[log] cipher: Option<Bytes>, #[log] forwardable: Option<bool>,
        #[log] renewable: Option<bool>, logged: Option<bool>, client_cert: Option<FilesInfo>,
        #[log] client_cert_subject: Option<Bytes>, #[log] client_cert_fuid: Option<Bytes>,
        server_cert: Option<FilesInfo>, #[log] server_cert_subject: Option<Bytes>,
        #[log] server_cert_fuid: Option<Bytes> }
    "LoadedScripts::Info" LoadedScriptsInfo { #[log] name: Bytes }
    "Modbus::Info" ModbusInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] func: Option<Bytes>, #[log] exception: Option<Bytes>, track_address: Option<u64> }
    "MySQL::Info" MySQLInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] cmd: Bytes, #[log] arg: Bytes, #[log] success: Option<bool>,
        #[log] rows: Option<u64>, #[log] response: Option<Bytes> }
    "NTLM::Info" NtlmInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] username: Option<Bytes>, #[log] hostname: Option<Bytes>,
        #[log] domainname: Option<Bytes>, #[log] success: Option<bool>,
        #[log] status: Option<Bytes>, done: Option<bool> }
    "NetControl::Info" NetControlInfo { #[log] ts: Time, #[log] rule_id: Option<Bytes>,
        #[log] category: Option<Value>, #[log] cmd: Option<Bytes>, #[log] state: Option<Value>,
        #[log] action: Option<Bytes>, #[log] target: Option<Value>,
        #[log] entity_type: Option<Bytes>, #[log] entity: Option<Bytes>,
        #[name = "mod", log] mod_: Option<Bytes>, #[log] msg: Option<Bytes>,
        #[log] priority: Option<i64>, #[log] expire: Option<Duration>,
        #[log] location: Option<Bytes>, #[log] plugin: Option<Bytes> }
    "Notice::Info" NoticeInfo { #[log] ts: Option<Time>, #[log] uid: Option<Bytes>,
        #[log] id: Option<ConnId>, conn: Option<Connection>, iconn: Option<IcmpConn>,
        f: Option<FaFile>, #[log] fuid: Option<Bytes>, #[log] file_mime_type: Option<Bytes>,
        #[log] file_desc: Option<Bytes>, #[log] proto: Option<Value>, #[log] note: Value,
        #[log] msg: Option<Bytes>, #[log] sub: Option<Bytes>, #[log] src: Option<IpAddr>,
        #[log] dst: Option<IpAddr>, #[log] p: Option<Port>, #[log] n: Option<u64>,
        src_peer: Option<EventPeer>, #[log] peer_descr: Option<Bytes>,
        #[log] actions: Option<Value>, email_body_sections: Option<Vec<Bytes>>,
        email_delay_tokens: Option<BTreeSet<Bytes>>, identifier: Option<Bytes>,
        #[log] suppress_for: Option<Duration>, #[log] dropped: Option<bool>,
        #[log] remote_location: Option<GeoLocation> }
    "OpenFlow::Info" OpenFlowInfo { #[log] ts: Time, #[log] dpid: u64,
        #[name = "match", log] match_: OpenFlowOfpMatch, #[log] flow_mod: OpenFlowOfpFlowMod }
    "OpenFlow::ofp_flow_action" OpenFlowOfpFlowAction { out_ports: Option<Vec<u64>>,
        vlan_vid: Option<u64>, vlan_pcp: Option<u64>, vlan_strip: Option<bool>,
        dl_src: Option<Bytes>, dl_dst: Option<Bytes>, nw_tos: Option<u64>, nw_src: Option<IpAddr>,
        nw_dst: Option<IpAddr>, tp_src: Option<u64>, tp_dst: Option<u64> }
    "OpenFlow::ofp_flow_mod" OpenFlowOfpFlowMod { cookie: u64, table_id: Option<u64>,
        command: Value, idle_timeout: Option<u64>, hard_timeout: Option<u64>, priority: Option<u64>,
        out_port: Option<u64>, out_group: Option<u64>, flags: Option<u64>,
        actions: Option<OpenFlowOfpFlowAction> }
    "OpenFlow::ofp_match" OpenFlowOfpMatch { in_port: Option<u64>, dl_src: Option<Bytes>,
        dl_dst: Option<Bytes>, dl_vlan: Option<u64>, dl_vlan_pcp: Option<u64>, dl_type: Option<u64>,
        nw_tos: Option<u64>, nw_proto: Option<u64>, nw_src: Option<Subnet>, nw_dst: Option<Subnet>,
        tp_src: Option<u64>, tp_dst: Option<u64> }
    "PE::Info" PeInfo { #[log] ts: Time, #[log] id: Bytes, #[log] machine: Option<Bytes>,
        #[log] compile_ts: Option<Time>, #[log] os: Option<Bytes>, #[log] subsystem: Option<Bytes>,
        #[log] is_exe: Option<bool>, #[log] is_64bit: Option<bool>, #[log] uses_aslr: Option<bool>,
        #[log] uses_dep: Option<bool>, #[log] uses_code_integrity: Option<bool>,
        #[log] uses_seh: Option<bool>, #[log] has_import_table: Option<bool>,
        #[log] has_export_table: Option<bool>, #[log] has_cert_table: Option<bool>,
        #[log] has_debug_data: Option<bool>, #[log] section_names: Option<Vec<Bytes>> }
    "PacketFilter::Info" PacketFilterInfo { #[log] ts: Time, #[log] node: Option<Bytes>,
        #[log] filter: Bytes, #[log] init: Option<bool>, #[log] success: Option<bool> }
    "Queue::Queue" QueueQueue { initialized: Option<bool>, vals: Option<Value>,
        settings: Option<QueueSettings>, top: Option<u64>, bottom: Option<u64>, size: Option<u64> }
    "Queue::Settings" QueueSettings { max_len: Option<u64> }
    "RADIUS::Info" RadiusInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] username: Option<Bytes>, #[log] mac: Option<Bytes>,
        #[log] framed_addr: Option<IpAddr>, #[log] remote_ip: Option<IpAddr>,
        #[log] connect_info: Option<Bytes>, #[log] reply_msg: Option<Bytes>,
        #[log] result: Option<Bytes>, #[log] ttl: Option<Duration>, logged: Option<bool> }
    "RDP::Info" RdpInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] cookie: Option<Bytes>, #[log] result: Option<Bytes>,
        #[log] security_protocol: Option<Bytes>, #[log] keyboard_layout: Option<Bytes>,
        #[log] client_build: Option<Bytes>, #[log] client_name: Option<Bytes>,
        #[log] client_dig_product_id: Option<Bytes>, #[log] desktop_width: Option<u64>,
        #[log] desktop_height: Option<u64>, #[log] requested_color_depth: Option<Bytes>,
        #[log] cert_type: Option<Bytes>, #[log] cert_count: Option<u64>,
        #[log] cert_permanent: Option<bool>, #[log] encryption_level: Option<Bytes>,
        #[log] encryption_method: Option<Bytes>, analyzer_id: Option<u64>, done: Option<bool> }
    "RFB::Info" RfbInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] client_major_version: Option<Bytes>, #[log] client_minor_version: Option<Bytes>,
        #[log] server_major_version: Option<Bytes>, #[log] server_minor_version: Option<Bytes>,
        #[log] authentication_method: Option<Bytes>, #[log] auth: Option<bool>,
        #[log] share_flag: Option<bool>, #[log] desktop_name: Option<Bytes>,
        #[log] width: Option<u64>, #[log] height: Option<u64>, done: Option<bool> }
    "Reporter::Info" ReporterInfo { #[log] ts: Time, #[log] level: Value, #[log] message: Bytes,
        #[log] location: Option<Bytes> }
    "SIP::Info" SipInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] trans_depth: u64, #[log] method: Option<Bytes>, #[log] uri: Option<Bytes>,
        #[log] date: Option<Bytes>, #[log] request_from: Option<Bytes>,
        #[log] request_to: Option<Bytes>, #[log] response_from: Option<Bytes>,
        #[log] response_to: Option<Bytes>, #[log] reply_to: Option<Bytes>,
        #[log] call_id: Option<Bytes>, #[log] seq: Option<Bytes>, #[log] subject: Option<Bytes>,
        #[log] request_path: Option<Vec<Bytes>>, #[log] response_path: Option<Vec<Bytes>>,
        #[log] user_agent: Option<Bytes>, #[log] status_code: Option<u64>,
        #[log] status_msg: Option<Bytes>, #[log] warning: Option<Bytes>,
        #[log] request_body_len: Option<u64>, #[log] response_body_len: Option<u64>,
        #[log] content_type: Option<Bytes> }
    "SIP::State" SipState { pending: BTreeMap<u64, SipInfo>, current_request: Option<u64>,
        current_response: Option<u64> }
    "SMB::CmdInfo" SmbCmdInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] command: Bytes, #[log] sub_command: Option<Bytes>, #[log] argument: Option<Bytes>,
        #[log] status: Option<Bytes>, #[log] rtt: Option<Duration>, #[log] version: Bytes,
        #[log] username: Option<Bytes>, #[log] tree: Option<Bytes>,
        #[log] tree_service: Option<Bytes>, #[log] referenced_file: Option<SmbFileInfo>,
        referenced_tree: Option<SmbTreeInfo>, smb1_offered_dialects: Option<Vec<Bytes>>,
        smb2_offered_dialects: Option<Vec<u64>> }
    "SMB::FileInfo" SmbFileInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] fuid: Option<Bytes>, #[log] action: Option<Value>, #[log] path: Option<Bytes>,
        #[log] name: Option<Bytes>, #[log] size: Option<u64>, #[log] prev_name: Option<Bytes>,
        #[log] times: Option<SmbMACTimes>, fid: Option<u64>, uuid: Option<Bytes> }
    "SMB::MACTimes" SmbMACTimes { #[log] modified: Time, #[log] accessed: Time,
        #[log] created: Time, #[log] changed: Time }
    "SMB::State" SmbState { current_cmd: Option<SmbCmdInfo>, current_file: Option<SmbFileInfo>,
        current_tree: Option<SmbTreeInfo>, pending_cmds: Option<BTreeMap<u64, SmbCmdInfo>>,
        fid_map: Option<BTreeMap<u64, SmbFileInfo>>, tid_map: Option<BTreeMap<u64, SmbTreeInfo>>,
        uid_map: Option<BTreeMap<u64, Bytes>>, pipe_map: Option<BTreeMap<u64, Bytes>>,
        recent_files: Option<BTreeSet<Bytes>> }
    "SMB::TreeInfo" SmbTreeInfo { #[log] ts: Option<Time>, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] path: Option<Bytes>, #[log] service: Option<Bytes>,
        #[log] native_file_system: Option<Bytes>, #[log] share_type: Option<Bytes> }
    "SMTP::Entity" SmtpEntity { filename: Option<Bytes> }
    "SMTP::Info" SmtpInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] trans_depth: u64, #[log] helo: Option<Bytes>, #[log] mailfrom: Option<Bytes>,
        #[log] rcptto: Option<BTreeSet<Bytes>>, #[log] date: Option<Bytes>,
        #[log] from: Option<Bytes>, #[log] to: Option<BTreeSet<Bytes>>,
        #[log] cc: Option<BTreeSet<Bytes>>, #[log] reply_to: Option<Bytes>,
        #[log] msg_id: Option<Bytes>, #[log] in_reply_to: Option<Bytes>,
        #[log] subject: Option<Bytes>, #[log] x_originating_ip: Option<IpAddr>,
        #[log] first_received: Option<Bytes>, #[log] second_received: Option<Bytes>,
        #[log] last_reply: Option<Bytes>, #[log] path: Option<Vec<IpAddr>>,
        #[log] user_agent: Option<Bytes>, #[log] tls: Option<bool>,
        process_received_from: Option<bool>, has_client_activity: Option<bool>,
        entity: Option<SmtpEntity>, #[log] fuids: Option<Vec<Bytes>> }
    "SMTP::State" SmtpState { helo: Option<Bytes>, messages_transferred: Option<u64>,
        pending_messages: Option<Value>, mime_depth: Option<u64> }
    "SNMP::Info" SnmpInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] duration: Option<Duration>, #[log] version: Bytes, #[log] community: Option<Bytes>,
        #[log] get_requests: Option<u64>, #[log] get_bulk_requests: Option<u64>,
        #[log] get_responses: Option<u64>, #[log] set_requests: Option<u64>,
        #[log] display_string: Option<Bytes>, #[log] up_since: Option<Time> }
    "SOCKS::Address" SocksAddress { host: Option<IpAddr>, name: Option<Bytes> }
    "SOCKS::Info" SocksInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] version: u64, #[log] user: Option<Bytes>, #[log] password: Option<Bytes>,
        #[log] status: Option<Bytes>, #[log] request: Option<SocksAddress>,
        #[log] request_p: Option<Port>, #[log] bound: Option<SocksAddress>,
        #[log] bound_p: Option<Port> }
    "SSH::Algorithm_Prefs" SshAlgorithmPrefs { client_to_server: Option<Vec<Bytes>>,
        server_to_client: Option<Vec<Bytes>> }
    "SSH::Capabilities" SshCapabilities { kex_algorithms: Vec<Bytes>,
        server_host_key_algorithms: Vec<Bytes>, encryption_algorithms: SshAlgorithmPrefs,
        mac_algorithms: SshAlgorithmPrefs, compression_algorithms: SshAlgorithmPrefs,
        languages: Option<SshAlgorithmPrefs>, is_server: bool }
    "SSH::Info" SshInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] version: u64, #[log] auth_success: Option<bool>, #[log] auth_attempts: Option<u64>,
        #[log] direction: Option<Value>, #[log] client: Option<Bytes>, #[log] server: Option<Bytes>,
        #[log] cipher_alg: Option<Bytes>, #[log] mac_alg: Option<Bytes>,
        #[log] compression_alg: Option<Bytes>, #[log] kex_alg: Option<Bytes>,
        #[log] host_key_alg: Option<Bytes>, #[log] host_key: Option<Bytes>, logged: Option<bool>,
        capabilities: Option<SshCapabilities>, analyzer_id: Option<u64> }
    "SSL::Info" SslInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        version_num: Option<u64>, #[log] version: Option<Bytes>, #[log] cipher: Option<Bytes>,
        #[log] curve: Option<Bytes>, #[log] server_name: Option<Bytes>, session_id: Option<Bytes>,
        #[log] resumed: Option<bool>, client_ticket_empty_session_seen: Option<bool>,
        client_key_exchange_seen: Option<bool>, server_appdata: Option<u64>,
        client_appdata: Option<bool>, #[log] last_alert: Option<Bytes>,
        #[log] next_protocol: Option<Bytes>, analyzer_id: Option<u64>,
        #[log] established: Option<bool>, logged: Option<bool>,
        delay_tokens: Option<BTreeSet<Bytes>>, cert_chain: Option<Vec<FilesInfo>>,
        #[log] cert_chain_fuids: Option<Vec<Bytes>>, client_cert_chain: Option<Vec<FilesInfo>>,
        #[log] client_cert_chain_fuids: Option<Vec<Bytes>>, #[log] subject: Option<Bytes>,
        #[log] issuer: Option<Bytes>, #[log] client_subject: Option<Bytes>,
        #[log] client_issuer: Option<Bytes>, server_depth: Option<u64>, client_depth: Option<u64>,
        #[log] validation_status: Option<Bytes> }
    "Signatures::Info" SignaturesInfo { #[log] ts: Time, #[log] uid: Option<Bytes>,
        #[log] src_addr: Option<IpAddr>, #[log] src_port: Option<Port>,
        #[log] dst_addr: Option<IpAddr>, #[log] dst_port: Option<Port>, #[log] note: Value,
        #[log] sig_id: Option<Bytes>, #[log] event_msg: Option<Bytes>,
        #[log] sub_msg: Option<Bytes>, #[log] sig_count: Option<u64>,
        #[log] host_count: Option<u64> }
    "Software::Info" SoftwareInfo { #[log] ts: Option<Time>, #[log] host: IpAddr,
        #[log] host_p: Option<Port>, #[log] software_type: Option<Value>,
        #[log] name: Option<Bytes>, #[log] version: Option<SoftwareVersion>,
        #[log] unparsed_version: Option<Bytes>, force_log: Option<bool> }
    "Software::Version" SoftwareVersion { major: Option<u64>, minor: Option<u64>,
        minor2: Option<u64>, minor3: Option<u64>, addl: Option<Bytes> }
    "Stats::Info" StatsInfo { #[log] ts: Time, #[log] peer: Bytes, #[log] mem: u64,
        #[log] pkts_proc: u64, #[log] bytes_recv: u64, #[log] pkts_dropped: Option<u64>,
        #[log] pkts_link: Option<u64>, #[log] pkt_lag: Option<Duration>, #[log] events_proc: u64,
        #[log] events_queued: u64, #[log] active_tcp_conns: u64, #[log] active_udp_conns: u64,
        #[log] active_icmp_conns: u64, #[log] tcp_conns: u64, #[log] udp_conns: u64,
        #[log] icmp_conns: u64, #[log] timers: u64, #[log] active_timers: u64, #[log] files: u64,
        #[log] active_files: u64, #[log] dns_requests: u64, #[log] active_dns_requests: u64,
        #[log] reassem_tcp_size: u64, #[log] reassem_file_size: u64, #[log] reassem_frag_size: u64,
        #[log] reassem_unknown_size: u64 }
    "Syslog::Info" SyslogInfo { #[log] ts: Time, #[log] uid: Bytes, #[log] id: ConnId,
        #[log] proto: Value, #[log] facility: Bytes, #[log] severity: Bytes, #[log] message: Bytes }
    "Traceroute::Info" TracerouteInfo { #[log] ts: Time, #[log] src: IpAddr, #[log] dst: IpAddr,
        #[log] proto: Bytes }
    "Tunnel::EncapsulatingConn" TunnelEncapsulatingConn { cid: ConnId, tunnel_type: Value,
        uid: Option<Bytes> }
    "Tunnel::Info" TunnelInfo { #[log] ts: Time, #[log] uid: Option<Bytes>, #[log] id: ConnId,
        #[log] tunnel_type: Value, #[log] action: Value }
    "Unified2::IDSEvent" Unified2IDSEvent { sensor_id: u64, event_id: u64, ts: Time,
        signature_id: u64, generator_id: u64, signature_revision: u64, classification_id: u64,
        priority_id: u64, src_ip: IpAddr, dst_ip: IpAddr, src_p: Port, dst_p: Port,
        impact_flag: u64, impact: u64, blocked: u64, mpls_label: Option<u64>, vlan_id: Option<u64>,
        packet_action: Option<u64> }
    "Unified2::Info" Unified2Info { #[log] ts: Time, #[log] id: Unified2PacketID,
        #[log] sensor_id: u64, #[log] signature_id: u64, #[log] signature: Option<Bytes>,
        #[log] generator_id: u64, #[log] generator: Option<Bytes>, #[log] signature_revision: u64,
        #[log] classification_id: u64, #[log] classification: Option<Bytes>,
        #[log] priority_id: u64, #[log] event_id: u64, #[log] packet: Option<Bytes> }
    "Unified2::PacketID" Unified2PacketID { src_ip: IpAddr, src_p: Port, dst_ip: IpAddr,
        dst_p: Port }
    "Weird::Info" WeirdInfo { #[log] ts: Time, #[log] uid: Option<Bytes>, #[log] id: Option<ConnId>,
        conn: Option<Connection>, #[log] name: Bytes, #[log] addl: Option<Bytes>,
        #[log] notice: Option<bool>, #[log] peer: Option<Bytes>, identifier: Option<Bytes> }
    "WeirdStats::Info" WeirdStatsInfo { #[log] ts: Time, #[log] name: Bytes, #[log] num_seen: u64 }
    "X509::BasicConstraints" X509BasicConstraints { ca: bool, path_len: Option<u64> }
    "X509::Certificate" X509Certificate { #[log] version: u64, #[log] serial: Bytes,
        #[log] subject: Bytes, #[log] issuer: Bytes, cn: Option<Bytes>,
        #[log] not_valid_before: Time, #[log] not_valid_after: Time, #[log] key_alg: Bytes,
        #[log] sig_alg: Bytes, #[log] key_type: Option<Bytes>, #[log] key_length: Option<u64>,
        #[log] exponent: Option<Bytes>, #[log] curve: Option<Bytes> }
    "X509::Extension" X509Extension { name: Bytes, short_name: Option<Bytes>, oid: Bytes,
        critical: bool, value: Bytes }
    "X509::Info" X509Info { #[log] ts: Time, #[log] id: Bytes, #[log] certificate: X509Certificate,
        handle: Value, extensions: Option<Vec<X509Extension>>,
        #[log] san: Option<X509SubjectAlternativeName>,
        #[log] basic_constraints: Option<X509BasicConstraints> }
    "X509::SubjectAlternativeName" X509SubjectAlternativeName { #[log] dns: Option<Vec<Bytes>>,
        #[log] uri: Option<Vec<Bytes>>, #[log] email: Option<Vec<Bytes>>,
        #[log] ip: Option<Vec<IpAddr>>, other_fields: bool }
    "conn_id" ConnId { orig_h: IpAddr, orig_p: Port, resp_h: IpAddr, resp_p: Port }
    "connection" Connection { id: ConnId, orig: Endpoint, resp: Endpoint, start_time: Time,
        duration: Duration, service: BTreeSet<Bytes>, history: Bytes, uid: Bytes,
        tunnel: Option<Vec<TunnelEncapsulatingConn>>, vlan: Option<i64>, inner_vlan: Option<i64>,
        dpd: Option<DpdInfo>, conn: Option<ConnInfo>, extract_orig: Option<bool>,
        extract_resp: Option<bool>, thresholds: Option<ConnThresholdThresholds>,
        dce_rpc: Option<DceRpcInfo>, dce_rpc_state: Option<DceRpcState>,
        dce_rpc_backing: Option<BTreeMap<u64, DceRpcBackingState>>, dhcp: Option<DhcpInfo>,
        dnp3: Option<Dnp3Info>, dns: Option<DnsInfo>, dns_state: Option<DnsState>,
        ftp: Option<FtpInfo>, ftp_data_reuse: Option<bool>, ssl: Option<SslInfo>,
        http: Option<HttpInfo>, http_state: Option<HttpState>, irc: Option<IrcInfo>,
        krb: Option<KrbInfo>, modbus: Option<ModbusInfo>, mysql: Option<MySQLInfo>,
        ntlm: Option<NtlmInfo>, radius: Option<RadiusInfo>, rdp: Option<RdpInfo>,
        rfb: Option<RfbInfo>, sip: Option<SipInfo>, sip_state: Option<SipState>,
        snmp: Option<SnmpInfo>, smtp: Option<SmtpInfo>, smtp_state: Option<SmtpState>,
        socks: Option<SocksInfo>, ssh: Option<SshInfo>, syslog: Option<SyslogInfo>,
        known_services_done: Option<bool>, smb_state: Option<SmbState> }
    "endpoint" Endpoint { size: u64, state: u64, num_pkts: Option<u64>, num_bytes_ip: Option<u64>,
        flow_label: u64, l2_addr: Option<Bytes> }
    "event_peer" EventPeer { id: u64, host: IpAddr, p: Port, is_local: bool, descr: Bytes,
        class: Option<Bytes> }
    "fa_file" FaFile { id: Bytes, parent_id: Option<Bytes>, source: Bytes, is_orig: Option<bool>,
        conns: Option<Value>, last_active: Time, seen_bytes: Option<u64>, total_bytes: Option<u64>,
        missing_bytes: Option<u64>, overflow_bytes: Option<u64>, timeout_interval: Option<Duration>,
        bof_buffer_size: Option<u64>, bof_buffer: Option<Bytes>, info: Option<FilesInfo>,
        ftp: Option<FtpInfo>, http: Option<HttpInfo>, irc: Option<IrcInfo>, pe: Option<PeInfo>,
        u2_events: Option<BTreeMap<u64, Unified2IDSEvent>> }
    "geo_location" GeoLocation { country_code: Option<Bytes>, region: Option<Bytes>,
        city: Option<Bytes>, latitude: Option<f64>, longitude: Option<f64> }
    "icmp_conn" IcmpConn { orig_h: IpAddr, resp_h: IpAddr, itype: u64, icode: u64, len: u64,
        hlim: u64, v6: bool }
}
