//! Logins and TLS with a real `nats-server`, if one is installed.

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use brocomm_sinks::Report;
use brocomm_sinks::nats::{Login, NatsConfig};
use nkeys::KeyPair;
use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair as TlsKey, SanType};

use super::server::{Server, stream, waits_for};
use super::{config, publishing};
use crate::support::TempDir;

/// Publishes some entries.
fn works(config: NatsConfig) {
    let publishing = publishing(NatsConfig { create: stream(0), ..config }, 50);
    publishing.wait();
    assert_eq!(publishing.counts.acknowledged(), 50);
    assert_eq!(publishing.end(), [Report::Working]);
}

/// Checks that no entry is published, and which reason is reported.
fn fails(config: NatsConfig, expected: &str) {
    let publishing = publishing(NatsConfig { create: stream(0), ..config }, 50);
    let reason = waits_for(&publishing);
    assert!(reason.to_lowercase().contains(expected), "{reason}");
    assert_eq!((publishing.counts.sent(), publishing.counts.position()), (0, 0));
    publishing.end();
}

fn password(password: &str) -> Login {
    Login::Password { user: "collector".to_owned(), password: password.to_owned() }
}

#[test]
fn passwords_and_tokens_are_accepted() {
    let users = "authorization { users = [{ user: collector, password: right }] }";
    let Some(server) = Server::start_with(users) else { return };
    let with = |login| NatsConfig { login, ..config(&server.address()) };
    works(with(password("right")));
    fails(with(password("wrong")), "authorization violation");
    fails(with(Login::None), "authorization violation");
    let Some(server) = Server::start_with("authorization { token: right }") else { return };
    let with = |login| NatsConfig { login, ..config(&server.address()) };
    works(with(Login::Token("right".to_owned())));
    fails(with(Login::Token("wrong".to_owned())), "authorization violation");
}

/// Creates a signed claim, as the tool `nsc` does.
fn claim(issuer: &KeyPair, subject: &KeyPair, name: &str, nats: &str) -> String {
    let (iss, sub) = (issuer.public_key(), subject.public_key());
    let claim = format!(
        r#"{{"jti":"{name}","iat":1600000000,"iss":"{iss}","name":"{name}","sub":"{sub}","nats":{nats}}}"#
    );
    let encode = Base64UrlUnpadded::encode_string;
    let head = encode(br#"{"typ":"JWT","alg":"ed25519-nkey"}"#);
    let signed = format!("{head}.{}", encode(claim.as_bytes()));
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", encode(&signature))
}

/// Returns the content of a user's credentials file.
fn credentials(account: &KeyPair) -> String {
    let user = KeyPair::new_user();
    let nats = r#"{"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2}"#;
    let token = claim(account, &user, "collector", nats);
    let seed = user.seed().unwrap();
    format!(
        "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )
}

#[test]
fn credentials_files_are_accepted() {
    let (operator, system, account) =
        (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_account());
    let limits = r#""subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1"#;
    let plain = format!(r#"{{"limits":{{{limits}}},"type":"account","version":2}}"#);
    let storage = r#""mem_storage":-1,"disk_storage":-1,"streams":-1,"consumer":-1"#;
    let with_streams =
        format!(r#"{{"limits":{{{limits},{storage}}},"type":"account","version":2}}"#);
    let server = Server::start_with(&format!(
        "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{\n{}: {}\n{}: {}\n}}\n",
        claim(&operator, &operator, "operator", r#"{"type":"operator","version":2}"#),
        system.public_key(),
        system.public_key(),
        claim(&operator, &system, "system", &plain),
        account.public_key(),
        claim(&operator, &account, "zeek", &with_streams),
    ));
    let Some(server) = server else { return };
    let with = |text| NatsConfig { login: Login::Credentials(text), ..config(&server.address()) };
    works(with(credentials(&account)));
    // Credentials of an account that the server does not know.
    fails(with(credentials(&KeyPair::new_account())), "authorization violation");
    fails(with("no credentials".to_owned()), "the credentials cannot be used");
}

/// A CA with certificates for the server and the sink.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn new(authority: &str) -> Certificates {
        let folder = TempDir::new();
        let params = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let mut authority = params(authority);
        authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, TlsKey::generate().unwrap()).unwrap();
        fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        for name in ["server", "collector"] {
            let key = TlsKey::generate().unwrap();
            let mut params = params(name);
            params.subject_alt_names =
                vec![SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into())];
            let certificate = params.signed_by(&key, &authority).unwrap().pem();
            fs::write(folder.path().join(format!("{name}.pem")), certificate).unwrap();
            fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        Certificates { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the configuration of a server.
    fn server(&self, more: &str) -> String {
        let path = |name| -> String { self.path(name).display().to_string() };
        format!(
            "tls {{ cert_file: '{}', key_file: '{}', ca_file: '{}' {more} }}\n",
            path("server.pem"),
            path("server.key"),
            path("ca.pem")
        )
    }
}

#[test]
fn both_sides_present_certificates() {
    let (ours, others) = (Certificates::new("ours"), Certificates::new("others"));
    let server = Server::start_with(&ours.server(""));
    let Some(server) = server else { return };
    let with = |ca: Option<&Path>| NatsConfig {
        tls: true,
        ca: ca.map(Path::to_owned),
        ..config(&server.address())
    };
    works(with(Some(&ours.path("ca.pem"))));
    // TLS is used if the server requires it.
    works(NatsConfig { tls: false, ..with(Some(&ours.path("ca.pem"))) });
    fails(with(Some(&others.path("ca.pem"))), "is not signed by a ca in");
    fails(with(None), "is not signed by a ca in");

    let server = Server::start_with(&ours.server(", verify: true"));
    let Some(server) = server else { return };
    let with = |from: &Certificates| NatsConfig {
        tls: true,
        ca: Some(ours.path("ca.pem")),
        identity: Some((from.path("collector.pem"), from.path("collector.key"))),
        ..config(&server.address())
    };
    works(with(&ours));
    fails(with(&others), "the server refused the certificate");
    fails(NatsConfig { identity: None, ..with(&ours) }, "the server requires a certificate");

    // There is no fallback to plain TCP.
    let Some(server) = Server::start_with("") else { return };
    let config =
        NatsConfig { tls: true, ca: Some(ours.path("ca.pem")), ..config(&server.address()) };
    fails(config, "the server does not offer tls");
}
