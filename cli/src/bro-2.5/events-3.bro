# Events of Bro 2.5.5 and of the scripts that come with it.

event teredo_packet(outer: connection, inner: teredo_hdr);
event terminate_event();
event tunnel_changed(c: connection, e: vector of Tunnel::EncapsulatingConn);
event udp_contents(u: connection, is_orig: bool, contents: string);
event udp_reply(u: connection);
event udp_request(u: connection);
event udp_session_done(u: connection);
event unified2_event(f: fa_file, ev: Unified2::IDSEvent);
event unified2_packet(f: fa_file, pkt: Unified2::Packet);
event x509_certificate(f: fa_file, cert_ref: opaque of x509, cert: X509::Certificate);
event x509_ext_basic_constraints(f: fa_file, ext: X509::BasicConstraints);
event x509_ext_subject_alternative_name(f: fa_file, ext: X509::SubjectAlternativeName);
event x509_extension(f: fa_file, ext: X509::Extension);
event xmpp_starttls(c: connection);
