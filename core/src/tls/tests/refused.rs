//! Tests of failed handshakes, with the errors of both sides.

use rcgen::ExtendedKeyUsagePurpose;
use rustls::version::{TLS12, TLS13};

use super::certificates::config_of;
use super::*;
use crate::tls::config::Pem;

/// Runs until both have failed.
fn fails(near: &TlsConfig, far: &TlsConfig) -> (TlsError, TlsError) {
    let mut pair = Pair::new(near, far);
    pair.run();
    // Waits for the peer's remaining bytes, with a timeout.
    pair.now = after(60);
    pair.run();
    assert!(pair.near.closed && pair.far.closed);
    (pair.near.failure().clone(), pair.far.failure().clone())
}

fn refused(alert: u8, role: Role) -> TlsError {
    TlsError::Refused { alert: Alert(alert), role }
}

#[test]
fn certificates_from_another_authority() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let unknown = TlsError::Certificate(CertificateProblem::UnknownIssuer);
    let near = ours.config(Made::default());
    let stranger = config_of(&ours.pem, &theirs.issue(Made::default()));
    let found = fails(&near, &stranger);
    assert_eq!(found, (unknown.clone(), refused(48, Role::Acceptor)));
    let text = found.1.to_string();
    assert!(text.contains("unknown_ca (48), our certificate is not signed by a CA that"), "{text}");
    assert!(found.0.to_string().contains("is not signed by a CA in `ssl_ca_certificate`"));
    let found = fails(&stranger, &near);
    assert_eq!(found, (refused(48, Role::Initiator), unknown));
}

#[test]
fn certificates_from_an_authority_of_the_same_name() {
    let (ours, theirs) = (Authority::named("authority"), Authority::named("authority"));
    let near = ours.config(Made::default());
    let stranger = config_of(&ours.pem, &theirs.issue(Made::default()));
    let wrong = TlsError::Certificate(CertificateProblem::BadSignature);
    assert_eq!(fails(&near, &stranger), (wrong, refused(51, Role::Acceptor)));
}

/// Returns the problem with a certificate, as reported in both roles.
fn problem(authority: &Authority, own: &str, now: Time) -> CertificateProblem {
    let good = authority.config(Made::default());
    let bad = config_of(&authority.pem, own);
    let mut problems = Vec::new();
    for (near, far) in [(&good, &bad), (&bad, &good)] {
        let mut pair = Pair::at(now, config(Some(near.clone())), config(Some(far.clone())));
        pair.run();
        let (seer, other) = if std::ptr::eq(near, &good) {
            (&pair.near, &pair.far)
        } else {
            (&pair.far, &pair.near)
        };
        let TlsError::Certificate(problem) = seer.failure() else { panic!("{:?}", seer.failure()) };
        assert!(matches!(other.failure(), TlsError::Refused { .. }), "{:?}", other.failure());
        problems.push(problem.clone());
    }
    assert_eq!(problems[0], problems[1]);
    problems.remove(0)
}

#[test]
fn certificates_that_are_not_valid_now() {
    let authority = Authority::new();
    let own = authority.issue(Made { years: Some((2022, 2024)), ..Made::default() });
    let year = Duration::from_secs(365 * 24 * 3600);
    let expired = problem(&authority, &own, NOW + year);
    let text = "expired at 2024-01-01T00:00:00Z, and it is 2024-11-13T22:13:20Z";
    assert_eq!(expired.to_string(), text);
    assert!(matches!(expired, CertificateProblem::Expired { .. }));
    let own = authority.issue(Made { years: Some((2024, 2026)), ..Made::default() });
    let early = problem(&authority, &own, NOW);
    let text = "is not valid before 2024-01-01T00:00:00Z, and it is 2023-11-14T22:13:20Z";
    assert_eq!(early.to_string(), text);
}

#[test]
fn certificates_of_the_wrong_kind() {
    let authority = Authority::new();
    let own = authority.issue(Made { ca: true, ..Made::default() });
    assert_eq!(problem(&authority, &own, NOW), CertificateProblem::CaAsEndEntity);
    let mail = Some(ExtendedKeyUsagePurpose::EmailProtection);
    let own = authority.issue(Made { purpose: mail, ..Made::default() });
    assert_eq!(problem(&authority, &own, NOW), CertificateProblem::WrongPurpose);
}

#[test]
fn unexpected_names_and_digests() {
    let authority = Authority::new();
    let made = || Made { name: Some("other.example"), ..Made::default() };
    let (near, far) = (authority.config(made()), authority.config(made()));
    let named = near.expect_name("sensor.example").unwrap();
    let wrong = TlsError::Certificate(CertificateProblem::WrongName {
        expected: "sensor.example".into(),
        presented: vec!["DnsName(\"other.example\")".into()],
    });
    assert_eq!(fails(&named, &far), (wrong.clone(), refused(42, Role::Acceptor)));
    assert_eq!(fails(&far, &named), (refused(42, Role::Initiator), wrong));
    let pinned = near.pin([7; 32]).unwrap();
    let not = TlsError::Certificate(CertificateProblem::NotPinned { sha256: far.own_sha256() });
    assert_eq!(fails(&pinned, &far).0, not);
    assert_eq!(fails(&far, &pinned).1, not);
}

#[test]
fn no_version_in_common() {
    let (near, far) = two();
    static OLD: [&rustls::SupportedProtocolVersion; 1] = [&TLS12];
    static NEW: [&rustls::SupportedProtocolVersion; 1] = [&TLS13];
    let found = fails(&near.with_versions(&OLD), &far.with_versions(&NEW));
    assert_eq!(found, (refused(70, Role::Initiator), TlsError::NoCommonVersion));
    assert!(found.0.to_string().contains("the peer needs OpenSSL 1.0.1 or later"));
    let found = fails(&near.with_versions(&NEW), &far.with_versions(&OLD));
    assert_eq!(found, (refused(70, Role::Initiator), TlsError::NoCommonVersion));
}

#[test]
fn a_hello_from_before_tls_1_2() {
    let (_, far) = two();
    let mut end = End::new(config(Some(far)), Role::Acceptor);
    // Version 1.1, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no extensions.
    let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    end.incoming.extend(hello);
    while end.step(&mut Wire::default(), NOW) {}
    assert_eq!(*end.failure(), TlsError::NoCommonVersion);
}

/// A TLS 1.2 ClientHello that offers only RSA key exchange.
fn rsa_only() -> Vec<u8> {
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    // No session; TLS_RSA_WITH_AES_128_CBC_SHA; no compression; signature_algorithms with RSA and
    // SHA-256, which require TLS 1.2.
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 1]);
    let mut record = vec![0x16, 3, 1, 0, hello.len() as u8 + 4, 1, 0, 0, hello.len() as u8];
    record.extend(hello);
    record
}

#[test]
fn no_cipher_suite_in_common() {
    let (near, far) = two();
    let mut end = End::new(config(Some(far)), Role::Acceptor);
    end.incoming.extend(rsa_only());
    let mut wire = Wire::default();
    while end.step(&mut wire, NOW) {}
    assert_eq!(*end.failure(), TlsError::NoCommonSuite { role: Role::Acceptor });
    // A fatal handshake_failure.
    assert_eq!(wire.0, [0x15, 3, 3, 0, 2, 2, 40]);
    assert!(wire.1);

    let mut end = End::new(config(Some(near)), Role::Initiator);
    end.incoming.extend([0x15, 3, 3, 0, 2, 2, 40]);
    while end.step(&mut Wire::default(), NOW) {}
    assert_eq!(*end.failure(), refused(40, Role::Initiator));
    let text = "the peer rejected TLS: handshake_failure (40), no cipher suite in common, ours have \
                forward secrecy: a Bro on OpenSSL 1.0 that accepts can only do RSA key exchange; \
                it needs OpenSSL 1.1.0 or later, or has to be the one that connects";
    assert_eq!(end.failure().to_string(), text);
}

#[test]
fn clear_text_instead_of_tls() {
    let (near, far) = two();
    for tls_accepts in [true, false] {
        let mut pair = if tls_accepts {
            Pair::of(config(None), config(Some(far.clone())))
        } else {
            Pair::of(config(Some(near.clone())), config(None))
        };
        pair.run();
        let (clear, tls) =
            if tls_accepts { (&pair.near, &pair.far) } else { (&pair.far, &pair.near) };
        assert_eq!(*tls.failure(), TlsError::ClearText { first: [0, 0, 0, 8] });
        let text = "the peer does not use TLS, which is required here";
        assert_eq!(tls.failure().to_string(), text);
        if tls_accepts {
            assert!(tls.written.is_empty(), "no alert for a peer without TLS");
        }
        assert!(clear.cause().is_some());
    }
}

#[test]
fn input_that_is_neither_clear_text_nor_tls() {
    let (_, far) = two();
    let first_of = |bytes: &[u8]| {
        let mut end = End::new(config(Some(far.clone())), Role::Acceptor);
        end.incoming.extend(bytes);
        while end.step(&mut Wire::default(), NOW) {}
        end.failure().clone()
    };
    assert_eq!(first_of(b"GET / HTTP/1.1"), TlsError::ClearText { first: *b"GET " });
    assert_eq!(first_of(&[0x80, 0x2e, 1, 0, 2, 0]), TlsError::Ssl2);
    let broken = first_of(&[0x16, 3, 1, 0, 4, 9, 9, 9, 9]);
    assert!(matches!(broken, TlsError::Violation { .. }), "{broken}");
}

#[test]
fn a_peer_without_a_certificate_is_refused() {
    let authority = Authority::new();
    let far = authority.config(Made::default());
    for version in [&TLS12, &TLS13] {
        let mut roots = rustls::RootCertStore::empty();
        for ca in super::config::certificates(Pem::CaCertificate, authority.pem.as_bytes()).unwrap()
        {
            roots.add(ca.der).unwrap();
        }
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let clock = std::sync::Arc::new(super::config::Clock::new(NOW));
        let mut client = rustls::ClientConfig::builder_with_details(provider, clock)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.resumption = rustls::client::Resumption::disabled();
        let named = authority.config(Made { name: Some("node.example"), ..Made::default() });
        drop(far.clone());
        let name = "node.example".try_into().unwrap();
        let mut client = rustls::ClientConnection::new(client.into(), name).unwrap();
        let mut end = End::new(config(Some(named)), Role::Acceptor);
        for _ in 0..5 {
            let mut bytes = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut bytes).unwrap();
            }
            end.incoming.extend(bytes);
            let mut wire = Wire::default();
            while end.step(&mut wire, NOW) {}
            let mut rest = &wire.0[..];
            while !rest.is_empty() {
                client.read_tls(&mut rest).unwrap();
                let _ = client.process_new_packets();
            }
        }
        assert_eq!(*end.failure(), TlsError::NoCertificate);
    }
}

#[test]
fn a_handshake_times_out() {
    let (near, far) = two();
    for role in [Role::Initiator, Role::Acceptor] {
        let tls = if role == Role::Initiator { &near } else { &far };
        let mut end = End::new(config(Some(tls.clone())), role);
        while end.step(&mut Wire::default(), after(29)) {}
        assert_eq!(end.driver.poll_step(after(29)), Step::Read);
        end.driver.feed_read(Err(ErrorKind::WouldBlock.into()), after(29));
        assert_eq!(end.driver.poll_step(after(29)), Step::Wait { until: Some(after(30)) });
        while end.step(&mut Wire::default(), after(30)) {}
        let timeout = Duration::from_secs(30);
        assert_eq!(*end.failure(), TlsError::TimedOut { timeout });
        assert_eq!(end.failure().to_string(), "no TLS handshake within 30 s");
    }
}
