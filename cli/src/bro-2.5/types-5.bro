# Types of the scripts that come with Bro 2.5.5, with the fields that other scripts add to them.

type SMB2::FileAttrs: record {
    read_only: bool; hidden: bool; system: bool; directory: bool; archive: bool; normal: bool; temporary: bool;
    sparse_file: bool; reparse_point: bool; compressed: bool; offline: bool; not_content_indexed: bool;
    encrypted: bool; integrity_stream: bool; no_scrub_data: bool;
};

type SMB2::CloseResponse: record {
    alloc_size: count; eof: count; times: SMB::MACTimes; attrs: SMB2::FileAttrs;
};

type SMB2::NegotiateResponse: record {
    dialect_revision: count; security_mode: count; server_guid: string; system_time: time; server_start_time: time;
};

type SMB2::SessionSetupRequest: record {
    security_mode: count;
};

type SMB2::SessionSetupFlags: record {
    guest: bool; anonymous: bool; encrypt: bool;
};

type SMB2::SessionSetupResponse: record {
    flags: SMB2::SessionSetupFlags;
};

type SMB2::TreeConnectResponse: record {
    share_type: count;
};

type SNMP::HeaderV1: record {
    community: string;
};

type SNMP::HeaderV2: record {
    community: string;
};

type SNMP::ScopedPDU_Context: record {
    engine_id: string; name: string;
};

type SNMP::HeaderV3: record {
    id: count; max_size: count; flags: count; auth_flag: bool; priv_flag: bool; reportable_flag: bool;
    security_model: count; security_params: string; pdu_context: SNMP::ScopedPDU_Context &optional;
};

type SNMP::Header: record {
    version: count; v1: SNMP::HeaderV1 &optional; v2: SNMP::HeaderV2 &optional; v3: SNMP::HeaderV3 &optional;
};

type SNMP::ObjectValue: record {
    tag: count; oid: string &optional; signed: int &optional; unsigned: count &optional; address: addr &optional;
    octets: string &optional;
};

type SNMP::Binding: record {
    oid: string; value: SNMP::ObjectValue;
};

type SNMP::BulkPDU: record {
    request_id: int; non_repeaters: count; max_repititions: count; bindings: vector of SNMP::Binding;
};

type SNMP::PDU: record {
    request_id: int; error_status: int; error_index: int; bindings: vector of SNMP::Binding;
};

type SNMP::TrapPDU: record {
    enterprise: string; agent: addr; generic_trap: int; specific_trap: int; time_stamp: count;
    bindings: vector of SNMP::Binding;
};

type software_version: record {
    major: int; minor: int; minor2: int; addl: string;
};

type software: record {
    name: string; version: software_version;
};

type SSL::SignatureAndHashAlgorithm: record {
    HashAlgorithm: count; SignatureAlgorithm: count;
};

type teredo_auth: record {
    id: string; value: string; nonce: count; confirm: count;
};

type teredo_origin: record {
    p: port; a: addr;
};

type teredo_hdr: record {
    auth: teredo_auth &optional; origin: teredo_origin &optional; hdr: pkt_hdr;
};
