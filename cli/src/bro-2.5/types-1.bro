# Types of the scripts that come with Bro 2.5.5, with the fields that other scripts add to them.

type Barnyard2::PacketID: record {
    src_ip: addr; src_p: port; dst_ip: addr; dst_p: port;
};

type Barnyard2::AlertData: record {
    sensor_id: count; ts: time; signature_id: count; generator_id: count; signature_revision: count;
    classification_id: count; classification: string; priority_id: count; event_id: count;
};

type Barnyard2::Info: record {
    ts: time &log; pid: Barnyard2::PacketID &log; alert: Barnyard2::AlertData &log;
};

type CaptureLoss::Info: record {
    ts: time &log; ts_delta: interval &log; peer: string &log; gaps: count &log; acks: count &log;
    percent_lost: double &log;
};

type Communication::Info: record {
    ts: time &log; peer: string &log &optional; src_name: string &log &optional;
    connected_peer_desc: string &log &optional; connected_peer_addr: addr &log &optional;
    connected_peer_port: port &log &optional; level: string &log &optional; message: string &log;
};

type conn_id: record {
    orig_h: addr; orig_p: port; resp_h: addr; resp_p: port;
};

type transport_proto: enum {
    GLOBAL::unknown_transport, GLOBAL::tcp, GLOBAL::udp, GLOBAL::icmp,
};

type Conn::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; proto: transport_proto &log; service: string &log &optional;
    duration: interval &log &optional; orig_bytes: count &log &optional; resp_bytes: count &log &optional;
    conn_state: string &log &optional; local_orig: bool &log &optional; local_resp: bool &log &optional;
    missed_bytes: count &log &default=0; history: string &log &optional; orig_pkts: count &log &optional;
    orig_ip_bytes: count &log &optional; resp_pkts: count &log &optional; resp_ip_bytes: count &log &optional;
    tunnel_parents: set[string] &log;
};

type DCE_RPC::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; rtt: interval &log &optional;
    named_pipe: string &log &optional; endpoint: string &log &optional; operation: string &log &optional;
};

type DHCP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; mac: string &log &optional; assigned_ip: addr &log &optional;
    lease_time: interval &log &optional; trans_id: count &log;
};

type DNP3::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; fc_request: string &log &optional;
    fc_reply: string &log &optional; iin: count &log &optional;
};

type DNS::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; proto: transport_proto &log; trans_id: count &log &optional;
    rtt: interval &log &optional; query: string &log &optional; qclass: count &log &optional;
    qclass_name: string &log &optional; qtype: count &log &optional; qtype_name: string &log &optional;
    rcode: count &log &optional; rcode_name: string &log &optional; AA: bool &log &default=F;
    TC: bool &log &default=F; RD: bool &log &default=F; RA: bool &log &default=F; Z: count &log &default=0;
    answers: vector of string &log &optional; TTLs: vector of interval &log &optional;
    rejected: bool &log &default=F; total_answers: count &optional; total_replies: count &optional;
    saw_query: bool &default=F; saw_reply: bool &default=F;
};

type DPD::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; proto: transport_proto &log; analyzer: string &log;
    failure_reason: string &log; disabled_aids: set[count];
};

type FTP::ExpectedDataChannel: record {
    passive: bool &log; orig_h: addr &log; resp_h: addr &log; resp_p: port &log;
};

type FTP::CmdArg: record {
    ts: time; cmd: string &default="<unknown>"; arg: string &default=""; seq: count &default=0;
};

type FTP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; user: string &log &default="<unknown>";
    password: string &log &optional; command: string &log &optional; arg: string &log &optional;
    mime_type: string &log &optional; file_size: count &log &optional; reply_code: count &log &optional;
    reply_msg: string &log &optional; data_channel: FTP::ExpectedDataChannel &log &optional;
    cwd: string &default="."; cmdarg: FTP::CmdArg &optional; pending_commands: table[count] of FTP::CmdArg;
    passive: bool &default=F; capture_password: bool &default=F; fuid: string &optional &log;
    last_auth_requested: string &optional;
};

type X509::Certificate: record {
    version: count &log; serial: string &log; subject: string &log; issuer: string &log; cn: string &optional;
    not_valid_before: time &log; not_valid_after: time &log; key_alg: string &log; sig_alg: string &log;
    key_type: string &optional &log; key_length: count &optional &log; exponent: string &optional &log;
    curve: string &optional &log;
};

type X509::Extension: record {
    name: string; short_name: string &optional; oid: string; critical: bool; value: string;
};

type X509::SubjectAlternativeName: record {
    dns: vector of string &optional &log; uri: vector of string &optional &log;
    email: vector of string &optional &log; ip: vector of addr &optional &log; other_fields: bool;
};

type X509::BasicConstraints: record {
    ca: bool; path_len: count &optional;
};

type X509::Info: record {
    ts: time &log; id: string &log; certificate: X509::Certificate &log; handle: opaque of x509;
    extensions: vector of X509::Extension &default=vector(); san: X509::SubjectAlternativeName &optional &log;
    basic_constraints: X509::BasicConstraints &optional &log;
};

type Files::Info: record {
    ts: time &log; fuid: string &log; tx_hosts: set[addr] &default=set() &log;
    rx_hosts: set[addr] &default=set() &log; conn_uids: set[string] &default=set() &log;
    source: string &log &optional; depth: count &default=0 &log; analyzers: set[string] &default=set() &log;
    mime_type: string &log &optional; filename: string &log &optional; duration: interval &log &default=0 secs;
    local_orig: bool &log &optional; is_orig: bool &log &optional; seen_bytes: count &log &default=0;
    total_bytes: count &log &optional; missing_bytes: count &log &default=0; overflow_bytes: count &log &default=0;
    timedout: bool &log &default=F; parent_fuid: string &log &optional; md5: string &log &optional;
    sha1: string &log &optional; sha256: string &log &optional; x509: X509::Info &optional;
    extracted: string &optional &log; extracted_cutoff: bool &optional &log; extracted_size: count &optional &log;
};

type HTTP::Tags: enum {
    HTTP::EMPTY, HTTP::URI_SQLI, HTTP::POST_SQLI, HTTP::COOKIE_SQLI,
};

type HTTP::Entity: record {
    filename: string &optional;
};

type HTTP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; trans_depth: count &log; method: string &log &optional;
    host: string &log &optional; uri: string &log &optional; referrer: string &log &optional;
    version: string &log &optional; user_agent: string &log &optional; request_body_len: count &log &default=0;
    response_body_len: count &log &default=0; status_code: count &log &optional; status_msg: string &log &optional;
    info_code: count &log &optional; info_msg: string &log &optional; tags: set[HTTP::Tags] &log;
    username: string &log &optional; password: string &log &optional; capture_password: bool &default=F;
    proxied: set[string] &log &optional; range_request: bool &default=F; orig_fuids: vector of string &log &optional;
    orig_filenames: vector of string &log &optional; orig_mime_types: vector of string &log &optional;
    resp_fuids: vector of string &log &optional; resp_filenames: vector of string &log &optional;
    resp_mime_types: vector of string &log &optional; current_entity: HTTP::Entity &optional;
    orig_mime_depth: count &default=0; resp_mime_depth: count &default=0;
};

type IRC::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; nick: string &log &optional; user: string &log &optional;
    command: string &log &optional; value: string &log &optional; addl: string &log &optional;
    dcc_file_name: string &log &optional; dcc_file_size: count &log &optional; dcc_mime_type: string &log &optional;
    fuid: string &log &optional;
};

type Intel::Type: enum {
    Intel::ADDR, Intel::SUBNET, Intel::URL, Intel::SOFTWARE, Intel::EMAIL, Intel::DOMAIN, Intel::USER_NAME,
    Intel::CERT_HASH, Intel::PUBKEY_HASH, Intel::FILE_HASH, Intel::FILE_NAME,
};

type Intel::Where: enum {
    Intel::IN_ANYWHERE, SSH::SUCCESSFUL_LOGIN,
};

type endpoint: record {
    size: count; state: count; num_pkts: count &optional; num_bytes_ip: count &optional; flow_label: count;
    l2_addr: string &optional;
};

type Tunnel::Type: enum {
    Tunnel::NONE, Tunnel::IP, Tunnel::AYIYA, Tunnel::TEREDO, Tunnel::SOCKS, Tunnel::GTPv1, Tunnel::HTTP, Tunnel::GRE,
};

type Tunnel::EncapsulatingConn: record {
    cid: conn_id; tunnel_type: Tunnel::Type; uid: string &optional;
};

type ConnThreshold::Thresholds: record {
    orig_byte: set[count] &default=set(); resp_byte: set[count] &default=set();
    orig_packet: set[count] &default=set(); resp_packet: set[count] &default=set();
};

type DCE_RPC::State: record {
    uuid: string &optional; named_pipe: string &optional;
};

type DCE_RPC::BackingState: record {
    info: DCE_RPC::Info; state: DCE_RPC::State;
};

type Queue::Settings: record {
    max_len: count &optional;
};

type Queue::Queue: record {
    initialized: bool &default=F; vals: table[count] of any &optional; settings: Queue::Settings &optional;
    top: count &default=0; bottom: count &default=0; size: count &default=0;
};

type DNS::State: record {
    pending_queries: table[count] of Queue::Queue; pending_replies: table[count] of Queue::Queue;
};

type SSL::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; version_num: count &optional; version: string &log &optional;
    cipher: string &log &optional; curve: string &log &optional; server_name: string &log &optional;
    session_id: string &optional; resumed: bool &log &default=F; client_ticket_empty_session_seen: bool &default=F;
    client_key_exchange_seen: bool &default=F; server_appdata: count &default=0; client_appdata: bool &default=F;
    last_alert: string &log &optional; next_protocol: string &log &optional; analyzer_id: count &optional;
    established: bool &log &default=F; logged: bool &default=F; delay_tokens: set[string] &optional;
    cert_chain: vector of Files::Info &optional; cert_chain_fuids: vector of string &optional &log;
    client_cert_chain: vector of Files::Info &optional; client_cert_chain_fuids: vector of string &optional &log;
    subject: string &log &optional; issuer: string &log &optional; client_subject: string &log &optional;
    client_issuer: string &log &optional; server_depth: count &default=0; client_depth: count &default=0;
    validation_status: string &log &optional;
};

type HTTP::State: record {
    pending: table[count] of HTTP::Info; current_request: count &default=0; current_response: count &default=0;
    trans_depth: count &default=0;
};

type KRB::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; request_type: string &log &optional;
    client: string &log &optional; service: string &log &optional; success: bool &log &optional;
    error_code: count &optional; error_msg: string &log &optional; from: time &log &optional;
    till: time &log &optional; cipher: string &log &optional; forwardable: bool &log &optional;
    renewable: bool &log &optional; logged: bool &default=F; client_cert: Files::Info &optional;
    client_cert_subject: string &log &optional; client_cert_fuid: string &log &optional;
    server_cert: Files::Info &optional; server_cert_subject: string &log &optional;
    server_cert_fuid: string &log &optional;
};

type Modbus::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; func: string &log &optional; exception: string &log &optional;
    track_address: count &default=0;
};

type MySQL::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; cmd: string &log; arg: string &log;
    success: bool &log &optional; rows: count &log &optional; response: string &log &optional;
};

type NTLM::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; username: string &log &optional;
    hostname: string &log &optional; domainname: string &log &optional; success: bool &log &optional;
    status: string &log &optional; done: bool &default=F;
};

type RADIUS::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; username: string &log &optional; mac: string &log &optional;
    framed_addr: addr &log &optional; remote_ip: addr &log &optional; connect_info: string &log &optional;
    reply_msg: string &log &optional; result: string &log &optional; ttl: interval &log &optional;
    logged: bool &default=F;
};

type RDP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; cookie: string &log &optional; result: string &log &optional;
    security_protocol: string &log &optional; keyboard_layout: string &log &optional;
    client_build: string &log &optional; client_name: string &log &optional;
    client_dig_product_id: string &log &optional; desktop_width: count &log &optional;
    desktop_height: count &log &optional; requested_color_depth: string &log &optional;
    cert_type: string &log &optional; cert_count: count &log &default=0; cert_permanent: bool &log &optional;
    encryption_level: string &log &optional; encryption_method: string &log &optional; analyzer_id: count &optional;
    done: bool &default=F;
};

type RFB::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; client_major_version: string &log &optional;
    client_minor_version: string &log &optional; server_major_version: string &log &optional;
    server_minor_version: string &log &optional; authentication_method: string &log &optional;
    auth: bool &log &optional; share_flag: bool &log &optional; desktop_name: string &log &optional;
    width: count &log &optional; height: count &log &optional; done: bool &default=F;
};

type SIP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; trans_depth: count &log; method: string &log &optional;
    uri: string &log &optional; date: string &log &optional; request_from: string &log &optional;
    request_to: string &log &optional; response_from: string &log &optional; response_to: string &log &optional;
    reply_to: string &log &optional; call_id: string &log &optional; seq: string &log &optional;
    subject: string &log &optional; request_path: vector of string &log &optional;
    response_path: vector of string &log &optional; user_agent: string &log &optional;
    status_code: count &log &optional; status_msg: string &log &optional; warning: string &log &optional;
    request_body_len: count &log &optional; response_body_len: count &log &optional;
    content_type: string &log &optional;
};

type SIP::State: record {
    pending: table[count] of SIP::Info; current_request: count &default=0; current_response: count &default=0;
};

type SNMP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; duration: interval &log &default=0 secs; version: string &log;
    community: string &log &optional; get_requests: count &log &default=0; get_bulk_requests: count &log &default=0;
    get_responses: count &log &default=0; set_requests: count &log &default=0; display_string: string &log &optional;
    up_since: time &log &optional;
};

type SMTP::Entity: record {
    filename: string &optional;
};

type SMTP::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; trans_depth: count &log; helo: string &log &optional;
    mailfrom: string &log &optional; rcptto: set[string] &log &optional; date: string &log &optional;
    from: string &log &optional; to: set[string] &log &optional; cc: set[string] &log &optional;
    reply_to: string &log &optional; msg_id: string &log &optional; in_reply_to: string &log &optional;
    subject: string &log &optional; x_originating_ip: addr &log &optional; first_received: string &log &optional;
    second_received: string &log &optional; last_reply: string &log &optional; path: vector of addr &log &optional;
    user_agent: string &log &optional; tls: bool &log &default=F; process_received_from: bool &default=T;
    has_client_activity: bool &default=F; entity: SMTP::Entity &optional;
    fuids: vector of string &log &default=vector();
};

type SMTP::State: record {
    helo: string &optional; messages_transferred: count &default=0; pending_messages: set[SMTP::Info] &optional;
    mime_depth: count &default=0;
};

type SOCKS::Address: record {
    host: addr &optional; name: string &optional;
};

type SOCKS::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; version: count &log; user: string &log &optional;
    password: string &log &optional; status: string &log &optional; request: SOCKS::Address &log &optional;
    request_p: port &log &optional; bound: SOCKS::Address &log &optional; bound_p: port &log &optional;
};

type Direction: enum {
    GLOBAL::INBOUND, GLOBAL::OUTBOUND, GLOBAL::BIDIRECTIONAL, GLOBAL::NO_DIRECTION,
};

type SSH::Algorithm_Prefs: record {
    client_to_server: vector of string &optional; server_to_client: vector of string &optional;
};

type SSH::Capabilities: record {
    kex_algorithms: vector of string; server_host_key_algorithms: vector of string;
    encryption_algorithms: SSH::Algorithm_Prefs; mac_algorithms: SSH::Algorithm_Prefs;
    compression_algorithms: SSH::Algorithm_Prefs; languages: SSH::Algorithm_Prefs &optional; is_server: bool;
};

type SSH::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; version: count &log; auth_success: bool &log &optional;
    auth_attempts: count &log &optional; direction: Direction &log &optional; client: string &log &optional;
    server: string &log &optional; cipher_alg: string &log &optional; mac_alg: string &log &optional;
    compression_alg: string &log &optional; kex_alg: string &log &optional; host_key_alg: string &log &optional;
    host_key: string &log &optional; logged: bool &default=F; capabilities: SSH::Capabilities &optional;
    analyzer_id: count &optional;
};

type Syslog::Info: record {
    ts: time &log; uid: string &log; id: conn_id &log; proto: transport_proto &log; facility: string &log;
    severity: string &log; message: string &log;
};

type SMB::Action: enum {
    SMB::FILE_READ, SMB::FILE_WRITE, SMB::FILE_OPEN, SMB::FILE_CLOSE, SMB::FILE_DELETE, SMB::FILE_RENAME,
    SMB::PIPE_READ, SMB::PIPE_WRITE, SMB::PIPE_OPEN, SMB::PIPE_CLOSE, SMB::PRINT_READ, SMB::PRINT_WRITE,
    SMB::PRINT_OPEN, SMB::PRINT_CLOSE,
};

type SMB::MACTimes: record {
    modified: time &log; accessed: time &log; created: time &log; changed: time &log;
};

type SMB::FileInfo: record {
    ts: time &log; uid: string &log; id: conn_id &log; fuid: string &log &optional;
    action: SMB::Action &log &optional; path: string &log &optional; name: string &log &optional;
    size: count &log &default=0; prev_name: string &log &optional; times: SMB::MACTimes &log &optional;
    fid: count &optional; uuid: string &optional;
};
