# Types of the scripts that come with Bro 2.5.5, with the fields that other scripts add to them.

type NetControl::Flow: record {
    src_h: subnet &optional; src_p: port &optional; dst_h: subnet &optional; dst_p: port &optional;
    src_m: string &optional; dst_m: string &optional;
};

type NetControl::Entity: record {
    ty: NetControl::EntityType; conn: conn_id &optional; flow: NetControl::Flow &optional; ip: subnet &optional;
    mac: string &optional;
};

type NetControl::FlowMod: record {
    src_h: addr &optional; src_p: count &optional; dst_h: addr &optional; dst_p: count &optional;
    src_m: string &optional; dst_m: string &optional; redirect_port: count &optional;
};

type NetControl::Rule: record {
    ty: NetControl::RuleType; target: NetControl::TargetType; entity: NetControl::Entity; expire: interval &optional;
    priority: int &default=0; location: string &optional; out_port: count &optional;
    mod: NetControl::FlowMod &optional; id: string &default=""; cid: count &default=0;
    _plugin_ids: set[count] &default=set(); _active_plugin_ids: set[count] &default=set();
    _no_expire_plugins: set[count] &default=set(); _added: bool &default=F;
};

type OpenFlow::Plugin: enum {
    OpenFlow::INVALID, OpenFlow::RYU, OpenFlow::OFLOG,
};

type OpenFlow::ControllerState: record {
    _plugin: OpenFlow::Plugin &optional; _name: string &optional; _activated: bool &default=F;
    ryu_host: addr &optional; ryu_port: count &optional; ryu_dpid: count &optional; ryu_debug: bool &default=F;
    log_dpid: count &optional; log_success_event: bool &optional;
};

type OpenFlow::Controller: record {
    state: OpenFlow::ControllerState; supports_flow_removed: bool;
    describe: function(state: OpenFlow::ControllerState): string;
    init: function(state: OpenFlow::ControllerState) &optional;
    destroy: function(state: OpenFlow::ControllerState) &optional;
    flow_mod: function(state: OpenFlow::ControllerState, match: OpenFlow::ofp_match, flow_mod: OpenFlow::ofp_flow_mod): bool &optional;
    flow_clear: function(state: OpenFlow::ControllerState): bool &optional;
};

type NetControl::FlowInfo: record {
    duration: interval &optional; packet_count: count &optional; byte_count: count &optional;
};

type OS_version_inference: enum {
    GLOBAL::direct_inference, GLOBAL::generic_inference, GLOBAL::fuzzy_inference,
};

type OS_version: record {
    genre: string; detail: string; dist: count; match_type: OS_version_inference;
};

type SumStats::Key: record {
    str: string &optional; host: addr &optional;
};

type SumStats::Calculation: enum {
    SumStats::PLACEHOLDER, SumStats::AVERAGE, SumStats::HLL_UNIQUE, SumStats::LAST, SumStats::MAX, SumStats::MIN,
    SumStats::SAMPLE, SumStats::VARIANCE, SumStats::STD_DEV, SumStats::SUM, SumStats::TOPK, SumStats::UNIQUE,
};

type SumStats::Reducer: record {
    stream: string; apply: set[SumStats::Calculation];
    pred: function(key: SumStats::Key, obs: SumStats::Observation): bool &optional;
    normalize_key: function(key: SumStats::Key): SumStats::Key &optional; ssname: string &optional;
    calc_funcs: vector of SumStats::Calculation &optional; hll_error_margin: double &default=0.01;
    hll_confidence: double &default=0.95; num_last_elements: count &default=0; num_samples: count &default=0;
    topk_size: count &default=500; unique_max: count &optional;
};

type SumStats::SumStat: record {
    name: string; epoch: interval; reducers: set[SumStats::Reducer];
    threshold_val: function(key: SumStats::Key, result: table[string] of SumStats::ResultVal): double &optional;
    threshold: double &optional; threshold_series: vector of double &optional;
    threshold_crossed: function(key: SumStats::Key, result: table[string] of SumStats::ResultVal) &optional;
    epoch_result: function(ts: time, key: SumStats::Key, result: table[string] of SumStats::ResultVal) &optional;
    epoch_finished: function(ts: time) &optional;
};

type Unified2::Packet: record {
    sensor_id: count; event_id: count; event_second: count; packet_ts: time; link_type: count; data: string;
};

type backdoor_endp_stats: record {
    is_partial: bool; num_pkts: count; num_8k0_pkts: count; num_8k4_pkts: count; num_lines: count;
    num_normal_lines: count; num_bytes: count; num_7bit_ascii: count;
};

type bittorrent_peer: record {
    h: addr; p: port;
};

type bittorrent_benc_value: record {
    i: int &optional; s: string &optional; d: string &optional; l: string &optional;
};

type NetStats: record {
    pkts_recvd: count &default=0; pkts_dropped: count &default=0; pkts_link: count &default=0;
    bytes_recvd: count &default=0;
};

type ConnStats: record {
    total_conns: count; current_conns: count; current_conns_extern: count; sess_current_conns: count;
    num_packets: count; num_fragments: count; max_fragments: count; num_tcp_conns: count; max_tcp_conns: count;
    cumulative_tcp_conns: count; num_udp_conns: count; max_udp_conns: count; cumulative_udp_conns: count;
    num_icmp_conns: count; max_icmp_conns: count; cumulative_icmp_conns: count; killed_by_inactivity: count;
};

type ProcStats: record {
    debug: bool; start_time: time; real_time: interval; user_time: interval; system_time: interval; mem: count;
    minor_faults: count; major_faults: count; num_swap: count; blocking_input: count; blocking_output: count;
    num_context: count;
};

type EventStats: record {
    queued: count; dispatched: count;
};

type ReassemblerStats: record {
    file_size: count; frag_size: count; tcp_size: count; unknown_size: count;
};

type TimerStats: record {
    current: count; max: count; cumulative: count;
};

type FileAnalysisStats: record {
    current: count; max: count; cumulative: count;
};

type DNSStats: record {
    requests: count; successful: count; failed: count; pending: count; cached_hosts: count; cached_addresses: count;
};

type endpoint_stats: record {
    num_pkts: count; num_rxmit: count; num_rxmit_bytes: count; num_in_order: count; num_OO: count; num_repl: count;
    endian_type: count;
};

type SYN_packet: record {
    is_orig: bool; DF: bool; ttl: count; size: count; win_size: count; win_scale: int; MSS: count; SACK_OK: bool;
};

type DCE_RPC::PType: enum {
    DCE_RPC::REQUEST, DCE_RPC::PING, DCE_RPC::RESPONSE, DCE_RPC::FAULT, DCE_RPC::WORKING, DCE_RPC::NOCALL,
    DCE_RPC::REJECT, DCE_RPC::ACK, DCE_RPC::CL_CANCEL, DCE_RPC::FACK, DCE_RPC::CANCEL_ACK, DCE_RPC::BIND,
    DCE_RPC::BIND_ACK, DCE_RPC::BIND_NAK, DCE_RPC::ALTER_CONTEXT, DCE_RPC::ALTER_CONTEXT_RESP, DCE_RPC::SHUTDOWN,
    DCE_RPC::CO_CANCEL, DCE_RPC::ORPHANED,
};

type dhcp_msg: record {
    op: count; m_type: count; xid: count; h_addr: string; ciaddr: addr; yiaddr: addr;
};

type dns_msg: record {
    id: count; opcode: count; rcode: count; QR: bool; AA: bool; TC: bool; RD: bool; RA: bool; Z: count;
    num_queries: count; num_answers: count; num_auth: count; num_addl: count;
};

type dns_answer: record {
    answer_type: count; query: string; qtype: count; qclass: count; TTL: interval;
};

type dns_edns_additional: record {
    query: string; qtype: count; t: count; payload_size: count; extended_rcode: count; version: count;
    z_field: count; TTL: interval; is_query: count;
};

type dns_soa: record {
    mname: string; rname: string; serial: count; refresh: interval; retry: interval; expire: interval;
    minimum: interval;
};

type dns_tsig_additional: record {
    query: string; qtype: count; alg_name: string; sig: string; time_signed: time; fudge: time; orig_id: count;
    rr_error: count; is_query: count;
};

type dns_mapping: record {
    creation_time: time; req_host: string; req_addr: addr; valid: bool; hostname: string; addrs: set[addr];
};

type ip4_hdr: record {
    hl: count; tos: count; len: count; id: count; ttl: count; p: count; src: addr; dst: addr;
};

type ip6_option: record {
    otype: count; len: count; data: string;
};

type ip6_hopopts: record {
    nxt: count; len: count; options: vector of ip6_option;
};

type ip6_dstopts: record {
    nxt: count; len: count; options: vector of ip6_option;
};

type ip6_routing: record {
    nxt: count; len: count; rtype: count; segleft: count; data: string;
};

type ip6_fragment: record {
    nxt: count; rsv1: count; offset: count; rsv2: count; more: bool; id: count;
};

type ip6_ah: record {
    nxt: count; len: count; rsv: count; spi: count; seq: count &optional; data: string &optional;
};

type ip6_esp: record {
    spi: count; seq: count;
};

type ip6_mobility_brr: record {
    rsv: count; options: vector of ip6_option;
};

type ip6_mobility_hoti: record {
    rsv: count; cookie: count; options: vector of ip6_option;
};

type ip6_mobility_coti: record {
    rsv: count; cookie: count; options: vector of ip6_option;
};

type ip6_mobility_hot: record {
    nonce_idx: count; cookie: count; token: count; options: vector of ip6_option;
};

type ip6_mobility_cot: record {
    nonce_idx: count; cookie: count; token: count; options: vector of ip6_option;
};

type ip6_mobility_bu: record {
    seq: count; a: bool; h: bool; l: bool; k: bool; life: count; options: vector of ip6_option;
};

type ip6_mobility_back: record {
    status: count; k: bool; seq: count; life: count; options: vector of ip6_option;
};

type ip6_mobility_be: record {
    status: count; hoa: addr; options: vector of ip6_option;
};

type ip6_mobility_msg: record {
    id: count; brr: ip6_mobility_brr &optional; hoti: ip6_mobility_hoti &optional; coti: ip6_mobility_coti &optional;
    hot: ip6_mobility_hot &optional; cot: ip6_mobility_cot &optional; bu: ip6_mobility_bu &optional;
    back: ip6_mobility_back &optional; be: ip6_mobility_be &optional;
};

type ip6_mobility_hdr: record {
    nxt: count; len: count; mh_type: count; rsv: count; chksum: count; msg: ip6_mobility_msg;
};

type ip6_ext_hdr: record {
    id: count; hopopts: ip6_hopopts &optional; dstopts: ip6_dstopts &optional; routing: ip6_routing &optional;
    fragment: ip6_fragment &optional; ah: ip6_ah &optional; esp: ip6_esp &optional;
    mobility: ip6_mobility_hdr &optional;
};

type ip6_hdr: record {
    class: count; flow: count; len: count; nxt: count; hlim: count; src: addr; dst: addr;
    exts: vector of ip6_ext_hdr;
};

type tcp_hdr: record {
    sport: port; dport: port; seq: count; ack: count; hl: count; dl: count; flags: count; win: count;
};

type udp_hdr: record {
    sport: port; dport: port; ulen: count;
};

type icmp_hdr: record {
    icmp_type: count;
};

type pkt_hdr: record {
    ip: ip4_hdr &optional; ip6: ip6_hdr &optional; tcp: tcp_hdr &optional; udp: udp_hdr &optional;
    icmp: icmp_hdr &optional;
};

type entropy_test_result: record {
    entropy: double; chi_square: double; mean: double; monte_carlo_pi: double; serial_correlation: double;
};

type Files::AnalyzerArgs: record {
    chunk_event: event(f: fa_file, data: string, off: count) &optional;
    stream_event: event(f: fa_file, data: string) &optional; extract_filename: string &optional;
    extract_limit: count &default=0;
};

type mime_match: record {
    strength: int; mime: string;
};

type fa_metadata: record {
    mime_type: string &optional; mime_types: vector of mime_match &optional;
};

type Analyzer::Tag: enum {
    Analyzer::ANALYZER_AYIYA = 1, Analyzer::ANALYZER_BACKDOOR, Analyzer::ANALYZER_BITTORRENT,
    Analyzer::ANALYZER_BITTORRENTTRACKER, Analyzer::ANALYZER_CONNSIZE, Analyzer::ANALYZER_DCE_RPC,
    Analyzer::ANALYZER_DHCP, Analyzer::ANALYZER_DNP3_TCP, Analyzer::ANALYZER_DNP3_UDP, Analyzer::ANALYZER_DNS = 11,
    Analyzer::ANALYZER_FTP_DATA, Analyzer::ANALYZER_IRC_DATA, Analyzer::ANALYZER_FINGER, Analyzer::ANALYZER_FTP,
    Analyzer::ANALYZER_GNUTELLA = 17, Analyzer::ANALYZER_GSSAPI, Analyzer::ANALYZER_GTPV1, Analyzer::ANALYZER_HTTP,
    Analyzer::ANALYZER_ICMP, Analyzer::ANALYZER_IDENT, Analyzer::ANALYZER_IMAP, Analyzer::ANALYZER_INTERCONN,
    Analyzer::ANALYZER_IRC, Analyzer::ANALYZER_KRB, Analyzer::ANALYZER_KRB_TCP, Analyzer::ANALYZER_RLOGIN = 32,
    Analyzer::ANALYZER_RSH, Analyzer::ANALYZER_TELNET, Analyzer::ANALYZER_MODBUS, Analyzer::ANALYZER_MYSQL,
    Analyzer::ANALYZER_NCP = 38, Analyzer::ANALYZER_NETBIOSSSN = 40, Analyzer::ANALYZER_NTLM, Analyzer::ANALYZER_NTP,
    Analyzer::ANALYZER_PIA_TCP, Analyzer::ANALYZER_PIA_UDP, Analyzer::ANALYZER_POP3, Analyzer::ANALYZER_RADIUS,
    Analyzer::ANALYZER_RDP, Analyzer::ANALYZER_RFB, Analyzer::ANALYZER_NFS = 51, Analyzer::ANALYZER_PORTMAPPER,
    Analyzer::ANALYZER_SIP, Analyzer::ANALYZER_SMB = 55, Analyzer::ANALYZER_SMTP, Analyzer::ANALYZER_SNMP,
    Analyzer::ANALYZER_SOCKS, Analyzer::ANALYZER_SSH, Analyzer::ANALYZER_DTLS, Analyzer::ANALYZER_SSL,
    Analyzer::ANALYZER_STEPPINGSTONE, Analyzer::ANALYZER_SYSLOG, Analyzer::ANALYZER_TCP = 66,
    Analyzer::ANALYZER_TCPSTATS, Analyzer::ANALYZER_TEREDO, Analyzer::ANALYZER_UDP, Analyzer::ANALYZER_XMPP,
};

type gtpv1_hdr: record {
    version: count; pt_flag: bool; rsv: bool; e_flag: bool; s_flag: bool; pn_flag: bool; msg_type: count;
    length: count; teid: count; seq: count &optional; n_pdu: count &optional; next_type: count &optional;
};

type gtp_rai: record {
    mcc: count; mnc: count; lac: count; rac: count;
};

type gtp_end_user_addr: record {
    pdp_type_org: count; pdp_type_num: count; pdp_ip: addr &optional; pdp_other_addr: string &optional;
};

type gtp_gsn_addr: record {
    ip: addr &optional; other: string &optional;
};

type gtp_qos_profile: record {
    priority: count; data: string;
};

type gtp_private_extension: record {
    id: count; value: string;
};

type gtp_create_pdp_ctx_request_elements: record {
    imsi: count &optional; rai: gtp_rai &optional; recovery: count &optional; select_mode: count &optional;
    data1: count; cp: count &optional; nsapi: count; linked_nsapi: count &optional;
    charge_character: count &optional; trace_ref: count &optional; trace_type: count &optional;
    end_user_addr: gtp_end_user_addr &optional; ap_name: string &optional; opts: string &optional;
    signal_addr: gtp_gsn_addr; user_addr: gtp_gsn_addr; msisdn: string &optional; qos_prof: gtp_qos_profile;
    tft: string &optional; trigger_id: string &optional; omc_id: string &optional;
    ext: gtp_private_extension &optional;
};

type gtp_create_pdp_ctx_response_elements: record {
    cause: count; reorder_req: bool &optional; recovery: count &optional; data1: count &optional;
    cp: count &optional; charging_id: count &optional; end_user_addr: gtp_end_user_addr &optional;
    opts: string &optional; cp_addr: gtp_gsn_addr &optional; user_addr: gtp_gsn_addr &optional;
    qos_prof: gtp_qos_profile &optional; charge_gateway: addr &optional; ext: gtp_private_extension &optional;
};

type gtp_delete_pdp_ctx_request_elements: record {
    teardown_ind: bool &optional; nsapi: count; ext: gtp_private_extension &optional;
};

type gtp_delete_pdp_ctx_response_elements: record {
    cause: count; ext: gtp_private_extension &optional;
};

type gtp_update_pdp_ctx_request_elements: record {
    imsi: count &optional; rai: gtp_rai &optional; recovery: count &optional; data1: count; cp: count &optional;
    nsapi: count; trace_ref: count &optional; trace_type: count &optional; cp_addr: gtp_gsn_addr;
    user_addr: gtp_gsn_addr; qos_prof: gtp_qos_profile; tft: string &optional; trigger_id: string &optional;
    omc_id: string &optional; ext: gtp_private_extension &optional; end_user_addr: gtp_end_user_addr &optional;
};
