# Types of the scripts that come with Bro 2.5.5, with the fields that other scripts add to them.

type gtp_update_pdp_ctx_response_elements: record {
    cause: count; recovery: count &optional; data1: count &optional; cp: count &optional;
    charging_id: count &optional; cp_addr: gtp_gsn_addr &optional; user_addr: gtp_gsn_addr &optional;
    qos_prof: gtp_qos_profile &optional; charge_gateway: addr &optional; ext: gtp_private_extension &optional;
};

type mime_header_rec: record {
    name: string; value: string;
};

type http_message_stat: record {
    start: time; interrupted: bool; finish_msg: string; body_length: count; content_gap_length: count;
    header_length: count;
};

type http_stats_rec: record {
    num_requests: count; num_replies: count; request_version: double; reply_version: double;
};

type icmp_context: record {
    id: conn_id; len: count; proto: count; frag_offset: count; bad_hdr_len: bool; bad_checksum: bool; MF: bool;
    DF: bool;
};

type icmp6_nd_prefix_info: record {
    prefix_len: count; L_flag: bool; A_flag: bool; valid_lifetime: interval; preferred_lifetime: interval;
    prefix: addr;
};

type icmp6_nd_option: record {
    otype: count; len: count; link_address: string &optional; prefix: icmp6_nd_prefix_info &optional;
    redirect: icmp_context &optional; mtu: count &optional; payload: string &optional;
};

type interconn_endp_stats: record {
    num_pkts: count; num_keystrokes_two_in_row: count; num_normal_interarrivals: count; num_8k0_pkts: count;
    num_8k4_pkts: count; is_partial: bool; num_bytes: count; num_7bit_ascii: count; num_lines: count;
    num_normal_lines: count;
};

type irc_join_info: record {
    nick: string; channel: string; password: string; usermode: string;
};

type KRB::Ticket: record {
    pvno: count; realm: string; service_name: string; cipher: count; ciphertext: string &optional;
};

type KRB::AP_Options: record {
    use_session_key: bool; mutual_required: bool;
};

type KRB::KDC_Options: record {
    forwardable: bool; forwarded: bool; proxiable: bool; proxy: bool; allow_postdate: bool; postdated: bool;
    renewable: bool; opt_hardware_auth: bool; disable_transited_check: bool; renewable_ok: bool;
    enc_tkt_in_skey: bool; renew: bool; validate: bool;
};

type KRB::KDC_Request: record {
    pvno: count; msg_type: count; pa_data: vector of KRB::Type_Value &optional; kdc_options: KRB::KDC_Options;
    client_name: string &optional; service_realm: string; service_name: string &optional; from: time &optional;
    till: time; rtime: time &optional; nonce: count; encryption_types: vector of count;
    host_addrs: vector of KRB::Host_Address &optional; additional_tickets: vector of KRB::Ticket &optional;
};

type KRB::KDC_Response: record {
    pvno: count; msg_type: count; pa_data: vector of KRB::Type_Value &optional; client_realm: string &optional;
    client_name: string; ticket: KRB::Ticket;
};

type KRB::Error_Msg: record {
    pvno: count; msg_type: count; client_time: time &optional; server_time: time; error_code: count;
    client_realm: string &optional; client_name: string &optional; service_realm: string; service_name: string;
    error_text: string &optional; pa_data: vector of KRB::Type_Value &optional;
};

type KRB::SAFE_Msg: record {
    pvno: count; msg_type: count; data: string; timestamp: time &optional; seq: count &optional;
    sender: KRB::Host_Address &optional; recipient: KRB::Host_Address &optional;
};

type ModbusHeaders: record {
    tid: count; pid: count; uid: count; function_code: count;
};

type call_argument: record {
    name: string; type_name: string; default_val: any &optional; value: any &optional;
};

type rpc_status: enum {
    GLOBAL::RPC_SUCCESS, GLOBAL::RPC_PROG_UNAVAIL, GLOBAL::RPC_PROG_MISMATCH, GLOBAL::RPC_PROC_UNAVAIL,
    GLOBAL::RPC_GARBAGE_ARGS, GLOBAL::RPC_SYSTEM_ERR, GLOBAL::RPC_TIMEOUT, GLOBAL::RPC_VERS_MISMATCH,
    GLOBAL::RPC_AUTH_ERROR, GLOBAL::RPC_UNKNOWN_ERROR,
};

type NFS3::status_t: enum {
    NFS3::NFS3ERR_OK, NFS3::NFS3ERR_PERM, NFS3::NFS3ERR_NOENT, NFS3::NFS3ERR_IO = 5, NFS3::NFS3ERR_NXIO,
    NFS3::NFS3ERR_ACCES = 13, NFS3::NFS3ERR_EXIST = 17, NFS3::NFS3ERR_XDEV, NFS3::NFS3ERR_NODEV,
    NFS3::NFS3ERR_NOTDIR, NFS3::NFS3ERR_ISDIR, NFS3::NFS3ERR_INVAL, NFS3::NFS3ERR_FBIG = 27, NFS3::NFS3ERR_NOSPC,
    NFS3::NFS3ERR_ROFS = 30, NFS3::NFS3ERR_MLINK, NFS3::NFS3ERR_NAMETOOLONG = 63, NFS3::NFS3ERR_NOTEMPTY = 66,
    NFS3::NFS3ERR_DQUOT = 69, NFS3::NFS3ERR_STALE, NFS3::NFS3ERR_REMOTE, NFS3::NFS3ERR_BADHANDLE = 10001,
    NFS3::NFS3ERR_NOT_SYNC, NFS3::NFS3ERR_BAD_COOKIE, NFS3::NFS3ERR_NOTSUPP, NFS3::NFS3ERR_TOOSMALL,
    NFS3::NFS3ERR_SERVERFAULT, NFS3::NFS3ERR_BADTYPE, NFS3::NFS3ERR_JUKEBOX, NFS3::NFS3ERR_UNKNOWN = 4294967295,
};

type NFS3::info_t: record {
    rpc_stat: rpc_status; nfs_stat: NFS3::status_t; req_start: time; req_dur: interval; req_len: count;
    rep_start: time; rep_dur: interval; rep_len: count;
};

type NFS3::diropargs_t: record {
    dirfh: string; fname: string;
};

type NFS3::file_type_t: enum {
    NFS3::FTYPE_REG = 1, NFS3::FTYPE_DIR, NFS3::FTYPE_BLK, NFS3::FTYPE_CHR, NFS3::FTYPE_LNK, NFS3::FTYPE_SOCK,
    NFS3::FTYPE_FIFO,
};

type NFS3::fattr_t: record {
    ftype: NFS3::file_type_t; mode: count; nlink: count; uid: count; gid: count; size: count; used: count;
    rdev1: count; rdev2: count; fsid: count; fileid: count; atime: time; mtime: time; ctime: time;
};

type NFS3::wcc_attr_t: record {
    size: count; atime: time; mtime: time;
};

type NFS3::newobj_reply_t: record {
    fh: string &optional; obj_attr: NFS3::fattr_t &optional; dir_pre_attr: NFS3::wcc_attr_t &optional;
    dir_post_attr: NFS3::fattr_t &optional;
};

type NFS3::lookup_reply_t: record {
    fh: string &optional; obj_attr: NFS3::fattr_t &optional; dir_attr: NFS3::fattr_t &optional;
};

type NFS3::proc_t: enum {
    NFS3::PROC_NULL, NFS3::PROC_GETATTR, NFS3::PROC_SETATTR, NFS3::PROC_LOOKUP, NFS3::PROC_ACCESS,
    NFS3::PROC_READLINK, NFS3::PROC_READ, NFS3::PROC_WRITE, NFS3::PROC_CREATE, NFS3::PROC_MKDIR, NFS3::PROC_SYMLINK,
    NFS3::PROC_MKNOD, NFS3::PROC_REMOVE, NFS3::PROC_RMDIR, NFS3::PROC_RENAME, NFS3::PROC_LINK, NFS3::PROC_READDIR,
    NFS3::PROC_READDIRPLUS, NFS3::PROC_FSSTAT, NFS3::PROC_FSINFO, NFS3::PROC_PATHCONF, NFS3::PROC_COMMIT,
    NFS3::PROC_END_OF_PROCS,
};

type NFS3::readargs_t: record {
    fh: string; offset: count; size: count;
};

type NFS3::read_reply_t: record {
    attr: NFS3::fattr_t &optional; size: count &optional; eof: bool &optional; data: string &optional;
};

type NFS3::readdirargs_t: record {
    isplus: bool; dirfh: string; cookie: count; cookieverf: count; dircount: count; maxcount: count &optional;
};

type NFS3::direntry_t: record {
    fileid: count; fname: string; cookie: count; attr: NFS3::fattr_t &optional; fh: string &optional;
};

type NFS3::readdir_reply_t: record {
    isplus: bool; dir_attr: NFS3::fattr_t &optional; cookieverf: count &optional;
    entries: vector of NFS3::direntry_t &optional; eof: bool;
};

type NFS3::readlink_reply_t: record {
    attr: NFS3::fattr_t &optional; nfspath: string &optional;
};

type NFS3::delobj_reply_t: record {
    dir_pre_attr: NFS3::wcc_attr_t &optional; dir_post_attr: NFS3::fattr_t &optional;
};

type NFS3::stable_how_t: enum {
    NFS3::UNSTABLE, NFS3::DATA_SYNC, NFS3::FILE_SYNC,
};

type NFS3::writeargs_t: record {
    fh: string; offset: count; size: count; stable: NFS3::stable_how_t; data: string &optional;
};

type NFS3::write_reply_t: record {
    preattr: NFS3::wcc_attr_t &optional; postattr: NFS3::fattr_t &optional; size: count &optional;
    commited: NFS3::stable_how_t &optional; verf: count &optional;
};

type NTLM::NegotiateFlags: record {
    negotiate_56: bool; negotiate_key_exch: bool; negotiate_128: bool; negotiate_version: bool;
    negotiate_target_info: bool; request_non_nt_session_key: bool; negotiate_identify: bool;
    negotiate_extended_sessionsecurity: bool; target_type_server: bool; target_type_domain: bool;
    negotiate_always_sign: bool; negotiate_oem_workstation_supplied: bool; negotiate_oem_domain_supplied: bool;
    negotiate_anonymous_connection: bool; negotiate_ntlm: bool; negotiate_lm_key: bool; negotiate_datagram: bool;
    negotiate_seal: bool; negotiate_sign: bool; request_target: bool; negotiate_oem: bool; negotiate_unicode: bool;
};

type NTLM::Version: record {
    major: count; minor: count; build: count; ntlmssp: count;
};

type NTLM::Authenticate: record {
    flags: NTLM::NegotiateFlags; domain_name: string &optional; user_name: string &optional;
    workstation: string &optional; session_key: string &optional; version: NTLM::Version &optional;
};

type NTLM::AVs: record {
    nb_computer_name: string; nb_domain_name: string; dns_computer_name: string &optional;
    dns_domain_name: string &optional; dns_tree_name: string &optional; constrained_auth: bool &optional;
    timestamp: time &optional; single_host_id: count &optional; target_name: string &optional;
};

type NTLM::Challenge: record {
    flags: NTLM::NegotiateFlags; target_name: string &optional; version: NTLM::Version &optional;
    target_info: NTLM::AVs &optional;
};

type NTLM::Negotiate: record {
    flags: NTLM::NegotiateFlags; domain_name: string &optional; workstation: string &optional;
    version: NTLM::Version &optional;
};

type ntp_msg: record {
    id: count; code: count; stratum: count; poll: count; precision: int; distance: interval; dispersion: interval;
    ref_t: time; originate_t: time; receive_t: time; xmit_t: time;
};

type PE::DOSHeader: record {
    signature: string; used_bytes_in_last_page: count; file_in_pages: count; num_reloc_items: count;
    header_in_paragraphs: count; min_extra_paragraphs: count; max_extra_paragraphs: count; init_relative_ss: count;
    init_sp: count; checksum: count; init_ip: count; init_relative_cs: count; addr_of_reloc_table: count;
    overlay_num: count; oem_id: count; oem_info: count; addr_of_new_exe_header: count;
};

type PE::FileHeader: record {
    machine: count; ts: time; sym_table_ptr: count; num_syms: count; optional_header_size: count;
    characteristics: set[count];
};

type PE::OptionalHeader: record {
    magic: count; major_linker_version: count; minor_linker_version: count; size_of_code: count;
    size_of_init_data: count; size_of_uninit_data: count; addr_of_entry_point: count; base_of_code: count;
    base_of_data: count &optional; image_base: count; section_alignment: count; file_alignment: count;
    os_version_major: count; os_version_minor: count; major_image_version: count; minor_image_version: count;
    major_subsys_version: count; minor_subsys_version: count; size_of_image: count; size_of_headers: count;
    checksum: count; subsystem: count; dll_characteristics: set[count]; table_sizes: vector of count;
};

type PE::SectionHeader: record {
    name: string; virtual_size: count; virtual_addr: count; size_of_raw_data: count; ptr_to_raw_data: count;
    ptr_to_relocs: count; ptr_to_line_nums: count; num_of_relocs: count; num_of_line_nums: count;
    characteristics: set[count];
};

type pm_callit_request: record {
    program: count; version: count; proc: count; arg_size: count;
};

type pm_port_request: record {
    program: count; version: count; is_tcp: bool;
};

type pm_mapping: record {
    program: count; version: count; p: port;
};

type RADIUS::Message: record {
    code: count; trans_id: count; authenticator: string; attributes: table[count] of vector of string &optional;
};

type link_encap: enum {
    GLOBAL::LINK_ETHERNET, GLOBAL::LINK_UNKNOWN,
};

type layer3_proto: enum {
    GLOBAL::L3_IPV4, GLOBAL::L3_IPV6, GLOBAL::L3_ARP, GLOBAL::L3_UNKNOWN,
};

type l2_hdr: record {
    encap: link_encap; len: count; cap_len: count; src: string &optional; dst: string &optional;
    vlan: count &optional; inner_vlan: count &optional; eth_type: count &optional; proto: layer3_proto;
};

type raw_pkt_hdr: record {
    l2: l2_hdr; ip: ip4_hdr &optional; ip6: ip6_hdr &optional; tcp: tcp_hdr &optional; udp: udp_hdr &optional;
    icmp: icmp_hdr &optional;
};

type RDP::EarlyCapabilityFlags: record {
    support_err_info_pdu: bool; want_32bpp_session: bool; support_statusinfo_pdu: bool; strong_asymmetric_keys: bool;
    support_monitor_layout_pdu: bool; support_netchar_autodetect: bool; support_dynvc_gfx_protocol: bool;
    support_dynamic_time_zone: bool; support_heartbeat_pdu: bool;
};

type RDP::ClientCoreData: record {
    version_major: count; version_minor: count; desktop_width: count; desktop_height: count; color_depth: count;
    sas_sequence: count; keyboard_layout: count; client_build: count; client_name: string; keyboard_type: count;
    keyboard_sub: count; keyboard_function_key: count; ime_file_name: string;
    post_beta2_color_depth: count &optional; client_product_id: string &optional; serial_number: count &optional;
    high_color_depth: count &optional; supported_color_depths: count &optional;
    ec_flags: RDP::EarlyCapabilityFlags &optional; dig_product_id: string &optional;
};

type signature_state: record {
    sig_id: string; conn: connection; is_orig: bool; payload_size: count;
};

type SMB1::Header: record {
    command: count; status: count; flags: count; flags2: count; tid: count; pid: count; uid: count; mid: count;
};

type SMB1::NegotiateResponseCore: record {
    dialect_index: count;
};

type SMB1::NegotiateResponseSecurity: record {
    user_level: bool; challenge_response: bool; signatures_enabled: bool &optional;
    signatures_required: bool &optional;
};

type SMB1::NegotiateRawMode: record {
    read_raw: bool; write_raw: bool;
};

type SMB1::NegotiateResponseLANMAN: record {
    word_count: count; dialect_index: count; security_mode: SMB1::NegotiateResponseSecurity; max_buffer_size: count;
    max_mpx_count: count; max_number_vcs: count; raw_mode: SMB1::NegotiateRawMode; session_key: count;
    server_time: time; encryption_key: string; primary_domain: string;
};

type SMB1::NegotiateCapabilities: record {
    raw_mode: bool; mpx_mode: bool; unicode: bool; large_files: bool; nt_smbs: bool; rpc_remote_apis: bool;
    status32: bool; level_2_oplocks: bool; lock_and_read: bool; nt_find: bool; dfs: bool; infolevel_passthru: bool;
    large_readx: bool; large_writex: bool; unix: bool; bulk_transfer: bool; compressed_data: bool;
    extended_security: bool;
};

type SMB1::NegotiateResponseNTLM: record {
    word_count: count; dialect_index: count; security_mode: SMB1::NegotiateResponseSecurity; max_buffer_size: count;
    max_mpx_count: count; max_number_vcs: count; max_raw_size: count; session_key: count;
    capabilities: SMB1::NegotiateCapabilities; server_time: time; encryption_key: string &optional;
    domain_name: string &optional; guid: string &optional; security_blob: string;
};

type SMB1::NegotiateResponse: record {
    core: SMB1::NegotiateResponseCore &optional; lanman: SMB1::NegotiateResponseLANMAN &optional;
    ntlm: SMB1::NegotiateResponseNTLM &optional;
};

type SMB1::SessionSetupAndXCapabilities: record {
    unicode: bool; large_files: bool; nt_smbs: bool; status32: bool; level_2_oplocks: bool; nt_find: bool;
};

type SMB1::SessionSetupAndXRequest: record {
    word_count: count; max_buffer_size: count; max_mpx_count: count; vc_number: count; session_key: count;
    native_os: string; native_lanman: string; account_name: string &optional; account_password: string &optional;
    primary_domain: string &optional; case_insensitive_password: string &optional;
    case_sensitive_password: string &optional; security_blob: string &optional;
    capabilities: SMB1::SessionSetupAndXCapabilities &optional;
};

type SMB1::SessionSetupAndXResponse: record {
    word_count: count; is_guest: bool &optional; native_os: string &optional; native_lanman: string &optional;
    primary_domain: string &optional; security_blob: string &optional;
};

type SMB1::Find_First2_Request_Args: record {
    search_attrs: count; search_count: count; flags: count; info_level: count; search_storage_type: count;
    file_name: string;
};

type SMB2::Header: record {
    credit_charge: count; status: count; command: count; credits: count; flags: count; message_id: count;
    process_id: count; tree_id: count; session_id: count; signature: string;
};

type SMB2::GUID: record {
    persistent: count; volatile: count;
};
