# Events of Bro 2.5.5 and of the scripts that come with it.

event Barnyard2::barnyard_alert(id: Barnyard2::PacketID, alert: Barnyard2::AlertData, msg: string, data: string);
event CaptureLoss::take_measurement(last_ts: time, last_acks: count, last_gaps: count);
event ChecksumOffloading::check();
event Conn::log_conn(rec: Conn::Info);
event ConnPolling::check(c: connection, callback: function(c: connection, cnt: count): interval, cnt: count);
event ConnThreshold::bytes_threshold_crossed(c: connection, threshold: count, is_orig: bool);
event ConnThreshold::packets_threshold_crossed(c: connection, threshold: count, is_orig: bool);
event Control::configuration_update();
event Control::configuration_update_request();
event Control::configuration_update_response();
event Control::id_value_request(id: string);
event Control::id_value_response(id: string, val: string);
event Control::net_stats_request();
event Control::net_stats_response(s: string);
event Control::peer_status_request();
event Control::peer_status_response(s: string);
event Control::shutdown_request();
event Control::shutdown_response();
event DHCP::log_dhcp(rec: DHCP::Info);
event DNP3::log_dnp3(rec: DNP3::Info);
event DNS::log_dns(rec: DNS::Info);
event Dir::monitor_ev(
    dir: string, last_files: set[string], callback: function(fname: string), poll_interval: interval);
event Exec::file_line(description: Input::EventDescription, tpe: Input::Event, s: string);
event Exec::line(description: Input::EventDescription, tpe: Input::Event, s: string, is_stderr: bool);
event FTP::log_ftp(rec: FTP::Info);
event Files::log_files(rec: Files::Info);
event GridFTP::data_channel_detected(c: connection);
event HTTP::log_http(rec: HTTP::Info);
event IRC::irc_log(rec: IRC::Info);
event Input::end_of_data(name: string, source: string);
event InputRaw::process_finished(name: string, source: string, exit_code: count, signal_exit: bool);
event Intel::cluster_new_item(item: Intel::Item);
event Intel::log_intel(rec: Intel::Info);
event Intel::match(s: Intel::Seen, items: set[Intel::Item]);
event Intel::match_no_items(s: Intel::Seen);
event Intel::new_item(item: Intel::Item);
event Intel::purge_item(item: Intel::Item);
event Intel::read_entry(desc: Input::EventDescription, tpe: Input::Event, item: Intel::Item);
event Intel::remove_item(item: Intel::Item, purge_indicator: bool);
event KRB::log_krb(rec: KRB::Info);
event Known::log_known_certs(rec: Known::CertsInfo);
event Known::log_known_devices(rec: Known::DevicesInfo);
event Known::log_known_hosts(rec: Known::HostsInfo);
event Known::log_known_modbus(rec: Known::ModbusInfo);
event Known::log_known_services(rec: Known::ServicesInfo);
event Modbus::changed_register(c: connection, register: count, old_val: count, new_val: count, delta: interval);
event Modbus::log_modbus(rec: Modbus::Info);
event MySQL::log_mysql(rec: MySQL::Info);
event NetControl::catch_release_add(a: addr, location: string);
event NetControl::catch_release_block_delete(a: addr);
event NetControl::catch_release_block_new(a: addr, b: NetControl::BlockInfo);
event NetControl::catch_release_delete(a: addr, reason: string);
event NetControl::catch_release_encountered(a: addr);
event NetControl::catch_release_forgotten(a: addr, bi: NetControl::BlockInfo);
event NetControl::init();
event NetControl::init_done();
event NetControl::log_netcontrol(rec: NetControl::Info);
event NetControl::log_netcontrol_catch_release(rec: NetControl::CatchReleaseInfo);
event NetControl::log_netcontrol_drop(rec: NetControl::DropInfo);
event NetControl::log_netcontrol_shunt(rec: NetControl::ShuntInfo);
event NetControl::rule_destroyed(r: NetControl::Rule);
event NetControl::rule_new(r: NetControl::Rule);
event Notice::begin_suppression(ts: time, suppress_for: interval, note: Notice::Type, identifier: string);
event Notice::cluster_notice(n: Notice::Info);
event Notice::log_notice(rec: Notice::Info);
event Notice::suppressed(n: Notice::Info);
event OS_version_found(c: connection, host: addr, OS: OS_version);
event OpenFlow::controller_activated(name: string, controller: OpenFlow::Controller);
event OpenFlow::flow_mod_failure(
    name: string, match: OpenFlow::ofp_match, flow_mod: OpenFlow::ofp_flow_mod, msg: string);
event OpenFlow::flow_mod_success(
    name: string, match: OpenFlow::ofp_match, flow_mod: OpenFlow::ofp_flow_mod, msg: string);
event OpenFlow::flow_removed(
    name: string, match: OpenFlow::ofp_match, cookie: count, priority: count, reason: count, duration_sec: count,
    idle_timeout: count, packet_count: count, byte_count: count);
event OpenFlow::log_openflow(rec: OpenFlow::Info);
event PE::log_pe(rec: PE::Info);
event RADIUS::log_radius(rec: RADIUS::Info);
event RDP::log_rdp(rec: RDP::Info);
event RFB::log_rfb(rec: RFB::Info);
event SIP::log_sip(rec: SIP::Info);
event SMTP::log_smtp(rec: SMTP::Info);
event SNMP::log_snmp(rec: SNMP::Info);
event SOCKS::log_socks(rec: SOCKS::Info);
event SSH::log_ssh(rec: SSH::Info);
event SSL::intermediate_add(key: string, value: vector of opaque of x509);
event SSL::log_ssl(rec: SSL::Info);
event SSL::new_intermediate(key: string, value: vector of opaque of x509);
event Signatures::log_signature(rec: Signatures::Info);
event Software::log_software(rec: Software::Info);
event Stats::log_stats(rec: Stats::Info);
event SumStats::cluster_get_result(uid: string, ss_name: string, key: SumStats::Key, cleanup: bool);
event SumStats::cluster_key_intermediate_response(ss_name: string, key: SumStats::Key);
event SumStats::cluster_send_result(
    uid: string, ss_name: string, key: SumStats::Key, result: table[string] of SumStats::ResultVal, cleanup: bool);
event SumStats::cluster_ss_request(uid: string, ss_name: string, cleanup: bool);
event SumStats::cluster_threshold_crossed(ss_name: string, key: SumStats::Key, thold_index: count);
event SumStats::finish_epoch(ss: SumStats::SumStat);
event SumStats::get_a_key(uid: string, ss_name: string, cleanup: bool);
event SumStats::process_epoch_result(
    ss: SumStats::SumStat, now: time, data: table[SumStats::Key] of table[string] of SumStats::ResultVal);
event SumStats::send_a_key(uid: string, ss_name: string, key: SumStats::Key);
event SumStats::send_data(
    uid: string, ss_name: string, data: table[SumStats::Key] of table[string] of SumStats::ResultVal, cleanup: bool);
event SumStats::send_no_key(uid: string, ss_name: string);
event Traceroute::log_traceroute(rec: Traceroute::Info);
event Unified2::alert(f: fa_file, ev: Unified2::IDSEvent, pkt: Unified2::Packet);
event Unified2::log_unified2(rec: Unified2::Info);
event Unified2::read_classification_line(desc: Input::EventDescription, tpe: Input::Event, line: string);
event Unified2::read_gen_msg_line(desc: Input::EventDescription, tpe: Input::Event, line: string);
event Unified2::read_sid_msg_line(desc: Input::EventDescription, tpe: Input::Event, line: string);
event Weird::log_weird(rec: Weird::Info);
event WeirdStats::log_weird_stats(rec: WeirdStats::Info);
event X509::log_x509(rec: X509::Info);
event activating_encryption(c: connection);
event anonymization_mapping(orig: addr, mapped: addr);
event arp_reply(mac_src: string, mac_dst: string, SPA: addr, SHA: string, TPA: addr, THA: string);
event arp_request(mac_src: string, mac_dst: string, SPA: addr, SHA: string, TPA: addr, THA: string);
event authentication_accepted(name: string, c: connection);
event authentication_rejected(name: string, c: connection);
event authentication_skipped(c: connection);
event backdoor_remove_conn(c: connection);
event backdoor_stats(c: connection, os: backdoor_endp_stats, rs: backdoor_endp_stats);
event bad_arp(SPA: addr, SHA: string, TPA: addr, THA: string, explanation: string);
event bad_option(c: connection);
event bad_option_termination(c: connection);
event bittorrent_peer_bitfield(c: connection, is_orig: bool, bitfield: string);
event bittorrent_peer_cancel(c: connection, is_orig: bool, index: count, begin: count, length: count);
event bittorrent_peer_choke(c: connection, is_orig: bool);
event bittorrent_peer_handshake(c: connection, is_orig: bool, reserved: string, info_hash: string, peer_id: string);
event bittorrent_peer_have(c: connection, is_orig: bool, piece_index: count);
event bittorrent_peer_interested(c: connection, is_orig: bool);
event bittorrent_peer_keep_alive(c: connection, is_orig: bool);
event bittorrent_peer_not_interested(c: connection, is_orig: bool);
event bittorrent_peer_piece(c: connection, is_orig: bool, index: count, begin: count, piece_length: count);
event bittorrent_peer_port(c: connection, is_orig: bool, listen_port: port);
event bittorrent_peer_request(c: connection, is_orig: bool, index: count, begin: count, length: count);
event bittorrent_peer_unchoke(c: connection, is_orig: bool);
event bittorrent_peer_unknown(c: connection, is_orig: bool, message_id: count, data: string);
event bittorrent_peer_weird(c: connection, is_orig: bool, msg: string);
event bro_done();
event bro_init();
event bro_script_loaded(path: string, level: count);
event bt_tracker_request(c: connection, uri: string, headers: table[string] of string);
event bt_tracker_response(
    c: connection, status: count, headers: table[string] of string, peers: set[bittorrent_peer],
    benc: table[string] of bittorrent_benc_value);
event bt_tracker_response_not_ok(c: connection, status: count, headers: table[string] of string);
event bt_tracker_weird(c: connection, is_orig: bool, msg: string);
event check_record(c: connection);
event check_stats(
    then: time, last_ns: NetStats, last_cs: ConnStats, last_ps: ProcStats, last_es: EventStats,
    last_rs: ReassemblerStats, last_ts: TimerStats, last_fs: FileAnalysisStats, last_ds: DNSStats);
event conn_bytes_threshold_crossed(c: connection, threshold: count, is_orig: bool);
event conn_packets_threshold_crossed(c: connection, threshold: count, is_orig: bool);
event conn_stats(c: connection, os: endpoint_stats, rs: endpoint_stats);
event conn_weird(name: string, c: connection, addl: string);
event connection_EOF(c: connection, is_orig: bool);
event connection_SYN_packet(c: connection, pkt: SYN_packet);
event connection_attempt(c: connection);
event connection_established(c: connection);
event connection_external(c: connection, tag: string);
event connection_finished(c: connection);
event connection_first_ACK(c: connection);
event connection_flow_label_changed(c: connection, is_orig: bool, old_label: count, new_label: count);
event connection_half_finished(c: connection);
event connection_partial_close(c: connection);
event connection_pending(c: connection);
event connection_rejected(c: connection);
event connection_reset(c: connection);
event connection_reused(c: connection);
event connection_state_remove(c: connection);
event connection_status_update(c: connection);
event connection_timeout(c: connection);
event content_gap(c: connection, is_orig: bool, seq: count, length: count);
event contents_file_write_failure(c: connection, is_orig: bool, msg: string);
event dce_rpc_bind(c: connection, fid: count, uuid: string, ver_major: count, ver_minor: count);
event dce_rpc_bind_ack(c: connection, fid: count, sec_addr: string);
event dce_rpc_message(c: connection, is_orig: bool, fid: count, ptype_id: count, ptype: DCE_RPC::PType);
event dce_rpc_request(c: connection, fid: count, opnum: count, stub_len: count);
event dce_rpc_response(c: connection, fid: count, opnum: count, stub_len: count);
event delay_sending_email(n: Notice::Info, dest: string, extend: bool);
event dhcp_ack(
    c: connection, msg: dhcp_msg, mask: addr, router: table[count] of addr, lease: interval, serv_addr: addr,
    host_name: string);
event dhcp_decline(c: connection, msg: dhcp_msg, host_name: string);
event dhcp_discover(c: connection, msg: dhcp_msg, req_addr: addr, host_name: string);
event dhcp_inform(c: connection, msg: dhcp_msg, host_name: string);
event dhcp_nak(c: connection, msg: dhcp_msg, host_name: string);
event dhcp_offer(
    c: connection, msg: dhcp_msg, mask: addr, router: table[count] of addr, lease: interval, serv_addr: addr,
    host_name: string);
event dhcp_release(c: connection, msg: dhcp_msg, host_name: string);
event dhcp_request(c: connection, msg: dhcp_msg, req_addr: addr, serv_addr: addr, host_name: string);
event dnp3_analog_input_16wFlag(c: connection, is_orig: bool, flag: count, value: count);
event dnp3_analog_input_16woFlag(c: connection, is_orig: bool, value: count);
event dnp3_analog_input_32wFlag(c: connection, is_orig: bool, flag: count, value: count);
event dnp3_analog_input_32woFlag(c: connection, is_orig: bool, value: count);
event dnp3_analog_input_DPwFlag(c: connection, is_orig: bool, flag: count, value_low: count, value_high: count);
event dnp3_analog_input_SPwFlag(c: connection, is_orig: bool, flag: count, value: count);
event dnp3_analog_input_event_16wTime(c: connection, is_orig: bool, flag: count, value: count, time48: count);
event dnp3_analog_input_event_16woTime(c: connection, is_orig: bool, flag: count, value: count);
event dnp3_analog_input_event_32wTime(c: connection, is_orig: bool, flag: count, value: count, time48: count);
event dnp3_analog_input_event_32woTime(c: connection, is_orig: bool, flag: count, value: count);
event dnp3_analog_input_event_DPwTime(
    c: connection, is_orig: bool, flag: count, value_low: count, value_high: count, time48: count);
event dnp3_analog_input_event_DPwoTime(
    c: connection, is_orig: bool, flag: count, value_low: count, value_high: count);
event dnp3_analog_input_event_SPwTime(c: connection, is_orig: bool, flag: count, value: count, time48: count);
event dnp3_analog_input_event_SPwoTime(c: connection, is_orig: bool, flag: count, value: count);
event dnp3_application_request_header(c: connection, is_orig: bool, application: count, fc: count);
event dnp3_application_response_header(c: connection, is_orig: bool, application: count, fc: count, iin: count);
event dnp3_attribute_common(c: connection, is_orig: bool, data_type_code: count, leng: count, attribute_obj: string);
event dnp3_counter_16wFlag(c: connection, is_orig: bool, flag: count, count_value: count);
event dnp3_counter_16woFlag(c: connection, is_orig: bool, count_value: count);
event dnp3_counter_32wFlag(c: connection, is_orig: bool, flag: count, count_value: count);
event dnp3_counter_32woFlag(c: connection, is_orig: bool, count_value: count);
event dnp3_crob(
    c: connection, is_orig: bool, control_code: count, count8: count, on_time: count, off_time: count,
    status_code: count);
event dnp3_debug_byte(c: connection, is_orig: bool, debug: string);
event dnp3_file_transport(c: connection, is_orig: bool, file_handle: count, block_num: count, file_data: string);
event dnp3_frozen_analog_input_16wFlag(c: connection, is_orig: bool, flag: count, frozen_value: count);
event dnp3_frozen_analog_input_16wTime(c: connection, is_orig: bool, flag: count, frozen_value: count, time48: count);
event dnp3_frozen_analog_input_16woFlag(c: connection, is_orig: bool, frozen_value: count);
event dnp3_frozen_analog_input_32wFlag(c: connection, is_orig: bool, flag: count, frozen_value: count);
event dnp3_frozen_analog_input_32wTime(c: connection, is_orig: bool, flag: count, frozen_value: count, time48: count);
event dnp3_frozen_analog_input_32woFlag(c: connection, is_orig: bool, frozen_value: count);
event dnp3_frozen_analog_input_DPwFlag(
    c: connection, is_orig: bool, flag: count, frozen_value_low: count, frozen_value_high: count);
event dnp3_frozen_analog_input_SPwFlag(c: connection, is_orig: bool, flag: count, frozen_value: count);
event dnp3_frozen_analog_input_event_16wTime(
    c: connection, is_orig: bool, flag: count, frozen_value: count, time48: count);
event dnp3_frozen_analog_input_event_16woTime(c: connection, is_orig: bool, flag: count, frozen_value: count);
event dnp3_frozen_analog_input_event_32wTime(
    c: connection, is_orig: bool, flag: count, frozen_value: count, time48: count);
event dnp3_frozen_analog_input_event_32woTime(c: connection, is_orig: bool, flag: count, frozen_value: count);
event dnp3_frozen_analog_input_event_DPwTime(
    c: connection, is_orig: bool, flag: count, frozen_value_low: count, frozen_value_high: count, time48: count);
event dnp3_frozen_analog_input_event_DPwoTime(
    c: connection, is_orig: bool, flag: count, frozen_value_low: count, frozen_value_high: count);
event dnp3_frozen_analog_input_event_SPwTime(
    c: connection, is_orig: bool, flag: count, frozen_value: count, time48: count);
event dnp3_frozen_analog_input_event_SPwoTime(c: connection, is_orig: bool, flag: count, frozen_value: count);
event dnp3_frozen_counter_16wFlag(c: connection, is_orig: bool, flag: count, count_value: count);
event dnp3_frozen_counter_16wFlagTime(c: connection, is_orig: bool, flag: count, count_value: count, time48: count);
event dnp3_frozen_counter_16woFlag(c: connection, is_orig: bool, count_value: count);
event dnp3_frozen_counter_32wFlag(c: connection, is_orig: bool, flag: count, count_value: count);
event dnp3_frozen_counter_32wFlagTime(c: connection, is_orig: bool, flag: count, count_value: count, time48: count);
event dnp3_frozen_counter_32woFlag(c: connection, is_orig: bool, count_value: count);
event dnp3_header_block(
    c: connection, is_orig: bool, start: count, len: count, ctrl: count, dest_addr: count, src_addr: count);
event dnp3_object_header(
    c: connection, is_orig: bool, obj_type: count, qua_field: count, number: count, rf_low: count, rf_high: count);
event dnp3_object_prefix(c: connection, is_orig: bool, prefix_value: count);
event dnp3_pcb(
    c: connection, is_orig: bool, control_code: count, count8: count, on_time: count, off_time: count,
    status_code: count);
event dnp3_response_data_object(c: connection, is_orig: bool, data_value: count);
event dns_A6_reply(c: connection, msg: dns_msg, ans: dns_answer, a: addr);
event dns_AAAA_reply(c: connection, msg: dns_msg, ans: dns_answer, a: addr);
event dns_A_reply(c: connection, msg: dns_msg, ans: dns_answer, a: addr);
event dns_CAA_reply(c: connection, msg: dns_msg, ans: dns_answer, flags: count, tag: string, value: string);
event dns_CNAME_reply(c: connection, msg: dns_msg, ans: dns_answer, name: string);
event dns_EDNS_addl(c: connection, msg: dns_msg, ans: dns_edns_additional);
event dns_HINFO_reply(c: connection, msg: dns_msg, ans: dns_answer);
event dns_MX_reply(c: connection, msg: dns_msg, ans: dns_answer, name: string, preference: count);
event dns_NS_reply(c: connection, msg: dns_msg, ans: dns_answer, name: string);
event dns_PTR_reply(c: connection, msg: dns_msg, ans: dns_answer, name: string);
event dns_SOA_reply(c: connection, msg: dns_msg, ans: dns_answer, soa: dns_soa);
event dns_SRV_reply(
    c: connection, msg: dns_msg, ans: dns_answer, target: string, priority: count, weight: count, p: count);
event dns_TSIG_addl(c: connection, msg: dns_msg, ans: dns_tsig_additional);
event dns_TXT_reply(c: connection, msg: dns_msg, ans: dns_answer, strs: vector of string);
event dns_WKS_reply(c: connection, msg: dns_msg, ans: dns_answer);
event dns_end(c: connection, msg: dns_msg);
event dns_full_request();
event dns_mapping_altered(dm: dns_mapping, old_addrs: set[addr], new_addrs: set[addr]);
event dns_mapping_lost_name(dm: dns_mapping);
event dns_mapping_new_name(dm: dns_mapping);
event dns_mapping_unverified(dm: dns_mapping);
event dns_mapping_valid(dm: dns_mapping);
event dns_message(c: connection, is_orig: bool, msg: dns_msg, len: count);
event dns_query_reply(c: connection, msg: dns_msg, query: string, qtype: count, qclass: count);
event dns_rejected(c: connection, msg: dns_msg, query: string, qtype: count, qclass: count);
event dns_request(c: connection, msg: dns_msg, query: string, qtype: count, qclass: count);
event dns_unknown_reply(c: connection, msg: dns_msg, ans: dns_answer);
event esp_packet(p: pkt_hdr);
event event_queue_flush_point();
event file_entropy(f: fa_file, ent: entropy_test_result);
event file_extraction_limit(f: fa_file, args: Files::AnalyzerArgs, limit: count, len: count);
event file_gap(f: fa_file, offset: count, len: count);
event file_hash(f: fa_file, kind: string, hash: string);
event file_new(f: fa_file);
event file_opened(f: file of string);
event file_over_new_connection(f: fa_file, c: connection, is_orig: bool);
event file_reassembly_overflow(f: fa_file, offset: count, skipped: count);
event file_sniff(f: fa_file, meta: fa_metadata);
event file_state_remove(f: fa_file);
event file_timeout(f: fa_file);
event file_transferred(c: connection, prefix: string, descr: string, mime_type: string);
event filter_change_tracking();
event finger_reply(c: connection, reply_line: string);
event finger_request(c: connection, full: bool, username: string, hostname: string);
event finished_send_state(p: event_peer);
event flow_weird(name: string, src: addr, dst: addr);
event ftp_reply(c: connection, code: count, msg: string, cont_resp: bool);
event ftp_request(c: connection, command: string, arg: string);
event ftp_signature_found(c: connection);
event gaobot_signature_found(c: connection);
event get_file_handle(tag: Analyzer::Tag, c: connection, is_orig: bool);
event gnutella_binary_msg(
    c: connection, orig: bool, msg_type: count, ttl: count, hops: count, msg_len: count, payload: string,
    payload_len: count, trunc: bool, complete: bool);
event gnutella_establish(c: connection);
event gnutella_http_notify(c: connection);
event gnutella_not_establish(c: connection);
event gnutella_partial_binary_msg(c: connection, orig: bool, msg: string, len: count);
event gnutella_signature_found(c: connection);
event gnutella_text_msg(c: connection, orig: bool, headers: string);
event grab_vulnerable_versions(i: count);
event gridftp_possibility_timeout(c: connection);
event gssapi_neg_result(c: connection, state: count);
event gtpv1_create_pdp_ctx_request(c: connection, hdr: gtpv1_hdr, elements: gtp_create_pdp_ctx_request_elements);
event gtpv1_create_pdp_ctx_response(c: connection, hdr: gtpv1_hdr, elements: gtp_create_pdp_ctx_response_elements);
event gtpv1_delete_pdp_ctx_request(c: connection, hdr: gtpv1_hdr, elements: gtp_delete_pdp_ctx_request_elements);
event gtpv1_delete_pdp_ctx_response(c: connection, hdr: gtpv1_hdr, elements: gtp_delete_pdp_ctx_response_elements);
event gtpv1_g_pdu_packet(outer: connection, inner_gtp: gtpv1_hdr, inner_ip: pkt_hdr);
event gtpv1_message(c: connection, hdr: gtpv1_hdr);
event gtpv1_update_pdp_ctx_request(c: connection, hdr: gtpv1_hdr, elements: gtp_update_pdp_ctx_request_elements);
event gtpv1_update_pdp_ctx_response(c: connection, hdr: gtpv1_hdr, elements: gtp_update_pdp_ctx_response_elements);
event http_all_headers(c: connection, is_orig: bool, hlist: table[count] of mime_header_rec);
event http_begin_entity(c: connection, is_orig: bool);
event http_content_type(c: connection, is_orig: bool, ty: string, subty: string);
event http_end_entity(c: connection, is_orig: bool);
event http_entity_data(c: connection, is_orig: bool, length: count, data: string);
event http_event(c: connection, event_type: string, detail: string);
event http_header(c: connection, is_orig: bool, name: string, value: string);
event http_message_done(c: connection, is_orig: bool, stat: http_message_stat);
event http_proxy_signature_found(c: connection);
event http_reply(c: connection, version: string, code: count, reason: string);
event http_request(c: connection, method: string, original_URI: string, unescaped_URI: string, version: string);
event http_signature_found(c: connection);
event http_stats(c: connection, stats: http_stats_rec);
event icmp_echo_reply(c: connection, icmp: icmp_conn, id: count, seq: count, payload: string);
event icmp_echo_request(c: connection, icmp: icmp_conn, id: count, seq: count, payload: string);
event icmp_error_message(c: connection, icmp: icmp_conn, code: count, context: icmp_context);
event icmp_neighbor_advertisement(
    c: connection, icmp: icmp_conn, router: bool, solicited: bool, override: bool, tgt: addr,
    options: vector of icmp6_nd_option);
event icmp_neighbor_solicitation(c: connection, icmp: icmp_conn, tgt: addr, options: vector of icmp6_nd_option);
event icmp_packet_too_big(c: connection, icmp: icmp_conn, code: count, context: icmp_context);
event icmp_parameter_problem(c: connection, icmp: icmp_conn, code: count, context: icmp_context);
event icmp_redirect(c: connection, icmp: icmp_conn, tgt: addr, dest: addr, options: vector of icmp6_nd_option);
event icmp_router_advertisement(
    c: connection, icmp: icmp_conn, cur_hop_limit: count, managed: bool, other: bool, home_agent: bool, pref: count,
    proxy: bool, rsv: count, router_lifetime: interval, reachable_time: interval, retrans_timer: interval,
    options: vector of icmp6_nd_option);
event icmp_router_solicitation(c: connection, icmp: icmp_conn, options: vector of icmp6_nd_option);
event icmp_sent(c: connection, icmp: icmp_conn);
event icmp_sent_payload(c: connection, icmp: icmp_conn, payload: string);
event icmp_time_exceeded(c: connection, icmp: icmp_conn, code: count, context: icmp_context);
event icmp_unreachable(c: connection, icmp: icmp_conn, code: count, context: icmp_context);
event ident_error(c: connection, lport: port, rport: port, line: string);
event ident_reply(c: connection, lport: port, rport: port, user_id: string, system: string);
event ident_request(c: connection, lport: port, rport: port);
event imap_capabilities(c: connection, capabilities: vector of string);
event imap_starttls(c: connection);
event inconsistent_option(c: connection);
event interconn_remove_conn(c: connection);
event interconn_stats(c: connection, os: interconn_endp_stats, rs: interconn_endp_stats);
event ipv6_ext_headers(c: connection, p: pkt_hdr);
event irc_channel_info(c: connection, is_orig: bool, chans: count);
event irc_channel_topic(c: connection, is_orig: bool, channel: string, topic: string);
