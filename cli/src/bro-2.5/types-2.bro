# Types of the scripts that come with Bro 2.5.5, with the fields that other scripts add to them.

type SMB::TreeInfo: record {
    ts: time &log &optional; uid: string &log; id: conn_id &log; path: string &log &optional;
    service: string &log &optional; native_file_system: string &log &optional;
    share_type: string &log &default="DISK";
};

type SMB::CmdInfo: record {
    ts: time &log; uid: string &log; id: conn_id &log; command: string &log; sub_command: string &log &optional;
    argument: string &log &optional; status: string &log &optional; rtt: interval &log &optional;
    version: string &log; username: string &log &optional; tree: string &log &optional;
    tree_service: string &log &optional; referenced_file: SMB::FileInfo &log &optional;
    referenced_tree: SMB::TreeInfo &optional; smb1_offered_dialects: vector of string &optional;
    smb2_offered_dialects: vector of count &optional;
};

type SMB::State: record {
    current_cmd: SMB::CmdInfo &optional; current_file: SMB::FileInfo &optional;
    current_tree: SMB::TreeInfo &optional; pending_cmds: table[count] of SMB::CmdInfo &optional;
    fid_map: table[count] of SMB::FileInfo &optional; tid_map: table[count] of SMB::TreeInfo &optional;
    uid_map: table[count] of string &optional; pipe_map: table[count] of string &optional;
    recent_files: set[string] &default=set();
};

type connection: record {
    id: conn_id; orig: endpoint; resp: endpoint; start_time: time; duration: interval; service: set[string];
    history: string; uid: string; tunnel: vector of Tunnel::EncapsulatingConn &optional; vlan: int &optional;
    inner_vlan: int &optional; dpd: DPD::Info &optional; conn: Conn::Info &optional; extract_orig: bool &default=F;
    extract_resp: bool &default=F; thresholds: ConnThreshold::Thresholds &optional; dce_rpc: DCE_RPC::Info &optional;
    dce_rpc_state: DCE_RPC::State &optional; dce_rpc_backing: table[count] of DCE_RPC::BackingState &optional;
    dhcp: DHCP::Info &optional; dnp3: DNP3::Info &optional; dns: DNS::Info &optional;
    dns_state: DNS::State &optional; ftp: FTP::Info &optional; ftp_data_reuse: bool &default=F;
    ssl: SSL::Info &optional; http: HTTP::Info &optional; http_state: HTTP::State &optional;
    irc: IRC::Info &optional; krb: KRB::Info &optional; modbus: Modbus::Info &optional; mysql: MySQL::Info &optional;
    ntlm: NTLM::Info &optional; radius: RADIUS::Info &optional; rdp: RDP::Info &optional; rfb: RFB::Info &optional;
    sip: SIP::Info &optional; sip_state: SIP::State &optional; snmp: SNMP::Info &optional;
    smtp: SMTP::Info &optional; smtp_state: SMTP::State &optional; socks: SOCKS::Info &optional;
    ssh: SSH::Info &optional; syslog: Syslog::Info &optional; known_services_done: bool &default=F;
    smb_state: SMB::State &optional;
};

type PE::Info: record {
    ts: time &log; id: string &log; machine: string &log &optional; compile_ts: time &log &optional;
    os: string &log &optional; subsystem: string &log &optional; is_exe: bool &log &default=T;
    is_64bit: bool &log &default=T; uses_aslr: bool &log &default=F; uses_dep: bool &log &default=F;
    uses_code_integrity: bool &log &default=F; uses_seh: bool &log &default=T; has_import_table: bool &log &optional;
    has_export_table: bool &log &optional; has_cert_table: bool &log &optional; has_debug_data: bool &log &optional;
    section_names: vector of string &log &optional;
};

type Unified2::IDSEvent: record {
    sensor_id: count; event_id: count; ts: time; signature_id: count; generator_id: count; signature_revision: count;
    classification_id: count; priority_id: count; src_ip: addr; dst_ip: addr; src_p: port; dst_p: port;
    impact_flag: count; impact: count; blocked: count; mpls_label: count &optional; vlan_id: count &optional;
    packet_action: count &optional;
};

type fa_file: record {
    id: string; parent_id: string &optional; source: string; is_orig: bool &optional;
    conns: table[conn_id] of connection &optional; last_active: time; seen_bytes: count &default=0;
    total_bytes: count &optional; missing_bytes: count &default=0; overflow_bytes: count &default=0;
    timeout_interval: interval &default=2.0 mins; bof_buffer_size: count &default=4096; bof_buffer: string &optional;
    info: Files::Info &optional; ftp: FTP::Info &optional; http: HTTP::Info &optional; irc: IRC::Info &optional;
    pe: PE::Info &optional; u2_events: table[count] of Unified2::IDSEvent &optional;
};

type Intel::Seen: record {
    indicator: string &log &optional; indicator_type: Intel::Type &log &optional; host: addr &optional;
    where: Intel::Where &log; node: string &optional &log; conn: connection &optional; uid: string &optional;
    f: fa_file &optional; fuid: string &optional;
};

type Intel::Info: record {
    ts: time &log; uid: string &log &optional; id: conn_id &log &optional; seen: Intel::Seen &log;
    matched: set[Intel::Type] &log; sources: set[string] &log &default=set(); fuid: string &log &optional;
    file_mime_type: string &log &optional; file_desc: string &log &optional;
};

type KRB::Type_Value: record {
    data_type: count; val: string;
};

type KRB::Host_Address: record {
    ip: addr &log &optional; netbios: string &log &optional; unknown: KRB::Type_Value &optional;
};

type Known::CertsInfo: record {
    ts: time &log; host: addr &log; port_num: port &log &optional; subject: string &log &optional;
    issuer_subject: string &log &optional; serial: string &log &optional;
};

type Known::DevicesInfo: record {
    ts: time &log; mac: string &log;
};

type Known::HostsInfo: record {
    ts: time &log; host: addr &log;
};

type Known::ModbusDeviceType: enum {
    Known::MODBUS_MASTER, Known::MODBUS_SLAVE,
};

type Known::ModbusInfo: record {
    ts: time &log; host: addr &log; device_type: Known::ModbusDeviceType &log;
};

type Known::ServicesInfo: record {
    ts: time &log; host: addr &log; port_num: port &log; port_proto: transport_proto &log; service: set[string] &log;
};

type LoadedScripts::Info: record {
    name: string &log;
};

type Log::ID: enum {
    Log::UNKNOWN, Files::LOG, Reporter::LOG, Notice::LOG, Notice::ALARM_LOG, Weird::LOG, NetControl::LOG,
    OpenFlow::LOG, Cluster::LOG, NetControl::DROP, NetControl::SHUNT, NetControl::CATCH_RELEASE, DPD::LOG,
    Signatures::LOG, PacketFilter::LOG, Software::LOG, Communication::LOG, Intel::LOG, Tunnel::LOG, Conn::LOG,
    DCE_RPC::LOG, DHCP::LOG, DNP3::LOG, DNS::LOG, FTP::LOG, SSL::LOG, X509::LOG, HTTP::LOG, IRC::LOG, KRB::LOG,
    Modbus::LOG, mysql::LOG, NTLM::LOG, RADIUS::LOG, RDP::LOG, RFB::LOG, SIP::LOG, SNMP::LOG, SMTP::LOG, SOCKS::LOG,
    SSH::LOG, Syslog::LOG, PE::LOG, Unified2::LOG, Known::HOSTS_LOG, Known::SERVICES_LOG, Known::CERTS_LOG,
    Known::DEVICES_LOG, Stats::LOG, Traceroute::LOG, LoadedScripts::LOG, CaptureLoss::LOG, WeirdStats::LOG,
    Known::MODBUS_LOG, Modbus::REGISTER_CHANGE_LOG, Barnyard2::LOG, SMB::CMD_LOG, SMB::AUTH_LOG, SMB::MAPPING_LOG,
    SMB::FILES_LOG,
};

type Modbus::MemmapInfo: record {
    ts: time &log; uid: string &log; id: conn_id &log; register: count &log; old_val: count &log;
    new_val: count &log; delta: interval &log;
};

type NetControl::CatchReleaseActions: enum {
    NetControl::INFO, NetControl::ADDED, NetControl::DROP, NetControl::DROPPED, NetControl::UNBLOCK,
    NetControl::FORGOTTEN, NetControl::SEEN_AGAIN,
};

type NetControl::CatchReleaseInfo: record {
    ts: time &log; rule_id: string &log &optional; ip: addr &log; action: NetControl::CatchReleaseActions &log;
    block_interval: interval &log &optional; watch_interval: interval &log &optional;
    blocked_until: time &log &optional; watched_until: time &log &optional; num_blocked: count &log &optional;
    location: string &log &optional; message: string &log &optional;
};

type NetControl::DropInfo: record {
    ts: time &log; rule_id: string &log; orig_h: addr &log; orig_p: port &log &optional; resp_h: addr &log &optional;
    resp_p: port &log &optional; expire: interval &log; location: string &log &optional;
};

type NetControl::InfoCategory: enum {
    NetControl::MESSAGE, NetControl::ERROR, NetControl::RULE,
};

type NetControl::InfoState: enum {
    NetControl::REQUESTED, NetControl::SUCCEEDED, NetControl::EXISTS, NetControl::FAILED, NetControl::REMOVED,
    NetControl::TIMEOUT,
};

type NetControl::TargetType: enum {
    NetControl::FORWARD, NetControl::MONITOR,
};

type NetControl::Info: record {
    ts: time &log; rule_id: string &log &optional; category: NetControl::InfoCategory &log &optional;
    cmd: string &log &optional; state: NetControl::InfoState &log &optional; action: string &log &optional;
    target: NetControl::TargetType &log &optional; entity_type: string &log &optional; entity: string &log &optional;
    mod: string &log &optional; msg: string &log &optional; priority: int &log &optional;
    expire: interval &log &optional; location: string &log &optional; plugin: string &log &optional;
};

type flow_id: record {
    src_h: addr; src_p: port; dst_h: addr; dst_p: port;
};

type NetControl::ShuntInfo: record {
    ts: time &log; rule_id: string &log; f: flow_id &log; expire: interval &log; location: string &log &optional;
};

type icmp_conn: record {
    orig_h: addr; resp_h: addr; itype: count; icode: count; len: count; hlim: count; v6: bool;
};

type Notice::Type: enum {
    Notice::Tally, Weird::Activity, Signatures::Sensitive_Signature, Signatures::Multiple_Signatures,
    Signatures::Multiple_Sig_Responders, Signatures::Count_Signature, Signatures::Signature_Summary,
    PacketFilter::Compile_Failure, PacketFilter::Install_Failure, PacketFilter::Too_Long_To_Compile_Filter,
    PacketFilter::Dropped_Packets, Software::Vulnerable_Version, Scan::Address_Scan, Scan::Port_Scan,
    Traceroute::Detected, CaptureLoss::Too_Much_Loss, SSH::Password_Guessing, SSH::Login_By_Password_Guesser,
    HTTP::SQL_Injection_Attacker, HTTP::SQL_Injection_Victim, SSL::Invalid_Server_Cert,
};

type event_peer: record {
    id: count; host: addr; p: port; is_local: bool; descr: string; class: string &optional;
};

type Notice::Action: enum {
    Notice::ACTION_NONE, Notice::ACTION_LOG, Notice::ACTION_EMAIL, Notice::ACTION_ALARM, Notice::ACTION_DROP,
    Notice::ACTION_EMAIL_ADMIN, Notice::ACTION_PAGE, Notice::ACTION_ADD_GEODATA,
};

type geo_location: record {
    country_code: string &optional; region: string &optional; city: string &optional; latitude: double &optional;
    longitude: double &optional;
};

type Notice::Info: record {
    ts: time &log &optional; uid: string &log &optional; id: conn_id &log &optional; conn: connection &optional;
    iconn: icmp_conn &optional; f: fa_file &optional; fuid: string &log &optional;
    file_mime_type: string &log &optional; file_desc: string &log &optional; proto: transport_proto &log &optional;
    note: Notice::Type &log; msg: string &log &optional; sub: string &log &optional; src: addr &log &optional;
    dst: addr &log &optional; p: port &log &optional; n: count &log &optional; src_peer: event_peer &optional;
    peer_descr: string &log &optional; actions: set[Notice::Action] &log &default=set();
    email_body_sections: vector of string &optional; email_delay_tokens: set[string] &optional;
    identifier: string &optional; suppress_for: interval &log &default=1.0 hr; dropped: bool &log &default=F;
    remote_location: geo_location &log &optional;
};

type OpenFlow::ofp_match: record {
    in_port: count &optional; dl_src: string &optional; dl_dst: string &optional; dl_vlan: count &optional;
    dl_vlan_pcp: count &optional; dl_type: count &optional; nw_tos: count &optional; nw_proto: count &optional;
    nw_src: subnet &optional; nw_dst: subnet &optional; tp_src: count &optional; tp_dst: count &optional;
};

type OpenFlow::ofp_flow_mod_command: enum {
    OpenFlow::OFPFC_ADD, OpenFlow::OFPFC_MODIFY, OpenFlow::OFPFC_MODIFY_STRICT, OpenFlow::OFPFC_DELETE,
    OpenFlow::OFPFC_DELETE_STRICT,
};

type OpenFlow::ofp_flow_action: record {
    out_ports: vector of count &default=vector(); vlan_vid: count &optional; vlan_pcp: count &optional;
    vlan_strip: bool &default=F; dl_src: string &optional; dl_dst: string &optional; nw_tos: count &optional;
    nw_src: addr &optional; nw_dst: addr &optional; tp_src: count &optional; tp_dst: count &optional;
};

type OpenFlow::ofp_flow_mod: record {
    cookie: count; table_id: count &optional; command: OpenFlow::ofp_flow_mod_command;
    idle_timeout: count &default=0; hard_timeout: count &default=0; priority: count &default=0;
    out_port: count &optional; out_group: count &optional; flags: count &default=0;
    actions: OpenFlow::ofp_flow_action &optional;
};

type OpenFlow::Info: record {
    ts: time &log; dpid: count &log; match: OpenFlow::ofp_match &log; flow_mod: OpenFlow::ofp_flow_mod &log;
};

type PacketFilter::Info: record {
    ts: time &log; node: string &log &optional; filter: string &log; init: bool &log &default=F;
    success: bool &log &default=T;
};

type Reporter::Level: enum {
    Reporter::INFO, Reporter::WARNING, Reporter::ERROR,
};

type Reporter::Info: record {
    ts: time &log; level: Reporter::Level &log; message: string &log; location: string &log &optional;
};

type Signatures::Info: record {
    ts: time &log; uid: string &log &optional; src_addr: addr &log &optional; src_port: port &log &optional;
    dst_addr: addr &log &optional; dst_port: port &log &optional; note: Notice::Type &log;
    sig_id: string &log &optional; event_msg: string &log &optional; sub_msg: string &log &optional;
    sig_count: count &log &optional; host_count: count &log &optional;
};

type Software::Type: enum {
    Software::UNKNOWN, FTP::CLIENT, FTP::SERVER,
};

type Software::Version: record {
    major: count &optional; minor: count &optional; minor2: count &optional; minor3: count &optional;
    addl: string &optional;
};

type Software::Info: record {
    ts: time &log &optional; host: addr &log; host_p: port &log &optional;
    software_type: Software::Type &log &default=Software::UNKNOWN; name: string &log &optional;
    version: Software::Version &log &optional; unparsed_version: string &log &optional; force_log: bool &default=F;
};

type Stats::Info: record {
    ts: time &log; peer: string &log; mem: count &log; pkts_proc: count &log; bytes_recv: count &log;
    pkts_dropped: count &log &optional; pkts_link: count &log &optional; pkt_lag: interval &log &optional;
    events_proc: count &log; events_queued: count &log; active_tcp_conns: count &log; active_udp_conns: count &log;
    active_icmp_conns: count &log; tcp_conns: count &log; udp_conns: count &log; icmp_conns: count &log;
    timers: count &log; active_timers: count &log; files: count &log; active_files: count &log;
    dns_requests: count &log; active_dns_requests: count &log; reassem_tcp_size: count &log;
    reassem_file_size: count &log; reassem_frag_size: count &log; reassem_unknown_size: count &log;
};

type SumStats::Observation: record {
    num: count &optional; dbl: double &optional; str: string &optional;
};

type SumStats::ResultVal: record {
    begin: time; end: time; num: count &default=0; average: double &optional; hll_unique: count &default=0;
    card: opaque of cardinality &optional; hll_error_margin: double &optional; hll_confidence: double &optional;
    last_elements: Queue::Queue &optional; max: double &optional; min: double &optional;
    samples: vector of SumStats::Observation &default=vector(); sample_elements: count &default=0;
    num_samples: count &default=0; variance: double &optional; prev_avg: double &optional;
    var_s: double &default=0.0; std_dev: double &default=0.0; sum: double &default=0.0;
    topk: opaque of topk &optional; unique: count &default=0; unique_max: count &optional;
    unique_vals: set[SumStats::Observation] &optional;
};

type Traceroute::Info: record {
    ts: time &log; src: addr &log; dst: addr &log; proto: string &log;
};

type Tunnel::Action: enum {
    Tunnel::DISCOVER, Tunnel::CLOSE, Tunnel::EXPIRE,
};

type Tunnel::Info: record {
    ts: time &log; uid: string &log &optional; id: conn_id &log; tunnel_type: Tunnel::Type &log;
    action: Tunnel::Action &log;
};

type Unified2::PacketID: record {
    src_ip: addr; src_p: port; dst_ip: addr; dst_p: port;
};

type Unified2::Info: record {
    ts: time &log; id: Unified2::PacketID &log; sensor_id: count &log; signature_id: count &log;
    signature: string &log &optional; generator_id: count &log; generator: string &log &optional;
    signature_revision: count &log; classification_id: count &log; classification: string &log &optional;
    priority_id: count &log; event_id: count &log; packet: string &log &optional;
};

type Weird::Info: record {
    ts: time &log; uid: string &log &optional; id: conn_id &log &optional; conn: connection &optional;
    name: string &log; addl: string &log &optional; notice: bool &log &default=F; peer: string &log &default="bro";
    identifier: string &optional;
};

type WeirdStats::Info: record {
    ts: time &log; name: string &log; num_seen: count &log;
};

type Input::Reader: enum {
    Input::READER_ASCII = 1, Input::READER_BENCHMARK, Input::READER_BINARY, Input::READER_RAW, Input::READER_SQLITE,
};

type Input::Mode: enum {
    Input::MANUAL, Input::REREAD, Input::STREAM,
};

type Input::EventDescription: record {
    source: string; reader: Input::Reader &default=Input::READER_ASCII; mode: Input::Mode &default=Input::MANUAL;
    name: string; fields: any; want_record: bool &default=T; ev: any; error_ev: any &optional;
    config: table[string] of string &default=table();
};

type Input::Event: enum {
    Input::EVENT_NEW, Input::EVENT_CHANGED, Input::EVENT_REMOVED,
};

type Intel::MetaData: record {
    source: string; desc: string &optional; url: string &optional;
};

type Intel::Item: record {
    indicator: string; indicator_type: Intel::Type; meta: Intel::MetaData; first_dispatch: bool &default=T;
};

type NetControl::BlockInfo: record {
    block_until: time &optional; watch_until: time; num_reblocked: count &default=0; current_interval: count;
    current_block_id: string; location: string &optional;
};

type NetControl::RuleType: enum {
    NetControl::DROP, NetControl::MODIFY, NetControl::REDIRECT, NetControl::WHITELIST,
};

type NetControl::EntityType: enum {
    NetControl::ADDRESS, NetControl::CONNECTION, NetControl::FLOW, NetControl::MAC,
};
