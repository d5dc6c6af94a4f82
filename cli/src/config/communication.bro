# The options of the Communication framework of Bro 2.5. Only those that a script sets have a value.

module Communication;

export {
    type Node: record {
        host: addr;
        zone_id: string &optional;
        p: port &optional;
        class: string &optional;
        events: pattern &optional;
        connect: bool &default=F;
        retry: interval &default=0 secs;
        accept_input: bool &default=T;
        capture_filter: string &optional;
        request_logs: bool &default=F;
        sync: bool &default=F;
        auth: bool &default=F;
        ssl: bool &default=F;
        compression: count &optional;
    };

    global nodes: table[string] of Node &redef;

    const listen_interface: addr &redef;
    const listen_port: port &redef;
    const listen_ssl: bool &redef;
    const listen_ipv6: bool &redef;
    const listen_ipv6_zone_id: string &redef;
    const listen_retry: interval &redef;
    const compression_level: count &redef;
}

module Control;

export {
    const controller_events = /Control::.*_request/ &redef;
    const controllee_events = /Control::.*_response/ &redef;
}

module GLOBAL;

const peer_description: string &redef;
const forward_remote_events: bool &redef;
const forward_remote_state_changes: bool &redef;
const remote_check_sync_consistency: bool &redef;
const ssl_ca_certificate: string &redef;
const ssl_private_key: string &redef;
const ssl_passphrase: string &redef;
