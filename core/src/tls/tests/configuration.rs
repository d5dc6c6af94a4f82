//! Tests of PEM input created by OpenSSL 3. The passphrase is `secret` unless stated otherwise.

use std::sync::Arc;

use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::certificates::config_of;
use super::*;
use crate::tls::config::Pem;

const AUTHORITY: &str = include_str!("pem/authority.pem");
/// With the text that `openssl x509 -text` prepends.
const OWN: &str = include_str!("pem/version3.pem");
/// As created by `openssl x509 -req` without extensions.
const VERSION1: &str = include_str!("pem/version1.pem");
const KEY: &str = include_str!("pem/key.pem");
const AES256: &str = include_str!("pem/aes256.pem");
/// As OpenSSL 1.0 encrypts with `-v2 des3`.
const DES3: &str = include_str!("pem/des3_sha1.pem");
const PBES1: &str = include_str!("pem/pbes1.pem");
const TRADITIONAL: &str = include_str!("pem/traditional.pem");

/// A time when all of these are valid, in 2027.
const LATER: Time = Time::from_nanos(1_800_000_000_000_000_000);

fn made(own: &str, passphrase: Option<&str>) -> Result<TlsConfig, TlsConfigError> {
    TlsConfig::from_pem(AUTHORITY.as_bytes(), own.as_bytes(), passphrase)
}

fn error(own: &str, passphrase: Option<&str>) -> TlsConfigError {
    made(own, passphrase).unwrap_err()
}

fn both(a: &str, b: &str) -> String {
    format!("{a}{b}")
}

#[test]
fn certificate_and_key_may_come_in_any_order() {
    for own in [both(OWN, KEY), both(KEY, OWN), both(OWN, KEY).replace('\n', "\r\n")] {
        let tls = made(&own, None).unwrap();
        let mut pair = Pair::at(LATER, config(Some(tls.clone())), config(Some(tls)));
        pair.run();
        pair.assert_running();
    }
}

#[test]
fn keys_are_decrypted() {
    for key in [AES256, DES3] {
        assert!(made(&both(OWN, key), Some("secret")).is_ok());
        assert_eq!(error(&both(OWN, key), Some("Secret")), TlsConfigError::WrongPassphrase);
        assert_eq!(error(&both(OWN, key), None), TlsConfigError::PassphraseMissing);
    }
    // OpenSSL ignores an unneeded passphrase too.
    assert!(made(&both(OWN, KEY), Some("not needed")).is_ok());
}

#[test]
fn the_error_for_old_encryption_says_how_to_convert_it() {
    let traditional = error(&both(OWN, TRADITIONAL), Some("secret"));
    assert_eq!(traditional, TlsConfigError::TraditionalEncryption);
    assert!(traditional.to_string().contains("`openssl pkcs8 -topk8 -v2 aes256`"));
    assert_eq!(error(&both(OWN, PBES1), Some("secret")), TlsConfigError::OldEncryption);
}

#[test]
fn missing_parts_are_named() {
    assert_eq!(error("", None), TlsConfigError::NoCertificate(Pem::PrivateKey));
    assert_eq!(error(KEY, None), TlsConfigError::NoCertificate(Pem::PrivateKey));
    assert_eq!(error(OWN, None), TlsConfigError::NoPrivateKey);
    let no_authority = TlsConfig::from_pem(b"", both(OWN, KEY).as_bytes(), None).unwrap_err();
    assert_eq!(no_authority, TlsConfigError::NoCertificate(Pem::CaCertificate));
    let text = "`ssl_ca_certificate`: no certificate in PEM (`-----BEGIN CERTIFICATE-----`)";
    assert_eq!(no_authority.to_string(), text);
}

#[test]
fn a_key_must_be_valid_and_match_the_certificate() {
    let other = Authority::new().issue(Made::default());
    let (_, key) = other.split_once("-----END CERTIFICATE-----").unwrap();
    assert_eq!(error(&both(OWN, key), None), TlsConfigError::KeyMismatch);
    let no_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(error(&both(OWN, no_key), None), TlsConfigError::UnsupportedKey);
}

/// An authority that signs with RSA of 1024 bits.
const SMALL_AUTHORITY: &str = include_str!("pem/rsa1024_authority.pem");
/// A node's certificate with such a key, and the certificate of its authority, which has a longer
/// key.
const SMALL_NODE: &str = include_str!("pem/rsa1024_node.pem");
/// A time when both are valid, in 2027.
const SMALL_VALID: u64 = 1_800_000_000;

#[test]
fn an_authority_with_a_small_key_is_reported_by_line() {
    let both_authorities = both(AUTHORITY, SMALL_AUTHORITY);
    let line = AUTHORITY.lines().count() + 1;
    let own = both(OWN, KEY);
    let error = TlsConfig::from_pem(both_authorities.as_bytes(), own.as_bytes(), None).unwrap_err();
    let problem = CertificateProblem::RsaKey { bits: 1024 };
    assert_eq!(error, TlsConfigError::Certificate { pem: Pem::CaCertificate, line, problem });
    let text = "has an RSA key of 1024 bits, must be 2048 to 8192";
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
fn a_peers_small_key_is_reported() {
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::server::WebPkiClientVerifier;
    use rustls::server::danger::ClientCertVerifier;

    let certificates = super::super::config::certificates(Pem::PrivateKey, SMALL_NODE.as_bytes());
    let [node, authority] = &certificates.unwrap()[..] else { panic!() };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der.clone()).unwrap();
    let (roots, provider) = (Arc::new(roots), Arc::new(rustls::crypto::ring::default_provider()));
    let connecting = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
    let connecting = connecting.build().unwrap();
    let verifier =
        certificate::Verifier { provider, roots, connecting, demands: Default::default() };
    let (name, now) = (ServerName::try_from("node").unwrap(), Duration::from_secs(SMALL_VALID));
    let now = UnixTime::since_unix_epoch(now);
    let accepting = verifier.verify_server_cert(&node.der, &[], &name, &[], now).map(drop);
    let connecting = verifier.verify_client_cert(&node.der, &[], now).map(drop);
    for error in [accepting.unwrap_err(), connecting.unwrap_err()] {
        let problem = CertificateProblem::RsaKey { bits: 1024 };
        assert_eq!(error::of(&error, Role::Acceptor), TlsError::Certificate(problem));
    }
}

#[test]
fn malformed_pem_is_reported_by_line() {
    let malformed = |line| TlsConfigError::Malformed { pem: Pem::PrivateKey, line };
    let cut = &KEY[..KEY.len() - 20];
    let lines = OWN.lines().count();
    assert_eq!(error(&both(OWN, cut), None), malformed(lines + 1));
    assert_eq!(error(&both(&OWN.replace("MII", "!!!"), KEY), None), malformed(line_of(OWN)));
    assert_eq!(
        error(&both(&OWN.replace("END CERT", "END OTHER"), KEY), None),
        malformed(line_of(OWN))
    );
    let der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let bad = TlsConfig::from_pem(der.as_bytes(), both(OWN, KEY).as_bytes(), None).unwrap_err();
    let problem = CertificateProblem::Malformed;
    assert_eq!(bad, TlsConfigError::Certificate { pem: Pem::CaCertificate, line: 1, problem });
}

fn line_of(pem: &str) -> usize {
    pem.lines().position(|line| line.starts_with("-----BEGIN")).unwrap() + 1
}

#[test]
fn version_1_certificates_are_reported_on_both_sides() {
    let problem = CertificateProblem::Version;
    let expected = TlsConfigError::Certificate { pem: Pem::PrivateKey, line: 1, problem };
    assert_eq!(error(&both(VERSION1, KEY), None), expected);

    // A peer with a library that accepts it.
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let key = super::super::config::private_key(KEY.as_bytes(), None).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let chain = super::super::config::certificates(Pem::PrivateKey, VERSION1.as_bytes()).unwrap();
    let certified = CertifiedKey::new(chain.into_iter().map(|one| one.der).collect(), key);
    let clock = std::sync::Arc::new(crate::tls::config::Clock::new(NOW));
    let server = rustls::ServerConfig::builder_with_details(provider, clock)
        .with_protocol_versions(rustls::ALL_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(std::sync::Arc::new(SingleCertAndKey::from(certified)));
    let mut server = rustls::ServerConnection::new(server.into()).unwrap();

    let mut end = End::new(config(Some(made(&both(OWN, KEY), None).unwrap())), Role::Initiator);
    for _ in 0..3 {
        let mut wire = Wire::default();
        while end.step(&mut wire, NOW) {}
        let mut rest = &wire.0[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            let _ = server.process_new_packets();
        }
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        end.incoming.extend(bytes);
    }
    assert_eq!(*end.failure(), TlsError::Certificate(CertificateProblem::Version));
    let text = "the peer's certificate is not of X.509 version 3; reissue it with extensions \
                (`openssl x509 -extfile`)";
    assert_eq!(end.failure().to_string(), text);
}

#[test]
fn debug_output_contains_no_secrets() {
    let tls = made(&both(OWN, AES256), Some("secret")).unwrap();
    let text = "TlsConfig { authorities: 1, chain: 1, name: None, pinned: 0, .. }";
    assert_eq!(format!("{tls:?}"), text);
    let config = format!("{:?}", config(Some(tls.clone())));
    assert!(config.contains(text));
    assert_eq!(tls, tls.clone());
    assert_ne!(tls, made(&both(OWN, KEY), None).unwrap(), "only clones are equal");
}

#[test]
fn an_expected_name_is_a_host_name_or_an_address() {
    let tls = config_of(AUTHORITY, &both(OWN, KEY));
    assert!(tls.expect_name("192.0.2.1").is_ok());
    let error = tls.expect_name("no name").unwrap_err();
    assert_eq!(error.to_string(), "`no name` is neither a host name nor an address");
}
